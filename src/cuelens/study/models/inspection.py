"""What cuelens understood of a model: its input, classes, layers and size, and where it came from.

It says what is there and measures nothing but a pass; what may be wrong is in `preflight`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from cuelens.evaluation.forward import operations
from cuelens.networks import Classifier, layer_names
from cuelens.study.preflight import Finding

__all__ = ["Inspection", "Layer", "inspection_of"]

_USUAL_SIDE = 224
"""Of the image that is passed where a model states no size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A main layer of a network: its name, the kind of module, and how many numbers it learnt."""

    name: str
    kind: str
    parameters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What cuelens understood of a model.

    Attributes:
        name: For tables.
        origin: Where it and its settings came from, name by name.
        network: The class of its network.
        input: What happens to an image, name by name, in words.
        class_names: In the order of the outputs.
        layers: The main ones, in their order.
        parameters: How many numbers it learnt.
        operations: Floating-point operations of one image; None where a pass failed.
        side: Height of the image that was passed.
        fingerprint: Of layers, weights and input specification.
        images: What the pre-flight looked at, in words; empty where there were none.
        findings: Of the pre-flight.
    """

    name: str
    origin: dict[str, str]
    network: str
    input: dict[str, str]
    class_names: tuple[str, ...]
    layers: tuple[Layer, ...]
    parameters: int
    operations: int | None
    side: int
    fingerprint: str
    images: str = ""
    findings: tuple[Finding, ...] = ()

    def content(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        found = dataclasses.asdict(self)
        found["findings"] = [
            dataclasses.asdict(one) | {"numbers": dict(one.numbers)} for one in self.findings
        ]
        return found


def inspection_of(
    classifier: Classifier,
    *,
    origin: Mapping[str, str],
) -> Inspection:
    """Return what is understood of a classifier.

    Args:
        classifier: Any; it is left as it was.
        origin: Where it and its settings came from, name by name.
    """
    specification, network = classifier.specification, classifier.network
    height = specification.height or _USUAL_SIDE
    width = specification.width or _USUAL_SIDE
    blank = torch.zeros(1, specification.channels, height, width)
    modules = dict(network.named_modules())
    return Inspection(
        name=classifier.name,
        origin=dict(origin),
        network=type(network).__name__,
        input=input_in_words(classifier),
        class_names=classifier.class_names,
        layers=tuple(
            Layer(
                name=name or "(the network itself)",
                kind=type(modules[name]).__name__,
                parameters=sum(one.numel() for one in modules[name].parameters()),
            )
            for name in layer_names(network)
        ),
        parameters=sum(one.numel() for one in network.parameters()),
        operations=_counted(classifier, blank),
        side=height,
        fingerprint=classifier.fingerprint(),
    )


def input_in_words(classifier: Classifier) -> dict[str, str]:
    """Return what happens to an image before the network reads it, name by name."""
    one = classifier.specification
    size = "any" if one.height is None else f"{one.height} x {one.width} pixels"
    low, high = _range_read(classifier)
    found = {
        "size": size,
        "channels": "grey" if one.channels == 1 else str(one.channels),
        "mean": _listed(one.mean),
        "deviation": _listed(one.deviation),
        "read by the network": f"{low:.4g} to {high:.4g}",
    }
    known = {*found, "height", "width", "low_pass"}
    later = (field.name for field in dataclasses.fields(one) if field.name not in known)
    for name in later:
        value = getattr(one, name)
        found[name] = f"{value:.4g}" if isinstance(value, float) else str(value)
    if one.low_pass is not None:
        found["low-pass filter"] = f"{one.low_pass:g} cycles per image"
    return found


def _range_read(classifier: Classifier) -> tuple[float, float]:
    one = classifier.specification
    pairs = list(zip(one.mean, one.deviation, strict=True))
    return min(-m / d for m, d in pairs), max((1 - m) / d for m, d in pairs)


def _listed(numbers: Sequence[float]) -> str:
    digits = [f"{number:.4g}" for number in numbers]
    return digits[0] if len(set(digits)) == 1 else ", ".join(digits)


def _counted(classifier: Classifier, blank: torch.Tensor) -> int | None:
    try:
        return operations(classifier, blank)
    except RuntimeError:  # of a size that its specification does not name
        return None
