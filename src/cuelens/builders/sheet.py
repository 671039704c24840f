"""One sheet of a picture under every condition: a row a family, a column a usual level."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from cuelens.builders.engine import Progress, silent
from cuelens.builders.png_files import png_bytes
from cuelens.datasets.decoding import UnreadableError, decode, quiet_decoding
from cuelens.errors import CuelensError, DataError, MissingDataError, ModelError
from cuelens.evaluation import FAMILIES, Condition, Family
from cuelens.files import write_atomically
from cuelens.randomness import Chance
from cuelens.tensors import Images
from cuelens.transforms import MaskTransform

__all__ = ["preview"]

_TILE, _GAP, _CAPTION, _MARGIN, _LABEL = 176, 12, 22, 24, 250
_MOST = 224
"""Side in pixels that conditions are made at; a smaller picture keeps its own."""

_LONGEST = 26
"""Letters below a picture."""

_INK, _FAINT, _PAPER, _EMPTY = "#1b1b1b", "#6b6b6b", "#ffffff", "#f1f1f1"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    """A picture with its caption, or why there is none."""

    caption: str
    picture: Image.Image | None
    reason: str = ""


def preview(
    image: str | Path, out: str | Path, *, seed: int = 0, progress: Progress = silent
) -> Path:
    """Draw a picture under every condition at its usual levels, but for those that need files.

    Args:
        image: A file; its largest central square is shown, made smaller where it is above 224 px.
        out: The sheet, a PNG file.
        seed: The draw seed. At least 0.
        progress: Told of rows done.

    Returns:
        Where the sheet is.

    Raises:
        MissingDataError: If there is no such file.
        DataError: If it cannot be read.
        StorageError: If the sheet cannot be written.
    """
    path = Path(image)
    images = _pixels(path)
    chance = Chance(seed, (path.name,))
    rows: list[tuple[Family, list[_Cell]]] = []
    families = [family for family in FAMILIES.values() if not family.needs]
    for number, family in enumerate(families):
        progress("preview", number, len(families), family.name)
        rows.append((family, [_cell(family, one, images, chance) for one in family.usual()]))
    progress("preview", len(families), len(families), "")
    sheet = _drawn(rows, f"{path.name}, {images.shape[-1]} px, draw seed {seed}")
    write_atomically(Path(out), png_bytes(np.asarray(sheet)))
    return Path(out)


def _pixels(path: Path) -> Images:
    if not path.is_file():
        raise MissingDataError(f"Expected an image at `{path}`, but no such file exists.")
    content = path.read_bytes()
    with quiet_decoding():
        try:
            height, width = decode(content, size=None).pixels.shape[1:]
            pixels = decode(content, size=min(height, width, _MOST)).pixels
        except UnreadableError as error:
            raise DataError(
                f"`{path}` must be an image that can be read, but {error}. Give another file."
            ) from error
    return pixels[None].to(torch.float32) / 255


def _cell(family: Family, condition: Condition, images: Images, chance: Chance) -> _Cell:
    level = condition.level
    axis = family.axis.partition("(")[0].partition(",")[0].strip()
    caption = "" if level is None else f"{axis} {level:g}"
    if len(caption) > _LONGEST and level is not None:
        caption = f"{level:g}"
    transform = condition.transform
    if isinstance(transform, MaskTransform):
        return _Cell(caption=caption, picture=None, reason="needs to know where the figure is")
    try:
        made = transform(images, chance=chance)
    except ModelError as error:
        return _Cell(caption=caption, picture=None, reason=str(error))
    except CuelensError as error:
        return _Cell(caption=caption, picture=None, reason=str(error).split(". ")[0])
    pixels = made[0].mul(255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    shown = Image.fromarray(pixels)
    kind = Image.Resampling.NEAREST if shown.width < _TILE else Image.Resampling.LANCZOS
    return _Cell(caption=caption, picture=shown.resize((_TILE, _TILE), kind))


def _drawn(rows: list[tuple[Family, list[_Cell]]], heading: str) -> Image.Image:
    columns = max(len(cells) for _, cells in rows)
    width = 2 * _MARGIN + _LABEL + columns * (_TILE + _GAP)
    step = _TILE + _CAPTION + _GAP
    sheet = Image.new("RGB", (width, 2 * _MARGIN + 28 + len(rows) * step), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN - 4), heading, fill=_FAINT, font=_font(15))
    for number, (family, cells) in enumerate(rows):
        top = _MARGIN + 28 + number * step
        _label(draw, family, top)
        for column, cell in enumerate(cells):
            left = _MARGIN + _LABEL + column * (_TILE + _GAP)
            _tile(sheet, draw, cell, left, top)
    return sheet


def _label(draw: ImageDraw.ImageDraw, family: Family, top: int) -> None:
    draw.text((_MARGIN, top), family.title, fill=_INK, font=_font(17))
    told = [line for line in (family.adjective, _role(family)) if line]
    lines = [*told, "", *textwrap.wrap(family.sentence, 36)]
    draw.multiline_text(
        (_MARGIN, top + 26), "\n".join(lines[:11]), fill=_FAINT, font=_font(12), spacing=3
    )


def _role(family: Family) -> str:
    owners = [other.title.lower() for other in FAMILIES.values() if other.control == family.name]
    if owners:
        return f"control of {', '.join(owners)}"
    return "" if family.cue == "none" else f"weakens {family.cue}"


def _tile(sheet: Image.Image, draw: ImageDraw.ImageDraw, cell: _Cell, left: int, top: int) -> None:
    if cell.picture is not None:
        sheet.paste(cell.picture, (left, top))
    else:
        draw.rectangle((left, top, left + _TILE - 1, top + _TILE - 1), fill=_EMPTY)
        text = "\n".join(textwrap.wrap(cell.reason, 24)[:9])
        draw.multiline_text((left + 10, top + 10), text, fill=_FAINT, font=_font(12), spacing=3)
    draw.text((left, top + _TILE + 3), cell.caption, fill=_INK, font=_font(12))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface, which needs no file."""
    return ImageFont.load_default(size)
