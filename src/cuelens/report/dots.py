"""Charts without a level: dots with intervals, and bars of answers.

It draws numbers that are already computed.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from cuelens.report import wording
from cuelens.report.charts import (
    Chart,
    Row,
    described,
    inline,
    model_colour,
    model_mark,
    rows_of,
    specification,
    tooltip,
)
from cuelens.report.palette import CUES

__all__ = ["answer_chart", "dot_chart"]

_LINES = "split(datum.label, ': ')"
"""A place's name has a line for what stands before its colon and one for what stands behind."""
_POINTS = "(datum.value > 0 ? '+' : '') + format(100 * datum.value, '.3~g')"
"""A tick's share as points, signed."""


def dot_chart(
    name: str,
    title: str,
    frame: pl.DataFrame,
    models: Sequence[str],
    *,
    share: bool = True,
    zoom: bool = False,
    signed: bool = False,
    points: bool = False,
    step: int = 20,
    references: Sequence[Row] = (),
    neutral: bool = False,
) -> Chart:
    """Return a quantity with its interval, a row each place, a dot a model.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, place, n, value, low, high; places in the order of the frame.
        models: All models of the study, in order.
        share: Whether values are shares.
        zoom: Whether the axis shows the range of the values only.
        signed: Whether values may be negative; a line marks zero.
        points: Whether values are differences of shares, shown in points.
        step: Height of a dot's row in pixels.
        references: Rows of others than the models, such as published ones, drawn below them in
            grey: place, value, low, high, n.

        neutral: Whether `models` are something else, such as pairs, and look like no model.

    Where there is one place only, the rows are the models.
    """
    rows = _in_points(frame) if points else rows_of(frame, share=share)
    places = list(dict.fromkeys(row["place"] for row in rows))
    present = [model for model in models if any(row["model"] == model for row in rows)]
    data = inline(rows, "model", "place", "value", "low", "high", "n", "shown", "interval")
    room = 10 if zoom else alt.Undefined  # for whiskers, which would end at the frame
    scale = alt.Scale(zero=not zoom, nice=True, padding=room)
    if share and not zoom and not signed:
        scale = alt.Scale(domain=[0, 1])
    alone = len(places) == 1
    beside = [_reference(row, share=share) for row in references]
    order = [*(present if alone else places), *(row["place"] for row in references)]
    y = alt.Y(
        "model:N" if alone else "place:N",
        sort=order,
        title=None,
        axis=alt.Axis(grid=False, labelExpr=alt.Undefined if alone else _LINES),
        scale=alt.Undefined if alone else alt.Scale(paddingInner=0.3, paddingOuter=0.15),
    )
    base = alt.Chart(data).encode(y=y)
    look: dict[str, Any] = {}
    if not neutral:
        base, look = base.encode(color=model_colour(models)), {"shape": model_mark(models)}
    rule, point = ("neutral", "neutral-point") if neutral else (alt.Undefined, alt.Undefined)
    if not alone:
        base = base.encode(yOffset=alt.YOffset("model:N", sort=present))
    height = max(step, 28) * len(present) if alone else round(1.35 * step * len(rows))
    height += 24 * len(beside)
    axis = alt.Axis(format="%", grid=True) if share else alt.Axis(grid=True)
    unit = None
    if points:
        axis, unit = alt.Axis(labelExpr=_POINTS, grid=True), "points"
    layers = _zero() if signed else []
    layers += [
        base.mark_rule(style=rule).encode(x=alt.X("low:Q", title=unit), x2="high:Q"),
        base.mark_point(style=point).encode(
            x=alt.X("value:Q", title=unit, scale=scale, axis=axis),
            tooltip=tooltip(title, model="pair" if neutral else "model", place="at"),
            **look,
        ),
    ]
    if beside:
        layers += _published(beside, "model:N" if alone else "place:N", order, title)
    others = [f"{row['place']}: {row['shown']} {row['interval']}, n = {row['n']:,}"
              for row in beside]  # fmt: skip
    against = f" To read it against: {'. '.join(others)}." if others else ""
    return Chart(
        name=name,
        title=title,
        alt=f"{title}. {described(rows, models)}{against}",
        spec=specification(layers, height=height),
    )


