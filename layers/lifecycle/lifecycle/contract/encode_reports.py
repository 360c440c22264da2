"""From reports to the documents that the API answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar, cast

from lifecycle.contract import report_answers as answers
from lifecycle.contract.json_numbers import json_number
from lifecycle.contract.times import format_time
from lifecycle.reports.asked import PeriodFigures, Report, ReportedStage, ValueFigures
from lifecycle.reports.conversion_figures import PairFigures
from lifecycle.reports.definitions import DEFINITIONS, OF_REPORT, definitions_of
from lifecycle.reports.dimensions import EVERYBODY
from lifecycle.reports.flow_figures import FlowFigures
from lifecycle.reports.funnel_figures import StageFigures
from lifecycle.reports.periods import Span
from lifecycle.reports.reason_figures import ExitFigures, LostFigures, ReasonReport
from lifecycle.reports.velocity_figures import Lengths, VelocityFigures
from lifecycle.reports.viscosity_figures import ViscosityReport
from lifecycle.services.report_results import Answered, CountedPage, CountedProspect
from lifecycle.steps import LostDeal

_Figures = TypeVar("_Figures")
_Json = dict[str, Any]


def encode_report(answered: Answered[Any]) -> Mapping[str, Any]:
    """Any report."""
    return _ENCODERS[answered.name](answered)


def _funnel(answered: Answered[Report[StageFigures]]) -> answers.FunnelReportAnswer:
    return cast("answers.FunnelReportAnswer", _document(answered, "stages", _stage, of_stages=True))


def _flows(answered: Answered[Report[FlowFigures]]) -> answers.FlowsReportAnswer:
    return cast("answers.FlowsReportAnswer", _document(answered, "flows", _flow))


def _conversion(answered: Answered[Report[PairFigures]]) -> answers.ConversionReportAnswer:
    wanted = answered.wanted
    document = _document(answered, "conversions", _pair) | {"basis": wanted.basis, "within": wanted.within}
    return cast("answers.ConversionReportAnswer", document)


def _velocity(answered: Answered[Report[VelocityFigures]]) -> answers.VelocityReportAnswer:
    return cast("answers.VelocityReportAnswer", _document(answered, "stages", _times, of_stages=True))


def _viscosity(answered: Answered[ViscosityReport]) -> answers.ViscosityReportAnswer:
    report = answered.report
    figures: list[_Json] = [
        {
            "stage": of.stage,
            "inside": of.inside,
            "limit": of.limit,
            "beyond_limit": of.beyond_limit,
            "p90": _seconds(of.p90),
            "beyond_p90": of.beyond_p90,
        }
        for of in report.figures
    ]
    return cast("answers.ViscosityReportAnswer", _head(answered) | {"stages": _named(report.stages, figures)})


def _lost_reasons(answered: Answered[ReasonReport]) -> answers.LostReasonsReportAnswer:
    report = answered.report
    document = _head(answered) | {
        "stages": _named(report.exits.stages),
        **_reasons(report),
        "break_down": _break_down(answered, report.exits.break_down, "exits", _exit),
        "previous": None if answered.before is None else _days(answered.before[0]) | _reasons(answered.before[1]),
    }
    return cast("answers.LostReasonsReportAnswer", document)


#: How each report is encoded, by its name.
_ENCODERS: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "funnel": _funnel,
    "flows": _flows,
    "conversion": _conversion,
    "velocity": _velocity,
    "viscosity": _viscosity,
    "lost-reasons": _lost_reasons,
}


# ----------------------------------------------------------------------------------------------------------------------
# What all reports have
# ----------------------------------------------------------------------------------------------------------------------


def _document(
    answered: Answered[Report[_Figures]], name: str, encode: Callable[[_Figures], _Json], *, of_stages: bool = False
) -> _Json:
    """A report whose lines are called by a name; those of stages stand with the stages themselves."""
    report = answered.report
    document = _head(answered) | {"stages": _named(report.stages)} | _lines(report, name, encode, of_stages=of_stages)
    document["break_down"] = _break_down(answered, report.break_down, name, encode)
    document["previous"] = None
    if answered.before is not None:
        span, before = answered.before
        document["previous"] = _days(span) | _lines(before, name, encode, of_stages=of_stages)
    return document


def _head(answered: Answered[Any]) -> _Json:
    wanted = answered.wanted
    return {
        "report": answered.name,
        **_days(answered.span),
        "by": wanted.by,
        "time_zone": answered.zone,
        "slice": None if wanted.part == EVERYBODY else wanted.part._asdict(),
        "as_of": format_time(answered.as_of),
        "complete": not answered.pending,
        "pending_days": [day.isoformat() for day in answered.pending],
        "definitions": definitions_of(answered.name),
    }


def _days(span: Span) -> _Json:
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def _lines(report: Report[_Figures], name: str, encode: Callable[[_Figures], _Json], *, of_stages: bool) -> _Json:
    """The lines over the whole time, and those of each period."""
    totals = list(map(encode, report.totals))
    return {
        name: _named(report.stages, totals) if of_stages else totals,
        "periods": [_period(period) | {name: list(map(encode, period.figures))} for period in report.periods],
    }


def _period(period: PeriodFigures[Any]) -> _Json:
    return {
        "start": period.span.first.isoformat(),
        "end": period.span.last.isoformat(),
        "partial": period.partial,
    }


def _break_down(
    answered: Answered[Any], values: Iterable[ValueFigures[_Figures]], name: str, encode: Callable[[_Figures], _Json]
) -> list[_Json] | None:
    if answered.wanted.break_down is None:
        return None
    return [{"value": value.value, name: list(map(encode, value.figures))} for value in values]


def _named(stages: Iterable[ReportedStage], figures: Iterable[_Json] = ()) -> list[_Json]:
    """Stages as reports name them, each with its figures, where there are any."""
    by_stage = {of["stage"]: of for of in figures}
    return [
        {
            "stage": stage.stage,
            "label": stage.label,
            "colour": stage.colour,
            "beside": stage.beside,
            **by_stage.get(stage.stage, {}),
        }
        for stage in stages
    ]


# ----------------------------------------------------------------------------------------------------------------------
# Lines
# ----------------------------------------------------------------------------------------------------------------------


def _stage(of: StageFigures) -> _Json:
    return {
        "stage": of.stage,
        "stock_before": of.stock_before,
        "stock": of.stock,
        "entered": of.entered,
        "left": of.left,
        "entered_again": of.entered_again,
        "skipped": of.skipped,
        "corrected": of.corrected,
        "goal": of.goal,
    }


def _flow(of: FlowFigures) -> _Json:
    return {"from": of.from_stage, "to": of.to_stage, "count": of.count, "corrected": of.corrected}


def _pair(of: PairFigures) -> _Json:
    return {
        "from": of.from_stage,
        "to": of.to_stage,
        "adjacent": of.adjacent,
        "entered": of.entered,
        "reached": of.reached,
        "rate": of.rate,
        "ripe": of.ripe,
    }


def _times(of: VelocityFigures) -> _Json:
    return {"stage": of.stage, "ended": _lengths(of.ended), "with_open": _lengths(of.with_open)}


def _lengths(of: Lengths) -> _Json:
    return {"count": of.count, "median": _seconds(of.median), "p75": _seconds(of.p75), "p90": _seconds(of.p90)}


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())


def _reasons(report: ReasonReport) -> _Json:
    by_period = report.deals_by_period
    lost = (None for _ in report.exits.periods) if by_period is None else (_deals(one.figures) for one in by_period)
    return {
        "deals": None if report.deals is None else _deals(report.deals),
        "exits": list(map(_exit, report.exits.totals)),
        "periods": [
            _period(period) | {"deals": deals, "exits": list(map(_exit, period.figures))}
            for period, deals in zip(report.exits.periods, lost, strict=True)
        ],
    }


def _exit(of: ExitFigures) -> _Json:
    return {"stage": of.stage, "reason": of.reason, "count": of.count}


def _deals(figures: Iterable[LostFigures]) -> list[_Json]:
    return [
        {
            "reason": of.reason,
            "count": of.count,
            "amounts": [{"currency": currency, "amount": json_number(amount)} for currency, amount in of.amounts],
        }
        for of in figures
    ]


# ----------------------------------------------------------------------------------------------------------------------
# Behind the numbers
# ----------------------------------------------------------------------------------------------------------------------


def encode_counted(page: CountedPage, next_cursor: str | None) -> answers.CountedAnswer:
    """A page of those that a number counts."""
    return {
        "prospects": [_prospect(counted) for counted in page.prospects],
        "deals": [_deal(deal) for deal in page.deals],
        "next_cursor": next_cursor,
    }


def _prospect(counted: CountedProspect) -> answers.CountedProspectAnswer:
    return {
        "prospect_id": counted.prospect_id,
        "erased": counted.is_erased,
        "email": counted.email,
        "stage_now": counted.stage_now,
        "at": format_time(counted.at),
        "from_stage": counted.from_stage,
        "to_stage": counted.to_stage,
        "sequence": counted.sequence,
    }


def _deal(deal: LostDeal) -> answers.CountedDealAnswer:
    return {
        "deal_id": deal.deal_id,
        "lost_at": format_time(deal.lost_at),
        "reason": deal.reason,
        "pipeline": deal.pipeline,
        "amount": None if deal.amount is None else json_number(deal.amount),
        "currency": deal.currency,
    }


def encode_definitions() -> answers.DefinitionsAnswer:
    """What each number is."""
    return {
        "definitions": dict(DEFINITIONS),
        "reports": {report: list(numbers) for report, numbers in OF_REPORT.items()},
    }
