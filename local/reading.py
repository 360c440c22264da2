"""What the API says of the prospects of one data set, and the wait until it has taken everything in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_delay, wait_exponential

from lifecycle.funnel.parsing import default_funnel
from local.client import ProspectClient
from local.request import Json

Name = tuple[str, str]

#: The longest wait for the stream to catch up. It is a bound for the case that something is wrong, not a pause.
SETTLING_SECONDS = 180
PAGE = 200
#: How many prospects are looked at a second time, one by one.
SECOND_LOOKS = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """The prospects of a data set by stage, in the order of the funnel; an empty stage is there too."""

    stages: Mapping[str, tuple[Json, ...]]

    @property
    def prospects(self) -> list[Json]:
        """All of them."""
        return [prospect for stage in self.stages.values() for prospect in stage]

    @property
    def activities(self) -> int:
        """How many activities the engine holds for them: a repeat counts once."""
        return sum(prospect["counts"]["activities"] for prospect in self.prospects)

    @property
    def anonymous(self) -> int:
        """How many are in a stage of the anonymous."""
        return sum(self.count(stage.key) for stage in default_funnel().stages if stage.anonymous)

    def count(self, stage: str) -> int:
        """How many stand in a stage."""
        return len(self.stages[stage])


def read(client: ProspectClient, names: frozenset[Name]) -> Reading:
    """Read every stage and keep the data set's own prospects: others may share the workspace.

    Arguments:
        client: the API.
        names: the identities that the data set names.
    """
    stages = {
        key: tuple(prospect for prospect in client.prospects(key, limit=PAGE) if names & identities(prospect))
        for key in default_funnel().stage_keys
    }
    return Reading(stages)


def identities(prospect: Json) -> frozenset[Name]:
    """The identities of a prospect as the API lists them, as ``(kind, value)``."""
    listed: Json = prospect["identities"]
    plain = {(kind, value) for kind in ("email", "visitor", "user") for value in listed[kind]}
    return frozenset(plain | {(f"crm:{system}", value) for system, values in listed["crm"].items() for value in values})


def settle(client: ProspectClient, names: frozenset[Name], activities: int, report: Callable[[int], None]) -> Reading:
    """Read until the engine has evaluated everything: all activities are counted, and a second look finds the same.

    A batch is answered when its activities are in the log; what a request could not evaluate by itself follows by the
    table's stream shortly afterwards. After `SETTLING_SECONDS` the last reading is returned as it is, and the caller's
    checks show what is missing.

    Arguments:
        client: the API.
        names: the identities that the data set names.
        activities: how many different activities the data set has.
        report: called after each reading with how many activities it counted.
    """
    seen: list[Reading] = []

    def read_again() -> bool:
        seen.append(read(client, names))
        report(seen[-1].activities)
        return seen[-1].activities >= activities and _still_so(client, seen[-1])

    retrying = Retrying(
        retry=retry_if_result(lambda settled: not settled),
        stop=stop_after_delay(SETTLING_SECONDS),
        wait=wait_exponential(multiplier=0.25, max=3.0),
        retry_error_callback=_give_up,
    )
    retrying(read_again)
    return seen[-1]


def _still_so(client: ProspectClient, reading: Reading) -> bool:
    """Whether prospects spread over the reading stand where it says: to read all of them twice would take too long."""
    step = max(1, len(reading.prospects) // SECOND_LOOKS)
    return all(client.prospect(listed["prospect_id"]) == listed for listed in reading.prospects[::step])


def _give_up(_: RetryCallState) -> bool:
    return False
