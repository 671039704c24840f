"""How numbers and conditions are put into words.

It formats and counts; it computes no statistics.
"""

import math
import re
from dataclasses import dataclass

from cuelens.evaluation import FAMILIES

__all__ = [
    "CUE_PROFILE",
    "ORDER",
    "RIGHT_CLEAN",
    "RIGHT_IN_EITHER",
    "VERDICT_COUNT",
    "Words",
    "amount",
    "capital",
    "difference",
    "duration",
    "family",
    "interval",
    "is_share",
    "level",
    "measure",
    "numbers",
    "percent",
    "points",
    "quantity",
    "span",
    "suppression",
    "tidy",
]

MINUS = "\N{MINUS SIGN}"
GAP = "\N{NARROW NO-BREAK SPACE}"
_NOISE = 1e-9
"""Numbers that are less apart are the same."""
_SHARES = ("accuracy", "retention", "top", "bias", "share", "rate", "fooled", "kappa", "reliance")


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A family of conditions in words.

    Attributes:
        title: A few words.
        axis: What its level is called on an axis.
        sentence: What it does to an image.
        same: The level at which nothing changes, where there is one; the clean result stands there.
    """

    title: str
    axis: str = "level"
    sentence: str = ""
    same: float | None = None


ORDER = (*FAMILIES, "attack")
"""Families in the order in which a report shows them."""


def family(name: str) -> Words:
    """Return a family in words; one that is not known keeps its name."""
    if name in FAMILIES:
        known = FAMILIES[name]
        return Words(title=known.title, axis=known.axis, sentence=known.sentence, same=known.same)
    title = name.replace("_", " ").replace("-", " ")
    axis = "radius" if name == "attack" else "level"
    return Words(title=title[:1].upper() + title[1:], axis=axis)


CUE_PROFILE = (
    "How much more of what it gets right a model loses without a cue than under a control that "
    "leaves the cue and is meant to change the images as much: 0 % where nothing depends on the "
    "cue, 100 % where everything does. Corrected for chance; means over the levels that both "
    "share, which may be others than a verdict's. Where no control changes images as much, or "
    "it is nearly the same picture, a check doubts the number: the row says so."
)
"""What a cue profile is."""

RIGHT_CLEAN = "n: images that the model gets right when clean."
RIGHT_IN_EITHER = "n: images that either model gets right when clean."
VERDICT_COUNT = (
    "n: images that the network with the fewest gets right when clean; of maps, images of which "
    "every network has one."
)
"""Which images an n counts: of a model, of a difference between two, and of a verdict."""


_TAKEN = {
    "shuffle": "Shape and layout",
    "low-pass": "High frequencies",
    "high-pass": "Low frequencies",
}
"""What a family takes away, where that can be said more exactly than by its cue."""


def suppression(cue: str, name: str, *, doubted: bool = False) -> str:
    """Return a cue and the family that takes it away, in words.

    Args:
        cue: As `Family.cue`.
        name: Of the family.
        doubted: Whether a check doubts the cue reliance that stands there.
    """
    taken = f"{_TAKEN.get(name, capital(cue))}: {family(name).title.lower()}"
    return f"{taken} (doubted)" if doubted else taken


def is_share(name: str) -> bool:
    """Return whether values of a quantity are shares in [0, 1], to be shown as percentages."""
    return any(word in name.lower() for word in _SHARES)


def _missing(*values: float | None) -> bool:
    return any(value is None or math.isnan(value) for value in values)


def percent(value: float | None, *, unit: bool = True) -> str:
    """Return a share as a percentage with one decimal."""
    if value is None or _missing(value):
        return "\N{EN DASH}"
    return f"{100 * value:.1f}{GAP + '%' if unit else ''}".replace("-", MINUS)


def amount(value: float | None) -> str:
    """Return a plain number with three or four figures."""
    if value is None or _missing(value):
        return "\N{EN DASH}"
    size = abs(value)
    text = f"{value:,.0f}" if size >= 1000 else f"{value:.3g}" if size >= 1 else f"{value:.3f}"
    if 0 < size < 0.001:
        text = f"{value:.2g}"
    return text.replace("-", MINUS)


def quantity(value: float | None, *, share: bool) -> str:
    """Return a number as a percentage or as it is."""
    return percent(value) if share else amount(value)


def span(low: float | None, high: float | None, *, share: bool) -> str:
    """Return an interval in brackets, without its unit; nothing where there is none."""
    if low is None or high is None or _missing(low, high):
        return ""
    one, other = (percent(end, unit=False) if share else amount(end) for end in (low, high))
    return f"[{one}, {other}]"


def numbers(
    value: float | None, low: float | None, high: float | None, *, share: bool
) -> tuple[str, str]:
    """Return a number and its interval, with the decimals that tell them apart."""
    usual = quantity(value, share=share), span(low, high, share=share)
    if value is None or low is None or high is None or _missing(value, low, high):
        return usual
    three = (value, low, high)
    gaps = [gap for gap in (value - low, high - value) if gap > _NOISE]
    if not gaps or len({quantity(one, share=share) for one in three}) == len(set(three)):
        return usual
    times = 100 if share else 1
    decimals = 1 - math.floor(math.log10(times * min(gaps)))
    one, other, another = (f"{times * number:.{decimals}f}".replace("-", MINUS) for number in three)
    return f"{one}{GAP}%" if share else one, f"[{other}, {another}]"


def interval(value: float | None, low: float | None, high: float | None, *, share: bool) -> str:
    """Return a number with its interval."""
    return " ".join(numbers(value, low, high, share=share)).rstrip()


def points(value: float | None, *, share: bool) -> str:
    """Return a signed difference, in percentage points if of shares."""
    if value is None or _missing(value):
        return "\N{EN DASH}"
    text = f"{100 * value:+.1f}" if share else f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def difference(value: float, low: float, high: float) -> tuple[str, str]:
    """Return a difference of shares in points and its interval, with decimals as `numbers`."""
    number, interval = numbers(value, low, high, share=True)
    figures = number.removesuffix(f"{GAP}%").removeprefix(MINUS)
    sign = "" if float(figures) == 0 else MINUS if value < 0 else "+"
    return f"{sign}{figures} points", interval


def level(value: float | None) -> str:
    """Return a level as an axis shows it."""
    if value is None or _missing(value):
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def tidy(sentence: str) -> str:
    """Return a sentence as a page sets it: with minus signs, and units on the line of numbers."""
    sentence = re.sub(r"(?<![\w.])-(?=\d)", MINUS, sentence)
    sentence = sentence.replace(" %", f"{GAP}%")
    return sentence.replace("n = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def capital(sentence: str) -> str:
    """Return a sentence that begins with a capital."""
    return sentence[:1].upper() + sentence[1:]


def duration(seconds: float | None) -> str:
    """Return a time in the unit that a person would use."""
    if seconds is None or _missing(seconds):
        return "\N{EN DASH}"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


_MEASURES = {
    "sparsity": "Sparsity (Gini coefficient)",
    "contour_share": "Share of salience on contours",
    "inside_share": "Share of salience inside the figure",
    "background_share": "Share of salience on the background",
    "total_variation": "Total variation",
    "gradient_l1": "L1 norm of the map",
    "edge_overlap": "Overlap with image edges",
    "alignment": "Alignment with the image",
    "cosine_alignment": "Alignment with the image (cosine)",
    "deletion": "Deletion area",
    "insertion": "Insertion area",
    "cascade_rank_correlation": "Layers random from the last down",
    "independent_rank_correlation": "One layer random",
}
_LIKENESSES = {
    "noise": "under noise",
    "condition": "with the clean map",
    "randomised": "with random weights",
    "agreement": "of two models",
}


def measure(name: str) -> str:
    """Return a salience measure in words."""
    stem, _, layer = name.partition(":")
    lead, _, rest = stem.partition("_")
    if stem in _MEASURES:
        title = _MEASURES[stem]
    elif lead in _LIKENESSES:
        title = f"{capital(rest.replace('_', ' '))} {_LIKENESSES[lead]}"
    else:
        title = capital(name.replace("_", " "))
        layer = ""
    return f"{title}, {layer}" if layer else title
