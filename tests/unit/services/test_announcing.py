"""Stage changes go out once they are new, under an id that is the same for the same move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle.services.announcing import STAGE_CHANGED, announce_stream, stage_changed
from lifecycle.store.bus import BusEvent
from lifecycle.store.items import to_attributes, transition_item
from lifecycle.store.records import TransitionRecord
from tests.builders import ANN_ID, at

MOVE = TransitionRecord(
    sequence=1,
    from_stage="suspect",
    to_stage="engaged",
    occurred_at=at(0),
    recorded_at=at(1),
    cause="rule",
    funnel_version=2,
    criterion="one inbound activity",
    evidence=("v1",),
    actor=None,
    reason=None,
    cycle=1,
    event_id="v1",
    corrected_by=None,
    restated_by=None,
    actions=("welcome",),
)


def record(move: TransitionRecord, number: str = "1", written_at: datetime | None = None) -> dict[str, Any]:
    return {
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": number,
            "ApproximateCreationDateTime": (written_at or move.recorded_at + timedelta(seconds=2)).timestamp(),
            "NewImage": to_attributes(transition_item("acme", ANN_ID, move)),
        },
    }


class Bus:
    """Takes every event but those to a stage that it refuses."""

    def __init__(self, refuses: str = "") -> None:
        self.events: list[BusEvent] = []
        self._refuses = refuses

    def put(self, events: Sequence[BusEvent]) -> list[bool]:
        self.events += events
        return [event.detail["to"] != self._refuses for event in events]


def announced(*records: dict[str, Any]) -> list[BusEvent]:
    bus = Bus()
    assert announce_stream(records, bus.put) == []
    return bus.events


def test_a_new_move_is_announced_with_all_that_is_known_of_it() -> None:
    (event,) = announced(record(MOVE))

    assert event.detail_type == STAGE_CHANGED
    detail = dict(event.detail)
    assert len(detail.pop("id")) == 32
    assert detail == {
        "workspace": "acme",
        "prospect_id": ANN_ID,
        "from": "suspect",
        "to": "engaged",
        "occurred_at": "2026-01-01T00:00:00.000000Z",
        "recorded_at": "2026-01-01T00:01:00.000000Z",
        "cause": "rule",
        "criterion": "one inbound activity",
        "evidence": ["v1"],
        "funnel_version": 2,
        "cycle": 1,
        "actor": None,
        "reason": None,
        "actions": ["welcome"],
        "actions_withheld": [],
    }


@pytest.mark.parametrize(
    "old",
    [
        record(MOVE, written_at=at(60)),
        record(replace(MOVE, corrected_by="w")),
        record(replace(MOVE, restated_by="w")),
    ],
    ids=["renumbered", "corrected", "brought to light by a withdrawal"],
)
def test_what_is_no_new_move_is_not_announced(old: dict[str, Any]) -> None:
    assert announced(old) == []


def test_the_same_move_has_the_same_id_wherever_it_stands() -> None:
    first, again, other = (
        stage_changed("acme", ANN_ID, move)["id"]
        for move in (MOVE, replace(MOVE, sequence=3, recorded_at=at(9), evidence=()), replace(MOVE, event_id="v2"))
    )

    assert first == again != other


def test_a_move_that_came_to_light_long_after_it_happened_sets_off_nothing() -> None:
    late = stage_changed("acme", ANN_ID, replace(MOVE, recorded_at=at(0) + timedelta(hours=24, seconds=1)))

    assert (late["actions"], late["actions_withheld"]) == ([], ["welcome"])


def test_what_the_bus_does_not_take_is_told_by_its_number() -> None:
    records = [record(MOVE, "1"), record(replace(MOVE, to_stage="x"), "2"), record(MOVE, "3")]

    assert announce_stream(records, Bus(refuses="x").put) == ["2"]


def test_a_move_of_somebody_who_was_erased_is_not_announced_again() -> None:
    bus = Bus()

    assert announce_stream([record(replace(MOVE, pseudonymous=True))], bus.put) == []

    assert bus.events == []
