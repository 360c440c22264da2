"""The largest events that some systems send for one change: whole records, with all of their fields. Made up by us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.senders import hubspot, mailgun, pipedrive, salesforce_outbound
from tests.senders.sender import Sample

_PROPERTIES = 44


def _hubspot_record() -> bytes:
    """A deal as a workflow sends it: some forty properties, each with its latest version, 14 kB in all."""
    source: dict[str, Any] = {
        "sourceId": "deal sync triggered",
        "source": "CRM_UI",
        "sourceVid": [],
        "requestId": "2f4d9f1e-7d55",
    }
    properties: dict[str, Any] = {}
    for number in range(_PROPERTIES):
        name = "dealstage" if number == 0 else f"hs_some_longer_property_name_{number}"
        version: dict[str, Any] = {
            "name": name,
            "value": "appointmentscheduled" if number == 0 else f"value {number}",
            **source,
        }
        version["timestamp"] = hubspot.BEGIN + number
        properties[name] = {**{name: version[name] for name in ("value", "timestamp", "source")}, "versions": [version]}
        properties[name]["sourceId"] = None
    return hubspot.body({**hubspot.DEAL_RECORD, "properties": properties})


def _pipedrive_person() -> bytes:
    """A person as version 1 tells of a change: every field twice, as it is and as it was."""
    counts = (
        "open_deals",
        "closed_deals",
        "won_deals",
        "lost_deals",
        "activities",
        "done_activities",
        "notes",
        "files",
    )
    more = {f"{name}_count": 0 for name in counts} | {f"related_{name}_count": 0 for name in counts}
    told = {
        "first_char": "a",
        "visible_to": "3",
        "org_id": 4,
        "owner_id": 7,
        "label": 5,
        "cc_email": "x@pipedrivemail.com",
    }
    own = {f"{number:040x}": f"answer {number}" for number in range(8)}
    person = pipedrive.first_person(**told, **more, **own)
    return json.dumps(pipedrive.first("person", "updated", pipedrive.PERSON, person, person)).encode()


def _salesforce_lead() -> bytes:
    """A lead with 25 fields."""
    fields: dict[str, Any] = {f"Custom_Field_{number}__c": f"answer {number}" for number in range(19)}
    return salesforce_outbound.message(salesforce_outbound.lead(**fields))


#: By kind: the event that is largest.
LARGE: Mapping[str, Sample] = {
    "hubspot": Sample(_hubspot_record()),
    "pipedrive": Sample(_pipedrive_person()),
    "salesforce_outbound": Sample(_salesforce_lead(), "text/xml; charset=utf-8"),
    "mailgun": mailgun.SAMPLES["of_old"],
}
