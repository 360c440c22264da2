"""Salesforce's outbound messages: SOAP, up to a hundred records each, as they are when they are sent.

Salesforce signs nothing. A token in the path proves the sender, and the organisation's id has to be the right one.
How to connect it: docs/sources/salesforce_outbound.md.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from defusedxml.ElementTree import ParseError, iterparse, tostring

from lifecycle.sources.crm import settings_schema
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.plain_xml import parsed
from lifecycle.sources.reading import each, text_in
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.salesforce_account import ORGANISATION_SETTING, SETTINGS, Organisation, is_same
from lifecycle.sources.salesforce_records import Change, Record, said_by
from lifecycle.sources.source import RefusedDeliveryError, Reply, Source, Tally, UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "salesforce_outbound"

_SHARED = (
    "A token of your own that nobody can guess, such as 32 random letters and digits: the endpoint of the outbound "
    "message is the address with a slash and the token behind it."
)
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
#: With which Salesforce could be called in its user's name; nothing of it is ever kept.
_SESSION = re.compile(rb"(SessionId\b[^>]*>).*?(?=</|\Z)", re.DOTALL)
_TIMES = ("LastModifiedDate", "SystemModstamp", "CreatedDate")
#: What the parser raises: for no XML, for a DTD or an entity (which nobody needs here), for an encoding it has not.
_NO_XML = (ParseError, ValueError, LookupError)
_ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


def verify(delivery: Delivery, secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """The token in the path, and then the organisation in the message.

    Raises:
        RefusedDeliveryError: the token is not one of the secrets, or the message is another organisation's.
    """
    sent = delivery.call.encode(errors="replace")
    if not sent:
        raise RefusedDeliveryError("missing")
    if not any([hmac.compare_digest(secret.encode(), sent) for secret in secrets]):  # noqa: C419 - all of them
        raise RefusedDeliveryError("mismatch")
    if not is_same(settings.get("organisation", ""), _organisation(delivery.body)):
        raise RefusedDeliveryError("foreign")


def _organisation(body: bytes) -> str:
    """Whose message it is; empty where it does not say. It stands at the beginning, and no more than that is parsed."""
    try:
        for _, element in iterparse(BytesIO(body), forbid_dtd=True):
            if element.tag == f"{_OUTBOUND}OrganizationId":
                return (element.text or "").strip()
    except _NO_XML:
        return ""
    return ""


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    """What up to a hundred records say; what cannot be read comes back without the session that Salesforce sends."""
    organisation = Organisation.of(KIND, settings, delivery.received_at)
    try:
        root = parsed(delivery.body)
    except _NO_XML:
        yield Unreadable(_without_session(delivery.body), "the body is no XML, or has a document type")
        return
    notifications = list(root.iter(f"{_OUTBOUND}Notification"))
    if not notifications:
        yield Unreadable(_without_session(delivery.body), "it holds no Notification of an outbound message")
    for said in each(notifications, lambda notification: _said_by(notification, organisation)):
        yield Unreadable(tostring(said.part), said.why) if isinstance(said, Unreadable) else said


def _without_session(body: bytes) -> bytes:
    """A body to be looked at later. In UTF-16 the session would not be found; Salesforce sends none."""
    return b"" if b"\x00" in body else _SESSION.sub(rb"\1", body)


def _said_by(notification: Any, organisation: Organisation) -> Iterable[Said]:
    identifier, record = notification.find(f"{_OUTBOUND}Id"), notification.find(f"{_OUTBOUND}sObject")
    if identifier is None or record is None:
        raise UnreadablePartError("it has no Id, or no sObject")
    fields = {_local(field.tag): field.text or "" for field in record}
    return said_by(
        Record(
            event=text_in(identifier.text, "Id"),
            entity=record.get(_TYPE, "").rpartition(":")[2],
            id=fields.get("Id"),
            change=_change(fields),
            fields=fields,
            occurred_at=_time(fields) or organisation.received_at,
            whole=True,
        ),
        organisation,
    )


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _change(fields: Mapping[str, str]) -> Change:
    if fields.get("IsDeleted") == "true":
        return "deleted"
    created = fields.get("CreatedDate")
    return "created" if created and created == fields.get("LastModifiedDate") else "changed"


def _time(fields: Mapping[str, str]) -> Any:
    name = next((name for name in _TIMES if fields.get(name)), None)
    if name is None:
        return None
    try:
        return from_iso(fields[name])
    except UnreadablePartError as error:
        raise UnreadablePartError(f"{name} {error}") from None


def _acknowledged(_delivery: Delivery, _settings: Mapping[str, Any], _tally: Tally) -> Reply:
    """Salesforce looks at the body, not at the status, and sends again until it reads this."""
    return Reply(200, _ACK, "text/xml; charset=utf-8")


SOURCE = Source(
    kind=KIND,
    title="Salesforce (outbound messages)",
    connecting=(
        "In Setup, create an **outbound message** for Contact, Lead or Opportunity with the address, a slash and your "
        "token as its endpoint, and a flow or workflow rule that sends it. Select at least Id, CreatedDate and "
        "LastModifiedDate; of people Email; of leads IsConverted, ConvertedContactId and ConvertedOpportunityId; of "
        "opportunities Name, StageName, IsClosed, IsWon and Amount. Do not send the session id."
    ),
    secret=_SHARED,
    settings={"required": ["organisation"], **settings_schema(organisation=ORGANISATION_SETTING, **SETTINGS)},
    verify=verify,
    translate=translate,
    reply=_acknowledged,
)
