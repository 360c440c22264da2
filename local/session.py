"""One program's session with the local stack: up, a client, and a clear word when something is in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.markup import escape

from local.client import ApiProblemError, ProspectClient
from local.emulator import StackError
from local.stack import LocalStack

INTERRUPTED = 130
NOTHING_TWICE = "Interrupted. Run it again to send the rest: nothing is added twice."


class Address(NamedTuple):
    """Where an API is, and the key of a workspace there."""

    api_url: str
    api_key: str


def on_local_stack(
    use: Callable[[ProspectClient], bool],
    console: Console,
    *,
    instead: Address | None = None,
    interrupted: str = NOTHING_TWICE,
) -> int:
    """Bring the local stack up and use it.

    Arguments:
        use: does the work through the API; returns whether all came out as it must.
        console: where to say what is in the way.
        instead: another API to use, so that the local stack is left alone.
        interrupted: what to say where somebody interrupts it.

    Returns:
        The exit status of the program: 0 if all came out as it must, 1 if not or if the stack failed, 130 if it was
        interrupted.
    """
    try:
        there = instead or _local_stack(console)
        with ProspectClient(there.api_url, there.api_key) as client:
            return 0 if use(client) else 1
    except (StackError, ApiProblemError) as error:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return 1
    except httpx.TransportError as error:
        whose, hint = ("", "") if instead else (" of the local stack", " Try `make up`.")
        console.print(f"[bold red]The API{whose} does not answer ({escape(str(error))}).[/]{hint}")
        return 1
    except KeyboardInterrupt:
        console.print(f"\n{interrupted}")
        return INTERRUPTED


def _local_stack(console: Console) -> Address:
    stack = LocalStack(say=console.print).up()
    return Address(stack.api_url, stack.api_key)
