"""What systems really sent, as others have published it beside the repository, against the deployed stack.

Each payload is signed the system's way, the present as its time, for the address of a source. What SES sends by SNS
cannot be sent here, for only SNS has the key that signs it: its rules are in tests/unit/sources/test_ses.py, and its
events come by EventBridge here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from lifecycle.sources.table import SOURCES
from local.stack import LocalStack
from tests.e2e.api import Api, Json
from tests.e2e.connected import BY_BUS, Connect, hand_over, sender_of
from tests.senders.salesforce import ORGANISATION
from tests.senders.sender import Sample

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"


class Published(NamedTuple):
    """A payload: the name of its file, and how it comes in."""

    name: str
    sample: Sample


def json_bodies(folder: str, pattern: str = "*.json") -> Iterator[Published]:
    """As they were sent; some of them are noted down with their headers, whose proof nobody can make anew."""
    for path in sorted((PAYLOADS / folder).glob(pattern)):
        told = json.loads(path.read_bytes())
        if isinstance(told, dict) and told.keys() >= {"headers", "body"}:
            yield Published(path.name, Sample(json.dumps(told["body"]).encode()))
        elif "vector" not in path.name:
            yield Published(path.name, Sample(path.read_bytes()))


def of_mailgun() -> Iterator[Published]:
    """Its documentation has the events without their envelope."""
    for name, sample in json_bodies("mailgun", "event-data_*.json"):
        yield Published(name, Sample(json.dumps({"event-data": json.loads(sample.body)}).encode()))


def of_jotform() -> Iterator[Published]:
    """A delivery as API Gateway noted it down."""
    path = PAYLOADS / "jotform" / "apigw_proxy_event_multipart.json"
    if path.exists():
        event = json.loads(path.read_bytes())
        yield Published(path.name, Sample(event["body"].encode(), event["headers"]["content-type"]))


def of_salesforce_outbound() -> Iterator[Published]:
    """With an id of an organisation, and a type of record, where tests that they were made for put what is none."""
    for path in sorted((PAYLOADS / "salesforce").glob("outbound_message_[0-9]*.xml")):
        body = re.sub(rb"(?<=<OrganizationId>)\w+", ORGANISATION.encode(), path.read_bytes())
        body = re.sub(rb'(?<="sf:Lead)\d', b"", body)
        yield Published(path.name, Sample(body, "text/xml; charset=utf-8"))


def of_segment() -> Iterator[Published]:
    """Single messages by the call of their type; of several, each by itself."""
    for name, sample in json_bodies("segment"):
        told = json.loads(sample.body)
        if isinstance(told, list):
            yield Published(name, Sample(json.dumps({"batch": told}).encode(), call="batch"))
        else:
            call = "batch" if "batch" in told else told.get("type", path_call(name))
            yield Published(name, sample._replace(call=call))


def path_call(name: str) -> str:
    """The call that an example of the HTTP API is of: ``http_api_track.json``."""
    return name.removesuffix(".json").rpartition("_")[2]


def of_cloudevents() -> Iterator[Published]:
    """Structured, as a batch, and as the headers of a request."""
    for name, sample in json_bodies("cloudevents"):
        batched = "-batch" if name.startswith("batch") else ""
        yield Published(name, sample._replace(content_type=f"application/cloudevents{batched}+json"))
    path = PAYLOADS / "cloudevents" / "binary_mode_http_request.txt"
    if path.exists():
        head, _, body = path.read_bytes().partition(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
        content_type = headers.pop("Content-Type")
        del headers["Host"]
        yield Published(path.name, Sample(body, content_type, headers))


#: Those whose payloads stand elsewhere, or not as they come in.
OTHERWISE: Mapping[str, Callable[[], Iterator[Published]]] = {
    "cloudevents": of_cloudevents,
    "jotform": of_jotform,
    "mailgun": of_mailgun,
    "salesforce_outbound": of_salesforce_outbound,
    "segment": of_segment,
    "standard_webhooks": lambda: json_bodies("standard-webhooks"),
}
#: Nobody has published what these send, and what SNS sends nobody else can sign.
UNPUBLISHED = {"form", "mapping", "trustpilot", "ses"}
OVER_HTTP = sorted(SOURCES.keys() - BY_BUS - UNPUBLISHED)
#: Settings that a kind does not do without.
NEEDED: Mapping[str, Json] = {"salesforce_outbound": {"organisation": ORGANISATION}}
NOBODY = "it names nobody: no email, no id of a person or visitor"
#: Why some of it cannot be read, and rightly: examples that are about nobody we could know, or about other records.
UNREADABLE: Mapping[str, set[str]] = {
    "cloudevents": {NOBODY, "its data is not JSON by its datacontenttype"},
    "hubspot": {"it is about neither a contact nor a deal: end that subscription in HubSpot"},
    "segment": {"previousId is missing"},
    "standard_webhooks": {NOBODY},
}


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_what_was_published_of_a_system_is_taken_and_read(own_api: Api, connect: Connect, kind: str) -> None:
    published = list(OTHERWISE.get(kind, lambda: json_bodies(kind))())
    if not published:
        pytest.skip(f"no published payload of {kind} beside the repository")
    connected = connect(replace(sender_of(kind), settings=NEEDED.get(kind, {})))

    answers = {name: connected.send(connected.signed(sample)) for name, sample in published}

    assert {name: answer.text for name, answer in answers.items() if answer.status_code >= 400} == {}
    assert whys(own_api, connected.source_id) == UNREADABLE.get(kind, set())
    assert is_somebody_known(own_api) is (NOBODY not in UNREADABLE.get(kind, ()))


RELAYED = "aws.partner/salesforce.com/00D5f000005KcCnEAK/0YL5f000000CabWGAS"
FLOWED = "aws.partner/appflow.test/salesforce.com/364228160620/CustomSF-Source-Final"


def of_salesforce() -> Iterator[tuple[str, Json]]:
    """Events as the bus has them; of what was published without its envelope, in that of a relay."""
    for path in sorted((PAYLOADS / "salesforce").glob("*.json")):
        told = json.loads(path.read_bytes())
        for event in told if isinstance(told, list) else [told]:
            yield path.name, event if "source" in event else {"source": RELAYED, "detail": {"payload": event}}


def of_ses() -> Iterator[tuple[str, Json]]:
    """What came by EventBridge, and what SES told SNS, which is the same in another envelope."""
    for path in sorted((PAYLOADS / "ses").glob("eventbridge_*.json")):
        yield path.name, json.loads(path.read_bytes())
    for path in sorted((PAYLOADS / "ses").glob("sns_message_*.json")):
        yield path.name, {"source": "aws.ses", "account": "123456789012", "detail": json.loads(path.read_bytes())}


@pytest.mark.parametrize(
    ("kind", "settings", "published", "unreadable"),
    [
        (
            "salesforce",
            {"organisation": RELAYED.split("/")[2], "event_source": FLOWED},
            of_salesforce,
            {"it is about another kind of record than Contact, Lead, Opportunity and OpportunityContactRole"},
        ),
        ("ses_eventbridge", {"account": "123456789012"}, of_ses, set()),
    ],
    ids=["salesforce", "ses_eventbridge"],
)
def test_what_was_published_of_a_bus_is_taken_and_read(
    local_stack: LocalStack,
    own_api: Api,
    connect: Connect,
    kind: str,
    settings: Json,
    published: Callable[[], Iterator[tuple[str, Json]]],
    unreadable: set[str],
) -> None:
    events = list(published())
    if not events:
        pytest.skip(f"no published event of {kind} beside the repository")
    source_id = connect(replace(sender_of(kind), settings=settings)).source_id

    refusals = [(name, why) for name, event in events if (why := hand_over(local_stack, source_id, event)) is not None]

    assert refusals == []
    assert {why.partition(":")[0] for why in whys(own_api, source_id)} == unreadable
    assert is_somebody_known(own_api)


def whys(api: Api, source_id: str) -> set[str]:
    """Why parts of what a source sent could not be read."""
    return {part["why"] for part in api.ok("GET", f"/sources/{source_id}/quarantine")["parts"]}


def is_somebody_known(api: Api) -> bool:
    """Whether the log of anybody, or of any deal, has an event."""
    return bool(api.ok("GET", "/prospects")["prospects"] or api.ok("GET", "/webhooks/unresolved")["waiting"])
