"""Segment and RudderStack: what the calls of their tracking API become."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Activity, Identity
from lifecycle.sources.said import Unreadable
from lifecycle.sources.segment import MAX_BODY_BYTES, MAX_EVENTS, SOURCE, write_key
from lifecycle.sources.source import Tally, UnreadableDeliveryError
from tests.deliveries import NOW, json_sample, one_activity, published, received, signed
from tests.senders.segment import BATCH, BROWSER, MESSAGES, PAGE, SENDER, message

ANN, USER, COOKIE = Identity("email", "ann@example.com"), Identity("user", "u-9"), Identity("visitor", "cookie-7")


def _track(event: str, **more: Any) -> Activity:
    return one_activity(SENDER, json_sample(message("m", "track", event=event, **more), "track"))


# ----------------------------------------------------------------------------------------------------------------------
# What calls become
# ----------------------------------------------------------------------------------------------------------------------
def test_a_page_is_a_visit_with_its_address_and_campaign() -> None:
    visit = one_activity(SENDER, SENDER.samples["page"])

    assert (visit.type, visit.direction, visit.identities) == ("website_visit", "inbound", (COOKIE,))
    assert visit.properties["path"] == "/pricing"
    assert visit.properties["utm_campaign"] == "spring"
    assert visit.properties["utm_source"] == "newsletter"
    assert visit.properties["user_agent"] == BROWSER
    assert "192.0.2.7" not in repr(visit)


def test_an_identify_joins_cookie_user_and_email() -> None:
    said = one_activity(SENDER, SENDER.samples["identify"])

    assert (said.type, said.direction) == ("identify", "internal")
    assert said.identities == (ANN, USER, COOKIE)
    assert said.traits["first_name"] == "Ann"
    assert said.traits["company_size"] == 40


def test_the_traits_of_a_group_are_the_groups() -> None:
    said = one_activity(SENDER, SENDER.samples["group"])

    assert said.identities == (USER, COOKIE)
    assert said.traits == {"group_name": "Initech", "group_email": "hi@initech.test", "group_id": "g-1"}


@pytest.mark.parametrize(
    ("previous", "settings", "identity"),
    [
        ("cookie-6", {}, Identity("visitor", "cookie-6")),
        ("u-8", {"previous_id": "user"}, Identity("user", "u-8")),
        ("Ann@Example.com", {}, ANN),
    ],
)
def test_an_alias_names_both(previous: str, settings: dict[str, Any], identity: Identity) -> None:
    said = one_activity(SENDER, json_sample(message("m", "alias", userId="u-9", previousId=previous)), settings)

    assert (said.type, said.direction) == ("alias", "internal")
    assert {USER, identity} <= set(said.identities)


def test_a_screen_is_no_visit_to_a_website() -> None:
    assert one_activity(SENDER, SENDER.samples["screen"]).type == "screen_view"


@pytest.mark.parametrize(
    ("event", "type_", "direction"),
    [
        ("Email Sent", "email_sent", "outbound"),
        ("Email Delivered", "email_delivered", "outbound"),
        ("Email Opened", "email_open", "internal"),
        ("Email Link Clicked", "email_click", "inbound"),
        ("Email Bounced", "email_bounce", "internal"),
        ("Email Marked as Spam", "spam_complaint", "internal"),
        ("Unsubscribed", "email_unsubscribe", "internal"),
        ("Signed Up", "form_submission", "inbound"),
        ("Trial Started", "form_submission", "inbound"),
        ("Trial Ended", "trial_ended", "internal"),
        ("orderCompleted", "order_completed", "inbound"),
    ],
)
def test_a_tracked_event_is_what_it_means(event: str, type_: str, direction: str) -> None:
    said = _track(event)

    assert (said.type, said.direction, said.properties["event"]) == (type_, direction, event)


def test_a_trial_is_a_key_conversion_of_the_default_funnel() -> None:
    assert _track("Trial Started").properties["form"] == "trial"


def test_a_bounce_is_hard_only_where_the_event_says_so() -> None:
    assert _track("Email Bounced", properties={"bounce_type": "Hard"}).properties["bounce"] == "hard"
    assert "bounce" not in _track("Email Bounced", properties={"bounce_type": "odd"}).properties


def test_a_click_goes_by_the_names_that_all_sources_have() -> None:
    click = next(one for one in received(SENDER, SENDER.samples["batch"]) if getattr(one, "type", "") == "email_click")
    assert isinstance(click, Activity)

    assert click.properties["message_id"] == "m-1"
    assert click.properties["url"] == "https://www.example.com/demo"
    assert click.identities[0] == ANN


def test_settings_say_what_an_event_is() -> None:
    said = _track("Report Shared")

    assert (said.type, said.properties["by"]) == ("referral", "report")


def test_a_crawler_is_no_visitor() -> None:
    crawled = json_sample({**PAGE, "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}, "page")

    assert one_activity(SENDER, crawled).automated


def test_an_email_as_user_id_is_an_email_where_the_settings_say_so() -> None:
    sample = json_sample(message("m", "track", event="x", userId="Ann@Example.com"))

    assert ANN in one_activity(SENDER, sample, {"user_id_is_email": True}).identities
    assert ANN not in one_activity(SENDER, sample, {}).identities


def test_the_email_of_somebody_else_is_not_the_persons() -> None:
    invited = _track("Invite Sent", properties={"email": "bob@example.com", "invitee_email": "bob@example.com"})

    assert invited.identities == (COOKIE,)
    assert ANN in _track("Signed Up", properties={"email": "ann@example.com"}).identities


def test_nobody_is_erased_by_a_key_that_every_visitor_can_read() -> None:
    said = one_activity(SENDER, json_sample(message("m", "delete", userId="u-9")))

    assert (said.type, said.direction) == ("segment_delete", "internal")


# ----------------------------------------------------------------------------------------------------------------------
# Times and ids
# ----------------------------------------------------------------------------------------------------------------------
@given(skew=st.timedeltas(timedelta(days=-400), timedelta(days=400)), ago=st.integers(0, 10**6))
def test_a_clock_that_is_wrong_does_no_harm(skew: timedelta, ago: int) -> None:
    happened = NOW - timedelta(seconds=ago)
    sample = json_sample(
        {**PAGE, "timestamp": (happened + skew).isoformat(), "sentAt": (NOW + skew).isoformat()}, "page"
    )

    assert one_activity(SENDER, sample).occurred_at == happened


def test_the_first_time_of_an_event_is_its_own() -> None:
    body = {
        **PAGE,
        "originalTimestamp": "2026-03-01T11:00:00Z",
        "timestamp": "2026-03-01T11:30:00Z",
        "sentAt": NOW.isoformat(),
    }

    assert one_activity(SENDER, json_sample(body)).occurred_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_without_any_time_it_happens_now() -> None:
    body = {name: value for name, value in PAGE.items() if name not in ("timestamp", "sentAt")}

    assert one_activity(SENDER, json_sample(body)).occurred_at == NOW


def test_a_time_ahead_goes_to_quarantine() -> None:
    (said,) = received(SENDER, json_sample({**PAGE, "timestamp": "2026-03-02T00:00:00Z", "sentAt": None}))

    assert isinstance(said, Unreadable)


def test_an_event_without_an_id_is_known_by_what_it_says() -> None:
    bare = {name: value for name, value in PAGE.items() if name != "messageId"}
    other = {**bare, "name": "Home"}

    assert one_activity(SENDER, json_sample(bare)).id == one_activity(SENDER, json_sample(bare)).id
    assert one_activity(SENDER, json_sample(bare)).id != one_activity(SENDER, json_sample(other)).id


# ----------------------------------------------------------------------------------------------------------------------
# Deliveries
# ----------------------------------------------------------------------------------------------------------------------
def test_batches_say_what_their_messages_say_whole_or_in_parts_in_any_order() -> None:
    whole = {one.id: one for one in received(SENDER, SENDER.samples["batch"]) if isinstance(one, Activity)}
    halves = [MESSAGES[5:], MESSAGES[2:6], list(reversed(MESSAGES[:5]))]
    parts: dict[str, Activity] = {}
    for half in halves:
        said = received(SENDER, json_sample({**BATCH, "batch": half}, "batch"))
        parts |= {one.id: one for one in said if isinstance(one, Activity)}

    assert parts == whole


@pytest.mark.parametrize("name", ["beacon", "packed"])
def test_the_same_batch_says_the_same_as_plain_text_and_packed(name: str) -> None:
    assert received(SENDER, SENDER.samples[name]) == received(SENDER, SENDER.samples["batch"])


def test_a_bad_message_of_a_batch_goes_to_quarantine_alone() -> None:
    batch = [PAGE, {"type": "track", "userId": "u-9"}, 5, {**PAGE, "messageId": "other"}, {"type": "page"}]
    said = received(SENDER, json_sample({"batch": batch}, "batch"))

    assert [type(one) for one in said] == [Activity, Unreadable, Unreadable, Activity, Unreadable]


def test_a_message_that_is_too_large_goes_to_quarantine() -> None:
    batch = [{**PAGE, "properties": {"text": "x" * 33_000}}, PAGE]
    said = received(SENDER, json_sample({"batch": batch}, "batch"))

    assert [type(one) for one in said] == [Unreadable, Activity]


def test_a_batch_has_an_end() -> None:
    with pytest.raises(UnreadableDeliveryError, match="at most"):
        received(SENDER, json_sample({"batch": [{}] * (MAX_EVENTS + 1)}, "batch"))


def test_a_body_has_an_end_packed_or_not() -> None:
    long = json_sample({**PAGE, "x": "x" * MAX_BODY_BYTES})
    bomb = SENDER.samples["packed"]._replace(body=gzip.compress(b" " * 50_000_000))

    for sample in (long, bomb):
        with pytest.raises(UnreadableDeliveryError, match="bytes"):
            received(SENDER, sample)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_another_packing_is_unreadable(encoding: str) -> None:
    with pytest.raises(UnreadableDeliveryError):
        received(SENDER, signed(SENDER, SENDER.samples["page"], content_encoding=encoding))


def test_the_answer_is_success_whatever_became_of_single_messages() -> None:
    reply = SOURCE.reply(signed(SENDER, SENDER.samples["batch"]), {}, Tally(0, 3, 5))

    assert (reply.status, json.loads(reply.body)) == (200, {"success": True})


def test_the_address_alone_proves_it_and_no_secret_is_asked_for() -> None:
    assert SOURCE.secret is None
    SOURCE.verify(signed(SENDER, SENDER.samples["page"]), [], {})


def test_the_write_key_stands_in_the_header_or_in_the_body() -> None:
    def basic(text: str) -> dict[str, str]:
        return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}

    page, beacon = SENDER.samples["page"], SENDER.samples["beacon"]
    for text in ("k1:", "k1", 'k1:""', "k1:password"):
        assert write_key(signed(SENDER, beacon, **basic(text))) == "k1"
    assert write_key(signed(SENDER, beacon)) == "wk"
    assert write_key(signed(SENDER, json_sample({"writeKey": ""}))) is None
    for nothing in (page, page._replace(body=b"{"), page._replace(body=b"[]"), page._replace(body=b"\xff")):
        assert write_key(signed(SENDER, nothing)) is None
    assert write_key(signed(SENDER, beacon, **basic(":password"))) is None


@pytest.mark.parametrize(
    "name",
    [
        "identify.json", "track.json", "page.json", "alias.json", "group.json", "screen.json",
        "common_fields_track.json", "http_api_alias.json", "http_api_batch.json", "http_api_group.json",
        "http_api_identify.json", "http_api_page.json", "http_api_track.json", "email_events.json",
        "b2b_saas_events.json",
    ],
)  # fmt: skip
def test_published_messages_are_translated(name: str) -> None:
    value = json.loads(published("segment", name))
    call = name.removeprefix("http_api_").removesuffix(".json")
    for body in value if isinstance(value, list) else [value]:
        said = received(SENDER, json_sample(body, call))
        assert said
        assert all(isinstance(one, Activity) for one in said), said


def test_what_segment_itself_would_send_on_is_translated_but_for_an_alias_of_nobody() -> None:
    bodies = json.loads(published("segment", "webhook_destination_examples.json"))
    said = [one for body in bodies for one in received(SENDER, json_sample(body))]

    assert [body["type"] for body, one in zip(bodies, said, strict=True) if isinstance(one, Unreadable)] == ["alias"]
