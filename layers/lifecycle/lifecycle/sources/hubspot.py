"""HubSpot: the webhooks of an app, and what a workflow's action "Send a webhook" sends. See docs/sources/hubspot.md."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from lifecycle.sources import hubspot_changes, hubspot_records
from lifecycle.sources.crm import SYSTEM_SETTING, settings_schema, stages_setting
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.hubspot_account import STAGES, Account
from lifecycle.sources.reading import each, json_of, object_in, optional_text
from lifecycle.sources.said import Said, SubscriptionOffer, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.times import from_millis

KIND = "hubspot"
WINDOW = timedelta(minutes=5)

#: HubSpot signs the address with these characters decoded, and no others ("Validate the v3 request signature").
_DECODED = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)

_SHARED = "The client secret of the app."


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """Version 3 of HubSpot's signatures, over method, address, body and time.

    Versions 1 and 2, which come along, are refused: neither has a time, so that what was sent once could be sent again.

    Raises:
        RefusedDeliveryError: it is not signed with one of the secrets, or not within five minutes.
    """
    sent = delivery.header("x-hubspot-signature-v3")
    timestamp = delivery.header("x-hubspot-request-timestamp")
    if not sent or not timestamp:
        raise RefusedDeliveryError("missing")
    address = _DECODED.sub(lambda escape: chr(int(escape[0][1:], 16)), delivery.url)
    signed = f"{delivery.method}{address}".encode() + delivery.body + timestamp.encode(errors="replace")
    signatures = [b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)) for secret in secrets]
    if not any([hmac.compare_digest(signature, sent.encode(errors="replace")) for signature in signatures]):  # noqa: C419 - all of them
        raise RefusedDeliveryError("mismatch")
    try:
        signed_at = from_millis(timestamp)
    except UnreadablePartError:
        raise RefusedDeliveryError("mismatch") from None
    if abs(delivery.received_at - signed_at) > WINDOW:
        raise RefusedDeliveryError("stale")


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """What up to a hundred changes say, or one record of a workflow."""
    account = Account.of(settings, delivery.received_at)
    body = json_of(delivery.body)
    return _once(each(body if isinstance(body, list) else [body], lambda part: _said_by(part, account)))


def _once(said: Iterable[Said]) -> Iterator[Said]:
    """Each event once: both sides of an association are the same one, and come in one delivery mostly."""
    seen = set()
    for one in said:
        if not isinstance(one, Unreadable | SubscriptionOffer):
            if one.id in seen:
                continue
            seen.add(one.id)
        yield one


def _said_by(part: Any, account: Account) -> Iterable[Said]:
    sent = object_in(part, "the event")
    if account.portal is not None and optional_text(sent.get("portalId")) != account.portal:
        raise UnreadablePartError("portalId is not that of the setting portal: it is of another account")
    if "subscriptionType" in sent:
        return hubspot_changes.said_by(sent, account)
    if "properties" in sent:
        return hubspot_records.said_by(sent, account)
    raise UnreadablePartError("has neither a subscriptionType nor properties: it is no event and no record of HubSpot")


SOURCE = Source(
    kind=KIND,
    title="HubSpot",
    connecting=(
        "In the settings of a private or public app, under **Webhooks**, enter the address as the target URL. "
        "Subscribe to contacts and deals: created, deleted, restored, merged, association changed, privacy deleted, "
        "and changes of the properties `email`, `dealstage`, `dealname`, `amount`, `pipeline`, `hs_is_closed_won` and "
        "`hs_is_closed_lost`. The secret is the app's client secret."
    ),
    secret=_SHARED,
    settings=settings_schema(
        system={**SYSTEM_SETTING, "default": KIND},
        portal={
            "type": "string",
            "pattern": "^[0-9]{1,20}$",
            "description": "The id of the account. What the same app sends for other accounts goes to quarantine then.",
        },
        deal_stages=stages_setting(
            "What the stages of the pipelines mean, by their internal ids, which differ between pipelines. All others "
            "are open.",
            STAGES,
        ),
        currency={
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "The currency of amounts, for accounts with a single one, whose deals do not name it.",
        },
        association_labels={
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256},
            "description": "What role a label of an association between deal and contact means, by its "
            "associationTypeId; both directions have an id of their own.",
            "default": {},
        },
        forms={
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256},
            "description": "What the funnel calls a form, by the name that recent_conversion_event_name has for it.",
            "default": {},
        },
    ),
    verify=verify,
    translate=translate,
)
