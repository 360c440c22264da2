"""Salesforce as a sender of outbound messages: SOAP, not signed, with the secret as the end of the path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from tests.senders.salesforce import CONTACT, LEAD, OPPORTUNITY, ORGANISATION
from tests.senders.sender import Sample, Sender

SESSION = "00D5f0000011AAA!AQ0AQsecretSessionOfSomebody"
_MODIFIED = {"CreatedDate": "2026-02-26T08:00:00.000Z", "LastModifiedDate": "2026-02-27T09:00:00.000Z"}


def notification(number: int, entity: str, **fields: str | None) -> str:
    """One record of a message."""
    told = "".join(
        f'<sf:{name} xsi:nil="true"/>' if value is None else f"<sf:{name}>{escape(value, quote=False)}</sf:{name}>"
        for name, value in fields.items()
    )
    return (
        f"<Notification><Id>04l5f00000N{number:04d}QAQ</Id>"
        f'<sObject xsi:type="sf:{entity}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{told}</sObject>'
        "</Notification>"
    )


def message(*notifications: str, organisation: str = ORGANISATION, before: str = "") -> bytes:
    """A message, in the layout that Salesforce sends."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
        f"   <OrganizationId>{organisation}</OrganizationId>\n   <ActionId>04k5f000000aAAAQA2</ActionId>\n"
        f"   <SessionId>{SESSION}</SessionId>\n"
        "   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/66.0/00D5f0000011AAA</EnterpriseUrl>\n"
        "   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/66.0/00D5f0000011AAA</PartnerUrl>\n"
        f"   {''.join(notifications)}\n  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n"
    ).encode()


def contact(number: int = 1, **fields: str | None) -> str:
    """A contact, as it is now."""
    told = {"FirstName": "Ann", "LastName": "O'Neill & Co", "Email": "ann@example.com", "Phone": None}
    return notification(number, "Contact", **{"Id": CONTACT, **_MODIFIED, **told, **fields})


def lead(number: int = 2, **fields: str | None) -> str:
    """A lead, as it is now."""
    told = {"LastName": "Example", "Email": "ann@example.com", "IsConverted": "false"}
    return notification(number, "Lead", **{"Id": LEAD, **_MODIFIED, **told, **fields})


def opportunity(number: int = 3, **fields: str | None) -> str:
    """An opportunity, as it is now."""
    told = {"Name": "Ten seats", "StageName": "Prospecting", "IsClosed": "false", "IsWon": "false", "Amount": "1200.5"}
    return notification(number, "Opportunity", **{"Id": OPPORTUNITY, **_MODIFIED, **told, **fields})


_CONVERTED: Mapping[str, Any] = {
    "IsConverted": "true",
    "ConvertedContactId": CONTACT,
    "ConvertedOpportunityId": OPPORTUNITY,
}
_SAMPLES: Mapping[str, bytes] = {
    "contact": message(contact()),
    "contact_created": message(contact(LastModifiedDate=_MODIFIED["CreatedDate"])),
    "contact_deleted": message(contact(IsDeleted="true")),
    "lead": message(lead()),
    "lead_converted": message(lead(**_CONVERTED)),
    "opportunity": message(opportunity()),
    "opportunity_won": message(opportunity(StageName="Closed Won", IsClosed="true", IsWon="true")),
    "opportunity_lost": message(opportunity(StageName="Gone", IsClosed="true", Loss_Reason__c="No budget")),
    "several": message(contact(1), lead(2), opportunity(3)),
}


def sign(_content: bytes, _url: str, _secret: str, _now: datetime) -> Mapping[str, str]:
    """Nothing but what every SOAP message says."""
    return {"SOAPAction": '""'}


SENDER = Sender(
    kind="salesforce_outbound",
    secret="k3y0fTh1rtyTw0L3ttersAndD1g1ts00",
    samples={name: Sample(content, "text/xml; charset=utf-8") for name, content in _SAMPLES.items()},
    sign=sign,
    settings={"organisation": ORGANISATION},
    secret_in_path=True,
)
