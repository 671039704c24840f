"""Data sets of Hugging Face: in a folder, on the hub, or streamed from it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from cuelens.datasets.class_names import class_order
from cuelens.datasets.listing import Listing, Place
from cuelens.datasets.reading import Problem, told_first
from cuelens.datasets.spool import Spool
from cuelens.errors import ConfigError, DataError, MissingDataError

__all__ = ["hugging_face"]

_SPLITS = ("test", "validation", "valid", "val", "train")
_LABELS = ("label", "labels", "fine_label", "class", "target")
_SAVED = ("dataset_dict.json", "state.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """Images in the rows of a table that is on the disk."""

    table: Any = field(repr=False)
    column: str
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, image: str) -> bytes:
        with self.lock:
            cell = self.table[int(image.rsplit("/", maxsplit=1)[1])][self.column]
        return _encoded(cell)


def hugging_face(
    name: str,
    *,
    config: str | None = None,
    split: str | None = None,
    image: str | None = None,
    label: str | None = None,
    stream: int | None = None,
) -> Listing:
    """List the images of a Hugging Face data set.

    Args:
        name: A folder that `save_to_disk` wrote, a folder of Parquet files or of class folders, or
            a name on the hub.
        config: Of a data set that has several.
        split: "test", "validation" or "train", whichever is the first there, if None.
        image: The column of images; the first one of that kind if None.
        label: The column of labels; the first one of classes, or called so, if None.
        stream: How many images are taken from the beginning of a data set that is streamed and
            not downloaded; None: it is on the disk, or goes there.

    Raises:
        ConfigError: If the package is not installed, or a split or column is not there.
        MissingDataError: If there is no such data set.
        DataError: If it has no labelled images.
    """
    if stream is not None and stream < 1:
        raise ConfigError(f"`stream` must be at least 1 image, got {stream}.")
    opened = _opened(name, config, stream is not None)
    part, rows = _split(name, opened, split)
    if rows.features is None:  # a stream may have to be begun for them
        rows = rows._resolve_features()
    columns = _columns(name, rows, image, label)
    rows = _undecoded(rows, columns[0])
    found = _streamed(rows, columns, part, stream) if stream else _listed(rows, columns, part)
    ids, labels, place, problems = found
    names = _class_names(rows.features, columns[1], labels)
    known = {str(value): row for row, value in enumerate(names.values)}
    unknown = [
        Problem(path=one, reason=f"its label {value} is no class")
        for one, value in zip(ids, labels, strict=True)
        if str(value) not in known
    ]
    kept = [
        (one, known[str(value)])
        for one, value in zip(ids, labels, strict=True)
        if str(value) in known
    ]
    problems += unknown
    if not kept:
        raise DataError(
            f"`hf:{name}` must hold labelled images in its split {part}, got none."
            f"{told_first(problems)} Name another split: `hf:{name}?split=NAME`."
        )
    read = f"the first {len(kept):,} images streamed from" if stream else "images of"
    return Listing(
        name=f"{Path(name).name}-{part}",
        recognised=f"{read} the Hugging Face data set `{name}`, split {part} (columns "
        f"{columns[0]} and {columns[1]})",
        class_names=names.shown,
        ids=[one for one, _ in kept],
        labels=torch.tensor([row for _, row in kept]),
        place=place,
        problems=tuple(problems),
        is_stream=stream is not None,
    )


def _opened(name: str, config: str | None, streaming: bool) -> Any:
    try:
        import datasets as hub
    except ImportError as error:
        raise ConfigError(
            f"`hf:{name}` needs the package datasets, which is not installed. "
            "Run pip install 'cuelens[datasets]'."
        ) from error
    try:
        if any((Path(name) / mark).is_file() for mark in _SAVED):
            saved = hub.load_from_disk(name)
            return saved if not streaming else _as_streams(saved)
        return hub.load_dataset(name, config, streaming=streaming)
    except (OSError, ValueError, RuntimeError) as error:
        told = " ".join(str(error).split())[:300]
        raise MissingDataError(
            f"Expected a Hugging Face data set at `{name}`, got {type(error).__name__}: {told} "
            "Correct its name, its config (`?config=NAME`) or the network connection."
        ) from error


def _as_streams(saved: Any) -> Any:
    if isinstance(saved, Mapping):
        return {split: rows.to_iterable_dataset() for split, rows in saved.items()}
    return saved.to_iterable_dataset()


def _split(name: str, opened: Any, split: str | None) -> tuple[str, Any]:
    if not isinstance(opened, Mapping):
        own = str(opened.split) if opened.split is not None else "all"
        if split is not None and split != own:
            raise ConfigError(
                f"`hf:{name}` has the split {own} alone, got {split!r}. Leave it out."
            )
        return own, opened
    chosen = split or next((one for one in _SPLITS if one in opened), next(iter(opened)))
    if chosen not in opened:
        raise ConfigError(
            f"`hf:{name}` must have the split that is asked for, got {chosen!r}; it has "
            f"{', '.join(opened)}. Name one of these."
        )
    return chosen, opened[chosen]


def _columns(name: str, rows: Any, image: str | None, label: str | None) -> tuple[str, str]:
    import datasets as hub

    features = rows.features or {}
    for given in (image, label):
        if given is not None and given not in features:
            raise ConfigError(
                f"`hf:{name}` must have the column {given!r}, got {', '.join(features)}. "
                "Name one of these."
            )
    images = [one for one, kind in features.items() if isinstance(kind, hub.Image)]
    classes = [one for one, kind in features.items() if isinstance(kind, hub.ClassLabel)]
    classes += [one for one in _LABELS if one in features and one not in classes]
    if not (image or images) or not (label or classes):
        missing = "images" if not (image or images) else "labels"
        raise ConfigError(
            f"`hf:{name}` must have a column of {missing}, got {', '.join(features) or 'none'}. "
            f"Name them: `hf:{name}?image=COLUMN&label=COLUMN`."
        )
    return image or images[0], label or classes[0]


def _undecoded(rows: Any, column: str) -> Any:
    """Return rows whose images come as they are stored: what is decoded, and how, is told."""
    import datasets as hub

    return rows.cast_column(column, hub.Image(decode=False))


def _encoded(cell: Any) -> bytes:
    """Return the bytes of a stored image; OSError if there are none."""
    if isinstance(cell, Mapping):
        if cell.get("bytes"):
            return bytes(cell["bytes"])
        if cell.get("path"):
            return _file(str(cell["path"]))
    raise OSError("there is no image in its row")


def _file(path: str) -> bytes:
    if "://" not in path:
        return Path(path).read_bytes()
    from datasets.utils.file_utils import xopen

    with xopen(path, "rb") as file:
        content: bytes = file.read()
    return content


_Found = tuple[list[str], list[Any], Place, list[Problem]]


def _listed(rows: Any, columns: tuple[str, str], part: str) -> _Found:
    labels = list(rows[columns[1]])
    ids = [f"{part}/{row:08d}" for row in range(len(labels))]
    return ids, labels, _Rows(table=rows, column=columns[0]), []


def _streamed(rows: Any, columns: tuple[str, str], part: str, count: int) -> _Found:
    ids: list[str] = []
    labels: list[Any] = []
    problems: list[Problem] = []
    spool = Spool()
    for row, cells in enumerate(rows):
        if len(ids) == count:
            break
        one = f"{part}/{row:08d}"
        try:
            spool.add(one, _encoded(cells[columns[0]]))
        except OSError as error:
            problems.append(Problem(path=one, reason=f"it cannot be opened ({error})"))
            continue
        ids.append(one)
        labels.append(cells[columns[1]])
    return ids, labels, spool, problems


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """Classes as labels are stored, and as they are shown, in the same order."""

    values: tuple[Any, ...]
    shown: tuple[str, ...]


def _class_names(features: Any, column: str, labels: list[Any]) -> _Names:
    names = getattr(features[column], "names", None)
    if names:
        return _Names(values=tuple(range(len(names))), shown=tuple(names))
    found = class_order(str(label) for label in labels if label is not None)
    return _Names(values=found, shown=found)
