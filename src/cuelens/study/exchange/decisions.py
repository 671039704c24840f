"""Decisions of observers that were made elsewhere, read from CSV files as records of predictions.

It knows two layouts: the published response files of Geirhos et al., and a plain one of one's own.
What is made of the records afterwards is the same as for networks that were evaluated here.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from cuelens.errors import ConfigError, DataError, MissingDataError
from cuelens.evaluation.tables import table_of
from cuelens.study.exchange.decision_rows import (
    OWN,
    PUBLISHED,
    Decision,
    own_decision,
    published_decision,
)

__all__ = ["Decisions", "pool", "read_decisions"]

_READERS = ((PUBLISHED, published_decision), (OWN, own_decision))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """What observers answered.

    Attributes:
        predictions: Records of predictions, a row for each observer and image; the label is the
            category that counts as right, ranks and probabilities are null.
        class_names: In the order of the labels. An answer that is none of them is -1.
    """

    predictions: pl.DataFrame
    class_names: tuple[str, ...]


def read_decisions(places: Sequence[Path]) -> Decisions:
    """Read decisions from CSV files.

    Args:
        places: Files, or folders whose `.csv` files are read, those of folders in them too. Each
            file has one of two headers. Published: subj, session, trial, rt, object_response,
            category, condition, imagename; the name of the image tells shape, texture and their
            sources, an experiment is a data set. One's own: model, image, shape, texture,
            prediction, and perhaps dataset, shape_source, texture_source.

    Returns:
        All of them, in the order of the files.

    Raises:
        MissingDataError: If a place is not there, or a folder holds no CSV file.
        DataError: If a file or a row is not what it should be, with its line; if an observer
            decides twice on one image; if an image has two shapes or two textures.
    """
    rows = [row for path in _files(places) for row in _rows(path)]
    _require_consistent(rows)
    labels = {row.label for row in rows}
    cues = {cue for row in rows for cue in (row.shape, row.texture) if cue is not None}
    class_names = tuple(sorted(labels | cues))
    codes = {name: code for code, name in enumerate(class_names)}
    parts = []
    for dataset in dict.fromkeys(row.dataset for row in rows):
        for model in dict.fromkeys(row.model for row in rows if row.dataset == dataset):
            own = [row for row in rows if (row.model, row.dataset) == (model, dataset)]
            parts.append(_table(model, dataset, own, codes))
    return Decisions(predictions=pl.concat(parts), class_names=class_names)


def _table(
    model: str, dataset: str, rows: Sequence[Decision], codes: Mapping[str, int]
) -> pl.DataFrame:
    columns = {
        "image": [row.image for row in rows],
        "label": [codes[row.label] for row in rows],
        "prediction": [codes.get(row.prediction, -1) for row in rows],
        "shape": [None if row.shape is None else codes[row.shape] for row in rows],
        "texture": [None if row.texture is None else codes[row.texture] for row in rows],
        "shape_source": [row.shape_source for row in rows],
        "texture_source": [row.texture_source for row in rows],
    }
    constants = {
        "model": model, "dataset": dataset, "condition": "clean", "family": "clean", "draw": 0,
        "weights": model, "data": dataset, "precision": "", "settings": "", "tie": False,
        "mean_square": 0.0,
    }  # fmt: skip
    return table_of("predictions", columns, constants)


def _files(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            found = sorted(path for path in place.rglob("*.csv") if path.is_file())
            if not found:
                raise MissingDataError(
                    f"Expected CSV files with decisions in `{place}`, got none. Give the files "
                    "themselves, or the folder that they lie in."
                )
            yield from found
        elif place.is_file():
            yield place
        else:
            raise MissingDataError(
                f"Expected a CSV file with decisions at `{place}`, but nothing is there. Give the "
                "files themselves, or the folder that they lie in."
            )


def _rows(path: Path) -> Iterator[Decision]:
    """Return the decisions of one file."""
    try:
        yield from _read(path, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"`{path}` must be text in UTF-8, got other bytes from byte {error.start} on. "
            "Save it as CSV in UTF-8."
        ) from error
    except csv.Error as error:
        raise DataError(f"`{path}` must be CSV, got an error: {error}. Save it anew.") from error


def _read(path: Path, text: str) -> Iterator[Decision]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = [name.strip() for name in next(lines, [])]
    found = [reader for columns, reader in _READERS if set(columns) <= set(names)]
    if not found or len(set(names)) < len(names):
        raise DataError(
            f"`{path}` must begin with the column names {','.join(PUBLISHED)} (published "
            f"responses) or {','.join(OWN)} (your own), got {','.join(names) or 'nothing'}. "
            "Name each column once, in the first line."
        )
    empty = True
    for line in lines:
        if not any(field.strip() for field in line):
            continue
        if len(line) != len(names):
            raise DataError(
                f"`{path}`, line {lines.line_num}, must have {len(names)} fields, got "
                f'{len(line)}. Put fields that hold a comma into "quotation marks".'
            )
        fields = {name: field.strip() for name, field in zip(names, line, strict=True)}
        empty = False
        yield found[0](fields, path=path, line=lines.line_num)
    if empty:
        raise DataError(
            f"`{path}` must have at least one decision below its column names, got none. Give "
            "another file."
        )


def _require_consistent(rows: Sequence[Decision]) -> None:
    """Refuse decisions that contradict each other."""
    seen: dict[tuple[str, str, str], Decision] = {}
    images: dict[tuple[str, str], Decision] = {}
    for row in rows:
        twice = seen.setdefault((row.model, row.dataset, row.image), row)
        if twice is not row:
            raise DataError(
                f"Each observer must decide once on an image, got two decisions of {row.model} on "
                f"{row.image!r}: {twice.place} and {row.place}. Take one of them away, or give "
                "the observers different names."
            )
        first = images.setdefault((row.dataset, row.image), row)
        if (first.shape, first.texture, first.label) != (row.shape, row.texture, row.label):
            raise DataError(
                f"An image must show the same classes to every observer, got {row.image!r} of "
                f"{_shown(first)} in {first.place} and of {_shown(row)} in {row.place}. Correct "
                "one, or give different images different names."
            )


def _shown(row: Decision) -> str:
    if row.shape is None:
        return f"category {row.label}"
    return f"shape {row.shape} and texture {row.texture}"


def pool(decisions: Decisions, name: str, pattern: str) -> Decisions:
    """Add an observer that is several taken together, such as all people.

    Args:
        decisions: Of at least one observer that the pattern fits.
        name: Of the new observer.
        pattern: Fits the names of the observers, such as "subject-*".

    Returns:
        The decisions with those of the new observer behind them: each old observer is one draw,
        so that counts add up and every image counts once in the interval.

    Raises:
        ConfigError: If no observer fits, or the name is taken.
    """
    table = decisions.predictions
    names = table["model"].unique(maintain_order=True).to_list()
    if name in names:
        raise ConfigError(f"`--pool` must give a new name, got {name!r}, which is an observer.")
    chosen = [one for one in names if fnmatchcase(one, pattern)]
    if not chosen:
        raise ConfigError(
            f"`--pool` must fit at least one observer, got {pattern!r}, but there are "
            f"{', '.join(names)}."
        )
    draws = {one: draw for draw, one in enumerate(chosen)}
    pooled = table.filter(pl.col("model").is_in(chosen)).with_columns(
        draw=pl.col("model").replace_strict(draws, return_dtype=pl.Int64),
        model=pl.lit(name),
        weights=pl.lit(name),
    )
    return Decisions(predictions=pl.concat([table, pooled]), class_names=decisions.class_names)
