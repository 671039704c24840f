"""Which images the records of a run were made of, and what has changed of them since.

It compares ids, labels and digests of pixels; it reads no image by itself.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cuelens.datasets import Dataset
from cuelens.errors import RunFolderError
from cuelens.files import write_atomically
from cuelens.study.images.data import StudyData
from cuelens.study.run_folder.run_folder import ImageSet

__all__ = ["class_names_in", "require_same_images", "sizes_of"]

_FILE = "reported.json"


def require_same_images(folder: Path, data: StudyData) -> None:
    """Note of which images the records of a run are, or refuse others.

    Training images are not noted: the models' files tell theirs.

    Args:
        folder: Of the run.
        data: Its images.

    Raises:
        RunFolderError: If the reported images are not those of the earlier run; it says what has
            changed.
    """
    splits = {"test": data.test} | ({} if data.conflict is None else {"conflict": data.conflict})
    path = folder / _FILE
    if not path.is_file():
        described = {split: _described(images) for split, images in splits.items()}
        write_atomically(path, json.dumps(described))
        return
    earlier: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for split, images in splits.items():
        before = earlier.get(split)
        if before is not None and before["fingerprint"] != images.fingerprint:
            changes = "; ".join(_changes(before, _described(images)))
            raise RunFolderError(
                f"Expected the {split} images that the records in {folder} were made of, got "
                f"{images.name!r} with {changes}. Put the images back as they were, or give "
                "another `--out` folder."
            )


def class_names_in(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return each data set of a run to the names of its classes; nothing where they are not noted.

    Args:
        folder: Of the run; that of an evaluation or an attack notes none.
    """
    path = folder / _FILE
    if not path.is_file():
        return {}
    noted = json.loads(path.read_text(encoding="utf-8"))
    return {one["name"]: tuple(one["classes"]) for one in noted.values()}


def sizes_of(data: StudyData) -> dict[str, ImageSet]:
    """Return the name and the number of images of each set that a study is about, by its role."""
    sets = {"training": data.training, "test": data.test, "conflict": data.conflict}
    return {
        role: ImageSet(name=images.name, images=len(images))
        for role, images in sets.items()
        if images is not None
    }


def _described(images: Dataset) -> dict[str, Any]:
    digests: Sequence[str] = getattr(images, "digests", ())
    return {
        "name": images.name,
        "fingerprint": images.fingerprint,
        "classes": list(images.class_names),
        "ids": list(images.ids),
        "labels": images.labels.tolist(),
        "digests": list(digests),
    }


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs, in words."""
    was, is_now = _by_id(before), _by_id(now)
    both = [image for image in is_now if image in was]
    found = [
        (is_now.keys() - was.keys(), "more"),
        (was.keys() - is_now.keys(), "fewer"),
        ({image for image in both if was[image][0] != is_now[image][0]}, "with another label"),
        ({image for image in both if was[image][1] != is_now[image][1]}, "with other pixels"),
    ]
    changes = [_counted(images, what) for images, what in found if images]
    if before["classes"] != now["classes"]:
        changes.insert(0, f"the classes {', '.join(now['classes'])}")
    return changes or ["its images in another order or with other pixels"]


def _by_id(described: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the class and the digest of the pixels of each image; no digest where unknown."""
    classes, ids = described["classes"], described["ids"]
    digests = described["digests"] or [""] * len(ids)
    return {
        image: (classes[label], digest)
        for image, label, digest in zip(ids, described["labels"], digests, strict=True)
    }


def _counted(images: set[str], what: str) -> str:
    """Return such as "2 images more (a, b)"."""
    first = sorted(images)[:3]
    shown = ", ".join(first) + (", ..." if len(images) > len(first) else "")
    return f"{len(images):,} {'image' if len(images) == 1 else 'images'} {what} ({shown})"
