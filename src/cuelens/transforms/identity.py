"""The transform that changes nothing."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels

__all__ = ["Identity"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Leaves images as they are: the clean condition.

    Source:
        None.
        Differs: none.
    """

    version: ClassVar[int] = 1

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return a copy of the images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            The same pixels.

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        require_pixels(images)
        return images.clone()
