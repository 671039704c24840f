"""The folder of a run: which study it holds, and where its parts are."""

import json
from pathlib import Path
from typing import Any

from cuelens.errors import MissingDataError, RunFolderError
from cuelens.files import write_atomically
from cuelens.study.plan import Plan, plan_of

__all__ = ["claim_folder", "read_plan"]

_FILE = "study.json"


def claim_folder(folder: Path, plan: Plan) -> None:
    """Make a folder this study's own, or find that it is already.

    Args:
        folder: New, empty, or of an earlier run of the same study.
        plan: The study.

    Raises:
        RunFolderError: If the folder holds another study, or anything else.
    """
    content = json.dumps(_content(plan), indent=2)
    path = folder / _FILE
    if path.is_file():
        earlier = path.read_text(encoding="utf-8")
        if earlier != content:
            raise RunFolderError(
                f"Expected {folder} to be empty or to hold the study {plan.study.name!r} with "
                f"these settings, got one that differs in {_difference(earlier, content)}. "
                "Give another `--out` folder."
            )
        return
    if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise RunFolderError(
            f"Expected {folder} to be empty or to hold an earlier run, got a folder with other "
            "files. Give another `--out` folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content.encode())


def read_plan(folder: Path) -> Plan:
    """Return the study that a run folder holds.

    Raises:
        MissingDataError: If the folder holds none.
    """
    path = folder / _FILE
    if not path.is_file():
        raise MissingDataError(
            f"Expected a run folder at {folder} (with {_FILE} in it), got none. Give the `--out` "
            "folder of `cuelens study run`."
        )
    return plan_of(json.loads(path.read_text(encoding="utf-8")), where=str(path))


def _content(plan: Plan) -> Any:
    return plan.study.model_dump(mode="json", exclude_unset=True)


def _difference(earlier: str, content: str) -> str:
    """Return the first-level fields in which two studies differ."""
    before, now = json.loads(earlier), json.loads(content)
    fields = sorted(
        name for name in before.keys() | now.keys() if before.get(name) != now.get(name)
    )
    return ", ".join(f"`{field}`" for field in fields) or "its order"
