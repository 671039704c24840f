"""A data set of images that lie encoded somewhere, decoded when they are asked for."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import UInt8
from torch import Tensor

from cuelens.datasets.decoding import decode, quiet_decoding
from cuelens.datasets.fingerprint import fingerprint_rows
from cuelens.datasets.framing import Framing
from cuelens.datasets.listing import Listing
from cuelens.datasets.reading import (
    Conversion,
    ImageFile,
    Problem,
    image_digest,
    read_all,
    told_first,
)
from cuelens.datasets.selection import Selection
from cuelens.errors import ConfigError, DataError
from cuelens.randomness import keyed_generator
from cuelens.tensors import Images, Labels

__all__ = ["EncodedImages", "read_listing"]

_MOST_KEPT_BYTES = 256 * 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedImages:
    """Images of a listing, all of which were read once and can be; made by `read_listing`.

    Attributes:
        listing: Of these images alone.
        framing: How they are seen.
        files: One a row: digest, conversions, and pixels where they are kept.
        problems: What is there and was left out, and why; as far as it was looked at.
    """

    listing: Listing
    framing: Framing
    files: tuple[ImageFile, ...]
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def name(self) -> str:
        """For tables."""
        return self.listing.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the labels."""
        return self.listing.class_names

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """One a row."""
        return tuple(self.listing.ids)

    @property
    def labels(self) -> Labels:
        """One a row, 0 to class - 1."""
        return self.listing.labels

    @cached_property
    def converted(self) -> tuple[Conversion, ...]:
        """Which images are not shown as they were stored, in the order of the rows."""
        return tuple(
            Conversion(path=file.path, what=", ".join(file.conversions))
            for file in self.files
            if file.conversions
        )

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """One a row; they name the pixels by the encoded bytes and the framing."""
        return tuple(file.digest for file in self.files)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all pixels, labels and ids."""
        return fingerprint_rows(self.ids, self.labels, self.digests)

    def images(self, rows: Tensor) -> Images:
        """Return the images at these rows: float32 pixels in [0, 1].

        Raises:
            DataError: If an image has been changed since the data set was made.
        """
        places = rows.tolist()
        pixels = torch.empty((len(places), 3, *[self.framing.size] * 2), dtype=torch.uint8)

        def fill(place: int) -> None:
            pixels[place] = self._pixels(places[place])

        if all(self.files[row].pixels is not None for row in places):
            for place in range(len(places)):
                fill(place)
        else:
            with quiet_decoding(), ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(fill, range(len(places))))
        return pixels.to(torch.float32) / 255

    def _pixels(self, row: int) -> UInt8[Tensor, "3 height width"]:
        file = self.files[row]
        if file.pixels is not None:
            return file.pixels
        try:
            content = self.listing.place.read(self.ids[row])
        except OSError:
            content = b""
        if image_digest(content, self.framing) != file.digest:
            raise DataError(
                f"`{file.path}` must stay as it was when the data set was opened, but it has been "
                "changed or taken away. Open the data set again."
            )
        return decode(content, size=self.framing).pixels

    def take(self, rows: Tensor, *, name: str) -> Selection:
        """Return the data set of these rows alone, under another name."""
        return Selection(source=self, rows=torch.arange(len(self))[rows], name=name)


def read_listing(
    listing: Listing,
    *,
    framing: Framing,
    limit: int | None = None,
    seed: int = 0,
    most_kept_bytes: int = _MOST_KEPT_BYTES,
) -> EncodedImages:
    """Read images once each, so that what cannot be read is known before anything is computed.

    Where `limit` is given, only so many are opened, drawn by chance; another is drawn in the
    place of each that cannot be read.

    Args:
        listing: Which images there are.
        framing: How they are seen.
        limit: How many; None, or more than there are: all.
        seed: Of the draw. At least 0.
        most_kept_bytes: Pixels are kept where all images together take at most this.

    Raises:
        ConfigError: If `limit` is below 1.
        DataError: If no image can be read.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"`limit` must be at least 1 or None, got {limit}.")
    wanted = len(listing) if limit is None else min(limit, len(listing))
    keep = wanted * 3 * framing.size**2 <= most_kept_bytes
    order = _order(listing, wanted, seed)
    found: dict[int, ImageFile] = {}
    unread: list[Problem] = []
    start = 0
    while len(found) < wanted and start < len(order):
        rows = order[start : start + wanted - len(found)]
        start += len(rows)
        for row, file in zip(rows, _read(listing, rows, framing, keep=keep), strict=True):
            if isinstance(file, Problem):
                unread.append(file)
            else:
                found[row] = file
    problems = tuple(sorted([*listing.problems, *unread], key=lambda problem: problem.path))
    if not found:
        raise DataError(
            f"{listing.recognised} must hold images that can be read, got none."
            f"{told_first(problems)} Correct `--data`."
        )
    kept = sorted(found)
    chosen = listing.take(torch.tensor(kept), name=listing.name)
    if wanted < len(listing):
        chosen = replace(chosen, name=f"{listing.name}-{wanted}")
    return EncodedImages(
        listing=chosen,
        framing=framing,
        files=tuple(found[row] for row in kept),
        problems=problems,
    )


def _order(listing: Listing, wanted: int, seed: int) -> Sequence[int]:
    """Return the rows in the order in which they are tried: a smaller draw begins a larger one."""
    if wanted == len(listing) or listing.is_stream:
        return range(len(listing))
    order = keyed_generator(seed, "limit", listing.digest()).permutation(len(listing))
    drawn: list[int] = order.tolist()
    return drawn


def _read(
    listing: Listing, rows: Sequence[int], framing: Framing, *, keep: bool
) -> Iterator[ImageFile | Problem]:
    paths = [listing.ids[row] for row in rows]
    return read_all(
        lambda place: listing.place.read(paths[place]), paths, framing=framing, keep=keep
    )
