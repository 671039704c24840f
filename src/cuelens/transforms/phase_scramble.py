"""Phase scrambling: takes shape and layout away, keeps how strong each spatial frequency is."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy
from jaxtyping import Float

from cuelens.arguments import require_chance
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.spectra import shift_phase
from cuelens.tensors import Images, PerImage, require_pixels
from cuelens.transforms.arguments import outside_share

__all__ = ["PhaseScramble"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseScramble:
    """Moves every wave of an image along by a random phase, the same in all channels.

    Where things are is in the phases; the amplitudes and the mean of each channel stay. The phases
    are those of white noise, another for each image, so that the result is a real picture; since
    the channels move together, grey stays grey. Values that leave [0, 1] are clipped, which
    changes amplitudes and mean a little: `clipped_share` says how many.

    Attributes:
        strength: From 0 to 1: phases move by at most this share of half a turn either way. 0
            changes nothing, 1 leaves nothing of the phases.

    Raises:
        ConfigError: If `strength` is outside [0, 1].

    Source:
        Geirhos et al., 2018, https://arxiv.org/abs/1808.08750, section 2.3 ("phase noise").
        Differs: of all channels alike, where the paper has grey images; strength 1 is the paper's
        180 degrees.
    """

    version: ClassVar[int] = 1

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ConfigError(
                f"`strength` must lie in [0, 1] (0 changes nothing, 1 moves phases by up to half "
                f"a turn), got {self.strength:g}."
            )

    def offsets(
        self, images: Images, chance: Chance
    ) -> Float[np.ndarray, "batch height half_width"]:
        """Return by how much each wave of each image moves, in radians, as `shift_phase` has it."""
        require_chance(chance, images)
        height, width = images.shape[2:]
        noise = chance.normal((height, width), method="phase-scramble").numpy()
        out = np.empty((len(images), height, width // 2 + 1))
        for picture, phases in zip(noise, out, strict=True):
            phases[:] = np.angle(scipy.fft.rfft2(picture.astype(np.float64)))
        out *= self.strength
        return out

    def clipped_share(self, images: Images, *, chance: Chance) -> PerImage:
        """Return the share of each image's values that leave [0, 1] and are clipped."""
        moved = shift_phase(images, self.offsets(images, chance))
        return outside_share(moved)

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the scrambled images.

        Args:
            images: Pixels in [0, 1].
            chance: Of the phases; every strength moves them the same way, by more or less.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If `chance` is not that of the images.
        """
        images = require_pixels(images)
        if self.strength == 0:
            return images.clone()
        return shift_phase(images, self.offsets(images, chance)).clamp_(0, 1)
