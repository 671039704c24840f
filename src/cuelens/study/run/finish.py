"""Whether a run's folder holds all of its study, told without computing anything.

What a study comes to depends on the images, the networks, the methods, the machine's kind and this
package's own code. When a run ends, all of that is written down; as long as it is the same and the
noted parts are whole, there is nothing to do. Any doubt means that the run goes through its work,
and finds piece by piece what is there.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

import cuelens
from cuelens.evaluation import SCHEMA_VERSION, RecordStore, identity_of
from cuelens.evaluation.attack_images import IMAGES_TABLE
from cuelens.files import write_atomically
from cuelens.networks.fast_path import bfloat16_is_fast
from cuelens.study.images.data import StudyData
from cuelens.study.models.given_models import given_sources
from cuelens.study.plan.plan import Plan
from cuelens.study.run_folder.run_folder import SHOWN, finished_parts

__all__ = ["evidence_of", "finish_time", "finished_with", "note_finish"]

_FILE = "finished.json"


def evidence_of(plan: Plan, data: StudyData, device: torch.device) -> dict[str, Any]:
    """Return what the study's records depend on besides its file and its networks.

    Args:
        plan: The study.
        data: Its images; they are asked for their fingerprints.
        device: Where it computes.
    """
    sets = (data.training, data.validation, data.test, data.conflict)
    return {
        "code": _code(),
        "schema_version": SCHEMA_VERSION,
        "data": [None if images is None else images.fingerprint for images in sets],
        "methods": [
            *(identity_of(condition.transform) for condition in plan.conditions),
            *(identity_of(attack.attack) for attack in plan.attacks),
            *(identity_of(method) for method in plan.salience.methods.values()),
        ],
        "device": device.type,
        "bfloat16": bfloat16_is_fast(device),
    }


def note_finish(folder: Path, evidence: dict[str, Any], problems: Sequence[str]) -> None:
    """Write down that a run has come to its end, and on what that rests.

    Args:
        folder: Of the run.
        evidence: From `evidence_of`.
        problems: Sentences that every run says again, such as of answers that are no numbers.
    """
    content = {**evidence, "models": _models(folder), "problems": list(problems)}
    text = json.dumps(content, indent=2)
    path = folder / _FILE
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def finished_with(folder: Path, evidence: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the problems of a run that came to its end, if it still holds all of it.

    Args:
        folder: Of the run; its study is the one in question.
        evidence: From `evidence_of`, of now.

    Returns:
        The sentences that were noted; None where there may be something to do.
    """
    noted = finished_parts(folder)
    try:
        written = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        problems = tuple(map(str, written.pop("problems")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if noted is None or written != evidence | {"models": _models(folder)}:
        return None
    records, shown = RecordStore(folder / "records"), RecordStore(folder / SHOWN)
    whole = all(
        (shown if table == IMAGES_TABLE else records).has(table, key)
        for table, keys in noted.items()
        for key in keys
    )
    for store in (records, shown):
        store.remember()
    return problems if whole else None


def finish_time(folder: Path) -> int | None:
    """Return when a run came to its end, in nanoseconds since 1970; None if that is not noted."""
    path = folder / _FILE
    return path.stat().st_mtime_ns if path.is_file() else None


def _models(folder: Path) -> dict[str, list[int]]:
    """Return the size and the time of change of each network's file, given ones among them."""
    files = {file.name: file for file in sorted((folder / "models").glob("*.safetensors"))}
    files |= {f"given {name}": file for name, file in given_sources(folder).items()}
    return {name: [file.stat().st_size, file.stat().st_mtime_ns] for name, file in files.items()}


def _code() -> str:
    """Return a digest that is another one when a file of this package was written anew."""
    digest = blake2b(cuelens.__version__.encode(), digest_size=16)
    place = Path(cuelens.__file__).parent
    for file in sorted(place.rglob("*.py")):
        found = file.stat()
        digest.update(f"{file.relative_to(place)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
