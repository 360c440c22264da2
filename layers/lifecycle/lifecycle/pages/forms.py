"""From the fields of a form to the value that the API would take as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from lifecycle.contract.body import read_text
from lifecycle.contract.limits import MAX_DEFINITION_BODY_BYTES
from lifecycle.contract.refusals import MalformedBodyError

#: More than any of our forms has: a checklist has some dozen questions.
_MOST_FIELDS = 200
_ANSWER, _NOTE = "answer.", "note."
_MET = {"yes": True, "no": False}
#: How the field of a stage's goal is called: this, and the stage's key.
GOAL = "goal."
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def read_form(event: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a form that say something.

    Arguments:
        event: what API Gateway hands to the function.

    Raises:
        MalformedBodyError: it is no form, or a field stands twice.
        BodyTooLargeError: it is larger than any definition.
    """
    if not (event.get("body") or "").strip():
        return {}
    try:
        pairs = parse_qsl(read_text(event, MAX_DEFINITION_BODY_BYTES), errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise MalformedBodyError("The body is no form that can be read.") from None
    fields = {name: value.strip() for name, value in pairs if value.strip()}
    if len(fields) < sum(bool(value.strip()) for _, value in pairs):
        raise MalformedBodyError("A field of the form stands twice.")
    return fields


def decision_value(fields: Mapping[str, str]) -> dict[str, Any]:
    """A ruling, as POST /prospects/{prospect_id}/decisions takes it.

    The answers to the checklist come in fields of their own: whether a question is met, and what there is to say.
    """
    value: dict[str, Any] = {name: text for name, text in fields.items() if not name.startswith((_ANSWER, _NOTE))}
    answers = {
        name.removeprefix(_ANSWER): _answer(text, fields.get(_NOTE + name.removeprefix(_ANSWER)))
        for name, text in fields.items()
        if name.startswith(_ANSWER)
    }
    return {**value, "qualification": answers} if answers else value


def _answer(met: str, note: str | None) -> Any:
    known = _MET.get(met, met)
    return known if note is None else {"met": known, "note": note}


def publication_value(fields: Mapping[str, str]) -> dict[str, Any]:
    """When a draft comes into force, as POST /funnel/drafts/{draft_id}/publication takes it.

    Browsers leave seconds and offset out of a local date and time (HTML standard, "Local dates and times"); the page
    says that UTC is meant.
    """
    moment = fields.get("effective_at")
    return (
        dict(fields) if moment is None else {**fields, "effective_at": moment + (":00Z" if len(moment) == 16 else "Z")}
    )


def report_settings_value(fields: Mapping[str, str]) -> dict[str, Any]:
    """The settings of reports, as PUT /reports/settings takes them.

    The API takes the time zone that it began with for one that is not told. A field that somebody emptied does not say
    that, so it is told as empty, which is refused.
    """
    value: dict[str, Any] = {name: text for name, text in fields.items() if not name.startswith(GOAL)}
    goals = {
        name.removeprefix(GOAL): {"entered_per_month": int(text) if _WHOLE_NUMBER.fullmatch(text) else text}
        for name, text in fields.items()
        if name.startswith(GOAL)
    }
    return {"time_zone": "", **value, "goals": goals}
