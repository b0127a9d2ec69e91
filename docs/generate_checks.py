"""Writes reference/checks.md from the suite itself: `python docs/generate_checks.py`. A test compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sabench.checks import Check, checks_of
from sabench.registry.registry import KINDS

PAGE = Path(__file__).parent / "reference" / "checks.md"

HEAD = """# Checks

<!-- Written by docs/generate_checks.py; changes made here are lost. -->

`sabench plugin test NAME` holds a plugin to these sentences, on the tiny corpus of `sabench.testing` and under its
`check_parameters`. In pytest one line does the same:

```python
from sabench.checks import parametrize_with_checks


@parametrize_with_checks([MyMethod()])
def test_it_keeps_the_contract(plugin, check):
    check(plugin)
```

Datasets need a corpus: `--root FOLDER`, or `parametrize_with_checks([MyCorpus()], root=write_corpus)` with a function
that writes one into a folder and returns its root.

A check that a plugin is known to fail is named with the reason, in the class attribute `expected_failed_checks` or the
argument of that name (a function of the plugin). One that passes all the same is a failure: the expectation is then out
of date. A plugin of which nothing but its declarations could be checked fails too.

The suite exposes mistakes and many kinds of cheating. It is no proof: see [leaks](../explanation/leaks.md).
"""


def page() -> str:
    """Return the whole page."""
    common = [check for check in checks_of(KINDS[0]) if len(check.kinds) == len(KINDS)]
    lines = [HEAD, "## Every plugin\n", *_table(common)]
    for kind in reversed(KINDS):
        lines += [f"## {kind.capitalize()}\n", *_table([check for check in checks_of(kind) if check not in common])]
    return "\n".join(lines)


def _table(checks: list[Check]) -> Iterator[str]:
    yield "| check | because |\n| --- | --- |"
    yield from (f"| `{check.name}` | {check.reason.replace('|', chr(92) + '|')} |" for check in checks)
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.name}")
