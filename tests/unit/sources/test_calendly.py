"""Calendly: what its events become, and how they are proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.events import Identity
from lifecycle.sources.calendly import SOURCE
from lifecycle.sources.source import RefusedDeliveryError
from tests.deliveries import NOW, json_sample, one_activity, published, received, signed
from tests.senders.calendly import SECRET, SENDER, invitee
from tests.senders.sender import Sample

HEADER = "calendly-webhook-signature"


@pytest.mark.parametrize(
    ("name", "type_", "direction"),
    [
        ("created", "meeting_booked", "inbound"),
        ("canceled", "meeting_cancelled", "internal"),
        ("moved_from", "meeting_cancelled", "internal"),
        ("moved_to", "meeting_rescheduled", "inbound"),
        ("no_show", "meeting_no_show", "internal"),
        ("no_show_taken_back", "calendly_invitee_no_show_deleted", "internal"),
        ("routing_form", "form_submission", "inbound"),
    ],
)
def test_an_event_becomes_an_activity_of_the_invitee(name: str, type_: str, direction: str) -> None:
    activity = one_activity(SENDER, SENDER.samples[name])

    assert (activity.type, activity.direction) == (type_, direction)
    assert activity.identities == (Identity("email", "ann@example.com"),)


def test_a_booking_says_what_when_and_by_which_campaign() -> None:
    activity = one_activity(SENDER, SENDER.samples["created"])

    assert activity.occurred_at == datetime(2026, 2, 27, 10, tzinfo=UTC)
    assert activity.properties["meeting"] == "Demo, 30 minutes"
    assert activity.properties["meeting_starts"] == "2026-03-05T09:00:00.000000Z"
    assert activity.properties["utm_source"] == "newsletter"
    assert activity.properties["answers"] == {"What about?": "Reports"}
    assert activity.traits == {"name": "Ann Example", "timezone": "Europe/Vienna"}


def test_a_meeting_that_was_moved_was_not_called_off() -> None:
    called_off = one_activity(SENDER, SENDER.samples["canceled"])
    moved = one_activity(SENDER, SENDER.samples["moved_from"])

    assert "rescheduled" not in called_off.properties
    assert moved.properties["rescheduled"] is True
    assert called_off.properties["reason"] == "ill"


def test_what_happened_later_is_dated_by_itself() -> None:
    assert one_activity(SENDER, SENDER.samples["canceled"]).occurred_at == datetime(2026, 2, 28, 8, tzinfo=UTC)
    assert one_activity(SENDER, SENDER.samples["no_show"]).occurred_at == datetime(2026, 2, 28, 9, 40, tzinfo=UTC)


def test_two_no_shows_of_one_invitee_are_two_events() -> None:
    times = {"created_at": "2026-02-28T09:40:00Z"}
    one = invitee("invitee_no_show.created", no_show={"uri": "https://api.calendly.com/invitee_no_shows/1", **times})
    two = invitee("invitee_no_show.created", no_show={"uri": "https://api.calendly.com/invitee_no_shows/2", **times})

    assert one_activity(SENDER, json_sample(one)).id != one_activity(SENDER, json_sample(two)).id


def test_a_routing_form_is_what_the_settings_say() -> None:
    assert one_activity(SENDER, SENDER.samples["routing_form"]).properties["form"] == "contact"
    assert one_activity(SENDER, SENDER.samples["routing_form"], {}).properties["form"].endswith("/RF1")


@pytest.mark.parametrize("name", ["invitee.created", "invitee_no_show.created"])
def test_published_events_are_translated(name: str) -> None:
    now = datetime(2026, 6, 25, tzinfo=UTC)
    request = signed(SENDER, Sample(published("calendly", f"{name}.json")), now)

    assert one_activity(SENDER, request).identities == (Identity("email", "john.doe@example.com"),)


def test_a_signature_is_good_for_five_minutes_either_way() -> None:
    sample = SENDER.samples["created"]
    for minutes, good in ((0, True), (4.9, True), (5.1, False), (-4.9, True), (-5.1, False)):
        header = signed(SENDER, sample, NOW - timedelta(minutes=minutes)).header(HEADER)
        request = signed(SENDER, sample, **{HEADER: header})
        if good:
            received(SENDER, request)
        else:
            with pytest.raises(RefusedDeliveryError, match="stale"):
                received(SENDER, request)


def test_a_signature_covers_its_time() -> None:
    header = signed(SENDER, SENDER.samples["created"]).header(HEADER)
    time, _, digest = header.partition(",")
    later = f"t={int(time.removeprefix('t=')) + 1},{digest}"

    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        received(SENDER, signed(SENDER, SENDER.samples["created"], **{HEADER: later}))


def test_one_of_several_signatures_is_enough() -> None:
    header = signed(SENDER, SENDER.samples["created"]).header(HEADER)
    time, _, digest = header.partition(",")

    SOURCE.verify(signed(SENDER, SENDER.samples["created"], **{HEADER: f"{time},v1=00,v0=11,{digest}"}), [SECRET], {})


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=,v1=00", "t=x,v1=00", "t=1,t=2,v1=00", "t=-1,v1=0"])
def test_what_is_no_signature_is_refused(header: str) -> None:
    with pytest.raises(RefusedDeliveryError):
        received(SENDER, signed(SENDER, SENDER.samples["created"], **{HEADER: header}))
