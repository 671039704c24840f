"""Records of predictions as aligned arrays: one entry an image, in one order for every model.

It knows which columns a record has and what makes two of them comparable; it counts nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cuelens.errors import RecordError
from cuelens.evaluation import FAMILIES, RecordStore
from cuelens.evaluation.tables import SCHEMAS
from cuelens.statistics import Values

__all__ = [
    "Outcomes",
    "Panel",
    "level_meant",
    "main_dataset",
    "read_predictions",
    "require_columns",
    "root_mean_square",
    "same_level",
    "why_not_paired",
]

CLEAN = "clean"
_COLUMNS = (
    "model", "dataset", "condition", "family", "level", "draw", "image", "weights", "data",
    "training_seed", "label", "prediction", "label_rank", "tie", "mean_square",
    "structural_distance",
)  # fmt: skip
_CLASSES = pl.col("probabilities").list.len().alias("classes")


def require_columns(table: str, frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a table that lacks columns.

    Raises:
        RecordError: With the names of the columns that are missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise RecordError(
            f"The records of {table} must have the columns {', '.join(columns)}, got none called "
            f"{', '.join(missing)}. Evaluate again with this version."
        )


def read_predictions(store: RecordStore, keys: Sequence[str]) -> pl.DataFrame:
    """Return predictions to be counted: how many classes there are, in place of probabilities.

    Those of 1,000 classes would take twenty times the memory of everything else.

    Args:
        store: Where the records lie.
        keys: Which parts, in this order.

    Raises:
        RecordError: If a part is missing or damaged.
    """
    others = [name for name in SCHEMAS["predictions"].names() if name != "probabilities"]
    return store.read("predictions", keys, columns=[*others, _CLASSES])


def root_mean_square(values: Values) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.square(values).mean()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """What one model makes of one data set under one condition.

    Attributes:
        model: Its name.
        dataset: Name of the data set.
        condition: Name of the condition, such as "saturation=8".
        family: Of the condition.
        level: Of the condition; None where it has none.
        images: Ids, sorted.
        data: Fingerprint of the data set.
        right: Share of draws in which the label is the answer, one entry an image.
        top3: Share of draws in which the label is among the three most probable classes; NaN where
            ranks are unknown.
        change: Root-mean-square pixel change, mean over draws.
        structure: Structural distance, mean over draws.
        tied: How many images have two best logits too close to call, in any draw; None where
            logits are unknown.
        draws: How many seeds of the condition there are.
        classes: How many answers a model can give: what is known of any model of the data set.
    """

    model: str
    dataset: str
    condition: str
    family: str
    level: float | None
    images: tuple[str, ...]
    data: str
    right: Values
    top3: Values
    change: Values
    structure: Values
    tied: int | None
    draws: int
    classes: int

    @property
    def place(self) -> float | None:
        """The level, also where the condition leaves it out; None where there is no scale."""
        return level_meant(self.family, self.level)


def why_not_paired(first: Outcomes, second: Outcomes) -> str | None:
    """Return why two outcomes cannot be compared image by image, or None where they can."""
    if first.data != second.data:
        return (
            f"{first.model} ({first.condition}) and {second.model} ({second.condition}) were "
            "evaluated on different data"
        )
    if first.images != second.images:
        return (
            f"{first.model} has {len(first.images)} images under {first.condition} and "
            f"{second.model} {len(second.images)} under {second.condition}, not the same ones"
        )
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """The outcomes of all models, data sets and conditions of a study.

    Attributes:
        outcomes: By (model, dataset, condition), in the order of the records.
        seeds: Training seeds by model; None where unknown.
    """

    outcomes: Mapping[tuple[str, str, str], Outcomes]
    seeds: Mapping[str, int | None]

    @classmethod
    def of(cls, predictions: pl.DataFrame) -> "Panel":
        """Read the records of predictions, with their probabilities or as `read_predictions` does.

        Raises:
            RecordError: If a column is missing, an image has two records of one draw, a model has
                two sets of weights, or the draws of a condition differ in their images.
        """
        if "classes" not in predictions.columns:
            require_columns("predictions", predictions, ("probabilities",))
            predictions = predictions.with_columns(_CLASSES)
        require_columns("predictions", predictions, _COLUMNS)
        _require_one("weights", predictions, ("model",))
        _require_one("data", predictions, ("model", "dataset"))
        _require_one("family", predictions, ("model", "dataset", "condition"))
        _require_one("level", predictions, ("model", "dataset", "condition"))
        place = ("model", "dataset", "condition")
        images = (
            predictions.group_by(*place, "image")
            .agg(
                family=pl.col("family").first(),
                level=pl.col("level").first(),
                data=pl.col("data").first(),
                right=(pl.col("prediction") == pl.col("label")).cast(pl.Float64).mean(),
                top3=(pl.col("label_rank") <= 3).cast(pl.Float64).mean(),
                change=pl.col("mean_square").mean(),
                structure=pl.col("structural_distance").mean(),
                tied=pl.when(pl.col("tie").null_count() == 0).then(pl.col("tie").any()),
                rows=pl.len(),
                draws=pl.col("draw").n_unique(),
                classes=pl.col("classes").max(),
            )
            .sort(*place, "image")
            .with_columns(classes=pl.col("classes").max().over("dataset"))
        )
        twice = images.filter(pl.col("rows") != pl.col("draws"))
        if len(twice):
            row = twice.row(0, named=True)
            raise RecordError(
                f"Each image must have one record a model, condition and draw, got {row['rows']} "
                f"records in {row['draws']} draws of {row['image']!r} ({row['model']}, "
                f"{row['condition']}). Read the parts of one evaluation only."
            )
        parts = images.partition_by(*place, as_dict=True)
        order = predictions.select(place).unique(maintain_order=True)
        keys = [(str(a), str(b), str(c)) for a, b, c in order.iter_rows()]
        seeds = predictions.group_by("model").agg(pl.col("training_seed").first())
        known: dict[tuple[str, ...], tuple[str, ...]] = {}
        return cls(
            outcomes={key: _outcomes(key, parts[key], known) for key in keys},
            seeds=dict(seeds.iter_rows()),
        )

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order of the records."""
        return tuple(dict.fromkeys(model for model, _, _ in self.outcomes))

    def get(self, model: str, dataset: str, condition: str = CLEAN) -> Outcomes | None:
        """Return the outcomes, or None where there are no such records."""
        return self.outcomes.get((model, dataset, condition))

    def find(self, model: str, dataset: str, family: str, level: float | None) -> Outcomes | None:
        """Return the outcomes under the condition of this family and level, or None.

        Args:
            model: Its name.
            dataset: Name of the data set.
            family: Of the condition.
            level: Of the condition, written or meant: None finds the family's usual level too.

        Raises:
            RecordError: If several conditions have them.
        """
        found = [
            outcomes
            for (name, place, _), outcomes in self.outcomes.items()
            if (name, place, outcomes.family) == (model, dataset, family)
            and same_level(outcomes.place, level_meant(family, level))
        ]
        if len(found) > 1:
            names = ", ".join(outcomes.condition for outcomes in found)
            raise RecordError(
                f"One condition must have the family {family!r} and the level {level}, got "
                f"{names}. Give each its own family."
            )
        return found[0] if found else None


