"""One trained network in one safetensors file, with a card that says what it is.

A file of this kind never runs code when it is read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.files import write_atomically
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.sources.own_networks import ARCHITECTURES, build_network
from cuelens.sources.zoo import model_path

__all__ = ["ModelCard", "load_model", "read_card", "save_model"]

_FORMAT = "cuelens-model-1"
_REMEDY = (
    "Give a file that `cuelens train` wrote; in Python any network works as a `Classifier` "
    '(README, "Your own model").'
)
_FOREIGN = {
    "a zip archive, as torch.save writes it": re.compile(rb"PK\x03\x04"),
    "a pickle, as older versions of torch wrote it": re.compile(
        rb"\x80[\x02-\x05].{6}[^{]", re.DOTALL
    ),
}
"""How files of other kinds begin; the ninth byte of a safetensors file is a brace."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model file says of its network.

    Attributes:
        name: For tables and figures.
        architecture: A name in `ARCHITECTURES`.
        class_names: In the order of the logits.
        specification: What the network expects of its input.
        recipe: The settings of the training, as text; empty if unknown.
        training_seed: The seed of the training; None if unknown.
        training: What happened in training: numbers by name, such as seconds or accuracies.
    """

    name: str
    architecture: str
    class_names: tuple[str, ...]
    specification: InputSpecification
    recipe: str = ""
    training_seed: int | None = None
    training: dict[str, Any] = field(default_factory=dict)


def save_model(path: Path, network: nn.Module, card: ModelCard, *, half: bool = False) -> None:
    """Write a network and its card; the file appears whole or not at all.

    Args:
        path: Where to; usually ends in ".safetensors".
        network: Built by `build_network(card.architecture, ...)`.
        card: What the file says of it.
        half: Whether weights and statistics are rounded to half precision, which halves the file;
            they are read back as float32.

    Raises:
        ModelError: If a number is too large for half precision.
        StorageError: If the disk is full or cannot be written.
    """
    tensors = {
        name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()
    }
    if half:
        tensors = {name: _halved(name, value) for name, value in tensors.items()}
    metadata = {"format": _FORMAT, "card": json.dumps(_written(card))}
    write_atomically(path, save(tensors, metadata=metadata))


def _written(card: ModelCard) -> dict[str, Any]:
    """Return what a file says of its network; settings that came later, where they are used."""
    values, usual = asdict(card), asdict(InputSpecification())
    for name in ("crop", "interpolation", "fit"):
        if values["specification"][name] == usual[name]:
            del values["specification"][name]
    return values


def _halved(name: str, value: Tensor) -> Tensor:
    """Return a tensor in half precision; whole numbers as they are."""
    if not value.is_floating_point():
        return value
    if value.abs().amax() > torch.finfo(torch.float16).max:
        raise ModelError(
            f"`{name}` must fit into half precision (at most 65,504), got "
            f"{float(value.abs().amax()):g}. Write the file in full precision."
        )
    return value.half()


def load_model(place: str | Path) -> tuple[Classifier, ModelCard]:
    """Read a model file.

    Args:
        place: A file that `save_model` wrote, or the name of a network that comes with cuelens,
            such as "cuelens://cifar10/pgd-linf-8/0".

    Returns:
        The classifier, in eval mode on the CPU, and its card.

    Raises:
        ModelError: If there is no such file, or it is torn, or not of this kind.
    """
    path = model_path(place)
    metadata, tensors = _read(path)
    if metadata.get("format") != _FORMAT:
        raise _other_format(path, metadata)
    card = _card(metadata.get("card", ""), path)
    network = build_network(card.architecture, classes=len(card.class_names), seed=0)
    _require_fitting(network, tensors, card, path)
    network.load_state_dict(tensors)
    classifier = Classifier(
        network.eval(),
        class_names=card.class_names,
        specification=card.specification,
        name=card.name,
    )
    return classifier, card


def read_card(path: Path) -> ModelCard:
    """Return the card of a model file, without its weights.

    Raises:
        ModelError: If there is no such file, or it is torn, or not of this kind.
    """
    metadata, _ = _read(path, weights=False)
    if metadata.get("format") != _FORMAT:
        raise _other_format(path, metadata)
    return _card(metadata.get("card", ""), path)


def _other_format(path: Path, metadata: Mapping[str, str]) -> ModelError:
    return ModelError(
        f"Expected a model file of cuelens (format {_FORMAT}) at {path}, got format "
        f"{metadata.get('format')!r}. {_REMEDY}"
    )


def _read(path: Path, *, weights: bool = True) -> tuple[Mapping[str, str], Mapping[str, Tensor]]:
    """Return the texts and, if wanted, the tensors of a safetensors file."""
    if not path.is_file():
        raise ModelError(
            f"Expected a model file at {path}, got nothing there. "
            "Train one with `cuelens train`, or check the path."
        )
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys() if weights else ()
            tensors = {name: file.get_tensor(name) for name in names}
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        _refuse_foreign(path)
        raise ModelError(
            f"Expected a whole safetensors file at {path}, got one that cannot be read "
            f"({error}). Copy it again, or train it again."
        ) from error
    half = {name: value.float() for name, value in tensors.items() if value.dtype == torch.float16}
    return metadata, tensors | half


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that begins as one of another kind does; it is not loaded."""
    with path.open("rb") as file:
        start = file.read(9)
    for kind, beginning in _FOREIGN.items():
        if beginning.match(start):
            raise ModelError(f"Expected a model file of cuelens at {path}, got {kind}. {_REMEDY}")


def _card(text: str, path: Path) -> ModelCard:
    """Return the card that `save_model` wrote as this text."""
    try:
        values = json.loads(text)
        specification = values.pop("specification")
        for name in ("mean", "deviation"):
            specification[name] = tuple(specification[name])
        values["class_names"] = tuple(values["class_names"])
        card = ModelCard(specification=InputSpecification(**specification), **values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"Expected a card of the network in {path}, got one that cannot be read ({error}). "
            "Copy the file again, or train it again."
        ) from error
    if card.architecture not in ARCHITECTURES:
        raise ModelError(
            f"Expected one of the networks {', '.join(ARCHITECTURES)} in {path}, got "
            f"{card.architecture!r}. Read it with the version of cuelens that wrote it."
        )
    return card


def _require_fitting(
    network: nn.Module, tensors: Mapping[str, Tensor], card: ModelCard, path: Path
) -> None:
    """Refuse tensors that are not those of the network that the card names."""
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ModelError(
                f"Expected the weights of a {card.architecture} with {len(card.class_names)} "
                f"classes in {path}, got {name!r} of shape {found.get(name)} instead of "
                f"{wanted.get(name)}. Copy the file again, or train it again."
            )
