"""HubSpot as a sender: the changes of an app's webhooks, and the records of a workflow.

The signature is made here, over any bytes: HubSpot's own library for Python (``hubspot.utils.signature``) signs texts
alone. It is held to that library, and to the vectors that the library is tested with
(tests/unit/sources/test_hubspot.py).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

PORTAL, CONTACT, OTHER_CONTACT, DEAL, OTHER_DEAL = 4711001, 508000000101, 508000000102, 332000000201, 332000000202
#: 2026-02-27T09:00:00Z.
BEGIN = 1_772_182_800_000


def change(type_: str, object_id: int | None = CONTACT, after: int = 0, **more: Any) -> dict[str, Any]:
    """One change, ``after`` milliseconds from the beginning."""
    number = sum(map(ord, type_ + json.dumps(more, sort_keys=True))) + after
    told = {
        "eventId": number,
        "subscriptionId": 650_000 + number % 97,
        "portalId": PORTAL,
        "appId": 39001,
        "occurredAt": BEGIN + after,
        "subscriptionType": type_,
        "attemptNumber": 0,
        "changeSource": "CRM_UI",
        "sourceId": "userId:77",
        **more,
    }
    return told if object_id is None else {**told, "objectId": object_id}


def association(from_: str, to: str, ids: tuple[int, int], after: int = 0, **more: Any) -> dict[str, Any]:
    """One side of an association that came or went."""
    told: dict[str, Any] = {"associationRemoved": False, "fromObjectId": ids[0], "toObjectId": ids[1]}
    return change(
        f"{from_.lower()}.associationChange", None, after, associationType=f"{from_}_TO_{to}", **(told | more)
    )


def changed(name: str, value: str, after: int = 0, **more: Any) -> dict[str, Any]:
    """A property of a contact that changed."""
    return change("contact.propertyChange", after=after, propertyName=name, propertyValue=value, **more)


def deal_changed(name: str, value: str, after: int = 0) -> dict[str, Any]:
    """A property of a deal that changed."""
    return change("deal.propertyChange", DEAL, after, propertyName=name, propertyValue=value)


def held(*values: tuple[str, int]) -> dict[str, Any]:
    """A property of a record, with its history, the newest first."""
    versions = [{"value": value, "timestamp": BEGIN + after, "source": "CRM_UI"} for value, after in values]
    return {**versions[0], "versions": versions}


def body(value: Any) -> bytes:
    """As HubSpot writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


CONTACT_RECORD = {
    "vid": CONTACT,
    "portalId": PORTAL,
    "is-contact": True,
    "properties": {
        "email": held(("ann@example.com", 100)),
        "firstname": held(("Ann", 100)),
        "lifecyclestage": held(("lead", 200), ("subscriber", 100)),
        "hs_email_open": held(("3", 300)),
    },
    "identity-profiles": [
        {
            "vid": CONTACT,
            "identities": [
                {"type": "EMAIL", "value": "ann@example.com", "timestamp": BEGIN, "is-primary": True},
                {"type": "LEAD_GUID", "value": "5f9c7f3e-0000-4000-8000-0123456789ab", "timestamp": BEGIN},
            ],
        }
    ],
}
DEAL_RECORD = {
    "portalId": PORTAL,
    "objectType": "DEAL",
    "objectTypeId": "0-3",
    "objectId": DEAL,
    "version": 3,
    "isDeleted": False,
    "properties": {
        "dealname": held(("Ten seats", 0)),
        "amount": held(("1200.50", 0)),
        "deal_currency_code": held(("EUR", 0)),
        "pipeline": held(("default", 0)),
        "dealstage": held(("9120437", 5000), ("qualifiedtobuy", 0)),
        "hs_is_closed_won": held(("true", 5000), ("false", 0)),
    },
}

