"""A model from wherever it came: the classifier, and what was understood of it.

It knows what every source has to say; it does not know any source.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.input_specification import InputSpecification
from cuelens.sources.preprocessing import Preprocessing

__all__ = ["OpenedModel", "Provenance", "Stated", "numbered", "opened", "outputs_of"]

_USUAL_SIDES = (224, 32, 64, 96, 299)
"""Tried in this order where nothing says how large images are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What a person says of a model where its source does not, or says otherwise.

    Attributes:
        architecture: Of a checkpoint; see `cuelens.sources.checkpoints`.
        class_names: In the order of the logits.
        preprocessing: Takes the place of what the source says.
        prompts: Of a vision-language model, each with `{}` where a class name goes.
    """

    architecture: str | None = None
    class_names: tuple[str, ...] | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    prompts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.class_names or ()
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise ConfigError(f"Class names must be different, got {twice!r} twice. Rename one.")
        for prompt in self.prompts:
            if "{}" not in prompt:
                raise ConfigError(
                    f"A prompt must have {{}} where the class name goes, got {prompt!r}. Write "
                    "such as `a photo of a {}.`"
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a model came from, and what its parts were taken from; sentences for people.

    Attributes:
        address: As it was given.
        library: What read it, such as "timm 1.0.31".
        architecture: Of the network, as the source names it.
        weights: Where the weights came from.
        classes: Where the class names came from.
        preprocessing: Where the input specification came from.
        training_seed: Where it is known.
        recipe: How it was trained, as text; empty if unknown.
        notes: What a person should know besides, a sentence each.
    """

    address: str
    library: str
    architecture: str
    weights: str
    classes: str
    preprocessing: str
    training_seed: int | None = None
    recipe: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedModel:
    """A classifier, in eval mode on the CPU, and where it came from."""

    classifier: Classifier
    provenance: Provenance


def numbered(count: int) -> tuple[str, ...]:
    """Return class names where nothing names the classes: their places, from 0."""
    return tuple(str(place) for place in range(count))


def opened(
    network: nn.Module,
    provenance: Provenance,
    *,
    name: str,
    specification: InputSpecification,
    class_names: Sequence[str],
    stated: Stated,
    numbered_by_us: bool = False,
) -> OpenedModel:
    """Return a model, what is stated in place of what its source says.

    Args:
        network: Maps prepared images to logits; put into eval mode.
        provenance: As the source has it; what is stated is said in it.
        name: For tables.
        specification: As the source has it.
        class_names: As the source has them, as many as there are logits.
        stated: What a person says.
        numbered_by_us: Whether the class names are only places.

    Raises:
        ModelError: If the network has fewer than two outputs, other class names are stated than
            it has outputs, or it reads images that cuelens has not: neither colour nor grey.
        ConfigError: If the stated preprocessing does not fit.
    """
    outputs = len(class_names)
    if outputs < 2:
        raise ModelError(
            f"A classifier must have at least 2 outputs, got {outputs} from {provenance.address}. "
            "Of a single logit z make two, 0 and z, in the last layer of the network."
        )
    names, classes = _distinct(class_names), provenance.classes
    notes = list(provenance.notes)
    if stated.class_names is not None:
        names, classes = stated.class_names, "stated"
        if len(names) != outputs:
            raise ModelError(
                f"As many class names must be stated as {provenance.address} has outputs "
                f"({outputs:,}), got {len(names):,}. Give the names in the order of the outputs."
            )
    elif numbered_by_us:
        notes.append("Its source names no classes: they are called by their places, from 0.")
    preprocessing = provenance.preprocessing
    if stated.preprocessing:
        specification, preprocessing = stated.preprocessing.over(specification), "stated"
    if specification.channels not in (1, 3):
        raise ModelError(
            f"A network must read images of 3 channels (red, green, blue) or 1 (grey), got "
            f"{specification.channels} of {provenance.address}. In Python put a layer in front of "
            "it that makes its channels of three."
        )
    return OpenedModel(
        classifier=Classifier(
            network.eval(), class_names=names, specification=specification, name=name
        ),
        provenance=Provenance(
            address=provenance.address,
            library=provenance.library,
            architecture=provenance.architecture,
            weights=provenance.weights,
            classes=classes,
            preprocessing=preprocessing,
            training_seed=provenance.training_seed,
            recipe=provenance.recipe,
            notes=tuple(notes),
        ),
    )


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that are all different: those that are there twice get their place."""
    counts = Counter(names)
    return tuple(
        name if counts[name] == 1 else f"{name} ({place})" for place, name in enumerate(names)
    )


def outputs_of(network: nn.Module, specification: InputSpecification, *, address: str) -> int:
    """Return how many logits a network gives, found by running it on two black images.

    Args:
        network: Any module; its mode stays as it was.
        specification: Names the size; where it names none, usual sizes are tried.
        address: For messages.

    Raises:
        ModelError: If it cannot be run, or gives no logits.
    """
    reasons = []
    sides = [(side, side) for side in _USUAL_SIDES]
    if specification.height is not None and specification.width is not None:
        sides = [(specification.height, specification.width)]
    for side in sides:
        images = torch.zeros(2, specification.channels, *side)
        try:
            with torch.no_grad(), evaluating(network):
                logits = network(images)
        except (RuntimeError, ValueError, AssertionError) as error:
            reasons.append(str(error).strip().splitlines()[0])
            continue
        if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or len(logits) != 2:
            shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits)
            raise ModelError(
                f"The network of {address} must give logits of shape (batch, class), got {shape}. "
                "In Python wrap it in a module that gives them."
            )
        return logits.shape[1]
    tried = " or ".join(f"{height} x {width}" for height, width in sides)
    raise ModelError(
        f"The network of {address} must read images of {tried} pixels and "
        f"{specification.channels} channels, got an error: {reasons[0]}. State what it reads, such "
        "as `--preprocessing 'size: 48'`."
    )
