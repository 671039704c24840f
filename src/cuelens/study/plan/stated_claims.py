"""The claims that a study file states: the paper's by name, or a list of one's own.

It knows how claims are written and whether a study can answer them; it judges none.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import create_model

from cuelens.errors import ConfigError, CuelensError
from cuelens.evaluation import Condition
from cuelens.study.outcomes.outcomes import level_meant, same_level
from cuelens.study.plan.claims import Claim, Direction, Quantity
from cuelens.study.plan.schema import Form, build, form_of, one_or_several

__all__ = ["PAPER_CLAIMS", "ClaimsField", "claims_of"]

_FILE = "files/claims-paper.yaml"
_ClaimForm = create_model(  # with the words that are known, for editors
    "ClaimSettings",
    __base__=form_of(Claim),
    __doc__=form_of(Claim).__doc__,
    quantity=(Quantity, "retention-area"),
    direction=(Direction, ...),
)
ClaimsField: Any = one_or_several(Literal["paper", "none"], _ClaimForm)
"""The type of a study file's `claims`."""


def _paper() -> tuple[Claim, ...]:
    text = resources.files("cuelens.study").joinpath(_FILE).read_text(encoding="utf-8")
    return tuple(build(_ClaimForm.model_validate(entry), Claim) for entry in yaml.safe_load(text))


PAPER_CLAIMS: tuple[Claim, ...] = _paper()
"""The paper's claims, which lie as data beside this file."""


def claims_of(
    stated: str | Sequence[Form],
    *,
    conditions: Sequence[Condition],
    methods: Mapping[str, object],
    roles: Sequence[str],
    where: str,
) -> tuple[Claim, ...]:
    """Return the claims that a study file states.

    Args:
        stated: "paper", "none", or a form for each claim.
        conditions: Of the study.
        methods: Salience methods of the study, by name.
        roles: That models of the study may have.
        where: The file, for messages.

    Raises:
        ConfigError: If a claim is none, two have one name, or the study has no such condition,
            salience method or role. The paper's claims may ask for what a study does not have:
            they are not measured then.
    """
    if isinstance(stated, str):
        return PAPER_CLAIMS if stated == "paper" else ()
    claims: list[Claim] = []
    for place, form in enumerate(stated):
        try:
            claim: Claim = build(form, Claim)
            _require_measurable(claim, conditions, methods, roles)
            if claim.name in [each.name for each in claims]:
                raise ConfigError(
                    f"Every claim must have a name of its own, got {claim.name!r} twice. Rename "
                    "one."
                )
        except CuelensError as error:
            raise ConfigError(f"{where}: `claims.{place}`: {error}") from error
        claims.append(claim)
    return tuple(claims)


def _require_measurable(
    claim: Claim,
    conditions: Sequence[Condition],
    methods: Mapping[str, object],
    roles: Sequence[str],
) -> None:
    """Refuse a claim that no record of the study could decide."""
    unknown = [role for role in claim.roles if role not in roles]
    if unknown:
        raise ConfigError(
            f"`compare`, `control` and `rival` must be roles, some of {', '.join(roles)}, got "
            f"{unknown[0]!r}. Name roles here and give them models in `roles`."
        )
    for family in (claim.family, claim.against):
        for level in claim.levels or (None,):
            if family and not any(_is(condition, family, level) for condition in conditions):
                name = family if level is None else f"{family}={level:g}"
                raise ConfigError(
                    f"`family`, `levels` and `against` must name conditions of this study, some of "
                    f"{', '.join(condition.name for condition in conditions)}, got {name!r}. Add "
                    "it to `conditions`."
                )
    if claim.method and claim.method not in methods:
        raise ConfigError(
            f"`method` must be one of this study's `salience.methods` "
            f"({', '.join(methods) or 'none'}), got {claim.method!r}. Add it there."
        )


def _is(condition: Condition, family: str, level: float | None) -> bool:
    return condition.family == family and same_level(
        level_meant(family, condition.level), level_meant(family, level)
    )
