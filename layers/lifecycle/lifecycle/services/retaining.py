"""Keeping activities no longer than agreed: which traces a prospect's logs need, and when their activities may go.

The version of the funnel that is in force tells how long activities are kept. Their traces are made in the same commit
as the state that rests on them, so whatever is deleted afterwards, the next fold comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.retention import GRACE, condense_at, expires_at, lead, policy_of, whole_second
from lifecycle.engine.trace import trace_of
from lifecycle.events import Activity, Event
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.records import KeptLog, NewTraces, Partition

#: About so many bytes of traces are made of one prospect at once: those of 25 fit into one transaction (4 MB). What is
#: left is due at once.
MOST_BYTES = 120_000
_BYTES_WITHOUT_PROPERTIES = 200
#: It is not known by which policy all activities of a prospect expire.
_UNSURE = ""


@dataclass(slots=True)
class Upkeep:
    """What becomes of the activities of a prospect.

    Attributes:
        condense_at: when its next trace is to be made.
        retention: by which policy they expire.
        traces: those that its logs get.
        expiries: by partition, when some of its activities may go, by id.
    """

    condense_at: datetime | None
    retention: str | None
    traces: list[NewTraces] = field(default_factory=list)
    expiries: dict[str, dict[str, datetime | None]] = field(default_factory=dict)


class _InFull(NamedTuple):
    """An activity that is there in full and needs a trace.

    ``moment`` is when the trace is due, ``begins`` from when on it is made along with others; both ``None`` where the
    activity is kept for ever. ``is_stale``: there is a trace, but of an earlier version of the funnel.
    """

    home: str
    moment: datetime | None
    begins: datetime | None
    trace: Activity
    is_stale: bool


class Keeper:
    """Keeps the activities of a workspace's prospects no longer than the version in force tells.

    Arguments:
        calendar: which version of the funnel is in force when.
        now: the present.
    """

    def __init__(self, calendar: Calendar, now: datetime) -> None:
        self._calendar = calendar
        self._now = now
        self._retention = calendar.at(now).funnel.retention
        self._policy = policy_of(self._retention)

    def expires_at(self, event: Event) -> datetime | None:
        """When an event that is appended now may go; ``None``: never."""
        return expires_at(event, self._retention) if isinstance(event, Activity) else None

    def is_due(self, partition: Partition) -> bool:
        """Whether traces of a prospect's activities are to be made, or they expire by a policy that is not in force."""
        awaited = partition.condense_at
        return partition.retention != self._policy or (awaited is not None and awaited <= self._now)

    def with_more(self, partition: Partition, events: Iterable[Event]) -> Upkeep:
        """What becomes of the activities of a prospect whose log is not read, with some more of them."""
        return Upkeep(_soonest([partition.condense_at, *self._moments(events)]), partition.retention)

    def of_new(self, events: Iterable[Event]) -> Upkeep:
        """What becomes of the activities of a prospect of whom these are all."""
        events = list(events)
        policies = {policy_of(self._calendar.at(event.recorded_at).funnel.retention) for event in events}
        return self._upkeep(self._moments(events), policies, begun=False)

    def of_all(self, around: Neighbourhood, root: str, *, tend: bool) -> Upkeep:
        """What becomes of the activities of a prospect whose whole log was read.

        Arguments:
            around: the partitions around it.
            root: the prospect.
            tend: also make the traces that are due, and set anew when activities may go that name another time than
                the policy in force does.
        """
        logs = list(around.kept_logs(root))
        needed = [one for home, kept, events in logs for one in self._needed(home, kept, events)]
        chosen = _affordable(self._chosen(needed, tend=tend))
        policies = around.policies(root)
        taken = set(map(id, chosen))
        left = [one for one in needed if id(one) not in taken]
        moments = [whole_second(self._now) if one.is_stale else one.moment for one in left]
        upkeep = self._upkeep(moments, policies, begun=tend)
        for home, kept, events in logs:
            traces = [one.trace for one in chosen if one.home == home]
            if traces:
                upkeep.traces.append(NewTraces(home, root, kept.chunks, traces))
            if tend and (expiries := dict(self._other_expiries(kept, events))):
                upkeep.expiries[home] = expiries
        return upkeep

    def _upkeep(self, moments: Iterable[datetime | None], policies: set[str | None], *, begun: bool) -> Upkeep:
        """Under which policy activities expire from now on; if that is still to be seen to, it is due now."""
        if begun or policies <= {self._policy}:
            return Upkeep(_soonest(moments), self._policy)
        return Upkeep(whole_second(self._now), policies.pop() if len(policies) == 1 else _UNSURE)

    def _moments(self, events: Iterable[Event]) -> Iterator[datetime | None]:
        return (condense_at(event, self._retention) for event in events if isinstance(event, Activity))

    def _needed(self, home: str, kept: KeptLog, events: Iterable[Event]) -> Iterator[_InFull]:
        """The activities that are there in full, and whose traces are not what they are to be."""
        if self._policy is None and not kept.traces:
            return
        for event in events:
            if isinstance(event, Activity) and not event.condensed:
                moment, there = condense_at(event, self._retention), event.key in kept.traces
                if moment is None and not there:
                    continue
                trace = trace_of(event, self._calendar.plans)
                if not there or trace != kept.traces[event.key]:
                    duration = self._retention.of(event.type)
                    begins = moment - lead(duration.length) if moment and duration else None
                    yield _InFull(home, moment, begins, trace, is_stale=there)

    def _chosen(self, needed: list[_InFull], *, tend: bool) -> list[_InFull]:
        """What to make traces of now: anew where one is out of date; once one is due, of all that would be soon.

        The latter is left to a look without an event, which finds what came in by then: fewer items, and no request
        that waits for it.
        """
        is_due = tend and any(one.moment is not None and one.moment <= self._now for one in needed)
        return [
            one for one in needed if one.is_stale or (is_due and one.begins is not None and one.begins <= self._now)
        ]

    def _other_expiries(self, kept: KeptLog, events: Iterable[Event]) -> Iterator[tuple[str, datetime | None]]:
        """When activities may go that are to go at another time than they say.

        Their traces follow in a moment, or in several looks of a long log. Should that fail, they are still there for
        a day.
        """
        earliest = whole_second(self._now + GRACE)
        for event in events:
            if isinstance(event, Activity) and not event.condensed:
                wanted, stored = expires_at(event, self._retention), kept.expiries[event.id]
                if wanted is None or stored is None:
                    is_right = wanted is stored
                else:
                    is_right = wanted <= stored <= max(wanted, earliest)
                if not is_right:
                    yield event.id, None if wanted is None else max(wanted, earliest)


def _affordable(chosen: list[_InFull]) -> list[_InFull]:
    """As many of some, those whose moment comes first, as may be made at once."""
    taken: list[_InFull] = []
    size = 0
    for one in sorted(chosen, key=lambda one: (not one.is_stale, one.moment or one.trace.occurred_at)):
        size += _BYTES_WITHOUT_PROPERTIES + len(repr(one.trace.properties)) + len(repr(one.trace.traits))
        if taken and size > MOST_BYTES:
            break
        taken.append(one)
    return taken


def _soonest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
