"""Which style picture an image gets: drawn by chance, the same one for every method.

It does not know what is done with the picture.
"""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.datasets.styles import Styles
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images
from cuelens.transforms.channels import luminance, require_colours

__all__ = ["drawn_pictures", "drawn_rows", "require_strength"]


def require_strength(strength: float) -> None:
    """Refuse a strength that is no share.

    Raises:
        ConfigError: If `strength` is outside [0, 1].
    """
    if not 0 <= strength <= 1:
        raise ConfigError(
            f"`strength` must lie in [0, 1] (0 changes nothing, 1 takes all of the style), "
            f"got {strength:g}."
        )


def drawn_rows(styles: Styles, chance: Chance) -> Int[Tensor, " batch"]:
    """Return which picture gives each image its style: a row of `styles`.

    It depends on the seed, the image's id and how many pictures there are, so that one image has
    one style under every method, at every strength and size.
    """
    count = len(styles)
    rows = [generator.integers(count) for generator in chance.generators("stylised")]
    return torch.tensor(rows, dtype=torch.int64)


def drawn_pictures(styles: Styles, chance: Chance, *, like: Images) -> Images:
    """Return the style picture of each image, of the image's size, channels, type and device.

    Args:
        styles: The pictures.
        chance: That of the images.
        like: The images, three channels or one. Where they are not square, the middle of the
            picture is shown; where they are grey, its brightness.

    Raises:
        DataError: If there are neither three channels nor one, or a style picture changed.
    """
    require_colours(like)
    height, width = like.shape[2:]
    wanted, places = np.unique(drawn_rows(styles, chance).numpy(), return_inverse=True)
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    pictures = styles.pictures(torch.from_numpy(wanted), size=side)
    pictures = pictures[:, :, top : top + height, left : left + width]
    if like.shape[1] == 1:
        pictures = luminance(pictures)[:, None]
    return pictures[torch.from_numpy(places)].to(like).clamp_(0, 1)
