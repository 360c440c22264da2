"""Sends deliveries through the public API in their order of arrival, several requests at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Literal

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_result,
    stop_after_delay,
    wait_exponential,
)

from local.client import ApiProblemError, ProspectClient, complaint
from local.request import Activity, DealRemoval, DealUpdate, Decision, Delivery, Identities, Json

Kind = Literal["activities", "deals", "decisions"]
KINDS: tuple[Kind, ...] = ("activities", "deals", "decisions")

#: Activities per batch: the API takes 500; less keeps the progress moving and every answer well within its time limit.
BATCH = 250
WORKERS = 4
#: Answers that concern one request alone. Any other problem (a wrong key, a broken server) would meet all of them.
REFUSALS = frozenset({400, 404, 409, 413, 422})
#: How long a decision waits for its prospect to appear: the batch that names it may still be on its way.
PATIENCE_SECONDS = 60

#: Problems with a decision that pass: the activity that it withdraws is in a batch under way, the prospect was merged.
_EARLY = ("event-not-found", "prospect-absorbed")

Report = Callable[[Kind, int], None]


@dataclass(slots=True)
class Tally:
    """What became of what was sent.

    ``accepted`` and ``duplicates`` count activities; ``moves`` counts the prospects that a deal or a decision moved;
    ``known_decisions`` the decisions that the engine knew already; ``rejected`` says what was refused and why.
    """

    accepted: int = 0
    duplicates: int = 0
    deals: int = 0
    decisions: int = 0
    known_decisions: int = 0
    moves: int = 0
    rejected: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another tally into this one."""
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.deals += other.deals
        self.decisions += other.decisions
        self.known_decisions += other.known_decisions
        self.moves += other.moves
        self.rejected += other.rejected


def sizes(deliveries: Sequence[Delivery]) -> dict[Kind, int]:
    """How many requests of each kind there are to send."""
    counts: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    for delivery in deliveries:
        counts[_kind(delivery)] += 1
    return counts


def send(client: ProspectClient, deliveries: Sequence[Delivery], report: Report) -> Tally:
    """Send everything and wait for the answers.

    Requests leave in the order of the deliveries, and several are under way at once: what overtakes what on the way is
    for the engine to cope with.

    Arguments:
        client: where to.
        deliveries: what, in order of arrival.
        report: called after each answer with the kind and how many requests of it are done.

    Returns:
        The tally. Refused requests are listed in it, not raised.

    Raises:
        ApiProblemError: the API refused in a way that concerns every request, or stayed busy.
        httpx.TransportError: the API cannot be reached.
    """
    tally = Tally()
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = {pool.submit(_send_job, client, job): job for job in _jobs(deliveries)}
        try:
            for future in as_completed(futures):
                tally.add(future.result())
                job = futures[future]
                report(_kind(job[0]), len(job))
        except BaseException:
            _cancel(futures)
            raise
    return tally


def _jobs(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Batches of activities, each followed by the deals and decisions that arrived among them, one by one.

    A decision therefore never leaves before the activities that arrived ahead of it.
    """
    batch: list[Delivery] = []
    others: list[Delivery] = []
    for delivery in deliveries:
        (batch if _kind(delivery) == "activities" else others).append(delivery)
        if len(batch) == BATCH:
            yield batch
            yield from ([other] for other in others)
            batch, others = [], []
    if batch:
        yield batch
    yield from ([other] for other in others)


def _kind(delivery: Delivery) -> Kind:
    match delivery.request:
        case Activity():
            return "activities"
        case Decision():
            return "decisions"
        case _:
            return "deals"


def _send_job(client: ProspectClient, job: Sequence[Delivery]) -> Tally:
    first = job[0].request
    try:
        match first:
            case Activity():
                return _send_batch(client, [each.request for each in job if isinstance(each.request, Activity)])
            case DealUpdate():
                return Tally(deals=1, moves=_moves(client.put_deal(first)))
            case DealRemoval():
                client.delete_deal(first)
                return Tally(deals=1)
            case Decision():
                return _send_decision(client, first)
    except ApiProblemError as problem:
        if problem.status not in REFUSALS:
            raise
        return Tally(rejected=[str(problem)])


def _send_batch(client: ProspectClient, activities: Sequence[Activity]) -> Tally:
    answer = client.send_batch(activities)
    refused = [
        f"activity {activities[entry['index']].id}: {complaint(entry['problem'])}" for entry in answer["rejected"]
    ]
    return Tally(accepted=answer["accepted"], duplicates=answer["duplicates"], rejected=refused)


def _send_decision(client: ProspectClient, decision: Decision) -> Tally:
    """Send a decision, again for a while where what it is about is still on its way or was just merged."""
    retrying = Retrying(
        retry=retry_if_exception(_is_early),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_exponential(multiplier=0.1, max=2.0),
        reraise=True,
    )
    return retrying(_decide, client, decision)


def _is_early(error: BaseException) -> bool:
    return isinstance(error, ApiProblemError) and str(error.document.get("type", "")).endswith(_EARLY)


def _decide(client: ProspectClient, decision: Decision) -> Tally:
    found: list[str] = []
    for identities in filter(None, (decision.prospect, decision.other)):
        prospect = _find(client, identities)
        if prospect is None:
            return Tally(rejected=[f"decision {decision.id}: no prospect has {identities.body()}"])
        found.append(prospect["prospect_id"])
    if len(found) > 1 and found[0] == found[1]:
        # One prospect has both: they were merged when this was sent before.
        return Tally(decisions=1, known_decisions=1)
    answer = client.decide(found[0], decision, *found[1:])
    known = bool(answer.get("duplicate"))
    return Tally(decisions=1, known_decisions=int(known), moves=int(bool(answer.get("transition")) and not known))


def _find(client: ProspectClient, identities: Identities) -> Json | None:
    """The prospect, waited for a while: its first activity may be in a batch that is not answered yet."""
    retrying = Retrying(
        retry=retry_if_result(lambda found: found is None),
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_exponential(multiplier=0.1, max=2.0),
        retry_error_callback=_nothing,
    )
    found: Json | None = retrying(client.find, identities)
    return found


def _nothing(_: RetryCallState) -> None:
    """What a search that ran out of patience found."""


def _moves(answer: Json) -> int:
    return sum(1 for prospect in answer["prospects"] if prospect["transition"])


def _cancel(futures: dict[Future[Tally], list[Delivery]]) -> None:
    for future in futures:
        future.cancel()
