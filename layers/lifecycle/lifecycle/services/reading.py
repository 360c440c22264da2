"""The read side: states, lists, timelines and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.evidence import EvidenceLog
from lifecycle.engine.fold import Folded, fold, in_order
from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import Plan, PlannedStage
from lifecycle.events import Event, Identity, Key, prospect_id
from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.checklist import missing
from lifecycle.services.calendars import CalendarSource
from lifecycle.services.errors import ProspectErasedError, ProspectNotFoundError, UnknownStageError
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.results import (
    AnswerView,
    DealView,
    Explanation,
    ProspectPage,
    ProspectView,
    RequirementReport,
    StageReport,
    TimelinePage,
)
from lifecycle.store.items import format_time
from lifecycle.store.protocol import Store
from lifecycle.store.records import TransitionRecord

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
#: A score that fades is shown to the hundredth of a point.
_SCORE_DIGITS = 2
#: How many listed prospects are read at once (the service's limit for one request).
_READ_AHEAD = 100


class Reader:
    """Reads the prospects of one workspace.

    Arguments:
        store: the workspace's store.
        calendars: where to find which version of the funnel is in force when.
    """

    def __init__(self, store: Store, calendars: CalendarSource) -> None:
        self._store = store
        self._calendars = calendars

    def find(self, identity: Identity, now: datetime) -> ProspectView:
        """The prospect of an identity (for a visitor: whom its next event would belong to)."""
        return self._get(prospect_id(self._store.workspace, identity), "identity", now)

    def get(self, prospect_id: str, now: datetime) -> ProspectView:
        """The prospect of an id; an absorbed one answers with the survivor."""
        return self._get(prospect_id, "id", now)

    def list(
        self,
        stage: str | None,
        lead_status: str | None,
        since: tuple[datetime | None, datetime | None],
        position: tuple[str, ...] | None,
        limit: int,
        now: datetime,
    ) -> ProspectPage:
        """Prospects by stage (without one: all but anonymous ones, stage by stage), in the order of their entry.

        Each stands as it was evaluated last: while a new version of the funnel is being applied to everyone, those
        whose turn is still to come are listed under the one before.

        Arguments:
            stage: a stage's key, or ``None``.
            lead_status: only prospects of this lead status, or ``None``.
            since: entered their stage at or after the first, before the second; either may be ``None``.
            position: where the page before ended.
            limit: at most so many.
            now: the present.

        Raises:
            UnknownStageError: the funnel has no such stage.
        """
        calendar = self._calendars.calendar(now)
        stages = _stages(calendar.at(now), stage)
        place, after = (int(position[0]), position[1]) if position else (0, "")
        found: list[ProspectView] = []
        for index in range(place, len(stages)):
            entries = self._store.in_stage(
                stages[index], after if index == place else "", format_time(since[0] or _FIRST),
                format_time((since[1] or _LAST) - timedelta(microseconds=1)) + "#~",
            )  # fmt: skip
            while chunk := list(islice(entries, _READ_AHEAD)):
                views = self._views([id_ for _, id_ in chunk], calendar, now)
                for at, id_ in chunk:
                    view = views.get(id_)
                    if view is None or view.stage != stages[index] or lead_status not in (None, view.lead_status):
                        continue
                    found.append(view)
                    if len(found) == limit:
                        return ProspectPage(tuple(found), (str(index), at))
        return ProspectPage(tuple(found), None)

    def timeline(self, prospect_id: str, position: tuple[str, ...] | None, limit: int) -> TimelinePage:
        """Events and transitions, newest first; at one instant a transition stands above its event."""
        around, root = self.locate(prospect_id)
        events, transitions = around.whole_log(root)
        entries = sorted([*in_order(events), *transitions], key=_place, reverse=True)
        if position:
            entries = [entry for entry in entries if _place(entry) < position]
        page = entries[:limit]
        return TimelinePage(root, tuple(page), _place(page[-1]) if len(entries) > limit else None)

    def explain(self, prospect_id: str, now: datetime) -> Explanation:
        """Why a prospect is where it is, and what the stages ahead still ask for."""
        around, root = self.locate(prospect_id)
        events, transitions = around.whole_log(root)
        folded = fold(events, self._calendars.calendar(now), now)
        machine, evidence = folded.machine, folded.evidence_log(max(now, folded.machine.now))
        return Explanation(
            prospect_id=root,
            stage=machine.at.stage.key,
            since=_since(machine),
            cycle=machine.cycle,
            because=_record_of(folded, transitions),
            criterion=folded.entry_report(),
            next=tuple(self._report(stage, machine, evidence) for stage in _ahead(machine)),
        )

    def _report(self, stage: PlannedStage, machine: Machine, evidence: EvidenceLog) -> StageReport:
        criterion = stage.stage.enter_when
        report = evidence.report(criterion, machine.line) if criterion else None
        return StageReport(stage.stage.key, stage.stage.label, report, requirement_report(stage, machine))

    def locate(self, prospect_id: str, what: str = "id") -> tuple[Neighbourhood, str]:
        """The prospect that a partition belongs to, and the partitions around it.

        Raises:
            ProspectNotFoundError, ProspectErasedError: there is none, or no longer.
        """
        around = Neighbourhood(self._store)
        root = around.root(prospect_id)
        if around[root].is_erased:
            raise ProspectErasedError
        if around[root].summary is None:
            raise ProspectNotFoundError(what)
        return around, root

    def _get(self, prospect_id: str, what: str, now: datetime) -> ProspectView:
        around, root = self.locate(prospect_id, what)
        return view_of(root, around.machine(root, self._calendars.calendar(now), now), now)

    def _views(self, prospect_ids: Sequence[str], calendar: Calendar, now: datetime) -> dict[str, ProspectView]:
        around = Neighbourhood(self._store)
        around.load(prospect_ids)
        found = [id_ for id_ in prospect_ids if around[id_].summary is not None]
        machines = {id_: around.stored_machine(id_, calendar) or around.machine(id_, calendar, now) for id_ in found}
        return {id_: view_of(id_, machine, now) for id_, machine in machines.items()}


def requirement_report(stage: PlannedStage, machine: Machine) -> RequirementReport | None:
    """How far a prospect meets what a stage requires of the checklist; ``None`` where it requires nothing."""
    requirement = stage.stage.requires
    if requirement is None:
        return None
    labels = {question.key: question.label for question in machine.plan.funnel.qualification}
    left = missing(requirement, machine.met_questions())
    return RequirementReport(requirement.sentence, not left, tuple((key, labels[key]) for key in left))


def _stages(plan: Plan, stage: str | None) -> tuple[str, ...]:
    """The stages to list."""
    if stage is None:
        return tuple(planned.stage.key for planned in plan.stages if not planned.stage.anonymous)
    if stage not in plan.by_key:
        raise UnknownStageError(stage, plan.funnel.stage_keys)
    return (stage,)


def view_of(root: str, machine: Machine, now: datetime) -> ProspectView:
    """A machine as the state that callers see at present. The machine is of no further use."""
    inbound, outbound, internal, automated = machine.tally
    machine.now = max(machine.now, now)
    due_at = _due_at(machine)
    return ProspectView(
        prospect_id=root,
        stage=machine.at.stage.key,
        since=_since(machine),
        lead_status=machine.lead_status,
        lost_reason=machine.lost_reason,
        status=machine.sub_status(),
        due_at=due_at,
        overdue=due_at is not None and due_at < now,
        score=round(machine.score, _SCORE_DIGITS),
        qualification=_answers(machine),
        cycle=machine.cycle,
        identities=tuple(machine.identities),
        deals=tuple(
            DealView(
                deal_id=deal_id,
                status=deal.status,
                since=deal.entered.occurred_at,
                roles=tuple(sorted({role for role in deal.contacts.values() if role})),
                name=deal.name,
                amount=deal.amount,
                currency=deal.currency,
                lost_reason=deal.lost_reason,
                pipeline=deal.pipeline,
            )
            for deal_id, deal in sorted(machine.deals.items())
            if deal.counts and deal.status and deal.entered
        ),
        counts={
            "activities": inbound + outbound + internal + automated,
            "inbound": inbound,
            "outbound": outbound,
            "internal": internal,
            "automated": automated,
        },
        first_seen=machine.first.occurred_at if machine.first else _FIRST,
        last_event=machine.last_event or _FIRST,
        funnel_version=machine.plan.funnel.version,
    )


def _due_at(machine: Machine) -> datetime | None:
    """When the time limit of the stage ends."""
    limit = machine.at.stage.time_limit
    return end_of(limit, _since(machine), machine.plan.funnel.business_time) if limit else None


def _answers(machine: Machine) -> dict[str, AnswerView]:
    """The questions of the checklist, and answers to what an earlier version asked."""
    met = machine.met_questions()
    keys = dict.fromkeys([*(question.key for question in machine.plan.funnel.qualification), *machine.answers])
    return {key: AnswerView(key in met, machine.answers.get(key)) for key in keys}


def _since(machine: Machine) -> datetime:
    return machine.since.occurred_at if machine.since else _FIRST


def _ahead(machine: Machine) -> list[PlannedStage]:
    """The stages that criteria can still lead to: those above on the ladder, or from beside it those that reopen."""
    if machine.at.rank < 0:
        return [stage for stage in machine.plan.ladder if stage.stage.reopens]
    return [stage for stage in machine.plan.ladder if stage.rank > machine.at.rank]


def _record_of(folded: Folded, transitions: Sequence[TransitionRecord]) -> TransitionRecord | None:
    """The stored transition that took a prospect to its stage."""
    entry = folded.machine.entry
    if entry is None:
        return None
    wanted = (entry.from_stage, entry.to_stage, entry.event.id)
    standing = (record for record in transitions if record.corrected_by is None)
    return next(
        (record for record in standing if (record.from_stage, record.to_stage, record.event_id) == wanted), None
    )


def _place(entry: Event | TransitionRecord) -> tuple[str, ...]:
    """Where an entry stands on the timeline; also the position at which the next page starts."""
    if isinstance(entry, TransitionRecord):
        return format_time(entry.occurred_at), "9", f"{entry.sequence:06d}"
    key: Key = entry.key
    return format_time(key.occurred_at), str(int(key.order)), key.id
