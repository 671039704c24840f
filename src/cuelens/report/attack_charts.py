"""Charts of attacks: a quantity against the step, and robust accuracy against the radius.

It draws numbers that are already computed; bands and whiskers are their intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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

__all__ = ["Length", "length_of", "radius_chart", "step_chart"]

_SHOWN = ("model", "place", "value", "low", "high", "n", "shown", "interval")
_MANY = 150
"""Of more steps than these, the axis names powers of ten and the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """How lengths in a norm are shown.

    Attributes:
        times: What a length of the records is multiplied by.
        unit: Of the product, in words.
        short: Likewise, for a title.
    """

    times: float
    unit: str
    short: str


_LENGTHS = {
    "Linf": Length(times=255.0, unit="Linf, 255ths of the pixel range", short="Linf, 255ths"),
    "L2": Length(times=1.0, unit="L2, the pixel range being 1", short="L2"),
    "pixels": Length(times=1.0, unit="pixels of displacement", short="pixels"),
}


def length_of(norm: str | None) -> Length:
    """Return how lengths in a norm are shown; of one that is not known, as they are."""
    known = norm or "as recorded"
    return _LENGTHS.get(known) or Length(times=1.0, unit=known, short=known)


def step_chart(
    name: str,
    title: str,
    frame: pl.DataFrame,
    models: Sequence[str],
    *,
    axis: str,
    share: bool = False,
    radius: float | None = None,
) -> Chart:
    """Return a quantity against the step of an attack, a line a model.

    Steps are drawn by the logarithm of one more than themselves, so that 20 steps and 5,000
    queries both show where they begin. Marks stand at some steps, to tell the lines apart.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, step, n, value, low, high; one row each model and step.
        models: All models, in order: they give the colours.
        axis: What a step is called.
        share: Whether values are shares, drawn from 0 to 100 %.
        radius: Where to draw the line that no length passes; None to draw none.
    """
    rows = rows_of(frame.drop_nulls("value").sort("step"), share=share)
    last = max((row["step"] for row in rows), default=1)
    ticks = _ticks(last)
    steps = list(dict.fromkeys(row["step"] for row in rows))
    marked_steps = {max(step for step in steps if step <= tick) for tick in (*ticks, last)}
    for row in rows:
        row["place"] = wording.level(row["step"])
        row["marked"] = row["step"] in marked_steps
    x = alt.X(
        "step:Q",
        title=axis,
        scale=alt.Scale(type="symlog", constant=1, domain=[0, max(last, 1)], nice=False),
        axis=alt.Axis(values=ticks, tickCount=len(ticks), format=",d", labelOverlap=False),
    )
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True),
        axis=alt.Axis(format="%") if share else alt.Axis(),
    )
    low, high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    base = alt.Chart(inline(rows, *_SHOWN, "step", "marked"))
    base = base.encode(x=x, color=model_colour(models))
    layers = [] if radius is None else _guide(radius)
    layers += [
        base.mark_area(tooltip=False).encode(y=low, y2=high),
        base.mark_line().encode(y=y, strokeDash=model_dash(models)),
        base.mark_point().encode(
            y=y,
            shape=model_mark(models),
            opacity=alt.condition("datum.marked", alt.value(1), alt.value(0)),
            tooltip=tooltip(title, model="model", place=axis),
        ),
    ]
    marked = [row for row in rows if row["marked"]]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by {axis}. {described(marked, models)}",
        spec=specification(layers, height=220),
    )


def _ticks(last: int) -> list[int]:
    """Return the steps that the axis names: as many as fit side by side."""
    digits = (1, 2, 5) if last <= _MANY else (1,)
    powers = [digit * 10**power for power in range(len(str(last))) for digit in digits]
    ticks = [0, *(step for step in powers if step <= max(last, 1))]
    return [*ticks, last] if last >= 3 * ticks[-1] > 0 else ticks


def _guide(radius: float) -> list[alt.Chart]:
    """Return a labelled line at the radius."""
    guide = alt.Chart(alt.InlineData(values=[{"value": float(f"{radius:.5g}"), "text": "radius"}]))
    y = alt.Y("value:Q")
    label = guide.mark_text(
        style="guide-text", align="right", baseline="bottom", dy=-3, tooltip=False
    )
    return [
        guide.mark_rule(style="guide", tooltip=False).encode(y=y),
        label.encode(y=y, x=alt.value("width"), text="text:N"),
    ]


def radius_chart(
    name: str, title: str, frame: pl.DataFrame, models: Sequence[str], *, axis: str
) -> Chart:
    """Return robust accuracy against the radius, a line a model, clean accuracy at radius 0.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, radius, n, value, low, high, in the unit of the axis.
        models: All models, in order: they give the colours.
        axis: What the radius is called.
    """
    rows = rows_of(frame.sort("radius"), share=True)
    for row in rows:
        row["radius"] = float(f"{row['radius']:.6g}")
        row["place"] = wording.level(row["radius"]) + ("" if row["radius"] else " = clean")
    radii = list(dict.fromkeys(row["radius"] for row in rows))
    x = alt.X(
        "radius:Q",
        title=axis,
        scale=alt.Scale(zero=True, nice=False),
        # Without a precision of its own, a format takes that of the distance between ticks.
        axis=alt.Axis(values=radii, tickCount=len(radii), format=".6~g", labelOverlap="greedy"),
    )
    y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    low, high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    base = alt.Chart(inline(rows, *_SHOWN, "radius")).encode(x=x, color=model_colour(models))
    layers = [
        base.mark_area(tooltip=False).encode(y=low, y2=high),
        base.mark_line().encode(y=y, strokeDash=model_dash(models)),
        base.mark_rule().encode(y=low, y2=high),
        base.mark_point().encode(
            y=y, shape=model_mark(models), tooltip=tooltip(title, model="model", place="radius")
        ),
    ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by {axis}. {described(rows, models)}",
        spec=specification(layers, height=260),
    )
