"""What becomes of a map when it is drawn on its own scale: how much is white, how bright it is."""

from cuelens.salience import own_scales, strength
from cuelens.tensors import Images, PerImage

__all__ = ["SCALE_MEASURES", "drawn_brightness", "white_share"]


def white_share(maps: Images) -> PerImage:
    """Return the share of each map's pixels at the white end of its own scale.

    Args:
        maps: Raw, signed, any range.

    Returns:
        In [0, 1]: about 0.01 where white is the 99th percentile and few pixels tie. NaN where a
        map has no scale: zero at that percentile, or with values that are no numbers.

    Source:
        Of the scale: Smilkov et al., 2017, https://arxiv.org/abs/1706.03825, section 3.1.
        Differs: measured.
    """
    drawn = own_scales(maps)
    whites = strength(maps).new_tensor([scale.white for scale in drawn.scales])
    share = (drawn.values >= 1).float().mean((1, 2)).to(maps.dtype)
    return share.masked_fill(~(whites > 0), float("nan"))


def drawn_brightness(maps: Images) -> PerImage:
    """Return how bright each map is on its own scale, mean over its pixels.

    Args:
        maps: Raw, signed, any range.

    Returns:
        In [0, 1]: near 0 where few strong pixels leave the rest black, near 1 where most are white.
        NaN as in `white_share`.

    Source:
        As `white_share`. Differs: measured.
    """
    drawn = own_scales(maps)
    whites = strength(maps).new_tensor([scale.white for scale in drawn.scales])
    bright = drawn.values.mean((1, 2)).to(maps.dtype)
    return bright.masked_fill(~(whites > 0), float("nan"))


SCALE_MEASURES = {"white_share": white_share, "drawn_brightness": drawn_brightness}
"""What is measured of a map as it is drawn, by the names that records use."""
