"""Which models of a study play which role in its claims."""

from collections.abc import Mapping

from cuelens.errors import ConfigError
from cuelens.study.plan.study_file import Study

__all__ = ["Roles", "roles_of"]

Roles = Mapping[str, str | tuple[str, ...] | None]
"""Each role to a model's name, the names of several (one a training seed), or None."""


def roles_of(study: Study, where: str) -> Roles:
    """Return who plays each role.

    Args:
        study: The file's content.
        where: The file, for messages.

    Raises:
        ConfigError: If a role is given to a model that the study does not have, or a name is that
            of a model to train and of one to import. The usual names of roles that are left out
            need not be there.
    """
    own = set(study.models) & set(study.imported)
    if own:
        raise ConfigError(
            f"{where}: `imported` must name other models than `models` does, got "
            f"{min(own)!r} in both. Rename one."
        )
    there = (*study.models, *study.imported)
    found: dict[str, str | tuple[str, ...] | None] = {}
    for role, named in study.roles.model_dump().items():
        names = [named] if isinstance(named, str) else named or []
        strange = [name for name in names if name not in there]
        if strange and role in study.roles.model_fields_set:
            raise ConfigError(
                f"{where}: `roles.{role}` must name a model of this study, one of "
                f"{', '.join(there)}, got {strange[0]!r}. Name a model whose answers will be "
                "imported in `imported`."
            )
        known = tuple(name for name in names if name in there)
        found[role] = known[0] if len(known) == 1 else known or None
    return found
