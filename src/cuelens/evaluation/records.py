"""The store of records: parts that are whole or absent, never computed twice.

It knows files, schemas and digests; it does not know what a row means or how it was made.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import polars as pl
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from cuelens.errors import RecordError
from cuelens.evaluation.tables import SCHEMA_VERSION, SCHEMAS, empty
from cuelens.files import remove_stale, write_atomically

__all__ = ["Damage", "RecordStore"]

_MARK = "cuelens"
"""Key of the one metadata entry of every part: its version, digest and notes, as JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """A part that is torn or altered; it counts as absent and is computed anew.

    Attributes:
        path: The file.
        reason: What is wrong with it, a sentence.
    """

    path: Path
    reason: str


class RecordStore:
    """Tables as Parquet parts named KEY.parquet, strips of pictures as KEY.safetensors.

    Every part is written to a temporary name and renamed, and carries a digest of its content.
    Kill the process at any moment: what is there is whole.

    Attributes:
        folder: One folder for each table lies in it.
    """

    def __init__(self, folder: Path) -> None:
        """Open a store; the folder is made with the first part. Stale temporaries go."""
        self.folder = folder
        self._whole: set[Path] = set()
        self._damaged: dict[Path, Damage] = {}
        remove_stale(folder)

    def path(self, table: str, key: str) -> Path:
        """Return where a part lies, or would lie."""
        kind = "parquet" if table in SCHEMAS else "safetensors"
        return self.folder / table / f"{key}.{kind}"

    def keys(self, table: str) -> tuple[str, ...]:
        """Return the key of every part of a table that is there, whole or not, in order."""
        return tuple(sorted(file.stem for file in (self.folder / table).glob("[!.]*")))

    def has(self, table: str, key: str) -> bool:
        """Return whether a part is there and whole; a damaged one is named in `damaged()`."""
        path = self.path(table, key)
        if path not in self._whole and path.exists():
            if table in SCHEMAS:
                self._load(table, key)
            else:
                self.read_tensors(table, key)
        return path in self._whole

    def damaged(self) -> tuple[Damage, ...]:
        """Return every damaged part met since the store was opened, recomputed or not."""
        return tuple(self._damaged.values())

    def write(
        self, table: str, key: str, frame: pl.DataFrame, *, notes: Mapping[str, str] | None = None
    ) -> None:
        """Write a part, whole or not at all.

        Args:
            table: A name of `SCHEMAS`.
            key: From `key_of`.
            frame: At least one row, exactly the table's columns and types.
            notes: How it was made (threads, versions), for people; not part of the key.

        Raises:
            RecordError: If the frame has no rows or another schema.
            StorageError: If the disk is full or cannot be written.
        """
        if frame.schema != SCHEMAS[table] or frame.is_empty():
            raise RecordError(
                f"A part of `{table}` must have rows of the columns {dict(SCHEMAS[table])}, got "
                f"{frame.height} rows of {dict(frame.schema)}. Build it with `with_constants`."
            )
        buffer = io.BytesIO()
        frame.write_parquet(buffer, metadata={_MARK: _mark(_digest(frame), notes)})
        path = self.path(table, key)
        write_atomically(path, buffer.getvalue())
        self._whole.add(path)

    def read(
        self,
        table: str,
        keys: Sequence[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return the rows of a table, typed even where there are none.

        Args:
            table: A name of `SCHEMAS`.
            keys: Which parts, in this order. None: every whole part, ordered by key.
            columns: Which columns. None: all.

        Raises:
            RecordError: If a part of `keys` is missing or damaged.
        """
        names = list(columns) if columns is not None else SCHEMAS[table].names()
        frames = [empty(table).select(names)]
        for key in self.keys(table) if keys is None else keys:
            path = self.path(table, key)
            frame: pl.DataFrame | None
            if path in self._whole:
                frame = pl.read_parquet(path, columns=names)
            else:
                frame = self._load(table, key) if path.exists() else None
            if frame is not None:
                frames.append(frame.select(names))
            elif keys is not None:
                found = self._damaged[path].reason if path.exists() else "It is not there."
                raise RecordError(
                    f"`{path}` must be a whole part of the records. {found} "
                    "Run the same command again to compute it."
                )
        return pl.concat(frames)

    def notes(self, table: str, key: str) -> dict[str, str]:
        """Return how a part was made; empty if it is absent or damaged."""
        if not self.has(table, key):
            return {}
        path = self.path(table, key)
        if table in SCHEMAS:
            mark = pl.read_parquet_metadata(path)[_MARK]
        else:
            with safe_open(path, framework="pt") as file:
                mark = file.metadata()[_MARK]
        notes: dict[str, str] = json.loads(mark)["notes"]
        return notes

    def write_tensors(
        self,
        table: str,
        key: str,
        tensors: Mapping[str, Tensor],
        description: Mapping[str, object],
        *,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Write named tensors and a description that JSON can hold, whole or not at all.

        Args:
            table: The folder's name, such as "strips"; none of `SCHEMAS`.
            key: From `key_of`.
            tensors: Any shapes and types.
            description: Names, ids, labels.
            notes: How it was made, for people; not part of the key.

        Raises:
            StorageError: If the disk is full or cannot be written.
        """
        text = json.dumps(description)
        dense = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        mark = _mark(_digest_tensors(dense, text), notes)
        path = self.path(table, key)
        write_atomically(path, save(dense, metadata={"description": text, _MARK: mark}))
        self._whole.add(path)

    def read_tensors(self, table: str, key: str) -> tuple[dict[str, Tensor], dict[str, object]] | None:
        """Return the tensors and their description; None if the part is absent or damaged."""
        path = self.path(table, key)
        if not path.exists():
            return None
        try:
            return read_tensors(path)
        except RecordError as error:
            self._damaged[path] = Damage(path=path, reason=str(error))
            return None
