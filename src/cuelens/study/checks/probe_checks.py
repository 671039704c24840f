"""Named checks of what was measured of a model before it was attacked.

It knows when a measure doubts a robust accuracy; how the measures are made is in
`evaluation.probes`, what attacks found in `attack_checks`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cuelens.evaluation.probes import READINGS
from cuelens.statistics import Values, holm, mcnemar, wilson
from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.outcomes import require_columns

__all__ = ["check_probes"]

_TINY_GRADIENT = 1e-12
_FEW_VANISH = 0.05
"""So many images of a sound and confident network may have a tiny gradient."""
_SAME = 1e-4
"""Logits that differ by less than this share of their range are the same."""
_PROBABILITY = 1e-4
_SURE = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class _Probe:
    """The measures of one model: one number an image each, images in one order."""

    model: str
    measures: Mapping[str, Values]

    def __getitem__(self, measure: str) -> Values:
        return self.measures[measure]

    @property
    def n(self) -> int:
        return len(self.measures["output_sum"])

    def differs(self, measure: str) -> bool:
        """Return whether a change of the logits is more than rounding, in any image."""
        return bool((self[measure] > _SAME * self["logit_range"]).any())

    def largest(self, measure: str) -> str:
        """Return the largest change of a logit, as sentences show it."""
        return f"{np.max(self[measure], initial=0.0):.2g}"


def check_probes(
    probes: pl.DataFrame, conditions: Mapping[str, Sequence[str]]
) -> tuple[Check, ...]:
    """Return what the probes of each model doubt.

    `gradients-vanish`, `probabilities-not-logits`, `randomised-outputs`, `train-mode` and
    `input-range`, in this order, model by model.

    Args:
        probes: Records of probes.
        conditions: By model: names of the attacks that are doubted with it.

    Raises:
        RecordError: If a column is missing.
    """
    require_columns("probes", probes, ("model", "dataset", "image", "measure", "value"))
    found = []
    for (model, _), part in probes.group_by("model", "dataset", maintain_order=True):
        values = {
            str(measure): rows.sort("image")["value"].to_numpy().astype(np.float64)
            for (measure,), rows in part.group_by("measure", maintain_order=True)
        }
        probe = _Probe(model=str(model), measures=values)
        for name, judge in _JUDGES.items():
            raised, words = judge(probe)
            about = (*conditions.get(probe.model, ()), probe.model)
            sentence = f"{probe.model}: {words}"
            found.append(Check(name=name, raised=raised, sentence=sentence, about=about))
    return tuple(found)


def _gradients(probe: _Probe) -> tuple[bool, str]:
    """A gradient that is no number counts as none."""
    lost = {
        loss: int((~(probe[f"{loss}_gradient"] >= _TINY_GRADIENT)).sum())
        for loss in ("cross_entropy", "margin")
    }
    many = {loss: wilson(count, probe.n).low > _FEW_VANISH for loss, count in lost.items()}
    words = (
        f"of {probe.n:,} images, the gradient of the cross-entropy is zero or below "
        f"{_TINY_GRADIENT:g} for {lost['cross_entropy']:,}, that of the margin for "
        f"{lost['margin']:,} (largest of an image's entries; at the median "
        f"{np.median(probe['cross_entropy_gradient']):.2g} and "
        f"{np.median(probe['margin_gradient']):.2g}); "
        f"{100 * probe['cross_entropy_zeros'].mean():.1f} and "
        f"{100 * probe['margin_zeros'].mean():.1f} % of all entries are exactly zero."
    )
    if many["margin"]:
        words += " Attacks that follow gradients cannot see where to go; only Square can."
    elif many["cross_entropy"]:
        words += (
            " Attacks on the cross-entropy, such as PGD and APGD-CE, cannot see where to go; "
            "those on the margin, such as APGD-T, FAB-T and Square, can."
        )
    return any(many.values()), words


def _probabilities(probe: _Probe) -> tuple[bool, str]:
    total, least = probe["output_sum"], float(probe["output_smallest"].min())
    are = least >= -_PROBABILITY and bool((np.abs(total - 1) <= _PROBABILITY).all())
    range_of_sums = f"{total.min():.4g} to {total.max():.4g}"
    if are:
        return True, (
            f"the outputs of all {probe.n:,} images are at least 0 and sum to 1 "
            f"({range_of_sums}): they are probabilities, not logits. Take the softmax out of the "
            "network; behind it gradients vanish, and every loss takes it once more."
        )
    return False, (
        f"the outputs are no probabilities (sums {range_of_sums}, smallest {least:.2g}, "
        f"n = {probe.n:,})."
    )


def _randomised(probe: _Probe) -> tuple[bool, str]:
    largest = probe.largest("repeat_change")
    if probe.differs("repeat_change"):
        return True, (
            f"two passes over the same {probe.n:,} images differ by up to {largest} in a logit: "
            "the outputs are randomised. Each step of an attack sees another network, and each "
            "verdict is one draw of many; fix what the network draws, or attack its mean."
        )
    return False, (
        f"two passes over the same {probe.n:,} images give the same logits (largest difference "
        f"{largest})."
    )


def _train_mode(probe: _Probe) -> tuple[bool, str]:
    """What shares a batch cannot be told from chance where outputs are randomised."""
    trains = bool(probe["train_mode"].any())
    words = f"it was given in {'train' if trains else 'eval'} mode"
    if probe.differs("repeat_change"):
        return False, (
            f"{words}; its outputs are randomised, so that what shares a batch or the mode changes "
            "cannot be told from chance."
        )
    if probe.differs("batch_change"):
        return True, (
            f"in eval mode the logits of an image change by up to "
            f"{probe.largest('batch_change')} with what shares its batch (n = {probe.n:,}), as "
            "behind batch norm in train mode. Its robust accuracy depends on how images are "
            "batched; let the network use running statistics."
        )
    if probe.differs("mode_change"):
        return True, (
            f"{words}, where its logits differ from those in eval mode by up to "
            f"{probe.largest('mode_change')} (n = {probe.n:,}). The records were made in eval "
            "mode; an attack that is called by itself takes the network as it is: call "
            "`network.eval()` before."
        )
    return False, (
        f"{words}"
        + (", which changes no logit," if trains else ",")
        + f" and what shares a batch changes no logit either (n = {probe.n:,})."
    )


def _input_range(probe: _Probe) -> tuple[bool, str]:
    given = probe["right_as_given"] > 0
    readings = {name: probe[name] > 0 for name in READINGS if name in probe.measures}
    p_values = [
        mcnemar(int((given & ~right).sum()), int((right & ~given).sum()))
        for right in readings.values()
    ]
    better = [
        (int(right.sum()), name, p)
        for (name, right), p in zip(readings.items(), holm(p_values), strict=True)
        if p < _SURE and right.sum() > given.sum()
    ]
    start = f"with its input specification it is right for {_share(int(given.sum()), probe.n)}"
    if better:
        count, name, p = max(better)
        return True, (
            f"{start}, given {READINGS[name]} for {_share(count, probe.n)} (McNemar p = {p:.2g}, "
            f"corrected for {len(readings)} readings): the specification does not fit. Correct its "
            "mean and deviation; the network may normalise by itself."
        )
    return False, (
        f"{start}; of {len(readings)} other readings of the pixels none is right for surely more."
    )


def _share(count: int, n: int) -> str:
    return f"{100 * count / n:.1f} % of {n:,} images"


_JUDGES: dict[str, Callable[[_Probe], tuple[bool, str]]] = {
    "gradients-vanish": _gradients,
    "probabilities-not-logits": _probabilities,
    "randomised-outputs": _randomised,
    "train-mode": _train_mode,
    "input-range": _input_range,
}
