"""Named checks: each is a sentence beside the numbers that it doubts.

It knows when a check is raised; what the numbers decide is in `verdicts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

__all__ = [
    "FEW_IMAGES",
    "SEEDS_FOR_A_RECIPE",
    "Check",
    "check_chance",
    "check_clean_accuracy",
    "check_images",
    "check_seeds",
    "guesses",
]

FEW_IMAGES = 200
"""Below so many images `few-images` is raised."""

SEEDS_FOR_A_RECIPE = 5
"""Below so many training seeds `single-seed` is raised."""

_CLEAN_GAP = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A named check of the numbers.

    Attributes:
        name: Such as "single-seed".
        raised: Whether it doubts something.
        sentence: What it found, with numbers.
        about: Names of what it doubts: claims, conditions, models.
        checked: False where there was nothing to check, so that it neither doubts nor passes.
    """

    name: str
    raised: bool
    sentence: str
    about: tuple[str, ...] = ()
    checked: bool = True

    @property
    def result(self) -> str:
        """In a word or two: doubt, passed or not checked."""
        if not self.checked:
            return "not checked"
        return "doubt" if self.raised else "passed"


def check_seeds(seeds: Mapping[str, int], about: Sequence[str]) -> Check:
    """Return `single-seed`: a recipe is judged by networks of at least 5 training seeds.

    Args:
        seeds: How many training seeds each role has.
        about: What it doubts.
    """
    few = {role: count for role, count in seeds.items() if count < SEEDS_FOR_A_RECIPE}
    counts = ", ".join(f"{role} {count}" for role, count in (few or seeds).items())
    if few:
        sentence = (
            f"Fewer than {SEEDS_FOR_A_RECIPE} training seeds ({counts}): the numbers speak of "
            "these checkpoints, not of the recipes."
        )
    else:
        sentence = f"At least {SEEDS_FOR_A_RECIPE} training seeds each ({counts})."
    return Check(name="single-seed", raised=bool(few), sentence=sentence, about=tuple(about))


def check_images(n: int, about: Sequence[str]) -> Check:
    """Return `few-images`: below 200 images an interval is seldom narrower than a margin.

    Args:
        n: The smallest number of images that a value rests on.
        about: What it doubts.
    """
    few = n < FEW_IMAGES
    start = f"A value rests on {n:,}" if few else f"Every value rests on at least {n:,}"
    sentence = f"{start} images; {FEW_IMAGES} are the least to rely on."
    return Check(name="few-images", raised=few, sentence=sentence, about=tuple(about))


def check_clean_accuracy(
    control: tuple[str, float], first: tuple[str, float], n: int, about: Sequence[str]
) -> Check:
    """Return `clean-accuracy-gap`: the control must be as accurate on clean images, to 2 points.

    Args:
        control: Role of the control, and its clean accuracy.
        first: Role that it is the control of, and its clean accuracy.
        n: How many images both were measured on.
        about: What it doubts.
    """
    gap = control[1] - first[1]
    wide = abs(gap) > _CLEAN_GAP + 1e-12
    sentence = (
        f"On clean images {control[0]} is right for {100 * control[1]:.1f} %, {first[0]} for "
        f"{100 * first[1]:.1f} % (n = {n:,}): {100 * abs(gap):.1f} points apart, "
        + ("more than" if wide else "within")
        + f" the {100 * _CLEAN_GAP:g} points that a control of equal clean accuracy may differ by."
    )
    return Check(name="clean-accuracy-gap", raised=wide, sentence=sentence, about=tuple(about))


def check_chance(rates: pl.DataFrame, classes: int, about: Sequence[str]) -> tuple[Check, ...]:
    """Return `near-chance` for each model: one that guesses keeps its guesses under any condition.

    Args:
        rates: Summaries of one data set, with the accuracy on clean images.
        classes: How many classes there are.
        about: What it doubts, besides the model.
    """
    clean = rates.filter((pl.col("family") == "clean") & (pl.col("quantity") == "accuracy"))
    return tuple(_chance(row, 1 / classes, about) for row in clean.iter_rows(named=True))


def guesses(low: float, chance: float) -> bool:
    """Return whether a model may be guessing: its clean accuracy's interval reaches down to that.

    Args:
        low: Lower end of the interval.
        chance: Accuracy of guessing.
    """
    return low <= chance


def _chance(row: Mapping[str, Any], chance: float, about: Sequence[str]) -> Check:
    near = guesses(row["low"], chance)
    sentence = (
        f"{row['model']} is right for {100 * row['value']:.1f} % of clean images (interval "
        f"{100 * row['low']:.1f} to {100 * row['high']:.1f}, n = {row['n']:,}); guessing gives "
        f"{100 * chance:.1f} %"
    )
    sentence += ": its retention says nothing of cues." if near else "."
    doubted = (row["model"], *about) if near else (row["model"],)
    return Check(name="near-chance", raised=near, sentence=sentence, about=doubted)
