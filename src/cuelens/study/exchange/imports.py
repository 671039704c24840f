"""Answers of models from outside as records of a run, beside those of its own models.

What the answers do not tell is null: predictions alone have no loss, no ranks and no ties.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
import torch

from cuelens.errors import ConfigError, DataError, RecordError
from cuelens.evaluation import RecordStore, key_of
from cuelens.evaluation.answers import answers
from cuelens.evaluation.tables import table_of
from cuelens.sources import read_card
from cuelens.study.exchange.answer_files import AnswerFile, examples, read_answers
from cuelens.study.models.opening import opened_at
from cuelens.study.outcomes.outcomes import main_dataset, read_predictions
from cuelens.study.plan.plan import Plan
from cuelens.study.run_folder.imported import ImportedModel, note_imported, read_imported
from cuelens.study.run_folder.run_folder import read_parts, read_plan

__all__ = ["Imported", "import_predictions"]

_VERSION = 1
"""Raised whenever the same answers give other columns."""

_PLACE = ("dataset", "condition", "draw")
_CUES = ("shape", "texture", "colour")
_OF_IMAGES = (
    "image", "label", "shape", "texture", "colour", "shape_source", "texture_source",
    "mean_square", "structural_distance",
)  # fmt: skip
_OF_CONDITIONS = ("dataset", "condition", "family", "level", "draw", "data", "settings")


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What was imported.

    Attributes:
        model: Its name in the records.
        answers: How many.
        conditions: Names of those that were answered, with the data set where it is another than
            the run's main one.
        unanswered: Names of the run's conditions that were not.
        without: How many answers are none of the classes; they count as wrong.
        new: Whether it was not there before.
        given: "predictions", "probabilities" or "logits".
    """

    model: str
    answers: int
    conditions: tuple[str, ...]
    unanswered: tuple[str, ...]
    without: int
    new: bool
    given: str


def _class_names(plan: Plan, folder: Path) -> tuple[str, ...]:
    """Return the names of the classes that every model of a run knows, in their order."""
    first = plan.models[0]
    if first.source is not None:
        return opened_at(first.source, stated=first.stated).classifier.class_names
    return read_card(folder / "models" / f"{first.name}.safetensors").class_names


def import_predictions(
    files: Sequence[Path], *, into: Path, model: str, training_seed: int | None = None
) -> Imported:
    """Bring a model's answers into the records of a run.

    Args:
        files: See `read_answers`; one, or one a condition.
        into: The folder of a study's run that has come to its end.
        model: Name of the model in every table.
        training_seed: None where unknown.

    Raises:
        MissingDataError: If a file or the run is not there.
        DataError: If a file is not what it should be, or images are missing, unknown or answered
            twice; how many and examples are named.
        ConfigError: If the name is taken by another model, or cannot be one.
        StorageError: If the disk is full.
    """
    plan, parts = read_plan(into), read_parts(into)
    _require_name(model, plan.study.models)
    first = next(iter(plan.study.models))
    classes = _class_names(plan, into)
    store = RecordStore(into / "records")
    asked = read_predictions(store, parts.get("predictions", [])).filter(pl.col("model") == first)
    if asked.is_empty():
        raise RecordError(
            f"Expected the run in {into} to have predictions of {first}, got none. Run the study "
            "again with `cuelens study run`."
        )
    given = [read_answers(path, classes) for path in files]
    for path, one in zip(files, given, strict=True):
        _require_condition(path, one, asked)
    kinds = sorted({one.given for one in given})
    if len(kinds) > 1:
        raise DataError(
            f"Every file of a model must hold answers of one kind, got {' and '.join(kinds)}. "
            "Import predictions alone, or probabilities of everything."
        )
    rows = _matched(given, asked)
    digest = _digest(rows)
    made = dict(_parts(rows, model, digest, training_seed, classes=len(classes)))
    entry = ImportedModel(
        files=tuple(path.name for path in files),
        given=kinds[0],
        weights=digest,
        training_seed=training_seed,
        keys=tuple(made),
    )
    known = read_imported(into)
    earlier = known.get(model)
    if earlier is not None and set(earlier.keys) != set(entry.keys):
        raise ConfigError(
            f"`--model` must be a new name, or that of the same answers, got {model!r}, which was "
            f"imported from {', '.join(earlier.files)} with others. Give another name."
        )
    for key, frame in made.items():
        if not store.has("predictions", key):
            store.write("predictions", key, frame, notes={"imported from": ", ".join(entry.files)})
    if earlier is None:
        note_imported(into, known | {model: entry})
    main = main_dataset(asked)
    names, answered = _places(asked, main), _places(rows, main)
    return Imported(
        model=model,
        answers=len(rows),
        conditions=tuple(name for name in names if name in answered),
        unanswered=tuple(name for name in names if name not in answered),
        without=int((rows["prediction"] < 0).sum()),
        new=earlier is None,
        given=kinds[0],
    )


def _places(rows: pl.DataFrame, main: str) -> tuple[str, ...]:
    """Return the names of the conditions, with the data set where it is not the main one."""
    found = rows.select("dataset", "condition").unique(maintain_order=True).iter_rows()
    return tuple(
        condition if dataset == main else f"{condition} ({dataset})" for dataset, condition in found
    )


def _require_name(model: str, own: Mapping[str, object]) -> None:
    if not re.fullmatch(r"\w[\w .=+-]*", model):
        raise ConfigError(
            "`--model` must be a name of letters, digits, spaces and any of . _ = + -, got "
            f"{model!r}. Choose such a name."
        )
    if model in own:
        raise ConfigError(
            f"`--model` must be a new name, got {model!r}, which is one of the study's own models "
            f"({', '.join(own)}). Give another name."
        )


