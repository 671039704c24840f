"""Opens models of torchvision: weights, class names, and how images are prepared."""

from difflib import get_close_matches
from typing import Any

from torch import nn

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.input_specification import InputSpecification
from cuelens.sources.architectures import Architecture
from cuelens.sources.libraries import imported, library_name
from cuelens.sources.opened import OpenedModel, Provenance, Stated, opened

__all__ = ["open_torchvision", "torchvision_architecture"]


def open_torchvision(name: str, stated: Stated) -> OpenedModel:
    """Return a classifier of torchvision with its weights.

    Args:
        name: As torchvision has it, such as "resnet50", which takes the weights that torchvision
            takes for the best, or with weights, such as "resnet50.IMAGENET1K_V1".
        stated: What takes the place of what torchvision says.

    Raises:
        ModelError: If torchvision is not installed, does not fit torch, or the weights cannot be
            had.
        ConfigError: If there is no such model, or what is stated does not fit.
    """
    models = imported("torchvision.models", extra="torchvision")
    model, _, tag = name.partition(".")
    known = _weights(models, model)
    weights = known.DEFAULT
    if tag:
        if tag not in known.__members__:
            raise ConfigError(
                f"The weights of torchvision:{model} must be one of "
                f"{', '.join(one.name for one in known)}, got {tag!r}."
            )
        weights = known[tag]
    try:
        network = models.get_model(model, weights=weights)
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"Expected the weights of torchvision:{name}, got an error: {error}. Connect to the "
            f"network once, or give a file of weights with `--arch torchvision:{model}`."
        ) from error
    return opened(
        network,
        Provenance(
            address=f"torchvision:{name}",
            library=library_name("torchvision"),
            architecture=model,
            weights=str(weights),
            classes="the settings of these weights",
            preprocessing="the settings of these weights",
        ),
        name=name,
        specification=_specification(weights.transforms()),
        class_names=tuple(weights.meta["categories"]),
        stated=stated,
    )


def torchvision_architecture(name: str) -> Architecture:
    """Return a network of torchvision without weights, with how its images are prepared.

    Raises:
        ModelError: If torchvision is not installed or does not fit torch.
        ConfigError: If it has no such model.
    """
    models = imported("torchvision.models", extra="torchvision")
    known = _weights(models, name)

    def build(classes: int) -> nn.Module:
        settings = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        network: nn.Module = models.get_model(name, weights=None, num_classes=classes, **settings)
        return network

    return Architecture(
        build=build,
        specification=_specification(known.DEFAULT.transforms()),
        preprocessing="torchvision's settings of its own weights for this network",
        library=library_name("torchvision"),
    )


def _weights(models: Any, name: str) -> Any:
    """Return the weights of a classifier by their names."""
    classifiers = models.list_models(module=models)
    if name not in classifiers:
        near = get_close_matches(name, classifiers, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ConfigError(
            f"`torchvision:` must be followed by a classifier of torchvision, got {name!r}.{hint}"
        )
    return models.get_model_weights(name)


def _specification(transforms: Any) -> InputSpecification:
    (size,), (resize,) = transforms.crop_size, transforms.resize_size
    return InputSpecification(
        height=size,
        width=size,
        mean=tuple(transforms.mean),
        deviation=tuple(transforms.std),
        crop=size / resize,
        interpolation=transforms.interpolation.value,
        fit="square",
    )
