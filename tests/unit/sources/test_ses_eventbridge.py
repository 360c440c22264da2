"""Amazon SES by EventBridge: what its events become, and which are its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity
from lifecycle.sources.said import Unreadable
from tests.senders import ses
from tests.senders.ses_eventbridge import ACCOUNT, SENDER, event
from tests.senders.ses_events import EVENTS
from tests.source_contract import (
    FUZZ,
    URL,
    assert_ids_are_distinct,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    payloads,
    refused,
    said,
    sent,
    translated,
    verify,
    with_body,
)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_says_the_same_by_the_bus_and_by_sns(name: str) -> None:
    """So that one that comes by both ways, while one takes the place of the other, counts once."""
    assert said(SENDER, name) == said(ses.SENDER, name)


@pytest.mark.parametrize("detail", [None, [], {}, {"status": "open"}])
def test_an_event_about_no_message_goes_to_quarantine(detail: Any) -> None:
    (one,) = translated(SENDER, json.dumps(event(detail)).encode())

    assert isinstance(one, Unreadable)
    assert "no event about a message" in one.why


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_every_event_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, list(EVENTS))


# --- the bus and the account, in place of signatures --------------------------------------------------------------


def test_what_came_by_the_bus_from_the_account_is_accepted() -> None:
    verify(SENDER, sent(SENDER, "open"))


def test_the_same_over_http_is_refused() -> None:
    """Nothing but IAM proves it, and IAM guards the bus alone."""
    assert refused(SENDER, replace(sent(SENDER, "open"), url=URL)) == "foreign"


@pytest.mark.parametrize("changed", [{"account": "999999999999"}, {"source": "my.app"}, {"account": None}])
def test_an_event_of_another_account_or_system_is_refused(changed: dict[str, Any]) -> None:
    told = with_body(sent(SENDER, "open"), json.dumps(event(EVENTS["open"], **changed)).encode())

    assert refused(SENDER, told) == "foreign"


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    assert refused(SENDER, with_body(sent(SENDER, "open"), body)) == "missing"


@pytest.mark.parametrize("path", payloads("ses", "eventbridge_*.json"))
def test_the_samples_go_through(path: Path) -> None:
    document = json.loads(path.read_text()) | {"account": ACCOUNT}

    (one,) = said(SENDER, with_body(sent(SENDER, "open"), json.dumps(document).encode()))

    assert isinstance(one, Activity)
    assert one.type == "email_open"


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
