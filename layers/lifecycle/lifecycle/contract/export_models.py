"""The body of a request about exports to the lake, and how it and their ids are read."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from pydantic import StrictBool

from lifecycle.contract.models import Body
from lifecycle.contract.validation import validate
from lifecycle.services.errors import ExportNotFoundError

_ID = re.compile(r"[a-z0-9-]{1,64}")


class ExportSettingsBody(Body):
    """Whether there is an export each night."""

    nightly: StrictBool
    """Whether there is."""


def decode_export_settings(value: Any, now: datetime) -> bool:
    """Read whether there is to be an export each night.

    Arguments:
        value: as ``body.read_json`` read it.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    return validate(ExportSettingsBody, value, now).nightly


def export_id(segment: str) -> str:
    """The id of an export. Raises ExportNotFoundError: no export can have such an id."""
    if not _ID.fullmatch(segment):
        raise ExportNotFoundError
    return segment
