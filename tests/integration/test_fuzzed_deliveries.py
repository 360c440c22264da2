"""Whatever a system sends with its proof, the whole of the code on a table like the template's takes it: never a server
error, and what is kept of it can be read again."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from lifecycle.contract import source_desk
from lifecycle.services import lifecycle
from lifecycle.services.connections import Connections, Wanted
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.sources.delivery import BUS
from lifecycle.sources.source import RefusedDeliveryError
from lifecycle.sources.table import SOURCES
from lifecycle.store.source_records import SourceRecord
from lifecycle.store.sources import SourceStore
from lifecycle.store.vault import Vault
from tests.integration.story import handle
from tests.integration.tables import create_table
from tests.senders import ses
from tests.senders.bodies import bodies
from tests.senders.sender import Sample, Sender, delivery

TABLE, WORKSPACE = "prospects", "acme"
URL = "https://api.example.com/webhooks/"
FUZZED = settings(max_examples=15, suppress_health_check=list(HealthCheck))
SERVER_ERROR = 500

Connect = Callable[[Sender], tuple[SourceRecord, Connections]]


def sender_of(kind: str) -> Sender:
    sender: Sender = import_module(f"tests.senders.{kind}").SENDER
    return sender


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Connects a sender to a workspace of an empty table, behind the handlers."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        vault = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
        for module in (lifecycle, source_desk):
            monkeypatch.setattr(module, "workspace_client", lambda _workspace: client)
        monkeypatch.setattr(source_desk, "dynamodb_client", lambda: client)
        monkeypatch.setattr(source_desk, "vault", lambda: vault)
        monkeypatch.setattr(source_desk, "fetch", lambda url: b"")
        monkeypatch.setattr(source_desk, "certificate", lambda url: ses.SENDER.secret)
        monkeypatch.setenv("TABLE_NAME", create_table(client, TABLE))
        monkeypatch.setenv("PUBLIC_URL", URL.removesuffix("/webhooks/"))

        def connect(sender: Sender) -> tuple[SourceRecord, Connections]:
            store = SourceStore(client, TABLE, WORKSPACE)
            connections = Connections(store, vault, Lifecycle.connect(TABLE, WORKSPACE))
            secret = sender.secret if sender.secret and sender.kind != "ses" else None
            return connections.connect(
                Wanted(sender.kind, "x", secret, sender.settings), "me", datetime.now(UTC)
            ), connections

        yield connect


def answer_to(record: SourceRecord, sender: Sender, sample: Sample) -> None:
    """Have the functions take a sample with its proof, by the bus or over HTTP; hold the answer to what may be."""
    request = delivery(sender, sample, f"{URL}{record.source_id}", datetime.now(UTC))
    if request.url.startswith(BUS):
        try:
            event = json.loads(request.body)
        except ValueError:
            return  # no bus has such an event
        if isinstance(event, dict) and isinstance(event.get("source"), str):
            with suppress(RefusedDeliveryError):
                handle("receive_event", {"source_id": record.source_id, "event": event})
        return
    path = f"/webhooks/{record.source_id}" + (f"/{request.call}" if request.call else "")
    answer = handle(
        "receive_webhook",
        {
            "resource": "/webhooks/{source_id}",
            "path": path,
            "httpMethod": "POST",
            "headers": dict(request.headers),
            "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
            "body": b64encode(request.body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": "r", "httpMethod": "POST"},
        },
    )
    assert answer["statusCode"] < SERVER_ERROR, answer["body"]


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_whatever_a_system_sends_is_taken_and_can_be_read_again(connect: Connect, kind: str) -> None:
    sender = sender_of(kind)
    record, connections = connect(sender)

    @FUZZED
    @given(body=bodies(sender.samples), sample=st.sampled_from(list(sender.samples.values())))
    def every_body_is_taken(body: bytes, sample: Sample) -> None:
        answer_to(record, sender, sample._replace(body=body))

    every_body_is_taken()

    for part in connections.quarantined(record.source_id, "", 1000):
        assert part.why
        assert len(part.why) < 500
    connections.waiting("", 1000)
