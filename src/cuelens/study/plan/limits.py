"""On how many images, and of which models, something of a study is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from cuelens.errors import ConfigError

__all__ = ["Limits", "limits_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a condition, or the measuring of maps, is limited to.

    Attributes:
        models: Names of the models that it is about, in the study's order.
        images: How many test images, drawn by chance, the same for every model; None for all.
    """

    models: tuple[str, ...]
    images: int | None = None


def limits_of(models: Sequence[str] | None, images: int | None, *, known: Sequence[str]) -> Limits:
    """Return the limits that an entry of a study file states.

    Args:
        models: Names; None for all.
        images: How many; None for all.
        known: The study's models, in its order.

    Raises:
        ConfigError: If a model is unknown.
    """
    strange = [name for name in models or () if name not in known]
    if strange:
        raise ConfigError(
            f"`models` must name models of this study, one of {', '.join(known)}, got "
            f"{strange[0]!r}."
        )
    return Limits(
        models=tuple(name for name in known if models is None or name in models), images=images
    )
