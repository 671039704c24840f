"""Answers on images whose shape and texture tell different classes, from records.

It knows which cue an answer follows and who shares a class or a source; the colour is not counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from cuelens.clusters import (
    Clusters,
    crossed_difference_of_ratios,
    crossed_ratio,
    ratio_by_cluster,
)
from cuelens.errors import ConfigError, RecordError
from cuelens.means import mean
from cuelens.metrics import cue_answers
from cuelens.ratios import difference_of_ratios, ratio
from cuelens.statistics import Difference, Estimate, Values
from cuelens.study.outcomes.outcomes import require_columns

__all__ = [
    "Answers",
    "answers_of",
    "bias_of",
    "shape_bias_difference",
    "summarise_answers",
    "with_widest",
]

_COLUMNS = (
    "model", "dataset", "condition", "draw", "image", "data", "prediction", "shape", "texture",
    "shape_rank", "texture_rank",
)  # fmt: skip
_TABLE = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "n": pl.Int64(),
    "shape": pl.Int64(),
    "texture": pl.Int64(),
    "other": pl.Int64(),
    "congruent": pl.Int64(),
    "bias": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
    "class_low": pl.Float64(),
    "class_high": pl.Float64(),
    "classes": pl.Int64(),
    "crossed_low": pl.Float64(),
    "crossed_high": pl.Float64(),
    "shape_reciprocal_rank": pl.Float64(),
    "shape_rank_low": pl.Float64(),
    "shape_rank_high": pl.Float64(),
    "texture_reciprocal_rank": pl.Float64(),
    "texture_rank_low": pl.Float64(),
    "texture_rank_high": pl.Float64(),
    "note": pl.String(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Which cues one model's answers follow, on the images whose shape and texture differ.

    Attributes:
        model: Its name.
        dataset: Name of the data set.
        condition: Name of the condition.
        data: Fingerprint of the data set.
        images: Ids, sorted.
        by_shape: Share of draws in which the answer is the shape's class, one entry an image.
        by_either: Share of draws in which it is the shape's or the texture's class.
        counts: Answers of all draws: "shape", "texture", "other"; "congruent" were left out.
        shape_class: The class of each image's shape.
        sources: Where each image's shape and texture come from, if the records tell.
        reciprocal_ranks: Of the class of each cue among all classes, "shape" and "texture": 1 where
            it is the answer, one entry an image, mean over draws. A cue without known ranks is
            not there.
    """

    model: str
    dataset: str
    condition: str
    data: str
    images: tuple[str, ...]
    by_shape: Values
    by_either: Values
    counts: Mapping[str, int]
    shape_class: Clusters
    sources: tuple[Clusters, Clusters] | None
    reciprocal_ranks: Mapping[str, Values]


def answers_of(predictions: pl.DataFrame) -> tuple[Answers, ...]:
    """Read the answers of each model, data set and condition whose cues are in conflict.

    Args:
        predictions: Records of predictions. The columns `shape_source` and `texture_source`,
            where every image has them, name what images share.

    Returns:
        In the order of the records; nothing for a data set whose cues always agree.

    Raises:
        RecordError: If a column is missing, or an image has two records of one draw.
    """
    require_columns("predictions", predictions, _COLUMNS)
    differing = predictions.filter(pl.col("shape") != pl.col("texture"))  # both are known
    twice = differing.select("model", "dataset", "condition", "draw", "image").is_duplicated()
    if twice.any():
        row = differing.filter(twice).row(0, named=True)
        raise RecordError(
            "Each image must have one record a model, condition and draw, got several of "
            f"{row['image']!r} ({row['model']}, {row['condition']}). "
            "Read the parts of one evaluation only."
        )
    place = ["model", "dataset", "condition"]
    alike = predictions.filter(pl.col("shape") == pl.col("texture")).group_by(place).len()
    congruent = {tuple(names): count for *names, count in alike.iter_rows()}
    return tuple(
        _answers(
            (str(model), str(dataset), str(condition)),
            part.sort("image", "draw"),
            congruent.get((model, dataset, condition), 0),
        )
        for (model, dataset, condition), part in differing.group_by(place, maintain_order=True)
    )


def _answers(names: tuple[str, str, str], rows: pl.DataFrame, congruent: int) -> Answers:
    model, dataset, condition = names
    prediction, shape, texture = (
        rows[column].to_numpy().astype(np.int64) for column in ("prediction", "shape", "texture")
    )
    answers = cue_answers(prediction, shape, texture)
    ranked = [cue for cue in ("shape", "texture") if not rows[f"{cue}_rank"].has_nulls()]
    sourced = _sourced(rows)
    images = (
        rows.with_columns(
            by_shape=pl.Series(answers.follows_shape), by_either=pl.Series(answers.follows_either)
        )
        .group_by("image")
        .agg(
            pl.col("by_shape", "by_either").mean(),
            *((1 / pl.col(f"{cue}_rank")).mean().alias(f"{cue}_rank") for cue in ranked),
            pl.col("shape", *(("shape_source", "texture_source") if sourced else ())).first(),
        )
        .sort("image")
    )
    by_shape, by_texture = int(answers.shape.sum()), int(answers.texture.sum())
    return Answers(
        model=model,
        dataset=dataset,
        condition=condition,
        data=str(rows["data"].to_list()[0]),
        images=tuple(images["image"].to_list()),
        by_shape=_values(images["by_shape"]),
        by_either=_values(images["by_either"]),
        counts={
            "shape": by_shape,
            "texture": by_texture,
            "other": len(rows) - by_shape - by_texture,
            "congruent": congruent,
        },
        shape_class=images["shape"].to_numpy().astype(np.int64),
        sources=(_codes(images["shape_source"]), _codes(images["texture_source"]))
        if sourced
        else None,
        reciprocal_ranks={cue: _values(images[f"{cue}_rank"]) for cue in ranked},
    )


