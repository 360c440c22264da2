"""The routes of reports."""

from __future__ import annotations

from lifecycle.contract.route import PAGING, STAGE, TEXT, Answer, Parameter, Route
from lifecycle.reports.dimensions import DIMENSIONS, NOT_TOLD
from lifecycle.reports.windows import WINDOWS

_FUNCTION = "read_reports"
_SETTINGS_FUNCTION = "manage_reports"

#: The media type of Parquet as it is registered, and that of a text with commas (RFC 4180, RFC 7111).
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"
#: What a report may be written as, by the word for it.
FORMATS = {"json": "application/json", "csv": CSV, "parquet": PARQUET}

_DAY = {"type": "string", "examples": ["2026-05-01", "2026-05-01T00:00:00+02:00"]}
PERIOD = (
    Parameter("from", "The first day; or a time, which is rounded down to a whole day. By default 30 days.", _DAY),
    Parameter("to", "The last day, included; or a time, not included and rounded up. By default today.", _DAY),
)
SLICES = tuple(
    Parameter(dimension, f"Only those with this {dimension}; `{NOT_TOLD}`: nobody told one. One such slice.", TEXT)
    for dimension in DIMENSIONS
)
_REPORT = (
    *PERIOD,
    Parameter("by", "Whole days, weeks (ISO 8601) or months.", {"enum": ["day", "week", "month"], "default": "day"}),
    *SLICES,
    Parameter("break_down", "The same figures for each value of it. Not with a slice.", {"enum": list(DIMENSIONS)}),
    Parameter("compare", "The period before, of the same length, too.", {"enum": ["previous"]}),
    Parameter("format", "As what; by default what the header Accept asks for, or JSON.", {"enum": list(FORMATS)}),
)
_PROBLEMS = (400, 422, 503)


def _answers(model: str) -> tuple[Answer, ...]:
    return (Answer(200, "The report; as CSV or Parquet it is one table.", model, or_as=(CSV, PARQUET)),)


FUNNEL_REPORT = Route(
    method="GET",
    path="/reports/funnel",
    function=_FUNCTION,
    scope="read",
    summary="Report the stages: stock, entries and exits",
    description="How many stood in each stage, entered and left it. GET /reports/definitions says what each number is.",
    query=_REPORT,
    answers=_answers("FunnelReportAnswer"),
    problems=_PROBLEMS,
)

FLOWS_REPORT = Route(
    method="GET",
    path="/reports/flows",
    function=_FUNCTION,
    scope="read",
    summary="Report the moves from stage to stage",
    description="How many went from each stage to each other one; from null: they came into the reports.",
    query=_REPORT,
    answers=_answers("FlowsReportAnswer"),
    problems=_PROBLEMS,
)

CONVERSION_REPORT = Route(
    method="GET",
    path="/reports/conversion",
    function=_FUNCTION,
    scope="read",
    summary="Report the conversion from stage to stage",
    description=(
        "By period: who reached a stage in the period, against who entered the one before in it. By cohort: of those "
        "who first entered a stage in the period, the part that reached the other one in time."
    ),
    query=(
        *_REPORT,
        Parameter("basis", "By period, or by cohort.", {"enum": ["period", "cohort"], "default": "period"}),
        Parameter(
            "within",
            "In how many days the members of a cohort count as converted.",
            {"enum": [*map(str, WINDOWS), "ever"], "default": "ever"},
        ),
    ),
    answers=_answers("ConversionReportAnswer"),
    problems=_PROBLEMS,
)

VELOCITY_REPORT = Route(
    method="GET",
    path="/reports/velocity",
    function=_FUNCTION,
    scope="read",
    summary="Report the time in each stage",
    description="Median, 75th and 90th percentile in seconds, right to two per cent.",
    query=_REPORT,
    answers=_answers("VelocityReportAnswer"),
    problems=_PROBLEMS,
)

