"""The read side: states, lists, timelines and explanations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from lifecycle.engine.evidence import EvidenceLog
from lifecycle.engine.fold import Folded, fold, in_order
from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import Plan, PlannedStage
from lifecycle.events import Event, Identity, Key, prospect_id
from lifecycle.services.errors import ProspectNotFoundError, UnknownStageError
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.results import (
    DealView,
    Explanation,
    ProspectPage,
    ProspectView,
    StageReport,
    TimelinePage,
)
from lifecycle.store.items import format_time
from lifecycle.store.protocol import Store
from lifecycle.store.records import TransitionRecord

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)
#: How many listed prospects are read at once (the service's limit for one request).
_READ_AHEAD = 100


class Reader:
    """Reads the prospects of one workspace.

    Arguments:
        store: the workspace's store.
        plan: the compiled funnel in force.
    """

    def __init__(self, store: Store, plan: Plan) -> None:
        self._store = store
        self._plan = plan

    def find(self, identity: Identity) -> ProspectView:
        """The prospect of an identity (for a visitor: whom its next event would belong to)."""
        return self._get(prospect_id(self._store.workspace, identity), "identity")

    def get(self, prospect_id: str) -> ProspectView:
        """The prospect of an id; an absorbed one answers with the survivor."""
        return self._get(prospect_id, "id")

    def list(
        self,
        stage: str | None,
        lead_status: str | None,
        since: tuple[datetime | None, datetime | None],
        position: tuple[str, ...] | None,
        limit: int,
    ) -> ProspectPage:
        """Prospects by stage (without one: all but anonymous ones, stage by stage), in the order of their entry.

        Arguments:
            stage: a stage's key, or ``None``.
            lead_status: only prospects of this lead status, or ``None``.
            since: entered their stage at or after the first, before the second; either may be ``None``.
            position: where the page before ended.
            limit: at most so many.

        Raises:
            UnknownStageError: the funnel has no such stage.
        """
        stages = self._stages(stage)
        place, after = (int(position[0]), position[1]) if position else (0, "")
        found: list[ProspectView] = []
        for index in range(place, len(stages)):
            entries = self._store.in_stage(
                stages[index], after if index == place else "", format_time(since[0] or _FIRST),
                format_time((since[1] or _LAST) - timedelta(microseconds=1)) + "#~",
            )  # fmt: skip
            while chunk := list(islice(entries, _READ_AHEAD)):
                views = self._views(id_ for _, id_ in chunk)
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
        around, root = self._locate(prospect_id, "id")
        events, transitions = around.whole_log(root)
        entries = sorted([*in_order(events), *transitions], key=_place, reverse=True)
        if position:
            entries = [entry for entry in entries if _place(entry) < position]
        page = entries[:limit]
        return TimelinePage(root, tuple(page), _place(page[-1]) if len(entries) > limit else None)

    def explain(self, prospect_id: str) -> Explanation:
        """Why a prospect is where it is, and what the stages ahead still ask for."""
        around, root = self._locate(prospect_id, "id")
        events, transitions = around.whole_log(root)
        folded = fold(events, self._plan)
        machine, evidence = folded.machine, folded.evidence_log()
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
        return StageReport(stage.stage.key, stage.stage.label, report)

    def _stages(self, stage: str | None) -> tuple[str, ...]:
        if stage is None:
            return tuple(planned.stage.key for planned in self._plan.stages if not planned.stage.anonymous)
        if stage not in self._plan.by_key:
            raise UnknownStageError(stage, self._plan.funnel.stage_keys)
        return (stage,)

    def _locate(self, prospect_id: str, what: str) -> tuple[Neighbourhood, str]:
        around = Neighbourhood(self._store)
        root = around.root(prospect_id)
        if around[root].summary is None:
            raise ProspectNotFoundError(what)
        return around, root

    def _get(self, prospect_id: str, what: str) -> ProspectView:
        around, root = self._locate(prospect_id, what)
        return view_of(root, around.machine(root, self._plan))

    def _views(self, prospect_ids: Iterable[str]) -> dict[str, ProspectView]:
        around = Neighbourhood(self._store)
        ids = list(prospect_ids)
        around.load(ids)
        found = [id_ for id_ in ids if around[id_].summary is not None]
        return {id_: view_of(id_, around.machine(id_, self._plan)) for id_ in found}


def view_of(root: str, machine: Machine) -> ProspectView:
    """A machine as the state that callers see."""
    inbound, outbound, internal, automated = machine.tally
    return ProspectView(
        prospect_id=root,
        stage=machine.at.stage.key,
        since=_since(machine),
        lead_status=machine.lead_status,
        lost_reason=machine.lost_reason,
        score=machine.score,
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
        last_event=machine.last.occurred_at if machine.last else _FIRST,
        funnel_version=machine.plan.funnel.version,
    )


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
