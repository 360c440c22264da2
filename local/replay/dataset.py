"""What a loader makes of a folder: the requests, and what must come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from local.checks import Check
from local.reading import Reading
from local.request import Delivery


class DataSet(Protocol):
    """A data set that has been read."""

    @property
    def name(self) -> str:
        """For headings."""

    @property
    def notes(self) -> Sequence[str]:
        """What is remarkable about the rows, with its numbers, for the report."""

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """What to send, in order of arrival."""

    def checks(self, reading: Reading) -> Sequence[Check]:
        """What the rows say must come out, held against what did."""


class Loader(Protocol):
    """Knows one data set by its files."""

    def __call__(self, folder: Path) -> DataSet | None:
        """The data set in a folder, ``None`` if it is not there."""


class DataError(Exception):
    """A file of a data set does not say what its loader relies on; the message names the file, the row and why."""
