"""A stand-in for the use cases: it keeps what it is given and answers in their types, without any rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from lifecycle.engine.evidence import CriterionReport
from lifecycle.events import Activity, Contact, DealFact, DealUpdate, Decision, Event, Identity, Withdrawal, prospect_id
from lifecycle.services.erasure import Erased, HasTime
from lifecycle.services.errors import ProspectNotFoundError
from lifecycle.services.exporting import DealMention, ExportPage, StoredEvent
from lifecycle.services.results import (
    AnswerView,
    BatchOutcome,
    DealOutcome,
    DealView,
    Explanation,
    Outcome,
    ProspectOutcome,
    ProspectPage,
    ProspectView,
    RequirementReport,
    StageReport,
    TimelinePage,
)
from lifecycle.store.records import TransitionRecord

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANN = Identity("email", "ann@example.com")
ANNS_ID = prospect_id("local", ANN)


def transition(**changes: Any) -> TransitionRecord:
    """A transition, with what a test cares about changed."""
    values: dict[str, Any] = {
        "sequence": 1,
        "from_stage": "suspect",
        "to_stage": "engaged",
        "occurred_at": NOON,
        "recorded_at": NOON,
        "cause": "rule",
        "funnel_version": 1,
        "criterion": "an email is known and one inbound activity",
        "evidence": ("form-2041",),
        "actor": None,
        "reason": None,
        "cycle": 1,
        "event_id": "form-2041",
        "corrected_by": None,
        "restated_by": None,
        "qualification": {"need": "replacement"},
        "actions": ("notify_owner",),
    }
    return TransitionRecord(**{**values, **changes})


def view(**changes: Any) -> ProspectView:
    """A prospect, with what a test cares about changed."""
    values: dict[str, Any] = {
        "prospect_id": ANNS_ID,
        "stage": "engaged",
        "since": NOON,
        "status": "new",
        "due_at": NOON,
        "overdue": True,
        "lead_status": "New",
        "lost_reason": None,
        "score": 3,
        "qualification": {"need": AnswerView(True, "replacement"), "budget": AnswerView(False, None)},
        "cycle": 1,
        "identities": (ANN, Identity("crm:hubspot", "151")),
        "deals": (DealView("D-77", "open", NOON, ("decision_maker",), "40 seats", None, None, None, "new business"),),
        "counts": {"activities": 1, "inbound": 1, "outbound": 0, "internal": 0, "automated": 0},
        "first_seen": NOON,
        "last_event": NOON,
        "funnel_version": 1,
    }
    return ProspectView(**{**values, **changes})


class FakeLifecycle:
    """The use cases of one workspace. ``fails_with`` is raised by every method; ``pages`` is how many there are."""

    def __init__(self) -> None:
        self.log: list[Event | DealUpdate] = []
        self.calls: list[tuple[Any, ...]] = []
        self.views = [view()]
        self.entries: tuple[Event | TransitionRecord, ...] = (transition(),)
        self.pages = 1
        self.fails_with: Exception | None = None

    def record_activity(self, activity: Activity) -> Outcome:
        return self._append(activity)

    def record_activities(self, activities: Sequence[Activity]) -> BatchOutcome:
        duplicates = sum(self._append(activity).duplicate for activity in activities)
        return BatchOutcome(len(activities) - duplicates, duplicates)

    def update_deal(self, update: DealUpdate) -> DealOutcome:
        self._append(update)
        return DealOutcome(update.deal_id, (ProspectOutcome(ANNS_ID, "opportunity", transition()),))

    def decide(self, prospect_id: str, ruling: Decision | Withdrawal) -> Outcome:
        self.get_prospect(prospect_id)
        self.calls.append(("decide", prospect_id))
        return self._append(ruling)

    def find_prospect(self, identity: Identity) -> ProspectView:
        self._fail()
        for found in self.views:
            if identity in found.identities:
                return found
        raise ProspectNotFoundError(identity.kind)

    def get_prospect(self, prospect_id: str) -> ProspectView:
        self._fail()
        for found in self.views:
            if found.prospect_id == prospect_id:
                return found
        raise ProspectNotFoundError("id")

    def list_prospects(
        self,
        stage: str | None,
        lead_status: str | None,
        since_from: datetime | None,
        since_to: datetime | None,
        position: tuple[str, ...] | None,
        limit: int,
    ) -> ProspectPage:
        self._fail()
        self.calls.append(("list", stage, lead_status, since_from, since_to, position, limit))
        return ProspectPage(tuple(self.views), self._next(position))

    def timeline(self, prospect_id: str, position: tuple[str, ...] | None, limit: int) -> TimelinePage:
        self.get_prospect(prospect_id)
        self.calls.append(("timeline", prospect_id, position, limit))
        return TimelinePage(prospect_id, self.entries, self._next(position))

    def explain(self, prospect_id: str) -> Explanation:
        found = self.get_prospect(prospect_id)
        part = CriterionReport("an email is known", True, ("form-2041",), ())
        whole = CriterionReport("all of these", True, ("form-2041",), (part,))
        required = RequirementReport("2 of budget, need", False, (("budget", "Budget"),))
        open_deal = CriterionReport("a linked deal is open", False, (), ())
        ahead = StageReport("opportunity", "Opportunity", open_deal, required)
        return Explanation(prospect_id, found.stage, found.since, found.cycle, transition(), whole, (ahead,))

    def export(self, prospect_id: str, position: tuple[str, ...] | None, limit: int) -> ExportPage:
        found = self.get_prospect(prospect_id)
        self.calls.append(("export", prospect_id, position, limit))
        events = tuple(StoredEvent(prospect_id, entry) for entry in ENTRIES)
        mention = DealMention(DealUpdate("u", NOON, NOON, "D-77", name="40 seats"), Contact((ANN,), "decision_maker"))
        return ExportPage(
            prospect_id,
            None if position else found,
            () if position else (prospect_id,),
            (*events, transition(), mention),
            self._next(position),
        )

    def erase(self, prospect_id: str, has_time: HasTime) -> Erased:
        self.get_prospect(prospect_id)
        assert has_time()
        self.calls.append(("erase", prospect_id))
        counts = {"events": 4, "identities": 2, "deal_entries": 1, "transitions_kept": 1}
        return Erased(prospect_id, NOON, counts, self.pages == 1)

    def _append(self, event: Event | DealUpdate) -> Outcome:
        self._fail()
        duplicate = any(event.id == known.id for known in self.log)
        if not duplicate:
            self.log.append(event)
        return Outcome(event.id, ANNS_ID, "engaged", None if duplicate else transition(), duplicate)

    def _next(self, position: tuple[str, ...] | None) -> tuple[str, ...] | None:
        page = int(position[0]) + 1 if position else 1
        return (str(page), "engaged") if page < self.pages else None

    def _fail(self) -> None:
        if self.fails_with is not None:
            raise self.fails_with


ENTRIES: tuple[Event, ...] = (
    Activity("form-2041", NOON, NOON, "form_submission", "inbound", (ANN, Identity("crm:hubspot", "151"))),
    DealFact("u:c", NOON, NOON, "D-77", ANNS_ID, True, "decision_maker", (ANN,), "open"),
    Decision("d-1", NOON, NOON, "accept", "sales:kim", qualification={"budget": True}),
    Withdrawal("w-1", NOON, NOON, "form-2041", "sales:kim"),
)
