"""The folder of a build: whose it is, and what in it is only there while it runs."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cuelens.builders.manifest import load_manifest
from cuelens.datasets.built_copy import MANIFEST
from cuelens.errors import ConfigError, CuelensError, RunFolderError
from cuelens.files import make_folder, remove_stale, write_atomically

__all__ = ["BUILDING", "PARTS", "claimed", "opened", "require_apart"]

BUILDING = ".building"
"""Folder in OUT that is there while the build is not finished."""

PARTS = "parts"
"""Folder in it of what each task noted."""

_JOB = "job.json"
_LOCK = "lock"


def require_apart(out: Path, **sources: Path | None) -> None:
    """Refuse an output folder that shares files with a source.

    Args:
        out: Where the build goes.
        **sources: What it reads, by the words of the command; None is passed over.

    Raises:
        ConfigError: If one lies in the other.
    """
    ours = out.resolve()
    for word, source in sources.items():
        if source is None:
            continue
        theirs = source.resolve()
        if ours == theirs or theirs in ours.parents or ours in theirs.parents:
            raise ConfigError(
                f"`OUT` must lie outside `{word}` and hold none of it, got `{out}` and "
                f"`{source}`. Give another output folder, such as "
                f"`{theirs.parent / (theirs.name + '-copy')}`."
            )


def opened(out: Path, content: Mapping[str, Any]) -> bool:
    """Return whether a build is finished already, in a folder that is its own or free.

    Args:
        out: New, empty, or of the same build.
        content: All that makes a build another one, as JSON has it.

    Raises:
        RunFolderError: If the folder holds another build or anything else.
        RecordError: If the manifest of the build is torn or altered.
    """
    building = out / BUILDING
    finished = (out / MANIFEST).is_file()
    if finished:
        _require_same(out, load_manifest(out)[1]["job"], content)
    elif (building / _JOB).is_file():
        _require_same(out, json.loads((building / _JOB).read_text(encoding="utf-8")), content)
    elif out.is_dir() and any(not entry.name.startswith(".") for entry in out.iterdir()):
        raise RunFolderError(
            f"`OUT` must be empty or hold an earlier build of the same words, got `{out}` with "
            "other files. Give another folder."
        )
    return finished


@contextmanager
def claimed(out: Path, content: Mapping[str, Any]) -> Iterator[None]:
    """Make a folder a build's own while the block runs, and put away what only a build needs.

    After an error it keeps what an earlier or this run has made, so that the next one goes on
    there; where nothing was made, nothing is left.

    Args:
        out: See `opened`, which comes first.
        content: See `opened`.

    Raises:
        RunFolderError: If another process builds there.
        StorageError: If the disk is full, or the folder cannot be made.
    """
    building = out / BUILDING
    ours = building if out.is_dir() else out
    make_folder(building)
    with _alone(out, building / _LOCK):
        remove_stale(out)
        write_atomically(building / _JOB, json.dumps(content, indent=2, sort_keys=True))
        try:
            yield
        except CuelensError:
            if not _holds_pixels(out):
                shutil.rmtree(ours)
            raise
        remove_stale(out)  # what processes left that died with an earlier run
        shutil.rmtree(building)


def _holds_pixels(out: Path) -> bool:
    """Return whether there is any file but the notes of the build."""
    notes = {out / BUILDING / name for name in (_JOB, _LOCK)}
    return any(
        path.is_file() and path not in notes and path.parent != out / BUILDING / PARTS
        for path in out.rglob("*")
    )


@contextmanager
def _alone(out: Path, path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunFolderError(
                f"`OUT` must be built by one process at a time, got `{out}`, where another is at "
                "work. Wait for it, or give another folder."
            ) from error
        yield
    finally:
        os.close(handle)


def _require_same(out: Path, earlier: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    names = sorted(key for key in {*earlier, *now} if earlier.get(key) != now.get(key))
    if not names:
        return
    told = "; ".join(
        f"{name}: {earlier.get(name)!r} there, {now.get(name)!r} now" for name in names
    )
    raise RunFolderError(
        f"`OUT` must be empty or hold an earlier build of the same words from the same source, got "
        f"`{out}` with another one ({told}). Give another folder."
    )
