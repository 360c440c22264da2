"""No log group holds anything of anybody, whatever the tests before this one sent. ``conftest`` makes it the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from lifecycle.contract.routes import ROUTES
from local.stack import LocalStack, StackInfo
from tests.e2e.api import PERSONAL, Api, eventually, someone, something
from tests.wrong_requests import wrong_requests

#: Every domain of an email that a test sends ends so (RFC 2606, section 2).
_EMAIL = re.compile(r"[\w.+-]+(@|%40)[\w.-]+\.(example|com|test)", re.IGNORECASE)
_SERVER_ERROR = 500
#: Lines that are read at once, the most there may be.
_PAGE = 10_000


def lines(local_stack: LocalStack, stack_info: StackInfo) -> list[str]:
    """Every line of every log group of the stack."""
    logs = local_stack.client("logs")
    groups = [group["logGroupName"] for page in logs.get_paginator("describe_log_groups").paginate()
              for group in page["logGroups"]]  # fmt: skip
    assert len(groups) >= len({route.function for route in ROUTES}), groups
    return [line for group in groups for line in _lines_of(logs, group)]


def _lines_of(logs: Any, group: str) -> Iterator[str]:
    start = 0
    while True:
        events = logs.filter_log_events(logGroupName=group, startTime=start, limit=_PAGE)["events"]
        yield from (event["message"] for event in events)
        if len(events) < _PAGE:
            return
        # The emulator gives no token for the next page. What has this very time comes twice.
        assert events[-1]["timestamp"] > start
        start = events[-1]["timestamp"]


@pytest.mark.parametrize("stack", ["first", "second"])
def test_no_log_holds_anything_of_anybody(local_stack: LocalStack, stack_info: StackInfo, api: Api, stack: str) -> None:
    """Of both stacks (tests/conftest.py), each after the tests that it was sent requests by."""
    email, cookie = someone(), f"cookie-{something()}"
    api.activity(type="form_submission", identities={"email": email, "visitor": cookie}, traits={"name": cookie})
    statuses = [
        api.request(wrong.route.method, wrong.path, params=wrong.query, content=wrong.text).status_code
        for wrong in wrong_requests(email, cookie)
    ]
    assert max(statuses) < _SERVER_ERROR

    written = eventually(
        lambda: lines(local_stack, stack_info), lambda found: sum('"request"' in line for line in found) > 50
    )

    assert sum('"request"' in line for line in written) > 50, "the logs were not found"
    assert {email, cookie} < PERSONAL
    assert [line for line in written if _EMAIL.search(line)] == []
    assert [(word, line) for line in written for word in PERSONAL if word in line] == []
