"""What goes to quarantine as a part of a delivery can be translated by itself once it is mended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lifecycle.events import Activity
from lifecycle.sources.said import Unreadable
from tests.senders import mailgun, sendgrid, ses, ses_eventbridge, trustpilot
from tests.senders.sender import Sender
from tests.senders.ses_events import EVENTS, event
from tests.source_contract import said, translated

CLICK = EVENTS["click"]


def _in_json(value: Any) -> bytes:
    return json.dumps(value, default=float).encode()


@pytest.mark.parametrize(
    ("sender", "bad_delivery"),
    [
        (sendgrid.SENDER, sendgrid.batch(sendgrid.EVENTS[0], sendgrid.event("click", email="nobody"))),
        (mailgun.SENDER, _in_json({"event-data": mailgun.event("clicked", recipient="nobody")})),
        (trustpilot.SENDER, _in_json({"events": [trustpilot.event("service-review-created", stars=9)]})),
        (ses.SENDER, _in_json(ses.envelope("Notification", json.dumps(event("Send", ("nobody",)))))),
        (ses.SENDER, _in_json(ses.envelope("Notification", json.dumps(event("Send", ()))))),
        (ses_eventbridge.SENDER, _in_json(ses_eventbridge.event(event("Send", ("nobody",))))),
        (ses_eventbridge.SENDER, _in_json(ses_eventbridge.event(event("Send", ())))),
    ],
)
def test_a_part_that_is_not_mended_is_unreadable_for_the_same_reason(sender: Sender, bad_delivery: bytes) -> None:
    (bad,) = (one for one in translated(sender, bad_delivery) if isinstance(one, Unreadable))

    (again,) = translated(sender, _in_json(bad.part))

    assert isinstance(again, Unreadable)
    assert again.why == bad.why


@pytest.mark.parametrize(
    ("sender", "sample", "part"),
    [
        (sendgrid.SENDER, "click_5", sendgrid.EVENTS[5]),
        (mailgun.SENDER, "clicked", mailgun.EVENTS["clicked"]),
        (trustpilot.SENDER, "created", trustpilot.EVENTS["created"]),
        (ses.SENDER, "click", CLICK),
        (ses_eventbridge.SENDER, "click", CLICK),
    ],
)
def test_a_part_that_is_mended_says_what_it_would_have_said(sender: Sender, sample: str, part: Any) -> None:
    assert translated(sender, _in_json(part)) == said(sender, sample)


def test_a_form_of_mailgun_is_mended_as_json() -> None:
    (one,) = translated(mailgun.SENDER, _in_json(mailgun.OF_OLD))

    assert isinstance(one, Activity)
    assert (one.type, one.properties["bounce"]) == ("email_bounce", "hard")


def test_what_nobody_signed_in_an_envelope_is_never_read() -> None:
    """Only some values of an envelope are signed: whoever adds others adds nothing."""
    forged = ses.envelope("Notification", json.dumps(CLICK)) | event("Open", ("mallory@example.com",), open={})

    (one,) = translated(ses.SENDER, _in_json(forged))

    assert isinstance(one, Activity)
    assert one.identities[0].value == "ada@example.com"
