"""RISE: the mean of random masks, each weighted by the score of the image seen through it."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.reals import require_number, require_whole
from cuelens.salience.baselines import Baseline, ConstantColour
from cuelens.salience.copies import require_batch_size, scores_at_copies
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["RISE"]

Shown = Float[Tensor, "batch 1 height width"]
"""How much of each pixel is seen: 1 shows it, 0 covers it."""

_GREY = ConstantColour(value=0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class RISE:
    """The mean score of the image behind random masks, over the masks that show a pixel.

    A mask is a coarse grid of cells that are kept or covered by chance, enlarged smoothly and
    shifted by chance. A pixel gets the mean of score times mask, divided by the probability that
    a cell is kept, spread equally over the channels. Masks are made when they are needed: memory
    depends on `batch_size` alone.

    The mean score is a level that every pixel has in common and that says nothing about where; it
    is taken away, with the noise that the level times the mean mask brings, unless told otherwise.

    Attributes:
        masks: How many for each image. At least 1; the paper takes 4,000 to 8,000.
        cells: Along each side of the coarse grid. At least 1.
        kept: The probability that a cell is kept, above 0 and at most 1.
        cover: What is seen where the image is covered.
        level: "removed": scores count from their mean over the image's masks, so that what shows
            more than the mean is positive. "kept": as the paper has it.
        score: What is explained.
        batch_size: How many masked images meet the classifier at a time. Bounds memory, changes
            no map, and is therefore no part of the method's identity.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Petsiuk et al., 2018, https://arxiv.org/abs/1806.07421, sections 3.1 and 3.2.
        Differs: the mean score is taken away, unless `level` is "kept"; every image has masks of
        its own, keyed by its id; covers with grey, where the paper multiplies by the mask (a
        cover of 0) and its published code does so in normalised units, where 0 is about that
        grey.
    """

    version: ClassVar[int] = 1

    masks: int
    cells: int = 7
    kept: float = 0.5
    cover: Baseline = _GREY
    level: Literal["removed", "kept"] = "removed"
    score: Score = Score.PROBABILITY
    batch_size: int = field(default=64, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_score(self.score)
        for name in ("masks", "cells"):
            require_whole(name, getattr(self, name))
        require_number("kept", self.kept)
        if self.masks < 1:
            raise ConfigError(f"`masks` must be at least 1, got {self.masks}. 4,000 are usual.")
        if self.cells < 1:
            raise ConfigError(f"`cells` must be at least 1, got {self.cells}. 7 are usual.")
        if not 0 < self.kept <= 1:
            raise ConfigError(
                f"`kept` must be a probability above 0 and at most 1, got {self.kept:g}. "
                "0.5 is usual."
            )
        if self.level not in ("removed", "kept"):
            raise ConfigError(f'`level` must be "removed" or "kept", got {self.level!r}.')
        require_batch_size(self.batch_size)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the masks, and of the cover, if it draws.

        Returns:
            In units of the score, signed; same shape as `images`, the same number in every channel,
            their sum over channels what the masks that show the pixel score above the mean.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        cover = self.cover(images, chance=chance)
        weighted = torch.zeros_like(images[:, :1])
        shown, total = torch.zeros_like(weighted), torch.zeros_like(images[:, :1, :1, :1])
        pending: dict[tuple[int, int], Shown] = {}

        def masked(number: int, rows: slice) -> Images:
            own = chance.take(range(len(images))[rows])
            masks = self._masks(images[rows], number, own)
            pending[number, rows.start] = masks  # until their scores are known
            return torch.lerp(cover[rows], images[rows], masks)

        found = scores_at_copies(
            classify,
            labels,
            masked,
            copies=self.masks,
            score=self.score,
            batch_size=self.batch_size,
        )
        for number, rows, scores in found:
            masks, column = pending.pop((number, rows.start)), scores[:, None, None, None]
            weighted[rows] += masks * column
            shown[rows] += masks
            total[rows] += column
        if self.level == "removed":
            weighted -= shown * (total / self.masks)
        scale = self.masks * self.kept * images.shape[1]
        return weighted.div_(scale).repeat(1, images.shape[1], 1, 1)

    def _masks(self, images: Images, number: int, chance: Chance) -> Shown:
        """Return one mask for each image.

        The enlarged grid has one cell more than the image, of which a part of the image's size is
        taken that begins anywhere within the first cell.
        """
        height, width = images.shape[2:]
        cell = (-(-height // self.cells), -(-width // self.cells))
        drawn = chance.uniform((self.cells**2 + 2,), method="rise", draw=number)
        grids = (drawn[:, :-2] < self.kept).to(images).view(-1, 1, self.cells, self.cells)
        size = [(self.cells + 1) * side for side in cell]
        enlarged = interpolate(grids, size, mode="bilinear", align_corners=False)
        starts = (drawn[:, -2:] * torch.tensor(cell)).long().tolist()
        return torch.stack(
            [
                mask[:, top : top + height, left : left + width]
                for mask, (top, left) in zip(enlarged, starts, strict=True)
            ]
        )
