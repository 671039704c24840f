"""Guided backpropagation: the gradient, of which every ReLU passes only what is positive."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from cuelens.arguments import require_arguments
from cuelens.networks.asking import ask
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.networks.rectifiers import rectifiers
from cuelens.randomness import Chance
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels, PerImage

__all__ = ["GuidedBackpropagation"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidedBackpropagation:
    """The gradient of the score, with negative gradients set to 0 on their way into each ReLU.

    ReLUs are found where autograd records them, whatever they are written as: modules, functions,
    methods, in place. ReLU6 counts as one; other activation functions (GELU, SiLU, LeakyReLU,
    sigmoid gates, ...) are refused, since the rule is not defined for them. A ReLU that is
    written as a product with a comparison is not seen.

    The map hardly depends on the last layers or on the class: it shows edges rather than reasons.
    See Adebayo et al., 2018, https://arxiv.org/abs/1810.03292.

    Attributes:
        score: What is explained.

    Source:
        Springenberg et al., 2015, https://arxiv.org/abs/1412.6806, section 3.4.
        Differs: of ReLU6 as well.
    """

    version: ClassVar[int] = 1

    score: Score = Score.LOGIT

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
            Score change per unit of pixel change along what raises it, signed; same shape as
            `images`.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If there are activation functions other than ReLU and ReLU6, or parts of
                the network that autograd cannot see into, or the logits are cut from the images.
        """
        images, labels = require_arguments(images, labels, chance)
        if not len(images):
            return images.clone()

        def scored(leaf: Images) -> PerImage:
            logits = ask(classify, leaf)
            for rectifier in rectifiers(logits, leaf):
                rectifier.register_prehook(_what_is_positive)
            return self.score(logits, labels)

        return input_gradient(scored, images)


def _what_is_positive(gradients: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(gradient.clamp_min(0) for gradient in gradients)