VISCOSITY_REPORT = Route(
    method="GET",
    path="/reports/viscosity",
    function=_FUNCTION,
    scope="read",
    summary="Report where prospects are stuck now",
    description=(
        "How many are in each stage for longer than its time limit, and for longer than nine in ten stays of the last "
        "365 days took."
    ),
    query=(_REPORT[-1],),
    answers=_answers("ViscosityReportAnswer"),
    problems=_PROBLEMS,
)

LOST_REASONS_REPORT = Route(
    method="GET",
    path="/reports/lost-reasons",
    function=_FUNCTION,
    scope="read",
    summary="Report why deals were lost and prospects left the ladder",
    description="Lost deals by reason, with what they were worth; and entries into stages beside the ladder by reason.",
    query=_REPORT,
    answers=_answers("LostReasonsReportAnswer"),
    problems=_PROBLEMS,
)

NUMBERS = (
    "entered",
    "left",
    "entered_again",
    "skipped",
    "corrected",
    "flow",
    "exits",
    "reached",
    "stock",
    "beyond_limit",
    "beyond_p90",
    "lost",
)

LIST_COUNTED = Route(
    method="GET",
    path="/reports/prospects",
    function=_FUNCTION,
    scope="read",
    summary="List the very prospects behind a number",
    description=(
        "Each that the number of a report counts, as often as it is counted, those of the longest ago first. Those "
        "behind `lost` are deals. A page may hold few or none while `next_cursor` goes on."
    ),
    query=(
        Parameter("number", "Which number of a report.", {"enum": list(NUMBERS)}),
        Parameter(
            "stage", "The stage that the number is of; of `flow` and `reached` the stage that they came to.", STAGE
        ),
        Parameter("from_stage", "Of `flow` and `reached`: where they came from; `(none)`: into the reports.", TEXT),
        Parameter("reason", "Of `exits` and `lost`: the reason; `(none)`: nobody told one.", TEXT),
        *PERIOD,
        *SLICES,
        Parameter("basis", "Of `reached`: as in the report.", {"enum": ["period", "cohort"], "default": "period"}),
        Parameter("within", "Of `reached`: as in the report.", {"enum": [*map(str, WINDOWS), "ever"]}),
        *PAGING,
    ),
    answers=(Answer(200, "A page of prospects, or of deals.", "CountedAnswer"),),
    problems=_PROBLEMS,
)

GET_DEFINITIONS = Route(
    method="GET",
    path="/reports/definitions",
    function=_FUNCTION,
    scope="read",
    summary="Say what each number of the reports is",
    answers=(Answer(200, "The definitions, by number.", "DefinitionsAnswer"),),
    problems=(422, 503),
)

GET_REPORT_SETTINGS = Route(
    method="GET",
    path="/reports/settings",
    function=_SETTINGS_FUNCTION,
    scope="read",
    summary="Show the settings of the reports",
    answers=(Answer(200, "The settings.", "ReportSettingsAnswer"),),
    problems=(422, 503),
)

PUT_REPORT_SETTINGS = Route(
    method="PUT",
    path="/reports/settings",
    function=_SETTINGS_FUNCTION,
    scope="funnel:write",
    summary="Change the settings of the reports",
    description=(
        "The whole settings; what is left out is as at the beginning. Another time zone parts all days anew, which "
        "takes a while: until it is done, reports name the days that are still to come."
    ),
    request="ReportSettingsBody",
    answers=(Answer(200, "The settings as they are now.", "ReportSettingsAnswer"),),
    problems=(400, 413, 422, 503),
)

REPORT_ROUTES: tuple[Route, ...] = (
    FUNNEL_REPORT,
    FLOWS_REPORT,
    CONVERSION_REPORT,
    VELOCITY_REPORT,
    VISCOSITY_REPORT,
    LOST_REASONS_REPORT,
    LIST_COUNTED,
    GET_DEFINITIONS,
    GET_REPORT_SETTINGS,
    PUT_REPORT_SETTINGS,
)
