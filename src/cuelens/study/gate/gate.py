"""A gate between two runs: which rules hold, which fail, and which the images do not decide.

A rule fails only where the statistics say so: its 95 % interval lies wholly on the wrong side of
the margin, and its one-sided p-value is below .025 after Holm's correction over all rules and
models of the gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from scipy.special import ndtr

from cuelens.errors import ConfigError, RecordError
from cuelens.statistics import CONFIDENCE, Estimate, Z, holm
from cuelens.study.gate.gate_quantities import Subject, difference, value
from cuelens.study.gate.gate_rules import Rule, read_rule
from cuelens.study.outcomes.outcomes import read_predictions
from cuelens.study.run_folder.run_folder import require_ended
from cuelens.study.run_folder.run_records import RunRecords

__all__ = ["Gate", "Outcome", "Ruling", "run_gate", "subjects_in"]

Outcome = Literal["holds", "fails", "undecided"]

_ALPHA = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What became of a rule for a model.

    Attributes:
        rule: The rule.
        model: Its name in the run.
        baseline_model: Its name in the baseline; None for a rule against a number.
        value: The quantity in the run.
        baseline_value: In the baseline; None for a rule against a number.
        estimate: What is held against the margin: the difference from the baseline, or the
            quantity, with its 95 % interval.
        p: One-sided p-value of "the rule holds", read off the interval as if it were normal, so
            that the two never disagree.
        p_holm: The same, corrected over the gate.
        outcome: "holds" where the interval lies wholly on the right side of the margin.
    """

    rule: Rule
    model: str
    baseline_model: str | None
    value: float
    baseline_value: float | None
    estimate: Estimate
    p: float
    p_holm: float
    outcome: Outcome

    @property
    def named(self) -> str:
        """The model, and that of the baseline where it has another name."""
        same = self.baseline_model in (None, self.model)
        return self.model if same else f"{self.model} against {self.baseline_model}"

    @property
    def sentence(self) -> str:
        """What was found, in words, with its numbers."""
        one, rule = self.estimate, self.rule
        interval = f"[{one.low:+.3f}, {one.high:+.3f}]"
        if self.baseline_value is None:
            interval = f"[{one.low:.3f}, {one.high:.3f}]"
            found = f"{rule.name} is {self.value:.3f} {interval}"
        else:
            found = (
                f"{rule.name} is {self.value:.3f}, baseline {self.baseline_value:.3f}: difference "
                f"{one.value:+.3f} {interval}"
            )
        return f"{self.named}: {found}, n {one.n:,}, {one.method}. {self._in_words()}"

    def _in_words(self) -> str:
        margin, side = f"{self.rule.offset:g}", "below" if self.rule.sign > 0 else "above"
        if self.outcome == "fails":
            return f"The interval lies wholly {side} {margin} (p {self.p_holm:.2g} by Holm): fails."
        if self.outcome == "holds":
            return f"The interval lies nowhere {side} {margin}: holds."
        if _wrong(self.rule, self.estimate):
            return (
                f"The interval lies wholly {side} {margin}, but with p {self.p_holm:.2g} after "
                "Holm's correction over the rules: undecided."
            )
        return f"The interval reaches to both sides of {margin}: undecided, more images would tell."


