"""Salesforce as a sender of change events: Event Relay or Amazon AppFlow puts them on a bus, and nothing is signed.

There is no public sample of a change of an OpportunityContactRole: those here follow the field reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

ORGANISATION = "00D5f0000011AAAEA2"
CONTACT, LEAD, OPPORTUNITY, ROLE = (
    "0035f00000C1AAAAA3",
    "00Q5f00000L1AAAEA3",
    "0065f00000P1AAAAA3",
    "00K5f00000R1AAAEA3",
)
#: 2026-02-27T09:00:00Z.
BEGIN = 1_772_182_800_000
FLOW = "aws.partner/appflow/salesforce.com/123456789012/prospects"


def _number(*told: object) -> int:
    """Another one for nearly every event, and always the same for the same."""
    return sum(place * ord(character) for place, character in enumerate(repr(told), 1))


def header(entity: str, change: str, *ids: str, after: int = 0, **more: Any) -> dict[str, Any]:
    """What every change event begins with."""
    return {
        "entityName": entity,
        "recordIds": list(ids),
        "changeType": change,
        "changeOrigin": "com/salesforce/api/soap/66.0;client=Test",
        "transactionKey": f"0007a1b2-0000-4000-8000-{_number(entity, change, ids, after, more):012d}",
        "sequenceNumber": 1,
        "commitTimestamp": BEGIN + after,
        "commitNumber": 1_772_182_800_000_000 + after,
        "commitUser": "0055f000001UserAAC",
        **more,
    }


def relayed(entity: str, change: str, *ids: str, after: int = 0, **fields: Any) -> dict[str, Any]:
    """An event as Event Relay puts it on the bus. A change names its fields."""
    named = [name for name in fields if name != "header"]
    more = {"changedFields": named} if change == "UPDATE" else {}
    more |= fields.pop("header", {})
    return {
        "version": "0",
        "id": "7a0c1d0e-0000-4000-8000-000000000001",
        "detail-type": f"{entity}ChangeEvent",
        "source": f"aws.partner/salesforce.com/{ORGANISATION}/0YL5f000000CaAAGAS",
        "detail": {"payload": {"ChangeEventHeader": header(entity, change, *ids, after=after, **more), **fields}},
    }


def flowed(entity: str, change: str, *ids: str, **fields: Any) -> dict[str, Any]:
    """An event as Amazon AppFlow puts it on the bus."""
    event = relayed(entity, change, *ids, **fields)
    return {**event, "source": FLOW, "account": "123456789012", "detail": event["detail"]["payload"]}


def body(value: Any) -> bytes:
    """As a function gets it."""
    return json.dumps(value, ensure_ascii=False).encode()


_NAME = {"Salutation": "Ms.", "FirstName": "Ann", "LastName": "Example"}
CONVERSION: Mapping[str, Any] = {
    "IsConverted": True,
    "Status": "Qualified",
    "ConvertedContactId": CONTACT,
    "ConvertedOpportunityId": OPPORTUNITY,
    "ConvertedAccountId": "0015f00000A1AAAAA3",
    "ConvertedDate": "2026-02-27",
}
_SAMPLES: Mapping[str, Any] = {
    "contact_created": relayed(
        "Contact", "CREATE", CONTACT, Name=_NAME, Email="Ann@Example.com", Phone=None, Region__c="Danube"
    ),
    "contact_changed": relayed(
        "Contact", "UPDATE", CONTACT, Name={"LastName": "Sample"}, header={"changedFields": ["Name.LastName"]}
    ),
    "contact_deleted": relayed("Contact", "DELETE", CONTACT),
    "contact_restored": relayed("Contact", "UNDELETE", CONTACT, Name=_NAME, Email="ann@example.com"),
    "contact_gone_in_a_gap": relayed("Contact", "GAP_DELETE", CONTACT),
    "lead_created": relayed("Lead", "CREATE", LEAD, Name=_NAME, Email="ann@example.com", Status="Open"),
    "lead_converted": relayed("Lead", "UPDATE", LEAD, **CONVERSION),
    "opportunity_created": relayed(
        "Opportunity",
        "CREATE",
        OPPORTUNITY,
        Name="Ten seats",
        StageName="Prospecting",
        IsClosed=False,
        IsWon=False,
        Amount=1200.5,
        CurrencyIsoCode="EUR",
        ContactId=None,
        RecordTypeId="0125f000000RtAAAEA",
    ),
    "opportunity_won": relayed(
        "Opportunity", "UPDATE", OPPORTUNITY, after=9000, StageName="Closed Won", IsClosed=True, IsWon=True
    ),
    "opportunity_lost": relayed(
        "Opportunity", "UPDATE", OPPORTUNITY, after=9000, IsClosed=True, Loss_Reason__c="No budget"
    ),
    "opportunity_deleted": relayed("Opportunity", "DELETE", OPPORTUNITY),
    "opportunities_at_once": relayed(
        "Opportunity", "UPDATE", OPPORTUNITY, "0065f00000P2AAAAA3", "0065f00000P3AAAAA3", StageName="Closed Lost"
    ),
    "role_created": relayed(
        "OpportunityContactRole",
        "CREATE",
        ROLE,
        OpportunityId=OPPORTUNITY,
        ContactId=CONTACT,
        Role="Decision Maker",
    ),
    "role_changed": relayed("OpportunityContactRole", "UPDATE", ROLE, after=5000, Role="Influencer"),
    "role_deleted": relayed("OpportunityContactRole", "DELETE", ROLE, after=9000),
    "from_a_flow": flowed("Opportunity", "UPDATE", OPPORTUNITY, Amount=99),
}


def sign(_content: bytes, _url: str, _secret: str, _now: datetime) -> Mapping[str, str]:
    """Nothing: IAM proves the bus."""
    return {}


SENDER = Sender(
    kind="salesforce",
    secret="",
    samples={name: Sample(body(value)) for name, value in _SAMPLES.items()},
    sign=sign,
    settings={"organisation": ORGANISATION, "event_source": FLOW},
    url=f"eventbridge:aws.partner/salesforce.com/{ORGANISATION}/0YL5f000000CaAAGAS",
)
