"""The plain gradient."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.arguments import require_arguments
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.score import Score, require_score, score_gradient
from cuelens.tensors import Images, Labels

__all__ = ["Gradient"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gradient:
    """How much the score of the label changes with each pixel.

    Attributes:
        score: What is explained.

    Source:
        Simonyan et al., 2014, https://arxiv.org/abs/1312.6034, section 3.
        Differs: signed, and in pixel units; of the cross-entropy unless told otherwise, as in
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797.
    """

    version: ClassVar[int] = 1

    score: Score = Score.CROSS_ENTROPY

    def __post_init__(self) -> None:
        require_score(self.score)

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: Maps images to logits; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Unused.

        Returns:
            Score change per unit of pixel change, signed; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        return score_gradient(classify, images, labels, self.score)
