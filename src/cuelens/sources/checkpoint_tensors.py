"""The tensors of a checkpoint of any kind, read without running code.

It knows files; it does not know networks.
"""

import pickle
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cuelens.errors import ModelError

__all__ = ["read_metadata", "read_tensors"]

_WITHIN = ("state_dict", "model_state_dict", "model", "network", "net", "weights", "params")
"""Under which of these names checkpoints keep the weights, beside an optimiser's and others."""

_TORN = (
    RuntimeError, EOFError, ValueError, LookupError, OSError, TypeError, AttributeError,
    AssertionError, struct.error,
)  # fmt: skip
"""What torch raises on files that end early or were altered."""

_HOW = (
    "Save the weights alone: torch.save(network.state_dict(), PATH), or save_file of safetensors."
)
_AGAIN = "Copy it again, or save it again."


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by their names.

    Args:
        path: Of safetensors or torch.save, whatever it is called. A dictionary around the weights
            is taken off.

    Raises:
        ModelError: If nothing is there, it is torn or no checkpoint, or holds more than tensors,
            which is not loaded: it might run code.
    """
    start = _beginning(path)
    if start[8:9] == b"{":
        return _safetensors(path)[0]
    if start[:2] == b"PK":
        _refuse_programs(path)
    elif not re.match(rb"\x80[\x02-\x05]", start):
        shown = " ".join(f"{byte:02x}" for byte in start[:8])
        raise ModelError(
            f"Expected a checkpoint at {path}, got a file of another kind: it begins with the "
            f"bytes {shown}. Give a file of safetensors or of torch.save."
        )
    return _weights(_unpickled(path), path)


def read_metadata(path: Path) -> Mapping[str, str]:
    """Return the texts of a safetensors file; {} of files of other kinds.

    Raises:
        ModelError: If nothing is there, or the file is torn.
    """
    return _safetensors(path, tensors=False)[1] if _beginning(path)[8:9] == b"{" else {}


def _beginning(path: Path) -> bytes:
    if not path.is_file():
        raise ModelError(
            f"Expected a file of weights at {path}, got nothing there. Check the path."
        )
    with path.open("rb") as file:
        start = file.read(9)
    if not start:
        raise ModelError(f"Expected a file of weights at {path}, got an empty file. {_AGAIN}")
    return start


def _safetensors(path: Path, *, tensors: bool = True) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: file.get_tensor(name) for name in (file.keys() if tensors else ())}
            return found, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"Expected a whole safetensors file at {path}, got one that cannot be read ({error}). "
            f"{_AGAIN}"
        ) from error


def _refuse_programs(path: Path) -> None:
    """Refuse a zip archive that is torn, or holds a program of torch instead of weights alone."""
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except BadZipFile as error:
        raise ModelError(
            f"Expected a whole checkpoint at {path}, got a torn one: its end is missing. {_AGAIN}"
        ) from error
    for mark, kind, address in (
        ("constants.pkl", "TorchScript, as torch.jit.save writes it", f"torchscript:{path}"),
        ("archive_format", "an exported program, as torch.export.save writes it", f"pt2:{path}"),
    ):
        if any(name.endswith(f"/{mark}") or name == mark for name in names):
            raise ModelError(f"Expected weights alone in {path}, got {kind}. Give `{address}`.")


def _unpickled(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        if asked is None:
            raise ModelError(
                f"Expected a checkpoint at {path}, got a file that cannot be read as one. {_AGAIN}"
            ) from error
        raise ModelError(
            f"Expected weights alone in {path}, got a pickle that asks for `{asked[1]}`, as whole "
            f"networks and malicious files do. It was not loaded, and nothing in it ran. {_HOW}"
        ) from error
    except _TORN as error:
        raise ModelError(
            f"Expected a whole checkpoint at {path}, got one that cannot be read "
            f"({_first_line(error)}). {_AGAIN}"
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _weights(loaded: Any, path: Path) -> dict[str, Tensor]:
    """Return the tensors within what was loaded: itself, or the part that holds the weights."""
    if isinstance(loaded, list | tuple) and len(loaded) == 1:
        loaded = loaded[0]
    if isinstance(loaded, Mapping):
        tensors = {name: value for name, value in loaded.items() if isinstance(value, Tensor)}
        if tensors and len(tensors) == len(loaded):
            return {str(name): value for name, value in tensors.items()}
        for name in _WITHIN:
            if isinstance(loaded.get(name), Mapping | list | tuple):
                return _weights(loaded[name], path)
        if tensors:
            return {str(name): value for name, value in tensors.items()}
    got = (
        f"a dictionary of {', '.join(map(str, list(loaded)[:8]))}"
        if isinstance(loaded, Mapping)
        else type(loaded).__name__
    )
    raise ModelError(f"Expected weights by their names in {path}, got {got}. {_HOW}")
