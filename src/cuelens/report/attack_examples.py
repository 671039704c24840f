"""Adversarial examples as a strip: original, attacked and their magnified difference, by model.

It chooses images by a rule that is stated and turns pixels into pictures; it attacks nothing.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cuelens.errors import ConfigError
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.files import write_atomically
from cuelens.randomness import keyed_generator
from cuelens.report.figures import png_of
from cuelens.report.pictures import SIDE, Picture, figure_svg, picture_of, svg_picture, svg_text

__all__ = [
    "ExampleCell",
    "ExampleRow",
    "ExampleStrip",
    "example_strips",
    "example_svg",
    "magnification",
    "write_examples",
]

_FACTORS = tuple(digit * 10**power for power in range(5) for digit in (1, 2, 5))
_GAP = 10
_LINE = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleCell:
    """One image under attack on one model.

    Attributes:
        attacked: Bytes of shape (height, width, 3).
        difference: Grey where nothing changed, bytes of the same shape.
        before: Name of the class that the model answers to the original.
        after: Likewise, to the attacked image.
        fooled: Whether that is not the label.
    """

    attacked: Picture
    difference: Picture
    before: str
    after: str
    fooled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleRow:
    """One image; a cell for each model, None where the model was not attacked there.

    Attributes:
        image: Its id.
        label: Name of its class.
        original: Bytes of shape (height, width, 3).
        cells: In the order of the models.
    """

    image: str
    label: str
    original: Picture
    cells: tuple[ExampleCell | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleStrip:
    """Some images under one attack.

    Attributes:
        condition: Name of the attack.
        models: Names, in order.
        rows: The images.
        rule: How they were chosen.
        scale: How differences are drawn.
    """

    condition: str
    models: tuple[str, ...]
    rows: tuple[ExampleRow, ...]
    rule: str
    scale: str


def example_strips(
    examples: Sequence[AttackedImages], *, count: int = 6, seed: int = 0
) -> tuple[ExampleStrip, ...]:
    """Return a strip for each attack, in the order of first appearance.

    The images that fooled a model are drawn in an order keyed by the seed and their ids; each
    model in turn gives its next one that is not yet chosen.

    Args:
        examples: At most one for each model and condition.
        count: How many images a strip shows at most. At least 1.
        seed: Of the draw. At least 0.

    Returns:
        No strip of an attack that fooled nobody.

    Raises:
        ConfigError: If `count` is below 1.
    """
    if count < 1:
        raise ConfigError(f"`count` must be at least 1, got {count}.")
    strips = []
    for condition in dict.fromkeys(one.condition for one in examples):
        own = [one for one in examples if one.condition == condition]
        chosen = _chosen(own, count=count, seed=seed)
        if chosen:
            strips.append(_strip(own, chosen, seed=seed))
    return tuple(strips)


def _chosen(examples: Sequence[AttackedImages], *, count: int, seed: int) -> list[str]:
    """Return ids of fooled images, the models' in turn."""
    queues = []
    for one in examples:
        flags = (one.after != one.labels).tolist()
        fooled = [image for image, flag in zip(one.ids, flags, strict=True) if flag]
        queues.append(sorted(fooled, key=lambda image: _draw(seed, image)))
    chosen: list[str] = []
    while len(chosen) < count and any(queues):
        for queue in queues:
            while queue and queue[0] in chosen:
                queue.pop(0)
            if queue and len(chosen) < count:
                chosen.append(queue.pop(0))
    return chosen


def _draw(seed: int, image: str) -> tuple[float, str]:
    return float(keyed_generator(seed, image, "attack-examples").random()), image


