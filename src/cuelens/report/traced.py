"""The page of `cuelens trace`: cue reliance against clean accuracy, a curve a network.

Everything shown was computed by `study.trace`; nothing is measured here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.files import write_atomically
from cuelens.report import wording
from cuelens.report.groups import Group, Panel, named_apart, slug, unique
from cuelens.report.shared import merged_checks, page_text, write_figures, write_tables
from cuelens.report.tables import Table
from cuelens.report.trace_charts import trace_chart
from cuelens.study.checks.checks import Check

__all__ = ["trace_groups", "trace_table", "write_trace"]

_CAPTION = (
    "Every kept checkpoint: its accuracy on clean images and its cue reliance, with 95 % intervals."
)


def write_trace(trace: pl.DataFrame, out: Path, *, title: str, created: str | None = None) -> Path:
    """Write trace.html, tables/ and figures/ into a folder; each file whole or not at all.

    Args:
        trace: From `trace_run`.
        out: The folder; made as needed.
        title: What the run is called.
        created: Date, as YYYY-MM-DD; None: today's.

    Returns:
        The page.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    groups, models = trace_groups(trace), unique(trace["model"])
    charts = [panel.chart for group in groups for panel in group.panels]
    drawn = write_figures(out / "figures", charts, models=len(models))
    table = trace_table(trace)
    write_tables(out / "tables", {table.name: table})
    text = page_text(
        "trace.html.j2",
        models=models,
        checks=merged_checks(tuple(_checks(trace))),
        figures=drawn,
        title=title,
        headline=_headline(title, models),
        lead=_lead(trace),
        created=created or datetime.now(tz=UTC).date().isoformat(),
        groups=groups,
        unknown=tuple(_unknown(trace)),
        tables={table.name: table},
    )
    page = out / "trace.html"
    write_atomically(page, text)
    return page


def trace_groups(trace: pl.DataFrame) -> tuple[Group, ...]:
    """Return a group for each cue, a chart for each family whose cue reliance is known."""
    known = trace.filter(pl.col("value").is_not_null())
    models = unique(trace["model"])
    return named_apart(
        _group(known.filter(pl.col("cue") == cue), cue, models) for cue in unique(known["cue"])
    )


def _group(frame: pl.DataFrame, cue: str, models: list[str]) -> Group:
    families = unique(frame["family"])
    return Group(
        key=slug("trace", cue),
        section="Cue profile",
        title=wording.capital(cue),
        sentence=" ".join(wording.family(family).sentence for family in families),
        panels=tuple(
            Panel(chart=trace_chart(frame.filter(pl.col("family") == family), family, models))
            for family in families
        ),
        about=tuple(families),
    )


def trace_table(trace: pl.DataFrame) -> Table:
    """Return a row for each checkpoint and family."""
    header = (
        "model", "epoch", "weights", "clean accuracy", "95 % interval", "of n images", "cue",
        "condition", "control", "n", "cue reliance", "95 % interval", "levels", "note",
    )  # fmt: skip
    text = ("model", "weights", "cue", "condition", "control", "levels", "note")
    return Table(
        name="trace",
        caption=_CAPTION,
        frame=trace,
        header=header,
        rows=tuple(_row(row) for row in trace.iter_rows(named=True)),
        numeric=tuple(title not in text for title in header),
    )


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["model"],
        wording.level(row["epoch"]),
        row["weights"],
        wording.percent(row["accuracy"]),
        wording.span(row["accuracy_low"], row["accuracy_high"], share=True),
        f"{row['images']:,}",
        row["cue"] or "",
        row["family"] or "",
        row["control"] or "",
        "" if row["n"] is None else f"{row['n']:,}",
        wording.percent(row["value"]),
        wording.span(row["low"], row["high"], share=True),
        ", ".join(wording.level(level) for level in row["levels"] or ()),
        row["note"] or "",
    )


def _headline(title: str, models: list[str]) -> str:
    if len(models) == 1:
        return f"{title}: the cues that {models[0]} relied on while it learned"
    return f"{title}: the cues that {len(models)} networks relied on while they learned"


def _lead(trace: pl.DataFrame) -> str:
    checkpoints = trace.select("model", "epoch", "weights").n_unique()
    counts = trace["images"].drop_nulls().unique(maintain_order=True).to_list()
    images = " / ".join(f"{count:,}" for count in counts)
    plural = "s" if checkpoints > 1 else ""
    return f"{checkpoints} checkpoint{plural} on {images} test images, with 95 % intervals."


def _checks(trace: pl.DataFrame) -> Iterator[Check]:
    """Yield what doubts the cue reliance of each family: its images do, whatever the network."""
    doubted = trace.filter(pl.col("doubts").list.len() > 0)
    for family in unique(doubted["family"]):
        first = doubted.filter(pl.col("family") == family).row(0, named=True)
        reasons = dict(part.partition(": ")[::2] for part in (first["note"] or "").split("; "))
        for name in first["doubts"]:
            sentence = f"{wording.family(family).title}: {reasons.get(name, 'see its note')}."
            yield Check(name=name, raised=True, sentence=sentence, about=(family,))


def _unknown(trace: pl.DataFrame) -> Iterator[str]:
    """Yield why the cue reliance of some families is known of no checkpoint."""
    for family in unique(trace["family"].drop_nulls()):
        own = trace.filter(pl.col("family") == family)
        if own["value"].is_null().all():
            why = next(iter(own["note"].drop_nulls()), "it is not known")
            yield f"{wording.family(family).title}: {why}."
