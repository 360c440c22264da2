"""A stack of the tests' own: the template, deployed into an emulator that enforces the functions' IAM roles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import httpx
import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES
from local.stack import STATE_DIR, LocalStack, StackInfo
from tests.e2e.api import Api
from tests.e2e.connected import Connect, Connected, Kept, items_of
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
    # Each worker that has such tests has a stack of its own (tests/conftest.py).
    folder = STATE_DIR / f"e2e-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    stack = LocalStack(state_dir=folder, auth=True, settings=people)
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


@pytest.fixture
def own_workspace() -> str:
    """The name of a workspace in which nothing happens but what a test does."""
    return f"own-{uuid4().hex[:8]}"


@pytest.fixture
def own_api(local_stack: LocalStack, stack_info: StackInfo, own_workspace: str) -> Iterator[Api]:
    """The API of that workspace."""
    dynamodb = local_stack.client("dynamodb")
    key = create_api_key(dynamodb, stack_info.table, own_workspace, "test", datetime.now(UTC), scopes=SCOPES)
    api = Api(stack_info.api_url, key)
    yield api
    api.http.close()


@pytest.fixture
def connect(own_api: Api, stack_info: StackInfo) -> Iterator[Connect]:
    """Connects senders to that workspace."""
    with httpx.Client(timeout=60) as http:
        yield partial(Connected, own_api, http, stack_info.api_url)


@pytest.fixture
def kept(local_stack: LocalStack, stack_info: StackInfo, own_workspace: str) -> Kept:
    """Tells what the table holds for that workspace, and for none."""
    dynamodb = local_stack.client("dynamodb")
    return lambda: items_of(dynamodb, stack_info.table, own_workspace)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the logs when all has been sent. (The tests of one stack run on one worker, in this order.)"""
    items.sort(key=lambda item: item.path.name == "test_what_the_logs_say.py")
