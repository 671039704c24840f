"""Cue-conflict images: the shape of one class's image in the texture of another class's.

It knows which pictures are joined and what the results are called; what joins them is the painter.
"""

import hashlib
import shlex
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from cuelens.builders.engine import Built, Progress, Work, run_build, silent
from cuelens.builders.folder import require_apart
from cuelens.builders.image_tree import FileReader, label_of
from cuelens.builders.items import Item
from cuelens.builders.layouts import Laid
from cuelens.builders.png_files import PngFiles
from cuelens.builders.readme import Account, source_of
from cuelens.builders.rendered import SceneReader
from cuelens.builders.tree_walk import listing_digest, walk
from cuelens.datasets import CueControlled, Problem
from cuelens.datasets.conflict_names import conflict_name
from cuelens.datasets.pairs import Pair, balanced_pairs
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.keys import identity_of
from cuelens.randomness import Chance
from cuelens.tensors import Images
from cuelens.transforms.painting import painted, styles_of
from cuelens.transforms.working_size import require_working_size

__all__ = ["ConflictMaker", "RenderedMaker", "build_cue_conflict"]

_RENDERED = 1_800
"""How many rendered images: twenty for each ordered pair of the ten classes."""

_READING = """
FOLDER/cat/cat12-elephant3.png shows the shape of the twelfth image of `cat`, by name, in the
texture of the third of `elephant`; the manifest has the names of both pictures.

```python
from cuelens.datasets import CueConflictFolder

images = CueConflictFolder("OUT", size=224)  # its cues are known: shape bias is measured on it
```
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictMaker:
    """Paints the first picture of each item in the style of the second.

    Attributes:
        working_size: The shorter side in pixels at which images are painted. 32 to 1024.
        strength: How far the style goes from the picture's own, 0, to the other's, 1.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.3, with the networks of
        Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830.
        Differs: those networks, where the paper has Gatys et al., 2016; shape images may have
        backgrounds; classes and images are balanced.
    """

    version: ClassVar[int] = 1

    working_size: int = 256
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_working_size(self.working_size)
        if not 0 < self.strength <= 1:
            raise ConfigError(
                f"`strength` must be above 0 and at most 1 (the other picture's style), got "
                f"{self.strength:g}. At 0 there is no conflict."
            )

    def __call__(self, images: tuple[Tensor, ...], *, chance: Chance) -> Images:
        """Return one image an item; see `Maker`."""
        shapes, textures = images
        return painted(
            shapes,
            styles_of(textures),
            working_size=self.working_size,
            strength=self.strength,
        )

    def styles(self, chance: Chance) -> tuple[str | None, ...]:
        """Return None for each: the second source says it."""
        return (None,) * len(chance)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedMaker:
    """Leaves rendered images as they are: their shape and texture are in conflict already.

    Source:
        Hermann & Lampinen, 2020, https://arxiv.org/abs/2006.12433, section 3, as `CueControlled`.
        Differs: none.
    """

    version: ClassVar[int] = 1

    def __call__(self, images: tuple[Tensor, ...], *, chance: Chance) -> Images:
        """Return one image an item; see `Maker`."""
        return images[0]

    def styles(self, chance: Chance) -> tuple[str | None, ...]:
        """Return None for each."""
        return (None,) * len(chance)


def build_cue_conflict(
    source: str | Path,
    out: str | Path,
    *,
    count: int | None = None,
    congruent: bool = False,
    working_size: int = 256,
    strength: float = 1.0,
    size: int | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Built:
    """Write images whose shape is of one class and whose texture is of another.

    Killed at any moment, the same call goes on where it was.

    Args:
        source: A folder FOLDER/CLASS/IMAGE, or the word "rendered" for exact figures and textures.
        out: New, empty, or of an earlier run of the same call. Outside the source.
        count: How many; None: one for each ordered pair of classes, 1,800 where rendered.
        congruent: Whether pairs of one class are made too; the manifest marks them. Not rendered.
        working_size: The shorter side in pixels at which images are painted. 32 to 1024.
        strength: How far the texture goes from the image's own, 0, to the other's, 1.
        size: Side of the square that shape images are cropped and resized to; None keeps sizes.
            Of rendered images 32 to 224, None: 224.
        seed: Of the choice of pairs, or of the rendered scenes. At least 0.
        workers: How many processes; they change no byte. More than one are started anew, so a
            script that calls this must do so under `if __name__ == "__main__":`.
        progress: Told of images done.

    Returns:
        What the build has come to.

    Raises:
        ConfigError: If a setting is wrong, or `out` and the source share files.
        MissingDataError: If there is no such folder.
        DataError: If there are fewer than two classes.
        RunFolderError: If `out` holds anything else.
        StorageError: If the disk is full, or `out` cannot be written; nothing made is lost.
        ModelError: If what painting needs is not installed.
    """
    if size is not None and size < 1:
        raise ConfigError(f"`size` must be at least 1 pixel, got {size}.")
    rendered = str(source) == "rendered"
    maker: ConflictMaker | RenderedMaker
    if rendered:
        laid = _rendered(_RENDERED if count is None else count, size or 224, seed, congruent)
        maker = RenderedMaker()
    else:
        require_apart(Path(out), SOURCE=Path(source))
        laid = _laid(Path(source), count=count, congruent=congruent, size=size, seed=seed)
        maker = ConflictMaker(working_size=working_size, strength=strength)
    options = {
        "--count": count,
        "--working-size": None if rendered else working_size,
        "--strength": None if rendered or strength == 1 else f"{strength:g}",
        "--size": size,
        "--seed": seed,
    }
    words = ["cuelens", "build", "cue-conflict", str(source), "OUT"]
    for option, value in options.items():
        words += [] if value is None else [option, str(value)]
    account = Account(
        title="Cue conflict",
        sentence="Each image has the shape of one class and the texture of another.",
        command=shlex.join([*words, *(["--congruent"] if congruent else [])]),
        condition="cue-conflict",
        settings=repr(maker),
        version=maker.version,
        credit=source_of(type(maker)),
        reading=_READING,
    )
    work = Work(
        laid=laid,
        maker=maker,
        account=account,
        identity=identity_of(maker),
        seed=seed,
        settings=(("count", count), ("congruent", congruent), ("size", size)),
    )
    return run_build(work, Path(out), workers=workers, progress=progress)


def _laid(folder: Path, *, count: int | None, congruent: bool, size: int | None, seed: int) -> Laid:
    """Return the pairs of a folder's images as items."""
    found, problems = walk(folder)
    images: dict[str, list[str]] = defaultdict(list)
    for path in found:
        label = label_of(path)
        if label is None:
            problems.append(Problem(path=path, reason="it lies in no class folder"))
        elif path.count("/") > 1:
            raise DataError(
                f"`SOURCE` must hold one folder for each class with images in it, got `{path}` "
                f"below two folders. Give the folder above the classes, such as "
                f"`{folder / path.partition('/')[0]}`."
            )
        else:
            images[label].append(path)
    pairs = balanced_pairs(images, count=count, congruent=congruent, seed=seed)
    return Laid(
        items=tuple(_item(pair) for pair in pairs),
        problems=tuple(problems),
        readers=(FileReader(root=folder, size=size), FileReader(root=folder, size=size)),
        output=PngFiles(),
        digest=listing_digest(folder, found),
        reading=_READING,
    )


