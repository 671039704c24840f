"""What a source looks like, whatever its kind, and which outputs it asks for."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from cuelens.builders.items import Item, Output, Reader
from cuelens.datasets import Problem

__all__ = ["Companion", "Laid", "Layout"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """A file that is not made of pixels and that readers of the copy need.

    Attributes:
        path: Below the folder of each draw.
        content: All of it.
    """

    path: str
    content: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    """A source laid out for a build.

    Attributes:
        items: In the order in which they are made.
        problems: What lies in the source and was left out, and why.
        readers: One for each source of an item.
        output: Where pixels go.
        digest: Names the sources; another one means another build.
        companions: Written beside the outputs.
        reading: How the copy is read, a few lines of Markdown.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    readers: tuple[Reader, ...]
    output: Output
    digest: str
    companions: tuple[Companion, ...] = ()
    reading: str = ""


@runtime_checkable
class Layout(Protocol):
    """A kind of source."""

    def laid(self, *, size: int | None, shards: int | None, with_masks: bool) -> Laid:
        """Return the items of this source.

        Args:
            size: Side of the square that each image is cropped and resized to; None keeps sizes.
            shards: How many images to a WebDataset shard; None for the layout of the source.
            with_masks: Whether each item gets its mask as a second source.

        Raises:
            CuelensError: If the source is not there, or cannot be laid out so.
        """
        ...
