"""The append is the commit: what a request appended and left undone, the stream brings to its end."""

from __future__ import annotations

from datetime import UTC, datetime

from lifecycle.events import Activity, Contact, DealUpdate, Identity, prospect_id
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.protocol import Appended
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, eventually, someone, something

#: The workspace of the key that ``make up`` makes.
WORKSPACE = "local"


def store_of(local_stack: LocalStack, stack_info: StackInfo) -> DynamoStore:
    return DynamoStore(local_stack.client("dynamodb"), stack_info.table, WORKSPACE)


def noon(day: int) -> datetime:
    return datetime(2026, 2, day, 12, tzinfo=UTC)


def test_an_activity_whose_request_died_after_the_append_is_evaluated(
    local_stack: LocalStack, stack_info: StackInfo, api: Api
) -> None:
    email, cookie = Identity("email", someone()), Identity("visitor", something())
    home = prospect_id(WORKSPACE, email)
    visit = Activity(something(), noon(1), noon(1), "website_visit", "inbound", (email, cookie))

    store_of(local_stack, stack_info).append([Appended(home, visit, home)])

    state = eventually(lambda: api.find(visitor=cookie.value), lambda found: found is not None)
    assert state is not None
    assert (state["prospect_id"], state["stage"], state["counts"]["activities"]) == (home, "engaged", 1)


def test_a_deal_whose_request_died_after_the_append_reaches_its_contacts(
    local_stack: LocalStack, stack_info: StackInfo, api: Api
) -> None:
    email, deal = someone(), something()
    contacts = (Contact((Identity("email", email),), "buyer"),)
    api.deal(deal, status="open", occurred_at=noon(1).isoformat(), contacts=[{"email": email, "role": "buyer"}])

    won = DealUpdate(something(), noon(3), noon(3), deal, status="won", contacts=contacts)
    store_of(local_stack, stack_info).append_deal_updates([won])

    state = eventually(lambda: api.find(email=email), lambda found: found is not None and found["stage"] == "customer")
    assert state is not None
    assert [move["to"] for move in api.transitions(state["prospect_id"])] == ["opportunity", "customer"]
