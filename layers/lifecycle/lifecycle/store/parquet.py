"""Rows as Parquet files, one for each month: written down as they come, and turned over when there are enough.

The only place that knows DuckDB. It is in a layer of its own (``layers/analytics``), so this module is imported only by
what only such functions import.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from lifecycle.store.lake_tables import MONTH, LakeRow, LakeTable, LakeType

#: What DuckDB calls Athena's types. A timestamp has no zone there either: all of them are UTC.
_TYPES: dict[LakeType, str] = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "timestamp": "TIMESTAMP",
    "decimal(38,9)": "DECIMAL(38,9)",
    "array<string>": "VARCHAR[]",
}
#: The longest row that is read: an event of DynamoDB has at most 400 KB, and its JSON is a text within JSON here.
_LONGEST_ROW = 4 * 1024 * 1024
#: DuckDB is to leave room for the rest of the function; with one thread a month is one file.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB", "threads": "1"}


class Spool:
    """Rows of one table on their way into Parquet, on disk meanwhile.

    Arguments:
        table: whose rows.
    """

    def __init__(self, table: LakeTable) -> None:
        self.table = table
        self._folder = Path(mkdtemp(prefix="lake-"))
        self._rows = (self._folder / "rows.json").open("w", encoding="utf-8")
        self.size = 0
        self.count = 0

    def add(self, row: LakeRow) -> None:
        """Take a row in."""
        self.size += self._rows.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.count += 1

    def files(self) -> Iterator[tuple[str, Path]]:
        """The month and the path of each file that the rows make, in order of time within. They go with ``close``.

        Of a month there may be several: with more than a hundred months, DuckDB does not keep all of them open.
        """
        self._rows.close()
        if not self.count:
            return
        out = self._folder / "out"
        query = (
            f"COPY (SELECT {self._columns()}, left(occurred_at, 7) AS {MONTH} "  # noqa: S608 - both paths are made here
            f"FROM read_json('{self._rows.name}', format = 'newline_delimited', columns = {self._read_as()}, "
            f"maximum_object_size = {_LONGEST_ROW}) ORDER BY {MONTH}, occurred_at) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({MONTH}))"
        )
        with duckdb.connect(config=_SETTINGS) as connection:
            connection.execute(query)
        for file in sorted(out.glob("*/*")):
            yield file.parent.name.removeprefix(f"{MONTH}="), file

    def close(self) -> None:
        """Forget the rows, and remove the files."""
        self._rows.close()
        shutil.rmtree(self._folder)

    def _read_as(self) -> str:
        """The columns as they are read: times are text there, for their months."""
        types = {column.name: _TYPES[column.type] for column in self.table.columns} | {"occurred_at": "VARCHAR"}
        return "{" + ", ".join(f"'{name}': '{type_}'" for name, type_ in types.items()) + "}"

    def _columns(self) -> str:
        """The columns as they are written."""
        return ", ".join(
            f'CAST("{column.name}" AS {_TYPES[column.type]}) AS "{column.name}"' for column in self.table.columns
        )
