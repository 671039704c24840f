"""Answers that a model gave elsewhere, read from a CSV or Parquet file.

It knows columns, class names and numbers; which images were asked for is in `imports`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool, Float, Int
from polars.exceptions import PolarsError

from cuelens.errors import DataError, MissingDataError

__all__ = ["AnswerFile", "examples", "read_answers"]

Scores = Float[np.ndarray, "row class"]
Classes = Int[np.ndarray, " row"]

_KEYS = {"id": pl.String, "condition": pl.String, "dataset": pl.String, "draw": pl.Int64}
_KINDS = {"probability": "probabilities", "logit": "logits"}
_SUM_APART = 1e-3
_BEST_APART = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerFile:
    """What one file says.

    Attributes:
        keys: Columns id and condition, and dataset and draw where the file has them; one row an
            answer.
        prediction: Index of the class, -1 where there was no answer; one a row.
        logits: One row an answer, the logarithms of probabilities where those were given; None
            where the file holds predictions alone.
        given: "predictions", "probabilities" or "logits".
        named_by_file: Whether the condition is the file's name, for want of a column.
    """

    keys: pl.DataFrame
    prediction: Classes
    logits: Scores | None
    given: str
    named_by_file: bool = False


def examples(values: Sequence[object], *, count: int = 3) -> str:
    """Return the first few of many values, such as "'a', 'b', 'c' and 7 more"."""
    shown = ", ".join(repr(value) for value in values[:count])
    return shown if len(values) <= count else f"{shown} and {len(values) - count:,} more"


def read_answers(path: Path, class_names: Sequence[str]) -> AnswerFile:
    """Read one file of answers.

    Args:
        path: A CSV or Parquet file with the columns id, condition (the file's name without its
            ending if left out), perhaps dataset and draw, and: `prediction`, a class name, or an
            index where it is no name, or nothing where there was no answer; or
            `probability_CLASS` or `logit_CLASS` for every class, or a list column `probabilities`
            or `logits`; or both.
        class_names: In the order of the labels.

    Raises:
        MissingDataError: If there is no such file.
        DataError: If it cannot be read, lacks columns, or holds what is no class or no
            probability; how many and examples are named.
    """
    table = _table(path)
    if "id" not in table.columns:
        raise DataError(
            f"`{path}` must have a column `id`, got {', '.join(table.columns) or 'none'}. Take "
            "the ids of the manifest that `cuelens export` wrote."
        )
    if table.is_empty():
        raise DataError(
            f"`{path}` must hold at least one answer, got only column names. Give another file."
        )
    named_by_file = "condition" not in table.columns
    if named_by_file:
        table = table.with_columns(condition=pl.lit(path.name.removesuffix(path.suffix)))
    keys = table.select(
        pl.col(name).cast(kind, strict=False)
        for name, kind in _KEYS.items()
        if name in table.columns
    )
    stated = _stated(table, path, class_names) if "prediction" in table.columns else None
    found = _scores(table, path, class_names)
    if found is not None:
        logits, given = found
        valid = ~np.isnan(logits).any(1) & ~np.isposinf(logits).any(1)
        if stated is not None:
            _require_best(path, keys, stated, logits, valid)
        best = np.where(valid, np.where(np.isnan(logits), -np.inf, logits).argmax(1), -1)
        return AnswerFile(
            keys=keys,
            prediction=best if stated is None else stated,
            logits=logits,
            given=given,
            named_by_file=named_by_file,
        )
    if stated is None:
        raise DataError(
            f"`{path}` must have a column `prediction`, or `probability_CLASS` or `logit_CLASS` "
            f"for every class ({examples(class_names)}), got {', '.join(table.columns)}. Add one."
        )
    return AnswerFile(
        keys=keys,
        prediction=stated,
        logits=None,
        given="predictions",
        named_by_file=named_by_file,
    )


def _table(path: Path) -> pl.DataFrame:
    """Return the rows of a file; those of a CSV file as text."""
    if not path.is_file():
        raise MissingDataError(
            f"Expected a file of predictions at `{path}`, got nothing there. Give a CSV or "
            "Parquet file."
        )
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (PolarsError, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"`{path}` must be a CSV file in UTF-8 with column names in its first line, or end in "
            f".parquet and be one, got an error: {str(error).splitlines()[0]}. Save it anew."
        ) from error


def _stated(table: pl.DataFrame, path: Path, class_names: Sequence[str]) -> Classes:
    """Return the column `prediction` as class indices."""
    texts = table["prediction"].cast(pl.String, strict=False).str.strip_chars()
    codes = {str(place): place for place in range(len(class_names))}
    codes |= {name: place for place, name in enumerate(class_names)}  # a name comes before an index
    codes |= {"-1": -1, "": -1}
    found = texts.fill_null("").replace_strict(codes, default=None, return_dtype=pl.Int64)
    strange = texts.filter(found.is_null())
    if len(strange):
        raise DataError(
            f"`{path}`: `prediction` must be a class name ({examples(class_names)}), an index from "
            f"0 to {len(class_names) - 1}, or empty where there was no answer, got "
            f"{len(strange):,} others of {len(texts):,}: "
            f"{examples(strange.unique(maintain_order=True).to_list())}. Correct them."
        )
    codes_found: Classes = found.to_numpy().astype(np.int64)
    return codes_found


def _scores(
    table: pl.DataFrame, path: Path, class_names: Sequence[str]
) -> tuple[Scores, str] | None:
    """Return logits and what they were given as; None where the file has neither."""
    for kind, plural in _KINDS.items():
        if plural in table.columns:
            values = _listed(table[plural], path, plural, len(class_names))
        else:
            begins = f"{kind}_"
            named = [name for name in table.columns if name.startswith(begins)]
            if not named:
                continue
            columns = _columns(named, begins, path, class_names)
            values = np.stack([_numbers(table[name], path, name) for name in columns], axis=1)
        if kind == "logit":
            return values, plural
        _require_probabilities(path, table["id"], values)
        with np.errstate(divide="ignore"):
            return np.log(values), plural
    return None


def _columns(
    named: Sequence[str], begins: str, path: Path, class_names: Sequence[str]
) -> list[str]:
    """Return the columns in the order of the labels: by class name, or all by index."""
    by_name = [f"{begins}{name}" for name in class_names]
    by_index = [f"{begins}{place}" for place in range(len(class_names))]
    for wanted in (by_name, by_index):
        if set(wanted) == set(named):
            return wanted
    missing = [name for name in by_name if name not in named]
    strange = [name for name in named if name not in by_name]
    raise DataError(
        f"`{path}` must have one column `{begins}CLASS` for each of {len(class_names)} classes, "
        f"got {len(named)}: missing {examples(missing) if missing else 'none'}, unknown "
        f"{examples(strange) if strange else 'none'}. Name them after the classes, or by index."
    )


def _numbers(column: pl.Series, path: Path, name: str) -> Float[np.ndarray, " row"]:
    texts = column.str.strip_chars() if column.dtype == pl.String else column
    values = texts.cast(pl.Float64, strict=False)
    strange = column.filter(values.is_null())
    if len(strange):
        raise DataError(
            f"`{path}`: `{name}` must hold a number in every row, got {len(strange):,} others of "
            f"{len(column):,}: {examples(strange.to_list())}. Correct them."
        )
    numbers: Float[np.ndarray, " row"] = values.to_numpy().astype(np.float64)
    return numbers


def _listed(column: pl.Series, path: Path, name: str, classes: int) -> Scores:
    """Return a list column of a Parquet file as an array."""
    kind = column.dtype
    if not isinstance(kind, pl.List | pl.Array):
        raise DataError(
            f"`{path}`: `{name}` must be a list of {classes} numbers a row, got {kind}. Write "
            f"`{name.removesuffix('s')}_CLASS` columns in CSV files."
        )
    lists = column.cast(pl.List(pl.Float64))
    lengths = lists.list.len().fill_null(0).to_numpy()
    wrong = int(np.count_nonzero(lengths != classes))
    if wrong:
        raise DataError(
            f"`{path}`: `{name}` must be a list of {classes} numbers a row, got another length in "
            f"{wrong:,} of {len(column):,} rows, such as {int(lengths[lengths != classes][0])}. "
            "Give one number for each class of the run."
        )
    flat = lists.explode(empty_as_null=False).fill_null(float("nan")).to_numpy()
    rows: Scores = flat.reshape(len(column), classes)
    return rows


def _require_probabilities(path: Path, ids: pl.Series, values: Scores) -> None:
    sums = values.sum(1)
    wrong = ~(np.isfinite(values).all(1) & (values >= 0).all(1) & (abs(sums - 1) <= _SUM_APART))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"`{path}`: probabilities must lie in [0, 1] and sum to 1 in every row, to "
            f"{_SUM_APART:g}, got {int(wrong.sum()):,} of {len(values):,} rows that do not, the "
            f"first of {ids[first]!r} with the sum {sums[first]:.4g}. Call them `logit_CLASS` if "
            "they are logits."
        )


def _require_best(
    path: Path, keys: pl.DataFrame, stated: Classes, logits: Scores, valid: Bool[np.ndarray, " row"]
) -> None:
    """Refuse predictions that are not the class with the largest number beside them."""
    rows = np.arange(len(stated))
    gaps = np.where(valid, logits.max(1, initial=-np.inf) - logits[rows, stated], 0.0)
    wrong = valid & ((stated < 0) | (gaps > _BEST_APART)) | (~valid & (stated >= 0))
    if wrong.any():
        ids = keys["id"].filter(pl.Series(wrong)).to_list()
        raise DataError(
            f"`{path}`: `prediction` must be the class with the largest number beside it, got "
            f"{len(ids):,} of {len(rows):,} rows with another: {examples(ids)}. Leave the column "
            "out, or correct it."
        )
