"""What was named by an id alone, and whether it is known any better by now."""

from __future__ import annotations

from typing import Protocol

from lifecycle.events import DealUpdate, Identity
from lifecycle.services.errors import ProspectNotFoundError
from lifecycle.services.links import deal_of, updates_of
from lifecycle.services.results import ProspectView
from lifecycle.sources.said import LinkUpdate
from lifecycle.store.source_records import Waiting


class Prospects(Protocol):
    """What looking for what waits needs of the use cases of a workspace."""

    def find_prospect(self, identity: Identity) -> ProspectView: ...
    def deal_log(self, deal_id: str) -> list[DealUpdate]: ...


class Links(Protocol):
    """What it needs of the store of sources."""

    def link_log(self, link_id: str) -> list[LinkUpdate]: ...


def is_resolved(entry: Waiting, prospects: Prospects, links: Links) -> bool:
    """Whether a contact has an email by now, a deal a contact, or a link both of its ends."""
    match entry.what:
        case "contact":
            kind, system, value = entry.name.split(":", 2)
            try:
                identities = prospects.find_prospect(Identity(f"{kind}:{system}", value)).identities
            except ProspectNotFoundError:
                return False
            return any(identity.kind == "email" for identity in identities)
        case "deal":
            return any(update.named for update in prospects.deal_log(entry.name))
        case "link":
            log = links.link_log(entry.name)
            deal_id = deal_of(log)
            return deal_id is not None and bool(updates_of(deal_id, [log]))
