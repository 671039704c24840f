"""Which image files lie below a folder, and what else is there."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from cuelens.datasets import Problem
from cuelens.datasets.built_copy import CLASSES, MANIFEST, README
from cuelens.datasets.folder_scan import ENDINGS, shown
from cuelens.errors import MissingDataError

__all__ = ["TREE_REMEDY", "listing_digest", "walk"]

TREE_REMEDY = "Give a folder such as FOLDER/CLASS/IMAGE.png or FOLDER/train/CLASS/IMAGE.png"

_BUILT = (MANIFEST, README, CLASSES)


def walk(root: Path) -> tuple[list[str], list[Problem]]:
    """Return the image files below a folder, by name, and what else is there, and why not.

    Raises:
        MissingDataError: If there is no such folder.
    """
    if not root.is_dir():
        raise MissingDataError(
            f"Expected a folder of images at `{root}`, but there is none. {TREE_REMEDY}."
        )
    problems: list[Problem] = []
    built = (root / _BUILT[0]).is_file()
    passed = _BUILT if built else ()
    found = [path for path in _below(root, "", (), problems) if path not in passed]
    return found, [problem for problem in problems if problem.path not in passed]


def _below(
    root: Path, inside: str, above: tuple[Path, ...], problems: list[Problem]
) -> Iterator[str]:
    folder = root / inside
    here = folder.resolve()
    if here in above:
        problems.append(Problem(path=inside, reason="it is a link to a folder above it"))
        return
    try:
        entries = shown(folder)
    except OSError as error:
        reason = f"it cannot be opened ({error.strerror})"
        problems.append(Problem(path=inside, reason=reason))
        return
    barren = bool(inside)
    for entry in entries:
        path = f"{inside}/{entry.name}" if inside else entry.name
        if entry.is_dir():
            barren = False  # what is below it tells of itself
            yield from _below(root, path, (*above, here), problems)
        elif entry.suffix.lower() in ENDINGS:
            barren = False
            yield path
        else:
            reason = f"its name ends in none of {', '.join(ENDINGS)}"
            problems.append(Problem(path=path, reason=reason))
    if barren:
        reason = "it holds no image, so that the copy has no such folder"
        problems.append(Problem(path=inside, reason=reason))


def listing_digest(root: Path, paths: Sequence[str]) -> str:
    """Return 64 hexadecimal digits that name the paths and the sizes of files."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            size = (root / path).stat().st_size
        except OSError:
            size = -1  # a link to nothing; reading it will say so
        digest.update(f"{path}\x1f{size}\x1e".encode())
    return digest.hexdigest()
