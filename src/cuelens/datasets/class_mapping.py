"""Which class of a model each class of a data set is: by name, WordNet id, index or a file.

It matches classes; it neither sees images nor asks the model. A class that is matched by nothing
stays unmatched and is named; it is never put where it might fit.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from cuelens.datasets.class_mapping_file import ModelOrder, read_mapping_file
from cuelens.errors import ConfigError
from cuelens.networks.imagenet_classes import CLASSES, imagenet_names, imagenet_wordnet_ids

__all__ = ["ClassMapping", "Way", "match_classes", "plain_name"]

Way = Literal["name", "wordnet id", "index", "file"]
"""How a class of the data set was matched."""

_WORDNET_ID = re.compile(r"n\d{8}")
_UNNAMED = re.compile(r"(class|label)?[ _]?\d+", re.IGNORECASE)
_NO_NAME = "no such name"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassMapping:
    """A data set's classes and the model's class of each.

    Attributes:
        class_names: Those of the data set, in its order.
        model_class_names: Those of the model, in its order.
        indices: The model's class of each of the data set's, 0 to model class - 1; None where
            there is none.
        ways: How each was matched; None where it was not.
        reasons: Why a class was not matched, by its name.
    """

    class_names: tuple[str, ...]
    model_class_names: tuple[str, ...]
    indices: tuple[int | None, ...]
    ways: tuple[Way | None, ...]
    reasons: Mapping[str, str]

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The classes of the data set that are none of the model's."""
        pairs = zip(self.class_names, self.indices, strict=True)
        return tuple(name for name, index in pairs if index is None)

    @property
    def is_identity(self) -> bool:
        """Whether both have the same classes in the same order."""
        return self.class_names == self.model_class_names

    def told(self) -> str:
        """Return in a sentence how classes were matched, and which were not."""
        ways = [way for way in self.ways if way is not None]
        counts = ", ".join(f"{ways.count(way):,} by {way}" for way in dict.fromkeys(ways))
        sentence = (
            f"{len(ways):,} of the data set's {len(self.class_names):,} classes are among the "
            f"model's {len(self.model_class_names):,}" + (f" ({counts})." if counts else ".")
        )
        if self.unmatched:
            first = [f"{name} ({self._reason(name)})" for name in self.unmatched[:5]]
            more = len(self.unmatched) - len(first)
            sentence += f" Not matched: {'; '.join([*first, f'{more:,} more'] if more else first)}."
        return sentence

    def _reason(self, name: str) -> str:
        reason = self.reasons[name]
        near = get_close_matches(name, self.model_class_names, n=1, cutoff=0.8)
        return f"{reason}; near is {near[0]!r}" if near and reason == _NO_NAME else reason


@dataclass(frozen=True, kw_only=True, slots=True)
class _Model:
    """What is known of a model's classes."""

    names: tuple[str, ...]
    by_id: Mapping[str, int]
    exact: Mapping[str, Sequence[int]]
    plain: Mapping[str, Sequence[int]]
    synonyms: Mapping[str, Sequence[int]]


def match_classes(
    class_names: Sequence[str],
    model_class_names: Sequence[str],
    *,
    wordnet_ids: Sequence[str] = (),
    indices: Sequence[int] = (),
    by: Way | None = None,
    file: Path | None = None,
) -> ClassMapping:
    """Return which class of the model each class of the data set is.

    Args:
        class_names: Those of the data set.
        model_class_names: Those of the model.
        wordnet_ids: Of the data set's classes; taken from names that are ids if empty.
        indices: Of the data set's classes among ImageNet's 1,000; empty where not known.
        by: One way alone. None: the file where there is one, then equal names, WordNet ids,
            indices that the data set states (for models of 1,000 classes), and names apart from
            their writing. A model of 1,000 classes is taken to have ImageNet's, in the usual
            order, where most of them are called so or none has a name.
        file: See `read_mapping_file`.

    Returns:
        Several classes of the data set may be one of the model's.

    Raises:
        ConfigError: If no class is matched, or the file is not made so, or `by` asks for what is
            not known.
    """
    names, model_names = tuple(class_names), tuple(model_class_names)
    given, order = (None, None) if file is None else read_mapping_file(file, model_names)
    model = _model(model_names, order)
    ids = tuple(wordnet_ids) or _ids_among(names)
    if by == "index" and not indices:
        indices = _numbers(names)
    _require_known(by, model, ids, file)
    found: list[int | None] = []
    ways: list[Way | None] = []
    reasons: dict[str, str] = {}
    for row, name in enumerate(names):
        tries = _tries(row, name, model, ids, indices, given, stated=by == "index")
        index, way, reason = _first(tries, by)
        found.append(index)
        ways.append(way)
        if index is None:
            reasons[name] = reason
    mapping = ClassMapping(
        class_names=names,
        model_class_names=model_names,
        indices=tuple(found),
        ways=tuple(ways),
        reasons=reasons,
    )
    if len(mapping.unmatched) == len(names):
        raise ConfigError(_nothing(mapping, model, ids))
    return mapping


_Try = tuple[Way, int | None, str]


