"""How far a salience map is where the image has edges, whoever made it.

It knows a simple edge detector, which needs no model: a map that agrees with it no less than with
anything else may show the image instead of what the model looks at.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from cuelens.metrics.map_similarity import rank_correlation_of
from cuelens.metrics.map_strength import map_strength, require_one_size
from cuelens.tensors import Images, PerImage

__all__ = ["edge_overlap", "edge_strength"]


def edge_strength(images: Images) -> Float[Tensor, "batch height width"]:
    """Return how steep each image is at each pixel.

    Args:
        images: Pixels in [0, 1].

    Returns:
        Length of Sobel's slope over all channels, in pixel units a pixel, float64; images go on
        beyond their borders with the pixels there. 0 where an image is flat.

    Source:
        Sobel & Feldman, 1968, "A 3x3 isotropic gradient operator for image processing".
        Differs: in units of a slope (divided by 8); over all channels, so that an edge between two
        colours of one luminance counts.
    """
    padded = pad(images.detach().double(), (1, 1, 1, 1), mode="replicate")
    # Differences of equal sums: exactly 0 where an image is flat, so that flat places tie.
    rows = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    columns = padded[:, :, :, :-2] + 2 * padded[:, :, :, 1:-1] + padded[:, :, :, 2:]
    across = rows[:, :, :, 2:] - rows[:, :, :, :-2]
    down = columns[:, :, 2:] - columns[:, :, :-2]
    return (across.square() + down.square()).sum(1).sqrt() / 8


def edge_overlap(maps: Images, images: Images) -> PerImage:
    """Return the rank correlation of each map's strength with the edges of its image.

    Args:
        maps: Raw, signed, any range.
        images: What they are maps of; pixels in [0, 1].

    Returns:
        In [-1, 1]: 1 where stronger pixels are on steeper places throughout, about 0 where the map
        knows nothing of edges. NaN where map or image is even, or the map has no shape.

    Raises:
        ArgumentError: If maps or images are no batch of their kind.
        ConfigError: If they are not of the same images at one size.

    Source:
        Adebayo et al., 2018, https://arxiv.org/abs/1810.03292, section 5.1 (maps against an edge
        detector, by eye) and section 3 (rank correlation).
        Differs: measured, by the rank correlation with Sobel's slope.
    """
    require_one_size(maps, images, name="images")
    return rank_correlation_of(map_strength(maps), edge_strength(images)).to(maps.dtype)
