"""Runs a build from its items to its manifest, and goes on where an earlier run was stopped.

It knows items, tasks and the folder; which images there are and what is done to them come with
the work.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cuelens.builders.folder import BUILDING, claimed
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
from cuelens.builders.readme import Account, written_readme
from cuelens.builders.work import Job, part_path
from cuelens.datasets import Problem
from cuelens.datasets.built_copy import README
from cuelens.errors import ConfigError, DataError
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
        converted: How many outputs do not show their source as it was stored.
        problems: What could not be done and why, in the order of the manifest.
    """

    folder: Path
    images: int
    made: int
    converted: int
    problems: tuple[Problem, ...]


def run_build(work: Work, out: Path, *, workers: int = 1, progress: Progress = silent) -> Built:
    """Make the outputs that are not there, then the manifest and the README.

    Killed at any moment and run again, it goes on where it was, and the folder ends up the same
    byte for byte.

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
        ConfigError: If `workers` is below 1.
    """
    if workers < 1:
        raise ConfigError(f"`workers` must be at least 1 process, got {workers}.")
    tasks = tasks_of(work.laid.items, work.laid.output)
    made = 0
    with claimed(out, work.content()) as finished:
        if not finished:
            made = _make(work, out, tasks, workers, progress)
            _finish(work, out, tasks)
    return _told(out, made)


def _make(work: Work, out: Path, tasks: Sequence[Task], workers: int, progress: Progress) -> int:
    """Run the tasks that have no part yet and return how many items they had."""
    parts = out / BUILDING / "parts"
    job = Job(
        out=out,
        parts=parts,
        readers=work.laid.readers,
        maker=work.maker,
        output=work.laid.output,
        seed=work.seed,
        draws=work.draws,
        fields=work.fields,
    )
    there = {path.name for path in parts.glob("*.parquet")}
    missing = [task for task in tasks if part_path(parts, task.number).name not in there]
    total = len(work.laid.items)
    done = before = total - sum(len(task.items) for task in missing)
    started = time.monotonic()
    stage = f"build {work.account.condition}"
    if missing:
        progress(stage, done, total, "")
    for count in run_tasks(job, missing, workers=workers):
        done += count
        seconds = time.monotonic() - started
        progress(stage, done, total, f"{(done - before) / max(seconds, 1e-9):.3g} images/s")
    return done - before


def _finish(work: Work, out: Path, tasks: tuple[Task, ...]) -> None:
    """Write what takes all tasks: companions, the README, and the manifest as the last."""
    paths = [part_path(out / BUILDING / "parts", task.number) for task in tasks]
    extra = dict.fromkeys(work.fields, pl.String)
    rows = pl.concat([_left_out(work.laid.problems, extra), *map(read_part, paths)])
    if rows["output"].null_count() == rows.height:
        first = rows.row(0, named=True)
        raise DataError(
            f"Expected at least one image that can be made under {work.account.condition}, got "
            f"none of {len(work.laid.items):,}. The first, `{first['source']}`: "
            f"{first['problem']}"
        )
    files: dict[str, str] = {}
    for path in paths:
        files |= part_files(path)
    files |= work.laid.output.finish(out, tasks, draws=work.draws)
    for draw in range(work.draws):
        for companion in work.laid.companions:
            _write(out, draw_folder(draw, work.draws) + companion.path, companion.content, files)
    readme = written_readme(work.account, rows, seed=work.seed, draws=work.draws)
    _write(out, README, readme.encode(), files)
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


def _write(out: Path, name: str, content: bytes, files: dict[str, str]) -> None:
    write_atomically(out / name, content)
    files[name] = hashlib.sha256(content).hexdigest()


def _left_out(problems: Sequence[Problem], extra: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row for each file that never became an item."""
    rows = [{"source": problem.path, "problem": problem.reason} for problem in problems]
    return pl.DataFrame(rows, schema={**MADE_COLUMNS, **extra})


def _told(out: Path, made: int) -> Built:
    rows, _ = load_manifest(out)
    outputs = rows.filter(pl.col("output").is_not_null())
    failed = rows.filter(pl.col("problem").is_not_null())
    return Built(
        folder=out,
        images=outputs.height,
        made=made,
        converted=outputs.filter(pl.col("conversions") != "").height,
        problems=tuple(
            Problem(path=source, reason=reason)
            for source, reason in failed.select("source", "problem")
            .unique(maintain_order=True)
            .iter_rows()
        ),
    )
