"""How alike two salience maps of one image are, in one number an image.

Strengths are compared: absolute values, summed over channels. What made the two maps (two models,
an image and a noisy copy, a network and one with random weights) is not known here. A map that is
zero everywhere or holds something that is no number is like nothing: NaN, either way round.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.errors import ConfigError
from cuelens.metrics.map_strength import (
    Strength,
    map_strength,
    require_one_size,
    shapeless,
)
from cuelens.metrics.structural_similarity import structural_similarity
from cuelens.tensors import Images, PerImage

__all__ = [
    "SIMILARITIES",
    "map_structural_similarity",
    "rank_correlation",
    "rank_correlation_of",
    "top_overlap",
]

Rows = Float[Tensor, "batch pixel"]


def rank_correlation(maps: Images, others: Images) -> PerImage:
    """Return Spearman's rank correlation of the strengths of two maps.

    Args:
        maps: Raw, signed, any range.
        others: Of the same images, in the same order.

    Returns:
        In [-1, 1]; pixels of equal strength share the mean of their ranks. NaN where a map is
        even: equally strong everywhere, or of one pixel.

    Raises:
        ArgumentError: If one is no batch of maps.
        ConfigError: If they are not of the same images at one size.

    Source:
        Spearman, 1904, https://doi.org/10.2307/1412159, as Adebayo et al., 2018,
        https://arxiv.org/abs/1810.03292, section 3, compare absolute values of maps.
        Differs: none.
    """
    require_one_size(maps, others, name="others")
    return rank_correlation_of(map_strength(maps), map_strength(others)).to(maps.dtype)


def rank_correlation_of(strengths: Strength, others: Strength) -> PerImage:
    """Return Spearman's rank correlation of strengths; see `rank_correlation`."""
    first, second = (_ranks(values.flatten(1)) for values in (strengths, others))
    first, second = (ranks - ranks.mean(1, keepdim=True) for ranks in (first, second))
    squares = first.square().sum(1) * second.square().sum(1)
    found = (first * second).sum(1) / squares.sqrt()
    # Rounding alone leads out of [-1, 1].
    return _where_both_have_a_shape(found.clamp(-1, 1), strengths, others)


def _ranks(values: Rows) -> Rows:
    """Return the rank of each value in its row, equal values at the mean of their ranks."""
    ordered = values.sort(1).values
    below = torch.searchsorted(ordered, values, right=False)
    up_to = torch.searchsorted(ordered, values, right=True)
    return (below + up_to - 1) / 2.0


def top_overlap(maps: Images, others: Images, *, share: float = 0.1) -> PerImage:
    """Return how many of the strongest pixels of two maps are the same.

    Args:
        maps: Raw, signed, any range.
        others: Of the same images, in the same order.
        share: Of the pixels, that are the strongest; at least one pixel is. In (0, 1).

    Returns:
        Share of the strongest pixels of one that are among those of the other, in [0, 1]; two maps
        that know nothing of each other have `share` on average. Pixels that tie for the last
        places count in part. NaN where a map is even.

    Raises:
        ArgumentError: If one is no batch of maps.
        ConfigError: If they are not of the same images at one size, or `share` is outside its
            range.

    Source:
        Ghorbani et al., 2019, https://arxiv.org/abs/1710.10547, section 2 (top-k intersection).
        Differs: k is a share of the pixels; ties count in part.
    """
    if not 0 < share < 1:
        raise ConfigError(
            f"`share` must be above 0 and below 1, got {share:g}. 0.1 takes the strongest tenth."
        )
    require_one_size(maps, others, name="others")
    strengths, other_strengths = map_strength(maps), map_strength(others)
    count = max(1, round(share * strengths[0].numel())) if len(strengths) else 1
    first, second = (_among_the_top(s.flatten(1), count) for s in (strengths, other_strengths))
    found = torch.minimum(first, second).sum(1) / count
    even = torch.stack(
        [s.flatten(1).amax(1) == s.flatten(1).amin(1) for s in (strengths, other_strengths)]
    ).any(0)
    found = _where_both_have_a_shape(found, strengths, other_strengths)
    return found.masked_fill(even, torch.nan).to(maps.dtype)


def _among_the_top(values: Rows, count: int) -> Rows:
    """Return 1 for each of the `count` largest values, 0 for the rest, parts where some tie."""
    least = values.topk(count, 1).values[:, -1:]
    above, tied = values > least, values == least
    left = count - above.sum(1, keepdim=True)
    return above + tied * (left / tied.sum(1, keepdim=True))


def map_structural_similarity(maps: Images, others: Images) -> PerImage:
    """Return the structural similarity (SSIM) of two maps, each with its strongest pixel white.

    Args:
        maps: Raw, signed, any range.
        others: Of the same images, in the same order.

    Returns:
        In [-1, 1]; 1 where strengths are proportional.

    Raises:
        ArgumentError: If one is no batch of maps.
        ConfigError: If they are not of the same images at one size.

    Source:
        Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861, as Adebayo et al., 2018,
        https://arxiv.org/abs/1810.03292, section 3, compare maps.
        Differs: as `structural_similarity` does.
    """
    require_one_size(maps, others, name="others")
    strengths, other_strengths = map_strength(maps), map_strength(others)
    first, second = (_greys(values) for values in (strengths, other_strengths))
    found = structural_similarity(first, second).to(strengths.device)
    return _where_both_have_a_shape(found, strengths, other_strengths).to(maps.dtype)


def _greys(strengths: Strength) -> Images:
    """Return strengths as grey pictures in [0, 1]; black where a map has no shape."""
    largest = strengths.flatten(1).amax(1)[:, None, None]
    greys = torch.where(shapeless(strengths)[:, None, None], 0, strengths / largest)
    return greys[:, None]


def _where_both_have_a_shape(found: PerImage, strengths: Strength, others: Strength) -> PerImage:
    """Return the numbers, NaN where a map has no shape."""
    return found.masked_fill(shapeless(strengths) | shapeless(others), torch.nan)


SIMILARITIES: Mapping[str, Callable[[Images, Images], PerImage]] = MappingProxyType(
    {
        "rank_correlation": rank_correlation,
        "top_overlap": top_overlap,
        "structural_similarity": map_structural_similarity,
    }
)
"""How two maps of one image are compared, by the names that records use."""
