"""Examples of the contract about reports, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecycle.contract.examples import PROSPECT_ID
from lifecycle.reports.definitions import DEFINITIONS, OF_REPORT, definitions_of

_QUALIFIED: Mapping[str, Any] = {
    "stage": "marketing_qualified",
    "label": "Marketing qualified",
    "colour": "#2f7ed8",
    "beside": False,
}
_ACCEPTED: Mapping[str, Any] = {
    "stage": "sales_qualified",
    "label": "Sales qualified",
    "colour": None,
    "beside": False,
}
_DISQUALIFIED: Mapping[str, Any] = {
    "stage": "disqualified",
    "label": "Disqualified",
    "colour": None,
    "beside": True,
}
_MONTH: Mapping[str, Any] = {"start": "2026-05-01", "end": "2026-05-31", "partial": False}
_FIGURES: Mapping[str, Any] = {
    "stage": "marketing_qualified",
    "stock_before": 120,
    "stock": 131,
    "entered": 48,
    "left": 37,
    "entered_again": 5,
    "skipped": 3,
    "corrected": 1,
    "goal": 50.0,
}
_FLOW: Mapping[str, Any] = {"from": "engaged", "to": "marketing_qualified", "count": 41, "corrected": 1}
_PAIR: Mapping[str, Any] = {
    "from": "marketing_qualified",
    "to": "sales_qualified",
    "adjacent": True,
    "entered": 48,
    "reached": 21,
    "rate": 0.4375,
    "ripe": True,
}
_LENGTHS: Mapping[str, Any] = {"count": 37, "median": 302400, "p75": 950400, "p90": 2160000}
_TIMES: Mapping[str, Any] = {"stage": "marketing_qualified", "ended": _LENGTHS, "with_open": _LENGTHS}
_LOST: Mapping[str, Any] = {"reason": "no budget", "count": 4, "amounts": [{"currency": "EUR", "amount": 19200.5}]}
_EXIT: Mapping[str, Any] = {"stage": "disqualified", "reason": "a competitor", "count": 2}


def _report(name: str) -> dict[str, Any]:
    return {
        "report": name,
        "from": "2026-05-01",
        "to": "2026-05-31",
        "by": "month",
        "time_zone": "Europe/Berlin",
        "slice": None,
        "as_of": "2026-06-02T07:15:00Z",
        "complete": True,
        "pending_days": [],
        "definitions": definitions_of(name),
    }


_SETTINGS: Mapping[str, Any] = {
    "time_zone": "Europe/Berlin",
    "goals": {"marketing_qualified": {"entered_per_month": 50}},
}

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {"ReportSettingsBody": {"A goal": _SETTINGS}}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "FunnelReportAnswer": {
        **_report("funnel"),
        "stages": [{**_QUALIFIED, **_FIGURES}],
        "periods": [{**_MONTH, "stages": [_FIGURES]}],
        "break_down": [{"value": "google", "stages": [_FIGURES]}],
        "previous": {
            "from": "2026-04-01",
            "to": "2026-04-30",
            "stages": [{**_QUALIFIED, **_FIGURES}],
            "periods": [{"start": "2026-04-01", "end": "2026-04-30", "partial": False, "stages": [_FIGURES]}],
        },
    },
    "FlowsReportAnswer": {
        **_report("flows"),
        "stages": [_QUALIFIED],
        "flows": [_FLOW],
        "periods": [{**_MONTH, "flows": [_FLOW]}],
        "break_down": None,
        "previous": None,
    },
    "ConversionReportAnswer": {
        **_report("conversion"),
        "basis": "cohort",
        "within": 30,
        "stages": [_QUALIFIED, _ACCEPTED],
        "conversions": [_PAIR],
        "periods": [{**_MONTH, "conversions": [_PAIR]}],
        "break_down": None,
        "previous": None,
    },
    "VelocityReportAnswer": {
        **_report("velocity"),
        "stages": [{**_QUALIFIED, **_TIMES}],
        "periods": [{**_MONTH, "stages": [_TIMES]}],
        "break_down": None,
        "previous": None,
    },
    "ViscosityReportAnswer": {
        **_report("viscosity"),
        "from": "2026-06-02",
        "to": "2026-06-02",
        "by": "day",
        "stages": [
            {
                **_QUALIFIED,
                "inside": 131,
                "limit": "2 business days",
                "beyond_limit": 17,
                "p90": 2160000,
                "beyond_p90": 9,
            }
        ],
    },
    "LostReasonsReportAnswer": {
        **_report("lost-reasons"),
        "stages": [_DISQUALIFIED],
        "deals": [_LOST],
        "exits": [_EXIT],
        "periods": [{**_MONTH, "deals": [_LOST], "exits": [_EXIT]}],
        "break_down": None,
        "previous": None,
    },
    "CountedAnswer": {
        "prospects": [
            {
                "prospect_id": PROSPECT_ID,
                "erased": False,
                "email": "ann@example.com",
                "stage_now": "opportunity",
                "at": "2026-05-04T09:30:00Z",
                "from_stage": "engaged",
                "to_stage": "marketing_qualified",
                "sequence": 3,
            }
        ],
        "deals": [],
        "next_cursor": None,
    },
    "DefinitionsAnswer": {
        "definitions": dict(DEFINITIONS),
        "reports": {report: list(numbers) for report, numbers in OF_REPORT.items()},
    },
    "ReportSettingsAnswer": _SETTINGS,
}