def _sourced(rows: pl.DataFrame) -> bool:
    """Return whether the records tell what images share, and some do share something."""
    columns = ("shape_source", "texture_source")
    if not all(name in rows.columns and not rows[name].has_nulls() for name in columns):
        return False
    images = rows["image"].n_unique()
    return any(rows[name].n_unique() < images for name in columns)


def _codes(column: pl.Series) -> Clusters:
    codes: Clusters = column.rank("dense").to_numpy().astype(np.int64)
    return codes


def _values(column: pl.Series) -> Values:
    values: Values = column.to_numpy().astype(np.float64)
    return values


def _rank_estimate(one: Answers, cue: str) -> Estimate | None:
    """Return the mean reciprocal rank of a cue's class; None where there is none, or one image."""
    values = one.reciprocal_ranks.get(cue)
    if values is None or len(values) < 2:
        return None
    if one.sources is None:
        return mean(values, within=(0.0, 1.0))
    return crossed_ratio(values, np.ones_like(values), *one.sources)


def summarise_answers(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return how many answers follow shape, texture or neither, and the shape bias.

    Args:
        predictions: Records of predictions.

    Returns:
        A row for each model, data set and condition whose cues are in conflict: model, dataset,
        condition, n (answers), shape, texture, other, congruent (left out), bias with low, high
        and method (by image), class_low and class_high (t over the `classes` shape classes,
        which are few), crossed_low and crossed_high (where the records name the sources),
        shape_reciprocal_rank with shape_rank_low and shape_rank_high, the same of texture (crossed
        where the sources are known, else Student's t by image; null where ranks are), note. The
        bias is null only where `note` says why.

    Raises:
        RecordError: If a column is missing, or an image has two records of one draw.
    """
    return pl.DataFrame([_row(one) for one in answers_of(predictions)], schema=_TABLE)


def _row(one: Answers) -> dict[str, object]:
    row: dict[str, object] = {
        "model": one.model,
        "dataset": one.dataset,
        "condition": one.condition,
        "n": one.counts["shape"] + one.counts["texture"] + one.counts["other"],
        **one.counts,
    }
    for cue in ("shape", "texture"):
        found = _rank_estimate(one, cue)
        if found is not None:
            row[f"{cue}_reciprocal_rank"] = found.value
            row[f"{cue}_rank_low"], row[f"{cue}_rank_high"] = found.low, found.high
    if not one.by_either.any():
        return row | {"note": "no answer follows shape or texture"}
    return row | dict(_bias(one))


def _bias(one: Answers) -> Iterator[tuple[str, object]]:
    """Return the bias with its intervals."""
    by_image = ratio(one.by_shape, one.by_either)
    yield from (("bias", by_image.value), ("low", by_image.low), ("high", by_image.high))
    yield "method", "Wilson, by image"
    try:
        by_class = ratio_by_cluster(one.by_shape, one.by_either, one.shape_class)
    except ConfigError:
        yield "note", "one class only, so no interval by class"
    else:
        yield from (("class_low", by_class.low), ("class_high", by_class.high))
        yield "classes", by_class.n
    if one.sources is not None:
        crossed = crossed_ratio(one.by_shape, one.by_either, *one.sources)
        yield from (("crossed_low", crossed.low), ("crossed_high", crossed.high))


def bias_of(one: Answers) -> Estimate:
    """Return the shape bias of answers, some of which follow shape or texture.

    Returns:
        With the interval that counts: over shape and texture sources crossed where they are
        known, else by image.
    """
    if one.sources is not None:
        return crossed_ratio(one.by_shape, one.by_either, *one.sources)
    return ratio(one.by_shape, one.by_either)


def shape_bias_difference(first: Answers, second: Answers) -> Difference:
    """Return the first model's shape bias minus the second's, on the same images.

    Args:
        first: Answers of one model.
        second: Answers of another to the same images.

    Returns:
        A paired bootstrap over images; over shape and texture sources crossed, where they are
        known.

    Raises:
        RecordError: If the images are not the same.
        ConfigError: If a model's answers follow neither cue.

    Source:
        As `cuelens.ratios.difference_of_ratios`. Differs: none.
    """
    if (first.data, first.images) != (second.data, second.images):
        raise RecordError(
            f"Two shape biases must come from the same images, got {len(first.images)} of "
            f"{first.model} and {len(second.images)} others of {second.model}. "
            "Evaluate both on one conflict set."
        )
    parts = (first.by_shape, first.by_either, second.by_shape, second.by_either)
    if first.sources is not None:
        return crossed_difference_of_ratios(*parts, *first.sources)
    return difference_of_ratios(*parts)


def with_widest(answers: pl.DataFrame) -> pl.DataFrame:
    """Return answers whose low and high are of the widest interval of their shape bias.

    Args:
        answers: From `summarise_answers`: by image, by class and, where known, by sources crossed.
    """
    width = pl.col("high") - pl.col("low")
    for kind in ("class", "crossed"):
        low, high = f"{kind}_low", f"{kind}_high"
        if low in answers.columns:
            wider = (pl.col(high) - pl.col(low) > width).fill_null(value=False)
            answers = answers.with_columns(
                low=pl.when(wider).then(low).otherwise("low"),
                high=pl.when(wider).then(high).otherwise("high"),
            )
    return answers
