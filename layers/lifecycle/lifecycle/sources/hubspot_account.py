"""A HubSpot account as it was set up here: what its ids, stages and labels mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.events import DealStatus, Identity
from lifecycle.sources.crm import deal_id
from lifecycle.sources.reading import crm, optional_text

#: The stages that close a deal in the pipeline that every account begins with.
STAGES: Mapping[str, DealStatus] = {"closedwon": "won", "closedlost": "lost"}
#: HubSpot's own ids of the two kinds of objects that are translated ("CRM object types").
CONTACT, DEAL = "0-1", "0-3"


@dataclass(frozen=True, slots=True)
class Account:
    """What the settings say, and the present."""

    system: str
    portal: str | None
    stages: Mapping[str, DealStatus]
    currency: str | None
    labels: Mapping[str, str]
    forms: Mapping[str, str]
    received_at: datetime

    @classmethod
    def of(cls, settings: Mapping[str, Any], received_at: datetime) -> Account:
        """The account of a source's settings."""
        return cls(
            system=settings.get("system", "hubspot"),
            portal=settings.get("portal"),
            stages=settings.get("deal_stages", STAGES),
            currency=settings.get("currency"),
            labels=settings.get("association_labels", {}),
            forms=settings.get("forms", {}),
            received_at=received_at,
        )

    def contact(self, value: Any, name: str = "objectId") -> Identity:
        """A contact. Raises UnreadablePartError."""
        return crm(self.system, value, name)

    def deal(self, value: Any, name: str = "objectId") -> str:
        """The id of a deal. Raises UnreadablePartError."""
        return deal_id(self.system, value, name)

    def status(self, name: str, value: Any) -> DealStatus | None:
        """The status that a property of a deal means; ``None`` where it says nothing of it."""
        text = optional_text(value)
        match name, text:
            case _, None:
                return None
            case "dealstage", stage:
                return self.stages.get(stage, "open")
            case "hs_is_closed_won", "true":
                return "won"
            case "hs_is_closed_lost", "true":
                return "lost"
            case "hs_is_closed", "false":
                return "open"
            case _:
                return None
