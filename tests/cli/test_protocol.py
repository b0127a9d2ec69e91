import json
import sys

import pytest

from sabench import cli

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def show(monkeypatch, capsys, tones):
    def call(*arguments):
        given = ["sabench", "protocol", "show", "--dataset", "table", "--root", str(tones), *arguments]
        monkeypatch.setattr(sys, "argv", given)
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = end.code or 0
        return status, capsys.readouterr()

    return call


def test_the_card_is_shown_with_its_hash(show):
    status, captured = show()
    assert status == 0
    for words in ("table label, loso", "happy, neutral, sad", "neutral=1", "hash "):
        assert words in captured.out


def test_the_card_can_be_read_by_programs(show):
    from sabench.hashing import digest

    _, captured = show("--json", "--protocol", "challenge")
    shown = json.loads(captured.out)
    assert shown["hash"] == digest(shown["card"])
    assert shown["card"]["folds"] == [
        {"name": "challenge", "train": ["s0", "s1"], "validation": ["s2"], "test": ["s3"]}
    ]


def test_shortfalls_are_told(show):
    _, captured = show("--pool", "neutral=3")
    assert "s0 supplies 1 of 3 neutral" in captured.out


def test_a_protocol_that_does_not_fit_is_wrong_use(show):
    status, captured = show("--protocol", "leave-one-session-out")
    assert status == 2
    assert "needs a session for every utterance" in captured.err
