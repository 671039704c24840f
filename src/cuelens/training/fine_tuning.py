"""Training that goes on from weights that are there already."""

from pathlib import Path

from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.sources import load_model, model_path, open_model
from cuelens.sources.packages import package_file

__all__ = ["start_from", "start_path"]

_PACKAGE = "package:"


def start_path(start: str) -> Path:
    """Return the file of the weights that training begins with.

    Args:
        start: A model file, a name of the zoo, or "package:NAME".

    Raises:
        ConfigError: If there is no package of that name.
        ModelError: If the zoo has no such network, or the package is not installed.
    """
    if start.startswith(_PACKAGE):
        return package_file(start.removeprefix(_PACKAGE))
    return model_path(start)


def start_from(
    network: nn.Module, start: str, *, architecture: str, class_names: tuple[str, ...]
) -> InputSpecification:
    """Give a network the weights and statistics of one that is there already.

    Args:
        network: Of `architecture`; changed in place. Its last layer keeps its own weights where
            the other network knows other classes.
        start: A model file that `save_model` wrote, a name of the zoo, or "package:NAME".
        architecture: A name in `ARCHITECTURES`.
        class_names: Of the images to learn.

    Returns:
        What the other network expects of its input, of any size: its weights were learned so.

    Raises:
        ModelError: If there is no such file or package, or it is not a model file.
        ConfigError: If its network is of another architecture.
    """
    classifier, given, place = _opened(start)
    if given != architecture:
        raise ConfigError(
            f"`from_file` must hold a {architecture}, got a {given} in {place}. Give "
            f"`network: {given}`, or another file."
        )
    weights = classifier.network.state_dict()
    if classifier.class_names != class_names:
        last = list(dict.fromkeys(name.rpartition(".")[0] for name in weights))[-1]
        own = network.state_dict()
        weights |= {name: own[name] for name in own if name.rpartition(".")[0] == last}
    network.load_state_dict(weights)
    return classifier.specification


def _opened(start: str) -> tuple[Classifier, str, str]:
    """Return a network that is there already, its architecture, and where it lies."""
    if start.startswith(_PACKAGE):
        found = open_model(start)
        return found.classifier, found.provenance.architecture, start
    path = model_path(start)
    classifier, card = load_model(path)
    return classifier, card.architecture, str(path)
