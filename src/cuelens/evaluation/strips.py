"""Strips: pictures, raw salience maps and answers of a few images, as they are kept and read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jaxtyping import Float, Int
from torch import Tensor

from cuelens.errors import RecordError
from cuelens.evaluation.parts import load_tensors

__all__ = ["Strips", "read_strips"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Strips:
    """What models see and answer, and where they look; axes in the order of the names here.

    Attributes:
        dataset: Name of the data set.
        class_names: In the order of the classes.
        models: Names.
        conditions: Names; those of attacks come last.
        attacks: Which of the conditions are attacks: there each model has pictures of its own.
        methods: Names of the salience methods.
        scores: What each method explains of the class, such as "logit"; empty where it is no score.
        images: Ids.
        rules: Why each image was chosen.
        target: Which class the maps explain, in words.
        labels: The true class of each image; -1 where it is unknown.
        explained: The class that the maps of a model explain.
        pictures: Pixels in [0, 1].
        maps: Raw and signed, any range.
        predictions: Class with the largest logit, by the untouched model in float32; -1 where the
            logits are no numbers.
        probabilities: Of each class.
    """

    dataset: str
    class_names: tuple[str, ...]
    models: tuple[str, ...]
    conditions: tuple[str, ...]
    attacks: tuple[str, ...]
    methods: tuple[str, ...]
    scores: tuple[str, ...]
    images: tuple[str, ...]
    rules: tuple[str, ...]
    target: str
    labels: Int[Tensor, " image"]
    explained: Int[Tensor, "model image"]
    pictures: Float[Tensor, "model condition image channel height width"]
    maps: Float[Tensor, "method model condition image channel height width"]
    predictions: Int[Tensor, "model condition image"]
    probabilities: Float[Tensor, "model condition image class"]


def read_strips(path: str | Path) -> Strips:
    """Return the strips of a part.

    Args:
        path: From `RecordStore.path`.

    Raises:
        RecordError: If the part is torn or altered, or there is none.
    """
    path = Path(path)
    if not path.is_file():
        raise RecordError(
            f"Expected strips at `{path}`, got none. Run the same command again to compute them."
        )
    tensors, description = load_tensors(path)
    words: dict[str, Any] = {
        name: value if isinstance(value, str) else tuple(value)
        for name, value in description.items()
    }
    return Strips(**words, **cast("dict[str, Any]", tensors))
