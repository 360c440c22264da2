"""Steps: what a report knows of a prospect's way through the funnel.

The steps of a prospect are its history as it truly was, as far as is known now: moves whose evidence was withdrawn are
none, and those that only came to light by that are. They begin when the prospect is known (an email, or a deal), for
nobody anonymous is in any report, and each begins where the one before ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Told(NamedTuple):
    """What reports break down by, as the log had told it by a moment.

    Attributes:
        source: where the prospect came from: of the first activity that names one, ``utm_source`` or its ``source``.
        campaign: of the first activity that names one, ``utm_campaign`` or ``campaign``.
        owner: whose prospect it is: the trait ``owner`` as it was told last.
    """

    source: str | None = None
    campaign: str | None = None
    owner: str | None = None


class Entry(NamedTuple):
    """The beginning of a stay in a stage: when, in which cycle, under which version of the funnel, and what was told
    by then."""

    at: datetime
    cycle: int
    version: int
    told: Told


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a prospect's way.

    Attributes:
        from_stage: where the stay was that it ends; ``None`` where the prospect comes into the reports.
        to_stage: where the next one is.
        entry: the beginning of that.
        left: the beginning of the stay that it ends; ``None`` with ``from_stage``.
        again: whether the prospect was in ``to_stage`` before, in whichever cycle.
        opened: the stages of the ladder that it reaches or passes for the first time in this cycle, from the lowest up,
            ``to_stage`` last; a stage beside the ladder alone; empty where it had been as far before.
        reached: the stages that the prospect had been in before in this cycle, with the first entry into each.
        why: the reason of a decision that leads beside the ladder, or the criterion that did, in words.
    """

    from_stage: str | None
    to_stage: str
    entry: Entry
    left: Entry | None = None
    again: bool = False
    opened: tuple[str, ...] = ()
    reached: Mapping[str, Entry] = field(default_factory=dict)
    why: str | None = None


@dataclass(frozen=True, slots=True)
class DayRow:
    """A transition, or a prospect's coming into the reports, as the index by day lists it.

    Attributes:
        prospect_id: whose.
        sequence: of the transition among the prospect's; 0 where there is none: the prospect only became known.
        occurred_at: when it became true.
        from_stage, to_stage: of the transition; equal where there is none.
        cause: of the transition; ``known`` where there is none.
        funnel_version: in force then.
        cycle: of the transition.
        corrected: the transition no longer stands.
        step: what it is to a report; ``None`` for a correction, for what no longer stands, and while anonymous.
    """

    prospect_id: str
    sequence: int
    occurred_at: datetime
    from_stage: str
    to_stage: str
    cause: str
    funnel_version: int
    cycle: int
    corrected: bool
    step: Step | None


@dataclass(frozen=True, slots=True)
class LostDeal:
    """A deal that is lost.

    Attributes:
        deal_id: the deal's.
        lost_at: when it was lost.
        reason: why; ``None`` where nobody said.
        pipeline: in which pipeline.
        amount, currency: what it was worth, where that was told.
    """

    deal_id: str
    lost_at: datetime
    reason: str | None
    pipeline: str | None
    amount: Decimal | None
    currency: str | None
