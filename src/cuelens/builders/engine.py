"""Runs a build from its items to its manifest, and goes on where an earlier run was stopped.

It knows items, tasks and the folder; which images there are and what is done to them come with
the work.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.builders.checking import damaged_files, expected_files
from cuelens.builders.folder import BUILDING, PARTS, claimed, opened
from cuelens.builders.items import Maker, Task, draw_folder, tasks_of
from cuelens.builders.layouts import Laid
from cuelens.builders.manifest import (
    MADE_COLUMNS,
    load_manifest,
    part_files,
    read_part,
    write_manifest,
)
from cuelens.builders.processes import run_tasks
from cuelens.builders.readme import Account, problems_of, written_readme
from cuelens.builders.work import Job, part_path
from cuelens.datasets import Problem
from cuelens.datasets.built_copy import MANIFEST, README
from cuelens.errors import ConfigError, DataError, RecordError
from cuelens.files import write_atomically

__all__ = ["Built", "Progress", "Work", "run_build", "silent"]

Progress = Callable[[str, int, int, str], None]
"""Called with the stage, how many images are done, how many there are, and their speed."""


def silent(stage: str, done: int, total: int, note: str) -> None:
    """Tell nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Everything that determines a build.

    Attributes:
        laid: The source: items, readers, where pixels go.
        maker: Makes pixels.
        account: What the build says of itself.
        identity: Names the maker and all its settings, the same in every process.
        seed: The draw seed. At least 0.
        draws: How many of each item. At least 1.
        settings: What else makes it another build, such as the size.
        unused_styles: Style pictures that cannot be read, and why not.

    Raises:
        ConfigError: If `seed` or `draws` is out of range.
    """

    laid: Laid
    maker: Maker
    account: Account
    identity: str
    seed: int = 0
    draws: int = 1
    settings: tuple[tuple[str, Any], ...] = ()
    unused_styles: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError(f"`seed` must be at least 0, got {self.seed}.")
        if self.draws < 1:
            raise ConfigError(f"`draws` must be at least 1, got {self.draws}.")

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the further columns of the manifest."""
        return tuple(dict.fromkeys(name for item in self.laid.items for name, _ in item.fields))

    def content(self) -> dict[str, Any]:
        """Return what must be equal for a build to be the same, as JSON has it."""
        return {
            "condition": self.account.condition,
            "method": self.identity,
            "seed": self.seed,
            "draws": self.draws,
            "sources": self.laid.digest,
            **dict(self.settings),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What a build has come to.

    Attributes:
        folder: Where it is.
        images: How many outputs it has, all draws together.
        made: How many items were made now; the others were there.
        mended: How many files of a finished build were missing or altered and were made again.
        converted: How many outputs do not show their source as it was stored.
        problems: What could not be done and why, in the order of the manifest.
    """

    folder: Path
    images: int
    made: int
    mended: int
    converted: int
    problems: tuple[Problem, ...]


def run_build(work: Work, out: Path, *, workers: int = 1, progress: Progress = silent) -> Built:
    """Make the outputs that are not there, then the manifest and the README.

    Killed at any moment and run again, it goes on where it was, and the folder ends up the same
    byte for byte. Of a finished build, what is missing or altered is made again.

    Args:
        work: What is built.
        out: New, empty, or of an earlier run of the same work.
        workers: How many processes; they change no byte. More than one are started anew, so a
            script that calls this must do so under `if __name__ == "__main__":`.
        progress: Told of images done.

    Raises:
        RunFolderError: If `out` holds anything else.
        StorageError: If the disk is full, or `out` cannot be written; nothing made is lost.
        DataError: If nothing could be made, or a process was killed.
        RecordError: If the manifest is torn, or a file cannot be made again as it was.
        ConfigError: If `workers` is below 1.
    """
    if workers < 1:
        raise ConfigError(f"`workers` must be at least 1 process, got {workers}.")
    content = work.content()
    made = mended = 0
    if not opened(out, content) or (out / BUILDING).is_dir() or _damaged(out):
        with claimed(out, content):
            if (out / MANIFEST).is_file():
                mended = _mend(work, out, workers, progress)
            else:
                made = _make(work, out, workers, progress)
    return _told(out, made=made, mended=mended)


def _make(work: Work, out: Path, workers: int, progress: Progress) -> int:
    """Make a build to its end and return how many items were made now."""
    tasks = tasks_of(work.laid.items, work.laid.output)
    parts = out / BUILDING / PARTS
    there = {path.name for path in parts.glob("*.parquet")}
    missing = [task for task in tasks if part_path(parts, task.number).name not in there]
    before = len(work.laid.items) - sum(len(task.items) for task in missing)
    _run(work, _job(work, out, parts), missing, before=before, workers=workers, progress=progress)
    _finish(work, out, tasks, parts)
    return len(work.laid.items) - before


def _mend(work: Work, out: Path, workers: int, progress: Progress) -> int:
    """Make what is missing or altered of a finished build again; return how many files that is."""
    damaged = _damaged(out)
    folders = [draw_folder(draw, work.draws) for draw in range(work.draws)]
    items = tuple(
        item
        for item in work.laid.items
        if any(folder + item.output in damaged for folder in folders)
    )
    tasks = tasks_of(items, work.laid.output)
    job = _job(work, out, out / BUILDING / "mended")
    _run(work, job, tasks, before=0, workers=workers, progress=progress)
    work.laid.output.finish(out, tasks, draws=work.draws)
    _write_beside(work, out, load_manifest(out)[0])
    still = _damaged(out)
    if still:
        raise RecordError(
            f"Expected every file of `{out}` to be made again as it was, but "
            f"{next(iter(still.values()))}. The source or a library was changed since. Build into "
            "a new folder."
        )
    return len(damaged)


def _damaged(out: Path) -> dict[str, str]:
    """Return the files of a finished build that are missing or altered, each with a sentence."""
    return damaged_files(out, expected_files(*load_manifest(out)))


def _job(work: Work, out: Path, parts: Path) -> Job:
    return Job(
        out=out,
        parts=parts,
        readers=work.laid.readers,
        maker=work.maker,
        output=work.laid.output,
        seed=work.seed,
        draws=work.draws,
        fields=work.fields,
    )


def _run(
    work: Work, job: Job, tasks: Sequence[Task], *, before: int, workers: int, progress: Progress
) -> None:
    """Run tasks; `before` items were made by an earlier run."""
    total = before + sum(len(task.items) for task in tasks)
    started = time.monotonic()
    stage = f"build {work.account.condition}"
    if tasks:
        progress(stage, before, total, "")
    for done, _ in groupby(run_tasks(job, tasks, workers=workers)):  # each number is told once
        seconds = time.monotonic() - started
        progress(stage, before + done, total, f"{done / max(seconds, 1e-9):.3g} images/s")


def _finish(work: Work, out: Path, tasks: tuple[Task, ...], parts: Path) -> None:
    """Write what takes all tasks: companions, the README, and the manifest as the last."""
    paths = [part_path(parts, task.number) for task in tasks]
    extra = dict.fromkeys(work.fields, pl.String)
    noted = pl.concat(map(read_part, paths))
    rows = pl.concat([_left_out(work, extra), noted])
    files: dict[str, str] = {}
    for path in paths:
        files |= part_files(path)
    if noted["output"].null_count() == noted.height:
        for name in files:
            (out / name).unlink(missing_ok=True)  # shards of no image
        first = noted.row(0, named=True)
        raise DataError(
            f"Expected at least one image that can be made under {work.account.condition}, got "
            f"none of {len(work.laid.items):,}. The first, `{first['source']}`: "
            f"{first['problem']}"
        )
    files |= work.laid.output.finish(out, tasks, draws=work.draws)
    files |= _write_beside(work, out, rows)
    write_manifest(
        out,
        rows,
        constants={
            "condition": work.account.condition,
            "settings": work.account.settings,
            "transform_version": work.account.version,
            "seed": work.seed,
        },
        notes={"condition": work.account.condition, "files": files, "job": work.content()},
    )


def _write_beside(work: Work, out: Path, rows: pl.DataFrame) -> dict[str, str]:
    """Write companions and the README; return them with their SHA-256."""
    readme = written_readme(work.account, rows, seed=work.seed, draws=work.draws)
    contents = {
        draw_folder(draw, work.draws) + companion.path: companion.content
        for draw in range(work.draws)
        for companion in work.laid.companions
    } | {README: readme.encode()}
    for name, content in contents.items():
        write_atomically(out / name, content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def _left_out(work: Work, extra: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row for each file that never became an item, or never gave its style."""
    rows = [
        {column: problem.path, "problem": problem.reason}
        for column, problems in (("source", work.laid.problems), ("style", work.unused_styles))
        for problem in problems
    ]
    return pl.DataFrame(rows, schema={**MADE_COLUMNS, **extra})


def _told(out: Path, *, made: int, mended: int) -> Built:
    rows, _ = load_manifest(out)
    outputs = rows.filter(pl.col("output").is_not_null())
    return Built(
        folder=out,
        images=outputs.height,
        made=made,
        mended=mended,
        converted=outputs.filter(pl.col("conversions") != "").height,
        problems=problems_of(rows),
    )