_SAMPLES: Mapping[str, Any] = {
    "contact_created": [change("contact.creation", changeFlag="CREATED")],
    "contact_named": [changed("firstname", "Ann")],
    "contact_email": [changed("email", "Ann@Example.com")],
    "contact_more_emails": [changed("hs_additional_emails", "ann.b@example.com;ann.c@example.com")],
    "contact_cleared": [changed("phone", "")],
    "contact_clicked": [changed("hs_email_last_click_date", str(BEGIN))],
    "contact_form": [changed("recent_conversion_event_name", "Pricing: Talk to sales")],
    "contact_bounced": [changed("hs_email_hard_bounce_reason_enum", "UNKNOWN_USER")],
    "contact_unsubscribed": [changed("hs_email_optout", "true")],
    "contact_deleted": [change("contact.deletion", changeFlag="DELETED")],
    "contact_restored": [change("contact.restore")],
    "contact_forgotten": [change("contact.privacyDeletion")],
    "contacts_merged": [
        change(
            "contact.merge",
            primaryObjectId=CONTACT,
            mergedObjectIds=[OTHER_CONTACT],
            newObjectId=CONTACT,
            numberOfPropertiesMoved=3,
        )
    ],
    "contact_unknown": [change("contact.somethingNew")],
    "generic_contact": [
        change("object.creation", objectTypeId="0-1"),
        change("object.propertyChange", objectTypeId="0-1", propertyName="email", propertyValue="ann@example.com"),
    ],
    "generic_deal": [change("object.creation", DEAL, objectTypeId="0-3")],
    "deal_created": [change("deal.creation", DEAL, changeFlag="CREATED")],
    "deal_details": [
        deal_changed("dealname", "Ten seats"),
        deal_changed("amount", "1200.50"),
        deal_changed("deal_currency_code", "EUR"),
        deal_changed("pipeline", "default"),
        deal_changed("dealstage", "qualifiedtobuy"),
        deal_changed("closed_lost_reason", "No budget"),
        deal_changed("hubspot_owner_id", "77"),
    ],
    "deal_won": [deal_changed("dealstage", "closedwon", 9000)],
    "deal_lost": [deal_changed("dealstage", "closedlost", 9000)],
    "deal_won_elsewhere": [deal_changed("hs_is_closed_won", "true", 9000)],
    "deal_deleted": [change("deal.deletion", DEAL)],
    "deal_restored": [change("deal.restore", DEAL)],
    "deals_merged": [
        change("deal.merge", DEAL, primaryObjectId=DEAL, mergedObjectIds=[OTHER_DEAL], newObjectId=332000000203)
    ],
    "associated": [
        association("DEAL", "CONTACT", (DEAL, CONTACT)),
        association("CONTACT", "DEAL", (CONTACT, DEAL)),
    ],
    "dissociated": [association("DEAL", "CONTACT", (DEAL, CONTACT), 9000, associationRemoved=True)],
    "associated_by_label": [
        change(
            "object.associationChange",
            None,
            fromObjectTypeId="0-3",
            toObjectTypeId="0-1",
            fromObjectId=DEAL,
            toObjectId=CONTACT,
            associationTypeId=31,
            associationCategory="USER_DEFINED",
            associationRemoved=False,
        )
    ],
    "company_of_contact": [association("CONTACT", "COMPANY", (CONTACT, 330000000301))],
    "workflow_contact": CONTACT_RECORD,
    "workflow_deal": DEAL_RECORD,
}


def sign(content: bytes, url: str, secret: str, now: datetime) -> Mapping[str, str]:
    """The headers of version 3."""
    timestamp = str(int(now.timestamp() * 1000))
    signed = b"POST" + url.encode() + content + timestamp.encode()
    signature = b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()
    return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": timestamp}


SENDER = Sender(
    kind="hubspot",
    secret="b1f0c0de-0000-4000-8000-00c0ffee0001",
    samples={name: Sample(body(value)) for name, value in _SAMPLES.items()},
    sign=sign,
    settings={
        "portal": str(PORTAL),
        "association_labels": {"31": "decision_maker"},
        "forms": {"Pricing: Talk to sales": "contact"},
    },
)
