"""Marks of days: never one too few, and each cleared only by figures that have seen what it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from lifecycle.store.day_marks import LONGEST_WRITE, REMEMBERED, DayMark, DayMarks
from lifecycle.store.due import due_until
from tests.integration.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 2, 28)


class Clock:
    """A clock that is set by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """A client of an empty table."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, "table")
        yield client


def test_a_day_is_marked_with_the_time_of_the_last_mark(client: DynamoDBClient) -> None:
    clock = Clock()
    marks = DayMarks(client, "table", "acme", clock)
    marks.mark([DAY])
    clock.now += REMEMBERED

    marks.mark([DAY, date(2026, 1, 1)])

    assert marks.marks() == [DayMark(date(2026, 1, 1), clock.now), DayMark(DAY, clock.now)]
    assert DayMarks(client, "table", "other").marks() == []


def test_a_process_does_not_mark_a_day_again_at_once(client: DynamoDBClient) -> None:
    clock = Clock()
    marks = DayMarks(client, "table", "acme", clock)
    marks.mark([DAY])
    clock.now += REMEMBERED - timedelta(seconds=1)

    DayMarks(client, "table", "acme", clock).mark([DAY])

    assert marks.marks() == [DayMark(DAY, NOW)]


def test_what_is_remembered_is_written_in_time_for_the_mark() -> None:
    assert REMEMBERED + timedelta(seconds=30) < LONGEST_WRITE


def test_a_mark_is_cleared_unless_the_day_was_marked_again(client: DynamoDBClient) -> None:
    clock = Clock()
    marks = DayMarks(client, "table", "acme", clock)
    marks.mark([DAY])
    (seen,) = marks.marks()
    clock.now += REMEMBERED
    marks.mark([DAY])

    assert not marks.clear(seen)
    assert marks.clear(DayMark(DAY, clock.now))
    assert marks.marks() == []


def test_a_marked_day_is_due_when_whatever_it_stands_for_was_written(client: DynamoDBClient) -> None:
    DayMarks(client, "table", "acme", lambda: NOW).mark([DAY])

    assert due_until(client, "table", NOW + LONGEST_WRITE - timedelta(seconds=1), 10) == []
    (timer,) = due_until(client, "table", NOW + LONGEST_WRITE, 10)
    assert (timer.workspace, timer.kind, timer.id) == ("acme", "day", "2026-02-28")
