"""Salience methods as people type them: `smoothgrad,gradient`, with settings that suit most."""

import dataclasses
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cuelens.errors import ConfigError

if TYPE_CHECKING:
    from cuelens.salience import Salience, Score

__all__ = ["NEEDS", "method_classes", "methods_of"]

NEEDS: Mapping[str, str] = {
    "paper-smoothgrad": "the normalisation of one model",
    "expected-gradients": "reference images",
    "captum": "the name of one of captum's classes",
}
"""Methods that need what a list of names cannot give: a study file or Python can."""


def method_classes() -> Mapping[str, tuple[type[Any], Mapping[str, Any]]]:
    """Return each name with its class, and the settings where they are not the class's own."""
    from cuelens import salience

    # The cross-entropy negated: the same maps, and what is positive speaks for the class.
    plain = {"score": salience.Score.LOG_PROBABILITY}
    noisy = {"samples": 50, "noise": 0.1, **plain}
    return {
        "gradient": (salience.Gradient, plain),
        "input-x-gradient": (salience.InputXGradient, plain),
        "smoothgrad": (salience.SmoothGrad, noisy),
        "squared-smoothgrad": (salience.SquaredSmoothGrad, noisy),
        "vargrad": (salience.VarGrad, noisy),
        "integrated-gradients": (salience.IntegratedGradients, plain),
        "guided-backpropagation": (salience.GuidedBackpropagation, {}),
        "gradcam": (salience.GradCAM, {}),
        "occlusion": (salience.Occlusion, {}),
        "rise": (salience.RISE, {"masks": 500}),
    }


def methods_of(
    text: str, *, score: "Score | None" = None, samples: int | None = None
) -> "dict[str, Salience]":
    """Return the methods named in a text, by the names of the text.

    Args:
        text: Names, separated by commas.
        score: What they explain, where they explain a score; None: what each does by itself.
        samples: Noisy copies or masks an image, where they take some; None: what suits most.

    Raises:
        ConfigError: If a name is unknown, needs more than its name, or there is none.
    """
    known = method_classes()
    found: dict[str, Salience] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name in NEEDS:
            raise ConfigError(
                f"`--methods` cannot give `{name}` what it needs, {NEEDS[name]}. "
                "Name it in a study file, or in Python."
            )
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"`--methods` must name {', '.join(known)}, got {name!r}.{hint}")
        kind, settings = known[name]
        fields = {field.name for field in dataclasses.fields(kind)}
        asked = {"score": score, "samples": samples, "masks": samples}
        given = {key: value for key, value in asked.items() if key in fields and value is not None}
        found[name] = kind(**{**settings, **given})
    if not found:
        raise ConfigError(f"`--methods` must name at least one of {', '.join(known)}, got none.")
    return found
