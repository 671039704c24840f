"""Input times gradient."""

from dataclasses import dataclass
from typing import ClassVar

from cuelens.arguments import require_arguments
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.salience.score import Score, require_score, score_gradient
from cuelens.tensors import Images, Labels

__all__ = ["InputXGradient"]


@dataclass(frozen=True, kw_only=True, slots=True)
class InputXGradient:
    """The gradient of the label's score times the pixel: what each pixel adds, were all linear.

    A black pixel adds nothing, whatever its gradient.

    Attributes:
        score: What is explained.

    Source:
        Shrikumar et al., 2016, https://arxiv.org/abs/1605.01713, section 3 (gradient * input).
        Differs: in pixel units, where black is 0, so that no normalisation changes what counts as
        nothing; of the cross-entropy unless told otherwise.
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
            In units of the score, signed; same shape as `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
        """
        images, labels = require_arguments(images, labels, chance)
        return score_gradient(classify, images, labels, self.score).mul_(images)
