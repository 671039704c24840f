"""The control of stylising: each image painted in its own style."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.randomness import Chance
from cuelens.tensors import Images
from cuelens.transforms.stylised import Stylised
from cuelens.transforms.working_size import require_working_size

__all__ = ["SelfStyled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfStyled:
    """Paints each image in its own style, through the same resizing and the same networks.

    What a classifier loses to `Stylised` beyond this is lost to the other texture, not to the
    painter's blur.

    Attributes:
        working_size: As of `Stylised`: the shorter side in pixels at which images are painted.

    Raises:
        ConfigError: If `working_size` is outside 32 to 1024.

    Source:
        Our own control, for Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.3.
        Differs: none.
    """

    version: ClassVar[int] = 1

    working_size: int = 256

    def __post_init__(self) -> None:
        require_working_size(self.working_size)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the painted images.

        Args:
            images: Pixels in [0, 1], three channels or one; grey ones stay grey.
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one.
            ModelError: If what stylising needs is not installed.
        """
        own = Chance(0, ("",) * len(images))  # at strength 0 no picture is looked at
        return Stylised(working_size=self.working_size, strength=0)(images, chance=own)
