"""Turns the address of a model into a classifier: one function for every source.

It knows which source an address names; each source is in a file of its own, imported when used.
"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cuelens.errors import ConfigError, ModelError
from cuelens.sources.class_lists import read_class_list
from cuelens.sources.opened import OpenedModel, Stated
from cuelens.sources.preprocessing import Preprocessing
from cuelens.sources.zoo import is_zoo_name, model_path
from cuelens.yaml_file import read_yaml

__all__ = ["SCHEMES", "address_name", "is_address", "open_model", "stated_in"]

SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "cuelens": "a network that comes with cuelens, such as cuelens://cifar10/pgd-linf-8/0",
        "timm": "a model of timm by its name, such as timm:resnet18",
        "torchvision": "a model of torchvision by its name, such as torchvision:resnet50",
        "hf": "a repository of the Hugging Face hub or a folder, such as hf:microsoft/resnet-18",
        "package": "weights of an installed package: package:efficientnet-lite0",
        "onnx": "an ONNX file, such as onnx:model.onnx",
        "torchscript": "a file of torch.jit.save, such as torchscript:model.pt",
        "pt2": "a file of torch.export.save, such as pt2:model.pt2",
        "checkpoint": "a file of weights, such as checkpoint:model.pth",
    }
)
"""What may stand before the colon of an address, in words."""

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        ".safetensors": "safetensors",
        ".yaml": "described",
        ".yml": "described",
        ".onnx": "onnx",
        ".pt2": "pt2",
        ".torchscript": "torchscript",
        **dict.fromkeys((".pth", ".pt", ".th", ".ckpt", ".bin", ".model", ".tar"), "checkpoint"),
    }
)
"""Kinds of files, by how their names end."""

_FIELDS = ("model", "arch", "classes", "preprocessing", "prompts", "name")


def is_address(text: str | Path) -> bool:
    """Return whether a text names a model and no image, by how it is written or what is there."""
    scheme, colon, _ = str(text).partition(":")
    if colon and scheme in SCHEMES:
        return True
    return Path(text).suffix.lower() in _ENDINGS or _is_transformers_folder(Path(text))


def address_name(address: str | Path) -> str:
    """Return what a model is called in tables: the last part of its address, without its ending.

    "timm:resnet18" is called resnet18, "models/robust.safetensors" robust, and
    "cuelens://cifar10/pgd-linf-8/0" pgd-linf-8-0.
    """
    scheme, colon, rest = str(address).partition(":")
    if is_zoo_name(address):
        return "-".join(rest.strip("/").split("/")[1:])
    if colon and scheme in ("timm", "torchvision", "hf", "package"):
        return rest.rstrip("/").rpartition("/")[2]
    path = Path(rest if colon and scheme in SCHEMES else str(address))
    return path.stem if path.suffix.lower() in _ENDINGS else path.name


def open_model(
    address: str | Path, *, stated: Stated | None = None, gradients: bool = True
) -> OpenedModel:
    """Return the model at an address, ready to be evaluated, attacked and explained.

    Args:
        address: "cuelens://STUDY/RECIPE/SEED", "timm:NAME", "torchvision:NAME", "hf:REPOSITORY",
            "package:NAME", "onnx:FILE", "torchscript:FILE", "pt2:FILE", "checkpoint:FILE"; or a
            path alone: a model file of cuelens, a folder of transformers, a file of one of these
            kinds (by its ending), or a YAML file that describes a model (fields model, arch,
            classes, preprocessing, prompts, name).
        stated: What the source does not say, or says otherwise.
        gradients: Whether gradients will be asked for. They need an ONNX file to be converted;
            without them it is run by onnxruntime alone.

    Raises:
        ConfigError: If the address is of no known kind, or what is stated does not fit.
        ModelError: If nothing is there, it cannot be read, would run code, or is no classifier.
    """
    stated = stated or Stated()
    scheme, rest = _parts(str(address))
    path = Path(rest)
    match scheme:
        case "described":
            return _described(path, stated, gradients=gradients)
        case "safetensors":
            from cuelens.sources.safetensors_file import open_safetensors

            return open_safetensors(path, stated)
        case "cuelens":
            from cuelens.sources.safetensors_file import open_model_file

            return open_model_file(model_path(address), stated)
        case "checkpoint":
            from cuelens.sources.checkpoints import open_checkpoint

            return open_checkpoint(path, stated)
        case "package":
            from cuelens.sources.packages import open_package

            return open_package(rest, stated)
        case "timm":
            from cuelens.sources.timm_models import open_timm

            return open_timm(rest, stated)
        case "torchvision":
            from cuelens.sources.torchvision_models import open_torchvision

            return open_torchvision(rest, stated)
        case "hf":
            from cuelens.sources.transformers_models import open_transformers

            return open_transformers(rest, stated)
        case "onnx":
            from cuelens.sources.onnx_models import open_onnx

            return open_onnx(path, stated, gradients=gradients)
        case "torchscript":
            from cuelens.sources.programs import open_torchscript

            return open_torchscript(path, stated)
        case "pt2":
            from cuelens.sources.programs import open_exported

            return open_exported(path, stated)
        case _:
            raise _unknown(str(address))


def _parts(address: str) -> tuple[str, str]:
    """Return the kind of source, and what names the model there."""
    scheme, colon, rest = address.partition(":")
    if colon and scheme in SCHEMES:
        return scheme, rest
    path = Path(address)
    if _is_transformers_folder(path):
        return "hf", address
    kind = _ENDINGS.get(path.suffix.lower())
    if kind is not None:
        return kind, address
    if path.is_file():
        return "checkpoint", address
    raise _unknown(address)


def _is_transformers_folder(path: Path) -> bool:
    return (path / "config.json").is_file()


def _unknown(address: str) -> ConfigError:
    scheme, colon, rest = address.partition(":")
    near = get_close_matches(scheme, SCHEMES, n=1) if colon else []
    hint = f" Did you mean {near[0]}:{rest}?" if near else ""
    known = "; ".join(SCHEMES.values())
    return ConfigError(
        f"Expected a model, got {address!r}, which is no file and no address.{hint} Give a model "
        f"file, or {known}."
    )


def _described(path: Path, stated: Stated, *, gradients: bool) -> OpenedModel:
    """Return the model that a YAML file describes; what is stated besides goes before."""
    if not path.is_file():
        raise ModelError(f"Expected a file that describes a model at {path}, got nothing there.")
    fields = read_yaml(path)
    if not isinstance(fields, dict) or "model" not in fields:
        raise ConfigError(
            f"Expected the field `model`, an address, in {path}, got "
            f"{', '.join(map(str, fields)) if isinstance(fields, dict) else 'none'}. Write such as "
            "`model: weights.pth` and `arch: cifar-resnet20` on two lines."
        )
    for name in fields:
        if name not in _FIELDS:
            near = get_close_matches(str(name), _FIELDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise ConfigError(
                f"The fields of {path} must be some of {', '.join(_FIELDS)}, got {name!r}.{hint}"
            )
    address = _beside(path, str(fields["model"]))
    over = _over(stated, stated_in(fields, folder=path.parent))
    found = open_model(address, stated=over, gradients=gradients)
    found.classifier.name = str(fields.get("name", path.stem))
    return OpenedModel(
        classifier=found.classifier,
        provenance=replace(found.provenance, address=f"{path} ({address})"),
    )


def _beside(path: Path, address: str) -> str:
    """Return an address whose file is found from the folder of the file that names it."""
    scheme, colon, rest = address.partition(":")
    if not (colon and scheme in SCHEMES):
        return str(path.parent / address)
    if scheme in ("timm", "torchvision", "package") or not (path.parent / rest).exists():
        return address
    return f"{scheme}:{path.parent / rest}"


def stated_in(fields: Mapping[str, Any], *, folder: Path) -> Stated:
    """Return what a file states of a model: its fields arch, classes, preprocessing, prompts.

    Args:
        fields: As they are written; those that are missing state nothing.
        folder: From which files that they name are found.

    Raises:
        ConfigError: If one of them cannot be read.
    """
    classes, written = fields.get("classes"), fields.get("preprocessing")
    if isinstance(classes, str):
        classes = read_class_list(classes, folder=folder)
    if isinstance(written, str):
        beside = folder / written
        written = Preprocessing.read(beside if beside.is_file() else written)
    elif written is not None:
        written = Preprocessing.of(written)
    prompts = fields.get("prompts") or ()
    return Stated(
        architecture=fields.get("arch"),
        class_names=tuple(map(str, classes)) if classes else None,
        preprocessing=written or Preprocessing(),
        prompts=(prompts,) if isinstance(prompts, str) else tuple(prompts),
    )


def _over(stated: Stated, said: Stated) -> Stated:
    """Return what a person states, and what a file does where they do not."""
    return Stated(
        architecture=stated.architecture or said.architecture,
        class_names=stated.class_names or said.class_names,
        preprocessing=stated.preprocessing or said.preprocessing,
        prompts=stated.prompts or said.prompts,
    )
