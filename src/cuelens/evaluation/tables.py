"""The columns of every table of records, and their version.

One row is one (model, condition, draw, image); the salience table has one row for each measure of
it. Whatever is shown anywhere is computed from these columns.
"""

from collections.abc import Mapping

import polars as pl

__all__ = ["SCHEMAS", "SCHEMA_VERSION", "empty", "table_of"]

SCHEMA_VERSION = 3
"""Raised whenever a column changes its name, type or meaning; part of every record's key."""

_COMMON: dict[str, pl.DataType] = {
    "model": pl.String(),
    "dataset": pl.String(),
    "condition": pl.String(),
    "family": pl.String(),
    "level": pl.Float64(),
    "draw": pl.Int64(),
    "image": pl.String(),
    "weights": pl.String(),
    "data": pl.String(),
    "precision": pl.String(),
    "training_seed": pl.Int64(),
    "settings": pl.String(),
}

_ATTACKS = pl.Schema(
    {
        **_COMMON,
        "label": pl.Int64(),
        "clean_right": pl.Boolean(),
        "fooled": pl.Boolean(),
        "steps": pl.Int64(),
        "length": pl.Float64(),
        "loss": pl.Float64(),
        "missed": pl.Boolean(),
        "norm": pl.String(),
        "broken_by": pl.String(),
        "points": pl.List(pl.Int64()),
        "losses": pl.List(pl.Float32()),
        "lengths": pl.List(pl.Float32()),
    }
)

SCHEMAS: dict[str, pl.Schema] = {
    "predictions": pl.Schema(
        {
            **_COMMON,
            "label": pl.Int64(),
            "prediction": pl.Int64(),
            "label_rank": pl.Int64(),
            "shape": pl.Int64(),
            "texture": pl.Int64(),
            "colour": pl.Int64(),
            "shape_rank": pl.Int64(),
            "texture_rank": pl.Int64(),
            "colour_rank": pl.Int64(),
            "shape_source": pl.String(),
            "texture_source": pl.String(),
            "probabilities": pl.List(pl.Float32()),
            "loss": pl.Float64(),
            "tie": pl.Boolean(),
            "mean_square": pl.Float64(),
            "structural_distance": pl.Float64(),
        }
    ),
    "attacks": _ATTACKS,
    # What attacks are gathered from, part by part; a study reads "attacks".
    "attack-parts": _ATTACKS,
    "salience": pl.Schema(
        {
            **_COMMON,
            "method": pl.String(),
            "label": pl.Int64(),
            "measure": pl.String(),
            "value": pl.Float64(),
        }
    ),
    "agreements": pl.Schema(
        {
            **_COMMON,
            "other": pl.String(),
            "other_weights": pl.String(),
            "method": pl.String(),
            "measure": pl.String(),
            "value": pl.Float64(),
        }
    ),
    "probes": pl.Schema({**_COMMON, "measure": pl.String(), "value": pl.Float64()}),
    # Of images alone: no model is asked how far a condition's are from its control's.
    "controls": pl.Schema(
        {
            "dataset": pl.String(),
            "data": pl.String(),
            "condition": pl.String(),
            "family": pl.String(),
            "level": pl.Float64(),
            "settings": pl.String(),
            "control": pl.String(),
            "draw": pl.Int64(),
            "image": pl.String(),
            "mean_square": pl.Float64(),
            "control_mean_square": pl.Float64(),
        }
    ),
}
"""Column names and types of each table, in order. What the columns mean:

- level: of a graded condition, in its own unit; null where there is no level.
- draw: the seed of the condition; `training_seed` is another thing, null where unknown.
- weights, data: fingerprints. precision: of the forward passes. settings: repr of the method.
- prediction: -1 where the network's answer is no number; then the loss is NaN, and every rank is
  one more than there are classes.
- label_rank, shape_rank, ...: 1 for the most probable class; equal logits rank by class index.
- shape_source, texture_source: what images share that show the same shape, or the same texture;
  null where that is not known, or nothing is shared.
- loss: cross-entropy in nats. tie: the two best logits differ by less than 1e-4.
- mean_square: root-mean-square pixel change against the clean image, in [0, 1].
- control_mean_square: the same against the image under `control`, the condition's control.
- structural_distance: 1 - structural similarity to the clean image, in [0, 2].
- fooled: confirmed in float32 by the untouched model; true where the clean image was wrong.
- steps, length: of the attack; length as `norm` says: "Linf" and "L2" in units of the pixel range,
  "pixels" the largest displacement of a flow. `level` is the radius in the same unit.
- label: the true class; of salience, the class that is explained.
- other, other_weights: the second of two models whose maps of an image are compared.
- missed: for the survivors that were attacked again in float32: was the fast path wrong to call
  the image robust? If so `fooled` is true as well. Null where not attacked again.
- broken_by: the attack that fooled the image; null where it is robust, or was wrong when clean.
- points, losses, lengths: cross-entropy in nats and length of the perturbation after so many steps
  of the attack; what an image that left had last is carried forward. Null where there was no
  attack, and in the worst case over several.
"""


def empty(table: str) -> pl.DataFrame:
    """Return a table with its columns and no rows."""
    return pl.DataFrame(schema=SCHEMAS[table])


def table_of(
    table: str, columns: Mapping[str, object], constants: Mapping[str, object]
) -> pl.DataFrame:
    """Return a table's rows from what varies and what is the same in all of them.

    Args:
        table: Which schema the rows must have.
        columns: Column names to arrays or lists of one length.
        constants: The other columns that are not null throughout.
    """
    schema = SCHEMAS[table]
    frame = pl.DataFrame(columns, schema_overrides={name: schema[name] for name in columns})
    rest = [
        pl.lit(constants.get(name), dtype=dtype).alias(name)
        for name, dtype in schema.items()
        if name not in columns
    ]
    return frame.with_columns(rest).select(schema.names())
