"""Segment and RudderStack: their HTTP tracking API, to which their libraries send when they are given our address.

The write key is what the source is found by; it stands in public pages, so it proves nothing but which source is meant.
For the same reason nobody is erased by a message.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from lifecycle.sources import reading
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import by_address
from lifecycle.sources.said import Said
from lifecycle.sources.segment_events import KIND, Reader
from lifecycle.sources.source import Reply, Source, Tally, UnreadableDeliveryError, UnreadablePartError

#: Segment, "HTTP API source", section "Max request size".
MAX_BODY_BYTES = 500 * 1024
MAX_EVENTS = 2_500

_BATCHES = frozenset({"batch", "import", "b"})
#: Calls by the last part of their path; browsers use the first letters.
_CALLS = {
    name: call
    for call in ("identify", "track", "page", "screen", "group", "alias")
    for name in (call, call[0])
}  # fmt: skip


def write_key(delivery: Delivery) -> str | None:
    """The write key by which a request names its source: the user of Basic authentication, or ``writeKey`` of the body.

    Pages that are left send by ``sendBeacon``, which cannot set a header. So the body has to be read to find out whose
    it is; it is not believed for that, and what it says is translated only when its source is found.

    Returns:
        ``None`` where it names none.
    """
    if delivery.credentials is not None:
        return delivery.credentials.user or None
    try:
        body = reading.json_of(_unpacked(delivery))
    except UnreadableDeliveryError:
        return None
    key = body.get("writeKey") if isinstance(body, dict) else None
    return key or None if isinstance(key, str) else None


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    body = reading.json_of(_unpacked(delivery))
    if not isinstance(body, dict):
        raise UnreadableDeliveryError("The body is not a JSON object.")
    messages = _messages(body, delivery.call)
    context = body.get("context") if "batch" in body else None
    reader = Reader(
        delivery.received_at, body.get("sentAt"), context if isinstance(context, dict) else {}, settings
    )  # fmt: skip
    small = len(delivery.body) <= reading.MAX_PART_BYTES and not delivery.header("content-encoding")
    return reading.each(messages, partial(_said, reader=reader, call=delivery.call, small=small))


def _unpacked(delivery: Delivery) -> bytes:
    """The body, unpacked where it came packed; RudderStack's libraries do that.

    Raises:
        UnreadableDeliveryError: it is too large, or packed in another way.
    """
    encoding = delivery.header("content-encoding").strip().lower()
    body = delivery.body
    if encoding == "gzip":
        try:
            body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, MAX_BODY_BYTES + 1)
        except zlib.error:
            raise UnreadableDeliveryError("The body is not gzip, and Content-Encoding says so.") from None
    elif encoding not in ("", "identity"):
        raise UnreadableDeliveryError("Content-Encoding is neither gzip nor identity.")
    if len(body) > MAX_BODY_BYTES:
        raise UnreadableDeliveryError(f"The body has more than {MAX_BODY_BYTES:,} bytes.")
    return body


def _messages(body: dict[str, Any], call: str) -> list[Any]:
    # A message of a batch may come alone: from quarantine.
    if "batch" not in body and (call.lower() not in _BATCHES or "type" in body or "action" in body):
        return [body]
    messages = body.get("batch")
    if not isinstance(messages, list) or len(messages) > MAX_EVENTS:
        raise UnreadableDeliveryError(f"batch is not an array of at most {MAX_EVENTS:,} messages.")
    return messages


def _said(part: Any, reader: Reader, call: str, small: bool) -> Iterator[Said]:
    message = reading.object_in(part, "the message")
    if not small and len(json.dumps(message, default=str)) > reading.MAX_PART_BYTES:
        raise UnreadablePartError(f"the message has more than {reading.MAX_PART_BYTES:,} bytes")
    type_ = message.get("type") or message.get("action") or _CALLS.get(call.lower(), call)
    yield reader.read(message, reading.text_in(type_, "type"))


def _reply(_delivery: Delivery, _settings: Mapping[str, Any], _tally: Tally) -> Reply:
    """As Segment answers: 200 whatever became of single messages, for its libraries send again what is refused."""
    return Reply(200, '{"success": true}')


SOURCE = Source(
    kind=KIND,
    title="Segment and RudderStack",
    connecting=(
        "Give the library the write key of this source, and its address where the library wants that of the API: "
        "`apiHost` and `endpoint` at Segment, `dataPlaneUrl` at RudderStack. Or send to it from anywhere as their HTTP "
        "API is sent to: `POST /v1/track` and so on, the write key as the user of Basic authentication."
    ),
    secret=None,
    settings={
        "type": "object",
        "properties": {
            "user_id_is_email": {
                "description": "Whether a userId that is an email address names the person's email as well.",
                "type": "boolean",
                "default": False,
            },
            "previous_id": {
                "description": "What the previousId of an alias is, where it is no email: a visitor's id or a user's.",
                "enum": ["visitor", "user"],
                "default": "visitor",
            },
            "events": {
                "description": "What tracked events are to the funnel, by their names; others keep theirs.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "type": {
                            "description": "The activity's type.",
                            "type": "string",
                            "pattern": "^[a-z][a-z0-9_]{0,63}$",
                        },
                        "direction": {
                            "description": "Who acted; by default what is usual for the type.",
                            "enum": ["inbound", "outbound", "internal"],
                        },
                        "properties": {
                            "description": "Properties that are added, such as the form.",
                            "type": "object",
                            "maxProperties": 20,
                        },
                    },
                    "required": ["type"],
                    "additionalProperties": False,
                },
                "maxProperties": 500,
            },
        },
        "additionalProperties": False,
    },
    verify=by_address,
    translate=_translate,
    reply=_reply,
)
