"""The classes of a model as a person names them: a file, or a data set whose classes are known."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from cuelens.errors import ConfigError
from cuelens.networks.cifar10_classes import CIFAR10_CLASSES
from cuelens.networks.imagenet_classes import imagenet_names

__all__ = ["KNOWN_CLASSES", "read_class_list"]


def _of_imagenet() -> tuple[str, ...]:
    names = imagenet_names()
    if not names:
        raise ConfigError(
            "Expected the package timm or torchvision, which have the names of ImageNet's classes, "
            "got neither. Install one: pip install 'cuelens[timm]'."
        )
    return names


KNOWN_CLASSES: Mapping[str, Callable[[], tuple[str, ...]]] = MappingProxyType(
    {"cifar10": lambda: CIFAR10_CLASSES, "imagenet": _of_imagenet}
)
"""Data sets whose class names are known, in the order in which models of them answer."""


def read_class_list(place: str | Path, *, folder: Path | None = None) -> tuple[str, ...]:
    """Return the class names of a file, or of a data set, in the order of the outputs.

    Args:
        place: A file with a name a line, or one of `KNOWN_CLASSES`; a file of that name goes
            before.
        folder: From which the file is found; None: the current one.

    Raises:
        ConfigError: If there is no such file or data set, it names no two classes, or those of
            ImageNet are not installed.
    """
    path = Path(place) if folder is None else folder / place
    if not path.is_file():
        known = KNOWN_CLASSES.get(str(place))
        if known is not None:
            return known()
        raise ConfigError(
            f"Expected class names, one a line, in {path}, got no such file. Give a file, or the "
            f"name of a data set: {' or '.join(KNOWN_CLASSES)}."
        )
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) < 2:
        raise ConfigError(
            f"Expected at least two class names, one a line, in {path}, got {len(names)}."
        )
    return names
