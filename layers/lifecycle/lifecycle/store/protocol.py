"""What the use cases need of a store. Those on DynamoDB and, for tests, in memory are held to it alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from lifecycle.events import DealUpdate, Event
from lifecycle.store.records import Change, Partition, TransitionRecord


class Appended(NamedTuple):
    """An event with the partition whose log it goes to, and the prospect that this belongs to."""

    home: str
    event: Event
    root: str


class Store(Protocol):
    """What the use cases need of a store; ``store.dynamo.DynamoStore`` describes each method."""

    workspace: str

    def partitions(self, prospect_ids: Iterable[str]) -> dict[str, Partition]: ...
    def log(self, prospect_id: str) -> tuple[list[Event], list[TransitionRecord]]: ...
    def transitions(self, prospect_id: str) -> list[TransitionRecord]: ...
    def events(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Event]: ...
    def deal_log(self, deal_id: str) -> list[DealUpdate]: ...
    def in_stage(self, stage: str, after: str, first: str, last: str) -> Iterator[tuple[str, str]]: ...
    def append(self, appended: Sequence[Appended]) -> list[bool]: ...
    def append_deal_update(self, update: DealUpdate) -> bool: ...
    def commit(self, changes: Sequence[Change]) -> list[bool]: ...
