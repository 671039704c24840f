"""Tiny ImageNet's folders as a source: images by their classes, and the lists beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from cuelens.builders.image_tree import FileReader, laid_out
from cuelens.builders.items import Item
from cuelens.builders.layouts import Companion, Laid
from cuelens.builders.output_names import output_names
from cuelens.builders.tree_walk import listing_digest, walk
from cuelens.datasets.built_copy import built_copy
from cuelens.datasets.tiny_imagenet_folder import tiny_imagenet_id, tiny_imagenet_labels
from cuelens.errors import ConfigError

__all__ = ["TinyImageNetFiles"]

_LISTS = (".txt", ".tsv")


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyImageNetFiles:
    """The folder that holds wnids.txt, train and val.

    Attributes:
        folder: Names in it that begin with a dot are passed over.
    """

    folder: Path

    def laid(self, *, size: int | None, shards: int | None, with_masks: bool) -> Laid:
        """Return the images of all parts and, in the lists beside them, their new names.

        Raises:
            ConfigError: If masks are asked for.
            MissingDataError: If there are no annotations of the validation images.
        """
        if with_masks:
            raise ConfigError(
                "This condition needs to know where the figure of each image is, got Tiny "
                "ImageNet, which has no masks. Take the source `rendered`, or a folder of images "
                "with `--masks`."
            )
        found, besides = walk(self.folder)
        copy = built_copy(self.folder)
        condition = None if copy is None else copy.condition
        annotated = tiny_imagenet_labels(self.folder)
        items = []
        for path, (output, notes) in zip(found, output_names(found), strict=True):
            part, *rest = path.split("/")
            stem = PurePosixPath(path).stem
            label = rest[0] if part == "train" else annotated.get(rest[-1] if rest else part)
            image = tiny_imagenet_id(part, stem, condition)
            items.append(Item(id=image, sources=(path,), output=output, label=label, notes=notes))
        lists = [problem.path for problem in besides if problem.path.endswith(_LISTS)]
        named = {item.sources[0]: item.output for item in items}
        laid = laid_out(
            tuple(items),
            problems=[problem for problem in besides if problem.path not in lists],
            readers=(FileReader(root=self.folder, size=size),),
            shards=shards,
            digest=listing_digest(self.folder, [*found, *lists]),
            companions=tuple(self._companions(lists, named)),
        )
        return laid if shards is not None else replace(laid, reading=_READ)

    def _companions(self, lists: Sequence[str], named: Mapping[str, str]) -> Iterator[Companion]:
        """Yield each list with the names of images replaced by those of their copies."""
        for path in lists:
            images = str(PurePosixPath(path).parent / "images")
            content = (self.folder / path).read_bytes()
            lines = []
            for line in content.splitlines(keepends=True):
                name, tab, rest = line.partition(b"\t")
                output = named.get(f"{images}/{name.decode(errors='replace')}")
                if output is not None:
                    name = PurePosixPath(output).name.encode()
                lines.append(name + tab + rest)
            yield Companion(path=path, content=b"".join(lines))


_READ = """
The folders are those of the source; every image is a PNG file with the stem of its source, and the
lists beside them, such as val/val_annotations.txt, name these files:

```python
from cuelens import TinyImageNet

images = TinyImageNet("OUT", split="test")  # its name tells the condition
```
"""
