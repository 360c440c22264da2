"""Reads a CSV file and says clearly what is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.replay.dataset import DataError

Row = Mapping[str, str]


def read_rows(path: Path, columns: Sequence[str]) -> tuple[Row, ...]:
    """The rows of a file as mappings from column to text.

    Raises:
        DataError: the file is missing, a column is, or there are no rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}: there is no column {', '.join(missing)}")
            rows = tuple(reader)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    if not rows:
        raise DataError(f"{path}: there are no rows")
    return rows
