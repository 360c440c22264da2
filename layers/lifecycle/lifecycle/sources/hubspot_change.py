"""One change of a HubSpot account: its ids, and how it becomes an activity or an update of a deal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.sources.crm import deal_update
from lifecycle.sources.hubspot_account import CONTACT, DEAL, Account
from lifecycle.sources.reading import activity, event_id, optional_text

#: What a person did, as HubSpot notes it on the contact: the property and the type of the activity.
DONE = {
    "hs_analytics_last_timestamp": "website_visit",
    "hs_email_last_open_date": "email_open",
    "hs_email_last_click_date": "email_click",
    "hs_email_last_reply_date": "email_reply",
    "recent_conversion_event_name": "form_submission",
    "engagements_last_meeting_booked": "meeting_booked",
    "hs_email_hard_bounce_reason_enum": "email_bounce",
    "hs_email_optout": "email_unsubscribe",
}
OBJECT_TYPES = {CONTACT: "contact", DEAL: "deal"}
_TOLD_APART_BY = ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt")


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it was sent, the account that it happened in, and when."""

    sent: Mapping[str, Any]
    account: Account
    occurred_at: datetime

    def text(self, name: str) -> str:
        """A field, empty where there is none."""
        return optional_text(self.sent.get(name)) or ""

    def object_type(self, family: str) -> str | None:
        """What it is about: the older family of subscriptions says it by name, the newer one by an id."""
        return family if family != "object" else OBJECT_TYPES.get(self.text("objectTypeId"))

    def id(self, *more: object) -> str:
        """HubSpot's own event id, with what it takes to be unique: HubSpot says that it may not be, alone."""
        return event_id("hubspot", *map(self.text, _TOLD_APART_BY), *more)

    def pair_id(self, *more: object) -> str:
        """The id of an association, which is the same from either side."""
        ends = sorted((self.text("fromObjectId"), self.text("toObjectId")))
        return event_id("hubspot", self.text("portalId"), "association", *ends, self.text("occurredAt"), *more)

    def activity(
        self,
        type_: str,
        identities: tuple[Identity, ...],
        properties: Mapping[str, Any] | None = None,
        traits: Mapping[str, Any] | None = None,
        event: str | None = None,
    ) -> Activity:
        """The change as an activity."""
        return activity(
            event or self.id(),
            type_,
            self.occurred_at,
            self.account.received_at,
            identities,
            source="hubspot",
            direction=None if type_ in DONE.values() else "internal",
            properties={"change_source": self.sent.get("changeSource"), **(properties or {})},
            traits=traits,
        )

    def deal_update(self, event: str, deal: str, **said: Any) -> DealUpdate:
        """The change as an update of a deal."""
        return deal_update(event, self.occurred_at, self.account.received_at, deal, **said)
