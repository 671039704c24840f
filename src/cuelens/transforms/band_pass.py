"""Band-pass: keeps details of one size."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.randomness import Chance
from cuelens.spectra import filtered, in_band
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share, require_band

__all__ = ["BandPass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BandPass:
    """Keeps the spatial frequencies of a band, of every channel, about mid-grey.

    The filter is a sharp ring in the Fourier plane of the periodically continued image. Bands of
    one octave at 2, 4, 8, ... adjoin: in float, they and the low-pass below the lowest add up to
    the image. A band has mean 0 and both signs, so `offset` is added to make it a picture; what
    then still leaves [0, 1] is clipped: `clipped_share` says how much.

    Attributes:
        centre: Geometric centre of the band, in cycles per image. More than 0. An image holds
            frequencies from 1 to half its diagonal in pixels (22.6 at 32 px); of a band beyond
            them, mid-grey is left.
        octaves: Width of the band: from `centre` / 2^(octaves / 2) to `centre` * 2^(octaves / 2).
            More than 0.

    Raises:
        ConfigError: If `centre` or `octaves` is not positive or not finite.

    Source:
        Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 3, on low and high frequencies.
        Differs: a ring between two frequencies, of a width in octaves.
    """

    version: ClassVar[int] = 1
    offset: ClassVar[float] = 0.5

    centre: float
    octaves: float = 1.0

    def __post_init__(self) -> None:
        require_band(self.centre, self.octaves)

    def clipped_share(self, images: Images) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        return outside_share(self._shown(images))

    def _shown(self, images: Images) -> Images:
        height, width = images.shape[2:]
        band = in_band(height, width, self.centre, self.octaves)
        return filtered(images, band.astype(float)).add_(self.offset)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the frequencies of the band.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.

        Returns:
            Pixels in [0, 1]; where nothing is in the band, 1/2.

        Raises:
            RangeError: If `images` leaves [0, 1].
        """
        images = require_pixels(images)
        return self._shown(images).clamp_(0, 1)
