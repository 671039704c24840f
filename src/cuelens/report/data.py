"""What a report is drawn from: plain numbers, names and pictures, every one already computed.

It knows which columns each table must have; it computes no statistics and reads no records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import polars as pl

from cuelens.errors import RecordError
from cuelens.evaluation import CONTROLS
from cuelens.report.strip import Strip
from cuelens.study.certificate import Certificate
from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.attack_curves import CURVE_COLUMNS, RESULT_COLUMNS
from cuelens.study.outcomes.cue_profiles import PROFILE_COLUMNS
from cuelens.study.outcomes.indistinct import LETTER_COLUMNS
from cuelens.study.outcomes.salience_comparisons import AGREEMENT_COLUMNS, DIFFERENCE_COLUMNS
from cuelens.study.preflight import Finding

__all__ = [
    "DoseResponse",
    "Effect",
    "ModelRow",
    "Outcome",
    "Rate",
    "ReportData",
    "Verdict",
]

Outcome = Literal["for", "against", "undecided", "not measured"]
"""What a claim comes to, as verdicts and reports say it."""

SUMMARY_COLUMNS = (
    "model", "dataset", "condition", "family", "level", "n", "quantity", "value", "low", "high",
    "method",
)  # fmt: skip
ANSWER_COLUMNS = (
    "model", "dataset", "condition", "n", "shape", "texture", "other", "bias", "low", "high",
    "method",
)  # fmt: skip
SALIENCE_COLUMNS = (
    "model", "dataset", "condition", "method", "measure", "n", "value", "low", "high",
)  # fmt: skip
DOSE_COLUMNS = ("series", "model", "contrast", "n", "value", "low", "high", "here")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A share of n images with its 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A difference between two models, the first minus the second.

    Attributes:
        first: Name of the model whose value is higher if `difference` is positive.
        second: Name of the model that it is compared with.
        difference: In the unit of its quantity: shares are in [-1, 1].
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: How many images, or trials, it rests on.
        p: Probability of so large a difference by chance, corrected within its family of claims.
        method: How the interval was made.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    n: int
    p: float | None = None
    method: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the numbers say of one claim.

    Attributes:
        key: Short name of the claim; checks refer to it.
        claim: The claim in words.
        outcome: For, against, undecided or not measured.
        sentence: Why, in words with numbers.
        quantity: What is compared, such as "retention, area over p = 8, 16, 64, 1024".
        direction: Which sign of the difference the claim expects.
        margin: How large a difference must be to count, in the unit of the effects.
        percent: Whether the effects are shares, to be shown in percentage points.
        effects: The comparisons behind the outcome, the main one first; none if not measured.
        notes: Sentences to stand beside it: other quantities, the rival explanation.
        confirmatory: Whether it was stated before the study ran.
    """

    key: str
    claim: str
    outcome: Outcome
    sentence: str
    quantity: str = ""
    direction: Literal["greater", "smaller"] = "greater"
    margin: float = 0.02
    percent: bool = True
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    confirmatory: bool = True

    def __post_init__(self) -> None:
        if self.outcome not in get_args(Outcome):
            raise RecordError(
                f"`outcome` of the verdict {self.key!r} must be one of "
                f"{', '.join(get_args(Outcome))}, got {self.outcome!r}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRow:
    """A model of the study.

    Attributes:
        name: As in every table; its place in `ReportData.models` gives it its colour.
        recipe: How it was trained, in words.
        network: Its architecture.
        parameters: How many numbers it learnt; None where unknown.
        clean: Accuracy on unchanged images.
        robust: Accuracy under the study's main attack; None where there was none.
        training_seconds: None where it was not trained here.
        seed: Its training seed; None where unknown.
        fingerprint: Of its weights.
    """

    name: str
    recipe: str
    network: str
    parameters: int | None
    clean: Rate | None
    robust: Rate | None = None
    training_seconds: float | None = None
    seed: int | None = None
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseResponse:
    """How an effect depends on the strength of a cue.

    Attributes:
        frame: Columns series, model, contrast, n, value, low, high, here; `here` marks this study's
            points, whose model is named; the others are of networks that come with cuelens.
        quantity: What `value` is, such as "shape bias, adversarial minus standard".
        radius: The attack's reach, in units of `contrast`; None to draw no line.
    """

    frame: pl.DataFrame
    quantity: str
    radius: float | None = None

    def __post_init__(self) -> None:
        _require("dose_response.frame", self.frame, DOSE_COLUMNS)


def _nothing(columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))


