"""WebDataset shards: tar files in which an image and its class share a name.

Shards of this machine are indexed by their headers and read where an image lies; compressed ones
and those elsewhere are read once from the beginning and kept on the disk.

Source:
    https://github.com/webdataset/webdataset, "The WebDataset Format".
    Differs: the class is in .cls (an index, or a name) or in the field "label" of .json.
"""

import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from glob import glob, has_magic
from itertools import islice
from pathlib import Path

import torch

from cuelens.datasets.built_copy import CLASSES
from cuelens.datasets.class_names import class_order, read_class_names
from cuelens.datasets.folder_scan import ENDINGS
from cuelens.datasets.listing import Listing, Place
from cuelens.datasets.reading import Problem, told_first
from cuelens.datasets.roots import is_remote
from cuelens.datasets.spool import Spool
from cuelens.datasets.tar_samples import Sample, is_plain, opened_tar, require_end, samples_of
from cuelens.errors import ConfigError, DataError, MissingDataError

__all__ = ["shards", "shards_at"]

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Members:
    """Images at known places in tar files of this machine."""

    places: Mapping[str, tuple[str, int, int]] = field(repr=False)

    def read(self, image: str) -> bytes:
        path, start, size = self.places[image]
        with Path(path).open("rb") as file:
            return os.pread(file.fileno(), size, start)


def shards_at(pattern: str) -> tuple[str, ...]:
    """Return the shards that a pattern means, in order.

    Args:
        pattern: A path or URL with {000..009} for numbers, or with * and ? for files here;
            several joined by "::".

    Raises:
        MissingDataError: If there is none.
    """
    found: list[str] = []
    for one in pattern.split("::"):
        for name in _ranged(one):
            is_pattern = has_magic(name) and not is_remote(name)
            found += sorted(glob(name)) if is_pattern else [name]  # noqa: PTH207 - may be absolute
    missing = [name for name in found if not is_remote(name) and not Path(name).is_file()]
    if missing or not found:
        raise MissingDataError(
            f"Expected WebDataset shards at `{pattern}`, but there is no "
            f"{missing[0] if missing else 'such file'}. Correct the pattern."
        )
    return tuple(found)


def _ranged(pattern: str) -> Iterator[str]:
    """Return a pattern with each {000..009} replaced by its numbers."""
    found = _RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    for number in range(int(found[1]), int(found[2]) + 1):
        text = str(number).zfill(len(found[1]))
        yield from _ranged(pattern[: found.start()] + text + pattern[found.end() :])


def shards(pattern: str, *, classes: str | None = None, stream: int | None = None) -> Listing:
    """List the images of WebDataset shards.

    Args:
        pattern: See `shards_at`.
        classes: A file with a class name a line, for labels that count from 0; classes.txt beside
            the first shard, or the labels themselves, if None.
        stream: How many images are taken from the beginning; None: all. Shards elsewhere are read
            to the end for all of them.

    Returns:
        Ids are the shard's name and the image's in it. A shard that is torn counts as far as it
        can be read, and is told of.

    Raises:
        ConfigError: If `stream` is below 1.
        MissingDataError: If a shard is not there.
        DataError: If there is no labelled image.
    """
    if stream is not None and stream < 1:
        raise ConfigError(f"`stream` must be at least 1 image, got {stream}.")
    paths = shards_at(pattern)
    reading = _Reading()
    names_of = [path.rsplit("/", maxsplit=1)[-1] for path in paths]
    for path, own in zip(paths, names_of, strict=True):
        if stream is not None and len(reading.labels) >= stream:
            break
        shard = own if names_of.count(own) == 1 else path
        reading.take(path, shard, None if stream is None else stream - len(reading.labels))
    if not reading.labels:
        told = told_first(reading.problems)
        raise DataError(
            f"`{pattern}` must hold images with classes (NAME.jpg beside NAME.cls), got none.{told}"
            " Name other shards."
        )
    names, labels = _named(reading, paths[0], classes)
    ids = [image for image in reading.labels if image in labels]
    read = "the first " if stream is not None else ""
    return Listing(
        name=Path(paths[0]).stem.split(".")[0] if len(paths) == 1 else Path(paths[0]).parent.name,
        recognised=f"{read}{len(ids):,} images in {len(paths):,} WebDataset "
        f"{'shard' if len(paths) == 1 else 'shards'} at `{pattern}`",
        class_names=names,
        ids=ids,
        labels=torch.tensor([labels[image] for image in ids]),
        place=reading.place(),
        problems=tuple(reading.problems),
        is_stream=stream is not None,
    )


class _Reading:
    """What was found in shards so far."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._members: dict[str, tuple[str, int, int]] = {}
        self._spool = Spool()

    def place(self) -> Place:
        """Return where the images are."""
        return _Both(members=_Members(places=self._members), spool=self._spool)

    def take(self, path: str, shard: str, most: int | None) -> None:
        """Find the images of a shard, which is called `shard` in their ids."""
        plain = is_plain(path)
        before = len(self.labels)
        try:
            with opened_tar(path, plain=plain) as archive:
                samples = samples_of(archive, None if plain else self._spool, shard)
                # Without a class it is no image that counts.
                for image, sample in islice(self._labelled(samples), most):
                    self.labels[image] = sample.label
                    if plain:
                        self._members[image] = (path, sample.start, sample.size)
                if plain and most is None:
                    require_end(archive, path)
        except (tarfile.TarError, EOFError, OSError) as error:
            reason = f"it is torn after {len(self.labels) - before:,} images ({error})"
            self.problems.append(Problem(path=shard, reason=reason))

    def _labelled(self, samples: Iterator[Sample]) -> Iterator[tuple[str, Sample]]:
        for sample in samples:
            if sample.image in self.labels:
                reason = "another image of the shard is called so"
            elif not sample.suffix:
                reason = f"it has no image (.{', .'.join(one[1:] for one in ENDINGS)})"
            elif not sample.label:
                reason = "it has no class (.cls, or the field label in .json)"
            else:
                yield sample.image, sample
                continue
            self.problems.append(Problem(path=sample.image, reason=reason))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Both:
    """Images in tar files of this machine, and those that came from streams."""

    members: _Members
    spool: Spool

    def read(self, image: str) -> bytes:
        source = self.members if image in self.members.places else self.spool
        return source.read(image)


def _named(
    reading: _Reading, first: str, classes: str | None
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return class names, and the label of each image whose class is among them."""
    beside = Path(first).parent / CLASSES
    if classes is None and not is_remote(first) and beside.is_file():
        classes = str(beside)
    if classes is None:
        names = class_order(reading.labels.values())
        places = {name: label for label, name in enumerate(names)}
    else:
        names = read_class_names(classes)
        places = {str(label): label for label in range(len(names))}
        places |= {name: label for label, name in enumerate(names)}
    unknown = [image for image, label in reading.labels.items() if label not in places]
    reading.problems += [
        Problem(path=image, reason=f"its class {reading.labels[image]} is none of the classes")
        for image in unknown
    ]
    labels = {image: places[label] for image, label in reading.labels.items() if label in places}
    if not labels:
        raise DataError(
            f"The classes of the shards must be among those of `{classes}`, got none that is. "
            "Give another file."
        )
    return names, labels
