"""Models whose faults are known: they read one number of an image, and are right when it is theirs.

`Levels` tells classes by colour, which any normalisation but its own moves; `Stripes` by the width
of stripes, which any size and crop but its own changes.
"""

import torch
from torch import Tensor, nn

from cuelens.networks import Classifier, InputSpecification
from cuelens.randomness import keyed_generator

NAMES = ("ant", "bee", "cow", "dog", "elk")
PLAIN = InputSpecification()
HALF = InputSpecification(mean=(0.5,) * 3, deviation=(0.5,) * 3)
IMAGENET = InputSpecification(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
BYTES = InputSpecification(deviation=(1 / 255,) * 3)
SIDE = 32


class Levels(nn.Module):
    """Nearest of five colours, as the normalisation of its training shows them."""

    def __init__(self, trained: InputSpecification) -> None:
        super().__init__()
        mean, deviation = torch.tensor(trained.mean), torch.tensor(trained.deviation)
        self.register_buffer("levels", (colours() - mean) / deviation)

    def forward(self, images: Tensor) -> Tensor:
        distances = (images.mean((2, 3))[:, None] - self.levels[None]).abs().sum(2)
        return -8 * distances / self.levels.std()


def colours() -> Tensor:
    """Return the colour of each class, (class, channel): the more red, the less blue."""
    red = torch.tensor([0.15, 0.3, 0.45, 0.6, 0.75])
    return torch.stack([red, torch.full((5,), 0.45), 0.9 - red], 1)


def level_images(count: int = 200, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return images of a level each, with noise, and their labels."""
    labels = torch.arange(count) % len(NAMES)
    chance = keyed_generator(seed, "levels")
    noise = torch.from_numpy(chance.standard_normal((count, 3, 8, 8))).float()
    shift = torch.from_numpy(chance.standard_normal((count, 1, 1, 1))).float()
    images = colours()[labels][:, :, None, None] + 0.02 * noise + 0.02 * shift
    return images.clamp(0, 1), labels


PERIODS = (4.0, 5.0, 6.25, 7.8, 9.75)
"""Width of a pair of stripes in pixels, of each class."""


class Stripes(nn.Module):
    """The period whose wave fits the rows of an image best."""

    def forward(self, images: Tensor) -> Tensor:
        rows = images.mean((1, 2)) - images.mean((1, 2, 3))[:, None]
        places = torch.arange(rows.shape[1], dtype=rows.dtype)
        waves = torch.exp(2j * torch.pi * places / torch.tensor(PERIODS)[:, None])
        strength = (rows.to(waves.dtype) @ waves.T).abs() / rows.shape[1]
        return 100 * strength


def stripe_images(count: int = 100, *, side: int = SIDE, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return images of vertical stripes of any phase, and their labels."""
    labels = torch.arange(count) % len(NAMES)
    chance = keyed_generator(seed, "stripes")
    phase = torch.from_numpy(chance.uniform(0, 1, (count, 1))).float()
    period = torch.tensor(PERIODS)[labels][:, None] * side / SIDE
    wave = torch.sin(2 * torch.pi * (torch.arange(side)[None] / period + phase))
    images = (0.5 + 0.3 * wave)[:, None, None].expand(count, 3, side, side)
    noise = torch.from_numpy(chance.standard_normal((count, 3, side, side))).float()
    return (images + 0.03 * noise).clamp(0, 1), labels


def classifier(
    network: nn.Module,
    specification: InputSpecification = PLAIN,
    *,
    names: tuple[str, ...] = NAMES,
) -> Classifier:
    """Return a classifier in eval mode."""
    return Classifier(
        network.eval(), class_names=names, specification=specification, name="planted"
    )
