"""Oracles of transforms: closed forms of saturation, what shuffles and filters keep."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.randomness import Chance
from cuelens.spectra import split
from cuelens.study.oracles.finding import Finding, Oracle, near, same
from cuelens.study.oracles.linear_model import IDS, middle_images
from cuelens.tensors import Images
from cuelens.transforms import PatchShuffle, Saturation
from cuelens.transforms.protocol import Transform

__all__ = ["TRANSFORMS"]

_LEVELS = {1: 0.375, 2: 0.25, 4: 0.1464466, 8: 0.0795518, 64: 0.010714}
"""What a pixel of .25 becomes at each level p: (1 - .5 ** (2 / p)) / 2, and itself at 2."""


def saturation_levels(make: Callable[..., Transform] = Saturation) -> Finding:
    """Look at a pixel of .25 at each level, and at the three that stay."""
    pixels = torch.tensor([0.25, 0.0, 0.5, 1.0]).reshape(1, 1, 1, 4).expand(1, 3, 1, 4)
    chance, got, wanted = Chance(0, ("a",)), [], []
    for level, value in _LEVELS.items():
        got += make(level=float(level))(pixels.contiguous(), chance=chance)[0, 0, 0].tolist()
        wanted += [value, 0.0, 0.5, 1.0]
    return near(got, wanted, 1e-6)


def shuffle_permutes(make: Callable[..., Transform] = PatchShuffle) -> Finding:
    """Look whether a shuffle keeps every patch once, and never the order of an image."""
    images = middle_images().float()
    moved = make(patches=2)(images, chance=Chance(0, IDS))
    before, after = (_patches(one).sort(1).values for one in (images, moved))
    kept = torch.allclose(before, after, rtol=1e-12)
    unmoved = int((moved == images).flatten(1).all(1).sum())
    return Finding(
        expected="every patch once, 0 images unmoved",
        got=f"{'every patch once' if kept else 'other patches'}, {unmoved} images unmoved",
        passed=kept and not unmoved,
    )


def _patches(images: Images) -> Float[Tensor, "batch place"]:
    """Return one number that names each of 2 x 2 patches: a sum that weighs places differently."""
    weights = torch.linspace(1, 2, 3 * 16, dtype=torch.float64).reshape(3, 4, 4)
    parts = images.double().unfold(2, 4, 4).unfold(3, 4, 4)
    return (parts.permute(0, 2, 3, 1, 4, 5) * weights).sum((3, 4, 5)).flatten(1)


def shuffle_alone_or_together(make: Callable[..., Transform] = PatchShuffle) -> Finding:
    """Look whether an image is shuffled the same way in any batch."""
    images, shuffle = middle_images().float(), make(patches=4)
    together = shuffle(images, chance=Chance(0, IDS))
    alone = [
        shuffle(images[place : place + 1], chance=Chance(0, IDS[place : place + 1]))
        for place in range(len(images))
    ]
    return same(torch.cat(alone), together)


Split = Callable[[Images, float], tuple[Images, Images]]


def bands_sum(parted: Split = split) -> Finding:
    """Look whether the low and the high part of images make them whole again."""
    images = middle_images()
    low, high = parted(images, 2.0)
    lost = float((low + high - images).abs().max())
    means = float(high.mean((2, 3)).abs().max())
    return near([lost, means], [0.0, 0.0], 1e-12)


def sinusoids_pass_or_vanish(parted: Split = split) -> Finding:
    """Look at waves of 2 and of 5 cycles an image, parted at 3: rms in the low part."""
    places = torch.arange(16, dtype=torch.float64) / 16
    rms = []
    for cycles in (2, 5):
        wave = torch.sin(2 * math.pi * cycles * places).expand(1, 3, 16, 16)
        low, _ = parted(wave.contiguous(), 3.0)
        rms.append(float(low.square().mean().sqrt()))
    return near(rms, [math.sqrt(0.5), 0.0], 1e-9)


TRANSFORMS = (
    Oracle(
        name="transforms/saturation",
        claim="A pixel of .25 saturates as the formula says at p = 1, 2, 4, 8 and 64; 0, .5 and 1 "
        "stay.",
        look=saturation_levels,
    ),
    Oracle(
        name="transforms/shuffle-permutes",
        claim="A patch shuffle keeps every patch once and leaves no image as it was.",
        look=shuffle_permutes,
    ),
    Oracle(
        name="transforms/shuffle-alone-or-together",
        claim="An image is shuffled the same way in any batch, bit for bit.",
        look=shuffle_alone_or_together,
    ),
    Oracle(
        name="spectra/bands-sum",
        claim="Low and high frequencies make the image whole again, and the high ones have no "
        "mean.",
        look=bands_sum,
    ),
    Oracle(
        name="spectra/sinusoids",
        claim="A wave below the cutoff passes whole, one above it vanishes.",
        look=sinusoids_pass_or_vanish,
    ),
)
