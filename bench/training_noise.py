"""Images of uniform noise: how fast a training is does not depend on what they show."""

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["CLASSES", "Noise", "noise"]

CLASSES = 10


@dataclass(frozen=True)
class Noise:
    """Images of uniform noise in memory: training speed does not depend on what they show."""

    pixels: Tensor
    labels: Tensor
    name: str = "noise"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Digits."""
        return tuple(str(label) for label in range(CLASSES))

    @property
    def ids(self) -> tuple[str, ...]:
        """Row numbers."""
        return tuple(str(row) for row in range(len(self)))

    @property
    def fingerprint(self) -> str:
        """Of no record."""
        return "0" * 32

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, rows: Tensor) -> Tensor:
        """Return these images."""
        return self.pixels[rows]

    def take(self, rows: Tensor, *, name: str) -> "Noise":
        """Return these images alone."""
        return Noise(self.pixels[rows], self.labels[rows], name)


def noise(count: int) -> Noise:
    """Return so many 32-pixel images."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(count, 3, 32, 32, generator=generator)
    return Noise(pixels, torch.arange(count) % CLASSES)
