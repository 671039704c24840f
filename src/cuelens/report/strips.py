"""Strips as figures for a paper: the image under each condition above, a block a model below.

A block has the model's answers, the images that this model alone saw, such as attacked ones, then
a row of maps for each method; what the ends of its colours mean stands below each. It arranges
pictures; it computes no map and no prediction.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuelens.files import write_atomically
from cuelens.report import wording
from cuelens.report.figures import png_of
from cuelens.report.groups import slug
from cuelens.report.pictures import SIDE, Picture, figure_svg, shortened, svg_picture, svg_text
from cuelens.report.strip import OWN_IMAGES, Strip, StripCell

__all__ = [
    "Column",
    "StripRow",
    "columns_of",
    "laid_out",
    "rows_of",
    "strip_svg",
    "write_strips",
]

_GAP = 12
_LINE = 15
_SMALL = 10
_SOFT = "#565d65"
_LARGEST = 144
"""Side at which pictures of more pixels are drawn."""
_CAPTION = 70
"""Characters that a line of the caption holds at least."""
_BELOW = ("each model\N{RIGHT SINGLE QUOTATION MARK}s", "own, below")
_MARKS = {True: "\N{CHECK MARK} ", False: "\N{MULTIPLICATION SIGN} ", None: ""}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A condition of a strip; `picture` is what all models saw, None where each saw its own."""

    condition: str
    picture: Picture | None


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


def _about(strip: Strip, view: str) -> tuple[str, ...]:
    """Return what must stand beside a strip: its image, what is explained, how it is drawn.

    Args:
        strip: Any.
        view: Key of the view that is drawn.
    """
    label = "class unknown" if strip.label is None else f"label {strip.label}"
    rule = f"; {strip.rule}" if strip.rule else ""
    return (
        f"{strip.image}, {label}{rule}.",
        f"The maps explain {strip.target}. {strip.scales[view]}",
    )


def strip_svg(strip: Strip, models: Sequence[str], *, view: str | None = None) -> str:
    """Return a strip as a figure.

    Args:
        strip: What to draw.
        models: All models of the study, in order.
        view: Key of the view that is drawn; None: the strip's first.
    """
    view = next(iter(strip.scales)) if view is None else view
    rows, columns = rows_of(strip, models), columns_of(strip)
    layout = _Layout.of(strip, rows, columns)
    parts = [svg_text(4, layout.top + layout.side / 2, "image", ink=_SOFT)]
    for column, left, width in zip(columns, layout.lefts, layout.widths, strict=True):
        parts.append(svg_text(left, 14, shortened(column.condition, width), weight="bold"))
        if column.picture is not None:
            parts.append(svg_picture(left, layout.top, column.picture, side=layout.side))
        else:
            middle = layout.top + layout.side / 2
            parts += [
                svg_text(left, middle + _LINE * line, words, size=11, ink=_SOFT)
                for line, words in enumerate(_BELOW)
            ]
    for place, row in enumerate(rows):
        parts += _block(strip, row, columns, layout, view, layout.block(place))
    about = _about(strip, view)
    width = max(layout.right, 8 + 6 * _CAPTION)
    bottom = layout.block(len(rows))
    lines = [line for one in about for line in textwrap.wrap(one, int(width / 6))]
    parts += [
        svg_text(4, bottom + 8 + _LINE * n, line, size=11, ink=_SOFT)
        for n, line in enumerate(lines)
    ]
    height = bottom + _LINE * len(lines) + 6
    return figure_svg("".join(parts), width=width, height=height, title=" ".join(about))


def laid_out(
    strips: Sequence[Strip], models: Sequence[str]
) -> list[tuple[str, Strip, tuple[Column, ...], tuple[StripRow, ...]]]:
    """Return each strip with the name of its files, its columns and its rows.

    Args:
        strips: In the order in which they are shown.
        models: All models of the study, in order.
    """
    return [
        (f"strip-{place}-{slug(Path(one.image).stem)}", one, columns_of(one), rows_of(one, models))
        for place, one in enumerate(strips, start=1)
    ]


