"""Which claims of a study cannot be found for, since no model has a role that they need.

It knows who plays what; that a claim also needs conditions and maps is known where it is read.
"""

from collections.abc import Sequence

from cuelens.study.plan.plan import Plan
from cuelens.study.verdicts.sentences import listed

__all__ = ["unplayed_roles"]

_REMEDY = (
    "Name a model for each role in `roles` before the study runs, since a run's claims and roles "
    "are never changed"
)
_UNDERFIT = (
    "; an underfit one is a standard network with `as_accurate_as: {adversarial}` beside its recipe"
)


def unplayed_roles(plan: Plan) -> tuple[str, ...]:
    """Return what stays undecided for want of a model, as sentences; none where every role is had.

    A rival that nobody plays is not missed: it explains a claim, it does not decide it.

    Args:
        plan: The study.

    Returns:
        A sentence for each set of roles that claims lack, with the remedy.
    """
    lacking: dict[tuple[str, ...], list[str]] = {}
    measured: dict[tuple[str, ...], bool] = {}
    for claim in plan.claims:
        needed = dict.fromkeys((*claim.compare, claim.control))
        roles = tuple(role for role in needed if not plan.players(role))
        if roles:
            lacking.setdefault(roles, []).append(claim.name)
            others = {*needed} - {claim.compare[0]}
            measured[roles] = claim.compare[0] not in roles and not others <= {*roles}
    return tuple(
        _sentence(plan, roles, names, measured=measured[roles]) for roles, names in lacking.items()
    )


def _sentence(plan: Plan, roles: Sequence[str], claims: Sequence[str], *, measured: bool) -> str:
    which = listed([f"`{role}`" for role in roles])
    end = "can come out against, but never for" if measured else "will not be measured"
    lead = (
        f"No model of this study has the role{'s' if len(roles) > 1 else ''} {which}, so the "
        f"claim{'s' if len(claims) > 1 else ''} {listed(claims)} {end}."
    )
    adversarial = plan.roles.get("adversarial")
    hint = ""
    if "underfit" in roles and isinstance(adversarial, str):
        hint = _UNDERFIT.format(adversarial=adversarial)
    return f"{lead} {_REMEDY}{hint}; or write `claims: none` for a study that only describes."
