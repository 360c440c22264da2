"""Sees to what falls due without an event, once a minute."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.services.timers import Workplaces, run_timers

logger = Logger()


class TimersFailedError(Exception):
    """Some timers could not be seen to; the log lines before it say which and why."""


@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], context: LambdaContext) -> None:
    """Evaluate the prospects whose time has come, and start the re-evaluation by versions that came into force.

    Arguments:
        _event: of EventBridge's schedule; it says nothing that matters.
        context: of the invocation.

    Raises:
        TimersFailedError: some failed, so that the count of errors and its alarm tell of it. All others were done.
    """
    run = run_timers(
        Workplaces.connect(os.environ["TABLE_NAME"]),
        datetime.now(UTC),
        lambda: context.get_remaining_time_in_millis() / 1000,
    )
    logger.info("timers", due=run.due, moved=run.moved, failed=run.failed)
    if run.failed:
        raise TimersFailedError(f"{run.failed} of {run.due} timers failed")
