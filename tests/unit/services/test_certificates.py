"""The certificate that a delivery names: fetched by the service, from the sender's own addresses only, once an hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.services import outside
from lifecycle.services.outside import OutsideError
from lifecycle.services.receiving import Receiver, Workplace
from lifecycle.services.results import BatchOutcome
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.source import RefusedDeliveryError
from lifecycle.sources.table import source_of
from lifecycle.store.source_records import SourceRecord
from tests.senders import ses
from tests.senders.sender import delivery

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RECORD = SourceRecord("s1", "ses", "Mail", ses.SENDER.settings, NOW, "key:me")
ELSEWHERE = ses.CERTIFICATE_URL.replace("sns.eu-west-1.amazonaws.com", "sns.example.com")


class Notes:
    """The store and the use cases, as far as a delivery of SES asks for them."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.activities: list[Any] = []

    def note(self, _source_id: str, what: str, _at: Any) -> None:
        self.noted.append(what)

    def record_activities(self, activities: Sequence[Any]) -> BatchOutcome:
        self.activities += activities
        return BatchOutcome(len(activities), 0)

    def withdraw_scanners_clicks(self, activities: Sequence[Any]) -> None:
        assert activities == self.activities

    def await_more(self, waiting: Sequence[Any]) -> None:
        assert not waiting


class Amazon:
    """Where certificates are fetched from; what was fetched, by time."""

    def __init__(self) -> None:
        self.certificate = ses.SENDER.secret
        self.fetched: list[str] = []
        self.error: Exception | None = None

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.error is not None:
            raise self.error
        return self.certificate.encode()


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    amazon = Amazon()
    monkeypatch.setattr(outside, "fetch", amazon.fetch)
    monkeypatch.setattr(outside, "_certificates", {})
    return amazon


def receive(notes: Notes, request: Delivery) -> None:
    """As the deployed function does, with the certificate of ``services.outside``."""
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    place = Workplace(notes, notes, nothing, nothing, outside.certificate, nothing)  # type: ignore[arg-type]
    Receiver(place, RECORD, source_of("ses")).receive(request, [])


def sent(name: str = "click") -> Delivery:
    return delivery(ses.SENDER, ses.SENDER.samples[name], "https://x", NOW)


def test_a_delivery_is_proven_by_the_certificate_that_it_names(amazon: Amazon) -> None:
    notes = Notes()
    receive(notes, sent())

    assert amazon.fetched == [ses.CERTIFICATE_URL]
    assert [activity.type for activity in notes.activities] == ["email_click"]
    assert notes.noted == ["last_received_at"]


def test_a_certificate_is_fetched_once_for_all_deliveries_of_an_hour(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    for seconds in (0, 1, 3598, 1, 1):
        clock[0] += seconds
        receive(Notes(), sent())

    assert len(amazon.fetched) == 2


@pytest.mark.parametrize(
    ("url", "topic"),
    [
        (ELSEWHERE, ses.TOPIC),
        (ses.CERTIFICATE_URL.replace("eu-west-1", "us-east-1"), ses.TOPIC),
        (ses.CERTIFICATE_URL, ses.TOPIC.replace("ses-events", "others")),
    ],
)
def test_no_address_is_fetched_from_that_is_not_the_topics_own(amazon: Amazon, url: str, topic: str) -> None:
    notes, request = Notes(), sent()
    body = request.body.replace(ses.CERTIFICATE_URL.encode(), url.encode()).replace(ses.TOPIC.encode(), topic.encode())

    with pytest.raises(RefusedDeliveryError):
        receive(notes, replace(request, body=body))
    assert (amazon.fetched, notes.activities, notes.noted) == ([], [], ["last_refused_at"])


def test_a_delivery_with_another_signature_than_the_certificates_is_refused(amazon: Amazon) -> None:
    notes, request = Notes(), sent()

    with pytest.raises(RefusedDeliveryError):
        receive(notes, replace(request, body=request.body.replace(b"click", b"clack")))
    assert len(amazon.fetched) == 1
    assert notes.activities == []


def test_a_certificate_that_cannot_be_had_keeps_nothing_and_refuses_nobody(amazon: Amazon) -> None:
    notes = Notes()
    amazon.error = OutsideError("it answered 503")

    with pytest.raises(OutsideError):
        receive(notes, sent())
    assert (notes.activities, notes.noted) == ([], [])

    amazon.error = None
    receive(notes, sent())
    assert len(notes.activities) == 1


def test_what_is_too_old_is_refused_whatever_its_certificate(amazon: Amazon) -> None:
    old = delivery(ses.SENDER, ses.SENDER.samples["click"], "https://x", NOW - timedelta(hours=2))

    with pytest.raises(RefusedDeliveryError):
        receive(Notes(), replace(old, received_at=NOW))
    assert len(amazon.fetched) == 1
