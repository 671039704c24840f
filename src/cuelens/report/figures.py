"""Charts and strips as files for a paper: SVG with its own legend, on white.

It knows themes and vl-convert; it does not know what a chart shows.
"""

import base64
import io
import math
import re
import textwrap
from typing import Any

import vl_convert
from PIL import Image

from cuelens.report.charts import Chart
from cuelens.report.palette import sample_of, theme

__all__ = ["chart_pdf", "chart_svg", "png_of", "svg_uri", "with_room"]

_COLUMN = 229.0
"""Width of a column of LaTeX's two-column article, in points."""
_WIDTH = 370
"""Of a chart, in its units: words of 11 are 6.8 points high in the column."""
_LETTER, _MARK, _SAMPLE, _GAP = 6.5, 16, 34, 14
"""Width of a letter, of what stands before a legend's names without and with a dash, of a gap."""
_PICTURE = re.compile(
    r'<image x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)" '
    r'href="data:image/png;base64,([^"]+)"/>'
)
"""As `pictures.svg_picture` writes them."""
_MOST = 4_000_000
"""Pixels of a PNG, unless the figure itself has more."""
_ROOM = 24.0
"""At each side of a figure on a page, in its units."""
_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_SIZE = re.compile(r'(<svg\b[^>]*?) width="([\d.]+)" height="([\d.]+)"')


def chart_svg(chart: Chart, *, models: int) -> str:
    """Return a chart as SVG, so wide that its words can be read in a column of a paper.

    Args:
        chart: What to draw.
        models: How many models the study has; they give the colours.
    """
    config = theme(dark=False, models=models, page=False)
    fitted = {"width": _WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}
    spec = {**chart.spec, **fitted, "description": chart.alt, "config": config}
    compiled: dict[str, Any] = vl_convert.vegalite_to_vega(spec)
    linear = {scale["name"] for scale in compiled["scales"] if scale["type"] == "linear"}
    for axis in compiled.get("axes", []):
        if axis["scale"] in linear and axis.get("labels", True) and "title" not in axis:
            # On the page it stands above the chart.
            across = axis["orient"] in ("top", "bottom")
            axis["title"] = textwrap.wrap(chart.title, width=46 if across else 34)
    for legend in compiled.get("legends", []):
        _set_legend(legend, compiled["scales"])
    return str(vl_convert.vega_to_svg(compiled, allowed_base_urls=[]))


def _set_legend(legend: dict[str, Any], scales: list[dict[str, Any]]) -> None:
    """Give a legend as many columns as fit, and its marks the dashes of their lines."""
    key = next(legend[name] for name in ("fill", "stroke", "shape", "strokeDash") if name in legend)
    names = next(scale["domain"] for scale in scales if scale["name"] == key)
    symbol, room = (_SAMPLE, _WIDTH - 50) if "strokeDash" in legend else (_MARK, _WIDTH - 150)
    widths = [symbol + _LETTER * len(str(name)) + _GAP for name in names]
    fits = (n for n in (4, 3, 2) if sum(max(widths[at::n], default=0) for at in range(n)) <= room)
    legend |= {"columns": next(fits, 1), "columnPadding": _GAP}
    if "shape" not in legend:
        return  # of colours, or of grey lines
    symbols: dict[str, Any] = {"strokeWidth": {"value": 0}}
    if legend.pop("strokeDash", None):
        # A line would lend its dash to the outline of the mark, and fray it: both are one path.
        samples = [sample_of(place) for place in range(len(names))]
        scales.append({"name": "samples", "type": "ordinal", "domain": names, "range": samples})
        symbols["shape"] = {"scale": "samples", "field": "value"}
        legend |= {"symbolSize": 4, "symbolOffset": 12, "labelOffset": 17}
    legend["encode"] = {"symbols": {"update": symbols}}


def chart_pdf(svg: str) -> bytes:
    """Return a chart as PDF, as wide as a column of a two-column paper: 229 points.

    Args:
        svg: From `chart_svg`.

    Returns:
        The file; what it names within, it names in an order of chance.
    """

    def narrowed(found: re.Match[str]) -> str:
        head, width, height = found.group(1), float(found.group(2)), float(found.group(3))
        return f'{head} width="{_COLUMN:g}" height="{height * _COLUMN / width:g}"'

    return bytes(vl_convert.svg_to_pdf(_SIZE.sub(narrowed, svg, count=1)))


def with_room(svg: str) -> str:
    """Return a chart for places that draw its words in a typeface of their own.

    It has room at both sides: where the figure's typeface is lacking, labels become longer.

    Args:
        svg: From `chart_svg`.
    """

    def wider(found: re.Match[str]) -> str:
        head, width, height = found.group(1), float(found.group(2)), float(found.group(3))
        return f'{head} width="{width + 2 * _ROOM:g}" height="{height:g}"'

    return _BOX.sub(
        lambda box: f'viewBox="{-_ROOM:g} 0 {float(box.group(1)) + 2 * _ROOM:g} {box.group(2)}"',
        _SIZE.sub(wider, svg, count=1),
        count=1,
    )


def png_of(svg: str, *, scale: float = 2.0) -> bytes:
    """Return a figure as PNG, for places that show no SVG.

    The renderer draws lines and words; pictures are put in their places here, which takes a fifth
    of its time and leaves their pixels as they are.

    Args:
        svg: The figure, on ground of its own.
        scale: PNG pixels for each SVG pixel; fewer where there would be very many.
    """
    scale = min(scale, _scale_of(svg))
    words = vl_convert.svg_to_png(_PICTURE.sub("", svg), scale=scale)
    drawn = Image.open(io.BytesIO(words)).convert("RGB")
    for found in _PICTURE.finditer(svg):
        left, top, width, height = (round(float(part) * scale) for part in found.groups()[:4])
        picture = _fitted(base64.b64decode(found.group(5)), width, height)
        beside, above = (width - picture.width) // 2, (height - picture.height) // 2
        drawn.paste(picture, (left + beside, top + above))
    file = io.BytesIO()
    drawn.save(file, "PNG")  # a third of the size that the renderer gives
    return file.getvalue()


def _scale_of(svg: str) -> float:
    """Return the scale at which a figure has as many pixels as it may, at least 1."""
    found = _SIZE.search(svg)
    if found is None:
        return math.inf
    return max(1.0, math.sqrt(_MOST / (float(found.group(2)) * float(found.group(3)))))


def _fitted(content: bytes, width: int, height: int) -> Image.Image:
    """Return a picture as large as it fits; pixels that grow by a whole number stay sharp."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    times = min(width / picture.width, height / picture.height)
    size = (round(picture.width * times), round(picture.height * times))
    way = Image.Resampling.NEAREST if times.is_integer() else Image.Resampling.LANCZOS
    return picture.resize(size, way)


def svg_uri(svg: str) -> str:
    """Return a figure as a data address; as a picture it can run nothing."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode('ascii')}"
