"""Opens programs of torch: TorchScript, and what torch.export.save wrote.

They hold a network's steps and weights, and nothing of classes or preprocessing. Pickles inside,
and compiled code, are refused; still, a program is one: give those of people whom you trust.
"""

import io
import json
import pickle
import warnings
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from cuelens.errors import ModelError
from cuelens.networks.input_specification import InputSpecification
from cuelens.sources.kept_precision import KeptPrecision
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened, outputs_of

__all__ = ["open_exported", "open_torchscript"]

_UNKNOWN = "not known: pixels in [0, 1] are given as they are"


def open_torchscript(path: Path, stated: Stated) -> OpenedModel:
    """Return the network of a file that torch.jit.save wrote.

    Raises:
        ModelError: If it cannot be read, or its images are of a size that must be stated.
        ConfigError: If what is stated does not fit.
    """
    _require_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # people have such files
            program = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"Expected TorchScript, as torch.jit.save writes it, at {path}, got a file that cannot "
            f"be read as such ({_first_line(error)}). Save it again."
        ) from error
    network = KeptPrecision(program.eval())
    specification = stated.preprocessing.over(InputSpecification())
    return _opened(network, path, specification, stated, kind="TorchScript", address="torchscript")


def open_exported(path: Path, stated: Stated) -> OpenedModel:
    """Return the network of a file that torch.export.save wrote; it was exported in eval mode.

    Raises:
        ModelError: If it cannot be read, or would run code when it is read.
        ConfigError: If what is stated does not fit.
    """
    _require_archive(path)
    _require_harmless(path)
    try:
        program = torch.export.load(path)
        module, shape = program.module(), _input_shape(program)
    except (RuntimeError, ValueError, KeyError, AssertionError, AttributeError) as error:
        raise ModelError(
            f"Expected a program, as torch.export.save writes it, at {path}, got a file that "
            f"cannot be read as such ({_first_line(error)}). Export it again."
        ) from error
    batch, channels, height, width = shape
    found = InputSpecification(
        height=height, width=width, mean=(0.0,) * channels, deviation=(1.0,) * channels
    )
    network = KeptPrecision(module, batch=batch)
    specification = stated.preprocessing.over(found)
    return _opened(network, path, specification, stated, kind="an exported program", address="pt2")


def _opened(
    network: KeptPrecision,
    path: Path,
    specification: InputSpecification,
    stated: Stated,
    *,
    kind: str,
    address: str,
) -> OpenedModel:
    count = outputs_of(network, specification, address=f"{address}:{path}")
    return opened(
        network,
        Provenance(
            address=f"{address}:{path}",
            library=f"torch {torch.__version__}",
            architecture=kind,
            weights=f"the file {path}",
            classes="numbered",
            preprocessing=_UNKNOWN,
            notes=("The program is run in float32, as it was written.",),
        ),
        name=path.stem,
        specification=specification,
        class_names=numbered(count),
        stated=stated,
        numbered_by_us=True,
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _require_archive(path: Path) -> None:
    """Refuse what is no zip archive, as both kinds are, before torch reads it."""
    if not path.is_file():
        raise ModelError(f"Expected a program at {path}, got nothing there. Check the path.")
    try:
        with ZipFile(path) as archive:
            archive.namelist()
    except BadZipFile as error:
        raise ModelError(
            f"Expected a program of torch at {path}, got a file that is torn or of another kind. "
            "Copy it again, or save it again."
        ) from error


def _require_harmless(path: Path) -> None:
    """Refuse an archive with parts that torch would unpickle or link into the process."""
    with ZipFile(path) as archive:
        for name in archive.namelist():
            inside = name.partition("/")[2]
            reason = _harm(archive, name, inside)
            if reason is not None:
                raise ModelError(
                    f"Expected a program of steps and plain tensors in {path}, got {reason} "
                    f"({inside or name}), which may run code; it was not loaded. Export the "
                    "network again with a torch of today, on the CPU."
                )


def _harm(archive: ZipFile, name: str, inside: str) -> str | None:
    """Return why a part of an archive may run code; None if it cannot."""
    if not inside or name.startswith("serialized_"):
        return "the format of older versions of torch"
    if inside.startswith("data/aotinductor/"):
        return "compiled code"
    if inside.startswith("data/sample_inputs/") and not _is_plain(archive.read(name)):
        return "a pickle of more than tensors"
    if inside.startswith(("data/weights/", "data/constants/")):
        if inside.endswith(".pt"):
            return "a pickle"
        if inside.endswith("_config.json"):
            return _harm_of_parts(json.loads(archive.read(name)))
        if inside.startswith(("data/constants/custom_obj", "data/constants/opaque")):
            return "a pickled object"
    return None


def _harm_of_parts(config: dict[str, Any]) -> str | None:
    parts = config.get("config", {}).values()
    return "a pickled tensor" if any(part.get("use_pickle") for part in parts) else None


def _is_plain(content: bytes) -> bool:
    """Return whether a part that torch.save wrote holds tensors and plain values alone."""
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        return not content
    return True


def _input_shape(program: Any) -> tuple[int | None, int, int | None, int | None]:
    """Return batch, channels, height and width of a program's images; None: any."""
    placed = [node for node in program.graph.nodes if node.op == "placeholder"]
    names = set(program.graph_signature.user_inputs)
    shapes = [node.meta["val"].shape for node in placed if node.name in names]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ValueError(f"its inputs have shapes {[tuple(shape) for shape in shapes]}")
    batch, channels, height, width = (side if isinstance(side, int) else None for side in shapes[0])
    if channels is None or (height is None) != (width is None):
        raise ValueError(f"its images have shape {tuple(shapes[0])}")
    return batch, channels, height, width
