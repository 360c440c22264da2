"""A workspace's lake in memory: what Athena would read of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from lifecycle.store.lake_tables import LakeTable
from tests.lake import rows_of


@dataclass
class KeptPart:
    """What was written of a part: rows by table and month, and whom it is about."""

    rows: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    files: int = 0


class MemoryLake:
    """``shown`` is the export that Athena reads. ``before_write`` is called before each write, to let workers crash."""

    def __init__(self) -> None:
        self.exports: dict[str, dict[str, KeptPart]] = {}
        self.shown: str | None = None
        self.before_write: list[Callable[[], Any]] = []

    def put_file(self, export: str, table: LakeTable, month: str, name: str, file: BinaryIO) -> None:
        self._about_to_write()
        part = self._part(export, name.partition("-")[0])
        part.rows.setdefault((table.name, month), []).extend(rows_of(file.read()))
        part.files += 1

    def put_seen(self, export: str, part: str, prospect_ids: Iterable[str]) -> None:
        self._about_to_write()
        self._part(export, part).seen = list(prospect_ids)

    def seen(self, export: str, parts: Iterable[str]) -> set[str]:
        return {id_ for part in parts for id_ in self.exports[export][part].seen}

    def remove_part(self, export: str, part: str) -> None:
        self.exports[export].pop(part, None)

    def publish(self, export: str, parts: Collection[str]) -> None:
        self._about_to_write()
        self.exports[export] = {name: part for name, part in self.exports.get(export, {}).items() if name in parts}
        self.shown = export

    def keep_only(self, exports: Collection[str]) -> None:
        self._about_to_write()
        self.exports = {name: parts for name, parts in self.exports.items() if name in exports}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        if self.shown is None:
            return []
        found: list[dict[str, Any]] = []
        for part in self.exports[self.shown].values():
            for (name, month), rows in part.rows.items():
                assert all(f"{row['occurred_at']:%Y-%m}" == month for row in rows)
                found += rows if name == table else []
        return found

    def _part(self, export: str, part: str) -> KeptPart:
        return self.exports.setdefault(export, {}).setdefault(part, KeptPart())

    def _about_to_write(self) -> None:
        if self.before_write:
            self.before_write.pop(0)()
