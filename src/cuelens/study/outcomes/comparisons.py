"""Pairs of models, image by image: which is right more often, and which keeps more.

Everything here is exploratory: it is shown, corrected as one family, and decides nothing. What
decides is in `verdicts`.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from scipy.special import ndtr

from cuelens.ratios import delta_difference_of_ratios, difference_of_ratios
from cuelens.statistics import Difference, Estimate, Values, holm, mcnemar, paired_difference
from cuelens.study.outcomes.answers import answers_of, shape_bias_difference
from cuelens.study.outcomes.outcomes import CLEAN, Outcomes, Panel, why_not_paired
from cuelens.study.outcomes.reliance_differences import compare_reliances
from cuelens.study.outcomes.subsets import of_same_images

__all__ = ["compare_models"]

_TABLE = {
    "dataset": pl.String(),
    "condition": pl.String(),
    "family": pl.String(),
    "level": pl.Float64(),
    "quantity": pl.String(),
    "first": pl.String(),
    "second": pl.String(),
    "n": pl.Int64(),
    "first_value": pl.Float64(),
    "second_value": pl.Float64(),
    "difference": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "only_first": pl.Int64(),
    "only_second": pl.Int64(),
    "p": pl.Float64(),
    "p_holm": pl.Float64(),
    "method": pl.String(),
    "note": pl.String(),
}


def compare_models(
    predictions: pl.DataFrame,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    panel: Panel | None = None,
) -> pl.DataFrame:
    """Return the paired differences of models under each condition.

    Args:
        predictions: Records of predictions.
        pairs: Names of the first and the second model of each comparison. None: every model
            against each one before it in the records.
        panel: Made of the same records; None: it is made here.

    Returns:
        Columns dataset, condition, family, level, quantity, first, second, n, first_value,
        second_value, difference (first minus second), low, high, only_first, only_second, p,
        p_holm, method, note. Quantities: "accuracy" and "pair-common accuracy" (on the images
        that both get right clean), each with exact McNemar p and Tango's interval where there is
        one draw; "retention" by the delta method (to draw thousands of pairs again takes minutes,
        and covers no better); "shape bias" where cues are in conflict; "cue reliance" where a
        control was run, with a note where another accuracy has another sign. `p_holm` is
        corrected over the whole table. A difference is null only where `note` says why.

    Raises:
        RecordError: If the records are incomplete or double.
    """
    panel = Panel.of(predictions) if panel is None else panel
    chosen = list(pairs) if pairs is not None else _every_pair(panel.models)
    rows = [
        *_right(panel, chosen),
        *_biases(predictions, chosen),
        *(
            row if found is None else row | _difference(found.estimate, _two_sided(found))
            for row, found in compare_reliances(panel, chosen)
        ),
    ]
    tested = [place for place, row in enumerate(rows) if row.get("p") is not None]
    corrected = holm([float(str(rows[place]["p"])) for place in tested])
    for place, p in zip(tested, corrected, strict=True):
        rows[place]["p_holm"] = p
    return pl.DataFrame(rows, schema=_TABLE)


def _every_pair(models: Sequence[str]) -> list[tuple[str, str]]:
    return [(later, earlier) for earlier, later in itertools.combinations(models, 2)]


def _right(panel: Panel, pairs: Sequence[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Return the rows of accuracy, pair-common accuracy and retention."""
    places = dict.fromkeys((dataset, condition) for _, dataset, condition in panel.outcomes)
    for (dataset, condition), (first, second) in itertools.product(places, pairs):
        one, two = (panel.get(model, dataset, condition) for model in (first, second))
        if one is None or two is None:
            continue
        place: dict[str, object] = {
            "dataset": dataset,
            "condition": condition,
            "family": one.family,
            "level": one.level,
            "first": first,
            "second": second,
        }
        reason = why_not_paired(one, two)
        everywhere = np.ones_like(one.right)
        yield place | {"quantity": "accuracy"} | _same_images(one, two, everywhere, reason)
        if one.family == CLEAN:
            continue
        clean = tuple(panel.get(model, dataset) for model in (first, second))
        yield from (place | row for row in _kept(one, two, clean, reason))


