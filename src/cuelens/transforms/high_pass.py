"""High-pass: keeps contours and fine texture, takes coarse shading and colour away."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.randomness import Chance
from cuelens.spectra import split
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share, require_cutoff

__all__ = ["HighPass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HighPass:
    """Keeps the spatial frequencies above a cutoff, of every channel, about mid-grey.

    The filter is what `LowPass` of the same cutoff leaves out: in float, the two parts add up to
    the image. The high part has mean 0 and both signs, so `offset` is added to make it a picture;
    what then still leaves [0, 1] is clipped: `clipped_share` says how much.

    Attributes:
        cutoff: In cycles per image. At least 0, where only the mean of each channel is taken
            away; from half the diagonal in pixels on (22.7 at 32 px), only mid-grey is left.

    Raises:
        ConfigError: If `cutoff` is negative or not finite.

    Source:
        Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 3.
        Differs: a disc, where the paper has a square. It is centred on the mean and takes effect
        at every cutoff; the code published by Zhang & Zhu, 2019, does neither by default.
    """

    version: ClassVar[int] = 1
    offset: ClassVar[float] = 0.5

    cutoff: float

    def __post_init__(self) -> None:
        require_cutoff(self.cutoff)

    def clipped_share(self, images: Images) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._shown(images))

    def _shown(self, images: Images) -> Images:
        _, high = split(images, self.cutoff)
        return high.add_(self.offset)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the images without their low frequencies.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1]; where nothing is above the cutoff, 1/2.

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        return self._shown(images).clamp_(0, 1)
