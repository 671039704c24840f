"""The page of `cuelens compare`: two runs side by side, in the look of a report.

It draws differences that are already computed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cuelens.files import write_atomically
from cuelens.report import wording
from cuelens.report.dots import dot_chart
from cuelens.report.groups import NEEDED, Group, Panel, named_apart, slug, unique
from cuelens.report.overview import flat
from cuelens.report.shared import page_text, write_figures, write_tables
from cuelens.report.tables import Table, table_of
from cuelens.study.gate.run_comparison import RunComparison
from cuelens.study.verdicts.verdicts import Verdict

__all__ = ["compare_report", "headline_of"]

_ALPHA = 0.05
_TITLES = {
    "accuracy": "Accuracy",
    "retention": "Retention",
    "robust_accuracy": "Robust accuracy",
    "shape_bias": "Shape bias",
    "cue_reliance": "Cue reliance",
}
_CLEAR = (
    "Clear is what has p below .05 after Holm\N{RIGHT SINGLE QUOTATION MARK}s correction over all "
    "differences: of so many, chance alone takes one interval in twenty off zero, so that an "
    "interval which misses zero is not enough."
)
_SENTENCES = {
    "accuracy": "Share of all images that are right.",
    "retention": "Share that stays right of what is right when clean.",
    "robust_accuracy": "Share of images that stay right under attack.",
    "shape_bias": "Share of shape among the answers that follow shape or texture.",
    "cue_reliance": wording.CUE_PROFILE,
}


def compare_report(found: RunComparison, out: Path, *, created: str | None = None) -> Path:
    """Write compare.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        found: From `compare_runs`.
        out: Made as needed.
        created: Date, as YYYY-MM-DD; None: today's.

    Returns:
        The page.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    groups = named_apart(_groups(found))
    charts = [panel.chart for group in groups for panel in group.panels]
    figures = write_figures(out / "figures", charts, models=len(found.models))
    tables = _tables(found)
    write_tables(out / "tables", tables)
    text = page_text(
        "compare.html.j2",
        models=found.models,
        checks=(),
        figures=figures,
        title=" against ".join(_names(found)),
        headline=headline_of(found),
        lead=_lead(found),
        created=created or datetime.now(tz=UTC).date().isoformat(),
        groups=groups,
        tables=tables,
        verdicts=len(found.verdicts),
        turned=sum(_outcome(one) != _outcome(other) for one, other in found.verdicts),
    )
    page = out / "compare.html"
    write_atomically(page, text)
    return page


def headline_of(found: RunComparison) -> str:
    """Return what the comparison comes to, in one sentence."""
    known = found.differences.filter(pl.col("p_holm").is_not_null())
    clear = known.filter(pl.col("p_holm") < _ALPHA)
    what = f"{' against '.join(_names(found))}: "
    of = f"{len(known):,} difference{'' if len(known) == 1 else 's'}"
    if clear.is_empty():
        return f"{what}none of {of} is clear"
    up, down = (clear.filter(sign) for sign in (pl.col("difference") > 0, pl.col("difference") < 0))
    are = "is" if len(clear) == 1 else "are"
    return f"{what}{len(clear):,} of {of} {are} clear, {len(up):,} up and {len(down):,} down"


def _names(found: RunComparison) -> tuple[str, str]:
    """Return the names of the two folders, with as many parents as tell them apart."""
    run, baseline = (folder.resolve().parts for folder in (found.run, found.baseline))
    for depth in range(1, max(len(run), len(baseline)) + 1):
        names = "/".join(run[-depth:]), "/".join(baseline[-depth:])
        if names[0] != names[1]:
            return names
    return run[-1], baseline[-1]


def _lead(found: RunComparison) -> str:
    models = f"{len(found.models)} model{'s' if len(found.models) > 1 else ''}"
    what = "the run minus the baseline on the same images, with 95 % intervals"
    parts = [f"{models} that both runs hold, {what}.", _CLEAR]
    if found.alone:
        names = ", ".join(f"{name} ({folder})" for name, folder in found.alone)
        parts.append(f"In one run alone: {names}.")
    return " ".join(parts)


def _groups(found: RunComparison) -> list[Group]:
    """Return a group a quantity: its differences, a row each condition, a dot a model."""
    known = found.differences.filter(pl.col("difference").is_not_null())
    groups = []
    for quantity in unique(known["quantity"]):
        rows = known.filter(pl.col("quantity") == quantity)
        chart = dot_chart(
            slug("difference", quantity),
            f"{_TITLES[quantity]}, run minus baseline",
            rows.with_columns(value=pl.col("difference"), place=pl.col("condition")).select(
                "place", *NEEDED
            ),
            found.models,
            signed=True,
        )
        groups.append(
            Group(
                key=slug("compared", quantity),
                section="Differences",
                title=_TITLES[quantity],
                sentence=_SENTENCES[quantity],
                panels=(Panel(chart=chart),),
            )
        )
    return groups


def _tables(found: RunComparison) -> dict[str, Table]:
    tables = (
        _verdicts(found.verdicts),
        _differences(found.differences),
        _settings(found),
    )
    return {table.name: table for table in tables if table.rows}


def _outcome(verdict: Verdict | None) -> str:
    return "not stated" if verdict is None else verdict.outcome


def _why(verdict: Verdict | None) -> str:
    return "" if verdict is None else wording.tidy(verdict.sentence)


def _verdicts(pairs: Sequence[tuple[Verdict | None, Verdict | None]]) -> Table:
    rows = []
    for now, before in pairs:
        claim = (now or before).claim  # type: ignore[union-attr]
        rows.append(
            {
                "claim": claim.statement,
                "baseline": _outcome(before),
                "run": _outcome(now),
                "why in the baseline": _why(before),
                "why in the run": _why(now),
            }
        )
    names = ("claim", "baseline", "run", "why in the baseline", "why in the run")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))
    return table_of("compared-verdicts", "The verdicts on each claim in both runs.", frame)


def _differences(frame: pl.DataFrame) -> Table:
    """Return every difference, in points, and the two numbers that it is of."""
    header = ("model", "quantity", "condition", "baseline", "run", "difference",
              "95 % interval", "n", "p (Holm)", "note")  # fmt: skip
    rows = []
    for row in frame.iter_rows(named=True):
        numbers = ("",) * 6
        if row["difference"] is not None:
            numbers = (
                wording.percent(row["before"]),
                wording.percent(row["now"]),
                f"{wording.points(row['difference'], share=True)} points",
                wording.span(row["low"], row["high"], share=True),
                f"{row['n']:,}",
                wording.amount(row["p_holm"]),
            )
        title = _TITLES[row["quantity"]].lower()
        rows.append((row["model"], title, row["condition"], *numbers, row["note"] or ""))
    return Table(
        name="differences",
        caption="The run minus the baseline, image by image; exploratory, p after Holm's "
        "correction over all rows.",
        frame=frame,
        header=header,
        rows=tuple(rows),
        numeric=tuple(title not in ("model", "quantity", "condition", "note") for title in header),
    )


def _settings(found: RunComparison) -> Table:
    """Return the settings in which the two studies differ."""
    now, before = (flat(one) for one in found.settings)
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    frame = pl.DataFrame(
        {
            "setting": names,
            "baseline": [before.get(name, "") for name in names],
            "run": [now.get(name, "") for name in names],
        },
        schema=dict.fromkeys(("setting", "baseline", "run"), pl.String),
    )
    return table_of("compared-settings", "Settings in which the two studies differ.", frame)
