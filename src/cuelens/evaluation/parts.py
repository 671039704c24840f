"""The two kinds of files that records lie in, each with a digest of its content.

It knows how to make the bytes of a part and how to tell a whole part from a torn or altered one;
it does not know where parts lie.
"""

import io
import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from cuelens.errors import RecordError
from cuelens.evaluation.tables import SCHEMAS

__all__ = ["frame_bytes", "load_frame", "load_tensors", "part_notes", "tensor_bytes"]

_MARK = "cuelens"
"""Key of a part's own metadata entry: its digest and its notes, as JSON."""
_DESCRIPTION = "description"


def frame_bytes(frame: pl.DataFrame, notes: Mapping[str, str]) -> bytes:
    """Return a Parquet file of the frame, with its digest and the notes inside."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, metadata={_MARK: _mark(_digest_of_frame(frame), notes)})
    return buffer.getvalue()


def load_frame(path: Path, table: str) -> pl.DataFrame:
    """Return the rows of a Parquet part.

    Args:
        path: A file that exists.
        table: A name of `SCHEMAS`.

    Raises:
        RecordError: If the part is torn or altered; the message says how.
    """
    try:
        frame = pl.read_parquet(path)
        mark = json.loads(pl.read_parquet_metadata(path).get(_MARK, "{}"))
    except (PolarsError, OSError, ValueError) as error:
        raise _torn(path, error) from error
    if frame.schema != SCHEMAS[table]:
        raise RecordError(
            f"`{path}` must have the columns of `{table}`, got {', '.join(frame.columns)}."
        )
    _require_digest(path, mark.get("digest"), _digest_of_frame(frame))
    return frame


def tensor_bytes(
    tensors: Mapping[str, Tensor], description: Mapping[str, object], notes: Mapping[str, str]
) -> bytes:
    """Return a safetensors file of the tensors, with description, digest and notes inside."""
    dense = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(description)
    mark = _mark(_digest_of_tensors(dense, text), notes)
    return save(dense, metadata={_DESCRIPTION: text, _MARK: mark})


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors of a safetensors part, and their description.

    Args:
        path: A file that exists.

    Raises:
        RecordError: If the part is torn or altered; the message says how.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = metadata.get(_DESCRIPTION, "")
        mark = json.loads(metadata.get(_MARK, "{}"))
        _require_digest(path, mark.get("digest"), _digest_of_tensors(tensors, text))
        description: dict[str, Any] = json.loads(text)
    except RecordError:
        raise
    except (SafetensorError, OSError, ValueError) as error:
        raise _torn(path, error) from error
    return tensors, description


def part_notes(path: Path) -> dict[str, str]:
    """Return how a whole part of either kind was made."""
    if path.suffix == ".parquet":
        mark = pl.read_parquet_metadata(path)[_MARK]
    else:
        with safe_open(path, framework="pt") as file:
            mark = file.metadata()[_MARK]
    notes: dict[str, str] = json.loads(mark)["notes"]
    return notes


def _mark(digest: str, notes: Mapping[str, str]) -> str:
    return json.dumps({"digest": digest, "notes": dict(notes)}, sort_keys=True)


def _torn(path: Path, error: Exception) -> RecordError:
    return RecordError(f"`{path}` must be a whole part of the records, got a torn file: {error}.")


def _require_digest(path: Path, expected: object, got: str) -> None:
    if expected != got:
        raise RecordError(
            f"`{path}` must have the content that was written, digest {expected}, got {got}: it "
            "was altered since."
        )


def _digest_of_frame(frame: pl.DataFrame) -> str:
    """Return a digest of every value, the same for every version of the library."""
    digest = blake2b(digest_size=16)
    for series in frame:
        digest.update(f"{series.name}\x1e{series.dtype}\x1e{len(series)}\x1e".encode())
        digest.update(np.packbits(series.is_null().to_numpy()).tobytes())
        values = series.drop_nulls()
        if isinstance(values.dtype, pl.List):
            digest.update(values.list.len().to_numpy().tobytes())
            values = values.explode(empty_as_null=False)
        if values.dtype == pl.String:
            digest.update("\x1f".join(values).encode())
        else:
            digest.update(np.ascontiguousarray(values.to_numpy()).tobytes())
    return digest.hexdigest()


def _digest_of_tensors(tensors: Mapping[str, Tensor], description: str) -> str:
    """Return a digest of every value and of the description."""
    digest = blake2b(description.encode(), digest_size=16)
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}\x1e{tensor.dtype}\x1e{tuple(tensor.shape)}\x1e".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
