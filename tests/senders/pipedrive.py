"""Pipedrive as a sender: webhooks of version 2 and of version 1, with Basic authentication."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

COMPANY, PERSON, OTHER_PERSON, DEAL, OTHER_DEAL = 700811, 3101, 3102, 2101, 2102
#: 2026-02-27T09:00:00Z, in seconds.
BEGIN = 1_772_182_800
HASH = "ee7b1a2521cc3a95eefdaa47611ad18572bd1a2f"


def second(
    entity: str,
    action: str,
    identifier: int | str,
    data: Mapping[str, Any] | None = None,
    previous: Mapping[str, Any] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """An event of version 2."""
    number = sum(map(ord, json.dumps([entity, action, identifier, data, previous, meta], sort_keys=True)))
    return {
        "data": data,
        "previous": previous,
        "meta": {
            "action": action,
            "entity": entity,
            "entity_id": str(identifier),
            "company_id": str(COMPANY),
            "id": f"6ba407fc-0000-4000-8000-{number:012d}",
            "correlation_id": f"bc60674a-0000-4000-8000-{number:012d}",
            "is_bulk_edit": False,
            "timestamp": "2026-02-27T09:00:00.057Z",
            "type": "general",
            "user_id": "9102",
            "version": "2.0",
            "webhook_id": "1901",
            "webhook_owner_id": "9103",
            "change_source": "app",
            "permitted_user_ids": ["9102"],
            "attempt": 1,
            "host": "example.pipedrive.com",
            **meta,
        },
    }


def first(
    entity: str,
    action: str,
    identifier: int,
    current: Mapping[str, Any] | None = None,
    previous: Mapping[str, Any] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """An event of version 1."""
    return {
        "v": 1,
        "matches_filters": {"current": []},
        "meta": {
            "action": action,
            "object": entity,
            "id": identifier,
            "company_id": COMPANY,
            "user_id": 9102,
            "host": "example.pipedrive.com",
            "timestamp": BEGIN,
            "timestamp_micro": BEGIN * 1_000_000 + 460_452,
            "webhook_id": "1902",
            "change_source": "app",
            "is_bulk_update": False,
            "v": 1,
            **meta,
        },
        "current": current,
        "previous": previous,
        "event": f"{action}.{entity}",
        "retry": 0,
    }


def deal(**fields: Any) -> dict[str, Any]:
    """A deal, as either version tells of it."""
    told = {
        "id": DEAL,
        "title": "Ten seats",
        "status": "open",
        "person_id": PERSON,
        "org_id": 501,
        "value": 1200.5,
        "currency": "EUR",
        "pipeline_id": 50,
        "stage_id": 428,
        "lost_reason": None,
        "won_time": None,
        "update_time": "2026-02-27T09:00:00Z",
        "custom_fields": {HASH: {"id": 1001, "type": "people"}},
    }
    return {**told, **fields}


def person(**fields: Any) -> dict[str, Any]:
    """A person, as version 2 tells of one."""
    told = {
        "id": PERSON,
        "name": "Ann Example",
        "first_name": "Ann",
        "last_name": "Example",
        "emails": [
            {"label": "home", "value": "family@example.com", "primary": False},
            {"label": "work", "value": "Ann@Example.com", "primary": True},
        ],
        "phones": [{"label": "work", "value": "+43 1 234", "primary": True}],
        "owner_id": 9102,
        "org_id": 501,
        "won_deals_count": 0,
        "update_time": "2026-02-27T09:00:00Z",
        "custom_fields": {HASH: {"type": "varchar", "value": "gold"}},
    }
    return {**told, **fields}


def first_person(**fields: Any) -> dict[str, Any]:
    """A person, as version 1 tells of one."""
    told = {
        "id": PERSON,
        "name": "Ann Example",
        "email": [{"label": "work", "value": "ann@example.com", "primary": True}],
        "phone": [{"label": "work", "value": "+43 1 234", "primary": True}],
        "primary_email": "ann@example.com",
        "cc_email": "example@pipedrivemail.com",
        "activities_count": 1,
        HASH: "gold",
    }
    return {**told, **fields}


_SAMPLES: Mapping[str, Any] = {
    "deal_created": second("deal", "create", DEAL, deal()),
    "deal_moved": second("deal", "change", DEAL, deal(stage_id=429), {"stage_id": 428}),
    "deal_won": second("deal", "change", DEAL, deal(status="won"), {"status": "open"}),
    "deal_lost": second("deal", "change", DEAL, deal(status="lost", lost_reason="No budget"), {"status": "open"}),
    "deal_reopened": second("deal", "change", DEAL, deal(), {"status": "won"}),
    "deal_of_another": second("deal", "change", DEAL, deal(person_id=OTHER_PERSON), {"person_id": PERSON}),
    "deal_of_nobody": second("deal", "change", DEAL, deal(person_id=None), {"person_id": PERSON}),
    "deal_deleted": second("deal", "delete", DEAL, None, deal()),
    "deal_merged_away": second("deal", "delete", OTHER_DEAL, None, deal(), merged_to_id=str(DEAL)),
    "deal_merged": second("deal", "change", DEAL, deal(), {"value": 1}, merged_from_id=str(OTHER_DEAL)),
    "person_created": second("person", "create", PERSON, person()),
    "person_changed": second("person", "change", PERSON, person(name="Ann Sample"), {"name": "Ann Example"}),
    "person_deleted": second("person", "delete", PERSON, None, person()),
    "person_merged_away": second("person", "delete", OTHER_PERSON, None, None, merged_to_id=str(PERSON)),
    "person_merged": second("person", "change", PERSON, person(), {}, merged_from_id=str(OTHER_PERSON)),
    "lead_created": second("lead", "create", "f3d0-lead", {"id": "f3d0-lead", "person_id": PERSON, "title": "Seats"}),
    "note_on_deal": second("note", "create", 88, {"id": 88, "deal_id": DEAL, "content": "called"}),
    "first_deal_added": first("deal", "added", DEAL, deal()),
    "first_deal_updated": first("deal", "updated", DEAL, deal(status="won"), deal()),
    "first_deal_of_old": first(
        "deal",
        "updated",
        DEAL,
        deal(person_id={"name": "Ann", "value": PERSON, "email": [{"value": "ann@example.com", "primary": True}]}),
        deal(),
    ),
    "first_deal_deleted": first("deal", "deleted", DEAL, None, deal(status="deleted")),
    "first_person_added": first("person", "added", PERSON, first_person()),
    "first_person_updated": first("person", "updated", PERSON, first_person(), first_person(name="Ann")),
    "first_person_deleted": first("person", "deleted", PERSON, None, first_person()),
    "first_person_merged": first("person", "merged", PERSON, first_person(), first_person(id=OTHER_PERSON)),
}


def body(value: Any) -> bytes:
    """As Pipedrive writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sign(_content: bytes, _url: str, secret: str, _now: datetime) -> Mapping[str, str]:
    """Basic authentication."""
    return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}


SENDER = Sender(
    kind="pipedrive",
    secret="prospects:k3y0fTh1rtyTw0L3tters",
    samples={name: Sample(body(value)) for name, value in _SAMPLES.items()},
    sign=sign,
    settings={"company": str(COMPANY)},
)
