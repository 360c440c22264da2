"""A Salesforce organisation as it was set up here, and its ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.events import DealStatus, Identity
from lifecycle.sources.crm import SYSTEM_SETTING, deal_id, stages_setting
from lifecycle.sources.reading import crm, text_in

#: The closing stages that every organisation begins with.
STAGES: Mapping[str, DealStatus] = {"Closed Won": "won", "Closed Lost": "lost"}
LOST_REASON = "Loss_Reason__c"
_SHORT, _LONG = 15, 18
_CHECK_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

ORGANISATION_SETTING: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
    "description": "The id of the organisation, of 15 or 18 characters (Setup, Company Information).",
}
#: What both ways of connecting Salesforce let be set.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "system": {**SYSTEM_SETTING, "default": "salesforce"},
    "deal_stages": stages_setting(
        "What stages mean where neither IsWon nor IsClosed says it, or says it wrongly. All others are as those two "
        "fields say, or open.",
        STAGES,
    ),
    "lost_reason_field": {
        "type": "string",
        "pattern": "^[A-Za-z][A-Za-z0-9_]{0,79}$",
        "description": "The field of an opportunity that says why it was lost; Salesforce has none of its own.",
        "default": LOST_REASON,
    },
    "currency": {
        "type": "string",
        "pattern": "^[A-Z]{3}$",
        "description": "The currency of amounts, for organisations with a single one, whose records do not name it.",
    },
}


def long_id(value: Any, name: str) -> str:
    """An id in the form of 18 characters, whose last three tell capitals apart; other lengths stay as they are.

    Raises:
        UnreadablePartError: it is no text.
    """
    text = text_in(value, name)
    if len(text) != _SHORT or not text.isalnum() or not text.isascii():
        return text
    fives = (text[0:5], text[5:10], text[10:15])
    bits = (sum(character.isupper() << place for place, character in enumerate(five)) for five in fives)
    return text + "".join(_CHECK_CHARACTERS[number] for number in bits)


def is_same(one: str, other: str) -> bool:
    """Whether two ids are of the same record: the first fifteen characters say it."""
    return len(one) in (_SHORT, _LONG) and len(other) in (_SHORT, _LONG) and one[:_SHORT] == other[:_SHORT]


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the settings say, and the present. ``kind`` is the kind of the source."""

    kind: str
    system: str
    stages: Mapping[str, DealStatus]
    currency: str | None
    lost_reason_field: str
    received_at: datetime

    @classmethod
    def of(cls, kind: str, settings: Mapping[str, Any], received_at: datetime) -> Organisation:
        """The organisation of a source's settings."""
        return cls(
            kind=kind,
            system=settings.get("system", "salesforce"),
            stages=settings.get("deal_stages", STAGES),
            currency=settings.get("currency"),
            lost_reason_field=settings.get("lost_reason_field", LOST_REASON),
            received_at=received_at,
        )

    def person(self, value: Any, name: str) -> Identity:
        """A contact or a lead. Raises UnreadablePartError."""
        return crm(self.system, long_id(value, name), name)

    def deal(self, value: Any, name: str) -> str:
        """The id of an opportunity's deal. Raises UnreadablePartError."""
        return deal_id(self.system, long_id(value, name), name)
