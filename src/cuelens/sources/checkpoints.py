"""Opens weights that others trained, of a network that is named beside them.

It knows how weights meet a network; reading the file without running code is another file's.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Size, Tensor, nn

from cuelens.errors import ModelError
from cuelens.sources.architectures import READABLE, Architecture, architecture_of, unweighted
from cuelens.sources.checkpoint_tensors import read_tensors
from cuelens.sources.fitting import Fit, best_fit
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened

__all__ = ["filled", "open_checkpoint"]


def open_checkpoint(path: Path, stated: Stated) -> OpenedModel:
    """Return the network that weights in a file belong to.

    Args:
        path: A file of safetensors or torch.save; nothing in it is run.
        stated: Its `architecture` must be given.

    Raises:
        ModelError: If the file cannot be read without running code, holds other tensors than the
            network has, or no architecture is stated; the message names what fits best.
        ConfigError: If there is no such architecture.
    """
    tensors = read_tensors(path)
    if stated.architecture is None:
        remedy = _recognised(tensors) or (
            f" Give `--arch`: {', '.join(READABLE)}, timm:NAME or torchvision:NAME."
        )
        raise ModelError(
            f"Weights alone do not say of what network they are, and nothing states it for {path}."
            f"{remedy} In a study file, and in a model.yaml, it is the field `arch`."
        )
    architecture = architecture_of(stated.architecture)
    names = stated.class_names
    classes = _classes_of(tensors) if names is None else len(names)
    network = unweighted(architecture.build, classes)
    fit = filled(
        network, tensors, what=f"a {stated.architecture} with {classes:,} classes in {path}"
    )
    return opened(
        network,
        Provenance(
            address=str(path),
            library=architecture.library,
            architecture=stated.architecture,
            weights=f"the file {path}",
            classes="numbered",
            preprocessing=architecture.preprocessing,
            notes=_notes(fit),
        ),
        name=path.stem,
        specification=architecture.specification,
        class_names=numbered(classes),
        stated=stated,
        numbered_by_us=True,
    )


def filled(network: nn.Module, tensors: Mapping[str, Tensor], *, what: str) -> Fit:
    """Give a network its weights, and return how they fitted.

    Args:
        network: Changed in place.
        tensors: By names that may all begin with a prefix.
        what: Whose weights are wanted and where they lie, for messages.

    Raises:
        ModelError: If they are not those of the network; the message has the nearest fit, what is
            missing, and which network of our own has these.
    """
    fit = best_fit(tensors, _shapes(network))
    if not fit.is_whole:
        raise ModelError(f"Expected the weights of {what}, but {fit}.{_recognised(tensors)}")
    network.load_state_dict(fit.tensors, strict=False)  # only counters of batch norm may be absent
    return fit


def _shapes(network: nn.Module) -> dict[str, Size]:
    return {name: value.shape for name, value in network.state_dict().items()}


def _classes_of(tensors: Mapping[str, Tensor]) -> int:
    """Return how many outputs the last layer has that is a matrix, or 1 x 1 convolution."""
    last = [value for value in tensors.values() if value.ndim == 2 or value.shape[2:] == (1, 1)]
    return len(last[-1]) if last else 1000


def _recognised(tensors: Mapping[str, Tensor]) -> str:
    """Return a sentence that says which network of our own has these weights; "" if none."""
    for name, architecture in READABLE.items():
        if _fits(tensors, architecture):
            return f" They are those of a {name}: give `--arch {name}`."
    return ""


def _fits(tensors: Mapping[str, Tensor], architecture: Architecture) -> bool:
    with torch.device("meta"):
        network = architecture.build(_classes_of(tensors))
    return best_fit(tensors, _shapes(network)).is_whole


def _notes(fit: Fit) -> tuple[str, ...]:
    found = []
    if fit.prefix:
        found.append(f"The names of its weights were read without `{fit.prefix}`.")
    if fit.outside:
        found.append(f"{fit.outside:,} tensors of the file belong to no part of the network.")
    return tuple(found)
