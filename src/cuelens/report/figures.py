"""Charts and strips as files for a paper: SVG with its own legend, on white.

It knows themes and vl-convert; it does not know what a chart shows.
"""

import base64
from collections.abc import Mapping
from typing import Any

import vl_convert

from cuelens.report.charts import Chart
from cuelens.report.palette import theme

__all__ = ["chart_svg", "png_of", "svg_uri"]


def chart_svg(chart: Chart, *, models: int) -> str:
    """Return a chart as SVG.

    Args:
        chart: What to draw.
        models: How many models the study has; they give the colours.
    """
    spec: Mapping[str, Any] = {**chart.spec, "description": chart.alt}
    config = theme(dark=False, models=models, page=False)
    return str(vl_convert.vegalite_to_svg(dict(spec), config=config, allowed_base_urls=[]))


def png_of(svg: str, *, scale: float = 2.0) -> bytes:
    """Return a figure as PNG, for places that show no SVG.

    Args:
        svg: The figure.
        scale: PNG pixels for each SVG pixel.
    """
    return bytes(vl_convert.svg_to_png(svg, scale=scale))


def svg_uri(svg: str) -> str:
    """Return a figure as a data address; as a picture it can run nothing."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode('ascii')}"
