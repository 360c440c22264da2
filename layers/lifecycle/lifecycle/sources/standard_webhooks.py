"""Standard Webhooks (https://www.standardwebhooks.com): whatever can sign as it says, with data in our own shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lifecycle.sources import own_shape, reading, standard_signature
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said
from lifecycle.sources.source import Source, UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "standard_webhooks"


def _verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    standard_signature.verify(delivery, secrets)


def _translate(delivery: Delivery, _settings: Mapping[str, Any]) -> Iterable[Said]:
    id_, _, _ = standard_signature.headers_of(delivery)

    def said_by(body: Any) -> Iterable[Said]:
        envelope = reading.object_in(body, "the body")
        type_ = reading.text_in(envelope.get("type"), "type")
        return own_shape.enveloped(KIND, id_, type_, envelope.get("data"), _time(envelope), delivery)

    return reading.each([reading.json_of(delivery.body)], said_by)


def _time(envelope: Mapping[str, Any]) -> Any:
    if envelope.get("timestamp") is None:
        return None
    try:
        return from_iso(envelope["timestamp"])
    except UnreadablePartError as error:
        raise UnreadablePartError(f"timestamp {error}") from None


SOURCE = Source(
    kind=KIND,
    title="Standard Webhooks",
    connecting=(
        "In the sending system, make a webhook (an endpoint) with the address of this source, and give this source the "
        "signing secret that it shows, `whsec_` and all. The body is `{type, timestamp, data}`; `data` is an activity "
        "as `POST /activities` takes it for the type `prospect.activity`, and a deal with its `deal_id` for "
        "`prospect.deal`. For other bodies there is the kind `mapping`."
    ),
    secret="The signing secret of the endpoint: whsec_ and 24 to 64 bytes as base64.",  # noqa: S106 - words about it
    settings={"type": "object", "properties": {}, "additionalProperties": False},
    verify=_verify,
    translate=_translate,
)
