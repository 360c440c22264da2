"""A stand-in for the API keys of a workspace: a list in memory, without any rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from lifecycle.contract.key_examples import KEY_ID
from lifecycle.services.credentials import Grant, IssuedKey
from lifecycle.services.errors import KeyNotFoundError
from lifecycle.store.api_keys import ApiKeyRecord
from tests.unit.functions.fake_lifecycle import NOON


class FakeKeys:
    """The keys of one workspace. ``fails_with`` is raised by whatever changes them."""

    def __init__(self) -> None:
        self.records = [
            ApiKeyRecord("local", "laptop", NOON, KEY_ID, ("ingest", "read"), "by hand", last_used_at=NOON),
        ]
        self.granted: list[tuple[Grant, frozenset[str]]] = []
        self.fails_with: Exception | None = None

    def all(self) -> tuple[ApiKeyRecord, ...]:
        return tuple(self.records)

    def issue(self, grant: Grant, held: Collection[str], now: datetime) -> IssuedKey:
        self._fail()
        self.granted.append((grant, frozenset(held)))
        record = ApiKeyRecord(
            "local", grant.name, now, f"{len(self.granted):012x}", grant.scopes, grant.created_by, grant.expires_at
        )
        record = replace(record, requests_per_second=grant.requests_per_second)
        self.records.append(record)
        return IssuedKey("plc_a-new-key", record)

    def withdraw(self, key_id: str, now: datetime) -> None:
        self._fail()
        kept = [record for record in self.records if record.key_id != key_id]
        if len(kept) == len(self.records):
            raise KeyNotFoundError
        self.records = kept

    def _fail(self) -> None:
        if self.fails_with is not None:
            raise self.fails_with
