"""Images at an address that a person writes: what lies there is recognised, and said.

A folder is recognised by its layout; anything else states its kind in front: `csv:FILE`,
`parquet:FILE`, `hf:NAME`, `wds:PATTERN`, `imagenet:FOLDER`, `folder:FOLDER`, or is a URL, such as
s3://bucket/folder. Behind a prefix, settings follow as in a URL: `csv:FILE?path=COLUMN`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from cuelens.datasets.drawing import drawn_images
from cuelens.datasets.encoded_images import EncodedImages, read_listing
from cuelens.datasets.framing import Framing
from cuelens.datasets.layouts import listing_at, published_at
from cuelens.datasets.listing import Listing
from cuelens.datasets.protocol import Dataset
from cuelens.datasets.reading import Conversion, Problem
from cuelens.errors import ConfigError

__all__ = ["PREFIXES", "OpenedImages", "is_prefixed", "list_images", "open_images"]

_SETTINGS = re.compile(r"\?(\w+=[^&?]*(?:&\w+=[^&?]*)*)$")


@dataclass(frozen=True, kw_only=True)
class OpenedImages:
    """What lies at an address.

    Attributes:
        dataset: The images; all of them, or those that were drawn.
        recognised: What was found, as a noun with its place: "Caltech-101 in `photos`".
        problems: What is there and was left out, and why.
        converted: Which images are not shown as they were stored.
        wordnet_ids: Of the classes, in their order; empty where they are not known.
        indices: Places of the classes among ImageNet's 1,000; empty where they are not known.
    """

    dataset: Dataset
    recognised: str
    problems: tuple[Problem, ...] = ()
    converted: tuple[Conversion, ...] = ()
    wordnet_ids: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()

    def told(self) -> str:
        """Return in a sentence what was found and how much of it is used."""
        classes = len(self.dataset.class_names)
        sentence = (
            f"Recognised {self.recognised}: {len(self.dataset):,} images of {classes:,} classes"
        )
        if self.problems:
            sentence += f", {len(self.problems):,} left out"
        if self.converted:
            sentence += f", {len(self.converted):,} converted"
        return f"{sentence}."


def open_images(
    address: str, *, framing: Framing | None = None, limit: int | None = None, seed: int = 0
) -> OpenedImages:
    """Open the images at an address.

    Args:
        address: A folder, a file of a known kind, a URL, or one of these behind a prefix.
        framing: How pictures become squares; the published images of CIFAR and Tiny ImageNet,
            which are squares, stay as they are, and of cue-conflict images all is seen. The
            largest central square at 224 px if None.
        limit: How many images, drawn by chance; only these are opened. None: all.
        seed: Of the draw. At least 0.

    Raises:
        MissingDataError: If nothing is there.
        DataError: If what is there cannot be used.
        ConfigError: If a setting behind the prefix is unknown, or a package is not installed.
    """
    framing = framing or Framing()
    if not is_prefixed(address):
        published = published_at(address, size=framing.size)
        if published is not None:
            return _drawn(published.dataset, published.recognised, limit, seed)
    listing = list_images(address)
    images = read_listing(listing, framing=framing, limit=limit, seed=seed)
    return _opened(listing, images)


def _opened(listing: Listing, images: EncodedImages) -> OpenedImages:
    return OpenedImages(
        dataset=images,
        recognised=listing.recognised,
        problems=images.problems,
        converted=images.converted,
        wordnet_ids=listing.wordnet_ids,
        indices=listing.indices,
    )


def _drawn(dataset: Dataset, recognised: str, limit: int | None, seed: int) -> OpenedImages:
    names = dataset.class_names
    are_ids = all(re.fullmatch(r"n\d{8}", name) for name in names)
    return OpenedImages(
        dataset=drawn_images(dataset, limit, seed=seed),
        recognised=recognised,
        problems=getattr(dataset, "problems", ()),
        converted=getattr(dataset, "converted", ()),
        wordnet_ids=tuple(names) if are_ids else (),
    )


def list_images(address: str) -> Listing:
    """List the images at an address without opening them; see `open_images`."""
    prefix, rest, settings = _parsed(address)
    if prefix is None:
        return listing_at(address)
    read = PREFIXES[prefix]()
    known = [name for name in signature(read).parameters if name not in ("root", *_FIRST)]
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ConfigError(
            f"`{prefix}:` knows the settings {', '.join(known) or 'none'}, got {unknown[0]!r} in "
            f"`{address}`. Correct it."
        )
    given: dict[str, Any] = dict(settings)
    if "stream" in given:
        given["stream"] = _count(given["stream"], address)
    listing: Listing = read(rest, **given)
    return listing


def is_prefixed(address: str) -> bool:
    """Return whether an address states its kind in front."""
    return _parsed(address)[0] is not None


def _parsed(address: str) -> tuple[str | None, str, Mapping[str, str]]:
    """Return prefix, what is behind it, and the settings at its end."""
    prefix, colon, rest = address.partition(":")
    if not colon or prefix not in PREFIXES or rest.startswith("//"):
        return None, address, {}
    found = _SETTINGS.search(rest)
    if found is None:
        return prefix, rest, {}
    pairs = (pair.partition("=") for pair in found[1].split("&"))
    return prefix, rest[: found.start()], {name: value for name, _, value in pairs}


def _count(text: str, address: str) -> int:
    if not text.isdecimal():
        raise ConfigError(
            f"`stream` must be a number of images, got {text!r} in `{address}`. Write such as "
            "stream=1000."
        )
    return int(text)


_FIRST = ("file", "name", "pattern", "address")
"""What readers call that which stands behind the prefix."""


def _table() -> Callable[..., Listing]:
    from cuelens.datasets.image_table import image_table

    return image_table


def _hugging_face() -> Callable[..., Listing]:
    from cuelens.datasets.hugging_face import hugging_face

    return hugging_face


def _shards() -> Callable[..., Listing]:
    from cuelens.datasets.shards import shards

    return shards


def _imagenet() -> Callable[..., Listing]:
    from cuelens.datasets.layouts import imagenet_at

    return imagenet_at


def _folder() -> Callable[..., Listing]:
    from cuelens.datasets.layouts import class_folders_at

    return class_folders_at


PREFIXES: Mapping[str, Callable[[], Callable[..., Listing]]] = {
    "csv": _table,
    "parquet": _table,
    "hf": _hugging_face,
    "wds": _shards,
    "imagenet": _imagenet,
    "folder": _folder,
}
"""What stands in front of an address, to what imports its reader."""
