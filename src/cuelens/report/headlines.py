"""What a study's report says first: what its verdicts come to, and which models may only guess.

It counts verdicts that are given; an audit's first sentence is in `audit_words`.
"""

from collections.abc import Sequence

from cuelens.report.data import Verdict
from cuelens.study.verdicts.sentences import listed

__all__ = ["headline", "with_guesses"]

_NAMED = 3
"""So many models are named; of more it is said how many there are."""
_MOVED = "Adversarial training moved these checkpoints from texture toward shape"


def headline(verdicts: Sequence[Verdict], *, published: bool = True) -> str:
    """Return what the confirmatory verdicts come to, in one sentence.

    The sentence speaks of these checkpoints, never of the recipe: that takes several seeds each.
    Whether they moved is said by the claims on cues alone; those on maps are counted with them.

    Args:
        verdicts: On the claims of a study.
        published: Whether these are the paper's, which say together that training moved networks;
            of others it is said only how many hold.
    """
    stated = [verdict for verdict in verdicts if verdict.confirmatory]
    claims = [verdict.outcome for verdict in stated]
    measured = [outcome for outcome in claims if outcome != "not measured"]
    holds, fails = measured.count("for"), measured.count("against")
    open_ = len(measured) - holds - fails
    if not measured:
        return "No claim was measured"
    kind = "" if len(measured) == len(claims) else "measured "
    claim = "claim" if len(measured) == 1 else "claims"
    verb = "holds" if 1 in (holds, len(measured)) else "hold"
    parts = [f"{holds} of {len(measured)} {kind}{claim} {verb}"]
    if fails:
        parts.append(f"{fails} {'fails' if fails == 1 else 'fail'}")
    if open_:
        parts.append(f"{open_} undecided")
    counted = ", ".join(parts)
    return (
        f"{_lead([one.outcome for one in stated if one.percent])}: {counted}"
        if published
        else counted
    )


def with_guesses(headline: str, guessing: Sequence[str], models: int) -> str:
    """Return a headline that says first which models may guess: what follows says nothing then.

    Args:
        headline: What was found.
        guessing: Names of the models whose clean accuracy cannot be told from chance.
        models: How many there are.
    """
    if not guessing:
        return headline
    who = listed(guessing) if len(guessing) <= _NAMED else f"{len(guessing)} of {models} models"
    return f"May only guess, even on clean images: {who}. {headline}"


def _lead(cues: Sequence[str]) -> str:
    """Return what the outcomes of claims on cues say of whether networks moved."""
    holds, fails = cues.count("for"), cues.count("against")
    others = len(cues) - holds - fails
    if set(cues) <= {"not measured"}:
        return "Whether these checkpoints moved from texture toward shape was not measured"
    if holds and fails:
        return f"{_MOVED} only in part"
    if holds > others:
        return _MOVED
    if holds:
        return f"{_MOVED}, as far as the numbers decide"
    if fails > others:
        return "Adversarial training did not move these checkpoints from texture toward shape"
    return "The numbers do not decide whether these checkpoints moved from texture toward shape"
