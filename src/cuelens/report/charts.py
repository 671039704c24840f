"""The charts of a report as Vega-Lite specifications.

One specification gives the interactive chart of the page and the figure for a paper. It draws
numbers that are already computed, whiskers and bands their intervals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from cuelens.report import wording
from cuelens.report.palette import CUES, dash_of

__all__ = ["Chart", "answer_chart", "bias_chart", "curve_chart", "dose_chart", "dot_chart"]

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        name: Of its file, without ending.
        title: What it shows, a few words.
        alt: The same with its numbers, for people who do not see it.
        spec: Vega-Lite, without configuration.
    """

    name: str
    title: str
    alt: str
    spec: Mapping[str, Any]


def _rows(frame: pl.DataFrame, *, share: bool) -> list[Row]:
    """Return the rows with what a tooltip shows; numbers rounded to what can be seen."""
    rows = []
    for row in frame.iter_rows(named=True):
        ends = {name: _rounded(row[name]) for name in ("value", "low", "high")}
        shown = {
            "shown": wording.quantity(row["value"], share=share),
            "interval": wording.span(row["low"], row["high"], share=share),
        }
        rows.append({**row, **ends, **shown})
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else float(f"{value:.5g}")


def _data(rows: Sequence[Row], *columns: str) -> alt.Data:
    # Inline values: Altair refuses more than 5,000 rows of a data frame.
    return alt.Data(values=[{column: row[column] for column in columns} for row in rows])


def _colour(models: Sequence[str]) -> alt.Color:
    return alt.Color("model:N", scale=alt.Scale(domain=list(models)), legend=alt.Legend(title=None))


def _shape(models: Sequence[str]) -> alt.Shape:
    return alt.Shape("model:N", scale=alt.Scale(domain=list(models)), legend=alt.Legend(title=None))


def _tooltip(*fields: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in fields]


def _describe(rows: Sequence[Row], models: Sequence[str], place: str) -> str:
    """Return every number of a chart in words, model by model."""
    parts = []
    for model in models:
        numbers = [
            f"{row[place]}: {row['shown']} {row['interval']}" for row in rows if row["model"] == model
        ]
        if numbers:
            parts.append(f"{model}: {'; '.join(numbers)}")
    return ". ".join(parts) + "."


def _finish(chart: alt.LayerChart, *, height: int | alt.Step) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width=380, height=height).to_dict()
    spec.pop("config", None)  # the theme comes with the page or the figure
    spec.pop("datasets", None)
    return spec


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
    frame = frame.sort("level")
    rows = _rows(frame, share=share)
    for row in rows:
        clean = same is not None and row["level"] == same
        row["place"] = wording.level(row["level"]) + (" = clean" if clean else "")
    places = list(dict.fromkeys(row["place"] for row in rows))
    data = _data(rows, "model", "place", "value", "low", "high", "n", "shown", "interval")
    x = alt.X("place:O", sort=places, title=axis, axis=alt.Axis(labelAngle=0, labelOverlap=False))
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True),
        axis=alt.Axis(format="%") if share else alt.Axis(),
    )
    ends = {"y": alt.Y("low:Q", title=None), "y2": alt.Y2("high:Q")}
    base = alt.Chart(data).encode(x=x, color=_colour(models))
    dash = alt.StrokeDash(
        "model:N",
        scale=alt.Scale(domain=list(models), range=[dash_of(i) for i in range(len(models))]),
        legend=alt.Legend(title=None),
    )
    layers: list[alt.Chart] = []
    if chance is not None:
        guide = alt.Chart(alt.Data(values=[{"value": chance, "text": "chance"}]))
        layers += [
            guide.mark_rule(style="guide", tooltip=False).encode(y=alt.Y("value:Q")),
            guide.mark_text(style="guide-text", align="right", dy=-7, tooltip=False).encode(
                y=alt.Y("value:Q"), x=alt.XValue("width"), text="text:N"
            ),
        ]
    layers += [
        base.mark_area(tooltip=False).encode(**ends),
        base.mark_line().encode(y=y, strokeDash=dash),
        base.mark_rule().encode(**ends),
        base.mark_point().encode(
            y=y,
            shape=_shape(models),
            tooltip=_tooltip(
                ("model", "model"), ("place", "level"), ("shown", title), ("interval", "95 %"), ("n", "n")
            ),
        ),
    ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by {axis}. {_describe(rows, models, 'place')}",
        spec=_finish(alt.layer(*layers), height=240),
    )


