"""A slow table is given up in time for an answer: fault injection between the real handlers and a table in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from lifecycle.contract import resolver
from lifecycle.services import lifecycle
from lifecycle.services.calendars import remembered
from lifecycle.store import deadline
from lifecycle.store.client import PATIENT
from lifecycle.store.deadline import RESERVE, OutOfTimeError, answered_within, keeping_time
from tests.integration.story import handle, sample
from tests.integration.tables import create_table
from tests.template import GLOBALS

TIMEOUT = float(GLOBALS["Timeout"])
#: How long botocore waits for an answer at most, and before its third attempt at most.
SLOWEST = 7.0
PAUSE = 2.0


class SlowTable:
    """A clock, which each attempt at a call moves on, and how many attempts were made."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seconds = 0.0
        self.lost = False
        self.attempts = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += PAUSE

    def answer(self, request: Any, **_: object) -> None:
        """Called by botocore with each attempt that is made."""
        self.attempts += 1
        self.now += self.seconds
        if self.lost:
            raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowTable]:
    # Another test may just have published a funnel in a workspace and a table of these names.
    remembered.cache_clear()
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), "prospects")
        table = SlowTable()
        client = keeping_time(boto3.client("dynamodb", region_name="us-east-1", config=PATIENT), table.clock)
        client.meta.events.register_last("before-send", table.answer)
        monkeypatch.setenv("TABLE_NAME", "prospects")
        monkeypatch.setattr(lifecycle, "workspace_client", lambda _workspace: client)
        monkeypatch.setattr(resolver, "admit", lambda _caller: None)
        monkeypatch.setattr(resolver, "answered_within", partial(answered_within, clock=table.clock))
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=table.sleep))
        yield table


def send(table: SlowTable, name: str) -> Any:
    """Have a function answer a request, as far as its time allows."""
    left = SimpleNamespace(get_remaining_time_in_millis=lambda: (TIMEOUT - table.now) * 1000)
    return handle(name.partition(".")[0], sample(name), left)


@pytest.mark.parametrize("seconds", [3.5, 5.0, SLOWEST])
def test_a_request_that_takes_too_many_slow_calls_is_answered_in_time(slow: SlowTable, seconds: float) -> None:
    slow.seconds = seconds
    reply = send(slow, "update_deal.open")

    assert slow.now < TIMEOUT
    assert reply["statusCode"] == 503
    assert reply["multiValueHeaders"]["Retry-After"] == ["1"]
    assert json.loads(reply["body"])["type"] == "urn:prospect-lifecycle:problem:unavailable"


def test_a_table_that_never_answers_is_given_up_in_time(slow: SlowTable) -> None:
    slow.seconds, slow.lost = SLOWEST, True
    reply = send(slow, "ingest_activity.form")

    assert reply["statusCode"] == 503
    assert slow.now < TIMEOUT
    assert slow.attempts == 2


def test_what_is_fast_enough_is_done(slow: SlowTable) -> None:
    slow.seconds = 0.01

    assert send(slow, "ingest_activity.form")["statusCode"] == 201
    assert send(slow, "update_deal.open")["statusCode"] == 200


def test_what_was_given_up_is_done_when_it_is_sent_again(slow: SlowTable) -> None:
    slow.seconds = 4.0
    assert send(slow, "update_deal.open")["statusCode"] == 503
    slow.now, slow.seconds = 0.0, 0.0

    again = send(slow, "update_deal.open")
    assert again["statusCode"] == 200
    assert [prospect["stage"] for prospect in json.loads(again["body"])["prospects"]] == ["opportunity"]


def test_the_last_attempt_may_begin_only_where_the_slowest_would_end_in_time(slow: SlowTable) -> None:
    assert PATIENT.connect_timeout + PATIENT.read_timeout <= SLOWEST  # type: ignore[attr-defined]  # of its options
    assert RESERVE >= SLOWEST + PAUSE + 1


def test_outside_of_a_request_there_is_no_limit(slow: SlowTable) -> None:
    client = keeping_time(boto3.client("dynamodb", region_name="us-east-1"), slow.clock)
    slow.now = 1e9
    assert client.list_tables()["TableNames"] == ["prospects"]

    with answered_within(RESERVE - 0.1, slow.clock), pytest.raises(OutOfTimeError):
        client.list_tables()
    assert deadline._answered_by.get() is None
