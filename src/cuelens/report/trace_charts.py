"""A chart of a trace: cue reliance against clean accuracy, in the order of the epochs.

It draws numbers that are already computed; bands and whiskers are their intervals.
"""

from collections.abc import Sequence

import altair as alt
import polars as pl

from cuelens.report import wording
from cuelens.report.charts import (
    Chart,
    Row,
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

__all__ = ["trace_chart"]

_SHOWN = ("model", "place", "epoch", "accuracy", "clean", "value", "low", "high", "n", "shown",
          "interval")  # fmt: skip


def trace_chart(frame: pl.DataFrame, family: str, models: Sequence[str]) -> Chart:
    """Return how much networks relied on a cue while they learned.

    Args:
        frame: Rows of one family, from `trace_run`, whose cue reliance is known.
        family: Its name.
        models: All networks, in order: they give the colours.
    """
    title = f"Cue reliance, {wording.family(family).title.lower()}"
    rows = rows_of(frame.sort("epoch", maintain_order=True), share=True)
    for row in rows:
        ends = (row["accuracy_low"], row["accuracy_high"])
        row["clean"] = wording.interval(row["accuracy"], *ends, share=True)
        row["place"] = f"epoch {row['epoch']:g}, {row['clean']} clean"
        row["epoch"] = round(row["epoch"], 5)
        row["accuracy"] = round(row["accuracy"], 5)
    x = alt.X(
        "accuracy:Q",
        title="accuracy on clean images",
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format="%"),
    )
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(format="%"))
    base = alt.Chart(inline(rows, *_SHOWN)).encode(x=x, color=model_colour(models))
    zero = alt.Chart(alt.InlineData(values=[{"value": 0}]))
    layers = [
        zero.mark_rule(style="guide", tooltip=False).encode(y=alt.Y("value:Q", title=None)),
        _band(rows, models),
        # A network may lose accuracy again: the line follows its epochs, not the axis.
        base.mark_line().encode(y=y, strokeDash=model_dash(models), order=alt.Order("epoch:Q")),
        base.mark_rule().encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
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
        spec=specification(layers, height=260),
    )


def _band(rows: Sequence[Row], models: Sequence[str]) -> alt.Chart:
    """Return the intervals as a closed line a network: along their upper ends and back below.

    An area would be cut where accuracy falls again: it follows its axis.
    """
    edges: list[Row] = []
    for model in models:
        own = [row for row in rows if row["model"] == model]
        path = [(row, "high") for row in own] + [(row, "low") for row in reversed(own)]
        edges += [
            {"model": model, "accuracy": row["accuracy"], "edge": row[end], "at": at}
            for at, (row, end) in enumerate(path)
        ]
    fill = alt.Fill("model:N", scale=alt.Scale(domain=list(models)), legend=None)
    band: alt.Chart = (
        alt.Chart(inline(edges, "model", "accuracy", "edge", "at"))
        .mark_line(style="band", strokeWidth=0, interpolate="linear-closed", tooltip=False)
        .encode(
            x=alt.X("accuracy:Q"), y=alt.Y("edge:Q", title=None), fill=fill, order=alt.Order("at:Q")
        )
    )
    return band
