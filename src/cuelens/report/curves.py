"""Charts against a level: a condition's strength, or a cue's.

It draws numbers that are already computed; bands and whiskers are their intervals.
"""

from collections.abc import Sequence
from typing import Any

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
from cuelens.report.palette import dash_of

__all__ = ["change_chart", "curve_chart", "dose_chart"]

_LEVELS = alt.Axis(labelAngle=0, labelOverlap=False, labelExpr="split(datum.label, ' = ')")
"""Side by side, what a level comes to on a line of its own."""
_SHOWN = ("model", "place", "value", "low", "high", "n", "shown", "interval")


def curve_chart(
    name: str,
    title: str,
    frame: pl.DataFrame,
    models: Sequence[str],
    *,
    axis: str,
    share: bool = True,
    same: float | None = None,
    chance: float | None = None,
) -> Chart:
    """Return a quantity against the level of a condition, a line a model.

    A line ends where a level that others were asked for is missing, and goes on after it.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, level, n, value, low, high; one row each model and level.
        models: All models of the study, in order: they give the colours.
        axis: What the level is called.
        share: Whether values are shares, drawn from 0 to 100 %.
        same: The level at which nothing changes; marked on the axis.
        chance: A value to draw a line at.
    """
    rows = rows_of(frame.sort("level"), share=share)
    for row in rows:
        clean = same is not None and row["level"] == same
        row["place"] = wording.level(row["level"]) + (" = clean" if clean else "")
        if clean and row["low"] == row["high"]:
            row["interval"] = "by definition"
    # Numbers in their own order, evenly spaced: levels run from 1 to 1,024.
    places = list(dict.fromkeys(row["place"] for row in rows))
    _number_stretches(rows, places)
    x = alt.X("place:O", sort=places, title=axis, axis=_LEVELS)
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True),
        axis=alt.Axis(format="%") if share else alt.Axis(),
    )
    low, high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    data = inline(rows, *_SHOWN, "stretch")
    base = alt.Chart(data).encode(x=x, color=model_colour(models))
    layers = [] if chance is None else _guide(chance)
    layers += [
        base.mark_area(tooltip=False).encode(y=low, y2=high, detail="stretch:N"),
        base.mark_line().encode(y=y, strokeDash=model_dash(models), detail="stretch:N"),
        base.mark_rule().encode(y=low, y2=high),
        base.mark_point().encode(
            y=y, shape=model_mark(models), tooltip=tooltip(title, model="model", place="level")
        ),
    ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by {axis}. {described(rows, models)}",
        spec=specification(layers, height=230),
    )


def _number_stretches(rows: Sequence[dict[str, Any]], places: Sequence[str]) -> None:
    """Number the rows of each model, sorted by place, anew after each place that it lacks."""
    last: dict[str, tuple[int, int]] = {}
    for row in rows:
        here = places.index(row["place"])
        before, stretch = last.get(row["model"], (here, 0))
        row["stretch"] = stretch + (here > before + 1)
        last[row["model"]] = here, row["stretch"]


def _guide(chance: float) -> list[alt.Chart]:
    """Return a labelled line at the accuracy of guessing."""
    guide = alt.Chart(alt.InlineData(values=[{"value": chance, "text": "chance"}]))
    y = alt.Y("value:Q")
    label = guide.mark_text(style="guide-text", align="right", dy=-7, tooltip=False)
    return [
        guide.mark_rule(style="guide", tooltip=False).encode(y=y),
        label.encode(y=y, x=alt.value("width"), text="text:N"),
    ]