def _tries(
    row: int,
    name: str,
    model: _Model,
    ids: Sequence[str],
    indices: Sequence[int],
    given: Mapping[str, int] | None,
    *,
    stated: bool,
) -> Iterator[_Try]:
    """Yield what each way says of a class, in the order of their worth."""
    if given is not None:
        yield "file", given.get(name), "the file does not name it"
    if ids and model.by_id:
        yield "wordnet id", model.by_id.get(ids[row]), f"the model has no class {ids[row]}"
    if len(exact := model.exact.get(name, ())) == 1:
        yield "name", exact[0], ""
    if indices and (stated or len(model.names) == CLASSES):
        index = indices[row]
        fits = 0 <= index < len(model.names)
        yield "index", index if fits else None, f"the model has no class {index}"
    yield ("name", *_by_name(name, model))


def _by_name(name: str, model: _Model) -> tuple[int | None, str]:
    for places in (model.plain, model.synonyms):
        found = places.get(plain_name(name), ())
        if len(found) == 1:
            return found[0], ""
        if found:
            several = " and ".join(map(str, found))
            return None, f"its name is that of several classes of the model, {several}"
    return None, _NO_NAME


def _first(tries: Iterator[_Try], by: Way | None) -> tuple[int | None, Way | None, str]:
    reason = "nothing tells which it is"
    for way, index, why in tries:
        if by is not None and way != by:
            continue
        if index is not None:
            return index, way, ""
        reason = why
    return None, None, reason


def plain_name(name: str) -> str:
    """Return a class name without what differs from writer to writer: case, _, - and spaces."""
    return " ".join(re.sub(r"[_\-\s]+", " ", name).casefold().split())


def _model(names: tuple[str, ...], order: ModelOrder | None) -> _Model:
    ids = order.wordnet_ids if order is not None else _ids_among(names)
    if not ids and _may_be_imagenet(names):
        ids = imagenet_wordnet_ids()
    shown = order.names if order is not None and order.names else names
    if shown == names and (_ids_among(names) or (ids and _are_unnamed(names))):
        shown = _words(ids)
    exact, plain, synonyms = (defaultdict[str, list[int]](list) for _ in range(3))
    for index, (name, words) in enumerate(zip(names, shown, strict=True)):
        exact[name].append(index)
        plain[plain_name(words)].append(index)
        for synonym in words.split(",") if "," in words else ():
            synonyms[plain_name(synonym)].append(index)
    by_id = {one: index for index, one in enumerate(ids)}
    return _Model(names=names, by_id=by_id, exact=exact, plain=plain, synonyms=synonyms)


def _are_unnamed(names: Sequence[str]) -> bool:
    return all(_UNNAMED.fullmatch(name) for name in names)


def _may_be_imagenet(names: tuple[str, ...]) -> bool:
    """Return whether 1,000 classes are ImageNet's: unnamed, or most named so at their place."""
    if len(names) != CLASSES:
        return False
    known = imagenet_names()
    if _are_unnamed(names) or not known:
        return True
    same = (
        bool({plain_name(part) for part in name.split(",")}
        & {plain_name(part) for part in other.split(",")})
        for name, other in zip(names, known, strict=True)
    )  # fmt: skip
    return sum(same) > CLASSES // 2


def _words(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the names of WordNet ids as far as an installed package tells them, else the ids."""
    known = dict(zip(imagenet_wordnet_ids(), imagenet_names(), strict=False))
    return tuple(known.get(one, one) for one in ids)


def _ids_among(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names where all are WordNet ids, else nothing."""
    return names if names and all(_WORDNET_ID.fullmatch(name) for name in names) else ()


def _numbers(names: Sequence[str]) -> tuple[int, ...]:
    wrong = next((name for name in names if not name.isdecimal()), None)
    if wrong is not None:
        raise ConfigError(
            f"Classes are matched by index only where they are called by numbers, got {wrong!r}. "
            "Match them by name, or by a file."
        )
    return tuple(map(int, names))


def _require_known(by: Way | None, model: _Model, ids: Sequence[str], file: Path | None) -> None:
    if by == "file" and file is None:
        raise ConfigError("Classes are matched by file only where one is given. Give `file`.")
    if by == "wordnet id" and not (ids and model.by_id):
        whose = "data set's" if model.by_id else "model's"
        raise ConfigError(
            f"Classes are matched by WordNet id only where it is known, got none of the {whose}. "
            "Install timm, whose list of ImageNet's ids is read, or give a file."
        )


def _nothing(mapping: ClassMapping, model: _Model, ids: Sequence[str]) -> str:
    first = ", ".join(mapping.class_names[:3])
    others = ", ".join(mapping.model_class_names[:3])
    remedy = "Give a file with a line for each: the data set's class, a colon, the model's class."
    if ids and not model.by_id:
        remedy = (
            "The data set's classes are WordNet ids: install timm, whose list of ImageNet's ids is "
            "read, or give a file with the model's WordNet ids, one a line."
        )
    return (
        f"At least one of the data set's {len(mapping.class_names):,} classes ({first}, ...) must "
        f"be one of the model's {len(mapping.model_class_names):,} ({others}, ...), got none that "
        f"is. {remedy}"
    )