def _kept(
    one: Outcomes,
    two: Outcomes,
    clean: tuple[Outcomes | None, ...],
    reason: str | None,
) -> Iterator[dict[str, object]]:
    """Return the rows that need the clean images."""
    clean_one, clean_two = clean
    if clean_one is None or clean_two is None:
        reason = reason or "there are no records of the clean images"
    else:
        clean_one, clean_two, one, two = of_same_images(clean_one, clean_two, one, two)
        reason = reason or why_not_paired(clean_one, one) or why_not_paired(clean_two, two)
    if clean_one is None or clean_two is None or reason is not None:
        for quantity in ("pair-common accuracy", "retention"):
            yield {"quantity": quantity, "n": 0, "note": reason}
        return
    both = clean_one.right * clean_two.right
    shared = None if both.any() else "no image is right clean for both"
    yield {"quantity": "pair-common accuracy"} | _same_images(one, two, both, shared)
    for outcomes in (clean_one, clean_two):
        if not outcomes.right.any():
            note = f"no image is right clean for {outcomes.model}"
            yield {"quantity": "retention", "n": 0, "note": note}
            return
    above = (clean_one.right * one.right, clean_two.right * two.right)
    found = delta_difference_of_ratios(above[0], clean_one.right, above[1], clean_two.right)
    yield {
        "quantity": "retention",
        "first_value": above[0].sum() / clean_one.right.sum(),
        "second_value": above[1].sum() / clean_two.right.sum(),
        **_difference(found.estimate, _two_sided(found)),
    }


def _same_images(
    one: Outcomes, two: Outcomes, counted: Values, reason: str | None
) -> dict[str, object]:
    """Return the difference of two rates over the same images: those that are counted."""
    if reason is not None:
        return {"n": 0, "note": reason}
    first, second = one.right[counted > 0], two.right[counted > 0]
    values = {"first_value": first.mean(), "second_value": second.mean()}
    if one.draws == two.draws == 1:
        only = int((first > second).sum()), int((second > first).sum())
        found = paired_difference(*only, len(first))
        values |= {"only_first": only[0], "only_second": only[1]}
        return values | _difference(found, mcnemar(*only))
    every = np.ones_like(first)
    drawn = difference_of_ratios(first, every, second, every)
    return values | _difference(drawn.estimate, _two_sided(drawn))


def _biases(
    predictions: pl.DataFrame, pairs: Sequence[tuple[str, str]]
) -> Iterator[dict[str, object]]:
    """Return the rows of shape bias."""
    answers = {(a.dataset, a.condition, a.model): a for a in answers_of(predictions)}
    places = dict.fromkeys((dataset, condition) for dataset, condition, _ in answers)
    for (dataset, condition), (first, second) in itertools.product(places, pairs):
        one, two = (answers.get((dataset, condition, model)) for model in (first, second))
        if one is None or two is None:
            continue
        row: dict[str, object] = {
            "dataset": dataset,
            "condition": condition,
            "quantity": "shape bias",
            "first": first,
            "second": second,
        }
        silent = [a.model for a in (one, two) if not a.by_either.any()]
        if silent or one.images != two.images or one.data != two.data:
            note = (
                f"no answer of {silent[0]} follows shape or texture"
                if silent
                else "the images are not the same"
            )
            yield row | {"n": 0, "note": note}
            continue
        found = shape_bias_difference(one, two)
        row["first_value"] = one.by_shape.sum() / one.by_either.sum()
        row["second_value"] = two.by_shape.sum() / two.by_either.sum()
        yield row | _difference(found.estimate, _two_sided(found))


def _difference(found: Estimate, p: float) -> dict[str, object]:
    return {
        "n": found.n,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "p": p,
        "method": found.method,
    }


def _two_sided(found: Difference) -> float:
    """Return the two-sided normal p-value of "no difference"; a bootstrap's own cannot be small."""
    distance = abs(found.estimate.value)
    return 2 * float(ndtr(-distance / found.error)) if found.error else float(distance == 0)
