"""The colours, marks and chart themes of a report, on light and on dark ground.

A model has the same colour, mark and dash in every chart, given by its place in the study. The
colours were chosen for the largest least difference under simulated protanopia, deuteranopia and
tritanopia, each at least 3 : 1 against its ground; marks and dashes say the same without colour.
"""

from collections.abc import Sequence
from typing import Any

__all__ = ["CUES", "DARK", "DASHES", "LIGHT", "MARKS", "PATHS", "dash_of", "mark_of", "theme"]

LIGHT = ("#3b73ea", "#dd5f0b", "#766c70", "#00995a", "#c859af", "#2e2c2e", "#893f00")
DARK = ("#5aabff", "#f28f4d", "#a3959a", "#45e39b", "#e44fc2", "#e6f5fa", "#f5d33a")
MARKS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (4, 2))
CUES = {
    "shape": ("#31509e", "#8ea8ff"),
    "texture": ("#e0a03c", "#f0b54d"),
    "other": ("#c6cad0", "#59616b"),
}
"""On light and on dark ground."""

PATHS = {
    "circle": "M8 3.4a4.6 4.6 0 1 0 .01 0Z",
    "square": "M3.9 3.9h8.2v8.2h-8.2Z",
    "triangle-up": "M8 2.8l5.2 9.4h-10.4Z",
    "diamond": "M8 2.2l5 5.8l-5 5.8l-5-5.8Z",
    "triangle-down": "M8 13.2l5.2-9.4h-10.4Z",
    "cross": "M6.2 2.6h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6Z",
}
"""The marks as paths in a box of 16 x 16, for legends."""

_LIGHT_GROUND = ("#15181b", "#565d65", "#e3e6ea")
_DARK_GROUND = ("#e8ebee", "#a9b1ba", "#333a41")
"""Ink, soft ink and lines, as in the style sheet."""
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FIGURE_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def mark_of(index: int) -> str:
    """Return the mark of the model at a place in the study."""
    return MARKS[index % len(MARKS)]


def dash_of(index: int) -> list[int]:
    """Return the dash pattern of the model at a place in the study."""
    return list(DASHES[index % len(DASHES)])


def _cycled(colours: Sequence[str], count: int) -> list[str]:
    return [colours[index % len(colours)] for index in range(count)]


def theme(*, dark: bool, models: int, page: bool = True) -> dict[str, Any]:
    """Return a Vega-Lite configuration.

    Args:
        dark: On dark ground.
        models: How many models the study has.
        page: For the page, where legends are HTML and the ground shows through; a figure by
            itself has its legend and white ground.
    """
    ink, soft, line = _DARK_GROUND if dark else _LIGHT_GROUND
    font = _FONT if page else _FIGURE_FONT
    count = max(models, len(LIGHT))  # a chart of something else than models may need more
    colours = _cycled(DARK if dark else LIGHT, count)
    return {
        "background": "transparent" if page else "#ffffff",
        "font": font,
        "padding": 4,
        "view": {"stroke": None},
        "mark": {"aria": False},  # a chart is read out as a whole, by its description
        "axis": {
            "aria": False,
            "labelColor": soft,
            "titleColor": soft,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": line,
            "domain": False,
            "ticks": False,
            "labelPadding": 7,
            "titlePadding": 9,
            "labelLimit": 220,
        },
        "axisX": {"grid": False, "domain": True, "domainColor": soft},
        "axisQuantitative": {"tickCount": 5},
        "legend": {
            "aria": False,
            "orient": "top",
            "labelColor": ink,
            "labelFontSize": 12,
            "labelLimit": 160,
            "columns": 4,
            "symbolSize": 90,
            "title": None,
        },
        "range": {
            "category": colours,
            "symbol": [mark_of(index) for index in range(count)],
            "ordinal": [pair[1 if dark else 0] for pair in CUES.values()],
        },
        "line": {"strokeWidth": 2.25},
        "area": {"opacity": 0.13},
        "rule": {"strokeWidth": 1.75},
        "point": {"size": 62, "filled": True, "opacity": 1},
        "style": {
            "band": {"fillOpacity": 0.13},
            "guide": {"color": soft, "strokeDash": [2, 4], "strokeWidth": 1.25},
            "guide-text": {"color": soft, "fontSize": 11},
            "control": {"strokeDash": [3, 4], "strokeWidth": 1.75},
            "control-point": {"size": 30},
            "reference": {"color": soft, "strokeWidth": 1.5},
            "reference-point": {
                "color": soft,
                "shape": "stroke",
                "angle": 90,
                "size": 110,
                "filled": False,
                "strokeWidth": 2.5,
            },
            "here": {"color": ink, "strokeWidth": 2, "size": 260, "filled": False},
            "inside": {"color": "#0d0f11", "fontSize": 12},
            "inside-shape": {"color": "#0d0f11" if dark else "#ffffff", "fontSize": 12},
        },
    }
