"""Deliveries whose proof is wrong, against the deployed stack: every system's is refused, and no item is kept of it."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx

from local.stack import LocalStack, StackInfo
from tests.e2e.connected import Connect, Kept, hand_over, sender_of
from tests.e2e.wrong_proofs import FOREIGN, PROVEN, wrong_proofs
from tests.senders import ses
from tests.senders.sender import Sample
from tests.senders.ses_events import EVENTS

#: Those whose proof is over the body.
COVERING = {
    "calendly", "delighted", "hubspot", "mapping", "sendgrid", "standard_webhooks", "stripe", "typeform",
}  # fmt: skip
SOMEBODY_ELSE = "00D5f0000099AAAEA2"


def test_a_wrong_proof_of_any_system_is_refused_and_nothing_is_kept(connect: Connect, kept: Kept) -> None:
    senders = {kind: sender_of(kind) for kind in PROVEN}
    sources = {kind: connect(sender) for kind, sender in senders.items()}
    samples = {kind: next(iter(sender.samples.values())) for kind, sender in senders.items()}
    before = kept()

    answers = {
        (kind, way): sources[kind].send(request)
        for kind, sender in senders.items()
        for way, request in wrong_proofs(sender, sources[kind], samples[kind])
    }

    assert {wrong: answer.status_code for wrong, answer in answers.items()} == dict.fromkeys(answers, 401)
    assert {answer.json()["type"].rpartition(":")[2] for answer in answers.values()} == {"delivery-refused"}
    assert kept() == before
    ways = {kind: [way for of, way in answers if of == kind] for kind in PROVEN}
    assert all("another's secret" in of_kind for of_kind in ways.values())
    assert {kind for kind in PROVEN if "another body" in ways[kind]} == COVERING
    # Nothing else was wrong with them.
    right = {kind: connected.send(connected.signed(samples[kind])) for kind, connected in sources.items()}
    assert {kind: answer.status_code for kind, answer in right.items() if answer.status_code >= 400} == {}
    assert len(kept()) > len(before)


def test_what_comes_from_elsewhere_is_refused_and_nothing_is_kept(connect: Connect, kept: Kept) -> None:
    sources = {kind: connect(replace(sender_of(kind), settings=settings)) for kind, settings in FOREIGN.items()}
    before = kept()

    statuses = {
        (kind, name): connected.send(connected.signed(sample)).status_code
        for kind, connected in sources.items()
        for name, sample in sender_of(kind).samples.items()
    }

    assert statuses == dict.fromkeys(statuses, 401)
    assert kept() == before


def test_a_message_of_sns_by_the_certificate_of_others_is_refused_and_nothing_is_kept(
    connect: Connect, kept: Kept
) -> None:
    """What proves a true one is SNS's own key, so none can be sent here (its rules: tests/unit/sources/test_ses.py)."""
    connected = connect(ses.SENDER)
    message = json.dumps(EVENTS["open"])
    wrong = {
        "another host": {"SigningCertURL": ses.CERTIFICATE_URL.replace(".amazonaws.com", ".amazonaws.com.example")},
        "another region": {"SigningCertURL": ses.CERTIFICATE_URL.replace("eu-west-1", "us-east-1")},
        "without TLS": {"SigningCertURL": ses.CERTIFICATE_URL.replace("https", "http")},
        "another topic": {"TopicArn": f"{ses.TOPIC}-2"},
        "another type": {"Type": "Rumour"},
    }
    samples = {
        way: Sample(json.dumps(ses.envelope("Notification", message) | change).encode())
        for way, change in wrong.items()
    }
    before = kept()

    statuses = {way: connected.send(connected.signed(sample)).status_code for way, sample in samples.items()}

    assert statuses == dict.fromkeys(wrong, 401)
    assert kept() == before


def test_an_event_of_another_origin_on_a_bus_is_refused_and_nothing_is_kept(
    local_stack: LocalStack, connect: Connect, kept: Kept
) -> None:
    """The function fails, so that Lambda keeps the event in the dead-letter queue: a rule names the wrong source."""
    wrong = {
        "salesforce": {"source": f"aws.partner/salesforce.com/{SOMEBODY_ELSE}/0YL5f000000CaAAGAS"},
        "ses_eventbridge": {"account": "999999999999"},
    }
    sources = {kind: connect(sender_of(kind)).source_id for kind in wrong}
    events = {kind: json.loads(next(iter(sender_of(kind).samples.values())).body) for kind in wrong}
    before = kept()

    whys = [hand_over(local_stack, sources[kind], events[kind] | change) for kind, change in wrong.items()]

    assert whys == ["foreign", "foreign"]
    assert kept() == before


def test_an_address_that_nobody_has_is_not_found_and_nothing_is_kept(
    stack_info: StackInfo, connect: Connect, kept: Kept
) -> None:
    nobody, samples = "A" * 32, sender_of("segment").samples
    connect(sender_of("segment"))
    before = kept()

    with httpx.Client(base_url=stack_info.api_url, timeout=60) as http:
        statuses = {
            status.status_code
            for sample in samples.values()
            for status in (
                http.post(f"/webhooks/{nobody}", content=sample.body),
                http.post(f"/webhooks/{nobody}/{sample.call}", content=sample.body),
                http.post(f"/v1/{sample.call}", content=sample.body, auth=(nobody, "")),
            )
        }

    assert statuses == {404}
    assert kept() == before
