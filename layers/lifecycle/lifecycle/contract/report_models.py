"""The body of a request about the settings of reports, as it stands on the wire, and how it is read."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr, WithJsonSchema

from lifecycle.contract.models import Body, SnakeCase
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.contract.validation import validate
from lifecycle.store.report_records import ReportSettings

#: The most that a goal may be, and how many stages may have one.
MAX_GOAL = 1_000_000_000
MAX_GOALS = 100


def _read_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # ``OSError``: the name of a folder of the database, or one that no file can have.
        raise RefusedValueError("is not a time zone", "a name of the IANA database, such as Europe/Berlin") from None
    return name


def _read_goal(value: Any) -> int:
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
    if not whole or not 0 <= value <= MAX_GOAL:
        raise RefusedValueError("is not such a number", f"a whole number from 0 to {MAX_GOAL}")
    return int(value)


class GoalBody(Body):
    """What is aimed at in a stage."""

    entered_per_month: Annotated[
        int, BeforeValidator(_read_goal), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_GOAL})
    ]
    """How many are to enter it in a calendar month."""


class ReportSettingsBody(Body):
    """What reports are made by."""

    time_zone: Annotated[StrictStr, AfterValidator(_read_time_zone)] = "UTC"
    """At whose midnights days begin and end: a name of the IANA time zone database."""
    goals: Annotated[dict[SnakeCase, GoalBody], Field(max_length=MAX_GOALS, default_factory=dict)]
    """What is aimed at, by the key of a stage."""


def decode_report_settings(value: Any, now: datetime) -> ReportSettings:
    """Read what reports are to be made by.

    Arguments:
        value: as ``body.read_json`` read it.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    body = validate(ReportSettingsBody, value, now)
    return ReportSettings(body.time_zone, {stage: goal.entered_per_month for stage, goal in body.goals.items()})
