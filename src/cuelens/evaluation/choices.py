"""Which images are shown: chosen by a rule that is stated, never by hand."""

from dataclasses import dataclass

import polars as pl

from cuelens.errors import ConfigError, RecordError
from cuelens.randomness import keyed_generator

__all__ = ["Chosen", "choose_rows"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """An image that is shown, and why.

    Attributes:
        image: Its id.
        rule: Why it was chosen, in words that stand beside it.
    """

    image: str
    rule: str


def choose_rows(predictions: pl.DataFrame, *, count: int, seed: int) -> tuple[Chosen, ...]:
    """Return images of a data set by three rules, none of them twice.

    A third of them is drawn by chance among all, a third is where the probability of the label
    fell most, a third where it fell by the median amount; of what three does not divide, one goes
    to chance, and a second to where it fell most. Falls are means over every model and every
    condition but the clean one; without such a condition all are drawn by chance.

    Args:
        predictions: Records of one data set under the clean condition and others.
        count: How many images; fewer if there are fewer. At least 0.
        seed: Of the draw.

    Returns:
        First those drawn by chance, in the order of the draw.

    Raises:
        ConfigError: If `count` is negative.
        RecordError: If the records are of several data sets.
    """
    if count < 0:
        raise ConfigError(f"`count` must be at least 0, got {count}.")
    names = predictions["dataset"].unique().sort().to_list()
    if len(names) > 1:
        raise RecordError(
            f"`predictions` must be of one data set, got {', '.join(names)}. Filter them first."
        )
    falls = _falls(predictions)
    images = predictions.select(pl.col("image").unique().sort())["image"]
    most, typical = ((count + 1) // 3, count // 3) if len(falls) else (0, 0)
    middle = falls["fall"].median()
    by_typical = falls.sort((pl.col("fall") - middle).abs(), "image")["image"]
    by_fall = falls.sort("fall", "image", descending=[True, False])["image"]
    order = keyed_generator(seed, "strips").permutation(len(images))
    rules = (
        (
            "most changed: the label's probability fell most, mean over models and conditions",
            by_fall.to_list(),
            most,
        ),
        (
            "typical: the label's probability fell by the median, mean over models and conditions",
            by_typical.to_list(),
            typical,
        ),
        (
            "at random, among all images",
            images.gather(order).to_list(),
            count - most - typical,
        ),
    )
    taken: set[str] = set()
    chosen: list[list[Chosen]] = []
    for rule, candidates, wanted in rules:
        free = [image for image in candidates if image not in taken][:wanted]
        taken.update(free)
        chosen.append([Chosen(image=image, rule=rule) for image in free])
    return tuple(chosen[2] + chosen[0] + chosen[1])


def _falls(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return by how much the probability of each image's label falls, columns image and fall."""
    label = predictions.filter(pl.col("loss").is_finite()).select(
        "model", "family", "image", probability=(-pl.col("loss")).exp()
    )
    clean = (
        label.filter(pl.col("family") == "clean")
        .group_by("model", "image")
        .agg(clean=pl.col("probability").mean())
    )
    return (
        label.filter(pl.col("family") != "clean")
        .join(clean, on=["model", "image"])
        .group_by("image")
        .agg(fall=(pl.col("clean") - pl.col("probability")).mean())
        .sort("image")
    )
