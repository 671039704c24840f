"""Opens models of timm: their weights, their class names and how timm prepares their images."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from math import floor
from typing import Any

from torch import nn

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.imagenet_classes import imagenet_names
from cuelens.networks.input_specification import InputSpecification
from cuelens.sources.architectures import Architecture, unweighted
from cuelens.sources.libraries import imported, library_name
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened

__all__ = ["open_timm", "timm_architecture"]

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


def open_timm(name: str, stated: Stated) -> OpenedModel:
    """Return a model of timm with the weights that timm has for it.

    Args:
        name: As timm has it, such as "resnet18" or "resnet18.a1_in1k".
        stated: What takes the place of what timm says.

    Raises:
        ModelError: If timm is not installed, or the weights cannot be had.
        ConfigError: If there is no such model, or what is stated does not fit.
    """
    timm = imported("timm", extra="timm")
    _require_known(timm, name)
    if not timm.models.is_model_pretrained(name):
        raise ModelError(
            f"Expected weights that timm has for {name}, got none: it is not trained. Give a file "
            f"of weights with `--arch timm:{name}`."
        )
    try:
        network = timm.create_model(name, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"Expected the weights of timm:{name}, got an error: {_first_line(error)}. Connect to "
            f"the network once, or give a file of weights with `--arch timm:{name}`."
        ) from error
    specification, notes = _specification(timm.data.resolve_model_data_config(network))
    names, classes = _class_names(timm, network)
    return opened(
        network,
        Provenance(
            address=f"timm:{name}",
            library=library_name("timm"),
            architecture=str(network.pretrained_cfg.get("architecture", name)),
            weights=_weights(network.pretrained_cfg),
            classes=classes,
            preprocessing="timm's settings of these weights",
            notes=notes,
        ),
        name=name,
        specification=specification,
        class_names=names,
        stated=stated,
        numbered_by_us=classes == "numbered",
    )


def timm_architecture(name: str) -> Architecture:
    """Return a network of timm without weights, with how timm prepares its images.

    Raises:
        ModelError: If timm is not installed.
        ConfigError: If it has no such model.
    """
    timm = imported("timm", extra="timm")
    _require_known(timm, name)

    def build(classes: int) -> nn.Module:
        network: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
        return network

    sample = unweighted(partial(build), 2)
    specification, _ = _specification(timm.data.resolve_model_data_config(sample))
    return Architecture(
        build=build,
        specification=specification,
        preprocessing="timm's settings of its own weights for this network",
        library=library_name("timm"),
    )


def _require_known(timm: Any, name: str) -> None:
    if timm.is_model(name):
        return
    near = get_close_matches(name, timm.list_models(), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ConfigError(f"`timm:` must be followed by a model of timm, got {name!r}.{hint}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _specification(
    config: Mapping[str, Any],
) -> tuple[InputSpecification, tuple[str, ...]]:
    """Return how timm prepares images, from its resolved settings, and what differs here."""
    notes = []
    _, height, width = config["input_size"]
    interpolation = config["interpolation"]
    if interpolation not in _INTERPOLATIONS:
        notes.append(f"timm resizes its images by {interpolation!r}; here it is bilinear.")
        interpolation = "bilinear"
    mode = config.get("crop_mode", "center")
    if mode == "border":
        notes.append("timm puts a border around its images; here their centre is cropped instead.")
    return InputSpecification(
        height=height,
        width=width,
        mean=tuple(config["mean"]),
        deviation=tuple(config["std"]),
        crop=height / floor(height / config["crop_pct"]),
        interpolation=interpolation,
        fit="stretch" if mode == "squash" else "square",
    ), tuple(notes)


def _class_names(timm: Any, network: Any) -> tuple[tuple[str, ...], str]:
    """Return the classes' names and where they come from."""
    count, config = network.num_classes, network.pretrained_cfg
    named = config.get("label_names")
    if named and len(named) == count:
        words = config.get("label_descriptions") or {}
        return tuple(str(words.get(name, name)) for name in named), "the settings of these weights"
    if imagenet_names() and count == len(imagenet_names()):
        return imagenet_names(), "ImageNet's, as there are 1,000"
    subset = timm.data.infer_imagenet_subset(network)
    if subset is not None:
        return tuple(timm.data.ImageNetInfo(subset).label_descriptions()), f"timm's list {subset}"
    return numbered(count), "numbered"


def _weights(config: Mapping[str, Any]) -> str:
    place = config.get("hf_hub_id") or config.get("url") or config.get("file") or "timm"
    tag = config.get("tag")
    return f"{place}, tag {tag}" if tag else str(place)
