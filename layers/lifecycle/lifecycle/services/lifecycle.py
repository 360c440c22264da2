"""The use cases of one workspace: what every function of the system calls, each with one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial

from lifecycle.engine.machine import Machine
from lifecycle.engine.snapshot import names_only_visitors
from lifecycle.events import (
    Activity,
    DealFact,
    DealUpdate,
    Decision,
    Event,
    Identity,
    Withdrawal,
    home_identity,
    prospect_id,
)
from lifecycle.services import scanners
from lifecycle.services.audit_entries import SYSTEM, prospect_exported, ruling_recorded
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.checking import check_ruling
from lifecycle.services.deals import spread, spreading_of
from lifecycle.services.erasure import Erased, Eraser, HasTime, Leftovers
from lifecycle.services.errors import (
    BareVisitorsError,
    EventNotFoundError,
    NotMergedError,
    ProspectAbsorbedError,
    ProspectErasedError,
    ProspectNotFoundError,
    SelfMergeError,
    TooBusyError,
)
from lifecycle.services.exporting import Exporter, ExportPage
from lifecycle.services.hints import Hints
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.reading import Reader
from lifecycle.services.results import (
    BatchOutcome,
    DealOutcome,
    Explanation,
    Outcome,
    ProspectOutcome,
    ProspectPage,
    ProspectView,
    TimelinePage,
)
from lifecycle.services.retaining import Keeper
from lifecycle.services.settle import Refreshed, Settled, Settler, attempts
from lifecycle.store.audit_records import AuditEntry, Origin
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import TransitionRecord
from lifecycle.store.sources import SourceStore
from lifecycle.store.workspace_clients import workspace_client

#: Appends events to their logs; for each whether it is new.
Append = Callable[[Sequence[Appended]], list[bool]]


@lru_cache(maxsize=1)
def _hints() -> Hints:
    """What this process remembers of pointers, for as long as it lives."""
    return Hints()


class Lifecycle:
    """The prospects of one workspace.

    Arguments:
        store: the workspace's store.
        calendars: where to find which version of the funnel is in force when.
        hints: where identities pointed lately.
        origin: who asks, and from where: for the audit trail.
        leftovers: what else may name a person, for an erasure (see ``Eraser``).
    """

    def __init__(
        self,
        store: Store,
        calendars: CalendarSource,
        hints: Hints | None = None,
        origin: Origin = SYSTEM,
        leftovers: Leftovers | None = None,
    ) -> None:
        self._store = store
        self._origin = origin
        self._hints = hints if hints is not None else Hints()
        self._calendars = calendars
        self._settler = Settler(store, calendars)
        self._reader = Reader(store, calendars)
        self._eraser = Eraser(store, self._settler, origin, leftovers)
        self._exporter = Exporter(store, self._reader)

    @classmethod
    def connect(cls, table: str, workspace: str, origin: Origin = SYSTEM) -> Lifecycle:
        """The prospects that a table keeps for a workspace."""
        client = workspace_client(workspace)
        calendars = Calendars(FunnelStore(client, table, workspace), remembered(table, workspace))
        leftovers = SourceStore(client, table, workspace)
        return cls(DynamoStore(client, table, workspace), calendars, _hints(), origin, leftovers)

    # ---- activities -------------------------------------------------------------------------------------------------

    def record_activity(self, activity: Activity) -> Outcome:
        """Append an activity to the log and evaluate its prospect.

        Returns:
            Where the prospect stands; ``duplicate`` if the log held the id already, in which case nothing changed.

        Raises:
            TooBusyError: the activity is in the log, but others kept changing the prospect.
        """
        (outcome,) = self._record([(self._home(activity), activity)], self._store.append)
        return outcome

    def record_activities(self, activities: Sequence[Activity]) -> BatchOutcome:
        """Append activities to their logs and evaluate their prospects; how many were new."""
        homed = [(self._home(activity), activity) for activity in activities]
        outcomes = self._record(homed, self._store.append)
        duplicates = sum(outcome.duplicate for outcome in outcomes)
        return BatchOutcome(accepted=len(outcomes) - duplicates, duplicates=duplicates)

    def append_activities(self, activities: Sequence[Activity]) -> BatchOutcome:
        """Append activities to their logs and leave the evaluation to the stream; how many were new."""
        homed = [(self._home(activity), activity) for activity in activities]
        around = Neighbourhood(self._store, self._hints)
        around.locate(homed)
        entries = [entry for entry in self._entries(homed, around, _now()) if entry]
        accepted = sum(self._store.append(entries)) if entries else 0
        return BatchOutcome(accepted=accepted, duplicates=len(homed) - accepted)

    def withdraw_scanners_clicks(self, activities: Sequence[Activity]) -> None:
        """Withdraw the clicks that the timing of an email shows to be a scanner's.

        Arguments:
            activities: what came in. Where one tells of an email's delivery or of a click, its prospect's log is read.
        """
        homed = [(self._home(activity), activity) for activity in activities if scanners.may_tell(activity)]
        if homed:
            around = Neighbourhood(self._store)
            around.load(home for home, _ in homed)
            self._withdraw_scanners_clicks(around, {around.root(home, event.key): None for home, event in homed})

    def _withdraw_scanners_clicks(self, around: Neighbourhood, roots: Iterable[str]) -> None:
        found = list(scanners.withdrawals(around, roots, _now()))
        if found:
            self._record(found, self._store.append)

    def _home(self, activity: Activity) -> str:
        return prospect_id(self._store.workspace, home_identity(activity.identities))

    def _record(self, homed: Sequence[tuple[str, Event]], append: Append) -> list[Outcome]:
        now = _now()
        around = Neighbourhood(self._store, self._hints)
        around.locate(homed)
        screened = list(zip(homed, self._entries(homed, around, now), strict=True))
        entries = [entry for _, entry in screened if entry]
        news = append(entries) if entries else []
        fresh = [entry for entry, is_new in zip(entries, news, strict=True) if is_new]
        settled = iter(self._settler.settle(fresh, now, around))
        standing = Neighbourhood(self._store) if fresh else around
        appended = iter(zip(entries, news, strict=True))
        return [
            _outcome(event, self._settler.nobody(around.root(home, event.key), now), duplicate=True)
            if entry is None
            else self._outcome(*next(appended), settled, standing, now)
            for (home, event), entry in screened
        ]

    def _entries(
        self, homed: Sequence[tuple[str, Event]], around: Neighbourhood, now: datetime
    ) -> list[Appended | None]:
        """Events as they may be appended; ``None`` for one that is about somebody who was erased."""
        keeper = Keeper(self._calendars.calendar(now), now)
        return [
            Appended(home, kept, around.root(home, kept.key), keeper.expires_at(kept)) if kept else None
            for (home, _), kept in zip(homed, around.screen(homed), strict=True)
        ]

    def _outcome(
        self, entry: Appended, is_new: bool, settled: Iterator[Settled], standing: Neighbourhood, now: datetime
    ) -> Outcome:
        if is_new:
            return _outcome(entry.event, next(settled), duplicate=False)
        return _outcome(entry.event, self._settler.standing(standing, entry.home, entry.event, now), duplicate=True)

    # ---- deals ------------------------------------------------------------------------------------------------------

    def update_deal(self, update: DealUpdate) -> DealOutcome:
        """Append to the log of a deal, copy it to the deal's contacts and evaluate them.

        Returns:
            Where the contacts stand that are on the deal, or were taken off it; no transitions if the same update was
            there already.

        Raises:
            TooBusyError: the update is in the deal's log, but others kept changing a contact.
        """
        around = Neighbourhood(self._store)
        update = around.cleared_update(update)
        (is_new,) = self._store.append_deal_updates([update])
        outcome = self._spread(update, around)
        if is_new:
            return outcome
        return replace(outcome, prospects=tuple(replace(one, transition=None) for one in outcome.prospects))

    def append_deal_updates(self, updates: Sequence[DealUpdate]) -> BatchOutcome:
        """Append to the logs of deals and leave copying and evaluation to the stream; how many were new."""
        around = Neighbourhood(self._store)
        news = self._store.append_deal_updates([around.cleared_update(update) for update in updates])
        return BatchOutcome(accepted=sum(news), duplicates=len(news) - sum(news))

    def deal_log(self, deal_id: str) -> list[DealUpdate]:
        """All that was said of a deal, in no order."""
        return self._store.deal_log(deal_id)

    def _spread(self, update: DealUpdate, around: Neighbourhood) -> DealOutcome:
        """Copy an update to its deal's contacts and evaluate them; where those stand that it concerns."""
        spreading = spreading_of(self._store, update)
        entries = spread(self._store, spreading, around)
        settled = self._settler.settle(entries, _now(), around)
        prospects = {
            outcome.prospect_id: ProspectOutcome(outcome.prospect_id, outcome.machine.at.stage.key, _last_move(outcome))
            for entry, outcome in zip(entries, settled, strict=True)
            if entry.home in spreading.concerned and not outcome.erased
        }
        return DealOutcome(update.deal_id, tuple(prospects[root] for root in sorted(prospects)))

    # ---- decisions --------------------------------------------------------------------------------------------------

    def decide(self, prospect_id: str, ruling: Decision | Withdrawal) -> Outcome:
        """Append a ruling to the log of a prospect and evaluate it. One that moves nobody is recorded all the same.

        The audit trail tells of it in the same transaction, once, however often the ruling is sent.

        Raises:
            ProspectNotFoundError, ProspectErasedError, ProspectAbsorbedError: there is no such prospect, or no longer.
            UnknownStageError, EmailKnownError: the stage is not the funnel's, or not for a known prospect.
            UnknownSubStatusError: the status is not the stage's.
            QualificationMissingError: the stage requires more of the checklist than is answered.
            EventNotFoundError: the log lacks the event to withdraw, or it cannot be withdrawn.
            NotMergedError, SelfMergeError, BareVisitorsError: the other prospect is not part of this one, is this
                one, or both are bare cookies.
            TooBusyError: the same ruling kept being sent at the same moment; or it is in the log, but others kept
                changing the prospect.
        """
        append: Append = _find_again
        if not self._store.events([(prospect_id, ruling.id)]):
            standing = self._check(prospect_id, ruling)
            append = partial(self._append_ruling, ruling_recorded(self._origin, prospect_id, ruling, standing))
        (outcome,) = self._record([(prospect_id, ruling)], append)
        if outcome.erased:
            raise ProspectErasedError
        return outcome

    def _append_ruling(self, audit: AuditEntry, appended: Sequence[Appended]) -> list[bool]:
        """Append a ruling together with the entry that tells of it; whether it is new."""
        (one,) = appended
        for _ in attempts():
            if self._store.append_ruling(one, audit):
                return [True]
            if self._store.events([(one.home, one.event.id)]):
                return [False]
        raise TooBusyError

    def _check(self, root: str, ruling: Decision | Withdrawal) -> Machine:
        """Refuse a ruling that could not mean what it says. (One that is repeated was checked the first time.)

        Returns:
            Where the prospect stands before it.
        """
        around = Neighbourhood(self._store)
        if around[root].is_pointer:
            raise ProspectAbsorbedError(root, around.root(root))
        if around[root].is_erased:
            raise ProspectErasedError
        if around[root].summary is None:
            raise ProspectNotFoundError("id")
        standing = self._settler.machine(around, root, _now())
        if isinstance(ruling, Withdrawal):
            self._check_withdrawal(around, root, ruling)
        elif ruling.other is not None:
            self._check_other(around, root, ruling)
        else:
            check_ruling(standing, ruling)
        return standing

    def _check_withdrawal(self, around: Neighbourhood, root: str, withdrawal: Withdrawal) -> None:
        homes = [root, *around[root].members]
        found = self._store.events((home, withdrawal.event_id) for home in homes)
        around.load(homes)
        events = [event for (home, _), event in found.items() if around.root(home, event.key) == root]
        if not events:  # There may be a trace of it.
            events = [event for event in around.whole_log(root)[0] if event.id == withdrawal.event_id]
        if not events:
            raise EventNotFoundError(withdrawal.event_id, "is not in this prospect's log. Its timeline has the ids.")
        if isinstance(events[0], DealFact):
            raise EventNotFoundError(
                withdrawal.event_id, "is a deal's: delete the deal, or send its contacts without this one."
            )
        if isinstance(events[0], Withdrawal) and events[0].by == scanners.BY:
            return  # found by a rule, and somebody knows better
        if isinstance(events[0], Withdrawal) or (isinstance(events[0], Decision) and events[0].other):
            raise EventNotFoundError(
                withdrawal.event_id, "is a person's withdrawal or a merge: neither can be withdrawn."
            )

    def _check_other(self, around: Neighbourhood, root: str, decision: Decision) -> None:
        other = decision.other or ""
        if other == root:
            raise SelfMergeError
        summaries = around[root].summary, around[around.root(other)].summary
        if summaries[1] is None:
            raise ProspectNotFoundError("prospect_id to merge")
        if decision.action == "merge" and all(map(names_only_visitors, summaries)):
            raise BareVisitorsError
        if decision.action == "unmerge" and other not in around[root].members:
            raise NotMergedError(other)

    # ---- the stream -------------------------------------------------------------------------------------------------

    def settle_stream(self, entries: Sequence[Appended]) -> None:
        """Evaluate prospects whose logs the stream reports to have grown, where that has not been done yet.

        Costs one read of a prospect and no write where the request that appended has done it all. The log of whoever
        clicked an email, or was delivered one, is read for the clicks of scanners.
        """
        around = Neighbourhood(self._store)
        around.load(entry.root for entry in entries)
        pending = [entry for entry in entries if not self._settler.is_folded(around, entry)]
        if pending:
            self._settler.settle(pending, _now())
        telling = dict.fromkeys(entry.root for entry in entries if scanners.may_tell(entry.event))
        if telling:
            after = Neighbourhood(self._store)
            self._withdraw_scanners_clicks(after, {after.root(root): None for root in telling})

    def spread_stream(self, update: DealUpdate) -> None:
        """Copy a deal update that the stream reports to contacts that do not have it yet.

        One that was appended while a contact was being erased is put right in the deal's log as well.
        """
        around = Neighbourhood(self._store)
        cleared = around.cleared_update(update)
        if cleared != update:
            self._store.rewrite_deal_update(cleared)
        self._spread(cleared, around)

    # ---- time -------------------------------------------------------------------------------------------------------

    def refresh(self, prospect_ids: Sequence[str]) -> list[Refreshed]:
        """Bring prospects up to the present whom no event concerns (see ``Settler.refresh``)."""
        return self._settler.refresh(prospect_ids, _now())

    # ---- privacy ----------------------------------------------------------------------------------------------------

    def erase(self, prospect_id: str, has_time: HasTime) -> Erased:
        """Erase a prospect and all that is held on it (see ``Eraser.erase``)."""
        return self._eraser.erase(prospect_id, _now(), has_time)

    def erase_identity(self, identity: Identity, has_time: HasTime) -> None:
        """Erase whoever has an identity, if anybody does."""
        try:
            found = self.find_prospect(identity).prospect_id
        except ProspectNotFoundError:
            return
        self.erase(found, has_time)

    def finish_erasure(self, prospect_id: str, has_time: HasTime) -> None:
        """Go on with an erasure that was cut short. Doing it twice is doing it once."""
        self._eraser.sweep(prospect_id, _now(), has_time)

    def export(self, prospect_id: str, position: tuple[str, ...] | None, limit: int) -> ExportPage:
        """All that is held on a prospect, a page at a time (see ``Exporter.page``). Told in the audit trail."""
        now = _now()
        page = self._exporter.page(prospect_id, position, limit, now)
        if position is None:
            self._store.record(prospect_exported(self._origin, page.prospect_id, now))
        return page

    # ---- reading ----------------------------------------------------------------------------------------------------

    def find_prospect(self, identity: Identity) -> ProspectView:
        """The prospect of an identity. Raises ProspectNotFoundError."""
        return self._reader.find(identity, _now())

    def get_prospect(self, prospect_id: str) -> ProspectView:
        """The prospect of an id; an absorbed one answers with the survivor. Raises ProspectNotFoundError."""
        return self._reader.get(prospect_id, _now())

    def list_prospects(
        self,
        stage: str | None,
        lead_status: str | None,
        since_from: datetime | None,
        since_to: datetime | None,
        position: tuple[str, ...] | None,
        limit: int,
    ) -> ProspectPage:
        """Prospects by stage and other filters, a page at a time (see ``Reader.list``)."""
        return self._reader.list(stage, lead_status, (since_from, since_to), position, limit, _now())

    def timeline(self, prospect_id: str, position: tuple[str, ...] | None, limit: int) -> TimelinePage:
        """Events and transitions of a prospect, newest first, a page at a time. Raises ProspectNotFoundError."""
        return self._reader.timeline(prospect_id, position, limit)

    def explain(self, prospect_id: str) -> Explanation:
        """Why a prospect is where it is, and what is still missing. Raises ProspectNotFoundError."""
        return self._reader.explain(prospect_id, _now())


def _now() -> datetime:
    return datetime.now(UTC)


def _find_again(appended: Sequence[Appended]) -> list[bool]:
    """What is in its log already is not appended."""
    return [False] * len(appended)


def _last_move(settled: Settled) -> TransitionRecord | None:
    return next((move for move in reversed(settled.moves) if move.corrected_by is None), None)


def _outcome(event: Event, settled: Settled, *, duplicate: bool) -> Outcome:
    return Outcome(
        event_id=event.id,
        prospect_id=settled.prospect_id,
        stage=settled.machine.at.stage.key,
        transition=None if duplicate else _last_move(settled),
        duplicate=duplicate or settled.erased,
        erased=settled.erased,
    )
