"""A linear probe: how much of a label can be read off features by a weighted sum.

It knows numbers in rows, not networks or images.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from cuelens.errors import ConfigError, RangeError
from cuelens.metrics.accuracy import accuracy
from cuelens.randomness import keyed_generator
from cuelens.statistics import Estimate

__all__ = ["LinearProbe", "Probed", "discriminants"]

Rows = Float[np.ndarray, "row feature"]
ProbedLabels = Int[np.ndarray, " row"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """What a probe reads of one label.

    Attributes:
        accuracy: Over the test rows, with Wilson's interval.
        chance: What a probe that sees no feature can reach: the share of the most frequent label
            among the test rows.
        penalty: The regularisation that was chosen.
    """

    accuracy: Estimate
    chance: float
    penalty: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearProbe:
    """Linear discriminants of standardised features, regularised, in closed form.

    Attributes:
        penalties: To choose from: what is added to the variance of every feature within a class,
            in units of the mean of those variances; positive, increasing. Of equally good ones
            the largest is taken.
        validation: Share of the training rows, drawn by chance, on which the penalty is chosen;
            the probe is then fitted to all of them.
        seed: Of that draw, at least 0.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Alain and Bengio, 2017, https://arxiv.org/abs/1610.01644; Hermann and Lampinen, 2020,
        https://arxiv.org/abs/2006.12433, section 3 (cues of Trifeature images).
        Friedman, 1989, https://doi.org/10.1080/01621459.1989.10478752 (the regularisation).
        Differs: discriminants, which need no optimiser, in place of logistic regression.
    """

    penalties: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
    validation: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.penalties or min(self.penalties) <= 0:
            raise ConfigError(f"`penalties` must be positive, at least one, got {self.penalties}.")
        if list(self.penalties) != sorted(self.penalties):
            raise ConfigError(f"`penalties` must increase, got {self.penalties}.")
        if not 0 < self.validation < 1:
            raise ConfigError(f"`validation` must be between 0 and 1, got {self.validation:g}.")
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")

    def __call__(
        self,
        features: Rows,
        labels: Mapping[str, ProbedLabels],
        test_features: Float[np.ndarray, "test feature"],
        test_labels: Mapping[str, Int[np.ndarray, " test"]],
    ) -> dict[str, Probed]:
        """Return how well each label is read off the features.

        Args:
            features: Of the rows to learn from; at least 4.
            labels: By name, one class a row.
            test_features: Of other rows.
            test_labels: By the same names.

        Returns:
            By name.

        Raises:
            ConfigError: If there are too few rows, or the names differ.
            RangeError: If a feature is not finite.
        """
        self._require(features, labels, test_features, test_labels)
        scaled, scaled_test = _standardised(features, test_features)
        order = keyed_generator(self.seed, "linear probe").permutation(len(features))
        held = max(1, round(self.validation * len(features)))
        chosen_on, fitted_on = order[:held], order[held:]
        probed = {}
        for name, own in labels.items():
            classes, codes = np.unique(own, return_inverse=True)
            tried = discriminants(
                scaled[fitted_on], codes[fitted_on], scaled[chosen_on], len(classes), self.penalties
            )
            right = [float(np.mean(each.argmax(1) == codes[chosen_on])) for each in tried]
            penalty = self.penalties[len(right) - 1 - right[::-1].index(max(right))]
            (scores,) = discriminants(scaled, codes, scaled_test, len(classes), (penalty,))
            test = test_labels[name]
            probed[name] = Probed(
                accuracy=accuracy(classes[scores.argmax(1)] == test),
                chance=float(np.unique(test, return_counts=True)[1].max() / len(test)),
                penalty=penalty,
            )
        return probed

    def _require(
        self,
        features: Rows,
        labels: Mapping[str, ProbedLabels],
        test_features: Float[np.ndarray, "test feature"],
        test_labels: Mapping[str, Int[np.ndarray, " test"]],
    ) -> None:
        if len(features) < 4 or not len(test_features):
            raise ConfigError(
                "A linear probe needs at least 4 rows to learn from and 1 to be tested on, got "
                f"{len(features)} and {len(test_features)}. Take more images."
            )
        if labels.keys() != test_labels.keys():
            raise ConfigError(
                "`labels` and `test_labels` must have the same names, got "
                f"{', '.join(labels)} and {', '.join(test_labels)}."
            )
        for name, values in (("features", features), ("test_features", test_features)):
            bad = int(np.count_nonzero(~np.isfinite(values)))
            if bad:
                raise RangeError(
                    f"`{name}` must be finite, got {bad:,} of {values.size:,} that are not. "
                    "Look at the network's weights and its input specification."
                )


def _standardised(
    features: Rows, test: Float[np.ndarray, "test feature"]
) -> tuple[Rows, Float[np.ndarray, "test feature"]]:
    """Return features of mean 0 and deviation 1; those that never change are 0."""
    rows, asked = features.astype(np.float64), test.astype(np.float64)
    mean, deviation = rows.mean(0), rows.std(0)
    still = deviation <= 1e-9 * np.abs(rows).max(0, initial=0.0)
    scale = np.where(still, np.inf, deviation)
    return (rows - mean) / scale, (asked - mean) / scale


def discriminants(
    features: Rows,
    codes: ProbedLabels,
    asked: Float[np.ndarray, "asked feature"],
    classes: int,
    penalties: tuple[float, ...],
) -> list[Float[np.ndarray, "asked class"]]:
    """Return how likely each class is for the asked rows, for each penalty.

    Args:
        features: Of the rows to learn from.
        codes: The class of each, 0 to classes - 1.
        asked: Features of other rows.
        classes: How many there are; one that has no row is never answered.
        penalties: See `LinearProbe`.

    Returns:
        Logarithms of probabilities but for a constant, of classes with normal distributions of
        one covariance: that within the classes plus the penalty.
    """
    rows, columns = features.shape
    counts = np.bincount(codes, minlength=classes).astype(np.float64)
    sums = np.zeros((classes, columns))
    np.add.at(sums, codes, features)
    centre = features.mean(0)
    means = sums / counts.clip(1)[:, None] - centre
    within = features - centre - means[codes]
    unit = max(float(np.square(within).sum()), 1e-12 * features.size) / features.size
    values, basis = _principal(within)
    moved = asked - centre
    inside, centres = moved @ basis, means @ basis
    with np.errstate(divide="ignore"):
        prior = np.log(counts / rows)
    scores = []
    for penalty in penalties:
        added = penalty * unit
        weights = 1 / (values + added) - 1 / added  # the rest of space has the penalty alone
        inner = (inside * weights) @ centres.T + moved @ means.T / added
        lengths = (centres * weights * centres).sum(1) + np.square(means).sum(1) / added
        scores.append(inner - lengths / 2 + prior)
    return scores


def _principal(
    within: Rows,
) -> tuple[Float[np.ndarray, " direction"], Float[np.ndarray, "feature direction"]]:
    """Return the variances of rows of mean 0 along their principal directions, and these."""
    rows, columns = within.shape
    if columns <= rows:
        values, vectors = np.linalg.eigh(within.T @ within / rows)
        return values.clip(0), vectors
    values, vectors = np.linalg.eigh(within @ within.T / rows)
    there = values > 1e-10 * max(values[-1], np.finfo(np.float64).tiny)
    values, vectors = values[there], vectors[:, there]
    return values, within.T @ vectors / np.sqrt(rows * values)
