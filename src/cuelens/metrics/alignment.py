"""How far a salience map points where the image does, as vectors of all pixels and channels."""

from cuelens.metrics.map_strength import require_one_size
from cuelens.tensors import Images, PerImage

__all__ = ["alignment", "cosine_alignment"]


def alignment(maps: Images, images: Images) -> PerImage:
    """Return the length of each image along its map.

    Args:
        maps: Raw, signed, any range; the gradient, in the source.
        images: What they are maps of; pixels in [0, 1].

    Returns:
        |<image, map>| / ||map||: at least 0, at most the length of the image; in pixel units. Of
        a linear model of two classes, the distance to the boundary. NaN where a map has no shape.

    Raises:
        ArgumentError: If maps or images are no batch of their kind.
        ConfigError: If they are not of the same images at one size.

    Source:
        Etmann et al., 2019, https://arxiv.org/abs/1905.04172, definition 2.
        Differs: in pixel units, whatever the network's normalisation.
    """
    require_one_size(maps, images, name="images", channels=True)
    vectors = maps.detach().double().flatten(1)
    pixels = images.detach().double().flatten(1)
    # Divided by the largest entry first, so that squares of tiny gradients do not vanish.
    largest = vectors.abs().amax(1, keepdim=True)
    directions = vectors / largest
    along = (directions * pixels).sum(1).abs() / directions.square().sum(1).sqrt()
    return along.to(maps.dtype)


def cosine_alignment(maps: Images, images: Images) -> PerImage:
    """Return the cosine between each image and its map, without its sign.

    Args:
        maps: Raw, signed, any range.
        images: What they are maps of; pixels in [0, 1].

    Returns:
        In [0, 1], whatever the brightness of the image; 1 where the map is the image, scaled. NaN
        where a map has no shape or an image is black.

    Source:
        Etmann et al., 2019, https://arxiv.org/abs/1905.04172, definition 2.
        Differs: divided by the length of the image too.
    """
    lengths = images.detach().double().flatten(1).square().sum(1).sqrt()
    return (alignment(maps.double(), images) / lengths).clamp(max=1).to(maps.dtype)
