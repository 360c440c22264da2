"""A made-up outside system, for tests of what happens to whatever a source says.

Its body is a JSON list; an entry is ``{"id", "kind": "visit" | "deal" | "link" | "forget" | "offer", ...}``. The header
``x-secret`` proves it, and ``x-nonce`` may be used once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.sources import reading
from lifecycle.sources.crm import ENRICHMENT_SETTING
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import ErasureRequest, LinkUpdate, Said, SubscriptionOffer
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.times import from_iso


def _verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    if delivery.header("x-secret") not in secrets:
        raise RefusedDeliveryError("mismatch")


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    body = reading.json_of(delivery.body)
    entries = body if isinstance(body, list) else [body]
    return reading.each(entries, lambda entry: _entry(entry, delivery, settings))


def _entry(entry: Any, delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    entry = reading.object_in(entry, "the entry")
    id_ = reading.event_id("toy", entry.get("id"))
    at = from_iso(entry["at"]) if "at" in entry else delivery.received_at
    now = delivery.received_at
    contact = reading.crm("toy", entry["contact"], "contact") if "contact" in entry else None
    match entry.get("kind"):
        case "visit":
            email = (reading.email(entry["email"]),) if "email" in entry else ()
            named = (*email, *((contact,) if contact else ()))
            yield reading.activity(id_, settings.get("type", "website_visit"), at, now, named, source="toy")
        case "deal":
            joined = (Contact((contact,), None),) if contact else ()
            yield DealUpdate(id_, at, now, f"toy:{entry['deal']}", entry.get("status"), joined=joined)
        case "link":
            deal = f"toy:{entry['deal']}" if "deal" in entry else None
            yield LinkUpdate(id_, at, now, f"toy:{entry['link']}", deal, contact, None, entry.get("deleted", False))
        case "forget":
            yield ErasureRequest(id_, Identity("email", entry["email"]))
        case "offer":
            yield SubscriptionOffer(entry["url"])
        case _:
            raise UnreadablePartError("kind is none of visit, deal, link, forget, offer")


SOURCE = Source(
    kind="toy",
    title="Toy",
    connecting="It connects itself.",
    secret="any word",
    settings={
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "The type of activities."},
            "enrichment": ENRICHMENT_SETTING,
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
    once=lambda delivery: delivery.header("x-nonce") or None,
)
