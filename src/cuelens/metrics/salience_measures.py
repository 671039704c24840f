"""What a raw signed salience map looks like, in one number an image.

Strength is the absolute value, summed over channels. A map that is zero everywhere has a length
but no shape: its sparsity, shares and variation are NaN, as is every measure of a map that holds
something that is no number. It knows masks, but not where they come from.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch.nn.functional import max_pool2d

from cuelens.errors import ConfigError
from cuelens.metrics.alignment import alignment, cosine_alignment
from cuelens.metrics.edge_overlap import edge_overlap
from cuelens.metrics.map_strength import map_strength
from cuelens.tensors import Images, Masks, PerImage, require_maps, require_masks

__all__ = [
    "IMAGE_MEASURES",
    "MASK_MEASURES",
    "MEASURES",
    "background_share",
    "contour_band",
    "contour_share",
    "gradient_l1",
    "inside_share",
    "sparsity",
    "total_variation",
]

CONTOUR_WIDTH = 2
"""Pixels on either side of an edge that count as contour, unless told otherwise."""


def gradient_l1(maps: Images) -> PerImage:
    """Return the sum of the absolute values of each map: how far the pixels move the score.

    Args:
        maps: Raw, signed, any range.

    Source:
        The published code of Zhang and Zhu, 2019, https://arxiv.org/abs/1905.09797, prints it.
        Differs: of each image, not the mean of a batch.
    """
    return map_strength(maps).sum((1, 2)).to(maps.dtype)


def sparsity(maps: Images) -> PerImage:
    """Return the Gini coefficient of each map's strength over its pixels.

    Args:
        maps: Raw, signed, any range.

    Returns:
        0 where all pixels are equally strong, (n - 1) / n where one of n pixels has everything.

    Source:
        Hurley and Rickard, 2009, https://doi.org/10.1109/TIT.2009.2027527.
        Differs: none.
    """
    values = map_strength(maps).flatten(1).sort(1).values
    n = values.shape[1]
    weights = torch.arange(1, n + 1, dtype=values.dtype, device=values.device) * 2 - n - 1
    return ((values * weights).sum(1) / (n * values.sum(1))).to(maps.dtype)


def total_variation(maps: Images) -> PerImage:
    """Return how rough each map's strength is, whatever its scale.

    Args:
        maps: Raw, signed, any range.

    Returns:
        Sum of the absolute differences of neighbouring pixels over the sum of the strengths: 0
        where all pixels are equally strong, at most 4 (single strong pixels, far apart).

    Source:
        Rudin, Osher and Fatemi, 1992, https://doi.org/10.1016/0167-2789(92)90242-F.
        Differs: anisotropic, and divided by the sum.
    """
    values = map_strength(maps)
    down, right = values.diff(dim=1).abs().sum((1, 2)), values.diff(dim=2).abs().sum((1, 2))
    return ((down + right) / values.sum((1, 2))).to(maps.dtype)


def contour_band(masks: Masks, *, width: int = CONTOUR_WIDTH) -> Masks:
    """Return True within `width` pixels of a figure's edge, on either side of it.

    Args:
        masks: True where the figure is. The picture's frame is no edge.
        width: At least 1; diagonal neighbours are one pixel apart.

    Raises:
        ConfigError: If `width` is less than 1.
    """
    if width < 1:
        raise ConfigError(f"`width` must be at least 1 pixel, got {width}.")

    def grown(region: Masks) -> Masks:
        near = max_pool2d(region[:, None].float(), 2 * width + 1, stride=1, padding=width)
        return near[:, 0] > 0

    return grown(masks) & grown(~masks)


def contour_share(maps: Images, masks: Masks, *, width: int = CONTOUR_WIDTH) -> PerImage:
    """Return the share of each map's strength within `width` pixels of the figure's edge.

    With `inside_share` and `background_share` of the same width it sums to 1.

    Args:
        maps: Raw, signed, any range.
        masks: True where the figure is, exactly.
        width: At least 1.

    Returns:
        In [0, 1]; 0 without a figure.

    Raises:
        ArgumentError: If maps are no batch of maps, or there is not one mask of its size a map.
        ConfigError: If `width` is less than 1.

    Source:
        Zhang and Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.1 (by eye).
        Differs: measured, on rendered images whose edges are known.
    """
    _require_masked(maps, masks)
    return _share(maps, contour_band(masks, width=width))


def inside_share(maps: Images, masks: Masks, *, width: int = CONTOUR_WIDTH) -> PerImage:
    """Return the share of each map's strength on the figure, farther than `width` from its edge.

    Args and errors are those of `contour_share`.

    Source:
        As `contour_share`. Differs: another region.
    """
    _require_masked(maps, masks)
    return _share(maps, masks & ~contour_band(masks, width=width))


def background_share(maps: Images, masks: Masks, *, width: int = CONTOUR_WIDTH) -> PerImage:
    """Return the share of each map's strength off the figure, farther than `width` from its edge.

    Args and errors are those of `contour_share`.

    Source:
        As `contour_share`. Differs: another region.
    """
    _require_masked(maps, masks)
    return _share(maps, ~masks & ~contour_band(masks, width=width))


def _require_masked(maps: Images, masks: Masks) -> None:
    require_maps(maps)
    require_masks(masks, like=maps)


def _share(maps: Images, region: Masks) -> PerImage:
    values = map_strength(maps)
    return ((values * region).sum((1, 2)) / values.sum((1, 2))).to(maps.dtype)


MEASURES: Mapping[str, Callable[[Images], PerImage]] = MappingProxyType(
    {"sparsity": sparsity, "total_variation": total_variation, "gradient_l1": gradient_l1}
)
"""What is measured of a map alone, by the names that records use."""

MASK_MEASURES: Mapping[str, Callable[[Images, Masks], PerImage]] = MappingProxyType(
    {
        "contour_share": contour_share,
        "inside_share": inside_share,
        "background_share": background_share,
    }
)
"""What is measured of a map and the figure's exact mask, by the names that records use."""

IMAGE_MEASURES: Mapping[str, Callable[[Images, Images], PerImage]] = MappingProxyType(
    {
        "edge_overlap": edge_overlap,
        "alignment": alignment,
        "cosine_alignment": cosine_alignment,
    }
)
"""What is measured of a map and the image that it is of, by the names that records use."""
