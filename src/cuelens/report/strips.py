"""Strips: one image as every model sees it under every condition, for the page and for a paper.

It arranges and encodes pictures; it computes no map and no prediction.
"""

import base64
import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from markupsafe import escape
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cuelens import evaluation
from cuelens.report import wording
from cuelens.report.data import Strip, StripCell
from cuelens.tensors import Images

__all__ = ["SIDE", "Column", "StripRow", "columns_of", "picture_uri", "rows_of", "strip_svg",
           "strips_of", "svg_picture", "svg_text"]  # fmt: skip

SIDE = 96
"""Of a picture in a figure, in its units."""
_GAP = 10
_CAPTION = 70
"""Characters that a line of the caption holds at least."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A condition of a strip; `picture` is what all models saw, None where each saw its own."""

    condition: str
    picture: NDArray[np.uint8] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StripRow:
    """A model of a strip, its cells in the order of the columns; None where there is none."""

    model: str
    cells: tuple[StripCell | None, ...]


def columns_of(strip: Strip) -> tuple[Column, ...]:
    """Return the conditions of a strip in the order in which they first appear."""
    columns = []
    for condition in dict.fromkeys(cell.condition for cell in strip.cells):
        pictures = [cell.picture for cell in strip.cells if cell.condition == condition]
        same = all(np.array_equal(picture, pictures[0]) for picture in pictures)
        columns.append(Column(condition=condition, picture=pictures[0] if same else None))
    return tuple(columns)


def rows_of(strip: Strip, models: Sequence[str]) -> tuple[StripRow, ...]:
    """Return the models of a strip in the order of the study."""
    cells = {(cell.model, cell.condition): cell for cell in strip.cells}
    conditions = list(dict.fromkeys(cell.condition for cell in strip.cells))
    return tuple(
        StripRow(model=model, cells=tuple(cells.get((model, one)) for one in conditions))
        for model in models
        if any(cell.model == model for cell in strip.cells)
    )


def picture_uri(picture: NDArray[np.uint8], *, kind: str = "WEBP", side: int | None = None) -> str:
    """Return a picture as a data address, without loss.

    Args:
        picture: Bytes of shape (height, width) or (height, width, 3).
        kind: "WEBP" for browsers, "PNG" for everything else.
        side: Repeat pixels until the longer side is at least this; None to leave them.
    """
    if side is not None:
        times = max(1, -(-side // max(picture.shape[:2])))
        picture = picture.repeat(times, axis=0).repeat(times, axis=1)
    file = io.BytesIO()
    options = {"lossless": True, "quality": 90} if kind == "WEBP" else {"optimize": True}
    Image.fromarray(np.ascontiguousarray(picture)).save(file, kind, **options)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{content}"


def strip_svg(strip: Strip, models: Sequence[str]) -> str:
    """Return a strip as a figure: pictures above, a row of maps for each model below.

    Args:
        strip: What to draw.
        models: All models of the study, in order.
    """
    columns = columns_of(strip)
    rows = rows_of(strip, models)
    margin = 16 + 7 * max([len(row.model) for row in rows] + [5])
    lefts, right = [], margin
    for column in columns:
        lefts.append(right)
        right += SIDE * (1 if column.picture is not None else 2) + _GAP
    tall = SIDE + 34
    height = 22 + SIDE + _GAP + tall * len(rows) + 26
    parts = []
    for column, left in zip(columns, lefts, strict=True):
        parts.append(svg_text(left, 14, column.condition, weight="bold"))
        if column.picture is not None:
            parts.append(svg_picture(left, 22, column.picture))
        else:
            parts.append(svg_text(left, 22 + SIDE / 2, "attacked: each model's own"))
    parts.append(svg_text(4, 22 + SIDE / 2, "image"))
    for index, row in enumerate(rows):
        top = 22 + SIDE + _GAP + tall * index
        parts.append(svg_text(4, top + SIDE / 2, row.model))
        for column, left, cell in zip(columns, lefts, row.cells, strict=True):
            if cell is None:
                continue
            shift = 0
            if column.picture is None:
                parts.append(svg_picture(left, top, cell.picture))
                shift = SIDE
            parts.append(svg_picture(left + shift, top, cell.salience))
            sign = "\N{CHECK MARK}" if cell.right else "\N{MULTIPLICATION SIGN}"
            answer = f"{sign} {cell.prediction} {100 * cell.confidence:.0f}{wording.GAP}%"
            parts.append(svg_text(left, top + SIDE + 15, answer, size=11))
    about = f"{strip.image}, label {strip.label}; {strip.method}; {strip.scale}"
    width = max(right + 4, 8 + 6 * _CAPTION)
    lines = textwrap.wrap(about, width // 6)
    parts += [svg_text(4, height - 8 + 15 * n, line, size=11) for n, line in enumerate(lines)]
    height += 15 * (len(lines) - 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img"><title>{escape(about)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def svg_text(x: float, y: float, text: str, *, size: int = 12, weight: str = "normal") -> str:
    """Return a line of text in a figure."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" '
        f'font-size="{size}" font-weight="{weight}" fill="#15181b">{escape(text)}</text>'
    )


def svg_picture(x: float, y: float, picture: NDArray[np.uint8]) -> str:
    """Return a picture in a figure, `SIDE` wide and high."""
    uri = picture_uri(picture, kind="PNG", side=SIDE)  # not every viewer knows pixelated
    return f'<image x="{x:g}" y="{y:g}" width="{SIDE}" height="{SIDE}" href="{uri}"/>'


def strips_of(
    strips: evaluation.Strips,
    *,
    display: Callable[[Images], Float[Tensor, "batch height width"]],
    scale: str,
) -> tuple[Strip, ...]:
    """Return kept strips as pictures, one for each image and method.

    Args:
        strips: From `evaluation.read_strips`.
        display: Turns raw maps into grey in [0, 1].
        scale: What `display` does, in words.
    """
    pictures = (strips.pictures.clamp(0, 1) * 255).round().byte().numpy()
    drawn = []
    for i, image in enumerate(strips.images):
        label = strips.class_names[int(strips.labels[i])]
        for s, method in enumerate(strips.methods):
            cells = []
            for m, model in enumerate(strips.models):
                grey = (display(strips.maps[s, m, :, i]).clamp(0, 1) * 255).round().byte().numpy()
                for c, condition in enumerate(strips.conditions):
                    answer = int(strips.predictions[m, c, i])
                    colours = np.moveaxis(pictures[m, c, i], 0, -1)
                    if colours.shape[-1] == 1:
                        colours = colours.repeat(3, axis=-1)
                    cells.append(
                        StripCell(
                            model=model,
                            condition=condition,
                            picture=colours,
                            salience=grey[c],
                            prediction=strips.class_names[answer] if answer >= 0 else "no number",
                            confidence=float(strips.probabilities[m, c, i].max()),
                            right=answer == int(strips.labels[i]),
                        )
                    )
            drawn.append(
                Strip(
                    image=image,
                    label=label,
                    method=method,
                    scale=scale,
                    cells=tuple(cells),
                    rule=strips.rules[i],
                )
            )
    return tuple(drawn)
