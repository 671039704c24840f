"""Low-pass: keeps coarse shape and shading, takes fine texture and sharp contours away."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.randomness import Chance
from cuelens.spectra import split
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share, require_cutoff

__all__ = ["LowPass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LowPass:
    """Keeps the spatial frequencies up to a cutoff, of every channel.

    The filter is a sharp disc in the Fourier plane of the periodically continued image. It keeps
    the mean, so the result needs no offset; beside strong edges it rings, and what leaves [0, 1]
    by that is clipped: `clipped_share` says how much.

    Attributes:
        cutoff: In cycles per image. At least 0, where only the mean of each channel is left;
            from half the diagonal in pixels on (22.7 at 32 px), nothing changes.

    Raises:
        ConfigError: If `cutoff` is negative or not finite.

    Source:
        Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 3.
        Differs: a disc, where the paper has a square.
    """

    version: ClassVar[int] = 1

    cutoff: float

    def __post_init__(self) -> None:
        require_cutoff(self.cutoff)

    def clipped_share(self, images: Images) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        low, _ = split(images, self.cutoff)
        return outside_share(low)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the blurred images.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        low, _ = split(images, self.cutoff)
        return low.clamp_(0, 1)
