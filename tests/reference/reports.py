"""Report numbers as their definitions read, from nothing but logs: every history is walked anew by the reference
``walk``, and every number is counted by looking at every prospect.

The reference against which reports are held. Nothing here is shared with ``lifecycle.reports`` or with the fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lifecycle.events import Activity, DealFact, DealUpdate, Event, Key, Withdrawal
from lifecycle.funnel.definition import Funnel
from tests.reference.walk import Move, Terms, never_withdrawn, walk

NOT_TOLD = "(none)"


class Stay(NamedTuple):
    """Somebody's time in a stage. ``until`` is ``None`` while it lasts; ``told`` is what reports break down by, as it
    was known when the stay began."""

    prospect: str
    stage: str
    since: datetime
    until: datetime | None
    cycle: int
    told: Mapping[str, str]


class Passage(NamedTuple):
    """A move of somebody who is known.

    ``before`` is the stay that it ends, ``begun`` the one that it begins; ``again``: they were in that stage before;
    ``opened``: the stages of this cycle's way up that it reaches or passes first; ``is_exit``: it leads beside the
    ladder, and ``why`` is what a person gave as the reason.
    """

    before: Stay | None
    begun: Stay
    cause: str
    again: bool
    opened: tuple[str, ...]
    is_exit: bool
    why: str | None


class Corrected(NamedTuple):
    """A move that was believed and never happened."""

    at: datetime
    from_stage: str
    to_stage: str


@dataclass(frozen=True, slots=True)
class History:
    """What the log of one prospect comes to."""

    prospect: str
    passages: tuple[Passage, ...]
    corrected: tuple[Corrected, ...]

    def standing(self, moment: datetime) -> Stay | None:
        """The stay at a moment; ``None`` before anybody knew them."""
        return next((each.begun for each in reversed(self.passages) if each.begun.since < moment), None)


def history(prospect: str, log: Iterable[Event], terms: Terms, until: datetime) -> History:
    """The history of a prospect, as it truly was until a moment.

    Arguments:
        prospect: the id.
        log: all events, in any order, with any repeats. Nobody is known by a withdrawn event alone.
        terms: the versions of the funnel.
        until: the moment.
    """
    events = sorted({event.key: event for event in log}.values(), key=lambda event: event.key)
    moves = walk(never_withdrawn(events), terms, until).moves
    ladder = [stage.key for stage in terms[-1][1].ladder if not stage.anonymous]
    return History(prospect, tuple(_passages(prospect, events, moves, ladder)), tuple(_corrected(events, terms)))


def _passages(prospect: str, log: Sequence[Event], moves: Sequence[Move], ladder: Sequence[str]) -> Iterator[Passage]:
    """The moves of somebody known: from the first out of being anonymous on."""
    counted = [event for event in never_withdrawn(log) if not (isinstance(event, Activity) and event.automated)]
    before: Stay | None = None
    been: set[str] = set()
    opened_before: set[str] = set()
    for move, after in zip_longest(moves, moves[1:]):
        end = after.occurred_at if after else None
        stay = Stay(prospect, move.to_stage, move.occurred_at, end, move.cycle, _told(counted, move))
        returns = before is not None and before.cycle != move.cycle
        if returns:
            opened_before = set()
        opened = tuple(_opened(move.to_stage, before, opened_before, ladder, returns=returns))
        is_exit = move.to_stage not in ladder
        why = _why(log, move) if is_exit else None
        yield Passage(before, stay, move.cause, move.to_stage in been, opened, is_exit, why)
        before = stay
        been.add(move.to_stage)
        opened_before.update(opened)


def _opened(
    to_stage: str, before: Stay | None, opened: set[str], ladder: Sequence[str], *, returns: bool
) -> Iterator[str]:
    """The stages that a move reaches or passes for the first time in its cycle, from the lowest up."""
    if returns or to_stage not in ladder:
        yield from {to_stage} - opened
        return
    stood = opened | ({before.stage} if before else set())
    highest = max((ladder.index(stage) for stage in stood if stage in ladder), default=-1)
    yield from ladder[highest + 1 : ladder.index(to_stage) + 1]


def _told(counted: Sequence[Event], move: Move) -> Mapping[str, str]:
    """What was told of somebody by the moment of a move: where from by who said it first, whose by who said it last."""
    told = {"version": str(move.version), "cycle": str(move.cycle)}
    for event in counted:
        if isinstance(event, Activity) and event.occurred_at <= move.occurred_at:
            source = event.properties.get("utm_source") or event.source
            campaign = event.properties.get("utm_campaign") or event.properties.get("campaign")
            if source:
                told.setdefault("source", source)
            if campaign:
                told.setdefault("campaign", campaign)
            if event.traits.get("owner"):
                told["owner"] = event.traits["owner"]
    return {"source": NOT_TOLD, "campaign": NOT_TOLD, "owner": NOT_TOLD} | told


def _why(log: Sequence[Event], move: Move) -> str | None:
    """The reason of the decision that led to a stage beside the ladder; ``None`` where a criterion did."""
    reasons = [getattr(event, "reason", None) for event in log if event.occurred_at == move.occurred_at]
    return next(filter(None, reasons), None)


def _corrected(log: Sequence[Event], terms: Terms) -> Iterator[Corrected]:
    """The moves that were believed until an event withdrew what they rested on."""
    done: list[Event] = []
    for place, event in enumerate(log):
        if event in done:
            continue
        if isinstance(event, Withdrawal) or (isinstance(event, DealFact) and (event.deleted or event.linked is False)):
            # What takes several contacts of somebody off a deal at once is one fact, in as many events.
            done = [other for other in log[place:] if other is event or _takes_off_too(event, other)]
            believed = _moves(log[:place], log[:place], terms, event.occurred_at)
            true = _moves(log[:place], [*log[:place], *done], terms, event.occurred_at)
            for moved_by, from_stage, to_stage, _ in (believed - true).elements():
                yield Corrected(moved_by.occurred_at, from_stage, to_stage)


def _takes_off_too(event: Event, other: Event) -> bool:
    return (
        isinstance(event, DealFact)
        and isinstance(other, DealFact)
        and (event.linked, other.linked) == (False, False)
        and (event.deal_id, event.occurred_at) == (other.deal_id, other.occurred_at)
    )


def _moves(
    happened: Sequence[Event], known: Sequence[Event], terms: Terms, until: datetime
) -> Counter[tuple[Key, str, str, str]]:
    """The moves that events come to, by what is known of them."""
    keys = {event.key for event in happened}
    counted = [event for event in never_withdrawn(known) if event.key in keys]
    if not counted:
        return Counter()
    found = walk(counted, terms, until)
    return Counter(
        (made_by, move.from_stage, move.to_stage, move.cause)
        for made_by, move in zip(found.made_by, found.moves, strict=True)
    )


# ---- numbers --------------------------------------------------------------------------------------------------------


@cache
def _date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Reports:
    """Every number, counted anew for each question.

    Attributes:
        histories: of all prospects.
        zone: the workspace's.
        dimension, value: the slice; everybody with ``None``.
    """

    histories: Sequence[History]
    zone: ZoneInfo
    dimension: str | None = None
    value: str | None = None

    def _holds(self, stay: Stay) -> bool:
        return self.dimension is None or stay.told[self.dimension] == self.value

    def _on(self, moment: datetime, first: date, last: date) -> bool:
        return first <= _date(moment, self.zone) <= last

    def _passages(self, first: date, last: date) -> Iterator[Passage]:
        return (each for one in self.histories for each in one.passages if self._on(each.begun.since, first, last))

    def stock(self, stage: str, day: date) -> int:
        """How many stand in a stage at the end of a day."""
        end = self._midnight(day + timedelta(days=1))
        standing = (one.standing(end) for one in self.histories)
        return sum(1 for stay in standing if stay and stay.stage == stage and self._holds(stay))

    def entered(self, stage: str, first: date, last: date) -> int:
        """How many came in."""
        return sum(each.begun.stage == stage and self._holds(each.begun) for each in self._passages(first, last))

    def entered_again(self, stage: str, first: date, last: date) -> int:
        """How many of these had been there before."""
        return sum(
            each.begun.stage == stage and each.again and self._holds(each.begun) for each in self._passages(first, last)
        )

    def left(self, stage: str, first: date, last: date) -> int:
        """How many went out."""
        return sum(
            each.before is not None and each.before.stage == stage and self._holds(each.before)
            for each in self._passages(first, last)
        )

    def skipped(self, stage: str, first: date, last: date) -> int:
        """How many passed without a stay."""
        return sum(
            stage in each.opened and each.begun.stage != stage and self._holds(each.begun)
            for each in self._passages(first, last)
        )

    def corrected(self, stage: str, first: date, last: date) -> int:
        """How many entries turned out never to have been."""
        return sum(
            each.to_stage == stage and self._on(each.at, first, last)
            for one in self.histories
            for each in one.corrected
        )

    def flows(self, first: date, last: date) -> Counter[tuple[str | None, str]]:
        """How many went from where to where."""
        return Counter(
            (each.before.stage if each.before else None, each.begun.stage)
            for each in self._passages(first, last)
            if self._holds(each.begun)
        )

    def exits(self, first: date, last: date) -> Counter[tuple[str, str | None]]:
        """How many left the ladder for which reason; those whom a criterion took have none."""
        return Counter(
            (each.begun.stage, each.why)
            for each in self._passages(first, last)
            if each.is_exit and self._holds(each.begun)
        )

    def reached(self, stage: str, higher: str, first: date, last: date) -> int:
        """How many reached or passed a higher stage in the period, having been in a stage in the same cycle."""
        return sum(
            self._on(each.begun.since, first, last)
            for one in self.histories
            for stay in self._first_stays(one, stage)
            for each in _later(one, stay)
            if higher in each.opened
        )

    def entered_first(self, stage: str, first: date, last: date) -> int:
        """How many came in for the first time in a cycle."""
        return len(list(self._cohort(stage, first, last)))

    def cohort_reached(self, stage: str, higher: str, first: date, last: date, within: timedelta | None) -> int:
        """How many of those who came in first in the period reached or passed a higher stage within so long."""
        return sum(
            any(
                higher in each.opened and (within is None or each.begun.since - stay.since <= within)
                for each in _later(one, stay)
            )
            for one, stay in self._cohort(stage, first, last)
        )

    def _cohort(self, stage: str, first: date, last: date) -> Iterator[tuple[History, Stay]]:
        for one in self.histories:
            for stay in self._first_stays(one, stage):
                if self._on(stay.since, first, last):
                    yield one, stay

    def _first_stays(self, one: History, stage: str) -> list[Stay]:
        """The first stay in a stage of each cycle in which there is one."""
        stays: dict[int, Stay] = {}
        for each in one.passages:
            if each.begun.stage == stage:
                stays.setdefault(each.begun.cycle, each.begun)
        return [stay for stay in stays.values() if self._holds(stay)]

    def ended(self, stage: str, first: date, last: date) -> list[timedelta]:
        """How long the stays took that ended in the period, the shortest first."""
        return sorted(
            each.begun.since - each.before.since
            for each in self._passages(first, last)
            if each.before is not None and each.before.stage == stage and self._holds(each.before)
        )

    def still_inside(self, stage: str, day: date, end: datetime) -> list[timedelta]:
        """How long those have been inside who are at the end of a day, counted from noon of the day of their entry."""
        stays = (one.standing(self._midnight(day + timedelta(days=1))) for one in self.histories)
        inside = (stay for stay in stays if stay and stay.stage == stage and self._holds(stay))
        return sorted(max(timedelta(), end - self._noon(stay.since)) for stay in inside)

    def inside(self, stage: str, now: datetime) -> list[Stay]:
        """Who is in a stage now."""
        stays = (one.standing(now) for one in self.histories)
        return [stay for stay in stays if stay and stay.stage == stage and self._holds(stay)]

    def values(self, dimension: str) -> set[str]:
        """Everything that was told of a dimension."""
        return {each.begun.told[dimension] for one in self.histories for each in one.passages}

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def _noon(self, moment: datetime) -> datetime:
        day = _date(moment, self.zone)
        # In UTC: two times of one zone are subtracted as if no clock were ever moved.
        return datetime(day.year, day.month, day.day, 12, tzinfo=self.zone).astimezone(UTC)


def _later(one: History, stay: Stay) -> list[Passage]:
    """What came after the beginning of a stay in its cycle, be it at the very same moment."""
    place = next(place for place, each in enumerate(one.passages) if each.begun is stay)
    return [each for each in one.passages[place + 1 :] if each.begun.cycle == stay.cycle]


class LostDeals(NamedTuple):
    """Deals lost for one reason, in one currency (``None``: nobody said how much)."""

    reason: str | None
    currency: str | None


def lost_deals(
    deals: Iterable[Sequence[DealUpdate]], zone: ZoneInfo, first: date, last: date
) -> Mapping[LostDeals, tuple[int, Decimal]]:
    """How many deals were lost in a period and still are, and what they were worth.

    Arguments:
        deals: the log of each.
        zone: whose days are meant.
        first, last: of the period.
    """
    found: dict[LostDeals, tuple[int, Decimal]] = {}
    for log in deals:
        updates = sorted(log, key=lambda update: update.key)
        deleted = [update.key for update in updates if update.deleted]
        updates = [update for update in updates if not deleted or update.key > deleted[-1]]
        said = [update for update in updates if update.status is not None]
        if not said or said[-1].status != "lost":
            continue
        begun = _began_to_be_lost(said)
        if not first <= begun.astimezone(zone).date() <= last:
            continue
        worth = [update for update in updates if update.amount is not None]
        reasons = [each.lost_reason for each in updates if each.occurred_at >= begun and each.lost_reason is not None]
        amount, currency = (worth[-1].amount, worth[-1].currency) if worth else (None, None)
        thing = LostDeals(reasons[-1] if reasons else None, currency)
        count, total = found.get(thing, (0, Decimal(0)))
        found[thing] = count + 1, total + (amount or Decimal(0))
    return found


def _began_to_be_lost(said: Sequence[DealUpdate]) -> datetime:
    """Since when it is lost: of the statuses at the end that say so, the first."""
    began = said[-1].occurred_at
    for update in reversed(said):
        if update.status != "lost":
            break
        began = update.occurred_at
    return began


def ladder_pairs(funnel: Funnel) -> Iterator[tuple[str, str]]:
    """Every two stages of the ladder that reports tell the conversion of, the lower first."""
    ladder = [stage.key for stage in funnel.ladder if not stage.anonymous]
    for place, stage in enumerate(ladder):
        for higher in ladder[place + 1 :]:
            yield stage, higher
