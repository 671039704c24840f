"""Which cue an answer follows where shape and texture tell different classes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from cuelens.ratios import ratio
from cuelens.statistics import Estimate, Values

__all__ = ["CueAnswers", "ShapeBias", "cue_answers", "shape_bias"]

ClassLabels = Int[np.ndarray, " image"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CueAnswers:
    """What each answer follows; all False where shape and texture agree.

    Attributes:
        differs: Whether the image's shape and texture classes differ.
        shape: Whether the answer is the shape's class, and they differ.
        texture: Whether the answer is the texture's class, and they differ.
    """

    differs: Bool[np.ndarray, " image"]
    shape: Bool[np.ndarray, " image"]
    texture: Bool[np.ndarray, " image"]

    @property
    def follows_shape(self) -> Values:
        """1 where the answer is the shape's class: the numerators of the bias."""
        return self.shape.astype(np.float64)

    @property
    def follows_either(self) -> Values:
        """1 where the answer is one of the two classes: the denominators of the bias."""
        either: Values = (self.shape | self.texture).astype(np.float64)
        return either


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapeBias:
    """Answers counted, and the share of shape among those that follow one of the two cues.

    Attributes:
        shape: How many answers are the shape's class.
        texture: How many are the texture's class.
        other: How many are neither.
        congruent: How many images were left out since their shape and texture classes agree.
        bias: shape / (shape + texture) with Wilson's interval by image; None where no answer
            follows either cue.
    """

    shape: int
    texture: int
    other: int
    congruent: int
    bias: Estimate | None


def cue_answers(predictions: ClassLabels, shape: ClassLabels, texture: ClassLabels) -> CueAnswers:
    """Return which cue each answer follows.

    Args:
        predictions: The class that the model answers.
        shape: The class of the image's shape.
        texture: The class of its texture.
    """
    differs = shape != texture
    return CueAnswers(
        differs=differs,
        shape=differs & (predictions == shape),
        texture=differs & (predictions == texture),
    )


def shape_bias(predictions: ClassLabels, shape: ClassLabels, texture: ClassLabels) -> ShapeBias:
    """Return how often the answers follow shape, and how often texture.

    Args:
        predictions: The class that the model answers.
        shape: The class of the image's shape.
        texture: The class of its texture.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.
        Differs: none.
    """
    answers = cue_answers(predictions, shape, texture)
    by_shape, by_texture = int(answers.shape.sum()), int(answers.texture.sum())
    differing = int(answers.differs.sum())
    return ShapeBias(
        shape=by_shape,
        texture=by_texture,
        other=differing - by_shape - by_texture,
        congruent=len(predictions) - differing,
        bias=ratio(answers.follows_shape, answers.follows_either)
        if by_shape + by_texture
        else None,
    )
