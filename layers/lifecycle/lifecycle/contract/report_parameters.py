"""The parameters of reports: which days, of whom, and as what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from lifecycle.contract import fields, parameters
from lifecycle.contract.refusals import FieldError, InvalidRequestError, RefusedValueError
from lifecycle.contract.report_routes import FORMATS, NUMBERS
from lifecycle.contract.times import parse_time
from lifecycle.reports.conversion_figures import Basis
from lifecycle.reports.dimensions import DIMENSIONS, EVERYBODY, NOT_TOLD, Dimension, Slice
from lifecycle.reports.periods import Granularity
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.report_requests import Counted, Number, Wanted, WantedDays

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: The first day that can be asked for; nothing is kept from before.
_FIRST = date(1970, 1, 1)
_LAST_YEAR = 2999
_T = TypeVar("_T", bound=str)
_Day = TypeVar("_Day", date, datetime)


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Which report a query asks for.

    Raises:
        InvalidRequestError: a parameter is not acceptable, or two do not go together.
    """
    part = read_slice(query)
    break_down: Dimension | None = parameters.read_one(query, "break_down", _one_of(DIMENSIONS))
    if break_down is not None and part != EVERYBODY:
        raise InvalidRequestError([FieldError("?break_down", f"does not go with ?{part.dimension}", "one of the two")])
    granularities: tuple[Granularity, ...] = ("day", "week", "month")
    return Wanted(
        days=read_days(query),
        by=parameters.read_one(query, "by", _one_of(granularities)) or "day",
        part=part,
        break_down=break_down,
        compare=parameters.read_one(query, "compare", _one_of(("previous",))) is not None,
        **_conversion(query),
    )


def read_days(query: Mapping[str, str]) -> WantedDays:
    """Which days a query asks for.

    Raises:
        InvalidRequestError: one of them is none.
    """
    return WantedDays(parameters.read_one(query, "from", _day_or_time), parameters.read_one(query, "to", _day_or_time))


def read_slice(query: Mapping[str, str]) -> Slice:
    """Of whom the figures are to be.

    Raises:
        InvalidRequestError: it is not acceptable, or there are several slices.
    """
    named = [dimension for dimension in DIMENSIONS if dimension in query]
    if len(named) > 1:
        raise InvalidRequestError(
            [FieldError(f"?{name}", f"does not go with ?{named[0]}", "one slice at a time") for name in named[1:]]
        )
    for dimension in named:
        value = parameters.read_one(query, dimension, _number if dimension in ("version", "cycle") else fields.label)
        return Slice(dimension, str(value))
    return EVERYBODY


def read_counted(query: Mapping[str, str]) -> Counted:
    """Whom to list.

    Raises:
        InvalidRequestError: a parameter is missing, not acceptable, or not one of this number.
    """
    number: Number | None = parameters.read_one(query, "number", _one_of(NUMBERS))
    if number is None:
        raise InvalidRequestError([FieldError("?number", "is missing", f"one of {', '.join(NUMBERS)}")])
    from_stage = parameters.read_one(query, "from_stage", _stage_or_none)
    counted = Counted(
        number=number,
        stage=parameters.read_one(query, "stage", fields.snake_case),
        from_stage=None if from_stage in (None, NOT_TOLD) else from_stage,
        reason=parameters.read_one(query, "reason", fields.label),
        days=read_days(query),
        part=read_slice(query),
        **_conversion(query),
    )
    problems = [*_missing(counted, query), *_unfit(counted, query)]
    if problems:
        raise InvalidRequestError(problems)
    return counted


def _missing(counted: Counted, query: Mapping[str, str]) -> list[FieldError]:
    needed = [] if counted.number == "lost" else ["stage"]
    needed += ["from_stage"] if counted.number in ("flow", "reached") else []
    needed += ["reason"] if counted.number == "exits" else []
    return [
        FieldError(f"?{name}", "is missing", f"what {counted.number} is counted by")
        for name in needed
        if name not in query
    ]


