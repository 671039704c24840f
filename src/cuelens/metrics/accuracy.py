"""Shares of images that a model gets right: clean, under a condition, under attack.

Every function takes arrays with one entry an image and returns a rate with its interval. Entries
of 0 and 1 (or bool) are outcomes; fractions are means over levels or draws of the same image.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Int, Shaped

from cuelens.errors import ConfigError
from cuelens.means import mean
from cuelens.ratios import difference_of_ratios, ratio
from cuelens.statistics import Difference, Estimate, Values

__all__ = [
    "Outcomes",
    "accuracy",
    "area",
    "chance_corrected",
    "cue_reliance",
    "pair_common_accuracy",
    "reciprocal_rank",
    "retention",
    "robust_accuracy",
    "top_k_accuracy",
]

Outcomes = Shaped[np.ndarray, " image"]
"""1 where the model is right and 0 where it is not, bool likewise, or a fraction between."""


def accuracy(right: Outcomes) -> Estimate:
    """Return the share of images that are right.

    Raises:
        ConfigError: If there is no image.
        RangeError: If an outcome is not in [0, 1].

    Source:
        The usual definition. Differs: none.
    """
    values = _numbers(right)
    return ratio(values, np.ones_like(values))


def top_k_accuracy(label_ranks: Int[np.ndarray, " image"], k: int) -> Estimate:
    """Return the share of images whose label is among the k most probable classes.

    Args:
        label_ranks: 1 for the most probable class.
        k: At least 1.

    Raises:
        ConfigError: If there is no image or `k` is less than 1.

    Source:
        Krizhevsky et al., 2012, section 2. Differs: none.
    """
    if k < 1:
        raise ConfigError(f"`k` must be at least 1, got {k}.")
    return accuracy(label_ranks <= k)


def retention(clean_right: Outcomes, right: Outcomes) -> Estimate:
    """Return the paper's "accuracy on correctly classified images".

    Args:
        clean_right: Whether the model gets the untouched image right.
        right: Whether it gets the transformed image right; or the mean over levels.

    Returns:
        sum(clean_right * right) / sum(clean_right). `n` is how many are right clean.

    Raises:
        ConfigError: If no image is right clean.
        RangeError: If an outcome is not in [0, 1].

    Source:
        Zhang and Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.
        Differs: a ratio of sums, where the published code averages the ratios of batches.
    """
    clean = _numbers(clean_right)
    return ratio(clean * _numbers(right), clean)


def pair_common_accuracy(
    clean_right: Outcomes, other_clean_right: Outcomes, right: Outcomes
) -> Estimate:
    """Return a model's accuracy on the images that it and another one both get right clean.

    Args:
        clean_right: Whether the model gets the untouched image right.
        other_clean_right: Whether the other model does.
        right: Whether the model gets the transformed image right.

    Raises:
        ConfigError: If no image is right clean for both.
        RangeError: If an outcome is not in [0, 1].

    Source:
        Retention over one denominator for two models. Differs: none.
    """
    return retention(_numbers(clean_right) * _numbers(other_clean_right), right)


def robust_accuracy(clean_right: Outcomes, fooled: Outcomes) -> Estimate:
    """Return the share of all images that are right clean and stay right under attack.

    Args:
        clean_right: Whether the model gets the untouched image right.
        fooled: Whether the attack found an image that it gets wrong.

    Raises:
        ConfigError: If there is no image.
        RangeError: If an outcome is not in [0, 1].

    Source:
        Madry et al., 2018, https://arxiv.org/abs/1706.06083. Differs: none.
    """
    return accuracy(_numbers(clean_right) * (1 - _numbers(fooled)))


def chance_corrected(kept: Estimate, classes: int) -> Estimate:
    """Return a retention on the scale where guessing is 0 and keeping all is 1.

    Args:
        kept: A retention, or another rate that guessing would give 1 / classes.
        classes: How many answers there are; at least 2.

    Raises:
        ConfigError: If there are fewer than 2 classes.

    Source:
        Abbott, 1925, https://doi.org/10.1093/jee/18.2.265a. Differs: none.
    """
    chance = 1 / _require_classes(classes)
    value, low, high = ((x - chance) / (1 - chance) for x in (kept.value, kept.low, kept.high))
    return replace(kept, value=value, low=low, high=high)


def area(right: Shaped[np.ndarray, "level image"]) -> Values:
    """Return each image's mean outcome over the levels of a condition, equal weights.

    Args:
        right: One row a level, one column an image.

    Returns:
        Fractions, for `accuracy`, `retention` and their differences.

    Raises:
        ConfigError: If there is no level.
    """
    if len(right) == 0:
        raise ConfigError("An area needs at least 1 level, got 0. Name the condition's levels.")
    means: Values = right.astype(np.float64).mean(0)
    return means


def cue_reliance(
    clean_right: Outcomes, suppressed: Outcomes, control: Outcomes, classes: int
) -> Difference:
    """Return how much more a model loses without a cue than under the condition's control.

    Args:
        clean_right: Whether the model gets the untouched image right.
        suppressed: Whether it gets the image without the cue right, or the mean over levels.
        control: Likewise under the control of equal image distance.
        classes: How many answers there are; at least 2.

    Returns:
        1 - chance-corrected retention when suppressed, minus the same for the control: 0 for a
        model that does not need the cue, 1 for one that knows nothing else.

    Raises:
        ConfigError: If no image is right clean or there are fewer than 2 classes.
        RangeError: If an outcome is not in [0, 1].

    Source:
        Burgert et al., 2025 (feature reliance). Differs: chance-corrected, and against a control.
    """
    clean = _numbers(clean_right)
    scale = 1 / (1 - 1 / _require_classes(classes))
    found = difference_of_ratios(
        clean * _numbers(control), clean, clean * _numbers(suppressed), clean
    )
    old = found.estimate
    estimate = replace(old, value=scale * old.value, low=scale * old.low, high=scale * old.high)
    return replace(found, estimate=estimate, error=scale * found.error)


def reciprocal_rank(ranks: Int[np.ndarray, " image"]) -> Estimate:
    """Return the mean of 1 / rank of a cue's label among all classes.

    Args:
        ranks: 1 for the most probable class; at least two images.

    Returns:
        In (0, 1], 1 where the cue's label is always on top.

    Raises:
        ConfigError: If there are fewer than two images, or a rank is less than 1.

    Source:
        Kim et al., 2026 (REFINED-BIAS). Differs: one cue at a time.
    """
    if len(ranks) and ranks.min() < 1:
        raise ConfigError(f"`ranks` must be at least 1, got {ranks.min()}.")
    return mean(1 / ranks.astype(np.float64), within=(0.0, 1.0))


def _numbers(outcomes: Outcomes) -> Values:
    values: Values = outcomes.astype(np.float64)
    return values


def _require_classes(classes: int) -> int:
    if classes < 2:
        raise ConfigError(f"`classes` must be at least 2, got {classes}.")
    return classes
