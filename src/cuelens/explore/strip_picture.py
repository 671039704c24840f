"""The strip as a PNG: what is on the page, to be kept.

Columns are the picture as it is, as the sliders make it and attacked; below each stands what a
model answers and where it looks.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cuelens.explore.answers import SAMPLES, Answer, Look, answers_to, look_at
from cuelens.explore.attack_trail import AttackTrail
from cuelens.explore.controls import Controls
from cuelens.explore.drawing import shown_pixels
from cuelens.explore.pictures import Picture
from cuelens.explore.subjects import Subjects
from cuelens.tensors import Images

__all__ = ["strip_png"]

_SIDE, _GAP, _LINE, _LEFT = 192, 16, 20, 170
_INK, _SOFT = "#15181b", "#565d65"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """A picture, one for each model, with their answers and looks."""

    title: str
    images: Mapping[str, Images]
    answers: tuple[Answer, ...]
    looks: tuple[Look, ...]


def strip_png(
    subjects: Subjects, picture: Picture, controls: Controls, trail: AttackTrail | None
) -> bytes:
    """Return the strip as a PNG file.

    Args:
        subjects: The models.
        picture: As it was picked.
        controls: Where the sliders stand.
        trail: An attack on what they make of the picture; None where there is none.
    """
    names = list(subjects.given)
    words = controls.words(subjects.side)
    wanted = {"unchanged": dict.fromkeys(names, picture.images)}
    if words not in wanted:
        wanted[words] = dict.fromkeys(names, controls.apply(picture.images))
    if trail is not None and trail.steps:
        title = f"{words}, attacked: {trail.radius * 255:g}/255, {_steps(trail.steps)}"
        wanted[title] = dict(trail.current)
    columns = []
    for title, images in wanted.items():
        answers = answers_to(subjects, images)
        looks = look_at(subjects, images, answers, samples=SAMPLES[-1])
        columns.append(_Column(title=title, images=images, answers=answers, looks=looks))
    return _drawn(picture, names, columns)


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _drawn(picture: Picture, names: Sequence[str], columns: Sequence[_Column]) -> bytes:
    """Return the columns side by side, a block a model."""
    head = 2 * _LINE + _GAP
    block = _SIDE + 3 * _LINE + _GAP
    own = [any(one is not column.images[names[0]] for one in column.images.values())
           for column in columns]  # fmt: skip
    top = head + _SIDE + _LINE
    width = _LEFT + sum((2 if wide else 1) * (_SIDE + _GAP) for wide in own)
    sheet = Image.new("RGB", (width, top + block * len(names) + _LINE), "white")
    draw = ImageDraw.Draw(sheet)
    label = "class unknown" if picture.label is None else f"class {picture.label}"
    _text(draw, (_GAP, 6), f"{picture.name}, {label}", width - 2 * _GAP)
    left = _LEFT
    for column, wide in zip(columns, own, strict=True):
        room = (2 if wide else 1) * _SIDE
        _text(draw, (left, 6 + _LINE), column.title, room + _GAP - 4, _SOFT)
        if not wide:
            _paste(sheet, shown_pixels(column.images[names[0]]), (left, head))
        for place, name in enumerate(names):
            y = top + block * place
            _cell(sheet, draw, column, name, (left, y), wide)
        left += room + _GAP * (2 if wide else 1)
    for place, name in enumerate(names):
        _text(draw, (_GAP, top + block * place), name, _LEFT - 2 * _GAP)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _cell(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    column: _Column,
    name: str,
    at: tuple[int, int],
    wide: bool,
) -> None:
    """Draw a model's answer, its own picture where it has one, and its map."""
    left, top = at
    answer = next(one for one in column.answers if one.model == name)
    look = next(one for one in column.looks if one.model == name)
    says = f"{answer.classes[0]} {100 * answer.probabilities[0]:.1f} %"
    _text(draw, (left, top), says, _SIDE)
    if wide:
        _paste(sheet, shown_pixels(column.images[name]), (left, top + _LINE))
        left += _SIDE + _GAP
    _paste(sheet, look.picture, (left, top + _LINE))
    about = f"white {look.white:.2g}, SmoothGrad of {look.samples}"
    _text(draw, (left, top + _LINE + _SIDE), about, _SIDE, _SOFT)


def _paste(sheet: Image.Image, picture: NDArray[np.uint8], at: tuple[int, int]) -> None:
    image = Image.fromarray(picture).convert("RGB")
    sheet.paste(image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST), at)


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, room: float, ink: str = _INK
) -> None:
    """Write as much of a line as there is room for; what is no printable text becomes a space."""
    font = ImageFont.load_default(13)
    line = "".join(character if character.isprintable() else " " for character in text)
    while line and draw.textlength(line, font=font) > room:
        line = line[:-2].rstrip() + "\N{HORIZONTAL ELLIPSIS}" if len(line) > 2 else ""
    draw.text(at, line, fill=ink, font=font)
