"""Channel shuffle: gives every object another colour and keeps its contours."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Int
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.channels import require_colours

__all__ = ["ChannelShuffle"]

_ORDERS = torch.tensor([(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelShuffle:
    """Puts red, green and blue in another order, drawn for each image.

    Each of the five orders that are another is as likely; no image keeps its own. Grey pixels
    stay as they are.

    Source:
        Burgert et al., 2025, https://arxiv.org/abs/2509.20234, section 3 (colour suppression).
        Differs: keyed; never the identity.
    """

    version: ClassVar[int] = 1

    def orders(self, chance: Chance) -> Int[Tensor, "batch 3"]:
        """Return the order of each image's channels: channel j shows what channel orders[j] did."""
        drawn = chance.uniform((), method="channel-shuffle") * len(_ORDERS)
        return _ORDERS[drawn.long().clamp_max(len(_ORDERS) - 1)]

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images in other colours.

        Args:
            images: Pixels in [0, 1], three channels or one.
            chance: Of the orders.

        Returns:
            The same values in other channels; images of one channel as they are.

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one.
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        require_colours(images)
        require_chance(chance, images)
        if images.shape[1] == 1:
            return images.clone()
        rows = torch.arange(len(images), device=images.device)[:, None]
        return images[rows, self.orders(chance).to(images.device)]
