"""What a path of gradients may begin at: images that show nothing, or nothing of some kind.

It knows images; it does not know paths.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images

__all__ = ["Baseline", "ConstantColour", "MeanColour", "UniformNoise"]


@runtime_checkable
class Baseline(Protocol):
    """Maps images to what they are compared with; every transform of images is one.

    From a blurred image on, `cuelens.transforms.GaussianBlur`, a path adds what the blur took; from
    a grey one on, `Greyscale`, it adds the colour.

    Attributes:
        version: Raised whenever the same settings give other pixels.
    """

    version: ClassVar[int]

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the baselines: pixels in [0, 1], shape and type of the images."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstantColour:
    """One brightness everywhere: black, white or a grey.

    Attributes:
        value: Of every pixel and channel: 0 is black, 1 white.

    Raises:
        ConfigError: If `value` is outside [0, 1].

    Source:
        Sundararajan et al., 2017, https://arxiv.org/abs/1703.01365, section 3 (black).
        Differs: any grey.
    """

    version: ClassVar[int] = 1

    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise ConfigError(
                f"`value` must be from 0 (black) to 1 (white), got {self.value:g}. "
                f"Did you mean {self.value:g}/255?"
            )

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return images of that brightness.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.
        """
        return images.new_full(images.shape, self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanColour:
    """Each image's own mean colour, everywhere: what is left when all contrast is gone.

    Source:
        ours. Differs: none.
    """

    version: ClassVar[int] = 1

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return images of one colour.

        Args:
            images: Pixels in [0, 1].
            chance: Unused.
        """
        means = images.detach().double().mean((2, 3), keepdim=True)
        return means.to(images).expand_as(images).clone()


@dataclass(frozen=True, kw_only=True, slots=True)
class UniformNoise:
    """Every pixel and channel drawn uniformly from [0, 1], for each image anew.

    Attributes:
        draw: Which draw; to average over several, give several baselines with different ones. At
            least 0.

    Raises:
        ConfigError: If `draw` is negative.

    Source:
        Sturmfels et al., 2020, https://doi.org/10.23915/distill.00022 (the uniform baseline).
        Differs: keyed by the image's id.
    """

    version: ClassVar[int] = 1

    draw: int = 0

    def __post_init__(self) -> None:
        if self.draw < 0:
            raise ConfigError(f"`draw` must be at least 0, got {self.draw}.")

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return noise.

        Args:
            images: Pixels in [0, 1]; their shape alone counts.
            chance: Of the noise.
        """
        drawn = chance.uniform(images.shape[1:], method="uniform-baseline", draw=self.draw)
        return drawn.to(images)
