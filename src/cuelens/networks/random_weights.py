"""Copies of a network in which the weights of some layers are drawn by chance.

A map that stays the same in such a copy does not show what the network has learnt. It knows the
layers of a network in the order of their use; what is made of the copies it does not know.
"""

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.randomness import keyed_generator
from cuelens.tensors import Images

__all__ = ["parameter_layers", "with_random_weights"]


def parameter_layers(classifier: Classifier, images: Images) -> Mapping[str, tuple[str, ...]]:
    """Return the layers of a network with the names of their parameters, in the order of use.

    A layer is a module with a matrix or a filter bank of its own; parameters behind it that are
    vectors alone, such as those of a norm, belong to it. Parameters of a part that is not called
    by itself belong to the part around it.

    Args:
        classifier: Any classifier; its mode stays as it was.
        images: At least one, of the size in question; the first is looked at.

    Returns:
        Names of the layers, as in `named_modules`, to names of parameters, as in
        `named_parameters`; what reads the image comes first.

    Raises:
        ModelError: If the network has no parameters.
    """
    network = classifier.network
    order = _order_of_use(classifier, images[:1])
    owned: dict[str, list[str]] = {}
    for name, _ in network.named_parameters():
        owner = name.rpartition(".")[0]
        while owner not in order:
            owner = owner.rpartition(".")[0]
        owned.setdefault(owner, []).append(name)
    if not owned:
        raise ModelError(
            f"{classifier.name} must have parameters that can be drawn by chance, got none. Leave "
            "the randomisation of weights out."
        )
    parameters = dict(network.named_parameters())
    layers: dict[str, tuple[str, ...]] = {}
    for owner in sorted(owned, key=order.__getitem__):
        vectors_alone = all(parameters[name].ndim < 2 for name in owned[owner])
        layer = next(reversed(layers)) if vectors_alone and layers else owner
        layers[layer] = (*layers.get(layer, ()), *owned[owner])
    return layers


def _order_of_use(classifier: Classifier, image: Images) -> Mapping[str, int]:
    """Return the place of every module that is called, in the order of their first calls."""
    called: list[str] = [""]
    with torch.no_grad(), evaluating(classifier.network), _calls_noted(classifier.network, called):
        classifier(image.to(classifier.device))
    return {name: place for place, name in enumerate(dict.fromkeys(called))}


@contextmanager
def _calls_noted(network: nn.Module, called: list[str]) -> Iterator[None]:
    """Note the names of modules as they are called, and leave no hook behind."""

    def note(name: str) -> object:
        return lambda _module, _inputs: called.append(name)

    handles = [
        module.register_forward_pre_hook(note(name)) for name, module in network.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def with_random_weights(
    classifier: Classifier, parameters: Collection[str], *, seed: int
) -> Classifier:
    """Return a copy of a classifier with some of its parameters drawn by chance.

    Normal numbers of each parameter's own mean and standard deviation, so that activations stay
    in their range and what layers know of it, such as the statistics of norms, still fits; a
    parameter of one number stays. Draws are keyed by the parameter's name: networks of one
    architecture get the same ones.

    Args:
        classifier: Any classifier; left as it was.
        parameters: Names, as in `named_parameters`.
        seed: Of the draws. At least 0.

    Raises:
        ModelError: If there is no such parameter.

    Source:
        Adebayo et al., 2018, https://arxiv.org/abs/1810.03292, section 3.
        Differs: of each parameter's own mean and deviation, where the source initialises anew as
        before training; keyed.
    """
    network = copy.deepcopy(classifier.network)
    own = dict(network.named_parameters())
    for name in parameters:
        if name not in own:
            raise ModelError(
                f"`parameters` must name parameters of {classifier.name}, got {name!r}. Take names "
                "from `parameter_layers`."
            )
        own[name].copy_(_drawn(own[name], seed, name))
    return Classifier(
        network,
        class_names=classifier.class_names,
        specification=classifier.specification,
        name=classifier.name,
    )


def _drawn(like: Tensor, seed: int, name: str) -> Tensor:
    """Return normal numbers with the mean and the standard deviation of a parameter."""
    values = like.double()
    generator = keyed_generator(seed, "random-weights", name)
    numbers = torch.from_numpy(generator.standard_normal(tuple(like.shape), dtype=np.float64))
    return values.mean() + values.std(correction=0) * numbers.to(values.device)
