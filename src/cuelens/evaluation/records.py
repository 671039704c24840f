"""The store of records: parts that are whole or absent, never computed twice.

It knows folders, keys and damage; it does not know what a row means or how it was made.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from torch import Tensor

from cuelens.errors import RecordError
from cuelens.evaluation.parts import (
    frame_bytes,
    load_frame,
    load_tensors,
    part_notes,
    tensor_bytes,
)
from cuelens.evaluation.tables import SCHEMAS, empty
from cuelens.evaluation.verified import Verified, digest_of_bytes
from cuelens.files import remove_stale, write_atomically
from cuelens.leases import Leases

__all__ = ["Damage", "RecordStore"]


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
    """Tables as Parquet parts named KEY.parquet, tensors as parts named KEY.safetensors.

    Every part is written to a temporary name and renamed, and carries a digest of its content:
    kill the process at any moment, and what is there is whole. A part whose digest was right once
    is not read again to be believed as long as its size and its time of change stay; who shows
    numbers doubts that too, and compares its bytes. Processes that share a store compute each part
    under a lease, so that no two write one part.

    Attributes:
        folder: Each table has a folder in it.
        leases: Shared by all who compute parts of this store.
        doubting: Whether a part is believed for its bytes alone.
    """

    def __init__(
        self, folder: Path, *, leases: Leases | None = None, doubting: bool = False
    ) -> None:
        """Open a store and clear away what the dead left; folders are made with their first part.

        Args:
            folder: See the class.
            leases: See the class; None: in a hidden folder of the store.
            doubting: See the class.
        """
        self.folder = folder
        self.doubting = doubting
        self.leases = Leases(folder / ".leases") if leases is None else leases
        self._whole: set[Path] = set()
        self._damaged: dict[Path, Damage] = {}
        self._verified = Verified(folder)
        self._missed: dict[Path, float] = {}
        self._last = time.monotonic()
        remove_stale(folder)
        if leases is None:
            self.leases.sweep()

    def path(self, table: str, key: str) -> Path:
        """Return where a part lies, or would lie."""
        kind = "parquet" if table in SCHEMAS else "safetensors"
        return self.folder / table / f"{key}.{kind}"

    def keys(self, table: str) -> tuple[str, ...]:
        """Return the key of every part of a table that is there, whole or not, sorted."""
        suffix = self.path(table, "any").suffix
        return tuple(sorted(file.stem for file in (self.folder / table).glob(f"[!.]*{suffix}")))

    def has(self, table: str, key: str) -> bool:
        """Return whether a part is there and whole; a damaged one is named in `damaged()`."""
        path = self.path(table, key)
        if path not in self._whole and path.is_file():
            stamp = self._verified.stamp(path)
            known = self._verified.holds(path, stamp)
            if known and (not self.doubting or self._verified.unaltered(path)):
                self._whole.add(path)
            else:
                self._load(path, table)
        if path not in self._whole:
            self._missed[path] = time.monotonic()
        return path in self._whole

    def check(self, table: str, key: str) -> bool:
        """Return whether a part that is there has its digest, whatever was found before."""
        path = self.path(table, key)
        self._whole.discard(path)
        self._load(path, table)
        return path in self._whole

    def _load(self, path: Path, table: str) -> None:
        """Read a part and note whether it is whole."""
        stamp = self._verified.stamp(path)
        try:
            _ = load_frame(path, table) if table in SCHEMAS else load_tensors(path)
        except RecordError as error:
            self._damaged[path] = Damage(path=path, reason=str(error))
            self._verified.forget(path)
            self._verified.save()  # the next run is not to believe it either
        else:
            self._note(path, stamp, path.read_bytes())

    def _note(self, path: Path, stamp: tuple[int, int], content: bytes) -> None:
        self._whole.add(path)
        self._verified.add(path, stamp, digest_of_bytes(content))

    def remember(self) -> None:
        """Write down which parts were found whole, for the next process."""
        self._verified.save()

    def damaged(self) -> tuple[Damage, ...]:
        """Return every damaged part met since the store was opened, even if computed anew."""
        return tuple(self._damaged.values())

    def write(
        self, table: str, key: str, frame: pl.DataFrame, *, notes: Mapping[str, str] | None = None
    ) -> None:
        """Write a part, whole or not at all; nothing where the lease of the work was lost.

        Args:
            table: A name of `SCHEMAS`.
            key: From `key_of`.
            frame: At least one row, exactly the table's columns and types.
            notes: How it was made (threads, versions); for people, not part of the key. `seconds`
                joins them: since the part was missed, or another one was written after that.

        Raises:
            RecordError: If the frame has no rows or another schema.
            StorageError: If the disk is full or cannot be written.
        """
        schema = SCHEMAS[table]
        if frame.schema != schema or frame.is_empty():
            raise RecordError(
                f"A part of `{table}` must have rows with the columns {', '.join(schema)}, got "
                f"{frame.height} rows with {', '.join(frame.columns)}. Build it with `table_of`."
            )
        path = self.path(table, key)
        self._write(path, frame_bytes(frame, self._timed(path, notes)))

    def read(
        self,
        table: str,
        keys: Sequence[str] | None = None,
        *,
        columns: Sequence[str | pl.Expr] | None = None,
    ) -> pl.DataFrame:
        """Return the rows of a table, typed even where there are none.

        Args:
            table: A name of `SCHEMAS`.
            keys: Which parts, in this order. None: every whole part, in the order of the keys;
                damaged ones are named in `damaged()`.
            columns: Which columns, or what is made of them, part by part. None: all.

        Raises:
            RecordError: If a part of `keys` is missing or damaged.
        """
        wanted = SCHEMAS[table].names() if columns is None else list(columns)
        frames = [empty(table).select(wanted)]
        for key in self.keys(table) if keys is None else keys:
            if self.has(table, key):
                frames.append(pl.scan_parquet(self.path(table, key)).select(wanted).collect())
            elif keys is not None:
                raise self._absent(self.path(table, key))
        return pl.concat(frames)

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
            notes: As of `write`.

        Raises:
            StorageError: If the disk is full or cannot be written.
        """
        path = self.path(table, key)
        self._write(path, tensor_bytes(tensors, description, self._timed(path, notes)))

    def _timed(self, path: Path, notes: Mapping[str, str] | None) -> dict[str, str]:
        seconds = time.monotonic() - max(self._last, self._missed.get(path, self._last))
        return {**(notes or {}), "seconds": f"{seconds:.3f}"}

    def _write(self, path: Path, content: bytes) -> None:
        """Write a part, unless its lease was lost: then it is another process's to write."""
        if not self.leases.lost():
            write_atomically(path, content)
            self._note(path, self._verified.stamp(path), content)
        self._last = time.monotonic()

    def notes(self, table: str, key: str) -> dict[str, str]:
        """Return how a part was made.

        Raises:
            RecordError: If the part is missing or damaged.
        """
        if not self.has(table, key):
            raise self._absent(self.path(table, key))
        return part_notes(self.path(table, key))

    def _absent(self, path: Path) -> RecordError:
        damage = self._damaged.get(path)
        got = damage.reason if damage else f"Expected a part of the records at `{path}`, got none."
        return RecordError(f"{got} Run the same command again to compute it.")
