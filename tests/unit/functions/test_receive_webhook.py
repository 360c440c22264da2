"""POST /webhooks/{source_id} and the calls of tracking SDKs."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from lifecycle.contract.limits import MAX_BATCH_BYTES
from lifecycle.contract.source_examples import SOURCE_ID
from lifecycle.sources.source import RefusedDeliveryError
from tests.unit.functions.conftest import PUBLIC_URL, Call
from tests.unit.functions.fake_receiver import FakeReceiver

WEBHOOK = f"/webhooks/{SOURCE_ID}"


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_the_answer_is_the_one_that_the_system_understands(call: Call, receiver: FakeReceiver) -> None:
    reply = call("receive_webhook", "POST", WEBHOOK, body="{}")

    assert (reply.status, reply.body) == (202, "<Ack/>")
    assert (reply.headers["Content-Type"], reply.headers["X-Kept"]) == ("text/xml", "1")


def test_the_bytes_are_handed_on_as_they_came(call: Call, receiver: FakeReceiver) -> None:
    raw = b"\xef\xbb\xbf{'not': json}\r\n\xff"

    call("receive_webhook", "POST", WEBHOOK, body=base64.b64encode(raw).decode(), isBase64Encoded=True)

    assert receiver.deliveries[0].body == raw


def test_the_url_is_the_configured_one_whatever_the_host_header_says(call: Call, receiver: FakeReceiver) -> None:
    call("receive_webhook", "POST", WEBHOOK, body="{}", headers={"Host": "evil.example"}, query={"a": ["1", "2"]})

    assert receiver.deliveries[0].url == f"{PUBLIC_URL}{WEBHOOK}?a=1&a=2"


def test_header_names_are_in_lower_case(call: Call, receiver: FakeReceiver) -> None:
    call("receive_webhook", "POST", WEBHOOK, body="{}", headers={"X-Signature": "s"})

    assert receiver.deliveries[0].header("x-signature") == "s"


@pytest.mark.parametrize("reason", ["missing", "mismatch", "stale", "replayed", "foreign"])
def test_a_delivery_that_is_not_proven_is_refused(call: Call, receiver: FakeReceiver, reason: Any) -> None:
    receiver.refuses_with = RefusedDeliveryError(reason)

    reply = call("receive_webhook", "POST", WEBHOOK, body="{}")

    assert (reply.status, reply.body["type"]) == (401, "urn:prospect-lifecycle:problem:delivery-refused")


@pytest.mark.parametrize("path", ["/webhooks/short", f"/webhooks/{SOURCE_ID[:-1]}x"])
def test_an_address_that_nobody_has_is_not_found(call: Call, receiver: FakeReceiver, path: str) -> None:
    assert call("receive_webhook", "POST", path, body="{}").status == 404


def test_a_body_beyond_the_limit_is_refused(call: Call, receiver: FakeReceiver) -> None:
    assert call("receive_webhook", "POST", WEBHOOK, body="x" * (MAX_BATCH_BYTES + 1)).status == 413


@pytest.mark.parametrize("key", [basic(SOURCE_ID), basic(SOURCE_ID, '""')])
def test_a_write_key_names_the_source_whatever_the_password(call: Call, receiver: FakeReceiver, key: str) -> None:
    reply = call("receive_webhook", "POST", "/v1/batch", body="{}", headers={"Authorization": key})

    assert reply.status == 202
    assert receiver.deliveries[0].call == "batch"


def test_a_write_key_may_stand_in_the_body(call: Call, receiver: FakeReceiver) -> None:
    body = json.dumps({"writeKey": SOURCE_ID})

    assert call("receive_webhook", "POST", "/v1/track", body=body, headers={}).status == 202


@pytest.mark.parametrize("body", ["", "{}", "[]", "no json", '{"writeKey": 7}', "[" * 100_000])
def test_a_call_without_a_write_key_is_refused(call: Call, receiver: FakeReceiver, body: str) -> None:
    reply = call("receive_webhook", "POST", "/v1/track", body=body, headers={})

    assert (reply.status, reply.body["type"]) == (401, "urn:prospect-lifecycle:problem:write-key-missing")


def test_nothing_of_a_delivery_is_logged_but_its_kind(
    call: Call, receiver: FakeReceiver, log_lines: list[dict[str, Any]]
) -> None:
    call("receive_webhook", "POST", WEBHOOK, body='{"email": "ann@example.com"}')

    (line,) = log_lines
    assert (line["workspace"], line["source"], line["route"]) == ("local", "segment", WEBHOOK)
    assert "ann@" not in str(line)


def test_what_is_refused_is_told_to_the_log_by_kind_and_reason(
    call: Call, receiver: FakeReceiver, log_lines: list[dict[str, Any]]
) -> None:
    receiver.refuses_with = RefusedDeliveryError("stale")

    call("receive_webhook", "POST", WEBHOOK, body="{}")

    told = log_lines[0]
    assert (told["message"], told["source"], told["reason"]) == ("delivery refused", "segment", "stale")


# ----------------------------------------------------------------------------------------------------------------------
# What follows the address, and what is asked beforehand
# ----------------------------------------------------------------------------------------------------------------------


def test_what_follows_the_address_is_handed_on(call: Call, receiver: FakeReceiver) -> None:
    assert call("receive_webhook", "POST", f"{WEBHOOK}/the-secret", body="{}").status == 202

    assert receiver.deliveries[0].call == "the-secret"


def asked(call: Call, path: str, **headers: str) -> dict[str, str]:
    reply = call("receive_webhook", "OPTIONS", path, headers=headers)
    assert reply.status in (200, 204)
    return reply.headers


def test_any_page_may_send_what_its_sdk_tracks(call: Call, receiver: FakeReceiver) -> None:
    told = asked(call, "/v1/batch", Origin="https://www.example.com")

    assert told["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in told["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in told


def test_only_the_pages_that_the_settings_list_may_send(call: Call, receiver: FakeReceiver) -> None:
    receiver.record = replace(receiver.record, kind="form", settings={"origins": ["https://www.example.com"]})

    listed, other = (asked(call, WEBHOOK, Origin=f"https://{name}.example.com") for name in ("www", "evil"))
    answer = call("receive_webhook", "POST", WEBHOOK, body="a=1", headers={"Origin": "https://www.example.com"})

    assert listed["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "Access-Control-Allow-Origin" not in other
    assert answer.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert {listed["Vary"], other["Vary"], answer.headers["Vary"]} == {"Origin"}


def test_a_sender_of_cloudevents_is_let_in_when_it_asks(call: Call, receiver: FakeReceiver) -> None:
    receiver.record = replace(receiver.record, kind="cloudevents")

    told = asked(call, WEBHOOK, **{"WebHook-Request-Origin": "eventgrid.azure.net"})

    assert told["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert int(told["WebHook-Allowed-Rate"]) > 0


def test_who_asks_at_an_address_that_nobody_has_is_not_answered(call: Call, receiver: FakeReceiver) -> None:
    assert call("receive_webhook", "OPTIONS", "/webhooks/short").status == 404