def _in_points(frame: pl.DataFrame) -> list[Row]:
    """Return the rows with numbers in words, in points."""
    rows = rows_of(frame, share=True)
    for row, plain in zip(rows, frame.iter_rows(named=True), strict=True):
        row["shown"], row["interval"] = wording.difference(
            plain["value"], plain["low"], plain["high"]
        )
    return rows


def _reference(row: Row, *, share: bool) -> Row:
    shown, interval = wording.numbers(row["value"], row["low"], row["high"], share=share)
    return {**row, "model": row["place"], "shown": shown, "interval": interval}


def _published(
    rows: Sequence[Row], field: str, order: Sequence[str], title: str
) -> list[alt.Chart]:
    """Return rows of others than the models, in grey."""
    columns = ("model", "place", "value", "low", "high", "n", "shown", "interval")
    y = alt.Y(field, sort=list(order), title=None)
    base = alt.Chart(inline(rows, *columns)).encode(y=y)
    return [
        base.mark_rule(style="reference").encode(x=alt.X("low:Q", title=None), x2="high:Q"),
        base.mark_point(style="reference-point").encode(
            x=alt.X("value:Q", title=None), tooltip=tooltip(title, place="published of")
        ),
    ]


def _zero() -> list[alt.Chart]:
    """Return a line at zero."""
    guide = alt.Chart(alt.InlineData(values=[{"value": 0}]))
    return [guide.mark_rule(style="guide", tooltip=False).encode(x=alt.X("value:Q"))]


def answer_chart(name: str, title: str, frame: pl.DataFrame) -> Chart:
    """Return shape, texture and other answers as stacked bars.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns place, shape, texture, other (counts); one row a bar, in order.
    """
    rows = _stacked(frame)
    places = list(dict.fromkeys(row["place"] for row in rows))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("place:N", sort=places, title=None, axis=alt.Axis(grid=False)), detail="model:N"
    )
    x = alt.X("start:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    colour = alt.Color(
        "cue:N",
        scale=alt.Scale(domain=list(CUES), range="ordinal"),
        sort=list(CUES),
        legend=alt.Legend(title=None),
    )
    shown = {"place": "model", "cue": "answer", "shown": "share", "count": "count", "n": "n"}
    bars = base.mark_bar(height=alt.RelativeBandSize(0.62)).encode(
        x=x,
        x2="end:Q",
        color=colour,
        tooltip=[alt.Tooltip(f"{field}:N", title=text) for field, text in shown.items()],
    )
    text = base.encode(x=alt.X("middle:Q"), text="label:N")
    on_shape, on_rest = (
        text.transform_filter(f"datum.cue {sign} 'shape'").mark_text(style=style, tooltip=False)
        for sign, style in (("==", "inside-shape"), ("!=", "inside"))
    )
    numbers = ". ".join(
        f"{row['place']}: {row['cue']} {row['shown']} ({row['count']} of {row['n']})"
        for row in rows
    )
    return Chart(
        name=name,
        title=title,
        alt=f"{title}. {numbers}.",
        spec=specification([bars, on_shape, on_rest], height=38 * len(places)),
    )


def _stacked(frame: pl.DataFrame) -> list[Row]:
    """Return a row for each bar and cue, with where its part starts and ends."""
    rows: list[Row] = []
    for row in frame.iter_rows(named=True):
        start, total = 0.0, sum(row[cue] for cue in CUES)
        for cue in CUES:
            share = row[cue] / total if total else 0.0
            end = start + share
            shown = wording.percent(share)
            round_ = f"{100 * share:.0f}{wording.GAP}%"
            rows.append(
                {
                    "place": row["place"],
                    "model": row.get("model", row["place"]),
                    "cue": cue,
                    "start": round(start, 5),
                    "end": round(end, 5),
                    "middle": round((start + end) / 2, 5),
                    "count": row[cue],
                    "n": total,
                    "shown": shown,
                    "label": shown if share >= 0.18 else round_ if share >= 0.1 else "",
                }
            )
            start = end
    return rows
