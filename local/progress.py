"""What a person sees while things are sent: a bar for each kind with rate and remaining time, then the wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from local.client import ProspectClient
from local.reading import Name, Reading, settle
from local.request import Activity, Decision, Delivery, Json, Request
from local.sending import Kind, Tally, send, sizes

_LOOK_AGAIN_SECONDS = 0.5


def send_visibly(client: ProspectClient, deliveries: Sequence[Delivery], console: Console) -> Tally:
    """Send everything, under one bar for each kind that there is something of."""
    with _bars(console) as bars:
        tasks = {kind: bars.add_task(kind, total=count) for kind, count in sizes(deliveries).items() if count}

        def advance(kind: Kind, count: int) -> None:
            bars.advance(tasks[kind], count)

        return send(client, deliveries, advance)


def settle_visibly(
    client: ProspectClient, names: frozenset[Name], requests: Sequence[Request], console: Console
) -> Reading:
    """Wait until the engine has evaluated everything, and show how far it is.

    Arguments:
        client: the API.
        names: the identities that the data set names.
        requests: what was sent, repeats included.
        console: where to show it.
    """
    activities = len(counted_activities(requests))
    with _bars(console) as bars:
        task = bars.add_task("evaluated", total=activities)
        return settle(client, names, activities, lambda count: bars.update(task, completed=count))


def simulate_visibly(
    client: ProspectClient, simulation_id: str, console: Console, sleep: Callable[[float], None] = time.sleep
) -> Json:
    """Wait until a simulation has ended, and show how far it is.

    Arguments:
        client: the API.
        simulation_id: of the simulation.
        console: where to show it.
        sleep: how to wait between two looks.

    Returns:
        The simulation as it ended.
    """
    return _watch("simulated", lambda: client.simulation(simulation_id), console, sleep)


def reevaluate_visibly(
    client: ProspectClient, version: int, console: Console, sleep: Callable[[float], None] = time.sleep
) -> Json:
    """Wait until everybody is evaluated anew under a version, and show how far it is.

    Arguments:
        client: the API.
        version: that was published.
        console: where to show it.
        sleep: how to wait between two looks.

    Returns:
        The re-evaluation as it ended.
    """
    return _watch("re-evaluated", lambda: client.reevaluation(version), console, sleep)


def _watch(done: str, look: Callable[[], Json], console: Console, sleep: Callable[[float], None]) -> Json:
    """Look at long work until it has ended."""
    with _bars(console) as bars:
        task = bars.add_task(done, total=None)
        while True:
            work = look()
            progress = work["progress"]
            bars.update(task, completed=progress["done"], total=progress["total"])
            if work["status"] not in ("queued", "running"):
                return work
            sleep(_LOOK_AGAIN_SECONDS)


def counted_activities(requests: Sequence[Request]) -> frozenset[str]:
    """The ids of the activities among the requests that the engine counts: a repeat is none, nor is a withdrawn one."""
    withdrawn = {request.event_id for request in requests if isinstance(request, Decision)}
    return frozenset(
        request.id for request in requests if isinstance(request, Activity) and request.id not in withdrawn
    )


class _Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


@contextmanager
def _bars(console: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield progress
