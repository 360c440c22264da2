"""The demo's half-year, taken in by the services as the API takes it in, and all logs that it comes to."""

from __future__ import annotations

from collections.abc import Iterable

from lifecycle.contract.decode import deal_deletion, decode_activity, decode_deal, decode_decision
from lifecycle.events import DealUpdate, Event, Identity
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.protocol import Store
from local.request import Activity, DealRemoval, Decision, Delivery, Identities, Request

_ACTOR = "demo"
#: Before and after every position of a list by stage: they begin with a time.
_FIRST, _LAST = "0", "~"
#: Activities are taken in by so many, as the API takes them in.
_BATCH = 250


def take_in(lifecycle: Lifecycle, deliveries: Iterable[Delivery]) -> None:
    """Take deliveries in, in their order of arrival: what is about people once the activities before it are in."""
    activities: list[Activity] = []
    for delivery in deliveries:
        if isinstance(delivery.request, Activity):
            activities.append(delivery.request)
        if activities and (len(activities) == _BATCH or not isinstance(delivery.request, Activity)):
            _record(lifecycle, activities)
            activities = []
        if not isinstance(delivery.request, Activity):
            _take(lifecycle, delivery.request)
    if activities:
        _record(lifecycle, activities)


def _record(lifecycle: Lifecycle, activities: Iterable[Activity]) -> None:
    lifecycle.record_activities([decode_activity(each.body(), each.occurred_at) for each in activities])


def _take(lifecycle: Lifecycle, request: Request) -> None:
    match request:
        case DealRemoval(deal_id, occurred_at):
            lifecycle.update_deal(deal_deletion(deal_id, occurred_at, occurred_at))
        case Decision():
            root, *other = (_find(lifecycle, each) for each in (request.prospect, request.other) if each)
            if [root] != other:
                lifecycle.decide(root, decode_decision(request.body(*other), _ACTOR, request.occurred_at))
        case Activity():
            _record(lifecycle, [request])
        case _:
            lifecycle.update_deal(decode_deal(request.body(), request.deal_id, request.occurred_at))


def _find(lifecycle: Lifecycle, identities: Identities) -> str:
    kind, value = min(identities.names())
    return lifecycle.find_prospect(Identity(kind, value)).prospect_id


def logs(store: Store, stages: Iterable[str]) -> dict[str, list[Event]]:
    """The whole log of every prospect, by its id.

    Arguments:
        store: of the workspace.
        stages: in which prospects are.
    """
    listed = (entry for stage in stages for entry in store.in_stage(stage, "", _FIRST, _LAST))
    return {root: Neighbourhood(store).whole_log(root)[0] for _, root in listed}


def deal_logs(store: Store, requests: Iterable[Request]) -> list[list[DealUpdate]]:
    """The log of every deal that requests tell of."""
    deals = {request.deal_id for request in requests if not isinstance(request, Activity | Decision)}
    return [store.deal_log(deal_id) for deal_id in sorted(deals)]
