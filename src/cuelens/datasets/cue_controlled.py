"""Images whose shape, texture and colour are set one by one, rendered from a seed.

A class is a shape, a texture and a colour of the same number; which of the three follow the class
is a setting. Conflict sets show one class's shape under another class's texture.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from cuelens.datasets.figures import SHAPES, figure_masks
from cuelens.datasets.fingerprint import content_digest, fingerprint_rows
from cuelens.datasets.scenes import (
    COLOURS,
    LARGEST_FIGURE_CONTRAST,
    LARGEST_TEXTURE_CONTRAST,
    SCENE_NUMBERS,
    paint,
    poses,
)
from cuelens.datasets.selection import CueSelection
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Masks
from cuelens.textures import TEXTURES

__all__ = ["CUES", "CueControlled"]

CUES = ("shape", "texture", "colour")
"""The cues, in the order in which they are named everywhere."""

_CLASSES = len(SHAPES)
_RENDERER = 1  # raise it when the same settings give other pixels
_MOST_KEPT_BYTES = 256 * 2**20
_PIXELS_AT_ONCE = 2**18


@dataclass(frozen=True, kw_only=True, eq=False)
class CueControlled:
    """Rendered figures of ten classes, with exact masks and cue labels.

    An image depends on `seed`, on its id, on its cues, on `size` and on the two contrasts, and on
    nothing else: other contrasts show the same scenes, a larger `size` shows them finer, a larger
    `count` adds images behind the same ones. No pixel is ever clipped.

    Attributes:
        count: How many images; classes take turns. At least 1.
        size: Side in pixels, 32 to 224.
        seed: At least 0.
        split: Its images share no scene with those of another split.
        predictive: The cues that follow the class; at least one of "shape", "texture", "colour".
            The others are drawn uniformly, whatever the class.
        texture_contrast: Peak of the texture in pixel units, 0 to 0.3.
        cue_strength: The probability that a predictive cue shows its class; else it is drawn
            uniformly. 0 to 1.
        figure_contrast: Luminance between figure and background in pixel units, 0 to 0.4.
        conflict: Whether shape and texture always show different classes, each ordered pair as
            often as any other (`count` a multiple of 90) or at most once more. The label is the
            shape's, the colour is drawn uniformly; `predictive` and `cue_strength` are not used.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Hermann & Lampinen, 2020, https://arxiv.org/abs/2006.12433, section 3 (Trifeature images).
        Differs: textures have one histogram and colours one luminance, shapes one area; texture
        contrast is a setting; figures stand before a varying background.
    """

    count: int = 10_000
    size: int = 32
    seed: int = 0
    split: Literal["train", "validation", "test"] = "train"
    predictive: tuple[Literal["shape", "texture", "colour"], ...] = ("shape", "texture")
    texture_contrast: float = 0.07
    cue_strength: float = 1.0
    figure_contrast: float = 0.15
    conflict: bool = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"`count` must be at least 1, got {self.count}.")
        if not 32 <= self.size <= 224:
            raise ConfigError(f"`size` must be from 32 to 224 pixels, got {self.size}.")
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")
        if self.split not in ("train", "validation", "test"):
            raise ConfigError(
                f'`split` must be "train", "validation" or "test", got {self.split!r}.'
            )
        if not self.predictive or not set(self.predictive) <= set(CUES):
            raise ConfigError(
                '`predictive` must name at least one of "shape", "texture" and "colour", got '
                f"{self.predictive!r}. For images that tell nothing give `cue_strength` 0."
            )
        if not 0 <= self.texture_contrast <= LARGEST_TEXTURE_CONTRAST:
            raise ConfigError(
                f"`texture_contrast` must be from 0 to {LARGEST_TEXTURE_CONTRAST:g} (pixels are "
                f"in [0, 1] and none may be clipped), got {self.texture_contrast:g}."
            )
        if not 0 <= self.figure_contrast <= LARGEST_FIGURE_CONTRAST:
            raise ConfigError(
                f"`figure_contrast` must be from 0 to {LARGEST_FIGURE_CONTRAST:g} (pixels are in "
                f"[0, 1] and none may be clipped), got {self.figure_contrast:g}."
            )
        if not 0 <= self.cue_strength <= 1:
            raise ConfigError(f"`cue_strength` must be from 0 to 1, got {self.cue_strength:g}.")

    def __len__(self) -> int:
        return self.count

    @property
    def name(self) -> str:
        """For tables."""
        return f"cue-controlled-{self._part}"

    @property
    def _part(self) -> str:
        return f"{self.split}-conflict" if self.conflict else self.split

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the shapes; class k has texture k and colour k too."""
        return SHAPES

    @property
    def cue_names(self) -> dict[str, tuple[str, ...]]:
        """The names of each cue's labels."""
        return dict(zip(CUES, (SHAPES, TEXTURES, COLOURS), strict=True))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """One a row, such as "cue-controlled/train/00042"."""
        return tuple(f"cue-controlled/{self._part}/{row:05d}" for row in range(self.count))

    @property
    def labels(self) -> Labels:
        """One a row, 0 to 9."""
        return torch.arange(self.count) % _CLASSES

    @cached_property
    def cues(self) -> dict[str, Labels]:
        """Shape, texture and colour: one label a row each, 0 to 9."""
        numbers = Chance(self.seed, self.ids).uniform((2 * len(CUES),), method="cue-controlled")
        uniform = (numbers[:, : len(CUES)] * _CLASSES).long().clamp_max(_CLASSES - 1)
        found = dict(zip(CUES, uniform.unbind(1), strict=True))
        if self.conflict:
            rows = torch.arange(self.count)
            shift = 1 + rows // _CLASSES % (_CLASSES - 1)
            return {
                "shape": self.labels,
                "texture": (self.labels + shift) % _CLASSES,
                "colour": found["colour"],
            }
        for place, cue in enumerate(CUES):
            if cue in self.predictive:
                follows = numbers[:, len(CUES) + place] < self.cue_strength
                found[cue] = torch.where(follows, self.labels, found[cue])
        return found

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by all that determines them."""
        settings = (_RENDERER, self.seed, self.size, self.texture_contrast, self.figure_contrast)
        cues = torch.stack([self.cues[cue] for cue in CUES], 1).tolist()
        return tuple(
            content_digest(image.encode(), *settings, *row)
            for image, row in zip(self.ids, cues, strict=True)
        )

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def _numbers(self, rows: Int[Tensor, " row"]) -> Float[Tensor, "row number"]:
        chance = Chance(self.seed, self.ids).take(rows)
        return chance.uniform((SCENE_NUMBERS,), method="cue-controlled-scene")

    def _render(self, rows: Int[Tensor, " row"]) -> UInt8[Tensor, "row 3 height width"]:
        pixels = torch.empty((len(rows), 3, self.size, self.size), dtype=torch.uint8)
        step = max(1, _PIXELS_AT_ONCE // self.size**2)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            pixels[start : start + step] = paint(
                self.cues["shape"][part],
                self.cues["texture"][part],
                self.cues["colour"][part],
                self._numbers(part),
                size=self.size,
                texture_contrast=self.texture_contrast,
                figure_contrast=self.figure_contrast,
            )
        return pixels

    @cached_property
    def _kept(self) -> tuple[UInt8[Tensor, "row 3 height width"], Tensor] | None:
        """Room for the images and which of them are in it; None where they are too many."""
        if self.count * 3 * self.size**2 > _MOST_KEPT_BYTES:
            return None
        pixels = torch.empty((self.count, 3, self.size, self.size), dtype=torch.uint8)
        return pixels, torch.zeros(self.count, dtype=torch.bool)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1], multiples of 1/255.

        They are rendered on first use and kept where the whole data set takes at most 256 MiB.
        """
        rows = torch.arange(self.count)[rows]
        if self._kept is None:
            return self._render(rows).to(torch.float32) / 255
        pixels, there = self._kept
        wanted = torch.zeros_like(there)
        wanted[rows] = True
        missing = (wanted & ~there).nonzero().flatten()
        if len(missing):
            pixels[missing] = self._render(missing)
            there[missing] = True
        return pixels[rows].to(torch.float32) / 255

    def masks(self, rows: Tensor) -> Masks:
        """Return True where the figure is: where a pixel's centre lies within its outline."""
        rows = torch.arange(self.count)[rows]
        where = poses(self._numbers(rows))
        return figure_masks(self.cues["shape"][rows], where, size=self.size)

    def take(self, rows: Tensor, *, name: str) -> CueSelection:
        """Return the data set of these rows alone, under another name."""
        return CueSelection(source=self, rows=torch.arange(self.count)[rows], name=name)
