"""What the programs say and return when the stack or the API is in the way."""

from collections.abc import Callable
from io import StringIO
from typing import NoReturn

import httpx
import pytest
from rich.console import Console

from local import session
from local.client import ApiProblemError, ProspectClient
from local.emulator import StackError
from local.session import on_local_stack
from local.stack import StackInfo

INFO = StackInfo("http://localhost:1", "http://localhost:1/api", "table", "the-key", 1, "log", "2026-11-22")


class Stack:
    """Stands for a stack that is up."""

    def __init__(self, say: Callable[[str], None]) -> None:
        say("running already")

    def up(self) -> StackInfo:
        return INFO


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setattr(session, "LocalStack", Stack)
    return Console(file=StringIO(), width=160)


def printed(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("agrees", "status"), [(True, 0), (False, 1)])
def test_the_status_says_whether_all_came_out_as_it_must(console: Console, agrees: bool, status: int) -> None:
    urls = []

    def use(client: ProspectClient) -> bool:
        urls.append(client.api_url)
        return agrees

    assert on_local_stack(use, console) == status
    assert urls == ["http://localhost:1/api"]


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (ApiProblemError("GET", "/prospects", 401, {"detail": "no valid API key"}), 1, "no valid API key"),
        (httpx.ConnectError("refused"), 1, "does not answer (refused)"),
        (KeyboardInterrupt(), 130, "nothing is added twice"),
    ],
)
def test_trouble_is_said_in_a_sentence(console: Console, trouble: BaseException, status: int, said: str) -> None:
    def use(client: ProspectClient) -> NoReturn:
        raise trouble

    assert on_local_stack(use, console) == status
    assert said in printed(console)


def test_a_stack_that_does_not_come_up_says_why(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def up(self: Stack) -> NoReturn:
        raise StackError("Port 4566 is in use [by something].")

    monkeypatch.setattr(Stack, "up", up)
    assert on_local_stack(lambda client: True, console) == 1
    assert "Port 4566 is in use [by something]." in printed(console)
