"""Which class each of ImageNet's flat validation images is of, from the files people have.

The publisher's own file counts classes in an order of its own, which is not that of any network:
it is read only with the table that tells which WordNet id each number is.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuelens.datasets.roots import LocalRoot, Root
from cuelens.errors import DataError, MissingDataError

__all__ = ["Labelled", "labels_beside"]

_KNOWN = (
    "LOC_val_solution.csv", "val.txt", "val_labels.txt", "labels.txt",
    "imagenet_2012_validation_synset_labels.txt", "ILSVRC2012_validation_ground_truth.txt",
)  # fmt: skip
_GROUND_TRUTH = "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"
_META = "meta.mat"
_WORDNET_ID = re.compile(r"n\d{8}")
_NUMBER = re.compile(r"\d+")
_CLASSES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """Classes of images by their file names.

    Attributes:
        file: Where they were read.
        classes: Each image's WordNet id, or its class's index as text.
        by_index: Whether they are indices, 0 to 999, in the order of the WordNet ids.
    """

    file: str
    classes: Mapping[str, str]
    by_index: bool


def labels_beside(
    roots: Sequence[Root], named: str | None, *, files: Sequence[str]
) -> Labelled | None:
    """Read the classes of validation images; None where no file of labels is there.

    Args:
        roots: Where to look.
        named: The file's path, below a root or by itself; None: one of the usual names.
        files: The images there are.

    Returns:
        From LOC_val_solution.csv; from lines of a file name and its WordNet id or index (0 to
        999); from one WordNet id a line, in the order of the numbers in the file names; or from
        the publisher's ground truth with its meta.mat beside.

    Raises:
        MissingDataError: If `named` is not there.
        DataError: If the file is none of these.
    """
    for root in roots:
        for name in [named] if named else [*_KNOWN, _GROUND_TRUTH]:
            if root.has(name):
                return _read(root, name, files)
    if named is None:
        return None
    path = Path(named)
    if not path.is_file():
        raise MissingDataError(
            f"Expected the classes of ImageNet's images in `{named}`, but there is no such file. "
            "Correct `labels`."
        )
    return _read(LocalRoot(folder=path.parent), path.name, files)


def _read(root: Root, name: str, files: Sequence[str]) -> Labelled:
    lines = root.read(name).decode("utf-8", errors="replace").splitlines()
    lines = [line.strip() for line in lines if line.strip()]
    if lines and lines[0].startswith("ImageId,"):
        rows = list(csv.reader(io.StringIO("\n".join(lines[1:]))))
        found = {f"{row[0]}.JPEG": row[1].split()[0] for row in rows if len(row) > 1 and row[1]}
        return Labelled(file=name, classes=found, by_index=False)
    cells = [re.split(r"[\s,]+", line) for line in lines]
    if cells and all(len(row) == 2 for row in cells):
        return _pairs(name, {row[0].rsplit("/", maxsplit=1)[-1]: row[1] for row in cells})
    if cells and all(len(row) == 1 for row in cells):
        return _by_line(root, name, [row[0] for row in cells], files)
    raise DataError(_unknown(name, lines[0] if lines else "nothing"))


def _pairs(name: str, found: dict[str, str]) -> Labelled:
    if all(_WORDNET_ID.fullmatch(label) for label in found.values()):
        return Labelled(file=name, classes=found, by_index=False)
    wrong = next((label for label in found.values() if not _NUMBER.fullmatch(label)), None)
    if wrong is not None:
        raise DataError(_unknown(name, wrong))
    if max(map(int, found.values())) >= _CLASSES:
        raise DataError(
            f"`{name}` must count classes from 0 to 999, in the order of the WordNet ids, got "
            f"{max(map(int, found.values()))}. If it counts from 1, take 1 from each number."
        )
    return Labelled(file=name, classes=found, by_index=True)


def _by_line(root: Root, name: str, labels: list[str], files: Sequence[str]) -> Labelled:
    if all(_NUMBER.fullmatch(label) for label in labels):
        names = _published_order(root, name)
        labels = [names.get(int(label), "") for label in labels]
    wrong = next((label for label in labels if not _WORDNET_ID.fullmatch(label)), None)
    if wrong is not None:
        raise DataError(_unknown(name, wrong or "a number that meta.mat does not know"))
    found = {}
    for file in files:
        number = re.search(r"(\d{8})", file)
        if number is not None and 1 <= int(number[1]) <= len(labels):
            found[file] = labels[int(number[1]) - 1]
    return Labelled(file=name, classes=found, by_index=False)


def _published_order(root: Root, name: str) -> dict[int, str]:
    """Return the WordNet id of each of the publisher's numbers."""
    folder = name.rsplit("/", maxsplit=1)[0] + "/" if "/" in name else ""
    if not root.has(f"{folder}{_META}"):
        raise DataError(
            f"`{name}` counts classes in the publisher's own order, which is not that of the "
            f"WordNet ids nor of any network. Put the publisher's {_META} beside it, or give a "
            "file with file names and WordNet ids."
        )
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        table: Any = io.BytesIO(root.read(f"{folder}{_META}"))
        rows: Any = loadmat(table, squeeze_me=True)["synsets"]
        numbers, names = rows["ILSVRC2012_ID"].tolist(), rows["WNID"].tolist()
    except (MatReadError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(
            f"`{folder}{_META}` must be the publisher's table of classes, got a file that cannot "
            f"be read as one ({error}). Unpack it again."
        ) from error
    return {int(number): str(wordnet) for number, wordnet in zip(numbers, names, strict=True)}


def _unknown(name: str, got: str) -> str:
    return (
        f"`{name}` must hold lines of a file name and its WordNet id or index (0 to 999), or one "
        f"WordNet id a line, or be LOC_val_solution.csv, got {got!r}. Give another file of labels."
    )