def _item(pair: Pair) -> Item:
    name = conflict_name(
        pair.shape_class, pair.shape_number, pair.texture_class, pair.texture_number
    )
    return Item(
        id=name,
        sources=(pair.shape, pair.texture),
        output=f"{pair.shape_class}/{name}.png",
        label=pair.shape_class,
        fields=_fields(pair.shape_class, pair.texture_class),
    )


def _fields(shape: str, texture: str) -> tuple[tuple[str, str], ...]:
    congruent = "yes" if shape == texture else "no"
    return (("shape", shape), ("texture", texture), ("congruent", congruent))


def _rendered(count: int, size: int, seed: int, congruent: bool) -> Laid:
    """Return rendered conflict images as items; every scene is a source of its own."""
    if congruent:
        raise ConfigError(
            "`congruent` must be left out where images are rendered, whose cues always differ; "
            "`cuelens build clean rendered OUT` writes congruent ones."
        )
    images = CueControlled(count=count, size=size, seed=seed, split="test", conflict=True)
    names, numbers, items = images.class_names, Counter[str](), []
    for row, (shape, texture) in enumerate(
        zip(images.cues["shape"].tolist(), images.cues["texture"].tolist(), strict=True)
    ):
        own, other = names[shape], names[texture]
        numbers.update((f"shape {own}", f"texture {other}"))
        name = conflict_name(own, numbers[f"shape {own}"], other, numbers[f"texture {other}"])
        items.append(
            Item(
                id=images.ids[row],
                sources=(f"test/{row:05d}",),
                output=f"{own}/{name}.png",
                label=own,
                fields=_fields(own, other),
            )
        )
    return Laid(
        items=tuple(items),
        problems=(),
        readers=(SceneReader(splits=(images,)),),
        output=PngFiles(),
        digest=hashlib.sha256(images.fingerprint.encode()).hexdigest(),
        reading=_READING,
    )