def write_strips(folder: Path, strips: Sequence[Strip], models: Sequence[str]) -> tuple[Path, ...]:
    """Write each strip as SVG and PNG, as its first view shows it.

    Returns:
        The PNG files; each SVG lies beside, of the same name.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    written = []
    for name, strip, *_ in laid_out(strips, models):
        svg, path = strip_svg(strip, models), folder / f"{name}.png"
        write_atomically(path.with_name(f"{name}.svg"), svg)
        write_atomically(path, png_of(svg))
        written.append(path)
    return tuple(written)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """Where things of a strip stand.

    Attributes:
        side: Of a picture.
        methods: How many rows of maps a block has.
        own: Whether a row of images that this model alone saw stands above them.
        lefts: Of the columns.
        widths: Of the columns.
        right: Of the last column.
    """

    side: int
    methods: int
    own: bool
    lefts: tuple[int, ...]
    widths: tuple[int, ...]
    right: int
    top: int = 22

    @classmethod
    def of(cls, strip: Strip, rows: Sequence[StripRow], columns: Sequence[Column]) -> "_Layout":
        pixels = max(strip.cells[0].picture.shape[:2])
        side = min(max(SIDE, pixels), _LARGEST)
        words = [
            *(row.model for row in rows),
            *strip.methods,
            *strip.scores,
            *map(_explains, strip.explained.values()),
            *(OWN_IMAGES if any(column.picture is None for column in columns) else ()),
        ]
        left = 16 + min(180, max(round(6.8 * len(word)) for word in words))
        lefts, widths = [], []
        for place, column in enumerate(columns):
            answers = [_answer(row.cells[place]) for row in rows]
            longest = max(len(text) for text in (column.condition, *answers))
            lefts.append(left)
            widths.append(max(side, min(round(6.8 * longest), side + 60)))
            left += widths[-1] + _GAP
        return cls(
            side=side,
            methods=len(strip.methods),
            own=any(column.picture is None for column in columns),
            lefts=tuple(lefts),
            widths=tuple(widths),
            right=left - _GAP + 4,
        )

    @property
    def named(self) -> bool:
        """Whether each block names its conditions: the head is far away behind several rows."""
        return self.methods > 1

    @property
    def answers(self) -> int:
        """Where the answers stand, from the top of a block."""
        return (2 if self.named else 1) * _LINE

    @property
    def rows(self) -> int:
        """How many rows of pictures a block has."""
        return self.methods + self.own

    def block(self, place: int) -> int:
        """Return where the block of a model begins."""
        height = self.answers + _LINE + self.rows * (self.side + _LINE) + 6
        return self.top + self.side + _GAP + place * height


def _explains(explained: str) -> str:
    return f"map of {explained}"


def _answer(cell: StripCell | None) -> str:
    """Return what a model answers, and with which probability."""
    if cell is None:
        return ""
    return f"{_MARKS[cell.right]}{cell.prediction} {100 * cell.confidence:.0f}{wording.GAP}%"


def _block(
    strip: Strip, row: StripRow, columns: Sequence[Column], layout: _Layout, view: str, top: int
) -> list[str]:
    """Return a model's answers and its maps."""
    name = shortened(row.model, layout.lefts[0] - 12)
    explained = shortened(_explains(strip.explained[row.model]), layout.lefts[0] - 12, size=11)
    parts = [
        f'<line x1="4" x2="{layout.right:g}" y1="{top:g}" y2="{top:g}" stroke="#e3e6ea"/>',
        svg_text(4, top + _LINE, name, weight="bold"),
        svg_text(4, top + 2 * _LINE, explained, size=11, ink=_SOFT),
    ]
    first = top + layout.answers + 8
    maps = list(zip(strip.methods, strip.scores, strict=True))
    for number, (method, score) in enumerate([OWN_IMAGES, *maps] if layout.own else maps):
        y = first + number * (layout.side + _LINE) + layout.side / 2
        parts.append(svg_text(4, y + 8, shortened(method, layout.lefts[0] - 12)))
        parts.append(svg_text(4, y + 8 + _LINE, score, size=_SMALL, ink=_SOFT))
    for column, left, width, cell in zip(
        columns, layout.lefts, layout.widths, row.cells, strict=True
    ):
        if cell is None:
            continue
        if layout.named:
            words = shortened(column.condition, width, size=11)
            parts.append(svg_text(left, top + _LINE, words, size=11, ink=_SOFT))
        answer = shortened(_answer(cell), width, size=11)
        parts.append(svg_text(left, top + layout.answers, answer, size=11))
        if column.picture is None:
            parts.append(svg_picture(left, first, cell.picture, side=layout.side))
        for number, drawn in enumerate(cell.maps[view], start=int(layout.own)):
            y = first + number * (layout.side + _LINE)
            parts.append(svg_picture(left, y, drawn.picture, side=layout.side))
            parts.append(svg_text(left, y + layout.side + 11, drawn.end, size=_SMALL, ink=_SOFT))
    return parts
