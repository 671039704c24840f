"""Sixteen rich, colourful patterns that style pictures are painted with.

A pattern is drawn from chance alone; it knows its palette and not who looks at it. None shows a
thing: they are surfaces.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cuelens.datasets.style_fields import (
    SIDE,
    Field,
    Generator,
    X,
    Y,
    cells,
    coloured,
    edge,
    ink,
    inks,
    mixed,
    noise,
    palette_of,
    shaded,
    turned,
    wave,
)

__all__ = ["PATTERNS", "SIDE", "paint"]


def _brick(chance: Generator, palette: Field) -> Field:
    rows, ratio = int(chance.integers(7, 15)), chance.uniform(1.8, 3)
    bend = 0.01 * noise(chance, 6)
    down = (Y + bend) * rows
    row = np.floor(down).astype(int)
    along = (X + bend) * rows / ratio + 0.5 * (row % 2)
    column = np.floor(along).astype(int)
    tones = chance.random((rows + 2, rows + 2))[row % (rows + 2), column % (rows + 2)]
    border = np.minimum(
        0.5 - np.abs(down - row - 0.5), ratio * (0.5 - np.abs(along - column - 0.5))
    )
    stone = coloured(0.2 + 0.4 * tones + 0.25 * noise(chance, 24, 3), palette)
    mortar = shaded(palette[4], 0.7 + 0.3 * noise(chance, 48))
    bricks = shaded(stone, 0.6 + 0.4 * edge(border, 0.2))
    return mixed(mortar, bricks, border > 0.07)


def _stripes(chance: Generator, palette: Field) -> Field:
    along, _ = turned(chance, bend=chance.uniform(0.25, 0.5))
    band = along * chance.uniform(6, 14)
    number = np.floor(band).astype(int)
    tones = inks(palette, chance.integers(0, 5, 64)[number % 64])
    return shaded(tones, 0.75 + 0.25 * edge(0.5 - np.abs(band - number - 0.5), 0.2))


def _scales(chance: Generator, palette: Field) -> Field:
    rows = int(chance.integers(4, 9))
    out: Field = palette[0]
    tones = chance.random((2 * rows + 6, rows + 4))
    for row in range(2 * rows + 3, -2, -1):  # lower rows first: upper ones lie on them
        across = X * rows + 0.5 * (row % 2)
        column = np.floor(across).astype(int)
        distance = np.hypot(across - column - 0.5, Y * rows - row / 2)
        shade = 0.25 + 0.35 * tones[row, column] + 0.4 * wave(distance * 3) * distance
        scale = shaded(coloured(shade, palette), edge(0.62 - distance, 0.14))
        out = mixed(out, scale, distance < 0.62)
    return out


def _marbling(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.3)
    bent = along + 0.35 * noise(chance, 5, 3) + 0.08 * np.sin(2 * np.pi * 5 * across)
    veins = 0.65 * wave(bent * chance.uniform(6, 12)) + 0.35 * noise(chance, 3)
    return shaded(coloured(veins, palette), 0.8 + 0.2 * wave(bent * 50))


def _strokes(chance: Generator, palette: Field) -> Field:
    flow, tones = noise(chance, 3), noise(chance, 5, 2)
    picture = Image.new("RGB", (SIDE, SIDE), ink(palette[1]))
    draw = ImageDraw.Draw(picture)
    length, width = chance.uniform(18, 34), int(chance.integers(4, 9))
    for left, top, jitter in chance.random((3000, 3)):
        column, row = int(left * SIDE), int(top * SIDE)
        angle = 2 * np.pi * 1.5 * flow[row, column]
        reach = length * (0.6 + 0.8 * jitter)
        across, down = reach * np.cos(angle), reach * np.sin(angle)
        tone = np.clip(tones[row, column] + 0.5 * (jitter - 0.5), 0, 1)
        colour = ink(coloured(np.array(tone), palette))
        draw.line((column - across, row - down, column + across, row + down), colour, width)
    return np.asarray(picture, dtype=np.float64) / 255


def _dots(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.15)
    count = chance.uniform(4, 9)
    down = along * count + 100
    row = np.floor(down).astype(int)
    right = across * count + 100 + 0.5 * (row % 2)
    column = np.floor(right).astype(int)
    distance = np.hypot(down - row - 0.5, right - column - 0.5)
    radius = 0.2 + 0.25 * noise(chance, 4)
    spots = inks(palette, chance.integers(1, 4, (256, 256))[row, column])
    ground = palette[4 if chance.random() < 0.6 else 0]
    rings = shaded(spots, 0.5 + 0.5 * wave(distance * 4))
    return mixed(rings, ground, edge(distance - radius, 0.08))


def _plaid(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.3)
    threads = chance.integers(0, 5, 14)
    widths = np.cumsum(chance.uniform(0.3, 1.5, 14))
    repeats = chance.uniform(2, 4)

    def thread(place: Field) -> Field:
        part = (place * repeats + 10) % 1 * widths[-1]
        return inks(palette, threads[np.minimum(np.searchsorted(widths, part), 13)])

    over = (along + across) * 90 % 1 < 0.5
    return mixed(thread(along), thread(across), np.where(over, 0.3, 0.7))


def _mosaic(chance: Generator, palette: Field) -> Field:
    nearest, first, second = cells(chance, int(chance.integers(90, 300)))
    tones = inks(palette, chance.integers(1, 5, nearest.max() + 1)[nearest])
    return shaded(tones, (0.75 + 0.35 * noise(chance, 12, 2)) * edge(second - first, 0.16))


def _wood(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.25)
    rings = np.hypot(across * chance.uniform(3, 6), along + 2 * noise(chance, 3))
    rings += 0.5 * noise(chance, 6, 2)
    grain = noise(chance, 60) * noise(chance, 6)
    return coloured(0.1 + 0.6 * wave(rings * 3) + 0.3 * grain, palette)


def _waves(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.4)
    height, cycles = chance.uniform(0.04, 0.1), chance.uniform(3, 6)
    crest = along + height * np.abs(np.sin(np.pi * cycles * across)) + 0.03 * noise(chance, 5)
    band = crest * chance.uniform(7, 12)
    place = band - np.floor(band)
    water = coloured(0.3 * place + 0.7 * noise(chance, 5), palette)
    return mixed(palette[4], water, edge(np.abs(place - 0.5), 0.12))


def _hatching(chance: Generator, palette: Field) -> Field:
    nearest, first, second = cells(chance, int(chance.integers(40, 90)))
    tones, angles = noise(chance, 4, 2), 2 * np.pi * chance.random(nearest.max() + 1)[nearest]
    line = wave((np.cos(angles) * X + np.sin(angles) * Y) * chance.uniform(16, 26))
    sheet = mixed(palette[4], coloured(0.8 * tones, palette), line > 0.2 + 0.6 * tones)
    return mixed(palette[0], sheet, edge(second - first, 0.1))


def _points(chance: Generator, palette: Field) -> Field:
    nearest, first, _ = cells(chance, int(chance.integers(300, 900)))
    tones = noise(chance, 4, 2)
    number = nearest.max() + 1
    rows, columns = chance.integers(0, SIDE, (2, number))
    near = np.clip(tones + 0.35 * (chance.random(number)[nearest] - 0.5), 0, 1)
    far = tones[rows, columns][nearest]
    stray = (chance.random(number) < 0.25)[nearest]
    spots = coloured(np.where(stray, far, near), palette)
    return mixed(spots, palette[4], edge(first - 0.45, 0.15))


def _crackle(chance: Generator, palette: Field) -> Field:
    _, first, second = cells(chance, int(chance.integers(60, 160)))
    _, small, smaller = cells(chance, 900)
    stone = coloured(0.25 + 0.75 * noise(chance, 4, 4), palette)
    cracks = edge(second - first, 0.12) * (0.65 + 0.35 * edge(smaller - small, 0.2))
    return mixed(palette[0], stone, cracks)


def _weave(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.2)
    count = chance.uniform(6, 11)
    down, right = along * count + 100, across * count + 100
    row, column = np.floor(down).astype(int), np.floor(right).astype(int)
    over = (row + column) % 2 == 0
    place = np.where(over, down - row, right - column)
    run = np.where(over, right - column, down - row)
    warp, weft = chance.integers(1, 5, (2, 256))
    strand = inks(palette, np.where(over, warp[row], weft[column]))
    shade = np.sqrt(np.clip(1 - (2 * place - 1) ** 2, 0, 1)) * (0.55 + 0.45 * np.sin(np.pi * run))
    return shaded(strand, 0.25 + 0.75 * shade)


def _patches(chance: Generator, palette: Field) -> Field:
    steps = noise(chance, int(chance.integers(5, 9)), 3) * 5.99
    number = np.floor(steps).astype(int) % 5
    line = edge(0.5 - np.abs(steps - np.floor(steps) - 0.5), 0.15)
    return shaded(inks(palette, chance.permutation(5)[number]), line)


def _zigzag(chance: Generator, palette: Field) -> Field:
    along, across = turned(chance, bend=0.03)
    cycles = chance.uniform(4, 9)
    fold = np.abs((across * cycles) % 1 - 0.5)
    band = (along + fold / cycles) * chance.uniform(12, 22) + 0.6 * noise(chance, 48)
    number = np.floor(band).astype(int)
    return inks(palette, chance.integers(0, 5, 64)[number % 64])


PATTERNS: dict[str, Callable[[Generator, Field], Field]] = {
    "brick": _brick,
    "marbling": _marbling,
    "strokes": _strokes,
    "scales": _scales,
    "mosaic": _mosaic,
    "plaid": _plaid,
    "points": _points,
    "wood": _wood,
    "waves": _waves,
    "crackle": _crackle,
    "dots": _dots,
    "hatching": _hatching,
    "weave": _weave,
    "patches": _patches,
    "stripes": _stripes,
    "zigzag": _zigzag,
}
"""The patterns by name."""


def paint(pattern: str, chance: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture of a pattern.

    Args:
        pattern: One of `PATTERNS`.
        chance: Of its palette, its scale and everything that lies in it.

    Returns:
        Pixels in 0 to 255, height and width `SIDE`, then red, green and blue.
    """
    picture = PATTERNS[pattern](chance, palette_of(chance))
    grain = 0.04 * (chance.random((SIDE, SIDE, 1)) - 0.5)
    return np.rint(np.clip(picture + grain, 0, 1) * 255).astype(np.uint8)
