"""The parameters of the list of who did what."""

from __future__ import annotations

from collections.abc import Mapping

from lifecycle.contract import fields, parameters
from lifecycle.contract.refusals import FieldError, InvalidRequestError, RefusedValueError
from lifecycle.contract.times import parse_time
from lifecycle.services.audit import Wanted
from lifecycle.store.audit_records import ACTIONS, Action


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Which entries a query asks for.

    Raises:
        InvalidRequestError: a filter is not acceptable, or the times are the wrong way round.
    """
    wanted = Wanted(
        since=parameters.read_one(query, "from", parse_time),
        until=parameters.read_one(query, "to", parse_time),
        action=parameters.read_one(query, "action", _action),
        actor=parameters.read_one(query, "actor", fields.label),
        subject=parameters.read_one(query, "subject", fields.label),
    )
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise InvalidRequestError([FieldError("?from", "is after to", "a time before it")])
    return wanted


def _action(text: str) -> Action:
    for action in ACTIONS:
        if action == text:
            return action
    raise RefusedValueError("is not an action", f"one of {', '.join(ACTIONS)}")
