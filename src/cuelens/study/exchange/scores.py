"""What decisions that were made elsewhere say: rates, shape bias, and pairs of observers."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cuelens.errors import ConfigError
from cuelens.metrics import accuracy
from cuelens.study.exchange.decisions import pool, read_decisions
from cuelens.study.outcomes.answers import summarise_answers
from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.consistency import error_consistencies

__all__ = ["FEW_OBSERVERS", "Scores", "score_decisions"]

FEW_OBSERVERS = 4
"""So many observers, pooled ones among them, are compared each with each if none is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """What decisions say.

    Attributes:
        accuracies: How often each observer is right: model, dataset, n (images), value, low, high,
            answers (several an image where observers are pooled).
        answers: Shape bias, as `summarise_answers` gives it; no row where cues always agree.
        comparisons: Of pairs that saw the same images, as `compare_models` gives them.
        consistencies: Likewise, as `error_consistencies` gives them.
        sentences: What a reader should know beside the numbers.
    """

    accuracies: pl.DataFrame
    answers: pl.DataFrame
    comparisons: pl.DataFrame
    consistencies: pl.DataFrame
    sentences: tuple[str, ...]


def score_decisions(
    places: Sequence[Path], *, pools: Mapping[str, str] | None = None, against: str | None = None
) -> Scores:
    """Return what decisions in CSV files say.

    Args:
        places: See `read_decisions`.
        pools: Names of observers that are several taken together, to the pattern of their names.
        against: Compare every observer with this one. None: each with each where there are at
            most `FEW_OBSERVERS`, else none.

    Raises:
        MissingDataError: If a place is not there.
        DataError: If a file or a row is not what it should be.
        ConfigError: If a pool fits nobody, or `against` is no observer.
    """
    decisions = read_decisions(places)
    decisions_alone = decisions.predictions
    for name, pattern in (pools or {}).items():
        decisions = pool(decisions, name, pattern)
    table = decisions.predictions
    observers = table["model"].unique(maintain_order=True).to_list()
    pairs = [(later, earlier) for earlier, later in itertools.combinations(observers, 2)]
    left_out = len(pairs) if against is None and len(observers) > FEW_OBSERVERS else 0
    if left_out:
        pairs = []
    if against is not None:
        if against not in observers:
            raise ConfigError(
                f"`--against` must be an observer, got {against!r}, but there are "
                f"{', '.join(observers)}."
            )
        pairs = [(other, against) for other in observers if other != against]
    answers = summarise_answers(table)
    uneven = _uneven(table)
    paired = table.filter(~pl.col("model").is_in(list(uneven)))
    alone = set(observers) - set(pools or {})
    comparisons = compare_models(paired, pairs=pairs)
    consistencies = error_consistencies(
        paired, pairs=[pair for pair in pairs if alone.issuperset(pair)]
    )
    return Scores(
        accuracies=_accuracies(table),
        answers=answers,
        comparisons=_of_same_images(comparisons, table),
        consistencies=_of_same_images(consistencies, table),
        sentences=(
            *_of_pools(pools or {}),
            *_sentences(decisions_alone, answers, uneven),
            *_of_pairs(left_out, observers),
        ),
    )


def _of_pools(pools: Iterable[str]) -> Iterator[str]:
    for name in pools:
        yield (
            f"{name} answered each image several times: its share right is the mean over images, "
            "shape, texture and other count every answer."
        )


def _of_pairs(left_out: int, observers: Sequence[str]) -> Iterator[str]:
    if left_out:
        yield (
            f"{len(observers)} observers make {left_out} pairs, which are not compared: give "
            f"`--against {observers[0]}`, or another, to compare all with one."
        )


def _uneven(table: pl.DataFrame) -> tuple[str, ...]:
    """Return the pooled observers that answered some images more often than others."""
    times = table.group_by("model", "dataset", "image").len()
    spread = times.group_by("model", "dataset").agg(pl.col("len").n_unique())
    return tuple(spread.filter(pl.col("len") > 1)["model"].unique().sort().to_list())


def _accuracies(table: pl.DataFrame) -> pl.DataFrame:
    rows = []
    right = (pl.col("prediction") == pl.col("label")).cast(pl.Float64)
    for (model, dataset), part in table.group_by("model", "dataset", maintain_order=True):
        images = part.group_by("image").agg(right.mean().alias("right")).sort("image")
        found = accuracy(images["right"].to_numpy())
        place = {"model": model, "dataset": dataset, "n": found.n}
        limits = {"value": found.value, "low": found.low, "high": found.high}
        rows.append(place | limits | {"answers": len(part)})
    return pl.DataFrame(rows)


def _of_same_images(pairs: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of pairs that saw the same images; others have nothing to compare."""
    seen = table.group_by("model", "dataset").agg(
        images=pl.col("image").unique().sort().str.join("\n")
    )
    for side in ("first", "second"):
        own = seen.rename({"model": side, "images": f"{side} saw"})
        pairs = pairs.join(own, on=[side, "dataset"], how="left", maintain_order="left")
    same = pairs.filter(pl.col("first saw") == pl.col("second saw"))
    return same.drop("first saw", "second saw")


def _sentences(table: pl.DataFrame, answers: pl.DataFrame, uneven: Sequence[str]) -> list[str]:
    found = [
        f"{name} answered some images more often than others, and is not compared in pairs."
        for name in uneven
    ]
    if len(answers) and table.filter(pl.col("shape").is_not_null())["shape_source"].has_nulls():
        found.append(
            "Where shape_source and texture_source are unknown, trials count as independent: "
            "images that share a shape or a texture make the intervals too narrow."
        )
    strange = table.filter(pl.col("prediction") < 0)
    if len(strange):
        found.append(
            f"{len(strange):,} of {len(table):,} answers are none of the classes (such as na): "
            "they are not right, and follow neither cue."
        )
    return found