def _require(name: str, frame: pl.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise RecordError(
            f"`{name}` must have the columns {', '.join(columns)}, got none called "
            f"{', '.join(missing)}. Summarise the records again with this version."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportData:
    """Everything that a report shows.

    Attributes:
        title: A line that says what was studied.
        study: Short name of the study.
        created: Date, as YYYY-MM-DD; passed in, so that a report is a function of its data.
        verdicts: In the order of the claims.
        models: In the order of the study.
        summaries: One row for each model, dataset, condition and quantity: columns
            `SUMMARY_COLUMNS`. Quantities named in `wording.PERCENT` are shares in [0, 1].
        answers: Answers on conflict sets, columns `ANSWER_COLUMNS`; shape, texture and other are
            counts, bias is shape / (shape + texture) with its interval.
        salience: Mean measures of maps, columns `SALIENCE_COLUMNS`.
        salience_differences: Their differences between models, from `compare_salience`.
        salience_agreement: How alike the maps of two models are, from `summarise_agreements`.
        comparisons: Any columns; shown as they are.
        letters: Which models cannot be told apart, from `indistinct_models`.
        consistencies: Whether pairs of models err on the same images, from `error_consistencies`.
        disagreements: Sentences of `where_protocols_disagree`.
        profile: What each model keeps without each cue, from `cue_profile`.
        attack_results: Clean, each attack and the worst case, from `attack_results`.
        attack_curves: Attacks against their steps, from `attack_curves`.
        strips: Pictures of maps.
        checks: Named checks, of whatever result.
        settings: What determines the run; may be nested.
        versions: Of everything that computed it.
        controls: Family of conditions to the family that is its control.
        chance: Accuracy of guessing, 1 / classes; None to draw no line.
        dose_response: Effect against the strength of a cue, where known.
        headline: The sentence on top; None for the one that the verdicts give.
        certificate: What `cuelens selfcheck` found on the machine; None where it was not asked.
        preflights: What the pre-flight of each model found, by its name.
    """

    title: str
    study: str
    created: str
    verdicts: tuple[Verdict, ...]
    models: tuple[ModelRow, ...]
    summaries: pl.DataFrame
    answers: pl.DataFrame = field(default_factory=lambda: _nothing(ANSWER_COLUMNS))
    salience: pl.DataFrame = field(default_factory=lambda: _nothing(SALIENCE_COLUMNS))
    salience_differences: pl.DataFrame = field(default_factory=lambda: _nothing(DIFFERENCE_COLUMNS))
    salience_agreement: pl.DataFrame = field(default_factory=lambda: _nothing(AGREEMENT_COLUMNS))
    comparisons: pl.DataFrame = field(default_factory=pl.DataFrame)
    letters: pl.DataFrame = field(default_factory=lambda: _nothing(LETTER_COLUMNS))
    consistencies: pl.DataFrame = field(default_factory=pl.DataFrame)
    disagreements: tuple[str, ...] = ()
    profile: pl.DataFrame = field(default_factory=lambda: _nothing(PROFILE_COLUMNS))
    attack_results: pl.DataFrame = field(default_factory=lambda: _nothing(RESULT_COLUMNS))
    attack_curves: pl.DataFrame = field(default_factory=lambda: _nothing(CURVE_COLUMNS))
    strips: tuple[Strip, ...] = ()
    checks: tuple[Check, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=lambda: CONTROLS)
    chance: float | None = None
    dose_response: DoseResponse | None = None
    headline: str | None = None
    certificate: Certificate | None = None
    preflights: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require("summaries", self.summaries, SUMMARY_COLUMNS)
        _require("answers", self.answers, ANSWER_COLUMNS)
        _require("salience", self.salience, SALIENCE_COLUMNS)
        _require("salience_differences", self.salience_differences, DIFFERENCE_COLUMNS)
        _require("salience_agreement", self.salience_agreement, AGREEMENT_COLUMNS)
        _require("letters", self.letters, LETTER_COLUMNS)
        _require("profile", self.profile, PROFILE_COLUMNS)
        _require("attack_results", self.attack_results, RESULT_COLUMNS)
        _require("attack_curves", self.attack_curves, CURVE_COLUMNS)
        named = {model.name for model in self.models}
        for name in (
            "summaries", "answers", "salience", "profile", "attack_results", "attack_curves",
        ):  # fmt: skip
            strangers = set(getattr(self, name)["model"].drop_nulls()) - named
            if strangers:
                raise RecordError(
                    f"Every model in `{name}` must be one of `models` "
                    f"({', '.join(sorted(named))}), got {', '.join(sorted(strangers))}. "
                    "Add it to `models`, or leave its rows out."
                )
