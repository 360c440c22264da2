"""One program's session with the local stack: up, a client, and a clear word when something is in the way."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from rich.console import Console
from rich.markup import escape

from local.client import ApiProblemError, ProspectClient
from local.emulator import StackError
from local.stack import LocalStack

INTERRUPTED = 130


def on_local_stack(use: Callable[[ProspectClient], bool], console: Console) -> int:
    """Bring the local stack up and use it.

    Arguments:
        use: does the work through the API; returns whether all came out as it must.
        console: where to say what is in the way.

    Returns:
        The exit status of the program: 0 if all came out as it must, 1 if not or if the stack failed, 130 if it was
        interrupted.
    """
    try:
        stack = LocalStack(say=console.print).up()
        with ProspectClient(stack.api_url, stack.api_key) as client:
            return 0 if use(client) else 1
    except (StackError, ApiProblemError) as error:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return 1
    except httpx.TransportError as error:
        console.print(f"[bold red]The API of the local stack does not answer ({escape(str(error))}).[/] Try `make up`.")
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted. Run it again to send the rest: nothing is added twice.")
        return INTERRUPTED
