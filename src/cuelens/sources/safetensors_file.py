"""Opens a file that ends in .safetensors: one of cuelens, or weights of a stated network."""

from pathlib import Path

from cuelens import __version__
from cuelens.sources.checkpoint_tensors import read_metadata
from cuelens.sources.checkpoints import open_checkpoint
from cuelens.sources.model_file import load_model
from cuelens.sources.opened import OpenedModel, Provenance, Stated, opened

__all__ = ["open_model_file", "open_safetensors"]


def open_safetensors(path: Path, stated: Stated) -> OpenedModel:
    """Return the network of a file: a model file says what it is of, weights alone do not.

    Raises:
        ModelError: If it cannot be read, or holds weights of an unstated or another network.
        ConfigError: If what is stated does not fit.
    """
    if stated.architecture is not None or _is_weights_alone(path):
        return open_checkpoint(path, stated)
    return open_model_file(path, stated)


def open_model_file(path: Path, stated: Stated) -> OpenedModel:
    """Return the network of a file that `cuelens train` wrote.

    Raises:
        ModelError: If there is no such file, or it is torn, or not of this kind.
        ConfigError: If what is stated does not fit.
    """
    classifier, card = load_model(path)
    return opened(
        classifier.network,
        Provenance(
            address=str(path),
            library=f"cuelens {__version__}",
            architecture=card.architecture,
            weights=f"the file {path}",
            classes="the file",
            preprocessing="the file",
            training_seed=card.training_seed,
            recipe=card.recipe,
        ),
        name=path.stem,
        specification=card.specification,
        class_names=card.class_names,
        stated=stated,
    )


def _is_weights_alone(path: Path) -> bool:
    """Return whether a file is safetensors of somebody else, whose card nobody wrote."""
    return path.is_file() and _begins_whole(path) and "card" not in read_metadata(path)


def _begins_whole(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"
