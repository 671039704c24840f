"""The folder of a run: which study it holds, and where its parts are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cuelens.errors import MissingDataError, RecordError, RunFolderError
from cuelens.files import remove_stale, write_atomically
from cuelens.study.imported import read_imported
from cuelens.study.plan import Plan, plan_of

__all__ = [
    "SHOWN",
    "ImageSet",
    "claim_folder",
    "finished_parts",
    "note_images",
    "note_parts",
    "read_images",
    "read_parts",
    "read_plan",
]

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


def claim_folder(folder: Path, plan: Plan) -> None:
    """Make a folder this study's own, or find that it is already.

    Args:
        folder: New, empty, or of an earlier run of the same study.
        plan: The study.

    Raises:
        RunFolderError: If the folder holds another study, or anything else.
    """
    content = _content(plan)
    path = folder / _FILE
    if path.is_file():
        earlier = _read(path)
        if json.dumps(earlier) != json.dumps(content):  # the order counts too
            raise RunFolderError(
                f"Expected {folder} to be empty or to hold the study {plan.study.name!r} with "
                f"these settings, got one that differs in {_difference(earlier, content)}. "
                "Give another `--out` folder."
            )
        remove_stale(folder)
        return
    if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise RunFolderError(
            f"Expected {folder} to be empty or to hold an earlier run, got a folder with other "
            "files. Give another `--out` folder."
        )
    write_atomically(path, json.dumps(content, indent=2))


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


def note_parts(folder: Path, parts: Mapping[str, Sequence[str]]) -> None:
    """Write which parts of the records are the study's, now that all of them are there.

    Records that an earlier version of a method or other images left in the folder are not among
    them, so that no report mixes the two.

    Args:
        folder: Of the run.
        parts: Each table to the keys of its parts.
    """
    path = folder / _PARTS
    text = json.dumps({table: list(keys) for table, keys in parts.items()}, indent=2)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def read_parts(folder: Path) -> dict[str, list[str]]:
    """Return each table to the keys of the study's parts, those of imported models with them.

    Raises:
        RecordError: If the run has not come to its end.
    """
    parts = finished_parts(folder)
    if parts is None:
        raise RecordError(
            f"Expected a run that has come to its end in {folder}, got one without {_PARTS}. "
            "Run the study again with `cuelens study run`: it goes on where it was."
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


def _difference(before: Any, now: Any) -> str:
    """Return the first-level fields in which two studies differ."""
    if not isinstance(before, dict):
        return "everything"
    fields = sorted(
        name for name in before.keys() | now.keys() if before.get(name) != now.get(name)
    )
    return ", ".join(f"`{field}`" for field in fields) or "its order"
