"""The records of a run as a person asks for them: what is there, is it whole, give me these rows.

It knows where a run's records lie and which parts are the study's; what rows are is in
`evaluation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from cuelens.errors import ConfigError, MissingDataError, RecordError
from cuelens.evaluation import SCHEMAS, RecordStore
from cuelens.evaluation.exported import (
    TableSize,
    csv_of,
    export_schema,
    table_sizes,
    texts_of,
    write_parquet,
)
from cuelens.evaluation.row_filters import RowFilter, row_filter
from cuelens.files import replacing
from cuelens.study.run_folder.images_record import class_names_in
from cuelens.study.run_folder.run_folder import finished_parts

__all__ = ["RunRecords"]


@dataclass(frozen=True, kw_only=True)
class RunRecords:
    """The records of a run.

    Attributes:
        store: Where they lie.
        parts: Each table to the keys of its parts. Of a study that has come to its end, those
            that are the study's; else all that are there.
        classes: Each data set to the names of its classes; none where the run does not tell them.
    """

    store: RecordStore
    parts: Mapping[str, Sequence[str]]
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "RunRecords":
        """Open the records of a run.

        Args:
            folder: The `--out` folder of a study, an evaluation or an attack.

        Raises:
            MissingDataError: If there are no records in it.
        """
        place = folder / "records"
        if not place.is_dir():
            raise MissingDataError(
                f"Expected the folder of a run at {folder} (with `records` in it), got none. Give "
                "the `--out` folder of `cuelens study run`, `evaluate` or `attack`."
            )
        store = RecordStore(place, doubting=True)
        tables = sorted(one.name for one in place.iterdir() if one.is_dir())
        there = {table: store.keys(table) for table in tables}
        noted = finished_parts(folder) or {}
        parts = there | {table: keys for table, keys in noted.items() if table in there}
        return cls(store=store, parts=parts, classes=class_names_in(folder))

    def sizes(self) -> tuple[TableSize, ...]:
        """Return how much there is of each table."""
        return table_sizes(self.store, self.parts)

    def filters(self, table: str, where: Sequence[str]) -> list[RowFilter]:
        """Return the comparisons that texts name.

        Raises:
            ConfigError: If there is no such table, or a comparison is not to be understood.
        """
        schema = export_schema(table, option="--table", classes=self.classes)
        return [row_filter(text, schema, option="--where") for text in where]

    def without_rows(self, table: str, where: Sequence[str]) -> Iterator[str]:
        """Yield a sentence for each text asked for with == that no row has.

        Raises:
            ConfigError: As in `filters`.
        """
        schema = export_schema(table, option="--table", classes=self.classes)
        for text, one in zip(where, self.filters(table, where), strict=True):
            if one.comparison != "==" or schema[one.column] != pl.String():
                continue
            there = texts_of(self.store, table, self._keys(table), one.column, classes=self.classes)
            if one.value is not None and one.value not in there:
                near = get_close_matches(str(one.value), there, n=1, cutoff=0.4)
                hint = f" Did you mean {near[0]!r}?" if near else f" There are: {_some(there)}."
                yield f"No row of {table} has `{text}`.{hint}"

    def csv(self, table: str, where: Sequence[str] = ()) -> Iterator[str]:
        """Return rows as CSV, a part at a time; see `cuelens.evaluation.exported.csv_of`."""
        filters = self.filters(table, where)
        return csv_of(self.store, table, self._keys(table), filters, classes=self.classes)

    def write(self, out: Path, table: str, where: Sequence[str] = (), *, form: str) -> None:
        """Write rows into a file, whole or not at all.

        Args:
            out: The file.
            table: A name of `SCHEMAS`.
            where: Comparisons, all of which must hold.
            form: "csv" or "parquet".

        Raises:
            ConfigError: If `form` is another, or `table` or `where` is not to be understood.
            StorageError: If the disk is full or cannot be written.
        """
        if form not in ("csv", "parquet"):
            raise ConfigError(f"`--format` must be csv or parquet, got {form!r}.")
        filters = self.filters(table, where)
        if form == "parquet":
            keys = self._keys(table)
            write_parquet(self.store, table, keys, filters, out, classes=self.classes)
            return
        with replacing(out) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(self.csv(table, where))

    def require_whole(self, table: str) -> None:
        """Refuse to go on with a table of which a part is damaged or missing.

        Raises:
            RecordError: With the first such part.
        """
        for key in self.parts.get(table, ()):
            if not self.store.has(table, key):
                reason = next((one for one in self.lost() if key in one), "")
                raise RecordError(f"{reason} Run the command that made it again.")

    def check(self) -> int:
        """Read every part and compare its digest, whatever was found before.

        Returns:
            How many parts are whole; those that are not are named in `store.damaged()`.
        """
        asked = [(table, key) for table, keys in self.parts.items() for key in keys]
        whole = sum(self.store.path(*one).is_file() and self.store.check(*one) for one in asked)
        self.store.remember()
        return whole

    def lost(self) -> tuple[str, ...]:
        """Return a sentence for each part that is damaged or missing, of those looked at."""
        damaged = {one.path: one.reason for one in self.store.damaged()}
        missing = {
            path: f"Expected a part of the records at `{path}`, got none."
            for table, keys in self.parts.items()
            for path in (self.store.path(table, key) for key in keys)
            if not path.is_file()
        }
        return tuple((missing | damaged).values())

    def _keys(self, table: str) -> Sequence[str]:
        return self.parts.get(table, ()) if table in SCHEMAS else ()


def _some(texts: Sequence[str]) -> str:
    """Return texts beside each other, the first ten of many."""
    more = f" and {len(texts) - 10:,} more" if len(texts) > 10 else ""
    return ", ".join(texts[:10]) + more if texts else "none"
