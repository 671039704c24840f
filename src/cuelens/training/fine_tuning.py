"""Training that goes on from the weights of a model file."""

from pathlib import Path

from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks.classifier import InputSpecification
from cuelens.sources import load_model

__all__ = ["start_from"]


def start_from(
    network: nn.Module, file: Path, *, architecture: str, class_names: tuple[str, ...]
) -> InputSpecification:
    """Give a network the weights and statistics of a model file.

    Args:
        network: Of `architecture`; changed in place. Its last layer keeps its own weights where
            the file's network knows other classes.
        file: A file that `save_model` wrote.
        architecture: A name in `ARCHITECTURES`.
        class_names: Of the images to learn.

    Returns:
        What the file's network expects of its input, of any size: its weights were learned so.

    Raises:
        ModelError: If there is no such file, or it is not a model file.
        ConfigError: If its network is of another architecture.
    """
    classifier, card = load_model(file)
    if card.architecture != architecture:
        raise ConfigError(
            f"`from_file` must hold a {architecture}, got a {card.architecture} in {file}. Give "
            f"`network: {card.architecture}`, or another file."
        )
    weights = classifier.network.state_dict()
    if card.class_names != class_names:
        last = list(dict.fromkeys(name.rpartition(".")[0] for name in weights))[-1]
        own = network.state_dict()
        weights |= {name: own[name] for name in own if name.rpartition(".")[0] == last}
    network.load_state_dict(weights)
    return card.specification
