"""Which classes of captum make a map of an image, and what they take.

It reads signatures; it computes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from inspect import Parameter, isclass, signature
from typing import Any

from cuelens.errors import ConfigError, ModelError

__all__ = ["CaptumClass", "captum_class"]

_GIVEN_HERE = {"forward_func", "model", "layer", "inputs", "target", "baselines"}
_NO_SETTINGS = {"self", "kwargs", "additional_forward_args", "return_convergence_delta"}
_MIXES_IMAGES = "FeaturePermutation"
"""It takes features from other images of the batch; a map here depends on its own image alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptumClass:
    """An attribution method of captum.

    Attributes:
        kind: The class.
        constructor: The arguments of its constructor.
        attribute: The arguments of its method `attribute`.
    """

    kind: type
    constructor: frozenset[str]
    attribute: frozenset[str]

    @property
    def reads_layers(self) -> bool:
        """Whether it needs a network's layers, not just its answers."""
        return bool(self.constructor & {"model", "layer"})

    @property
    def settings(self) -> frozenset[str]:
        """What may be set."""
        return (self.constructor | self.attribute) - _GIVEN_HERE - _NO_SETTINGS

    def require_settings(self, names: Iterable[str]) -> None:
        """Refuse settings that it does not have.

        Raises:
            ConfigError: If there is one.
        """
        unknown = sorted(set(names) - self.settings)
        if unknown:
            raise ConfigError(
                f"`settings` of {self.kind.__name__} must be some of "
                f"{', '.join(sorted(self.settings))}, got {', '.join(unknown)}. "
                "Correct the names, or leave them out."
            )

    def require_layer(self, layer: str | None) -> None:
        """Refuse a layer where none is asked for, and none where one is.

        Raises:
            ConfigError: If `layer` does not fit.
        """
        if (layer is not None) != ("layer" in self.constructor):
            expected = "name a layer" if layer is None else "be None"
            raise ConfigError(f"`layer` must {expected} for {self.kind.__name__}, got {layer!r}.")

    def require_baseline(self, baseline: object) -> None:
        """Refuse a baseline where none is asked for.

        Raises:
            ConfigError: If `baseline` does not fit.
        """
        if baseline is not None and "baselines" not in self.attribute:
            raise ConfigError(
                f"`baseline` must be None for {self.kind.__name__}, which compares with none, got "
                f"{baseline!r}."
            )


@cache
def captum_class(name: str) -> CaptumClass:
    """Return an attribution method of captum by the name of its class.

    Raises:
        ModelError: If captum is not installed.
        ConfigError: If there is no such class, or if it makes no map of one class.
    """
    try:
        attributions = import_module("captum.attr")
    except ModuleNotFoundError as error:
        raise ModelError(
            "`Captum` needs the package captum, which is not installed. "
            "Install it: pip install 'cuelens[captum]'."
        ) from error
    found = {each: _read(kind) for each, kind in _maps(attributions).items()}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Name one of these."
        raise ConfigError(
            f"`attribution` must be one of captum's {', '.join(sorted(found))}, got {name!r}. "
            f"{remedy}"
        )
    return found[name]


def _maps(attributions: Any) -> dict[str, type]:
    """Return the classes whose objects map pixels to what they do for one class, by name."""
    every: dict[str, Any] = {name: getattr(attributions, name) for name in attributions.__all__}
    not_of_pixels = attributions.LayerAttribution, attributions.NeuronAttribution
    return {
        name: kind
        for name, kind in every.items()
        if isclass(kind)
        and issubclass(kind, attributions.Attribution)
        and not issubclass(kind, not_of_pixels)
        and name != _MIXES_IMAGES
        and _required(kind) <= _GIVEN_HERE
        and hasattr(kind, "attribute")
        and "target" in signature(kind.attribute).parameters
    }


def _required(kind: Any) -> set[str]:
    """Return what the constructor cannot do without."""
    parameters = list(signature(kind.__init__).parameters.values())[1:]
    return {each.name for each in parameters if each.default is Parameter.empty}


def _read(kind: Any) -> CaptumClass:
    return CaptumClass(
        kind=kind,
        constructor=frozenset(signature(kind.__init__).parameters),
        attribute=frozenset(signature(kind.attribute).parameters),
    )
