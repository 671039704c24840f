"""The images that a study shows its models, as files for models in any framework.

They are the engine's own: of the same data set, under the same conditions, drawn by the same seed.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cuelens.datasets import Dataset
from cuelens.errors import ConfigError, RunFolderError
from cuelens.evaluation import Condition, identity_of, try_conditions
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.files import remove_stale, write_atomically
from cuelens.study.exchange.export_parts import Part, read_part, write_part
from cuelens.study.exchange.image_files import ImageFormat, eight_bits, file_name, image_files
from cuelens.study.models.loaded import drawn_test_images
from cuelens.study.plan.plan import Plan, read_study
from cuelens.study.progress import Progress, silent
from cuelens.study.run_folder.run_folder import read_plan

__all__ = ["Exported", "export_folder", "export_images", "export_study", "plan_at"]

_FILE = "export.json"
_MANIFEST = "manifest.csv"
_COLUMNS = ("id", "label", "class", "condition", "draw", "dataset", "file", "row")
_CHUNK = 250


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        manifest: One row an image: id, label, class, condition, draw, dataset, file, row (in the
            file's array; 0 in a PNG file).
        images: How many, all conditions together.
        moved: By how much writing moved a pixel at most, in units of the pixel range: at most
            1/510 for PNG, 0 for float32.
        root_mean_square: The same over all pixels.
    """

    manifest: Path
    images: int
    moved: float
    root_mean_square: float


def export_study(
    plan: Plan,
    *,
    data_folder: Path | None,
    out: Path,
    conditions: Sequence[str] | None = None,
    form: ImageFormat = ImageFormat.png,
    progress: Progress = silent,
) -> Exported:
    """Write the test images of a study under its conditions, and its conflict set unchanged.

    Args:
        plan: The study.
        data_folder: Where its images lie; None for rendered images.
        out: New, empty, or of the same export.
        conditions: Names of the study's conditions; all if None.
        form: How images are written.
        progress: Told of every chunk.

    Raises:
        RunFolderError: If `out` holds anything else.
        ConfigError: If a condition is none of the study's.
        MissingDataError: If the images are not where they should be.
        StorageError: If the disk is full.
    """
    data = plan.data.open(data_folder, seed=plan.study.seed)
    chosen = _chosen(plan.conditions, conditions)
    sets: list[tuple[Dataset, Sequence[Condition]]] = [(data.test, chosen)]
    if data.conflict is not None and Condition.clean() in chosen:
        sets.append((data.conflict, [Condition.clean()]))
    return export_images(sets, out=out, draw=plan.study.seed, form=form, progress=progress)


def plan_at(source: str) -> Plan | None:
    """Return the study that a file or a run's folder holds; None for any other place.

    Raises:
        ConfigError: If a study file is not valid.
        MissingDataError: If a study file is not there.
    """
    path = Path(source)
    if path.suffix in (".yaml", ".yml"):
        return read_study(path)
    return read_plan(path) if (path / "study.json").is_file() else None


def export_folder(
    place: str,
    conditions: Sequence[Condition],
    *,
    out: Path,
    limit: int | None = None,
    seed: int = 0,
    form: ImageFormat = ImageFormat.png,
    progress: Progress = silent,
) -> Exported:
    """Write the test images of a data folder under conditions.

    Args:
        place: See `cuelens.study.images.data_places.reported_at`.
        conditions: The clean one among them.
        out: New, empty, or of the same export.
        limit: So many images, drawn by chance, as `evaluate_files` draws them; None: all.
        seed: Of the draw and of the conditions.
        form: How images are written.
        progress: Told of every chunk.

    Raises:
        RunFolderError: If `out` holds anything else.
        MissingDataError: If the images are not where they should be.
        StorageError: If the disk is full.
    """
    test = drawn_test_images(place, limit, seed)
    return export_images([(test, conditions)], out=out, draw=seed, form=form, progress=progress)


