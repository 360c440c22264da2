"""The documents that the API answers with about reports. ``encode_reports`` makes them."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.store.report_records import ReportSettings


class SliceAnswer(TypedDict):
    """Of whom the figures are: those with one value of a dimension."""

    dimension: str
    value: str


class ReportedStageAnswer(TypedDict):
    """A stage as reports name it."""

    stage: str
    label: str
    """What people call it; the key again of a stage that the funnel in force has no longer."""
    colour: str | None
    beside: bool
    """It stands beside the ladder."""


class _Stage(ReportedStageAnswer):
    pass


#: Written as a call, for ``from`` is a keyword. ``from`` and ``to`` are the first and the last day, both included and
#: whole, of the time zone. ``as_of`` is when the report was made. Where it is not ``complete``, it lacks some of what
#: has happened on the ``pending_days`` (UTC): that is being added up. ``definitions`` say what each number is.
_Report = TypedDict(
    "_Report",
    {
        "report": str,
        "from": str,
        "to": str,
        "by": str,
        "time_zone": str,
        "slice": SliceAnswer | None,
        "as_of": str,
        "complete": bool,
        "pending_days": list[str],
        "definitions": dict[str, str],
    },
)


class FunnelFiguresAnswer(TypedDict):
    """The figures of a stage."""

    stage: str
    stock_before: int
    stock: int
    entered: int
    left: int
    entered_again: int
    skipped: int
    corrected: int | None
    """Null where it is not known by what the slice is of."""
    goal: float | None
    """How many were to enter; null without a goal, and for a slice."""


class FunnelStageAnswer(_Stage, FunnelFiguresAnswer):
    """A stage, with its figures over the whole time."""


class FunnelPeriodAnswer(TypedDict):
    """The figures of a period."""

    start: str
    end: str
    """The last day of it that the report is about."""
    partial: bool
    """It has more days than these."""
    stages: list[FunnelFiguresAnswer]


class FunnelValueAnswer(TypedDict):
    """The figures of one value of the dimension that the report is broken down by."""

    value: str
    stages: list[FunnelFiguresAnswer]


#: The same over the period before.
FunnelBeforeAnswer = TypedDict(
    "FunnelBeforeAnswer",
    {"from": str, "to": str, "stages": list[FunnelStageAnswer], "periods": list[FunnelPeriodAnswer]},
)


class FunnelReportAnswer(_Report):
    """Stock, entries and exits, stage by stage."""

    stages: list[FunnelStageAnswer]
    periods: list[FunnelPeriodAnswer]
    break_down: list[FunnelValueAnswer] | None
    previous: FunnelBeforeAnswer | None


#: How many went from a stage to another one; ``from`` is null where they came into the reports.
FlowFiguresAnswer = TypedDict(
    "FlowFiguresAnswer", {"from": str | None, "to": str, "count": int, "corrected": int | None}
)


class FlowPeriodAnswer(TypedDict):
    """The moves of a period."""

    start: str
    end: str
    partial: bool
    flows: list[FlowFiguresAnswer]


class FlowValueAnswer(TypedDict):
    """The moves of one value of the dimension that the report is broken down by."""

    value: str
    flows: list[FlowFiguresAnswer]


#: The same over the period before.
FlowBeforeAnswer = TypedDict(
    "FlowBeforeAnswer", {"from": str, "to": str, "flows": list[FlowFiguresAnswer], "periods": list[FlowPeriodAnswer]}
)


class FlowsReportAnswer(_Report):
    """The moves from stage to stage."""

    stages: list[ReportedStageAnswer]
    flows: list[FlowFiguresAnswer]
    periods: list[FlowPeriodAnswer]
    break_down: list[FlowValueAnswer] | None
    previous: FlowBeforeAnswer | None


#: How many of those who ``entered`` a stage ``reached`` a higher one. ``adjacent``: no stage lies between. ``ripe``:
#: everybody has had the time to. ``rate`` is null where nobody entered, and may exceed 1 by period.
ConversionFiguresAnswer = TypedDict(
    "ConversionFiguresAnswer",
    {
        "from": str,
        "to": str,
        "adjacent": bool,
        "entered": int,
        "reached": int,
        "rate": float | None,
        "ripe": bool,
    },
)


class ConversionPeriodAnswer(TypedDict):
    """The conversions of a period, or of its cohort."""

    start: str
    end: str
    partial: bool
    conversions: list[ConversionFiguresAnswer]


class ConversionValueAnswer(TypedDict):
    """The conversions of one value of the dimension that the report is broken down by."""

    value: str
    conversions: list[ConversionFiguresAnswer]


#: The same over the period before.
ConversionBeforeAnswer = TypedDict(
    "ConversionBeforeAnswer",
    {
        "from": str,
        "to": str,
        "conversions": list[ConversionFiguresAnswer],
        "periods": list[ConversionPeriodAnswer],
    },
)


class ConversionReportAnswer(_Report):
    """The conversion from each stage of the ladder to each higher one."""

    basis: str
    """`period` or `cohort`."""
    within: int | None
    """In how many days the members of a cohort count as converted; null: ever."""
    stages: list[ReportedStageAnswer]
    conversions: list[ConversionFiguresAnswer]
    periods: list[ConversionPeriodAnswer]
    break_down: list[ConversionValueAnswer] | None
    previous: ConversionBeforeAnswer | None


class LengthsAnswer(TypedDict):
    """How long some stays are, in seconds: half of them no longer than the median, and so on; null without any."""

    count: int
    median: int | None
    p75: int | None
    p90: int | None


class VelocityFiguresAnswer(TypedDict):
    """How long the stays in a stage are."""

    stage: str
    ended: LengthsAnswer
    """Those that ended in the period."""
    with_open: LengthsAnswer
    """These, and those that had not ended by its end."""


class VelocityStageAnswer(_Stage, VelocityFiguresAnswer):
    """A stage, and how long the stays in it are over the whole time."""


class VelocityPeriodAnswer(TypedDict):
    """The figures of a period."""

    start: str
    end: str
    partial: bool
    stages: list[VelocityFiguresAnswer]


class VelocityValueAnswer(TypedDict):
    """The figures of one value of the dimension that the report is broken down by."""

    value: str
    stages: list[VelocityFiguresAnswer]


#: The same over the period before.
VelocityBeforeAnswer = TypedDict(
    "VelocityBeforeAnswer",
    {"from": str, "to": str, "stages": list[VelocityStageAnswer], "periods": list[VelocityPeriodAnswer]},
)


class VelocityReportAnswer(_Report):
    """The time in each stage."""

    stages: list[VelocityStageAnswer]
    periods: list[VelocityPeriodAnswer]
    break_down: list[VelocityValueAnswer] | None
    previous: VelocityBeforeAnswer | None


class StuckStageAnswer(_Stage):
    """A stage, and who is stuck in it now."""

    inside: int
    limit: str | None
    """Its time limit, as the funnel says it."""
    beyond_limit: int | None
    """How many have been in it for longer; null without a limit."""
    p90: int | None
    """Seconds in which nine of ten of those left it who did in the last 365 days; null where nobody did."""
    beyond_p90: int | None


class ViscosityReportAnswer(_Report):
    """Where prospects are stuck now."""

    stages: list[StuckStageAnswer]


class ExitAnswer(TypedDict):
    """How many entered a stage beside the ladder for a reason; null: for none that was told."""

    stage: str
    reason: str | None
    count: int


class LostAmountAnswer(TypedDict):
    """What lost deals were worth in a currency; null: in none that was told."""

    currency: str | None
    amount: float


class LostAnswer(TypedDict):
    """The deals that were lost for a reason; null: for none that was told."""

    reason: str | None
    count: int
    amounts: list[LostAmountAnswer]


class ReasonPeriodAnswer(TypedDict):
    """The reasons of a period."""

    start: str
    end: str
    partial: bool
    deals: list[LostAnswer] | None
    exits: list[ExitAnswer]


class ReasonValueAnswer(TypedDict):
    """The reasons of one value of the dimension that the report is broken down by."""

    value: str
    exits: list[ExitAnswer]


#: The same over the period before.
ReasonBeforeAnswer = TypedDict(
    "ReasonBeforeAnswer",
    {
        "from": str,
        "to": str,
        "deals": list[LostAnswer] | None,
        "exits": list[ExitAnswer],
        "periods": list[ReasonPeriodAnswer],
    },
)


class LostReasonsReportAnswer(_Report):
    """Why deals were lost, and prospects left the ladder."""

    stages: list[ReportedStageAnswer]
    """Those beside the ladder."""
    deals: list[LostAnswer] | None
    """Null for a slice: a deal belongs to none."""
    exits: list[ExitAnswer]
    periods: list[ReasonPeriodAnswer]
    break_down: list[ReasonValueAnswer] | None
    previous: ReasonBeforeAnswer | None


class CountedProspectAnswer(TypedDict):
    """A prospect that a number counts."""

    prospect_id: str | None
    """That of the survivor, if it was merged; null of one that was erased."""
    erased: bool
    email: str | None
    stage_now: str | None
    at: str
    """When that was that is counted; of who is in a stage, since when."""
    from_stage: str | None
    to_stage: str
    sequence: int | None
    """Of the transition on the prospect's timeline; null where there is none."""


class CountedDealAnswer(TypedDict):
    """A lost deal."""

    deal_id: str
    lost_at: str
    reason: str | None
    pipeline: str | None
    amount: float | None
    currency: str | None


class CountedAnswer(TypedDict):
    """A page of those that a number counts."""

    prospects: list[CountedProspectAnswer]
    deals: list[CountedDealAnswer]
    next_cursor: str | None
    """Where the next page starts; null at the end."""


class DefinitionsAnswer(TypedDict):
    """What each number is."""

    definitions: dict[str, str]
    reports: dict[str, list[str]]
    """Which numbers each report has."""


class GoalAnswer(TypedDict):
    """What is aimed at in a stage."""

    entered_per_month: int


class ReportSettingsAnswer(TypedDict):
    """What reports are made by."""

    time_zone: str
    goals: dict[str, GoalAnswer]


def encode_report_settings(settings: ReportSettings) -> ReportSettingsAnswer:
    """The settings of the reports."""
    return {
        "time_zone": settings.time_zone,
        "goals": {stage: {"entered_per_month": goal} for stage, goal in sorted(settings.goals.items())},
    }
