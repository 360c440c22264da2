"""Jotform: what its submissions become, and what stands in for a proof."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lifecycle.events import Identity
from lifecycle.sources.jotform import SOURCE
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import RefusedDeliveryError, UnreadableDeliveryError
from tests.deliveries import NOW, one_activity, published, received, signed
from tests.senders.jotform import DEMO, SENDER, multipart, submission
from tests.senders.sender import Sample

ANN = Identity("email", "ann@example.com")


def test_a_form_is_what_the_settings_say() -> None:
    activity = one_activity(SENDER, SENDER.samples["demo"])

    assert (activity.type, activity.properties["form"]) == ("form_submission", "demo")
    assert activity.id == "jotform:6100000000000000001"
    assert activity.occurred_at == datetime(2026, 2, 28, 10, 0, 0, 123_000, UTC)
    assert activity.identities == (ANN, Identity("visitor", "cookie-7"))
    assert activity.traits == {"company": "Initech"}
    assert activity.properties["utm_source"] == "search"
    assert activity.properties["answers"]["name"] == {"first": "Ann", "last": "Example"}
    assert "192.0.2.7" not in repr(activity)


def test_a_number_is_an_nps_response() -> None:
    activity = one_activity(SENDER, SENDER.samples["nps"])

    assert (activity.type, activity.properties["score"]) == ("nps_response", 9)


def test_the_settings_say_which_answer_is_the_email() -> None:
    sample = submission(DEMO, "61", q1_friend="bob@example.com", q2_mine="ann@example.com")

    assert one_activity(SENDER, sample, {**SENDER.settings, "email_field": "mine"}).identities == (ANN,)
    assert one_activity(SENDER, sample).identities == (Identity("email", "bob@example.com"),)


def test_questions_that_are_called_alike_are_both_kept() -> None:
    sample = submission(DEMO, "61", q1_email="ann@example.com", q2_text="a", q3_text="b")

    assert one_activity(SENDER, sample).properties["answers"] == {
        "email": "ann@example.com", "text": "a", "q3_text": "b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"formID": DEMO, "rawRequest": "{}"}, "submissionID"),
        ({"formID": DEMO, "submissionID": "61"}, "rawRequest is missing"),
        ({"formID": DEMO, "submissionID": "61", "rawRequest": "{"}, "rawRequest is not JSON"),
        ({"formID": DEMO, "submissionID": "61", "rawRequest": "[]"}, "rawRequest is not an object"),
        ({"formID": DEMO, "submissionID": "61", "rawRequest": "{}"}, "names nobody"),
    ],
)
def test_what_is_wrong_with_a_submission_is_named(fields: dict[str, str], why: str) -> None:
    (said,) = received(SENDER, multipart(fields))

    assert isinstance(said, Unreadable)
    assert why in said.why


def test_an_old_form_without_a_time_was_sent_just_now() -> None:
    raw = json.dumps({"q1_email": "ann@example.com"})
    sample = multipart({"formID": DEMO, "submissionID": "61", "rawRequest": raw})

    assert one_activity(SENDER, sample).occurred_at == NOW


def test_a_form_that_is_not_listed_is_refused() -> None:
    sample = submission("240000000000099", "61", q1_email="ann@example.com")

    with pytest.raises(RefusedDeliveryError, match="foreign"):
        received(SENDER, sample)
    assert one_activity(SENDER, sample, {}).properties["form"] == "240000000000099"


@pytest.mark.parametrize("body", [b"", b"no form", b"--x\r\n"])
def test_what_is_no_form_at_all_is_refused_where_forms_are_listed_and_else_unreadable(body: bytes) -> None:
    sample = Sample(body, "multipart/form-data; boundary=x")

    with pytest.raises(RefusedDeliveryError, match="foreign"):
        received(SENDER, sample)
    with pytest.raises(UnreadableDeliveryError):
        received(SENDER, sample, {})


def test_two_forms_in_one_are_refused() -> None:
    first, second = submission(DEMO, "61"), submission("9", "62")
    body = first.body.replace(b"--\r\n", b"\r\n", 1) if first.body.endswith(b"--\r\n") else first.body
    doubled = body[: body.rindex(b"\r\n")] + b"\r\n" + second.body

    with pytest.raises(RefusedDeliveryError, match="foreign"):
        SOURCE.verify(signed(SENDER, first._replace(body=doubled)), [], SENDER.settings)


def test_the_published_delivery_is_translated() -> None:
    event = json.loads(published("jotform", "apigw_proxy_event_multipart.json"))
    sample = Sample(event["body"].encode(), event["headers"]["content-type"])
    activity = one_activity(SENDER, sample, {"only_listed_forms": True, "forms": {"200000000000001": {"form": "demo"}}})

    assert activity.identities == (Identity("email", "jane.sample@example.com"),)
    assert activity.properties["form"] == "demo"
    assert activity.occurred_at.year == 2022
