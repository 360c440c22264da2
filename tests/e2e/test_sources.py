"""Outside systems against the deployed stack: what each of them sends, proven its way, and real client libraries."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import rudderstack.analytics.client as rudderstack
import segment.analytics.client as segment
from hubspot.utils.signature import Signature
from sendgrid.helpers.eventwebhook import EventWebhook

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.table import SOURCES
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, Json, eventually, someone, something
from tests.e2e.connected import BY_BUS, OF_AMAZON, Connect, sender_of
from tests.e2e.hook import serving
from tests.senders import hubspot, sendgrid
from tests.senders.sender import Sample


@pytest.mark.parametrize("kind", sorted(SOURCES.keys() - BY_BUS - OF_AMAZON))
def test_every_sample_of_every_system_is_kept_once_and_nothing_without_its_proof(
    own_api: Api, connect: Connect, kind: str
) -> None:
    sender = sender_of(kind)
    connected = connect(sender)
    samples = {name: sample for name, sample in sender.samples.items() if len(sample.body) < 100_000}

    if sender.secret:
        sample = next(iter(samples.values()))
        bare = Delivery("POST", "", {"content-type": sample.content_type}, {}, sample.body, datetime.now(UTC))
        assert connected.send(bare).status_code == 401
        seen = own_api.ok("GET", f"/sources/{connected.source_id}")
        assert (seen["last_received_at"], states(own_api)) == (None, {})
        assert seen["last_refused_at"] is not None
    requests = [connected.signed(sample) for sample in samples.values()]
    for request in requests:
        answer = connected.send(request)
        assert answer.status_code < 400, (answer.status_code, answer.text)

    assert own_api.ok("GET", f"/sources/{connected.source_id}")["last_received_at"] is not None
    assert own_api.ok("GET", f"/sources/{connected.source_id}/quarantine")["parts"] == []
    before = states(own_api)
    for request in requests:
        assert connected.send(request).status_code < 400
    assert states(own_api) == before


def test_a_source_with_a_secret_is_disconnected_and_its_secret_forgotten(
    local_stack: LocalStack, own_api: Api, connect: Connect
) -> None:
    connected = connect(sender_of("typeform"))
    parameters = local_stack.client("ssm").get_paginator("describe_parameters")
    before = sum(len(page["Parameters"]) for page in parameters.paginate())

    assert own_api.request("DELETE", f"/sources/{connected.source_id}").status_code == 204

    assert own_api.request("GET", f"/sources/{connected.source_id}").status_code == 404
    assert sum(len(page["Parameters"]) for page in parameters.paginate()) == before - 1


def states(api: Api) -> dict[str, Json]:
    """Where everybody stands."""
    found = api.ok("GET", "/prospects", params={"limit": 200})["prospects"]
    return {one["prospect_id"]: one for one in found}


def test_a_thousand_events_of_sendgrid_in_one_request(own_api: Api, connect: Connect) -> None:
    connected = connect(sendgrid.SENDER)
    email = someone()
    events = [sendgrid.event("click", number, email=email, url=f"https://x.example/{number}") for number in range(1000)]
    request = connected.signed(Sample(sendgrid.batch(*events)))

    started = time.monotonic()
    answer = connected.send(request)
    seconds = time.monotonic() - started

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1000)
    assert seconds < 10, "a sender would have given up"
    prospect = eventually(lambda: own_api.find(email=email), bool)
    assert prospect is not None


def test_hubspots_thin_events_in_any_order_make_a_customer(own_api: Api, connect: Connect) -> None:
    connected = connect(hubspot.SENDER)
    names = ["deal_created", "associated", "contact_email", "deal_won"]
    Random(something()).shuffle(names)

    for name in names:
        answer = connected.send(connected.signed(hubspot.SENDER.samples[name]))
        assert answer.status_code < 400, (names, answer.text)
        if name == names[0]:
            # Whoever is named with an email waits for nothing.
            assert bool(own_api.ok("GET", "/webhooks/unresolved")["waiting"]) is (name != "contact_email"), names

    prospect = own_api.find(email="ann@example.com")
    assert prospect is not None
    assert prospect["stage"] == "customer", names
    assert own_api.ok("GET", "/webhooks/unresolved")["waiting"] == []


# ----------------------------------------------------------------------------------------------------------------------
# What the systems themselves give their users, in the place of our senders
# ----------------------------------------------------------------------------------------------------------------------
def test_sendgrids_own_helper_verifies_the_very_request_that_is_taken(own_api: Api, connect: Connect) -> None:
    connected = connect(sendgrid.SENDER)
    email, helper = someone(), EventWebhook(sendgrid.SENDER.secret)
    request = connected.signed(Sample(sendgrid.batch(sendgrid.event("click", email=email, url="https://x.example/"))))
    signature = request.header("x-twilio-email-event-webhook-signature")
    timestamp = request.header("x-twilio-email-event-webhook-timestamp")

    assert helper.verify_signature(request.body.decode(), signature, timestamp)
    assert not helper.verify_signature(f"{request.body.decode()} ", signature, timestamp)
    answer = connected.send(request)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert types_of(own_api, email) == {"email_click"}


def test_what_hubspots_own_library_signs_is_taken(own_api: Api, connect: Connect) -> None:
    connected = connect(hubspot.SENDER)
    email, secret = someone(), hubspot.SENDER.secret
    body = hubspot.body([hubspot.changed("email", email), hubspot.changed("firstname", "Zoë", 1)])
    timestamp = str(int(time.time() * 1000))

    def signed(by: str, version: str) -> Delivery:
        signature = Signature.get_signature(by, body.decode(), version, connected.told_url, "POST", timestamp)
        headers = {
            "content-type": "application/json",
            f"x-hubspot-signature{'-v3' if version == 'v3' else ''}": signature,
            "x-hubspot-request-timestamp": timestamp,
        }
        return Delivery("POST", "", headers, {}, body, datetime.now(UTC))

    refused = [
        connected.send(signed(*wrong)).status_code for wrong in (("other", "v3"), (secret, "v2"), (secret, "v1"))
    ]
    assert (refused, own_api.find(email=email)) == ([401, 401, 401], None)
    answer = connected.send(signed(secret, "v3"))

    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    assert types_of(own_api, email) == {"crm_contact_changed"}


def types_of(api: Api, email: str) -> set[str | None]:
    """The types of all activities of somebody."""
    prospect = api.find(email=email)
    assert prospect is not None
    entries = api.timeline(prospect["prospect_id"])
    return {entry.get("type") for entry in entries if entry["kind"] != "transition"}


def test_a_hook_is_asked_for_whom_hubspot_names_by_an_id_alone(own_api: Api, connect: Connect) -> None:
    with serving("hush") as crm:
        crm.records["contact", str(hubspot.CONTACT)] = {
            "identities": {"email": "ann@example.com"},
            "traits": {"company": "ACME"},
        }
        connected = connect(hubspot.SENDER, hook=crm)
        for name in ("deal_created", "associated"):
            assert connected.send(connected.signed(hubspot.SENDER.samples[name])).status_code < 400

        prospect = eventually(lambda: own_api.find(email="ann@example.com"), bool)
        waiting = eventually(
            lambda: own_api.ok("GET", "/webhooks/unresolved")["waiting"], lambda waiting: waiting == []
        )

    assert prospect is not None
    assert prospect["stage"] == "opportunity"
    assert waiting == []
    assert {what for what, _ in crm.asked} <= {"deal", "contact"}


def test_one_event_of_many_is_mended_and_replayed_by_itself(own_api: Api) -> None:
    email, other = someone(), someone()
    settings = {
        "verification": {"scheme": "address"},
        "split": "events",
        "activities": [{"when": "mail", "template": {"type": "website_visit", "identities": {"email": "=mail"}}}],
    }
    source_id = own_api.ok("POST", "/sources", json={"kind": "mapping", "settings": settings})["source_id"]
    quarantine = f"/sources/{source_id}/quarantine"
    sent = own_api.ok("POST", f"/webhooks/{source_id}", json={"events": [{"mail": other}, {"post": email}]})
    assert (sent["accepted"], sent["quarantined"]) == (1, 1)
    (part,) = own_api.ok("GET", quarantine)["parts"]

    replay = f"{quarantine}/{part['part_id']}/replay"
    assert own_api.http.post(replay, json={}).status_code == 422
    assert own_api.ok("POST", replay, json={"fixed": {"mail": email}})["accepted"] == 1

    assert own_api.find(email=email) is not None
    assert own_api.ok("GET", quarantine)["parts"] == []


def tracked(api: Api) -> str:
    """The write key of a website."""
    key: str = api.ok("POST", "/sources", json={"kind": "segment", "label": "website"})["source_id"]
    return key


@pytest.mark.parametrize("library", [segment, rudderstack], ids=["segment", "rudderstack"])
@pytest.mark.parametrize("gzip", [False, True])
def test_the_libraries_of_segment_and_rudderstack_send_here(
    own_api: Api, stack_info: StackInfo, library: Any, gzip: bool
) -> None:
    email, user, failures = someone(), something(), []
    client = library.Client(
        tracked(own_api),
        host=stack_info.api_url,
        gzip=gzip,
        sync_mode=True,
        max_retries=0,
        on_error=lambda error, _batch: failures.append(error),
    )

    client.identify(user, {"email": email, "company": "ACME"})
    client.page(user, "Pricing", properties={"url": "https://www.example.com/pricing"})
    client.track(user, "Trial Started")
    client.flush()

    assert failures == []
    prospect = own_api.find(email=email)
    assert prospect is not None
    types = {entry.get("type") for entry in own_api.timeline(prospect["prospect_id"])}
    assert {"identify", "website_visit", "form_submission"} <= types


#: Sends what a server tracks, and says at the end whether all of it was taken.
NODE_PROGRAM = """
const { Analytics } = require("@segment/analytics-node");
const [writeKey, base, userId, email] = process.argv.slice(2);
const { origin, pathname } = new URL(base);
const path = pathname.replace(/[/]$/, "") + "/v1/batch";
const analytics = new Analytics({ writeKey, host: origin, path, maxRetries: 0 });
analytics.on("error", (error) => { console.error(error); process.exitCode = 1; });
analytics.identify({ userId, traits: { email } });
analytics.page({ userId, name: "Pricing" });
analytics.closeAndFlush();
"""


@pytest.fixture(scope="module")
def node_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Segment's library for Node; its tests are passed over, visibly, where it cannot be had."""
    folder = tmp_path_factory.mktemp("node")
    if shutil.which("npm") is None:
        pytest.skip("there is no npm on this machine")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "@segment/analytics-node@2"]
    if subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False).returncode:
        pytest.skip("npm cannot reach its registry")
    (folder / "send.js").write_text(NODE_PROGRAM)
    return folder


def test_segments_library_for_node_sends_here(own_api: Api, stack_info: StackInfo, node_library: Path) -> None:
    email, user = someone(), something()

    command = ["node", "send.js", tracked(own_api), stack_info.api_url, user, email]
    ended = subprocess.run(command, cwd=node_library, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 0, ended.stderr
    prospect = own_api.find(email=email)
    assert prospect is not None
    types = {entry.get("type") for entry in own_api.timeline(prospect["prospect_id"])}
    assert {"identify", "website_visit"} <= types


def test_a_page_is_told_that_it_may_send(own_api: Api, stack_info: StackInfo) -> None:
    headers = {"Origin": "https://www.example.com", "Access-Control-Request-Method": "POST"}

    asked = httpx.options(f"{stack_info.api_url}/v1/batch", headers=headers, timeout=60)
    beacon = httpx.post(
        f"{stack_info.api_url}/v1/page",
        content=json.dumps({"writeKey": tracked(own_api), "anonymousId": something(), "type": "page"}),
        headers={"Content-Type": "text/plain", "Origin": "https://www.example.com"},
        timeout=60,
    )

    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert (beacon.status_code, beacon.headers["Access-Control-Allow-Origin"]) == (200, "*")
