"""Where everything stands on a verdict's card: its intervals, zero and its margin on one track.

Cards of one unit share one track, so that they can be compared with the eye.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cuelens.report import wording
from cuelens.report.data import Effect, Outcome, Verdict
from cuelens.study.checks.checks import Check

__all__ = ["Bar", "Card", "Mark", "cards_of", "tally"]

_ORDER: tuple[Outcome, ...] = ("for", "against", "undecided", "not measured")
_LABEL = 34.0
"""Length of a margin's label on the narrowest page, in percent of the track."""
_SENTENCES = re.compile(r"(?<=[.])\s+(?=[A-Z])")


Side = Literal["left", "middle", "right", "start", "end"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A labelled place on a track, in percent of its length.

    Attributes:
        at: Where it is.
        text: Its label.
        side: "left" or "right" of the place for a label, "middle" to stand on it; "start" or "end"
            of the track for a line below, where it has no room beside its place.
    """

    at: float
    text: str
    side: Side


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One comparison on a track: its interval and its difference, in percent of the length.

    Attributes:
        title: What is compared.
        number: The difference in words.
        span: The interval and n in words.
        at: Place of the difference.
        low: Place of the interval's lower end.
        high: Place of the interval's upper end.
    """

    title: str
    number: str
    span: str
    at: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A verdict as shown.

    Attributes:
        verdict: What it says.
        sentence: Why, without the outcome that the card's head shows; its first sentence.
        rest: The sentences behind it.
        unit: Of its numbers, in words.
        bars: Its comparisons.
        zero: Where no difference lies, in percent of the track.
        margin: Where the claim begins to hold.
        zone: Start and length of the part where it holds.
        doubts: Raised checks that name this verdict.
        notes: Sentences that stand beside it; those of several verdicts stand below all of them.
    """

    verdict: Verdict
    sentence: str
    rest: str
    unit: str
    bars: tuple[Bar, ...]
    zero: Mark
    margin: Mark
    zone: tuple[float, float]
    doubts: tuple[Check, ...]
    notes: tuple[str, ...]


def tally(verdicts: Sequence[Verdict]) -> tuple[tuple[Outcome, int], ...]:
    """Return how often each outcome occurs, those that do not occur left out."""
    counts = ((one, sum(verdict.outcome == one for verdict in verdicts)) for one in _ORDER)
    return tuple((one, count) for one, count in counts if count)


def cards_of(verdicts: Sequence[Verdict], checks: Sequence[Check]) -> tuple[Card, ...]:
    """Return a card for each verdict, those of claims that were not measured last."""
    return tuple(
        _card(
            verdict,
            _range([one for one in verdicts if one.percent == verdict.percent]),
            checks,
            told=shared_notes(verdicts),
        )
        for verdict in sorted(verdicts, key=lambda verdict: verdict.outcome == "not measured")
    )


def shared_notes(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the notes that several verdicts have, each once: they are said once for all."""
    counts = Counter(note for verdict in verdicts for note in verdict.notes)
    return tuple(note for note, count in counts.items() if count > 1)


def _range(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """Return the ends of a track that holds every interval, zero and every margin."""
    ends = [0.0]
    for verdict in verdicts:
        ends.append(_threshold(verdict))
        ends += [end for effect in verdict.effects for end in (effect.low, effect.high)]
    room = 0.08 * (max(ends) - min(ends)) or 0.01
    return min(ends) - room, max(ends) + room


def _threshold(verdict: Verdict) -> float:
    return verdict.margin if verdict.direction == "greater" else -verdict.margin


def _card(
    verdict: Verdict, ends: tuple[float, float], checks: Sequence[Check], *, told: Sequence[str]
) -> Card:
    start, end = ends

    def place(value: float) -> float:
        return round(100 * (value - start) / (end - start), 2)

    zero, threshold = place(0.0), place(_threshold(verdict))
    margin = wording.points(_threshold(verdict), share=verdict.percent)
    side = _beside(threshold, zero)
    greater = verdict.direction == "greater"
    # A full stop before a capital ends a sentence; one in a number does not.
    first, _, rest = _SENTENCES.sub("\n", _without_outcome(verdict)).partition("\n")
    return Card(
        verdict=verdict,
        sentence=first,
        rest=rest.replace("\n", " "),
        unit="points" if verdict.percent else "",
        bars=tuple(_bar(effect, verdict.percent, place) for effect in verdict.effects),
        zero=Mark(at=zero, text="0", side="middle"),
        margin=Mark(at=threshold, text=f"margin {margin}", side=side),
        zone=(threshold, 100 - threshold) if greater else (0.0, threshold),
        doubts=tuple(one for one in checks if one.raised and verdict.key in one.about),
        notes=tuple(note for note in verdict.notes if note not in told),
    )


def _beside(at: float, zero: float) -> Side:
    """Return where a label of a third of the track has room, on the margin's side of zero."""
    if at >= zero:
        return "right" if at < 100 - _LABEL else "left" if at - zero > _LABEL else "end"
    return "left" if at > _LABEL else "right" if zero - at > _LABEL else "start"


def _without_outcome(verdict: Verdict) -> str:
    return wording.capital(
        wording.tidy(verdict.sentence.removeprefix(f"{verdict.outcome.capitalize()}: "))
    )


def _bar(effect: Effect, share: bool, place: Callable[[float], float]) -> Bar:
    low, high = (wording.points(end, share=share) for end in (effect.low, effect.high))
    return Bar(
        title=f"{effect.first} {wording.MINUS} {effect.second}",
        number=wording.points(effect.difference, share=share),
        span=f"[{low}, {high}], n = {effect.n:,}",
        at=place(effect.difference),
        low=place(effect.low),
        high=place(effect.high),
    )