def main_dataset(predictions: pl.DataFrame) -> str:
    """Return the name of the main data set: the one evaluated under most conditions."""
    counts = predictions.group_by("dataset").agg(pl.col("condition").n_unique())
    return str(counts.sort("condition", "dataset", descending=[True, False])["dataset"][0])


def level_meant(family: str, level: float | None) -> float | None:
    """Return a condition's level, the family's usual one where it was left out."""
    return FAMILIES[family].place(level) if family in FAMILIES else level


def same_level(one: float | None, other: float | None) -> bool:
    """Return whether two levels are one, to the digits that a name shows."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(other))


def _require_one(column: str, frame: pl.DataFrame, group: tuple[str, ...]) -> None:
    several = frame.group_by(*group).agg(pl.col(column).n_unique()).filter(pl.col(column) > 1)
    if len(several):
        row = several.sort(*group).row(0, named=True)
        raise RecordError(
            f"The records must have one `{column}` for each {', '.join(group)}, got "
            f"{row[column]} for {', '.join(row[name] for name in group)}. "
            "Read the parts of one evaluation only."
        )


def _outcomes(
    key: tuple[str, str, str],
    rows: pl.DataFrame,
    known: dict[tuple[str, ...], tuple[str, ...]],
) -> Outcomes:
    """Return the outcomes of rows that are sorted by image; ids that are known are kept once."""
    model, dataset, condition = key
    draws = sorted(rows["draws"].unique().to_list())
    if len(draws) > 1:
        raise RecordError(
            f"Every draw of a condition must have the same images, got {draws[0]} to "
            f"{draws[-1]} draws an image ({model}, {condition}). "
            "Run the evaluation again: it goes on where it was."
        )
    level, images = rows["level"][0], tuple(rows["image"].to_list())
    return Outcomes(
        model=model,
        dataset=dataset,
        condition=condition,
        family=str(rows["family"][0]),
        level=None if level is None else float(level),
        images=known.setdefault(images, images),
        data=str(rows["data"][0]),
        right=_array(rows["right"]),
        top3=_array(rows["top3"]),
        change=_array(rows["change"]),
        structure=_array(rows["structure"]),
        tied=None if rows["tied"].has_nulls() else int(rows["tied"].sum()),
        draws=int(draws[0]),
        classes=max(int(count or 0) for count in rows["classes"].to_list()),
    )


def _array(column: pl.Series) -> Values:
    values: Values = column.cast(pl.Float64).to_numpy().astype(np.float64)
    return values
