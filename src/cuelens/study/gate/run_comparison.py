"""Two runs side by side: every quantity that both have, model by model, on the same images.

It asks what the gate asks, of everything at once, and decides nothing: the differences are
exploratory and corrected by Holm over all of them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from scipy.special import ndtr

from cuelens.errors import ConfigError, CuelensError, RecordError
from cuelens.evaluation import RecordStore
from cuelens.statistics import Estimate, Z, holm
from cuelens.study.gate.compared_doubts import doubts_of_both, doubts_of_value, profile_in
from cuelens.study.gate.gate import subjects_in
from cuelens.study.gate.gate_quantities import Subject, difference, value
from cuelens.study.gate.gate_rules import read_rule
from cuelens.study.outcomes.cue_profiles import doubts_in_words
from cuelens.study.outcomes.outcomes import CLEAN, main_dataset, read_predictions
from cuelens.study.outcomes.suppressions import suppressions_of
from cuelens.study.run_folder.run_folder import read_parts, read_plan
from cuelens.study.verdicts.verdicts import Verdict, verdicts

__all__ = ["COMPARED_COLUMNS", "RunComparison", "compare_runs"]

COMPARED_COLUMNS = {
    "model": pl.String(), "quantity": pl.String(), "condition": pl.String(), "n": pl.Int64(),
    "before": pl.Float64(), "now": pl.Float64(), "difference": pl.Float64(), "low": pl.Float64(),
    "high": pl.Float64(), "p": pl.Float64(), "p_holm": pl.Float64(), "method": pl.String(),
    "doubts": pl.List(pl.String()), "note": pl.String(),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """What became of the models of a run in another one.

    Attributes:
        run: The run.
        baseline: The one that it is compared with.
        models: Names that both hold.
        alone: Names that one of them holds, with the run's folder.
        weights: Each model that both hold to the fingerprints of its network, in the run and in
            the baseline; of answers from outside, theirs.
        differences: The run minus the baseline, columns `COMPARED_COLUMNS`. `n` counts the images
            that count in either run. `doubts` names the checks that doubt either number, each with
            its reason in `note`; where there is no difference, `note` says why.
        verdicts: Each claim of the run's study to its verdicts there and in the baseline; None
            where a run does not state it or is no study.
        settings: Of the two studies; empty for what is none.
    """

    run: Path
    baseline: Path
    models: tuple[str, ...]
    alone: tuple[tuple[str, str], ...]
    weights: dict[str, tuple[str, str]]
    differences: pl.DataFrame
    verdicts: tuple[tuple[Verdict | None, Verdict | None], ...]
    settings: tuple[dict[str, Any], dict[str, Any]]

    @property
    def other_networks(self) -> tuple[str, ...]:
        """Names of the models whose networks are not the same in both runs."""
        return tuple(name for name, (now, before) in self.weights.items() if now != before)


def compare_runs(run: Path, baseline: Path) -> RunComparison:
    """Compare two runs, paired by image.

    Args:
        run: Folder of a study, an evaluation or an attack.
        baseline: Another one.

    Raises:
        ConfigError: If they share no model, or no quantity of the same images.
        MissingDataError: If a folder holds no records.
        RecordError: If records are damaged.
    """
    new, old = subjects_in(run, None), subjects_in(baseline, None)
    shared = tuple(name for name in new if name in old)
    if not shared:
        raise ConfigError(
            f"Two runs must share a model to be compared, got {', '.join(new) or 'none'} in {run} "
            f"and {', '.join(old) or 'none'} in {baseline}."
        )
    profiles = profile_in(run, new), profile_in(baseline, old)
    rows = [row for name in shared for row in _rows(new[name], old[name], profiles)]
    known = [row for row in rows if row["p"] is not None]
    if not known:
        raise ConfigError(
            f"Two runs must hold a quantity of the same images to be compared, got none in {run} "
            f"and {baseline}. Compare runs of the same data, split and seed; what each says of "
            "its claims stands in its own report.html."
        )
    for row, p in zip(known, holm([row["p"] for row in known]), strict=True):
        row["p_holm"] = p
    ours, theirs = _judged(run), _judged(baseline)
    return RunComparison(
        run=run,
        baseline=baseline,
        models=shared,
        alone=(
            *((name, str(run)) for name in new if name not in old),
            *((name, str(baseline)) for name in old if name not in new),
        ),
        weights={name: (new[name].weights, old[name].weights) for name in shared},
        differences=pl.DataFrame(rows, schema=COMPARED_COLUMNS),
        verdicts=tuple((ours.get(name), theirs.get(name)) for name in {**ours, **theirs}),
        settings=(_settings(run), _settings(baseline)),
    )


_Profiles = tuple[pl.DataFrame, pl.DataFrame]
"""Cue profiles of the run and of the baseline."""


def _rows(new: Subject, old: Subject, profiles: _Profiles) -> list[dict[str, Any]]:
    """Return a row for each quantity that both have."""
    there = set(_quantities(old))
    return [_row(new, old, profiles, *one) for one in _quantities(new) if one in there]


def _quantities(one: Subject) -> list[tuple[str, str]]:
    """Return what the records of a model hold: names of quantities and their arguments."""
    found: list[tuple[str, str]] = []
    for model, _, condition in one.panel.outcomes:
        if model == one.name and condition != CLEAN:
            found += [("accuracy", condition), ("retention", condition)]
        elif model == one.name:
            found.append(("accuracy", ""))
    attacks = one.attacks.filter(pl.col("model") == one.name)["condition"]
    found += [("robust_accuracy", name) for name in attacks.unique(maintain_order=True)]
    if any(answers.model == one.name for answers in one.answers):
        found.append(("shape_bias", ""))
    found += [
        ("cue_reliance", each.family.name)
        for each in suppressions_of(one.panel)
        if each.model == one.name and each.reason is None
    ]
    return list(dict.fromkeys(found))


def _row(
    new: Subject, old: Subject, profiles: _Profiles, quantity: str, argument: str
) -> dict[str, Any]:
    place = f"{quantity}[{argument}]" if argument else quantity
    row: dict[str, Any] = dict.fromkeys(COMPARED_COLUMNS)
    row |= {"model": new.name, "quantity": quantity, "condition": argument or CLEAN, "doubts": []}
    try:
        rule = read_rule(f"{place} >= baseline")
        found = difference(rule, new, old)
        now, before = value(rule, new), value(rule, old)
    except CuelensError as error:
        if not isinstance(error, ConfigError | RecordError):
            raise
        return row | {"note": str(error)}
    doubts = doubts_of_both(
        doubts_of_value(rule, new, now, profiles[0]),
        doubts_of_value(rule, old, before, profiles[1]),
    )
    return row | {
        "n": found.n, "before": before.value, "now": now.value, "difference": found.value,
        "low": found.low, "high": found.high, "p": _p(found), "method": found.method,
        "doubts": list(doubts), "note": doubts_in_words(doubts),
    }  # fmt: skip


def _p(one: Estimate) -> float:
    """Return the two-sided p-value of "no difference", read off the interval as if normal."""
    half = one.high - one.value if one.value < 0 else one.value - one.low
    if half > 0:
        return float(2 * ndtr(-Z * abs(one.value) / half))
    return 1.0 if one.value == 0 else 0.0


def _judged(folder: Path) -> dict[str, Verdict]:
    """Return the verdicts of a study that has come to its end; nothing of another run."""
    try:
        plan, parts = read_plan(folder), read_parts(folder)
    except CuelensError:
        return {}
    store = RecordStore(folder / "records")
    predictions = read_predictions(store, parts.get("predictions", []))
    salience = store.read("salience", parts.get("salience", []))
    dataset = main_dataset(predictions)
    found = verdicts(predictions, salience, plan.claims, plan.roles, dataset=dataset)
    return {one.claim.name: one for one in found}


def _settings(folder: Path) -> dict[str, Any]:
    """Return the settings of a study; nothing of another run."""
    try:
        return read_plan(folder).study.model_dump(mode="json", exclude_unset=True)
    except CuelensError:
        return {}
