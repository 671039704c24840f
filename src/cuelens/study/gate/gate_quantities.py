"""A quantity of a model, and how it differs between two runs, image by image, from their records.

It knows what each name of a rule means and which comparison the protocol has for it; it decides
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

import numpy as np
import polars as pl

from cuelens.errors import RecordError
from cuelens.metrics import accuracy, cue_reliance, retention
from cuelens.ratios import difference_of_ratios
from cuelens.statistics import Estimate, Values, paired_difference
from cuelens.study.gate.gate_rules import Rule
from cuelens.study.outcomes.answers import Answers, answers_of, bias_of, shape_bias_difference
from cuelens.study.outcomes.outcomes import CLEAN, Outcomes, Panel, require_columns, why_not_paired
from cuelens.study.outcomes.reliance_differences import difference_of_reliances
from cuelens.study.outcomes.subsets import of_same_images
from cuelens.study.outcomes.suppressions import Suppression, suppressions_of

__all__ = ["Subject", "difference", "value"]

Kind = TypeVar("Kind")

_ATTACKS = ("model", "dataset", "condition", "image", "weights", "data", "clean_right", "fooled")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model of a run with its records.

    Attributes:
        name: Its name there.
        where: The run, in words for messages.
        weights: Fingerprint of its network; of several, where predictions and attacks differ, all.
        panel: Outcomes of the run's predictions, those of the model among them.
        answers: Of images whose cues are in conflict.
        attacks: Records of the run's attacks.
        dataset: The data set that quantities are of; None: the one under most conditions.
    """

    name: str
    where: str
    weights: str
    panel: Panel
    answers: tuple[Answers, ...]
    attacks: pl.DataFrame
    dataset: str | None

    @classmethod
    def all_of(
        cls, predictions: pl.DataFrame, attacks: pl.DataFrame, *, where: str, dataset: str | None
    ) -> dict[str, "Subject"]:
        """Return the models of a run by name.

        Raises:
            RecordError: If the records are incomplete or double.
        """
        require_columns("attacks", attacks, _ATTACKS)
        panel, answers = Panel.of(predictions), answers_of(predictions)
        networks = pl.concat([table.select("model", "weights") for table in (predictions, attacks)])
        networks = networks.unique(maintain_order=True)
        networks = networks.group_by("model", maintain_order=True).agg("weights")
        return {
            name: cls(
                name=name,
                where=where,
                weights=", ".join(weights),
                panel=panel,
                answers=answers,
                attacks=attacks,
                dataset=dataset,
            )
            for name, weights in networks.iter_rows()
        }

    def outcomes(self, condition: str | None) -> Outcomes:
        """Return what the model makes of a condition; None: of the clean images."""
        main = self._main()
        own = {
            place: one
            for (model, dataset, place), one in self.panel.outcomes.items()
            if (model, dataset) == (self.name, main)
        }
        return self._found(own, condition or CLEAN, "condition")

    def answering(self) -> Answers:
        """Return the answers to the images whose cues are in conflict."""
        own = {
            one.dataset: one
            for one in self.answers
            if one.model == self.name and one.condition == CLEAN
        }
        if self.dataset is not None:
            return self._found(own, self.dataset, "data set in conflict")
        if len(own) != 1:
            raise self._none(
                f"one data set whose shapes and textures differ, got {', '.join(own) or 'none'}. "
                "Name one with `--dataset`, or evaluate on cue-conflict images"
            )
        return next(iter(own.values()))

    def robust(self, attack: str) -> tuple[tuple[str, ...], str, Values]:
        """Return images, the data set's fingerprint, and which are right under an attack."""
        own = {
            str(place): rows
            for (place,), rows in self.attacks.filter(model=self.name)
            .partition_by("condition", as_dict=True, maintain_order=True)
            .items()
        }
        rows = self._found(own, attack, "attack")
        # A few fooled images may have been attacked once more to be shown: a data set of their own.
        sizes = rows.group_by("dataset").len().sort("len", "dataset")
        rows = rows.filter(dataset=self.dataset or str(sizes["dataset"][-1]))
        if rows.is_empty():
            raise self._none(f"the attack {attack!r} on the data set {self.dataset!r}")
        images = (
            rows.group_by("image")
            .agg(robust=pl.col("clean_right").all() & ~pl.col("fooled").any())
            .sort("image")
        )
        right: Values = images["robust"].to_numpy().astype(np.float64)
        return tuple(images["image"].to_list()), str(rows["data"].to_list()[0]), right

    def suppressed(self, family: str) -> Suppression:
        """Return a cue taken away, and its control."""
        main = self._main()
        own = {
            one.family.name: one
            for one in suppressions_of(self.panel)
            if (one.model, one.dataset) == (self.name, main)
        }
        found = self._found(own, family, "family of conditions that takes a cue away")
        if found.reason is not None or found.clean is None:
            raise self._none(f"a cue reliance under {family}: {found.reason}")
        return found

    def _main(self) -> str:
        """Return the data set that was asked for, or the one under most conditions."""
        places = [place for model, place, _ in self.panel.outcomes if model == self.name]
        counts = {name: places.count(name) for name in dict.fromkeys(places)}
        if self.dataset is not None:
            self._found(counts, self.dataset, "data set")
            return self.dataset
        most = [name for name, count in counts.items() if count == max(counts.values())]
        if len(most) != 1:
            raise self._none(
                f"one data set under most conditions, got {', '.join(most) or 'none'}. Name one "
                "with `--dataset`"
            )
        return most[0]

    def _found(self, among: Mapping[str, Kind], name: str, what: str) -> Kind:
        if name not in among:
            near = get_close_matches(name, among, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            known = ", ".join(among) or "none"
            raise self._none(f"the {what} {name!r}, got {known}.{hint}", end="")
        return among[name]

    def _none(self, wanted: str, *, end: str = ".") -> RecordError:
        return RecordError(f"The records of {self.name} in {self.where} must have {wanted}{end}")


def value(rule: Rule, one: Subject) -> Estimate:
    """Return a rule's quantity of a model, with its 95 % interval.

    Raises:
        RecordError: If the records do not hold it.
    """
    argument = rule.argument or ""
    if rule.quantity == "accuracy":
        return accuracy(one.outcomes(rule.argument).right)
    if rule.quantity == "retention":
        clean, kept = one.outcomes(None), one.outcomes(argument)
        return retention(*_kept(clean, kept, one))
    if rule.quantity == "robust_accuracy":
        return accuracy(one.robust(argument)[2])
    if rule.quantity == "shape_bias":
        answers = one.answering()
        if not answers.by_either.any():
            raise RecordError(
                f"No answer of {one.name} in {one.where} follows shape or texture, so that its "
                "shape bias is not known. Leave the rule out."
            )
        return bias_of(answers)
    found = one.suppressed(argument)
    clean = _clean(found)
    return cue_reliance(clean.right, found.kept, found.kept_under_control, clean.classes).estimate


def difference(rule: Rule, new: Subject, old: Subject) -> Estimate:
    """Return a rule's quantity of a model minus that of the baseline, on the same images.

    Returns:
        With a paired 95 % interval: Tango's for shares of the same images, of which there is one
        draw; paired bootstrap for retention, and for shape bias (sources crossed, where they are
        known); the delta method for cue reliance.

    Raises:
        RecordError: If the records do not hold it, or are not of the same images.
    """
    argument = rule.argument or ""
    if rule.quantity == "accuracy":
        one, two = new.outcomes(rule.argument), old.outcomes(rule.argument)
        _require_paired(rule, one, new, two, old)
        return _of_shares(one.right, two.right)
    if rule.quantity == "retention":
        clean, kept = new.outcomes(None), new.outcomes(argument)
        other_clean, other_kept = old.outcomes(None), old.outcomes(argument)
        _require_paired(rule, kept, new, other_kept, old)
        first, right = _kept(clean, kept, new)
        second, other_right = _kept(other_clean, other_kept, old)
        return difference_of_ratios(first * right, first, second * other_right, second).estimate
    if rule.quantity == "robust_accuracy":
        images, data, robust = new.robust(argument)
        other_images, other_data, other_robust = old.robust(argument)
        if (images, data) != (other_images, other_data):
            raise _unpaired(rule, _counts(images, new, other_images, old, data == other_data))
        return _of_shares(robust, other_robust)
    if rule.quantity == "shape_bias":
        value(rule, new), value(rule, old)  # names the one whose answers follow neither
        answers, other = new.answering(), old.answering()
        if (answers.data, answers.images) != (other.data, other.images):
            same = answers.data == other.data
            raise _unpaired(rule, _counts(answers.images, new, other.images, old, same))
        return shape_bias_difference(answers, other).estimate
    found = difference_of_reliances(new.suppressed(argument), old.suppressed(argument))
    if isinstance(found, str):
        raise _unpaired(rule, found)
    return found.estimate


def _of_shares(first: Values, second: Values) -> Estimate:
    """Return the difference of two shares of the same images."""
    if set(np.unique([first, second])) <= {0.0, 1.0}:
        only = int((first > second).sum()), int((second > first).sum())
        return paired_difference(*only, len(first))
    every = np.ones_like(first)
    return difference_of_ratios(first, every, second, every).estimate


def _kept(clean: Outcomes, kept: Outcomes, one: Subject) -> tuple[Values, Values]:
    clean, kept = of_same_images(clean, kept)
    reason = why_not_paired(clean, kept)
    if reason is None and not clean.right.any():
        reason = "no image is right clean"
    if reason is not None:
        raise RecordError(f"The retention of {one.name} in {one.where} is not known: {reason}.")
    return clean.right, kept.right


def _clean(found: Suppression) -> Outcomes:
    if found.clean is None or found.clean.classes < 2:
        raise RecordError(
            f"The cue reliance of {found.model} needs the number of classes, got records without "
            "probabilities. Leave the rule out."
        )
    return found.clean


def _require_paired(rule: Rule, one: Outcomes, new: Subject, two: Outcomes, old: Subject) -> None:
    if (one.data, one.images) != (two.data, two.images):
        raise _unpaired(rule, _counts(one.images, new, two.images, old, one.data == two.data))


def _counts(
    images: tuple[str, ...],
    new: Subject,
    other_images: tuple[str, ...],
    old: Subject,
    same_data: bool,
) -> str:
    what = "of the same data set" if same_data else "of another data set, or of changed images"
    return (
        f"{new.where} has {len(images):,} images of {new.name} and {old.where} "
        f"{len(other_images):,} of {old.name}, {what}"
    )


def _unpaired(rule: Rule, reason: str) -> RecordError:
    return RecordError(
        f"The rule {rule.text!r} must compare the same images, got others: {reason}. Evaluate both "
        f"on one data set, or hold {rule.name} against a number."
    )