def export_images(
    sets: Sequence[tuple[Dataset, Sequence[Condition]]],
    *,
    out: Path,
    draw: int = 0,
    form: ImageFormat = ImageFormat.png,
    progress: Progress = silent,
) -> Exported:
    """Write images of data sets under conditions, and a manifest of them.

    Args:
        sets: Data sets, each with its conditions.
        out: New, empty, or of the same export; killed at any moment, the same call goes on there:
            what is whole stays, what is missing or was altered is written again.
        draw: Seed of the conditions.
        form: How images are written.
        progress: Told of every chunk.

    Raises:
        RunFolderError: If `out` holds anything else.
        DataError: If a condition needs what the data set does not know.
        StorageError: If the disk is full.
    """
    for images, conditions in sets:
        try_conditions(images, conditions)
    _claim(out, sets, draw, form)
    writing = _Writing(out=out, form=form)
    total = sum(len(images) * len(conditions) for images, conditions in sets)
    for images, conditions in sets:
        snapshot = Snapshot(images)
        for rows in chunks_of(torch.arange(len(snapshot)), _CHUNK):
            chunk = Chunk(snapshot, rows, draw)
            for condition in conditions:
                writing.add(snapshot, chunk, condition, draw)
                progress("export", writing.count, total, f"{snapshot.name}, {condition.name}")
    return writing.finish()


def _chosen(known: Sequence[Condition], names: Sequence[str] | None) -> list[Condition]:
    """Return the conditions that are named; all if no names are given."""
    by_name = {condition.name: condition for condition in known}
    strange = [name for name in names or () if name not in by_name]
    if strange:
        raise ConfigError(
            f"`conditions` must be some of the study's ({', '.join(by_name)}), got {strange[0]!r}."
        )
    return list(known) if names is None else [by_name[name] for name in dict.fromkeys(names)]


class _Writing:
    """An export in progress."""

    def __init__(self, *, out: Path, form: ImageFormat) -> None:
        self._out, self._form = out, form
        self._rows: list[tuple[object, ...]] = []
        self._parts: list[Part] = []

    @property
    def count(self) -> int:
        """How many images were written, or were there."""
        return len(self._rows)

    def add(self, snapshot: Snapshot, chunk: Chunk, condition: Condition, draw: int) -> None:
        """Write a chunk of images under a condition, unless its files are there and whole."""
        folder = "/".join(_safe(name) for name in (snapshot.name, condition.name))
        start = int(chunk.rows[0])
        part = read_part(self._out, f"{folder}/{file_name(start, self._form)}")
        if part is None:
            part = self._write(chunk, condition, folder, start)
        self._parts.append(part)
        written, alone = list(part.digests), self._form is ImageFormat.png
        names = snapshot.dataset.class_names
        labelled = zip(chunk.chance.ids, chunk.labels.tolist(), strict=True)
        for place, (image, label) in enumerate(labelled):
            file, row = (written[place], 0) if alone else (written[0], place)
            about = (image, label, names[label], condition.name, draw, snapshot.name)
            self._rows.append((*about, file, row))

    def _write(self, chunk: Chunk, condition: Condition, folder: str, start: int) -> Part:
        images = chunk.under(condition)
        moved, squares = 0.0, 0.0
        if self._form is ImageFormat.png:
            apart = (eight_bits(images) - images).abs()
            moved, squares = float(apart.max()), float(apart.double().square().sum())
        files = image_files(images, chunk.chance.ids, form=self._form, start=start)
        return write_part(
            self._out,
            ((f"{folder}/{name}", content) for name, content in files),
            moved=moved,
            squares=squares,
            values=images.numel(),
        )

    def finish(self) -> Exported:
        """Write the manifest."""
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(_COLUMNS)
        lines.writerows(self._rows)
        path = self._out / _MANIFEST
        write_atomically(path, text.getvalue())
        squares = sum(part.squares for part in self._parts)
        values = sum(part.values for part in self._parts)
        return Exported(
            manifest=path,
            images=self.count,
            moved=max((part.moved for part in self._parts), default=0.0),
            root_mean_square=(squares / max(1, values)) ** 0.5,
        )


def _safe(name: str) -> str:
    """Return a name that a folder can have."""
    return re.sub(r"[^\w.=+-]", "_", name).lstrip(".") or "_"


def _claim(
    out: Path, sets: Sequence[tuple[Dataset, Sequence[Condition]]], draw: int, form: ImageFormat
) -> None:
    """Make a folder this export's own, or find that it is already."""
    content = json.dumps(
        {
            "format": form.value,
            "draw": draw,
            "sets": {
                images.fingerprint: {one.name: identity_of(one.transform) for one in conditions}
                for images, conditions in sets
            },
        },
        indent=2,
    )
    path = out / _FILE
    if path.is_file() and path.read_text(encoding="utf-8") == content:
        remove_stale(out)
        return
    if out.is_dir() and any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise RunFolderError(
            f"Expected {out} to be empty or to hold the same export, got a folder with other "
            "files. Give another `--out` folder."
        )
    write_atomically(path, content)
