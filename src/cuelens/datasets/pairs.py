"""Which image gives the shape and which the texture: balanced pairs of the images of classes.

It knows class names and image names; it does not know how two images become one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuelens.errors import ConfigError, DataError
from cuelens.randomness import keyed_generator

__all__ = ["Pair", "balanced_pairs"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """An image for the shape and another for the texture.

    Attributes:
        shape_class: Of the first.
        shape: Its name.
        shape_number: Its place in its class, counted from 1.
        texture_class: Of the second.
        texture: Its name.
        texture_number: Its place in its class, counted from 1.
    """

    shape_class: str
    shape: str
    shape_number: int
    texture_class: str
    texture: str
    texture_number: int

    @property
    def congruent(self) -> bool:
        """Whether shape and texture are of one class."""
        return self.shape_class == self.texture_class


def balanced_pairs(
    images: Mapping[str, Sequence[str]],
    *,
    count: int | None = None,
    congruent: bool = False,
    seed: int = 0,
) -> tuple[Pair, ...]:
    """Return pairs in which every class and every image takes part equally often.

    Each ordered pair of classes comes as often as any other, or once more; each image of a class
    gives its shape as often as any other of its class, or once more, and likewise its texture, but
    where two images would meet again the next one steps in. No pair of images comes twice.

    Args:
        images: The names of each class's images.
        count: How many pairs; None: one for each ordered pair of classes.
        congruent: Whether pairs of two images of one class are among them, as often as any other.
        seed: Of the choice. At least 0.

    Returns:
        In the order of the shape's class, then of its number.

    Raises:
        ConfigError: If `count` is below 1, or there are too few images for it.
        DataError: If there are fewer than two classes, or one is without images.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.3 (16 x 16 classes).
        Differs: pairs are balanced in the images too; those of one class are left out unless
        asked for.
    """
    names = sorted(images)
    if len(names) < 2:
        raise DataError(
            f"Cue conflict needs images of at least two classes, got {', '.join(names) or 'none'}."
        )
    empty = [name for name in names if not images[name]]
    if empty:
        raise DataError(
            f"Each class must have at least one image, got none of {', '.join(empty)}. "
            "Take its folder away."
        )
    shifts = list(range(0 if congruent else 1, len(names)))
    count = len(names) * len(shifts) if count is None else count
    if count < 1:
        raise ConfigError(f"`count` must be at least 1 pair, got {count}.")
    order = keyed_generator(seed, "pairs", "classes").permutation(len(names)).tolist()
    # The same turn of one pair of classes never draws the same two images.
    turns = {part: {name: _turns(images[name], part, name, seed) for name in names}
             for part in ("shape", "texture")}  # fmt: skip
    used = {part: dict.fromkeys(names, 0) for part in turns}
    found: set[tuple[str, int, str, int]] = set()
    pairs = []
    for row in range(count):
        first = names[order[row % len(names)]]
        shift = shifts[row // len(names) % len(shifts)]
        second = names[(names.index(first) + shift) % len(names)]
        pairs.append(_pair(images, first, second, turns, used, found))
    return tuple(
        sorted(
            pairs,
            key=lambda pair: (
                pair.shape_class,
                pair.shape_number,
                pair.texture_class,
                pair.texture_number,
            ),
        )
    )


def _turns(images: Sequence[str], part: str, name: str, seed: int) -> list[int]:
    order: list[int] = keyed_generator(seed, "pairs", part, name).permutation(len(images)).tolist()
    return order


def _pair(
    images: Mapping[str, Sequence[str]],
    first: str,
    second: str,
    turns: Mapping[str, Mapping[str, list[int]]],
    used: Mapping[str, dict[str, int]],
    found: set[tuple[str, int, str, int]],
) -> Pair:
    """Return the next pair of two classes: the images whose turn it is, or the nearest new ones."""
    shapes, textures = turns["shape"][first], turns["texture"][second]
    for ahead in range(len(shapes) * len(textures)):
        # Moving on along the textures first keeps the shapes in turn.
        own = shapes[(used["shape"][first] + ahead // len(textures)) % len(shapes)]
        other = textures[(used["texture"][second] + ahead) % len(textures)]
        key = (first, own, second, other)
        if key not in found and not (first == second and own == other):
            found.add(key)
            used["shape"][first] += 1
            used["texture"][second] += 1
            return Pair(
                shape_class=first,
                shape=images[first][own],
                shape_number=own + 1,
                texture_class=second,
                texture=images[second][other],
                texture_number=other + 1,
            )
    raise ConfigError(
        f"`count` must be small enough that no two images meet twice, but {first} and {second} "
        f"have {len(shapes)} and {len(textures)} images. Ask for fewer pairs, or add images."
    )
