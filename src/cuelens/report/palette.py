"""The colours, marks and chart themes of a report, on light and on dark ground.

A model has the same colour, mark and dash in every chart, given by its place in the study. The
colours were chosen for the largest least difference under simulated protanopia, deuteranopia and
tritanopia, each at least 3 : 1 against its ground; marks and dashes say the same without colour.
"""

import itertools
from collections.abc import Sequence
from typing import Any

__all__ = [
    "CUES",
    "DARK",
    "DASHES",
    "LIGHT",
    "MARKS",
    "PATHS",
    "dash_of",
    "mark_of",
    "sample_of",
    "theme",
]

LIGHT = ("#3b73ea", "#dd5f0b", "#766c70", "#00995a", "#c859af", "#2e2c2e", "#893f00")
DARK = ("#5aabff", "#f28f4d", "#a3959a", "#45e39b", "#e44fc2", "#e6f5fa", "#f5d33a")
MARKS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (4, 2))
CUES = {
    "shape": ("#31509e", "#8ea8ff"),
    "texture": ("#e0a03c", "#f0b54d"),
    "other": ("#c6cad0", "#858f9b"),
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


_OUTLINES: dict[str, str] = {
    "circle": "M-4.5 0A4.5 4.5 0 1 1 4.5 0A4.5 4.5 0 1 1-4.5 0Z",
    "square": "M-4.1-4.1H4.1V4.1H-4.1Z",
    "triangle-up": "M0-5.2L5.2 4.2H-5.2Z",
    "diamond": "M0-5.8L5 0L0 5.8L-5 0Z",
    "triangle-down": "M-5.2-4.2H5.2L0 5.2Z",
    "cross": "M-1.8-5.4H1.8V-1.8H5.4V1.8H1.8V5.4H-1.8V1.8H-5.4V-1.8H-1.8Z",
}
"""The marks around 0, all clockwise, so that they and a line through them fill one another."""
_SAMPLE = 13.0


def sample_of(index: int) -> str:
    """Return mark and dash of the model at a place as one path of 26 x 12 around 0, for legends."""
    parts, place = [_OUTLINES[mark_of(index)]], -_SAMPLE
    dash = dash_of(index)
    lengths = itertools.cycle(dash if any(dash[1::2]) else [2 * _SAMPLE, 0])
    while place < _SAMPLE:
        end = min(_SAMPLE, place + next(lengths))
        parts.append(f"M{place:g}-1H{end:g}V1H{place:g}Z")
        place = end + next(lengths)
    return "".join(parts)


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
            "labelSeparation": 6,
            "labelFlush": False,
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
            "control": {"strokeWidth": 1},
            "control-point": {"size": 36, "filled": False, "strokeWidth": 1.25},
            "built-in": {"color": soft, "size": 22},
            "neutral": {"color": ink},
            "neutral-point": {
                "color": ink,
                "shape": "stroke",
                "angle": 90,
                "size": 110,
                "filled": False,
                "strokeWidth": 2.5,
            },
            "reference": {"color": soft, "strokeWidth": 1.5},
            "reference-point": {
                "color": soft,
                "shape": "stroke",
                "angle": 90,
                "size": 110,
                "filled": False,
                "strokeWidth": 2.5,
            },
            "inside": {"color": "#0d0f11", "fontSize": 12},
            "inside-shape": {"color": "#0d0f11" if dark else "#ffffff", "fontSize": 12},
        },
    }
