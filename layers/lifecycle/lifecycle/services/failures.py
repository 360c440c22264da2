"""Failures in log lines: what it was and where it happened, never its message, for that may quote somebody's data."""

from __future__ import annotations

import traceback
from typing import Any

#: The innermost frames of a stack: the outer ones are the same for every request.
_FRAMES = -8


def failure(error: BaseException) -> dict[str, Any]:
    """What a log line may tell of an exception, by name."""
    return {
        "error": type(error).__name__,
        "stack": traceback.format_tb(error.__traceback__, limit=_FRAMES),
    }
