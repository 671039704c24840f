"""One line of a file of decisions: who answered what on which image."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cuelens.datasets import read_conflict_name
from cuelens.errors import DataError

__all__ = ["OWN", "PUBLISHED", "Decision", "own_decision", "published_decision"]

PUBLISHED = (
    "subj", "session", "trial", "rt", "object_response", "category", "condition", "imagename",
)  # fmt: skip
"""The columns of the published response files."""

OWN = ("model", "image", "shape", "texture", "prediction")
"""The columns that a file of one's own must have; dataset and the two sources may be there."""

_EXPERIMENTS = {
    "org": "original images",
    "gra": "greyscale images",
    "sif": "silhouettes",
    "edg": "edges",
    "tex": "textures",
    "s5n": "cue conflict",
    "scg": "cue conflict, asked for the shape",
    "stg": "cue conflict, asked for the texture",
    "tfr": "rotated silhouettes filled with textures",
}
"""The published experiments' codes in words, after the names of their folders."""

_TRIAL = re.compile(
    r"\d+_(?P<experiment>[^_]+)_(?P<subject>[^_]+)_(?P<condition>[^_]+)_(?P<category>[^_]+)_\d+_"
    r"(?P<name>.+)"
)
_ONE_SOURCE = re.compile(r".*[^\d-]\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One answer of one observer.

    Attributes:
        model: The observer: a network or a person.
        dataset: Which images it belongs to, such as "cue conflict (s5n)" of the published ones.
        image: The same for every observer that saw it.
        label: The class that counts as right.
        shape: The class of its shape; None where the image shows no two classes.
        texture: Likewise.
        shape_source: What images of the same shape share; None where that is not known.
        texture_source: Likewise.
        prediction: The answer; any text that is no class, such as "na", follows neither cue.
        place: File and line, for messages.
    """

    model: str
    dataset: str
    image: str
    label: str
    shape: str | None
    texture: str | None
    shape_source: str | None
    texture_source: str | None
    prediction: str
    place: str


def published_decision(fields: Mapping[str, str], *, path: Path, line: int) -> Decision:
    """Return the decision in a line of a published response file.

    Args:
        fields: By column.
        path: For messages.
        line: Likewise.

    Raises:
        DataError: If a field is empty, or the name of the image cannot be read.

    Source:
        https://github.com/rgeirhos/texture-vs-shape, raw-data.
        Differs: none.
    """
    _require_filled(fields, ("subj", "object_response", "category", "imagename"), path, line)
    trial = _TRIAL.fullmatch(fields["imagename"])
    if trial is None:
        raise DataError(
            f"`{path}`, line {line}: `imagename` must be made as "
            "0001_s5n_dnn_0_airplane_00_airplane1-bicycle2.png, got "
            f"{fields['imagename']!r}. Use the columns {','.join(OWN)} for your own names."
        )
    plain = {
        "model": fields["subj"],
        "dataset": _experiment(trial["experiment"]),
        "image": trial["name"],
        "label": fields["category"],
        "prediction": fields["object_response"],
        "place": _place(path, line),
    }
    if _ONE_SOURCE.fullmatch(Path(trial["name"]).stem) and "-" not in trial["name"]:
        return Decision(**plain, shape=None, texture=None, shape_source=None, texture_source=None)
    try:
        name = read_conflict_name(trial["name"])
    except DataError as error:
        raise DataError(f"`{path}`, line {line}: {error}") from error
    if name.shape != fields["category"]:
        raise DataError(
            f"`{path}`, line {line}: `category` must be the shape's class, which the image "
            f"{trial['name']!r} names {name.shape!r}, got {fields['category']!r}. Correct one."
        )
    return Decision(
        **plain,
        shape=name.shape,
        texture=name.texture,
        shape_source=name.shape_source,
        texture_source=name.texture_source,
    )


def _experiment(code: str) -> str:
    """Return a published experiment in words, with its code; an unknown one by its code."""
    return f"{_EXPERIMENTS[code]} ({code})" if code in _EXPERIMENTS else f"condition {code}"


def own_decision(fields: Mapping[str, str], *, path: Path, line: int) -> Decision:
    """Return the decision in a line of a file of one's own.

    Args:
        fields: By column.
        path: For messages.
        line: Likewise.

    Raises:
        DataError: If a field that is needed is empty.
    """
    _require_filled(fields, OWN, path, line)
    return Decision(
        model=fields["model"],
        dataset=fields.get("dataset") or "decisions",
        image=fields["image"],
        label=fields["shape"],
        shape=fields["shape"],
        texture=fields["texture"],
        shape_source=fields.get("shape_source") or None,
        texture_source=fields.get("texture_source") or None,
        prediction=fields["prediction"],
        place=_place(path, line),
    )


def _place(path: Path, line: int) -> str:
    return f"{path.name}, line {line}"


def _require_filled(
    fields: Mapping[str, str], columns: tuple[str, ...], path: Path, line: int
) -> None:
    for column in columns:
        if not fields[column]:
            raise DataError(
                f"`{path}`, line {line}: `{column}` must not be empty. Write na where there was "
                "no answer."
                if column in ("prediction", "object_response")
                else f"`{path}`, line {line}: `{column}` must not be empty. Fill it in."
            )
