"""Names of cue-conflict images, which tell both classes and both sources: `cat7-elephant1.png`.

It knows names alone; whether such a file exists or can be read is not its business.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from cuelens.errors import DataError

__all__ = ["ConflictName", "conflict_name", "read_conflict_name"]

_SOURCE = re.compile(r"(?P<label>.*[^\d])(?P<number>\d+)")
_APART = "_"
"""Stands between a class whose name ends in a digit and the number, as in n02123045_7."""
_TURNED = re.compile(r"(?P<stem>.*\d)-\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictName:
    """What the name of a cue-conflict image tells.

    Attributes:
        shape: The class of its shape, such as "cat".
        shape_source: The picture that gave the shape, such as "cat7".
        texture: The class of its texture.
        texture_source: The picture that gave the texture.
    """

    shape: str
    shape_source: str
    texture: str
    texture_source: str


def conflict_name(shape: str, shape_number: int, texture: str, texture_number: int) -> str:
    """Return the name, without its ending, of a cue-conflict image.

    Args:
        shape: The class of its shape, such as "cat".
        shape_number: Of the picture that gave the shape, in its class.
        texture: The class of its texture.
        texture_number: Of the picture that gave the texture.

    Returns:
        Such as "cat7-elephant1"; "n02123045_7-n02504013_1" where classes end in digits.
    """
    return f"{_source(shape, shape_number)}-{_source(texture, texture_number)}"


def _source(label: str, number: int) -> str:
    return f"{label}{_APART if label[-1:].isdigit() else ''}{number}"


def read_conflict_name(name: str, classes: Collection[str] = ()) -> ConflictName:
    """Return what the name of a cue-conflict image tells.

    Args:
        name: Such as "cat7-elephant1.png"; folders before it and the ending are passed over, and
            so is an angle behind it, as in "cat7-elephant1-108.png".
        classes: What the classes may be, needed where they hold hyphens themselves. Empty: any.

    Raises:
        DataError: If the name is not made so, or can be read in several ways.

    Source:
        The names of the images of Geirhos et al., 2019, https://arxiv.org/abs/1811.12231.
        Differs: none.
    """
    stem = PurePosixPath(name.replace("\\", "/")).stem
    found = _readings(stem, classes)
    turned = _TURNED.fullmatch(stem)
    if not found and turned:
        found = _readings(turned["stem"], classes)
    if len(found) == 1:
        return found[0]
    got = (
        "which can be read in several ways: "
        + " or ".join(f"{one.shape_source} with {one.texture_source}" for one in found)
        if found
        else f"whose classes are not among {', '.join(sorted(classes))}"
        if _readings(stem, ())
        else "which is not"
    )
    raise DataError(
        "The name of a cue-conflict image must be SHAPECLASS<number>-TEXTURECLASS<number>, such "
        f"as cat7-elephant1.png, got {name!r}, {got}. Rename the image."
    )


def _readings(stem: str, classes: Collection[str]) -> list[ConflictName]:
    """Return every way in which a name can be split at a hyphen."""
    found = []
    for place in (match.start() for match in re.finditer("-", stem)):
        shape, texture = (_SOURCE.fullmatch(half) for half in (stem[:place], stem[place + 1 :]))
        if shape is None or texture is None:
            continue
        labels = (_label(shape["label"]), _label(texture["label"]))
        if _known(labels, classes):
            found.append(
                ConflictName(
                    shape=labels[0],
                    shape_source=shape[0],
                    texture=labels[1],
                    texture_source=texture[0],
                )
            )
    return found


def _label(text: str) -> str:
    """Return a class without what keeps its digits from those of the number."""
    label = text.removesuffix(_APART)
    return label if label[-1:].isdigit() else text


def _known(labels: tuple[str, str], classes: Collection[str]) -> bool:
    if classes:
        return all(label in classes for label in labels)
    return not any(label.startswith("-") or label.endswith("-") for label in labels)
