"""The architectures that cuelens trains itself, by the names that files and commands use."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks.efficientnet_lite import EfficientNetLite0
from cuelens.networks.resnet import resnet10_64, resnet18, resnet18_224, small_resnet
from cuelens.randomness import keyed_generator

__all__ = ["ARCHITECTURES", "build_network", "require_architecture"]

ARCHITECTURES: Mapping[str, Callable[[int], nn.Module]] = MappingProxyType(
    {
        "small-resnet": small_resnet,
        "resnet10-64": resnet10_64,
        "resnet18": resnet18,
        "resnet18-224": resnet18_224,
        "efficientnet-lite0": EfficientNetLite0,
    }
)
"""Untrained networks by name; each is made for a number of classes."""


def build_network(architecture: str, *, classes: int, seed: int) -> nn.Module:
    """Return an untrained network whose weights depend on the seed alone.

    Args:
        architecture: A name in `ARCHITECTURES`.
        classes: How many logits. At least 2.
        seed: The training seed.

    Returns:
        A float32 network on the CPU; torch's global random state is left as it was.

    Raises:
        ConfigError: If the name is unknown or there are fewer than two classes.

    Source:
        He et al., 2015, https://arxiv.org/abs/1502.01852, equation 14 (fan out).
        Differs: the classifier's weights are normal with deviation 0.01, its bias zero.
    """
    make = ARCHITECTURES[require_architecture(architecture)]
    if classes < 2:
        raise ConfigError(
            f"`classes` must be at least 2, got {classes}. Give images of two classes or more."
        )
    with torch.random.fork_rng(devices=[]):  # torch's own layers draw when they are made
        network = make(classes)
    _initialise(network, seed)
    return network


def require_architecture(architecture: str) -> str:
    """Return the name of an architecture, if there is one of that name.

    Raises:
        ConfigError: If there is none; the message has the nearest name.
    """
    if architecture not in ARCHITECTURES:
        near = get_close_matches(architecture, ARCHITECTURES, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"`network` must be one of {', '.join(ARCHITECTURES)}, got {architecture!r}.{hint}"
        )
    return architecture


def _initialise(network: nn.Module, seed: int) -> None:
    """Draw every weight from the key (seed, name)."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            # Of a grouped convolution, what a channel reaches is its own group.
            groups = module.groups if isinstance(module, nn.Conv2d) else 1
            fan_out = module.weight[0, 0].numel() * module.weight.shape[0] // groups
            deviation = 0.01 if isinstance(module, nn.Linear) else (2 / fan_out) ** 0.5
            draw = keyed_generator(seed, "initialise", name).standard_normal(
                tuple(module.weight.shape), dtype=np.float32
            )
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(draw) * deviation)
                if module.bias is not None:
                    module.bias.zero_()
