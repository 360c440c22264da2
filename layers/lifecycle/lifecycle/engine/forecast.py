"""What publishing a draft would do to one prospect, and what its history would have looked like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.machine import Transition
from lifecycle.engine.plan import Plan
from lifecycle.events import Event


class Passage(NamedTuple):
    """A stay in a stage: from when, and until when (``None``: still there)."""

    stage: str
    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What publishing a draft at a moment would do to one prospect, and two histories of it up to that moment.

    Attributes:
        from_stage, to_stage: where it stands, and where it would stand.
        because: why it would move, in words; empty where it would not.
        actions: names of the actions that the move would set off.
        under_draft: its stays, had the draft always been in force.
        under_current: its stays, had the version in force at the moment always been.
    """

    from_stage: str
    to_stage: str
    because: str
    actions: tuple[str, ...]
    under_draft: tuple[Passage, ...]
    under_current: tuple[Passage, ...]


def forecast(log: Iterable[Event], calendar: Calendar, draft: Plan, as_of: datetime) -> Forecast | None:
    """Tell what a draft would do to a prospect.

    Arguments:
        log: events of one prospect, in any order, with any repeats. Those after the moment are left out.
        calendar: which version of the funnel is in force when.
        draft: the plan that would follow, under a version number that the calendar does not have.
        as_of: the moment of the publication.

    Returns:
        What it would do; ``None`` where nothing had happened with the prospect by then.
    """
    events = [event for event in log if event.occurred_at <= as_of]
    if not events:
        return None
    current, first = calendar.at(as_of), min(event.occurred_at for event in events)
    today = fold(events, calendar, as_of)
    alone = today if calendar.at(first) is current else fold(events, Calendar.always(current), as_of)
    published = fold(events, calendar.followed_by(draft, as_of), as_of)
    moves = [move for move in published.transitions if move.occurred_at == as_of and move.cause == "funnel_published"]
    from_stage, to_stage = today.machine.at.stage.key, published.machine.at.stage.key
    return Forecast(
        from_stage=from_stage,
        to_stage=to_stage,
        because="" if from_stage == to_stage else _because(moves, published),
        actions=tuple(name for move in moves for name in move.actions),
        under_draft=passages_of(fold(events, Calendar.always(draft), as_of)),
        under_current=passages_of(alone),
    )


def _because(moves: list[Transition], published: Folded) -> str:
    """Why a prospect moves. What happens at the very moment of the publication is judged by the draft already."""
    if moves:
        return ", then ".join(dict.fromkeys(move.because for move in moves))
    return published.machine.entry.because if published.machine.entry else "the draft starts everybody there"


def passages_of(folded: Folded) -> tuple[Passage, ...]:
    """The stays of a prospect, in order, as its log truly was: what was withdrawn never happened.

    Where the first event moves the prospect at once, it never stood in the stage where everybody starts.
    """
    first = folded.machine.first
    if first is None:
        return ()
    true = folded.true_moves()
    starts = [(move.to_stage, move.occurred_at) for move in true]
    if not true or true[0].event != first:
        starts.insert(0, (true[0].from_stage if true else folded.machine.at.stage.key, first.occurred_at))
    ends = [*(start for _, start in starts[1:]), None]
    return tuple(Passage(stage, start, end) for (stage, start), end in zip(starts, ends, strict=True))
