"""CloudEvents: the three ways they come in, how they are proven, and the handshake."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from lifecycle.events import Activity, DealUpdate
from lifecycle.sources.cloudevents import MAX_EVENTS, SOURCE, handshake
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Tally, UnreadableDeliveryError
from tests.deliveries import NOW, URL, one_activity, one_deal, published, received, signed
from tests.senders import standard_webhooks
from tests.senders.cloudevents import SECRET, SENDER
from tests.senders.sender import Sample
from tests.senders.standard_webhooks import ACTIVITY

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"


def _event(**changed: Any) -> dict[str, Any]:
    event = {
        "specversion": "1.0", "id": "1", "source": "/a", "type": "prospect.activity", "data": ACTIVITY,
    }  # fmt: skip
    return {name: value for name, value in {**event, **changed}.items() if value is not None}


def _structured(**changed: Any) -> Sample:
    return Sample(json.dumps(_event(**changed)).encode(), STRUCTURED)


def _why(sample: Sample) -> str:
    (said,) = received(SENDER, sample)
    assert isinstance(said, Unreadable)
    return said.why


def test_one_event_is_the_same_whichever_way_it_comes() -> None:
    event = _event(time="2026-02-28T09:00:00Z")
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    ways = (
        Sample(json.dumps(event).encode(), STRUCTURED),
        Sample(json.dumps([event]).encode(), BATCHED),
        Sample(json.dumps(ACTIVITY).encode(), "application/json; charset=utf-8", attributes),
        _structured(
            time="2026-02-28T09:00:00Z",
            data=None,
            data_base64=base64.b64encode(json.dumps(ACTIVITY).encode()).decode(),
        ),
    )

    assert len({repr(one_activity(SENDER, way)) for way in ways}) == 1


def test_a_batch_says_all_of_its_events() -> None:
    kinds = [type(said) for said in received(SENDER, SENDER.samples["batch"])]

    assert kinds == [Activity, DealUpdate, Activity]


def test_an_empty_batch_says_nothing() -> None:
    assert received(SENDER, Sample(b"[]", BATCHED)) == []


def test_a_bad_event_of_a_batch_goes_to_quarantine_alone() -> None:
    events = [_event(id="1"), _event(id="2", specversion="0.3"), "no event", _event(id="3")]
    said = received(SENDER, Sample(json.dumps(events).encode(), BATCHED))

    assert [type(one) for one in said] == [Activity, Unreadable, Unreadable, Activity]


def test_source_and_id_together_tell_events_apart() -> None:
    pairs = [("/a", "1"), ("/a", "2"), ("/b", "1"), ("/a:1", "1"), ("/a", "1:1")]
    ids = {one_activity(SENDER, _structured(source=source, id=id_)).id for source, id_ in pairs}

    assert len(ids) == len(pairs)


def test_headers_are_decoded() -> None:
    headers = {**SENDER.samples["binary"].headers, "ce-id": "a%20%C3%A9%25"}

    assert one_deal(SENDER, SENDER.samples["binary"]._replace(headers=headers)).id == "cloudevents:7:/crm/eu:a é%"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"id": None}, "id is missing"),
        ({"source": 5}, "source is missing"),
        ({"type": None}, "type is missing"),
        ({"time": "yesterday"}, "time is not a time"),
        ({"time": "2030-01-01T00:00:00Z"}, "ahead"),
        ({"datacontenttype": "application/xml"}, "not JSON"),
        ({"data": None, "data_base64": "%"}, "not base64"),
        ({"data": None, "data_base64": "e30x"}, "no JSON"),
        ({"data": "text"}, "data is not an object"),
        ({"data": {**ACTIVITY, "extra": 1}}, "other fields"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(changed: dict[str, Any], why: str) -> None:
    assert why in _why(_structured(**changed))


def test_a_type_of_others_is_kept_and_counts_for_nothing() -> None:
    activity = one_activity(SENDER, _structured(type="com.example.signup", data={"email": "ann@example.com", "n": 1}))

    assert (activity.type, activity.direction) == ("cloudevents_com_example_signup", "internal")


@pytest.mark.parametrize("name", ["structured_json.json", "structured_binary_data.json"])
def test_the_examples_of_the_specification_name_nobody_and_go_to_quarantine(name: str) -> None:
    assert _why(Sample(published("cloudevents", name), STRUCTURED))


def test_the_batch_of_the_specification_goes_to_quarantine_event_by_event() -> None:
    said = received(SENDER, Sample(published("cloudevents", "batch_json.json"), BATCHED))

    assert [type(one) for one in said] == [Unreadable, Unreadable]


def test_the_binary_request_of_the_specification_is_read() -> None:
    head, _, body = published("cloudevents", "binary_mode_http_request.txt").partition(b"\n\n")
    lines = [line.partition(": ") for line in head.decode().splitlines()[1:]]
    headers = {name.lower(): value for name, _, value in lines if name.lower() != "host"}

    assert "names nobody" in _why(Sample(body.strip(), headers.pop("content-type"), headers))


def test_an_event_is_known_by_its_version_where_the_content_type_says_no_more_than_json() -> None:
    plain = received(SENDER, Sample(json.dumps(_event()).encode()))

    assert plain == received(SENDER, Sample(json.dumps(_event()).encode(), STRUCTURED))
    with pytest.raises(UnreadableDeliveryError, match="content type"):
        received(SENDER, Sample(b'{"id": "1"}'))


@pytest.mark.parametrize("content_type", ["application/cloudevents+xml", "", "text/plain"])
def test_what_is_no_event_at_all_is_unreadable(content_type: str) -> None:
    with pytest.raises(UnreadableDeliveryError, match="content type"):
        received(SENDER, Sample(json.dumps(_event()).encode(), content_type))


def test_a_batch_has_an_end() -> None:
    with pytest.raises(UnreadableDeliveryError, match="at most"):
        received(SENDER, Sample(json.dumps([_event()] * (MAX_EVENTS + 1)).encode(), BATCHED))


def test_the_secret_may_be_the_password_of_basic_authentication() -> None:
    settings = {"verification": "basic", "user": "grid"}
    for user, password, good in (("grid", SECRET, True), ("other", SECRET, False), ("grid", "x", False)):
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        request = signed(SENDER, SENDER.samples["structured"], authorization=f"Basic {token}")
        if good:
            SOURCE.verify(request, [SECRET], settings)
        else:
            with pytest.raises(RefusedDeliveryError, match="mismatch"):
                SOURCE.verify(request, [SECRET], settings)


def test_the_secret_may_make_a_signature() -> None:
    settings = {"verification": "standard_webhooks"}
    sample = SENDER.samples["structured"]
    headers = standard_webhooks.sign(sample.body, URL, standard_webhooks.SECRET, NOW)
    request = signed(SENDER, sample, **headers)

    SOURCE.verify(request, [standard_webhooks.SECRET], settings)
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        SOURCE.verify(replace(request, body=sample.body + b" "), [standard_webhooks.SECRET], settings)


def test_a_way_that_the_settings_do_not_name_is_refused() -> None:
    with pytest.raises(RefusedDeliveryError, match="missing"):
        SOURCE.verify(signed(SENDER, SENDER.samples["structured"]), [SECRET], {"verification": "standard_webhooks"})


def test_whoever_asks_for_permission_by_name_gets_it() -> None:
    reply = handshake({"webhook-request-origin": "eventgrid.azure.net"}, 600)

    assert reply.status == 200
    assert reply.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert reply.headers["WebHook-Allowed-Rate"] == "600"


@pytest.mark.parametrize("origin", ["", "a b", "x\r\nSet-Cookie: y", "*"])
def test_what_is_no_origin_is_not_repeated(origin: str) -> None:
    assert set(handshake({"webhook-request-origin": origin}, 600).headers) == {"Allow"}


def test_events_are_accepted_rather_than_done() -> None:
    assert SOURCE.reply(signed(SENDER, SENDER.samples["batch"]), {}, Tally(2, 1, 0)).status == 202
