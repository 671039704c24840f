"""Where protocols that score the same answers tell different stories, said in a sentence.

Shape bias counts only answers that follow one of two cues. A model that uses less of both cues, and
loses texture faster, has a larger shape bias; how high the two classes rank tells.
"""

import itertools

import numpy as np
import polars as pl

from cuelens.clusters import crossed_difference_of_ratios
from cuelens.means import difference_of_means
from cuelens.statistics import Estimate
from cuelens.study.outcomes.answers import Answers, answers_of, shape_bias_difference

__all__ = ["protocol_disagreement", "where_protocols_disagree"]

_READINGS = {
    ("falls", "falls"): "it uses less of both cues, and of texture still less than of shape",
    ("falls", "rises"): "its other answers, which shape bias does not count, tell otherwise",
    ("falls", None): "it uses shape less, not more",
    ("rises", "rises"): "it uses more of both cues, so it does not rely on texture any less",
    (None, "rises"): "it uses texture more, not less",
}
"""What is read off ranks that do not go with a larger shape bias: of shape, and of texture."""


def where_protocols_disagree(predictions: pl.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each pair of models whose shape bias and reciprocal ranks disagree.

    Args:
        predictions: Records of predictions.

    Raises:
        RecordError: If a column is missing, or an image has two records of one draw.
    """
    answers = answers_of(predictions)
    pairs = itertools.combinations(answers, 2)
    found = (
        protocol_disagreement(one, two)
        for one, two in pairs
        if (one.dataset, one.condition) == (two.dataset, two.condition)
    )
    return tuple(sentence for sentence in found if sentence is not None)


def protocol_disagreement(first: Answers, second: Answers) -> str | None:
    """Return a sentence where the larger shape bias is no stronger shape or weaker texture.

    Args:
        first: Answers of one model.
        second: Answers of another.

    Returns:
        None where the images are not the same, ranks are not known, the biases do not differ
        beyond their interval, or the ranks go with them: a shape that ranks higher, or a texture
        that ranks lower, and none that clearly goes the other way.

    Source:
        Kim et al., 2026 (REFINED-BIAS), where both cues' ranks are taken over all classes.
        Differs: stated only where intervals exclude 0.
    """
    if (first.data, first.images) != (second.data, second.images):
        return None
    if not (first.by_either.any() and second.by_either.any()):
        return None
    if not all({"shape", "texture"} <= set(one.reciprocal_ranks) for one in (first, second)):
        return None
    if len(first.images) < 2:
        return None
    bias = shape_bias_difference(first, second).estimate
    if bias.high < 0:
        return protocol_disagreement(second, first)
    if bias.low <= 0:
        return None
    shape, texture = (_rank_difference(first, second, cue) for cue in ("shape", "texture"))
    reading = _READINGS.get((_direction(shape), _direction(texture)))
    if reading is None:
        return None
    where = first.dataset if first.condition == "clean" else f"{first.dataset}, {first.condition}"
    return (
        f"Protocols disagree on {where}: {first.model} has a larger shape bias than {second.model} "
        f"({_shown(bias)}), but the mean reciprocal rank of the shape's class "
        f"{_direction(shape) or 'does not clearly change'} ({_shown(shape)}) and that of the "
        f"texture's {_direction(texture) or 'does not clearly change'} ({_shown(texture)}): "
        f"{reading}."
    )


def _rank_difference(first: Answers, second: Answers, cue: str) -> Estimate:
    one, two = first.reciprocal_ranks[cue], second.reciprocal_ranks[cue]
    if first.sources is None:
        return difference_of_means(one, two).estimate
    every = np.ones_like(one)
    return crossed_difference_of_ratios(one, every, two, every, *first.sources).estimate


def _direction(change: Estimate) -> str | None:
    return "falls" if change.high < 0 else "rises" if change.low > 0 else None


def _shown(change: Estimate) -> str:
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