def _require_condition(path: Path, one: AnswerFile, asked: pl.DataFrame) -> None:
    """Refuse a file that tells neither in a column nor by its name what was answered."""
    conditions = asked["condition"].unique(maintain_order=True).to_list()
    name = one.keys["condition"][0]
    if one.named_by_file and name not in conditions:
        raise DataError(
            f"`{path}` must have a column `condition`, or be named after a condition of the run "
            f"({', '.join(conditions)}), got no such column and the name {name!r}. Take the column "
            f"of the manifest of `cuelens export`, or call a file of one condition such as "
            f"{conditions[0]}{path.suffix}."
        )


def _matched(given: Sequence[AnswerFile], asked: pl.DataFrame) -> pl.DataFrame:
    """Return what was asked with the answers beside it: columns prediction and logits."""
    parts = []
    for one in given:
        logits = [None] * len(one.keys) if one.logits is None else list(one.logits)
        scores = pl.Series("logits", logits, dtype=pl.List(pl.Float64))
        parts.append(one.keys.with_columns(scores, prediction=pl.Series(one.prediction)))
    found = pl.concat(parts, how="diagonal")
    told = [n for n in ("dataset", "draw") if n in found.columns and not found[n].has_nulls()]
    keys = ["image", "condition", *told]
    found = found.rename({"id": "image"}).select(*keys, "prediction", "logits")
    problems = list(_problems(found, asked, keys))
    if problems:
        raise DataError(
            "Each image of a condition must be answered once, got " + "; ".join(problems) + ". The "
            "manifest of `cuelens export` names every id and condition."
        )
    rest = asked.drop("prediction")
    return rest.join(found, on=keys, how="inner", maintain_order="left")


def _problems(found: pl.DataFrame, asked: pl.DataFrame, keys: list[str]) -> Iterator[str]:
    """Find what does not fit, a part of a sentence each."""
    conditions = asked["condition"].unique(maintain_order=True).to_list()
    strange = found.filter(~pl.col("condition").is_in(conditions))["condition"].unique().sort()
    if len(strange):
        yield (
            f"unknown conditions {examples(strange.to_list())} (the run has "
            f"{', '.join(conditions)})"
        )
    known = found.filter(pl.col("condition").is_in(conditions))
    twice = known.group_by(keys, maintain_order=True).len().filter(pl.col("len") > 1)
    if len(twice):
        yield f"{len(twice):,} answered more than once: {_named(twice)}"
    unknown = known.join(asked, on=keys, how="anti", maintain_order="left")
    if len(unknown):
        yield f"{len(unknown):,} ids that the run does not have: {_named(unknown)}"
    several = asked.group_by(keys, maintain_order=True).len().filter(pl.col("len") > 1)
    if len(several):
        yield (
            f"{len(several):,} ids that stand for several images: {_named(several)} (add the "
            "columns dataset and draw)"
        )
    touched = asked.join(known, on=keys, how="semi").select(_PLACE).unique()
    begun = asked.join(touched, on=_PLACE, how="semi", maintain_order="left")
    missing = begun.join(known, on=keys, how="anti", maintain_order="left")
    if len(missing):
        yield f"{len(missing):,} without an answer: {_named(missing)}"


def _named(rows: pl.DataFrame) -> str:
    names = [f"{row['image']} ({row['condition']})" for row in rows.head(4).iter_rows(named=True)]
    shown = ", ".join(names[:3])
    return shown if len(rows) <= 3 else f"{shown} and {len(rows) - 3:,} more"


def _digest(rows: pl.DataFrame) -> str:
    """Return a fingerprint of all answers, whatever their order."""
    digest, ordered = blake2b(digest_size=16), rows.sort(*_PLACE, "image")
    for name in (*_PLACE, "image", "prediction"):
        digest.update("\x1f".join(map(str, ordered[name].to_list())).encode() + b"\x1e")
    digest.update(ordered["logits"].explode().to_numpy().tobytes())
    return f"imported {digest.hexdigest()}"


def _parts(
    rows: pl.DataFrame, model: str, digest: str, training_seed: int | None, *, classes: int
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield a part for each data set, condition and draw, with its key."""
    for _, part in rows.group_by(_PLACE, maintain_order=True):
        constants = {name: part[name][0] for name in _OF_CONDITIONS} | {
            "model": model,
            "weights": digest,
            "precision": "imported",
            "training_seed": training_seed,
        }
        columns: dict[str, object] = {name: part[name] for name in _OF_IMAGES}
        columns["prediction"] = part["prediction"]
        if part["logits"].null_count() == 0:
            columns |= _derived(part, classes)
        key = key_of(table="predictions", version=_VERSION, **constants)
        yield key, table_of("predictions", columns, constants)


def _derived(part: pl.DataFrame, classes: int) -> dict[str, object]:
    """Return the columns that follow from a number for each class."""
    flat = part["logits"].explode(empty_as_null=False).to_numpy().reshape(len(part), classes)
    labels, *cues = (
        torch.from_numpy(part[name].to_numpy().astype(np.int64))
        for name in ("label", *(cue for cue in _CUES if part[cue].null_count() == 0))
    )
    named = [cue for cue in _CUES if part[cue].null_count() == 0]
    found = answers(torch.from_numpy(flat.copy()), labels, dict(zip(named, cues, strict=True)))
    return {name: value for name, value in found.items() if name not in ("label", *_CUES)} | {
        "prediction": part["prediction"]
    }