def _strip(examples: Sequence[AttackedImages], chosen: Sequence[str], *, seed: int) -> ExampleStrip:
    places = [{image: place for place, image in enumerate(one.ids)} for one in examples]
    shown = [
        (one, torch.tensor([place[image] for image in chosen if image in place], dtype=torch.int64))
        for one, place in zip(examples, places, strict=True)
    ]
    largest = [
        float((one.attacked[rows] - one.originals[rows]).abs().max())
        for one, rows in shown
        if len(rows)
    ]
    factor = magnification(max(largest))
    rows = []
    for image in chosen:
        first = next(number for number, place in enumerate(places) if image in place)
        source, at = examples[first], places[first][image]
        rows.append(
            ExampleRow(
                image=image,
                label=source.class_names[int(source.labels[at])],
                original=picture_of(source.originals[at : at + 1]),
                cells=tuple(
                    _cell(one, place[image], factor) if image in place else None
                    for one, place in zip(examples, places, strict=True)
                ),
            )
        )
    several = "" if len(examples) == 1 else "each model in turn giving its next one, "
    return ExampleStrip(
        condition=examples[0].condition,
        models=tuple(one.model for one in examples),
        rows=tuple(rows),
        rule=f"Images drawn by chance among those fooled, {several}seed {seed}.",
        scale=f"Differences magnified {factor:,} times; grey is no change.",
    )


def magnification(largest: float) -> int:
    """Return the largest round factor at which no difference leaves what can be shown.

    Args:
        largest: The largest pixel change. At least 0.
    """
    fitting = [factor for factor in _FACTORS if factor * largest <= 0.5 * (1 + 1e-6)]
    return max(fitting, default=1)


def _cell(one: AttackedImages, row: int, factor: int) -> ExampleCell:
    original, attacked = one.originals[row : row + 1], one.attacked[row : row + 1]
    after = int(one.after[row])
    return ExampleCell(
        attacked=picture_of(attacked),
        difference=picture_of(0.5 + factor * (attacked - original)),
        before=one.class_names[int(one.before[row])],
        after=one.class_names[after],
        fooled=after != int(one.labels[row]),
    )


def example_svg(strip: ExampleStrip) -> str:
    """Return a strip as a figure: an image a row, original first, then two pictures a model."""
    pair = 2 * SIDE + 4 + _GAP
    lefts = [_GAP + SIDE + 2 * _GAP + number * pair for number in range(len(strip.models))]
    width = max(lefts[-1] + pair, 420)
    top, tall = 40, SIDE + 2 * _LINE + 12
    parts = [svg_text(_GAP, 32, "original", weight="bold")]
    for left, model in zip(lefts, strip.models, strict=True):
        parts += [svg_text(left, 16, model, weight="bold"), svg_text(left, 32, "attacked")]
        parts.append(svg_text(left + SIDE + 4, 32, "difference"))
    for number, row in enumerate(strip.rows):
        y = top + number * tall
        parts += [svg_picture(_GAP, y, row.original), svg_text(_GAP, y + SIDE + _LINE, row.label)]
        parts.append(svg_text(_GAP, y + SIDE + 2 * _LINE, row.image, size=10))
        for left, cell in zip(lefts, row.cells, strict=True):
            if cell is None:
                parts.append(
                    svg_text(left, y + SIDE / 2, "not attacked: wrong when clean", size=11)
                )
                continue
            parts += [
                svg_picture(left, y, cell.attacked),
                svg_picture(left + SIDE + 4, y, cell.difference),
            ]
            sign = "\N{MULTIPLICATION SIGN}" if cell.fooled else "\N{CHECK MARK}"
            answer = f"{cell.before} \N{RIGHTWARDS ARROW} {cell.after} {sign}"
            parts.append(svg_text(left, y + SIDE + _LINE, answer))
    about = f"{strip.condition}. {strip.rule} {strip.scale}"
    lines = textwrap.wrap(about, width // 6)
    height = top + len(strip.rows) * tall + _LINE * len(lines) + 6
    below = top + len(strip.rows) * tall + _LINE - 4
    parts += [svg_text(_GAP, below + _LINE * n, line, size=11) for n, line in enumerate(lines)]
    return figure_svg("".join(parts), width=width, height=height, title=about)


def write_examples(folder: Path, strips: Sequence[ExampleStrip]) -> None:
    """Write each strip as adversarial-1.svg and .png, and so on.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    for place, strip in enumerate(strips, start=1):
        svg = example_svg(strip)
        write_atomically(folder / f"adversarial-{place}.svg", svg)
        write_atomically(folder / f"adversarial-{place}.png", png_of(svg))
