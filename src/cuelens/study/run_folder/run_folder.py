"""The folder of a run: which study it holds, what may be added to it, and where its parts are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cuelens.errors import MissingDataError, RecordError, RunFolderError
from cuelens.files import make_folder, remove_stale, write_atomically
from cuelens.leases import Leases
from cuelens.sharing import Task, share
from cuelens.study.plan.plan import Plan, plan_of
from cuelens.study.run_folder.growth import ADDITIONS, difference, may_become
from cuelens.study.run_folder.imported import read_imported

__all__ = [
    "LEASES",
    "SHOWN",
    "ImageSet",
    "claim_folder",
    "finished_parts",
    "note_images",
    "note_parts",
    "read_images",
    "read_parts",
    "read_plan",
    "require_ended",
]

LEASES = ".leases"
"""Folder, in that of a run, of what its processes hold while they work."""

SHOWN = "shown"
"""Folder, in that of a run, of the attacked images that reports show."""

_FILE = "study.json"
_PARTS = "parts.json"
_IMAGES = "images.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageSet:
    """One of a run's data sets: its name in the records, and how many images it has."""

    name: str
    images: int


def claim_folder(folder: Path, plan: Plan, *, leases: Leases | None = None) -> None:
    """Make a folder this study's own, or find that it is already.

    Models, conditions, levels of a condition, attacks, salience methods and conditions of maps may
    have been added since the earlier run. Nothing that is there may have been changed.

    Args:
        folder: New, empty, or of an earlier run of the same study; several processes may claim it
            at once.
        plan: The study.
        leases: Shared by the processes; None: in the folder.

    Raises:
        RunFolderError: If the folder holds another study, or anything else, or something is to be
            added while another process computes.
    """
    content = _content(plan)
    if _is_of(folder, content):
        remove_stale(folder)
        return
    make_folder(folder)
    leases = Leases(folder / LEASES) if leases is None else leases
    task = Task(
        name="study",
        done=lambda: _is_of(folder, content),
        do=lambda: _write_study(folder, plan, content, leases),
    )
    share([task], leases)


def _is_of(folder: Path, content: Any) -> bool:
    """Return whether a folder holds a study; the order counts too."""
    path = folder / _FILE
    return path.is_file() and json.dumps(_read(path)) == json.dumps(content)


def _write_study(folder: Path, plan: Plan, content: Any, leases: Leases) -> int:
    """Write a study into an empty folder, or what was added to it into its own."""
    path = folder / _FILE
    if path.is_file():
        earlier = _read(path)
        if not may_become(earlier, content):
            raise RunFolderError(
                f"Expected {folder} to be empty or to hold the study {plan.study.name!r} with "
                f"these settings, got one that differs in {difference(earlier, content)}. "
                f"{ADDITIONS} Give another `--out` folder."
            )
        if leases.busy():
            raise RunFolderError(
                f"Expected nobody at work in {folder} while something is added to its study, got "
                "another process that computes there. Wait for it, or stop it: nothing is lost."
            )
        remove_stale(folder)
        (folder / _PARTS).unlink(missing_ok=True)  # it has not come to its end any more
    elif folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise RunFolderError(
            f"Expected {folder} to be empty or to hold an earlier run, got a folder with other "
            "files. Give another `--out` folder."
        )
    write_atomically(path, json.dumps(content, indent=2))
    return 1


def read_plan(folder: Path) -> Plan:
    """Return the study that a run folder holds.

    Raises:
        MissingDataError: If the folder holds none.
        RunFolderError: If its study cannot be read.
    """
    path = folder / _FILE
    if not path.is_file():
        raise MissingDataError(
            f"Expected a run folder at {folder} (with {_FILE} in it), got none. Give the `--out` "
            "folder of `cuelens study run`."
        )
    return plan_of(_read(path), where=str(path))


def note_images(folder: Path, sets: Mapping[str, ImageSet]) -> None:
    """Write how many images a study is about, so that what is left can be told without them.

    Args:
        folder: Of the run.
        sets: "training", "test" and, if there is one, "conflict" to what they are.
    """
    text = json.dumps({role: asdict(one) for role, one in sets.items()}, indent=2)
    path = folder / _IMAGES
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def read_images(folder: Path) -> dict[str, ImageSet]:
    """Return what `note_images` wrote; nothing where no run has come so far."""
    path = folder / _IMAGES
    if not path.is_file():
        return {}
    return {role: ImageSet(**one) for role, one in _read(path).items()}


def note_parts(
    folder: Path, parts: Mapping[str, Sequence[str]], *, plan: Plan | None = None
) -> None:
    """Write which parts of the records are the study's, now that all of them are there.

    Records that an earlier version of a method or other images left in the folder are not among
    them, so that no report mixes the two.

    Args:
        folder: Of the run.
        parts: Each table to the keys of its parts.
        plan: The study, which must still be the folder's; None: it is known to be.

    Raises:
        RunFolderError: If something was added to the folder's study meanwhile.
    """
    if plan is not None and not _is_of(folder, _content(plan)):
        raise RunFolderError(
            f"Expected {folder} to hold the study {plan.study.name!r} as it was when this process "
            "began, got one that something was added to meanwhile. Nothing is lost: run the "
            "file with the additions."
        )
    path = folder / _PARTS
    text = json.dumps({table: list(keys) for table, keys in parts.items()}, indent=2)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def is_claimed(folder: Path) -> bool:
    """Return whether a folder is a study's own."""
    return (folder / _FILE).is_file()


def has_ended(folder: Path) -> bool:
    """Return whether a run has come to its end, with everything that its study asks for."""
    return (folder / _PARTS).is_file()


def require_ended(folder: Path) -> None:
    """Refuse a study that has not come to its end; other folders hold what they hold.

    Raises:
        RecordError: If it has not.
    """
    if (folder / _FILE).is_file():
        read_parts(folder)


def read_parts(folder: Path) -> dict[str, list[str]]:
    """Return each table to the keys of the study's parts, those of imported models with them.

    Raises:
        RecordError: If the run has not come to its end.
    """
    parts = finished_parts(folder)
    if parts is None:
        raise RecordError(
            f"Expected a run that has come to its end in {folder}, got one that was begun, or "
            "added to, and not finished. Run the study again with `cuelens study run`: it goes on "
            "where it was."
        )
    return parts


def finished_parts(folder: Path) -> dict[str, list[str]] | None:
    """Return each table to the keys of the study's parts; None if it has not come to its end."""
    path = folder / _PARTS
    if not path.is_file():
        return None
    parts: dict[str, list[str]] = _read(path)
    for model in read_imported(folder).values():
        parts["predictions"] = [*parts.get("predictions", []), *model.keys]
    return parts


def _read(path: Path) -> Any:
    """Return the content of a file that this module wrote."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFolderError(
            f"Expected what a run wrote in {path}, got a file that cannot be read ({error}). "
            "Give another `--out` folder."
        ) from error


def _content(plan: Plan) -> Any:
    return plan.study.model_dump(mode="json", exclude_unset=True)
