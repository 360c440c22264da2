"""The pages of prospects: the search, and one prospect with its timeline, its explanation and its decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from lifecycle.contract import parameters
from lifecycle.contract.caller import Caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.page_routes import GET_PROSPECTS, GET_TIMELINE
from lifecycle.contract.refusals import InvalidRequestError, RefusedValueError
from lifecycle.events import Identity
from lifecycle.pages.stages import Stages
from lifecycle.pages.timeline import timeline_entries
from lifecycle.services.errors import ProspectErasedError, ProspectNotFoundError
from lifecycle.services.funnels import FunnelDesk
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.results import ProspectView

#: Rows of a list, and entries of a timeline, that are shown at once.
_ROWS = 50
_ENTRIES = 60
#: How a timeline refers to an event within its page.
_UNSAFE_IN_AN_ANCHOR = re.compile(r"[^A-Za-z0-9_-]")


class Found(NamedTuple):
    """What a search came to: a page to show, or the one prospect that it led straight to."""

    shown: dict[str, Any]
    only: str | None


class ProspectPages:
    """The pages of the prospects of a caller's workspace.

    Arguments:
        caller: who looks.
        lifecycle: the prospects.
        desk: the funnel.
        now: the present.
    """

    def __init__(self, caller: Caller, lifecycle: Lifecycle, desk: FunnelDesk, now: datetime) -> None:
        self._caller = caller
        self._lifecycle = lifecycle
        self._desk = desk
        self._now = now

    def search(self, query: Mapping[str, str]) -> Found:
        """Prospects by an email or an id, or by filters.

        Arguments:
            query: of the request.

        Raises:
            InvalidRequestError, UnknownStageError: a filter is not acceptable.
            InvalidCursorError: the cursor is of another list.
        """
        wanted = query.get("q", "").strip()
        if wanted:
            found, hint = self._identified(wanted)
            only = found.prospect_id if found else None
            return Found(self._listed(query, (found,) if found else (), None, hint), only)
        filters = parameters.read_filters({name: value for name, value in query.items() if value})
        cursors = CursorMaker(self._caller, GET_PROSPECTS.path, [query.get(name) for name in filters._fields])
        page = self._lifecycle.list_prospects(
            **filters._asdict(), position=cursors.read(query.get("cursor")), limit=_ROWS
        )
        return Found(self._listed(query, page.prospects, cursors.make(page.position), None), None)

    def _listed(
        self, query: Mapping[str, str], prospects: tuple[ProspectView, ...], cursor: str | None, hint: str | None
    ) -> dict[str, Any]:
        return {
            "title": "Prospects",
            "prospects": prospects,
            "stages": self._stages(),
            "filters": {name: query.get(name, "") for name in GET_PROSPECTS.query_names if name != "cursor"},
            "lead_statuses": parameters.LEAD_STATUSES,
            "cursor": cursor,
            "hint": hint,
            "now": self._now,
            "name_of": name_of,
        }

    def _identified(self, wanted: str) -> tuple[ProspectView | None, str | None]:
        """Whom an email or an id names; where it names nobody, why."""
        try:
            if "@" in wanted:
                identity = parameters.read_identity({"email": wanted}) or Identity("email", wanted)
                return self._lifecycle.find_prospect(identity), None
            return self._lifecycle.get_prospect(parameters.prospect_id(wanted)), None
        except ProspectErasedError:
            return None, "This person was erased: nothing is held any more."
        except (ProspectNotFoundError, RefusedValueError, InvalidRequestError):
            return None, "Nobody has this email or id. Write the whole email, or a prospect's id, which begins with p."

    def prospect(self, prospect_id: str) -> dict[str, Any]:
        """All about one prospect.

        Raises:
            ProspectNotFoundError, ProspectErasedError: there is none, or no longer.
        """
        view = self._lifecycle.get_prospect(prospect_id)
        version = self._desk.in_force(self._now).in_force
        stages = Stages(version.definition)
        return {
            "title": name_of(view),
            "prospect": view,
            "name": name_of(view),
            "stages": stages,
            "explanation": self._lifecycle.explain(view.prospect_id),
            "questions": [(one["key"], str(one.get("label", one["key"]))) for one in _questions(version.definition)],
            "identities": _grouped(view.identities),
            # The same form sent twice is one decision.
            "decision_id": str(uuid4()),
            "now": self._now,
            **self.timeline(view.prospect_id, None, stages),
        }

    def timeline(self, prospect_id: str, cursor: str | None, stages: Stages | None = None) -> dict[str, Any]:
        """A page of a prospect's timeline.

        Arguments:
            prospect_id: of the prospect.
            cursor: where it starts.
            stages: of the funnel in force, where they are at hand.

        Raises:
            ProspectNotFoundError, ProspectErasedError: there is none, or no longer.
            InvalidCursorError: the cursor is of another timeline.
        """
        cursors = CursorMaker(self._caller, GET_TIMELINE.path, [prospect_id])
        page = self._lifecycle.timeline(prospect_id, position=cursors.read(cursor), limit=_ENTRIES)
        stages = stages or self._stages()
        return {
            "prospect_id": page.prospect_id,
            "stages": stages,
            "entries": timeline_entries(page, stages),
            "cursor": cursors.make(page.position),
            "anchor": anchor,
        }

    def _stages(self) -> Stages:
        return Stages(self._desk.in_force(self._now).in_force.definition)


def name_of(view: ProspectView) -> str:
    """What people call a prospect: its email, or else that it has none."""
    emails = [identity.value for identity in view.identities if identity.kind == "email"]
    if emails:
        return emails[0]
    return f"Visitor {view.prospect_id[:8]}"


def anchor(event_id: str) -> str:
    """The place of an event within its page."""
    return "event-" + _UNSAFE_IN_AN_ANCHOR.sub(lambda match: f"_{ord(match[0]):x}", event_id)


def _questions(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(definition.get("qualification", ()))


def _grouped(identities: tuple[Identity, ...]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for kind, value in identities:
        grouped.setdefault(kind, []).append(value)
    return grouped
