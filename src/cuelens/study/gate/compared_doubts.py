"""What doubts a difference between two runs: the checks that doubt either of its two numbers.

It knows which checks are about which quantity; what each looks for is in `checks` and in
`cue_profiles`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from cuelens.metrics import accuracy
from cuelens.statistics import Estimate
from cuelens.study.checks.checks import FEW_IMAGES, guesses
from cuelens.study.gate.gate_quantities import Subject
from cuelens.study.gate.gate_rules import Rule
from cuelens.study.outcomes.cue_profiles import cue_profile, doubts_of_row
from cuelens.study.run_folder.run_records import RunRecords

__all__ = ["doubts_of_both", "doubts_of_value", "profile_in"]

_OF_RIGHT_IMAGES = ("retention", "cue_reliance")
"""Quantities of the images that a model gets right when clean."""


def profile_in(folder: Path, subjects: Mapping[str, Subject]) -> pl.DataFrame:
    """Return the cue profile of a run, its doubts with it.

    Args:
        folder: Of the run.
        subjects: Its models by name; at least one.

    Raises:
        MissingDataError: If the folder holds no records.
        RecordError: If those of how far images are from their controls' are damaged.
    """
    records = RunRecords.of(folder)
    records.require_whole("controls")
    controls = records.store.read("controls", records.parts.get("controls", ()))
    return cue_profile(next(iter(subjects.values())).panel, controls)


def doubts_of_value(
    rule: Rule, one: Subject, found: Estimate, profile: pl.DataFrame
) -> dict[str, str]:
    """Return the names of the checks that doubt a quantity of a model, each with its reason.

    Args:
        rule: Names the quantity.
        one: The model.
        found: The quantity.
        profile: Of the model's run, from `profile_in`.

    Returns:
        Of a cue reliance what its cue profile says; of that and of retention, `near-chance` and
        `few-images`, as reports have them.
    """
    return dict(_doubts(rule, one, found, profile))


def _doubts(
    rule: Rule, one: Subject, found: Estimate, profile: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    if rule.quantity not in _OF_RIGHT_IMAGES:
        return
    if rule.quantity == "cue_reliance" and rule.argument is not None:
        dataset = one.suppressed(rule.argument).dataset
        own = profile.filter(model=one.name, dataset=dataset, family=rule.argument)
        yield from doubts_of_row(own.row(0, named=True)).items()
    clean = one.outcomes(None)
    if clean.classes > 1 and guesses(accuracy(clean.right).low, 1 / clean.classes):
        why = "its clean accuracy cannot be told from guessing"
        yield "near-chance", f"{why}, so that its retention says nothing of cues"
    if found.n < FEW_IMAGES:
        yield "few-images", f"it rests on fewer than {FEW_IMAGES} images"


def doubts_of_both(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Return what doubts a difference: a reason that both runs give is said once.

    Args:
        now: Doubts of the run, from `doubts_of_value`.
        before: Those of the baseline.
    """
    return {name: _reason(now.get(name), before.get(name)) for name in {**now, **before}}


def _reason(now: str | None, before: str | None) -> str:
    if now == before:
        return str(now)
    sides = {"in the run": now, "in the baseline": before}
    return " and ".join(f"{where} {why}" for where, why in sides.items() if why is not None)
