"""Salesforce's change events, as Event Relay or Amazon AppFlow put them on a partner event bus of Amazon EventBridge.

They come from the bus, not over HTTP: the body of such a delivery is the event of EventBridge, and its address
``eventbridge:`` and the name of the bus. IAM proves that it comes from there; what is left to check is whose it is.
How to connect it: docs/sources/salesforce.md.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lifecycle.sources.crm import settings_schema
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import by_bus
from lifecycle.sources.reading import each, json_of, object_in, optional_text, text_in
from lifecycle.sources.said import Said
from lifecycle.sources.salesforce_account import ORGANISATION_SETTING, SETTINGS, Organisation, is_same
from lifecycle.sources.salesforce_records import Change, Record, said_by
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_millis

KIND = "salesforce"

_RELAY = "aws.partner/salesforce.com/"
_CHANGES: Mapping[str, Change] = {
    "CREATE": "created",
    "UPDATE": "changed",
    "DELETE": "deleted",
    "UNDELETE": "restored",
    # Of a gap event only this one says all that there is to say.
    "GAP_DELETE": "deleted",
}
_GAPS = {"GAP_CREATE", "GAP_UPDATE", "GAP_UNDELETE", "GAP_OVERFLOW"}
_MOST_RECORDS = 1_000


def verify(delivery: Delivery, _secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """It came from the bus, and from the organisation or the flow that was set up.

    Raises:
        RefusedDeliveryError: it came over HTTP, where nothing would prove it, or from elsewhere.
    """
    by_bus(delivery)
    try:
        event = json_of(delivery.body)
    except UnreadableDeliveryError:
        raise RefusedDeliveryError("foreign") from None
    origin = optional_text(event.get("source")) if isinstance(event, dict) else None
    if origin is None:
        raise RefusedDeliveryError("missing")
    organisation = origin.removeprefix(_RELAY).partition("/")[0] if origin.startswith(_RELAY) else ""
    expected = settings.get("event_source", "").encode()
    is_flow = hmac.compare_digest(expected, origin.encode()) and expected != b""
    if not is_flow and not is_same(settings.get("organisation", ""), organisation):
        raise RefusedDeliveryError("foreign")


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """What a change of one or many records says: the same for each of them."""
    event = json_of(delivery.body)
    organisation = Organisation.of(KIND, settings, delivery.received_at)
    return each([event], lambda part: _said_by(part, organisation))


def _said_by(event: Any, organisation: Organisation) -> Iterator[Said]:
    detail = object_in(object_in(event, "the event").get("detail"), "detail")
    # Event Relay wraps what AppFlow leaves bare.
    payload = object_in(detail.get("payload", detail), "detail.payload")
    header = object_in(payload.get("ChangeEventHeader"), "ChangeEventHeader")
    entity = text_in(header.get("entityName"), "entityName")
    change = _change(header)
    occurred_at = _committed_at(header)
    fields = _told(payload, header)
    names = (text_in(header.get("transactionKey"), "transactionKey"), optional_text(header.get("sequenceNumber")) or "")
    for record_id in _record_ids(header):
        record = Record(f"{':'.join(names)}:{record_id}", entity, record_id, change, fields, occurred_at)
        yield from said_by(record, organisation)


def _change(header: Mapping[str, Any]) -> Change:
    type_ = text_in(header.get("changeType"), "changeType")
    if type_ in _GAPS:
        raise UnreadablePartError(
            "changeType is that of a gap: Salesforce could not say what changed. Change these records once more, or "
            "load them again"
        )
    if type_ not in _CHANGES:
        raise UnreadablePartError("changeType is none of CREATE, UPDATE, DELETE, UNDELETE and their gaps")
    return _CHANGES[type_]


def _committed_at(header: Mapping[str, Any]) -> datetime:
    try:
        return from_millis(header.get("commitTimestamp"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"commitTimestamp {error}") from None


def _record_ids(header: Mapping[str, Any]) -> list[str]:
    ids = header.get("recordIds")
    if not isinstance(ids, list) or not 0 < len(ids) <= _MOST_RECORDS:
        raise UnreadablePartError(f"recordIds is not a list of 1 to {_MOST_RECORDS:,} ids")
    texts = [text_in(value, "an id of recordIds") for value in ids]
    if any("*" in text for text in texts):
        raise UnreadablePartError("recordIds stands for all records of a kind: load those again")
    return list(dict.fromkeys(texts))


def _told(payload: Mapping[str, Any], header: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the event says something of.

    A field without value was cleared if it is named as changed; else, in events that hold every field, it is unchanged.
    """
    cleared = {name for named in ("changedFields", "nulledFields") for name in _names(header.get(named))}
    return {
        name: _cleared(name, value, cleared)
        for name, value in payload.items()
        if name != "ChangeEventHeader" and (value is not None or name in cleared)
    }


def _cleared(name: str, value: Any, cleared: set[str]) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict):
        return {
            part: "" if inner is None else inner
            for part, inner in value.items()
            if inner is not None or f"{name}.{part}" in cleared
        }
    return value


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


SOURCE = Source(
    kind=KIND,
    title="Salesforce (change events)",
    connecting=(
        "In Salesforce, select Contact, Lead, Opportunity and Opportunity Contact Role under **Change Data Capture**, "
        "and relay their channel to Amazon EventBridge (**Event Relay**, or a flow of Amazon AppFlow). In AWS, "
        "associate the partner event source with a bus. There is no secret: IAM proves the bus, and the "
        "organisation's id says whose the events are."
    ),
    secret=None,
    settings={
        "anyOf": [{"required": ["organisation"]}, {"required": ["event_source"]}],
        **settings_schema(
            organisation=ORGANISATION_SETTING,
            event_source={
                "type": "string",
                "pattern": "^aws\\.partner/[ -~]{1,240}$",
                "description": "The name of the partner event source, where Amazon AppFlow sends the events: that "
                "does not name the organisation.",
            },
            **SETTINGS,
        ),
    },
    verify=verify,
    translate=translate,
)
