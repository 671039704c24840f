"""The trace of a run as table and charts: cue reliance against clean accuracy, a line a network.

Everything shown was computed by `study.trace`; nothing is measured here.
"""

from collections.abc import Sequence
from pathlib import Path

import altair as alt
import polars as pl

from cuelens.report import wording
from cuelens.report.charts import (
    Chart,
    described,
    inline,
    model_colour,
    model_dash,
    model_mark,
    rows_of,
    specification,
    tooltip,
)
from cuelens.report.groups import slug
from cuelens.report.shared import write_figures, write_tables
from cuelens.report.tables import table_of

__all__ = ["trace_charts", "write_trace"]

_SHOWN = ("model", "place", "epoch", "accuracy", "clean", "value", "low", "high", "n", "shown",
          "interval")  # fmt: skip
_CAPTION = (
    "Cue reliance of every kept checkpoint, beside its accuracy on clean images, with 95 % "
    "intervals."
)


def write_trace(trace: pl.DataFrame, out: Path) -> tuple[Path, tuple[Path, ...]]:
    """Write tables/trace.* and a figure for each family that takes a cue away.

    Args:
        trace: From `trace_run`.
        out: The folder; made as needed.

    Returns:
        The table as CSV, and the figures.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    charts = trace_charts(trace)
    models = trace["model"].unique(maintain_order=True).to_list()
    write_tables(out / "tables", {"trace": table_of("trace", _CAPTION, trace, share=False)})
    write_figures(out / "figures", charts, models=len(models))
    figures = tuple(out / "figures" / f"{chart.name}.svg" for chart in charts)
    return out / "tables" / "trace.csv", figures


def trace_charts(trace: pl.DataFrame) -> tuple[Chart, ...]:
    """Return a chart for each family whose cue reliance is known of any checkpoint."""
    known = trace.filter(pl.col("value").is_not_null())
    models = trace["model"].unique(maintain_order=True).to_list()
    return tuple(
        _chart(known.filter(family=family), family, models)
        for family in known["family"].unique(maintain_order=True)
    )


def _chart(frame: pl.DataFrame, family: str, models: Sequence[str]) -> Chart:
    title = f"Cue reliance: {wording.suppression(str(frame['cue'][0]), family)}"
    rows = rows_of(frame.sort("epoch", maintain_order=True), share=False)
    for row in rows:
        row["clean"] = wording.percent(row["accuracy"])
        row["place"] = f"epoch {row['epoch']:g}, {row['clean']} clean"
        row["accuracy"] = round(row["accuracy"], 5)
    x = alt.X(
        "accuracy:Q",
        title="accuracy on clean images",
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format="%"),
    )
    low, high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True))
    base = alt.Chart(inline(rows, *_SHOWN)).encode(x=x, color=model_colour(models))
    layers = [
        base.mark_line().encode(y=y, strokeDash=model_dash(models), order=alt.Order("epoch:Q")),
        base.mark_rule().encode(y=low, y2=high),
        base.mark_point().encode(
            y=y,
            shape=model_mark(models),
            tooltip=tooltip(title, model="model", epoch="epoch", clean="clean accuracy"),
        ),
    ]
    return Chart(
        name=slug("trace", family),
        title=title,
        alt=f"{title}, by accuracy on clean images. {described(rows, models)}",
        spec=specification(layers, height=230),
    )
