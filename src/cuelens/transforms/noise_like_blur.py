"""The control of Gaussian blur: noise that moves the pixels of each image as far."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.transforms.gaussian_blur import GaussianBlur
from cuelens.transforms.matched_noise import NoiseLike

__all__ = ["NoiseLikeBlur"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseLikeBlur(NoiseLike):
    """Adds white noise to each image, as much as a Gaussian blur would change it.

    The noise is Gaussian and clipped to [0, 1]; its strength is solved for each image, so that the
    root-mean-square pixel change is that of `GaussianBlur(deviation=deviation)`, clipping
    included. It disturbs all frequencies and takes none away: what a classifier loses to the blur
    beyond this is not lost to the mere size of the change.

    Attributes:
        deviation: Of the blur that is matched, in pixels. At least 0, where nothing changes.

    Raises:
        ConfigError: If `deviation` is negative or not finite.

    Source:
        Our own control, for Burgert et al., 2025, https://arxiv.org/abs/2509.20234, section 3.
        Differs: none.
    """

    version: ClassVar[int] = 2

    deviation: float

    def __post_init__(self) -> None:
        GaussianBlur(deviation=self.deviation)  # refuses what no blur has

    @property
    def matched(self) -> GaussianBlur:
        """What is matched."""
        return GaussianBlur(deviation=self.deviation)
