"""What every attack, salience method and transform asks of its arguments.

It knows that they speak of the same images; it does not know what is done with them.
"""

import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, require_labels, require_pixels

__all__ = ["require_arguments", "require_chance"]


def require_arguments(images: Images, labels: Labels, chance: Chance) -> tuple[Images, Labels]:
    """Refuse what cannot be attacked or explained, and return what every method reads.

    Args:
        images: Pixels in [0, 1].
        labels: One class an image.
        chance: One image id an image.

    Returns:
        The images without their graph, and the labels as int64 on the device of the images.

    Raises:
        ArgumentError: If images or labels are no tensors of their kind.
        RangeError: If pixels leave [0, 1].
        ConfigError: If labels or image ids are not as many as the images.
    """
    require_pixels(images)
    require_labels(labels)
    _require_count("labels", len(labels), images)
    require_chance(chance, images)
    return images.detach(), labels.to(images.device, torch.int64)


def require_chance(chance: Chance, images: Images) -> None:
    """Refuse the chance of other images.

    Raises:
        ConfigError: If there is not one entry an image.
    """
    _require_count("chance", len(chance), images)


def _require_count(name: str, count: int, images: Images) -> None:
    if count != len(images):
        raise ConfigError(
            f"`{name}` must have one entry an image, expected {len(images)}, got {count}. "
            "Cut all arguments to the same images."
        )
