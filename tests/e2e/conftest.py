"""A stack of the tests' own: the template, deployed into an emulator that enforces the functions' IAM roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import STATE_DIR, LocalStack, StackInfo
from tests.e2e.api import Api
from tests.e2e.issuer import serving
from tests.fakes.issuer import FakeIssuer


@pytest.fixture(scope="session")
def issuer() -> Iterator[FakeIssuer]:
    """Who signs people in; there before the stack, which is told where."""
    with serving() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def local_stack(issuer: FakeIssuer) -> Iterator[LocalStack]:
    """The stack itself, for tests that look behind the API (``local_stack.client("dynamodb")``)."""
    people = {"SignIn": "oidc", "OidcIssuer": issuer.url, "OidcAudience": issuer.client}
    stack = LocalStack(state_dir=STATE_DIR / "e2e", auth=True, settings=people)
    # A run that was killed may have left one, with its data.
    stack.down()
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def stack_info(local_stack: LocalStack) -> StackInfo:
    """How to reach it: ``api_url``, ``api_key``, ``table`` and so on."""
    return local_stack.info()


@pytest.fixture(scope="session")
def api(stack_info: StackInfo) -> Iterator[Api]:
    """The public API of the stack's workspace."""
    api = Api(stack_info.api_url, stack_info.api_key)
    yield api
    api.http.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the logs when all has been sent. (All end-to-end tests run on one worker, in this order.)"""
    items.sort(key=lambda item: item.path.name == "test_what_the_logs_say.py")