@dataclass(frozen=True, kw_only=True)
class Gate:
    """All rulings of a gate.

    Attributes:
        run: Folder of the run.
        baseline: Folder of the baseline; None where no rule needs one.
        rulings: By rule, then by model.
    """

    run: Path
    baseline: Path | None
    rulings: tuple[Ruling, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many rulings came out so."""
        return sum(one.outcome == outcome for one in self.rulings)

    @property
    def passed(self) -> bool:
        """Whether no rule fails; those that are undecided do not fail."""
        return not self.count("fails")

    @property
    def summary(self) -> str:
        """The gate in one sentence."""
        return (
            f"Gate {'passed' if self.passed else 'failed'}: {self.count('holds')} hold, "
            f"{self.count('fails')} fail, {self.count('undecided')} undecided, of "
            f"{len(self.rulings)}."
        )


def run_gate(
    run: Path,
    rules: Sequence[str],
    *,
    baseline: Path | None = None,
    models: Sequence[str] = (),
    dataset: str | None = None,
) -> Gate:
    """Hold a run against rules.

    Args:
        run: Folder of a study, an evaluation or an attack.
        rules: See `cuelens.study.gate.gate_rules.read_rule`; at least one.
        baseline: Folder of the run that rules compare with.
        models: Names, or NEW=OLD where a model has another name in the baseline. None: every model
            that both runs hold; without a baseline every model of the run.
        dataset: That quantities are of. None: the one under most conditions; of shape bias, the
            one whose cues are in conflict.

    Raises:
        ConfigError: If a rule is not to be understood, a baseline is missing, or a model unknown.
        MissingDataError: If a folder holds no records.
        RecordError: If records are damaged, do not hold what a rule needs, or are not of the same
            images.
    """
    read = [read_rule(text) for text in rules]
    if not read:
        raise ConfigError("`--rule` must be given at least once, got none.")
    needing = next((rule for rule in read if rule.against_baseline), None)
    if needing is not None and baseline is None:
        raise ConfigError(
            f"`--baseline` must be given for the rule {needing.text!r}, got none. Give the folder "
            "of the run to compare with."
        )
    new = subjects_in(run, dataset)
    old = {} if baseline is None else subjects_in(baseline, dataset)
    pairs = _pairs(new, old, models, run=run, baseline=baseline)
    found = [
        _ruling(rule, new[one], old.get(other) if other is not None else None)
        for rule in read
        for one, other in pairs
    ]
    corrected = holm([one.p for one in found])
    rulings = [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]
    judged = tuple(replace(one, outcome=_outcome(one)) for one in rulings)
    return Gate(run=run, baseline=baseline, rulings=judged)


def subjects_in(folder: Path, dataset: str | None) -> dict[str, Subject]:
    """Return the models of a run by name, with their records.

    Raises:
        MissingDataError: If the folder holds no records.
        RecordError: If they are damaged, or those of a study that has not come to its end: a model
            that was not asked yet would pass.
    """
    records = RunRecords.of(folder)
    require_ended(folder)
    for table in ("predictions", "attacks"):
        records.require_whole(table)
    return Subject.all_of(
        predictions=read_predictions(records.store, records.parts.get("predictions", ())),
        attacks=records.store.read("attacks", records.parts.get("attacks", ())),
        where=str(folder),
        dataset=dataset,
    )


def _pairs(
    new: Mapping[str, Subject],
    old: Mapping[str, Subject],
    models: Sequence[str],
    *,
    run: Path,
    baseline: Path | None,
) -> list[tuple[str, str | None]]:
    """Return the name of each model in the run and in the baseline."""
    if not models:
        found = [(name, name if name in old else None) for name in new]
        shared = found if baseline is None else [pair for pair in found if pair[1] is not None]
        if not shared:
            raise ConfigError(
                f"`--model` must say which models to compare, NEW=OLD, since {run} holds "
                f"{', '.join(new) or 'none'} and {baseline} {', '.join(old) or 'none'}."
            )
        return list(shared)
    pairs: list[tuple[str, str | None]] = []
    for text in models:
        # A name may hold "=" itself: what is a model's name as a whole is taken as one.
        name, split, other = (text, "", "") if text in new else text.partition("=")
        _require_known(name, new, run, text)
        if baseline is not None:
            _require_known(other if split else name, old, baseline, text)
        pairs.append((name, None if baseline is None else other or name))
    return pairs


def _require_known(name: str, among: Mapping[str, Subject], folder: Path, text: str) -> None:
    if name not in among:
        near = get_close_matches(name, among, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"`--model` must name models of {folder}, {', '.join(among) or 'none'}, got {name!r} "
            f"in {text!r}.{hint}"
        )


def _ruling(rule: Rule, new: Subject, old: Subject | None) -> Ruling:
    if rule.against_baseline and old is None:
        raise RecordError(
            f"The baseline must hold {new.name} for the rule {rule.text!r}, got none."
        )
    own = value(rule, new)
    estimate, before = own, None
    if rule.against_baseline and old is not None:
        before = value(rule, old).value
        estimate = difference(rule, new, old)
    return Ruling(
        rule=rule,
        model=new.name,
        baseline_model=old.name if rule.against_baseline and old is not None else None,
        value=own.value,
        baseline_value=before,
        estimate=estimate,
        p=_p(rule, estimate),
        p_holm=1.0,
        outcome="undecided",
    )


def _p(rule: Rule, one: Estimate) -> float:
    """Return the one-sided p-value of "the rule holds", as the interval has it."""
    short = rule.sign * (rule.offset - one.value)
    half = one.high - one.value if rule.sign > 0 else one.value - one.low
    if half > 0:
        return float(ndtr(-Z * short / half))
    return 0.0 if short > 0 else 1.0


def _wrong(rule: Rule, one: Estimate) -> bool:
    """Return whether an interval lies wholly on the wrong side of the margin."""
    return one.high < rule.offset if rule.sign > 0 else one.low > rule.offset


def _outcome(one: Ruling) -> Outcome:
    rule, estimate = one.rule, one.estimate
    if _wrong(rule, estimate) and one.p_holm < _ALPHA:
        return "fails"
    right = estimate.low >= rule.offset if rule.sign > 0 else estimate.high <= rule.offset
    return "holds" if right else "undecided"