def dot_chart(
    name: str,
    title: str,
    frame: pl.DataFrame,
    models: Sequence[str],
    *,
    share: bool = True,
    zero: bool = True,
) -> Chart:
    """Return a quantity with its interval, a row each place, a dot a model.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns model, place, n, value, low, high; places in the order of the frame.
        models: All models of the study, in order.
        share: Whether values are shares.
        zero: Whether the axis starts at zero.
    """
    rows = _rows(frame, share=share)
    places = list(dict.fromkeys(row["place"] for row in rows))
    present = [model for model in models if any(row["model"] == model for row in rows)]
    data = _data(rows, "model", "place", "value", "low", "high", "n", "shown", "interval")
    scale = alt.Scale(domain=[0, 1]) if share and zero else alt.Scale(zero=zero, padding=12, nice=True)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "place:N",
            sort=places,
            title=None,
            axis=alt.Axis(labels=len(places) > 1, grid=False),
            scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2),
        ),
        yOffset=alt.YOffset("model:N", sort=present),
        color=_colour(models),
    )
    axis = alt.Axis(format="%", grid=True) if share else alt.Axis(grid=True)
    layers = alt.layer(
        base.mark_rule().encode(x=alt.X("low:Q", title=None), x2="high:Q"),
        base.mark_point().encode(
            x=alt.X("value:Q", title=None, scale=scale, axis=axis),
            shape=_shape(models),
            tooltip=_tooltip(
                ("model", "model"), ("place", ""), ("shown", title), ("interval", "95 %"), ("n", "n")
            ),
        ),
    )
    return Chart(
        name=name,
        title=title,
        alt=f"{title}. {_describe(rows, models, 'place')}",
        spec=_finish(layers, height=alt.Step(20)),
    )


def answer_chart(name: str, title: str, frame: pl.DataFrame) -> Chart:
    """Return shape, texture and other answers as stacked bars.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns place, n, shape, texture, other (counts); one row a bar, in order.
    """
    rows: list[Row] = []
    for row in frame.iter_rows(named=True):
        start = 0.0
        for cue in CUES:
            value = row[cue] / row["n"] if row["n"] else 0.0
            rows.append(
                {
                    "place": row["place"], "cue": cue, "start": start, "end": start + value,
                    "middle": start + value / 2, "n": row["n"], "count": row[cue],
                    "shown": wording.percent(value),
                    "label": wording.percent(value) if value >= 0.12 else "",
                }
            )  # fmt: skip
            start += value
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("place:N", sort=list(frame["place"]), title=None, axis=alt.Axis(grid=False))
    )
    x = alt.X("start:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    colour = alt.Color(
        "cue:N",
        scale=alt.Scale(domain=list(CUES), range="ordinal"),
        sort=list(CUES),
        legend=alt.Legend(title=None),
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.62)).encode(
        x=x,
        x2="end:Q",
        color=colour,
        tooltip=_tooltip(("place", ""), ("cue", "answer"), ("shown", "share"), ("count", "count"), ("n", "n")),
    )  # fmt: skip
    text = base.encode(x=alt.X("middle:Q"), text="label:N")
    described = ". ".join(
        f"{row['place']}: {row['cue']} {row['shown']} ({row['count']} of {row['n']})" for row in rows
    )
    return Chart(
        name=name,
        title=title,
        alt=f"{title}. {described}.",
        spec=_finish(
            alt.layer(
                bars,
                text.transform_filter("datum.cue == 'shape'").mark_text(style="inside-shape", tooltip=False),
                text.transform_filter("datum.cue != 'shape'").mark_text(style="inside", tooltip=False),
            ),
            height=alt.Step(38),
        ),
    )  # fmt: skip


def bias_chart(name: str, title: str, frame: pl.DataFrame, models: Sequence[str]) -> Chart:
    """Return shape biases with their intervals; columns as in `dot_chart`."""
    chart = dot_chart(name, title, frame, models)
    return Chart(name=chart.name, title=chart.title, alt=chart.alt, spec={**chart.spec, "height": {"step": 38}})  # fmt: skip


def dose_chart(name: str, title: str, frame: pl.DataFrame, *, radius: float | None) -> Chart:
    """Return an effect against texture contrast, this study's points ringed.

    Args:
        name: Of its file.
        title: What it shows.
        frame: Columns series, contrast, n, value, low, high, here.
        radius: Contrast that the attack reaches; None to draw no line.
    """
    rows = _rows(frame.sort("series", "contrast"), share=True)
    for row in rows:
        row["place"] = f"contrast {wording.level(row['contrast'])}"
        row["model"] = row["series"]
    series = list(dict.fromkeys(row["series"] for row in rows))
    data = _data(
        rows, "model", "contrast", "place", "value", "low", "high", "n", "shown", "interval", "here"
    )
    x = alt.X("contrast:Q", title="texture contrast", scale=alt.Scale(zero=True, nice=True))
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format="+%"))
    base = alt.Chart(data).encode(x=x, color=_colour(series))
    fields = (("model", ""), ("place", ""), ("shown", title), ("interval", "95 %"), ("n", "n"))
    layers: list[alt.Chart] = [
        alt.Chart(alt.Data(values=[{"value": 0}])).mark_rule(style="guide").encode(y="value:Q"),
        base.mark_line().encode(y=y),
        base.mark_rule().encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_point().encode(y=y, shape=_shape(series), tooltip=_tooltip(*fields)),
        base.transform_filter("datum.here").mark_point(style="here", shape="circle").encode(y=y),
    ]
    if radius is not None:
        reach = alt.Chart(alt.Data(values=[{"contrast": radius, "text": "attack's reach"}]))
        layers += [
            reach.mark_rule(style="guide").encode(x="contrast:Q"),
            reach.mark_text(style="guide-text", align="left", dx=5, baseline="top").encode(
                x="contrast:Q", y=alt.YValue(2), text="text:N"
            ),
        ]
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, by texture contrast. {_describe(rows, series, 'place')}",
        spec=_finish(alt.layer(*layers), height=260),
    )
