"""Outside systems that are connected to the deployed stack: what each of them sends, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

import httpx

from lifecycle.sources.delivery import Delivery
from lifecycle.store.schema import AUDIT_PREFIX
from local.stack import LocalStack
from tests.e2e.api import Api, Json
from tests.e2e.hook import Crm
from tests.senders.sender import Sample, Sender, delivery

#: Those that come by a bus, whose deliveries no request over HTTP can be.
BY_BUS = {"salesforce", "ses_eventbridge"}
#: Its certificate is Amazon's, and its signatures nobody else can make: tests/unit/sources/test_ses.py.
OF_AMAZON = {"ses"}


@cache
def sender_of(kind: str) -> Sender:
    """The sender of a kind of source."""
    sender: Sender = import_module(f"tests.senders.{kind}").SENDER
    return sender


class Connected:
    """A sender whose source is connected.

    Arguments:
        api: of the workspace.
        http: what it sends with.
        api_url: where the stack really is.
        sender: what it is.
        hook: where to ask for what it only names.

    Attributes:
        source_id: of its source.
        told_url: the address that the system was told, for which it signs.
    """

    def __init__(self, api: Api, http: httpx.Client, api_url: str, sender: Sender, hook: Crm | None = None) -> None:
        wanted: Json = {"kind": sender.kind, "settings": dict(sender.settings)}
        if hook is not None:
            wanted["settings"]["enrichment"] = {"url": hook.url}
            wanted["enrichment_secret"] = hook.secret
        if sender.secret and sender.kind not in OF_AMAZON:
            wanted["secret"] = sender.secret
        made = api.ok("POST", "/sources", json=wanted)
        self.source_id: str = made["source_id"]
        self.told_url: str = made["url"]
        self._url = f"{api_url}/webhooks/{self.source_id}"
        self._sender = sender
        self._http = http

    def signed(self, sample: Sample, secret: str | None = None, at: datetime | None = None) -> Delivery:
        """A sample as the system would send it, signed for the address that it was told.

        Arguments:
            sample: what is sent.
            secret: by which; its own unless another one is given.
            at: when; now unless another time is given.
        """
        return delivery(self._sender, sample, self.told_url, at or datetime.now(UTC), secret)

    def send(self, request: Delivery) -> httpx.Response:
        """Send a delivery to where the stack really is."""
        url = self._url + (f"/{request.call}" if request.call else "")
        return self._http.post(url, content=request.body, headers=as_bytes(request.headers))


Connect = Callable[..., Connected]
#: Items of the table by their keys.
Items = dict[tuple[str, str], Json]
Kept = Callable[[], Items]


def as_bytes(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they go over the wire (RFC 9110, section 5.5: other bytes than ASCII are opaque)."""
    return [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers.items()]


def hand_over(local_stack: LocalStack, source_id: str, event: Any) -> str | None:
    """Hand an event over to the function, as the rule of a bus does, and wait for what becomes of it.

    Returns:
        Why the function failed, ``None`` where it has kept the event. (The emulator does not say which error it was.)
    """
    given = json.dumps({"source_id": source_id, "event": event}).encode()
    answer = local_stack.client("lambda").invoke(FunctionName="prospect-lifecycle-receive_event", Payload=given)
    told = answer["Payload"].read()
    return str(json.loads(told)["errorMessage"]) if "FunctionError" in answer else None


def items_of(dynamodb: Any, table: str, workspace: str) -> Items:
    """Every item that is there, but for those of other workspaces and for the time of the last refusal."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(pk, :own) OR pk = :trail OR NOT (begins_with(pk, :w) OR begins_with(pk, :a))",
        ExpressionAttributeValues={
            ":own": {"S": f"W#{workspace}#"},
            ":trail": {"S": f"{AUDIT_PREFIX}{workspace}"},
            ":w": {"S": "W#"},
            ":a": {"S": AUDIT_PREFIX},
        },
    )
    return {
        (item["pk"]["S"], item["sk"]["S"]): {name: item[name] for name in item if name != "last_refused_at"}
        for page in pages
        for item in page["Items"]
    }
