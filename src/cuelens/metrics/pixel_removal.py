"""Deletion and insertion: what becomes of a class's probability as the strongest pixels go or come.

It takes pixels in the order of a map's strength, whatever made the map.
"""

from enum import Enum

import scipy
import torch
from jaxtyping import Float, Int
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.metrics.map_strength import map_strength, require_one_size, shapeless
from cuelens.networks.classifier import Classify
from cuelens.tensors import Images, Labels, PerImage

__all__ = ["Fill", "deletion_area", "insertion_area", "probability_curve"]

Curve = Float[Tensor, "batch point"]


class Fill(Enum):
    """What stands where a pixel is gone."""

    MEAN = "mean"
    """The image's own mean of each channel: no edge and no detail, and the same brightness."""

    BLACK = "black"
    """0, as in the published code of many."""

    BLUR = "blur"
    """The image under a Gaussian of an eighth of its shorter side."""

    def __repr__(self) -> str:
        """Return what Python reads back as this fill."""
        return f"Fill.{self.name}"

    def __call__(self, images: Images) -> Images:
        """Return what stands behind the pixels, same shape.

        Args:
            images: Pixels in [0, 1].
        """
        if self is Fill.BLACK:
            return torch.zeros_like(images)
        if self is Fill.MEAN:
            return images.mean((2, 3), keepdim=True).expand_as(images)
        deviation = min(images.shape[2:]) / 8
        blurred = scipy.ndimage.gaussian_filter(images.cpu().numpy(), (0, 0, deviation, deviation))
        return torch.from_numpy(blurred).to(images).clamp_(0, 1)


def deletion_area(
    classify: Classify,
    images: Images,
    maps: Images,
    labels: Labels,
    *,
    steps: int = 32,
    fill: Fill = Fill.MEAN,
    batch_size: int = 64,
) -> PerImage:
    """Return the area under the probability of the class as the strongest pixels are removed.

    Args:
        classify: Maps images to logits; already in eval mode.
        images: Pixels in [0, 1].
        maps: Raw and signed, of these images; their strength is the order, pixels of equal
            strength row by row.
        labels: The class whose probability is followed.
        steps: In how many steps, about equal, all pixels go; as many as there are pixels, if these
            are fewer. At least 1.
        fill: What stands where a pixel is gone.
        batch_size: How many images meet the classifier at a time; bounds memory.

    Returns:
        In [0, 1], by the trapezoidal rule over the share of removed pixels; small where the map
        names the pixels that the class hangs on. NaN where a map has no shape, and where the
        logits are no numbers.

    Raises:
        ConfigError: If `steps` or `batch_size` is below 1, or maps and images differ in size.

    Source:
        Petsiuk et al., 2018, https://arxiv.org/abs/1806.07421, section 3.2.
        Differs: pixels give way to the image's mean colour unless told otherwise, where the
        published code has 0 after its normalisation; in the order of the strength.
    """
    detached = images.detach()
    curve = probability_curve(
        classify, detached, fill(detached), maps, labels, steps=steps, batch_size=batch_size
    )
    return torch.trapezoid(curve, dx=1 / (curve.shape[1] - 1))


def insertion_area(
    classify: Classify,
    images: Images,
    maps: Images,
    labels: Labels,
    *,
    steps: int = 32,
    fill: Fill = Fill.MEAN,
    batch_size: int = 64,
) -> PerImage:
    """Return the area under the probability of the class as the strongest pixels are put in.

    Args:
        classify: Maps images to logits; already in eval mode.
        images: Pixels in [0, 1].
        maps: As for `deletion_area`.
        labels: The class whose probability is followed.
        steps: As for `deletion_area`.
        fill: What is there before.
        batch_size: How many images meet the classifier at a time; bounds memory.

    Returns:
        In [0, 1]; large where the map names pixels that suffice for the class. NaN as in
        `deletion_area`.

    Raises:
        ConfigError: If `steps` or `batch_size` is below 1, or maps and images differ in size.

    Source:
        Petsiuk et al., 2018, https://arxiv.org/abs/1806.07421, section 3.2.
        Differs: begins with the image's mean colour unless told otherwise, where the published
        code has a blurred image; in the order of the strength.
    """
    detached = images.detach()
    curve = probability_curve(
        classify, fill(detached), detached, maps, labels, steps=steps, batch_size=batch_size
    )
    return torch.trapezoid(curve, dx=1 / (curve.shape[1] - 1))


def probability_curve(
    classify: Classify,
    before: Images,
    after: Images,
    maps: Images,
    labels: Labels,
    *,
    steps: int,
    batch_size: int,
) -> Curve:
    """Return the probability of the class as pixels change, the strongest of the map first.

    Args:
        classify: Maps images to logits.
        before: Pixels in [0, 1] before the first step.
        after: Pixels in [0, 1] after the last one.
        maps: Raw and signed.
        labels: The class whose probability is followed.
        steps: See `deletion_area`.
        batch_size: How many images meet the classifier at a time.

    Returns:
        At equal shares of changed pixels from 0 to 1, one more point than steps. NaN where a map
        has no shape.

    Raises:
        ConfigError: If `steps` or `batch_size` is below 1, or maps and images differ in size.
    """
    for name, value in (("steps", steps), ("batch_size", batch_size)):
        if value < 1:
            raise ConfigError(f"`{name}` must be at least 1, got {value}. 32 and 64 are usual.")
    require_one_size(maps, before, name="images")
    strength = map_strength(maps)
    places = _places(strength)
    pixels = places[0].numel() if len(places) else 1
    points = min(steps, pixels) + 1
    changed = torch.arange(points, device=before.device) * pixels // (points - 1)
    curve = before.new_empty(len(before) * points)
    for start in range(0, len(curve), batch_size):
        rows = torch.arange(start, min(start + batch_size, len(curve)), device=before.device)
        image, point = rows // points, rows % points
        gone = (places[image] < changed[point, None, None])[:, None]
        with torch.no_grad():
            logits = classify(torch.where(gone, after[image], before[image]))
        own = logits.softmax(1).gather(1, labels[image].long()[:, None])[:, 0]
        curve[rows] = own.to(curve)
    return curve.view(-1, points).masked_fill(shapeless(strength)[:, None], torch.nan)


def _places(strength: Float[Tensor, "batch height width"]) -> Int[Tensor, "batch height width"]:
    """Return at which place of the order each pixel stands, 0 for the strongest."""
    order = strength.flatten(1).argsort(dim=1, descending=True, stable=True)
    return order.argsort(1).view(strength.shape)