#: To which numbers a parameter belongs.
_FITTING = {
    "from_stage": ("flow", "reached", "corrected"),
    "reason": ("exits", "lost"),
    "basis": ("reached",),
    "within": ("reached",),
}
#: The numbers of now: they are of no period, and of everybody.
_OF_NOW = ("beyond_limit", "beyond_p90")


def _unfit(counted: Counted, query: Mapping[str, str]) -> list[FieldError]:
    unfit = [name for name, numbers in _FITTING.items() if name in query and counted.number not in numbers]
    if counted.number in _OF_NOW:
        unfit += [name for name in ("from", "to", *DIMENSIONS) if name in query]
    if counted.number == "lost":
        unfit += [name for name in ("stage", *DIMENSIONS) if name in query]
    return [FieldError(f"?{name}", f"is no parameter of {counted.number}", "to leave it out") for name in unfit]


def read_format(event: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """As what to answer: as the query says, else as the header ``Accept`` prefers.

    Returns:
        ``json``, ``csv`` or ``parquet``.

    Raises:
        InvalidRequestError: the query names something else.
    """
    named: str | None = parameters.read_one(query, "format", _one_of(tuple(FORMATS)))
    if named is not None:
        return named
    headers = event.get("headers") or {}
    accepted = next((value for name, value in headers.items() if name.lower() == "accept"), None) or ""
    types = [_media_range(one) for one in accepted.split(",")]
    by_type = {content_type: name for name, content_type in FORMATS.items()}
    # A range with a star, such as browsers send, is content with JSON.
    ranked = sorted((-weight, place, name) for place, (name, weight) in enumerate(types) if name in by_type and weight)
    return by_type[ranked[0][2]] if ranked else "json"


def _media_range(text: str) -> tuple[str, float]:
    """A media type of ``Accept`` and its weight (RFC 9110, section 12.4.2)."""
    name, *details = (part.strip().lower() for part in text.split(";"))
    weights = [detail[2:] for detail in details if detail.startswith("q=")]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0


def _conversion(query: Mapping[str, str]) -> dict[str, Any]:
    """By what a conversion is counted, and in how many days (``None``: ever)."""
    bases: tuple[Basis, ...] = ("period", "cohort")
    basis = parameters.read_one(query, "basis", _one_of(bases)) or "period"
    within = parameters.read_one(query, "within", _one_of((*map(str, WINDOWS), "ever")))
    if within not in (None, "ever") and basis == "period":
        raise InvalidRequestError([FieldError("?within", "does not go with basis=period", "basis=cohort")])
    return {"basis": basis, "within": None if within in (None, "ever") else int(within)}


def _day_or_time(text: str) -> date | datetime:
    if not _DATE.fullmatch(text):
        try:
            return _not_too_late(parse_time(text))
        except RefusedValueError as refusal:
            raise RefusedValueError(refusal.reason, f"a day such as 2026-05-04, or {refusal.expected}") from None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RefusedValueError("is not a day of the calendar", "a day such as 2026-05-04") from None
    if day < _FIRST:
        raise RefusedValueError("is before 1970", "a day from 1970-01-01 on")
    return _not_too_late(day)


def _not_too_late(day: _Day) -> _Day:
    if day.year > _LAST_YEAR:
        raise RefusedValueError(f"is after the year {_LAST_YEAR}", "a day or a time until then")
    return day


def _one_of(known: tuple[_T, ...]) -> Any:
    def read(text: str) -> _T:
        for one in known:
            if one == text:
                return one
        raise RefusedValueError("is none of its values", f"one of {', '.join(known)}")

    return read


def _number(text: str) -> str:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10 and text[0] != "0"):
        raise RefusedValueError("is not a number", "a whole number from 1 on")
    return text


def _stage_or_none(text: str) -> str:
    return text if text == NOT_TOLD else fields.snake_case(text)
