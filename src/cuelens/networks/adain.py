"""Style transfer by adaptive instance normalisation: an encoder, a decoder, and what lies between.

The layers and their places are those of the weights that the field passes around; where weights
come from is not known here. Pixels are in [0, 1]: the encoder's first layer normalises them.

Source:
    Huang & Belongie, 2017, https://arxiv.org/abs/1703.06868, sections 5 and 6.1.
    Differs: none.
"""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["Features", "Statistics", "adain_decoder", "adain_encoder", "restyled", "statistics"]

Features = Float[Tensor, "batch feature height width"]
"""What the encoder sees: 512 features, an eighth as high and wide as the image."""

Statistics = tuple[Float[np.ndarray, "batch feature"], Float[np.ndarray, "batch feature"]]
"""Mean and deviation of each feature over the places of an image: its style."""

_EPSILON = 1e-5
"""Added to each variance, as when the usual weights were trained."""

_POOL = "pool"
_ENLARGE = "enlarge"
_ENCODER = (64, 64, _POOL, 128, 128, _POOL, 256, 256, 256, 256, _POOL, 512)
_DECODER = (256, _ENLARGE, 256, 256, 256, 128, _ENLARGE, 128, 64, _ENLARGE, 64)


def _layers(inputs: int, widths: Iterable[int | str]) -> list[nn.Module]:
    """Return 3 x 3 convolutions of these widths, each behind a mirrored border."""
    layers: list[nn.Module] = []
    for width in widths:
        if width == _POOL:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        elif width == _ENLARGE:
            layers.append(nn.UpsamplingNearest2d(scale_factor=2))
        else:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(inputs, int(width), 3), nn.ReLU()]
            inputs = int(width)
    return layers


def adain_encoder() -> nn.Sequential:
    """Return VGG-19 up to its tenth convolution (relu4_1), without weights."""
    with torch.device("meta"):  # nothing is drawn, and no memory is taken
        return nn.Sequential(nn.Conv2d(3, 3, 1), *_layers(3, _ENCODER)).eval()


def adain_decoder() -> nn.Sequential:
    """Return the encoder mirrored, from features to pixels, without weights."""
    with torch.device("meta"):
        last = [nn.ReflectionPad2d(1), nn.Conv2d(64, 3, 3)]
        return nn.Sequential(*_layers(512, _DECODER), *last).eval()


def _places(features: Features) -> NDArray[np.float64]:
    return np.ascontiguousarray(features.detach().double().cpu().flatten(2).numpy())


def statistics(features: Features) -> Statistics:
    """Return the style of features.

    Args:
        features: Of at least two places.

    Returns:
        Mean, and square root of the unbiased variance and a hair.
    """
    places = _places(features)
    return places.mean(2), np.sqrt(places.var(2, ddof=1) + _EPSILON)


def restyled(features: Features, style: Statistics) -> Features:
    """Return features whose means and deviations are those of a style.

    Args:
        features: Of at least two places.
        style: One an image. A feature that is the same everywhere takes the mean alone.
    """
    mean, deviation = (each[:, :, None] for each in statistics(features))
    wanted_mean, wanted_deviation = (each[:, :, None] for each in style)
    places = (_places(features) - mean) / deviation * wanted_deviation + wanted_mean
    return torch.from_numpy(places).view(features.shape).to(features)
