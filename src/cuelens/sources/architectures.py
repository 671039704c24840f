"""Networks by the names that `--arch` takes: our own, or those of an installed library.

It builds networks for weights that come from elsewhere; what cuelens trains is in `own_networks`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType

import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks.cifar_resnet import cifar_resnet
from cuelens.networks.efficientnet_lite import EfficientNetLite0
from cuelens.networks.input_specification import InputSpecification
from cuelens.networks.verified_networks import NormFreeResNet, two_convolutions
from cuelens.sources.own_networks import ARCHITECTURES

__all__ = ["READABLE", "Architecture", "architecture_of"]

_CIFAR = InputSpecification(height=32, width=32)
_LITE0 = InputSpecification(
    height=224,
    width=224,
    mean=(127 / 255,) * 3,
    deviation=(128 / 255,) * 3,
    crop=224 / 256,
    interpolation="bicubic",
    fit="square",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """A network without weights.

    Attributes:
        build: Makes it for a number of classes; torch draws its weights.
        specification: What such networks usually expect.
        preprocessing: Where that comes from, in words.
        library: That has it, such as "timm 1.0.31"; "cuelens" for our own.
    """

    build: Callable[[int], nn.Module]
    specification: InputSpecification
    preprocessing: str = "not known: pixels in [0, 1] are given as they are"
    library: str = "cuelens"


READABLE: Mapping[str, Architecture] = MappingProxyType(
    {
        **{
            name: Architecture(build=build, specification=InputSpecification())
            for name, build in ARCHITECTURES.items()
        },
        **{
            f"cifar-resnet{depth}": Architecture(
                build=partial(cifar_resnet, depth), specification=_CIFAR
            )
            for depth in (20, 32, 44, 56, 110)
        },
        "cifar-resnet2b": Architecture(build=NormFreeResNet, specification=_CIFAR),
        "cifar-cnn-small": Architecture(build=two_convolutions, specification=_CIFAR),
        "cifar-cnn-small-unpadded": Architecture(
            build=partial(two_convolutions, padding=0), specification=_CIFAR
        ),
        **{
            f"cifar-cnn-wide-{width}": Architecture(
                build=partial(two_convolutions, widths=(4 * width, 8 * width), hidden=128 * width),
                specification=_CIFAR,
            )
            for width in (1, 2, 4)
        },
        "efficientnet-lite0": Architecture(
            build=EfficientNetLite0,
            specification=_LITE0,
            preprocessing="as its authors prepare images: (255 x - 127) / 128",
        ),
    }
)
"""Our own networks by the names that `--arch` takes."""


def architecture_of(name: str) -> Architecture:
    """Return a network by its name: one of `READABLE`, "timm:NAME" or "torchvision:NAME".

    Raises:
        ConfigError: If there is none of that name; the message has the nearest.
        ModelError: If the library that has it is not installed.
    """
    library, colon, model = name.partition(":")
    if colon and library == "timm":
        from cuelens.sources.timm_models import timm_architecture

        return timm_architecture(model)
    if colon and library == "torchvision":
        from cuelens.sources.torchvision_models import torchvision_architecture

        return torchvision_architecture(model)
    if name in READABLE:
        return READABLE[name]
    near = [known for known in READABLE if known.endswith(name)]
    near = near or get_close_matches(name, READABLE, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigError(
        f"`--arch` must be one of {', '.join(READABLE)}, or of a library, such as timm:resnet50 or "
        f"torchvision:resnet50; got {name!r}.{hint}"
    )


def unweighted(build: Callable[[int], nn.Module], classes: int) -> nn.Module:
    """Return a network whose weights nobody needs; torch's global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        return build(classes)
