"""`sabench leaderboard`: all finished runs as tables, a page, Markdown, CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sabench.cli.choices import JsonOption, ResultsOption
from sabench.cli.reading import open_results
from sabench.cli.site import write_site

if TYPE_CHECKING:
    from sabench.interfaces.records import Reported
    from sabench.leaderboard.board import Across, Board, Row
    from sabench.leaderboard.build import Literature
    from sabench.leaderboard.citations import Citations
    from sabench.registry.registry import Registry
    from sabench.results.sources import RunSource


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("leaderboard")(leaderboard)


def leaderboard(
    results: ResultsOption = None,
    output: Annotated[
        Path | None, typer.Option(help="The HTML page; leaderboard.html in the results folder by default.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write CSV to this file.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write LaTeX tables (booktabs) to this file.")] = None,
    bib: Annotated[
        Path | None, typer.Option(help="Write the BibTeX of all methods, features and corpora to this file.")
    ] = None,
    site: Annotated[
        Path | None, typer.Option(help="Write the page with a bundle of every run beside it into this folder.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The method that all are held against; by default each one's own unadapted form.")
    ] = None,
    tracking: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Read complete runs from this MLflow store instead of the results folder."),
    ] = None,
    add: Annotated[list[Path] | None, typer.Option(help="Bundles of others, verified first; one or more.")] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More bundles, behind --add.")] = None,
    json: JsonOption = False,
) -> None:
    """Rank all finished methods, with intervals and significance, and write a page."""
    from sabench.cli.output import message, print_json
    from sabench.leaderboard import build, page, spreadsheet
    from sabench.leaderboard.answers import answer
    from sabench.leaderboard.latex import latex as as_latex
    from sabench.leaderboard.markdown import markdown as as_markdown
    from sabench.machine.files import write_bytes
    from sabench.registry.registry import Registry

    registry = Registry()
    added = [*(add or ()), *(more or ())]
    own = _own(results, tracking, bool(added))
    sources = [*own, *_bundles(added, own)]
    board = build.build(sources, literature=_literature(registry), baseline=baseline)
    folder = results or (Path("sabench-results") if Path("sabench-results").is_dir() else Path())
    place = output or (None if markdown or csv or latex or bib or site or json else folder / "leaderboard.html")

    def as_page(board: Board) -> str:
        return page.html(board, citations=_citations(registry, sources))

    formats = ((place, as_page), (markdown, as_markdown), (csv, spreadsheet.csv_text), (latex, as_latex))
    for path, write in formats:
        if path is not None:
            write_bytes(path, write(board).encode())
            message(f"Wrote {path}")
    if site is not None:
        n_bundles = write_site(site, board, own, added, _citations(registry, sources))
        message(f"Wrote {site / 'index.html'} with {n_bundles} bundles. Verify one with: sabench verify FILE")
    if bib is not None:
        write_bytes(bib, _bibtex(registry, sources).encode())
        message(f"Wrote {bib}")
    if json:
        value = board.json()
        for shown, ranked in zip(value["tables"], board.tables, strict=True):
            shown["answer"] = answer(ranked)
        print_json(value)
    else:
        _print(board)


def _own(results: Path | None, tracking: str | None, added: bool) -> list[RunSource]:
    """Return the results folder, or the tracking server, or both where both are named."""
    sources: list[RunSource] = []
    if tracking:
        from sabench.tracking.source import TrackedRuns

        sources.append(TrackedRuns(uri=tracking))
    if results is not None or not (sources or (added and not Path("sabench-results").is_dir())):
        sources.append(open_results(results))
    return sources


def _bundles(paths: Sequence[Path], own: Iterable[RunSource]) -> list[RunSource]:
    """Return verified bundles of runs that are not there, or not complete, yet."""
    if not paths:
        return []
    from sabench.bundle import reading
    from sabench.cli.output import message

    known = {run.run_id for source in own for run in source.runs() if run.status == "complete"}
    sources: list[RunSource] = []
    for path in paths:
        added = reading.read(path)
        if added.record.run_id in known:
            message(f"{path}: {added.record.run_id} is there already; the bundle is left out.")
            continue
        message(f"{path}: verified {added.record.run_id}")
        known.add(added.record.run_id)
        sources.append(added)
    return sources


def _bibtex(registry: Registry, sources: Iterable[RunSource]) -> str:
    from sabench.leaderboard.citations import bibtex

    return bibtex(registry, [run for source in sources for run in source.runs()]) + "\n"


def _citations(registry: Registry, sources: Iterable[RunSource]) -> Citations:
    from sabench.leaderboard.citations import citations

    return citations(registry, [run for source in sources for run in source.runs()])


def _literature(registry: Registry) -> Literature:
    from sabench.errors import SabenchError

    def reported(dataset: str) -> Iterable[Reported]:
        try:
            return tuple(registry.get("datasets", dataset).reported)
        except SabenchError:  # a dataset whose plugin is not installed here has nothing to report
            return ()

    return reported


_DROP = ("run", "seeds", "detectable", "p (Holm)", "worse for", "rank")
_NUMBERS = ["p (Holm)", "worse for", "detectable"]


def _print(board: Board) -> None:
    from sabench.cli.output import message, table, visible
    from sabench.leaderboard.answers import answer
    from sabench.leaderboard.cells import CONTAMINATED, shared_words
    from sabench.leaderboard.short_names import shortened

    board = shortened(board)

    for across in board.across:
        _print_across(across)
    for ranked in board.tables:
        heading = f"{ranked.title}{ranked.mark}: {ranked.protocol} {ranked.protocol_hash[:8]}, {ranked.score}"
        heading += f", {shared_words(ranked.shared)}" if ranked.shared else ""
        heads = ["access", "rank", "method", "UAR % [95% CI]", "to baseline", *_NUMBERS, "seeds", "run"]
        if ranked.rows:
            table(heading, heads, _rows(ranked.rows), drop=_DROP)
        if ranked.contaminated:
            table(f"{heading}. {CONTAMINATED}", heads, _rows(ranked.contaminated), drop=_DROP)
        if ranked.draws:
            draws = [[_named(row), row.draw, *_numbers(row)] for row in ranked.draws]
            heads = ["method", "draw", "UAR % [95% CI]", "to first", *_NUMBERS]
            table("Other draws and controls, never ranked", heads, draws, drop=_DROP)
        if ranked.literature:
            reported = [
                [row.method, f"{100 * row.uar:.1f}", row.measured or "-", row.source] for row in ranked.literature
            ]
            table("Reported in the literature, never ranked", ["method", "UAR %", "measured here", "source"], reported)
        if sentence := answer(ranked):
            typer.echo(visible(sentence))
            typer.echo()
    if board.damaged:
        table(
            "Left out", ["run", "state", "why, and what to do"], [[n, "damaged", w] for n, w in board.damaged.items()]
        )
    for sentence in board.skipped:
        message(f"Left out: {sentence}")
    if not board.tables:
        message("There is no finished run yet. Start one with: sabench run")


def _print_across(across: Across) -> None:
    from sabench.cli.output import table
    from sabench.leaderboard.cells import ACROSS_HEAD, across_cells, across_title, ranking_words, shared_words

    table(
        ", ".join(filter(None, (across_title(across), shared_words(across.shared)))),
        list(ACROSS_HEAD),
        [across_cells(row) for row in across.rows],
        drop=("between corpora", "detectable", "on each corpus", "mean rank"),
    )
    if across.ranking:
        typer.echo(ranking_words(across.ranking, len(across.datasets)))
        typer.echo()


def _rows(of_protocol: Iterable[Row]) -> list[list[str]]:
    from sabench.verdicts.wording import rank_words

    rows = []
    for row in of_protocol:
        rows.append([row.access, rank_words(row.rank), _named(row), *_numbers(row), str(len(row.seeds)), row.runs[0]])
    return rows


def _named(row: Row) -> str:
    return f"{row.method} ({row.note})" if row.note else row.method


def _numbers(row: Row) -> list[str]:
    from sabench.leaderboard.cells import detectable, difference, harmed, p_value
    from sabench.verdicts.wording import score_words

    gain = row.difference
    score = score_words(row.uar, row.low, row.high)
    return [score, difference(row), p_value(gain), harmed(gain), detectable(gain)]
