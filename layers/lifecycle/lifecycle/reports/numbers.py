"""What each number counts: the same functions decide what is added up and which rows are listed behind a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from lifecycle.funnel.definition import Funnel
from lifecycle.reports.dimensions import ALL, EVERYBODY, Slice
from lifecycle.reports.parts import CORRECTED_KNOWN_BY
from lifecycle.reports.periods import Span, local_date
from lifecycle.reports.windows import window_of
from lifecycle.steps import DayRow, Entry, Step

MoveNumber = Literal["entered", "entered_again", "entered_first", "skipped"]
Number = Literal[
    "entered",
    "entered_again",
    "entered_first",
    "skipped",
    "left",
    "corrected",
    "flow",
    "exits",
    "reached",
    "cohort_reached",
]
NUMBERS: tuple[Number, ...] = get_args(Number)


class Move(NamedTuple):
    """What of a step its counts hang on. ``first``: it is the first entry into ``to_stage`` in this cycle."""

    from_stage: str | None
    to_stage: str
    cause: str
    again: bool
    first: bool
    opened: tuple[str, ...]


def move_of(cause: str, step: Step) -> Move:
    """The move that a step is."""
    return Move(
        step.from_stage, step.to_stage, cause, step.again, step.to_stage not in step.reached, tuple(step.opened)
    )


def _entered(move: Move, stage: str) -> bool:
    return move.to_stage == stage


def _entered_again(move: Move, stage: str) -> bool:
    return move.to_stage == stage and move.again


def _entered_first(move: Move, stage: str) -> bool:
    return move.to_stage == stage and move.first


def _skipped(move: Move, stage: str) -> bool:
    return move.to_stage != stage and stage in move.opened


#: Whether a move counts for a stage.
MOVE_NUMBERS: Mapping[MoveNumber, Callable[[Move, str], bool]] = MappingProxyType(
    {"entered": _entered, "entered_again": _entered_again, "entered_first": _entered_first, "skipped": _skipped}
)


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows are asked for.

    Attributes:
        number: behind which number.
        stage: of which stage; of ``flow``, ``reached`` and ``cohort_reached`` the one that they lead to.
        from_stages: of ``flow`` and ``corrected``: from which they come (``origins``); of ``reached`` and
            ``cohort_reached``: that they had been in. ``None``: from anywhere.
        reason: of ``exits``: for which; ``None`` for those without one.
        within: of ``cohort_reached``: the place of a window among ``WINDOWS``; ``None`` for ever.
        slice: under which value.
        span: on which local dates it happened; of ``cohort_reached``: those of the cohort.
    """

    number: Number
    stage: str
    span: Span
    from_stages: frozenset[str | None] | None = None
    reason: str | None = None
    within: int | None = None
    slice: Slice = EVERYBODY


def origins(funnel: Funnel, from_stage: str | None) -> frozenset[str | None]:
    """The stages that a flow from a stage comes from; ``None``: from before prospects are in the reports."""
    if from_stage is not None:
        return frozenset((from_stage,))
    return frozenset((None, *(stage.key for stage in funnel.stages if stage.anonymous)))


def counts_as(question: Question, zone: ZoneInfo) -> Callable[[DayRow], bool]:
    """Whether a row counts for the number that is asked about.

    Arguments:
        question: about which number.
        zone: whose dates are meant.

    Returns:
        A function of a row. Exactly as many rows meet it as the report says; of ``cohort_reached`` among the rows of
        all days from the cohort's first on.
    """
    if question.number == "corrected":
        return lambda row: _counts_as_corrected(row, question, zone)
    return lambda row: row.step is not None and _counts(row.cause, row.step, question, zone)


def _counts(cause: str, step: Step, question: Question, zone: ZoneInfo) -> bool:
    stage, number = question.stage, question.number
    if number in ("reached", "cohort_reached"):
        return any(
            _counts_as_reached(step, below, first, question, zone)
            for below, first in step.reached.items()
            if question.from_stages is None or below in question.from_stages
        )
    side: Entry | None = step.entry
    if number == "left":
        counts, side = step.from_stage == stage, step.left
    elif number == "flow":
        counts = step.to_stage == stage and (question.from_stages is None or step.from_stage in question.from_stages)
    elif number == "exits":
        counts = step.to_stage == stage and step.why == question.reason
    else:
        counts = MOVE_NUMBERS[number](move_of(cause, step), stage)  # type: ignore[index]  # the others are above
    return counts and side is not None and question.slice.holds(side) and _in(question.span, step.entry, zone)


def _counts_as_reached(step: Step, below: str, first: Entry, question: Question, zone: ZoneInfo) -> bool:
    if below == question.stage or question.stage not in step.opened or not question.slice.holds(first):
        return False
    if question.number == "reached":
        return _in(question.span, step.entry, zone)
    soon = question.within is None or window_of(step.entry.at - first.at) <= question.within
    return soon and _in(question.span, first, zone)


def _counts_as_corrected(row: DayRow, question: Question, zone: ZoneInfo) -> bool:
    dimension, value = question.slice
    if dimension not in CORRECTED_KNOWN_BY or not row.corrected or row.step is not None:
        return False
    told = {ALL: ALL, "version": str(row.funnel_version), "cycle": str(row.cycle)}
    return (
        row.to_stage == question.stage
        and (question.from_stages is None or row.from_stage in question.from_stages)
        and told[dimension] == value
        and local_date(row.occurred_at, zone) in question.span
    )


def _in(span: Span, entry: Entry, zone: ZoneInfo) -> bool:
    return local_date(entry.at, zone) in span


def inside(rows: Iterable[DayRow], stage: str, sliced: Slice = EVERYBODY) -> dict[str, Entry]:
    """Who is in a stage after some rows: the very prospects that ``stock`` counts.

    Arguments:
        rows: all of them up to the moment of the stock, in any order.
        stage: which.
        sliced: under which value.

    Returns:
        The prospects, each with the beginning of its stay.
    """
    balance: Counter[str] = Counter()
    entries: dict[str, Entry] = {}
    for row in rows:
        step = row.step
        if step is None:
            continue
        if step.left is not None and step.from_stage == stage and sliced.holds(step.left):
            balance[row.prospect_id] -= 1
        if step.to_stage == stage and sliced.holds(step.entry):
            balance[row.prospect_id] += 1
            known = entries.get(row.prospect_id)
            entries[row.prospect_id] = step.entry if known is None or known.at <= step.entry.at else known
    return {prospect_id: entry for prospect_id, entry in entries.items() if balance[prospect_id]}
