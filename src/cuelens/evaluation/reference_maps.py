"""Maps that no model makes: the edges of the image, and noise. What is no better explains nothing.

They keep the protocol of a salience method, so that everything that is measured of a method's maps
is measured of them alike; they are no methods to choose.
"""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.arguments import require_arguments
from cuelens.metrics import edge_strength
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.protocol import Salience
from cuelens.tensors import Images, Labels

__all__ = ["REFERENCE_MAPS", "EdgeMap", "NoiseMap"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeMap:
    """How steep the image is at each pixel, the same in every channel.

    Source:
        Adebayo et al., 2018, https://arxiv.org/abs/1810.03292, section 5.1.
        Differs: Sobel's slope, as `metrics.edge_strength` measures it.
    """

    version: ClassVar[int] = 1

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps; neither the classifier nor the labels matter.

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If the arguments are not of the same images.
        """
        images, _ = require_arguments(images, labels, chance)
        edges = edge_strength(images)[:, None] / images.shape[1]
        return edges.expand_as(images).to(images)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseMap:
    """A normal number at each pixel and channel, drawn by chance for each image.

    Source:
        Hooker et al., 2019, https://arxiv.org/abs/1806.10758, section 3 (random ranking).
        Differs: keyed.
    """

    version: ClassVar[int] = 1

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps; neither the classifier nor the labels matter, nor does the image.

        Raises:
            RangeError: If `images` leaves [0, 1].
            ConfigError: If the arguments are not of the same images.
        """
        images, _ = require_arguments(images, labels, chance)
        return chance.normal(images.shape[1:], method="noise-map").to(images)


REFERENCE_MAPS: dict[str, Salience] = {"edges": EdgeMap(), "noise": NoiseMap()}
"""By the names that records use in place of a method's."""
