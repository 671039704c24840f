"""What every chart of a report shares: its name, its numbers in words, its encodings.

One Vega-Lite specification gives the interactive chart of the page and the figure for a paper. It
knows how a model is told from another; it does not know what is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from cuelens.report import wording
from cuelens.report.palette import dash_of

__all__ = ["Chart", "Row", "described", "hiding_models", "inline", "model_colour", "model_dash",
           "model_mark", "rows_of", "specification", "tooltip", "without_legends"]  # fmt: skip

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


def rows_of(frame: pl.DataFrame, *, share: bool) -> list[Row]:
    """Return the rows with what a tooltip shows, numbers rounded to what can be seen.

    Args:
        frame: Has the columns value, low, high.
        share: Whether they are shares, shown as percentages.
    """
    rows = []
    for row in frame.iter_rows(named=True):
        ends = {name: _rounded(row[name]) for name in ("value", "low", "high")}
        shown, interval = wording.numbers(row["value"], row["low"], row["high"], share=share)
        rows.append({**row, **ends, "shown": shown, "interval": interval})
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else float(f"{value:.5g}")


def inline(rows: Sequence[Row], *columns: str) -> alt.InlineData:
    """Return some columns as inline values; Altair refuses more than 5,000 rows otherwise.

    They are a tuple, which Altair passes on where it would copy a list for every layer.
    """
    return alt.InlineData(values=tuple({name: row[name] for name in columns} for row in rows))


def model_colour(models: Sequence[str]) -> alt.Color:
    """Return the colour of each model; the theme has the colours themselves."""
    return alt.Color("model:N", scale=alt.Scale(domain=list(models)), legend=alt.Legend(title=None))


def model_mark(models: Sequence[str]) -> alt.Shape:
    """Return the mark of each model; the theme has the marks themselves."""
    return alt.Shape("model:N", scale=alt.Scale(domain=list(models)), legend=alt.Legend(title=None))


def model_dash(models: Sequence[str]) -> alt.StrokeDash:
    """Return the dash pattern of each model."""
    scale = alt.Scale(domain=list(models), range=[dash_of(i) for i in range(len(models))])
    return alt.StrokeDash("model:N", scale=scale, legend=None)


def tooltip(title: str, **fields: str) -> list[alt.Tooltip]:
    """Return a tooltip: the fields under their titles, then the number, its interval and n."""
    shown = {**fields, "shown": title, "interval": "95 % interval", "n": "n"}
    return [alt.Tooltip(f"{name}:N", title=text) for name, text in shown.items()]


def described(rows: Sequence[Row], models: Sequence[str]) -> str:
    """Return every number of a chart in words, model by model, with its interval and n.

    Args:
        rows: From `rows_of`, with a column "place".
        models: In order.
    """
    parts = []
    for model in models:
        own = [row for row in rows if row["model"] == model]
        counts = {row["n"] for row in own}
        once = len(counts) == 1 and len(own) > 1
        if own:
            numbers = "; ".join(_told(row, count=not once) for row in own)
            each = f" (n = {counts.pop():,} each)" if once else ""
            parts.append(f"{model}{each}: {numbers}")
    return ". ".join(parts) + "."


def _told(row: Row, *, count: bool) -> str:
    """Return a number in words, with its n where it is not said for all."""
    number = f"{row['shown']} {row['interval']}".rstrip()
    place = f"{row['place']}: " if row["place"] else ""
    return f"{place}{number}" + (f", n = {row['n']:,}" if count and row["n"] is not None else "")


def without_legends(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification whose encodings show no legend, for a page that has its own."""
    plain = dict(spec)
    if "layer" in plain:
        plain["layer"] = [without_legends(layer) for layer in plain["layer"]]
    plain["encoding"] = {
        name: {**channel, "legend": None} if "legend" in channel else channel
        for name, channel in plain.get("encoding", {}).items()
    }
    return plain


def hiding_models(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification whose signal `hidden` names models that are not drawn.

    Colours, marks and dashes have fixed domains: those of the other models stay as they are.
    """
    channels = spec.get("encoding", {}).values()  # a tooltip is a list of fields
    named = {one.get("field") for one in channels if isinstance(one, Mapping)}
    shown = dict(spec)
    if "layer" in spec:
        shown["layer"] = [hiding_models(layer) for layer in spec["layer"]]
    elif "model" in named:
        kept = {"filter": "indexof(hidden, datum.model) < 0"}
        shown["transform"] = [*spec.get("transform", []), kept]
    return shown


def specification(layers: Sequence[alt.Chart], *, height: int) -> dict[str, Any]:
    """Return the specification of a figure of one column, without configuration.

    Checking it against Vega-Lite's schema takes half of a report's time; the tests do it instead.
    """
    chart = alt.layer(*layers).properties(width=380, height=height)
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec.pop("config", None)  # the theme comes with the page or the figure
    spec["datasets"] = {name: list(rows) for name, rows in spec.get("datasets", {}).items()}
    return spec