def change_chart(
    name: str,
    title: str,
    frame: pl.DataFrame,
    models: Sequence[str],
    *,
    axis: str = "root-mean-square change of the pixels",
    share: bool = True,
) -> Chart:
    """Return a quantity against how much the images changed, a condition and its control.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, place (name of the condition), control (whether it is one), change
            (how far the images are from the clean ones), n, value, low, high.
        models: All models of the study, in order.
        axis: What `change` is.
        share: Whether values are shares.
    """
    rows = rows_of(frame.sort("change"), share=share)
    for row in rows:
        row["size"] = f"{row['change']:.3f}"
        row["change"] = round(row["change"], 5)
    data = inline(rows, *_SHOWN, "change", "size", "control")
    x = alt.X(
        "change:Q",
        title=axis,
        scale=alt.Scale(zero=True, nice=True),
    )
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    base = alt.Chart(data).encode(x=x, color=model_colour(models), detail="control:N")
    points, line = {"shape": model_mark(models)}, {"strokeDash": model_dash(models)}
    shown = tooltip(title, model="model", place="condition", size="change")
    own, control = "!datum.control", "datum.control"
    layers = [
        base.transform_filter(control)
        .mark_line(style="control", strokeWidth=1)
        .encode(y=y, **line),
        base.transform_filter(own).mark_line().encode(y=y, **line),
        base.mark_rule().encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.transform_filter(control)
        .mark_point(style="control-point")
        .encode(y=y, tooltip=shown, **points),
        base.transform_filter(own).mark_point().encode(y=y, tooltip=shown, **points),
    ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by {axis}. {described(rows, models)}",
        spec=specification(layers, height=250),
    )


def dose_chart(
    name: str, title: str, frame: pl.DataFrame, models: Sequence[str], *, radius: float | None
) -> Chart:
    """Return a share against texture contrast: built-in curves in grey, a study's own points.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns series, model, contrast, n, value, low, high, here; points that are `here`
            look like their model, the others are joined by a grey line a series.
        models: All models of the study, in order: they give the colours.
        radius: Contrast that the attack reaches; None to draw no line.
    """
    rows = rows_of(frame.sort("contrast", maintain_order=True), share=True)
    for row in rows:
        row["place"] = f"contrast {wording.level(row['contrast'])}"
        row["model"] = row["model"] if row["here"] else f"built in: {row['series']}"
    own = [row for row in rows if row["here"]]
    curves = list(dict.fromkeys(row["model"] for row in rows if not row["here"]))
    x = alt.X("contrast:Q", title="texture contrast", scale=alt.Scale(zero=True, nice=True))
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format="%"))
    low = alt.Y("low:Q", title=None)
    built = [{**row, "curve": row["model"]} for row in rows if not row["here"]]
    grey = alt.Chart(inline(built, "curve", *_SHOWN[1:], "contrast")).encode(x=x)
    legend = alt.Legend(title=None, orient="bottom", symbolSize=600)
    dashes = alt.Scale(domain=curves, range=[dash_of(place) for place in range(len(curves))])
    dash = alt.StrokeDash("curve:N", scale=dashes, legend=legend)
    shown = tooltip(title, curve="network", place="at")
    layers: list[alt.Chart] = [
        grey.mark_line(style="reference").encode(y=y, strokeDash=dash),
        grey.mark_rule(style="reference").encode(y=low, y2="high:Q"),
        grey.mark_point(style="built-in").encode(y=y, tooltip=shown),
    ]
    if own:
        base = alt.Chart(inline(own, *_SHOWN, "contrast")).encode(x=x, color=model_colour(models))
        shown = tooltip(title, model="model", place="at")
        layers += [
            base.mark_rule().encode(y=low, y2="high:Q"),
            base.mark_point().encode(y=y, shape=model_mark(models), tooltip=shown),
        ]
    if radius is not None:
        reach = alt.Chart(alt.InlineData(values=[{"contrast": radius, "text": "attack's reach"}]))
        label = reach.mark_text(style="guide-text", align="left", baseline="bottom", tooltip=False)
        layers += [
            reach.mark_rule(style="guide", tooltip=False).encode(x="contrast:Q"),
            label.encode(x="contrast:Q", y=alt.value(-3), text="text:N"),
        ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by texture contrast. {described(rows, [*models, *curves])}",
        spec=specification(layers, height=280),
    )
