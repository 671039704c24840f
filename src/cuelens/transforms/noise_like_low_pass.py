"""The control of low-pass: noise that moves the pixels of each image as far."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.transforms.arguments import require_cutoff
from cuelens.transforms.low_pass import LowPass
from cuelens.transforms.matched_noise import NoiseLike

__all__ = ["NoiseLikeLowPass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseLikeLowPass(NoiseLike):
    """Adds white noise to each image, as much as a low-pass would change it.

    The noise is Gaussian and clipped to [0, 1]; its strength is solved for each image, so that the
    root-mean-square pixel change is that of `LowPass(cutoff=cutoff)`, clipping included. It
    disturbs all frequencies and takes none away: what a classifier loses to the low-pass beyond
    this is not lost to the mere size of the change.

    Attributes:
        cutoff: Of the low-pass that is matched, in cycles per image. At least 0.

    Raises:
        ConfigError: If `cutoff` is negative or not finite.

    Source:
        Our own control, for Yin et al., 2019, https://arxiv.org/abs/1906.08988, section 3.
        Differs: none.
    """

    version: ClassVar[int] = 2

    cutoff: float

    def __post_init__(self) -> None:
        require_cutoff(self.cutoff)

    @property
    def matched(self) -> LowPass:
        """What is matched."""
        return LowPass(cutoff=self.cutoff)
