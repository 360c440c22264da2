"""Thin events: an object and what changed, no email, no contact of a deal. All of them together count, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.sources.table import source_of
from tests.builders import DEFAULT, WORKSPACE
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore
from tests.senders import hubspot, pipedrive, salesforce, salesforce_outbound
from tests.senders.sender import Sample, Sender, delivery

NOW = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)
ANN = Identity("email", "ann@example.com")
STORIES: Mapping[str, tuple[Sender, Sequence[str]]] = {
    "hubspot": (hubspot.SENDER, ("deal_created", "associated", "contact_email", "deal_won")),
    "pipedrive": (pipedrive.SENDER, ("deal_created", "person_created", "deal_won")),
    "salesforce": (
        salesforce.SENDER,
        ("opportunity_created", "lead_created", "lead_converted", "opportunity_won"),
    ),
    "salesforce_outbound": (salesforce_outbound.SENDER, ("lead", "lead_converted", "opportunity_won")),
}


def after(sender: Sender, names: Sequence[str]) -> Lifecycle:
    """The use cases after some samples came in."""
    lifecycle = Lifecycle(MemoryStore(WORKSPACE), FixedCalendar(DEFAULT))
    for name in names:
        arrived = delivery(sender, sender.samples[name], "https://hooks.example.com/webhooks/s_1", NOW)
        for one in source_of(sender.kind).translate(arrived, sender.settings):
            if isinstance(one, DealUpdate):
                lifecycle.update_deal(one)
            else:
                assert isinstance(one, Activity)
                lifecycle.record_activity(one)
    return lifecycle


@pytest.mark.parametrize("kind", STORIES)
def test_in_whatever_order_they_come_the_person_is_a_customer(kind: str) -> None:
    sender, names = STORIES[kind]
    for order in itertools.permutations(names):
        assert after(sender, order).find_prospect(ANN).stage == "customer", order


@pytest.mark.parametrize("kind", STORIES)
def test_what_comes_again_changes_nothing(kind: str) -> None:
    sender, names = STORIES[kind]
    once, twice = (after(sender, told).find_prospect(ANN) for told in (names, [*names, *reversed(names)]))

    assert (twice.stage, twice.since, twice.cycle) == (once.stage, once.since, once.cycle)


@pytest.mark.parametrize("kind", STORIES)
def test_no_news_of_a_person_makes_anybody_engaged(kind: str) -> None:
    sender, names = STORIES[kind]
    people = [name for name in names if name in ("contact_email", "person_created", "lead_created", "lead")]

    assert after(sender, people).find_prospect(ANN).stage == "suspect"


def test_a_loss_says_why_though_stage_and_reason_are_two_events_of_one_instant() -> None:
    lost = [hubspot.deal_changed("closed_lost_reason", "No budget"), hubspot.deal_changed("dealstage", "closedlost")]
    for order in itertools.permutations(lost):
        lifecycle = after(hubspot.SENDER, ("contact_email", "associated", "deal_created"))
        arrived = delivery(hubspot.SENDER, Sample(hubspot.body(list(order))), "https://example.com/", NOW)
        for one in source_of("hubspot").translate(arrived, {}):
            assert isinstance(one, DealUpdate)
            lifecycle.update_deal(one)

        assert [deal.lost_reason for deal in lifecycle.find_prospect(ANN).deals] == ["No budget"]
