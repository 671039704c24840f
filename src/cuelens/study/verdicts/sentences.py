"""A verdict in plain English, with every number that it rests on.

It puts into words what has been decided; it decides nothing.
"""

from collections.abc import Sequence

from cuelens.statistics import Estimate
from cuelens.study.plan.claims import Claim
from cuelens.study.verdicts.effects import Effect

__all__ = ["counted", "listed", "p_words", "signed", "what_disagrees", "words_of"]

_MEASURES = {
    "contour_share": "the share of salience on contours",
    "inside_share": "the share of salience inside the figure",
    "background_share": "the share of salience on the background",
    "sparsity": "the sparsity of salience (Gini)",
    "total_variation": "the total variation of salience",
    "gradient_l1": "the L1 norm of salience",
}


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number: int, noun: str) -> str:
    """Return "1 claim" or "4 claims"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def p_words(p: float) -> str:
    """Return "p = .012" or "p < .001"."""
    return "p < .001" if p < 0.001 else "p = " + f"{p:.3f}".removeprefix("0")


def signed(claim: Claim, value: float) -> str:
    """Return a difference with its sign: in points of retention, or in the measure's unit."""
    return f"{100 * value:+.1f}" if claim.quantity == "retention-area" else f"{value:+.3f}"


def what_disagrees(effects: Sequence[Effect]) -> tuple[str, ...]:
    """Return which other differences have the opposite sign of the claim's own.

    Returns:
        Such as "absolute accuracy against standard"; nothing where all agree.
    """
    return tuple(
        f"{name} against {effect.second}"
        for name, effect, other in _others(effects)
        if other.value * effect.difference.value < 0
    )


def _others(effects: Sequence[Effect]) -> list[tuple[str, Effect, Estimate]]:
    """Return the differences that are printed beside, by name."""
    named = [
        *(("absolute accuracy", effect, effect.absolute) for effect in effects),
        *(("pair-common accuracy", effect, effect.pair_common) for effect in effects),
    ]
    return [(name, effect, other) for name, effect, other in named if other is not None]


def words_of(claim: Claim, effects: Sequence[Effect]) -> tuple[str, ...]:
    """Return the sentences that hold the numbers of a claim's comparisons.

    Args:
        claim: What was compared.
        effects: Its comparisons; at least one.

    Returns:
        The differences with intervals and n; then, of retention, the differences of absolute and
        of pair-common accuracy, and whether their signs agree; then, of recipes, the intervals
        over training seeds alone.
    """
    if claim.quantity == "retention-area":
        lead = _of_contrast if claim.against else _of_retention
    else:
        lead = _of_salience
    return tuple(
        sentence
        for sentence in (lead(claim, effects), _beside(claim, effects), _over_seeds(claim, effects))
        if sentence
    )


def _over_seeds(claim: Claim, effects: Sequence[Effect]) -> str:
    """Return the intervals over training seeds alone in words; nothing of single networks."""
    parts = [
        f"{signed(claim, effect.seed_means.low)} to {signed(claim, effect.seed_means.high)} "
        f"against {effect.second} (n = {effect.seed_means.n} networks)"
        for effect in effects
        if effect.seed_means is not None
    ]
    return f"Over training seeds alone Welch's interval is {listed(parts)}." if parts else ""


def _of_retention(claim: Claim, effects: Sequence[Effect]) -> str:
    start = effects[0]
    return (
        f"under {_condition(claim)}, {start.first} keeps {100 * start.first_value:.1f} % of the "
        f"images that it gets right clean: {_against(claim, effects, percent=True)}."
    )


def _of_contrast(claim: Claim, effects: Sequence[Effect]) -> str:
    start = effects[0]
    return (
        f"retention under {_condition(claim)} minus that under {claim.against}, its control, is "
        f"{100 * start.first_value:+.1f} points in {start.first}: "
        f"{_against(claim, effects, percent=True)}."
    )


def _of_salience(claim: Claim, effects: Sequence[Effect]) -> str:
    start = effects[0]
    measure = _MEASURES.get(claim.measure, claim.measure)
    place = "" if claim.family == "clean" else f", under {_condition(claim)},"
    lost = max(effect.dropped for effect in effects)
    left_out = f" ({counted(lost, 'image')} left out: a network has no map of them)" if lost else ""
    return (
        f"in {claim.method} maps{place} {measure} is {start.first_value:.3f} in {start.first}: "
        f"{_against(claim, effects, percent=False)}{left_out}."
    )


def _condition(claim: Claim) -> str:
    levels = [f"{level:g}" for level in claim.levels]
    if len(levels) > 1:
        return f"{claim.family} (mean over levels {listed(levels)})"
    return f"{claim.family} at level {levels[0]}" if levels else claim.family


def _against(claim: Claim, effects: Sequence[Effect], *, percent: bool) -> str:
    """Return how much more or less than each other role, with the interval and n."""
    parts = []
    for effect in effects:
        value, low, high = effect.difference.value, effect.difference.low, effect.difference.high
        size = f"{abs(100 * value):.1f} points" if percent else f"{abs(value):.3f}"
        other = f"{100 * effect.second_value:.1f} %" if percent else f"{effect.second_value:.3f}"
        if claim.against:
            other = f"{100 * effect.second_value:+.1f}"
        parts.append(
            f"{size} {'less' if value < 0 else 'more'} than {effect.second} ({other}; interval of "
            f"the difference {signed(claim, low)} to {signed(claim, high)}, "
            f"n = {effect.images:,})"
        )
    return " and ".join(parts)


def _beside(claim: Claim, effects: Sequence[Effect]) -> str:
    """Return the differences of absolute and of pair-common accuracy in words."""
    others = _others(effects)
    if not others:
        return ""
    parts = []
    for kind in dict.fromkeys(name for name, _, _ in others):
        values = [
            f"{signed(claim, other.value)} points against {effect.second}"
            for name, effect, other in others
            if name == kind
        ]
        parts.append(f"{kind} differs by {' and '.join(values)}")
    opposed = what_disagrees(effects)
    end = (
        f"; the sign of {listed(opposed)} disagrees with retention"
        if opposed
        else ", with the sign of retention"
    )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}{end}."
