"""Clicks of scanners: withdrawn whenever the proof comes in, and counted again where a person knows better."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Identity, Withdrawal
from lifecycle.funnel.parsing import default_funnel
from lifecycle.services.errors import EventNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.stream import evaluate_stream
from lifecycle.sources.automation import verdicts
from lifecycle.store.items import event_item, to_attributes
from tests.builders import ANN, COOKIE, WORKSPACE, activity, at, home_of, id_of, withdrawal
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

SECOND = 1 / 60
DELIVERED = activity("d", 0, "email_delivered", message_id="m1")
SOON = activity("soon", 2 * SECOND, "email_click", message_id="m1", url="https://a.example")
LATER = activity("later", 30, "email_click", message_id="m1", url="https://a.example")


def take(lifecycle: Lifecycle, *activities: Activity) -> None:
    """Record activities one after the other, each as a delivery of its own."""
    for one in activities:
        lifecycle.record_activities([one])
        lifecycle.withdraw_scanners_clicks([one])


def withdrawn(store: MemoryStore, *homes: str) -> dict[str, str | None]:
    """Which events the logs withdraw, and why."""
    events = [event for home in homes or [id_of(ANN)] for event in store.log(home)[0]]
    return {event.event_id: event.reason for event in events if isinstance(event, Withdrawal)}


def stage(lifecycle: Lifecycle) -> str:
    return lifecycle.find_prospect(ANN).stage


@pytest.mark.parametrize("order", list(permutations([DELIVERED, SOON])))
def test_a_click_right_after_the_delivery_is_withdrawn_in_whatever_order_they_come(
    store: MemoryStore, lifecycle: Lifecycle, order: tuple[Activity, ...]
) -> None:
    take(lifecycle, *order)

    assert withdrawn(store) == {"soon": "soon_after_delivery"}
    assert stage(lifecycle) == "suspect"


def test_a_readers_click_counts(store: MemoryStore, lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, LATER)

    assert withdrawn(store) == {}
    assert stage(lifecycle) == "engaged"


def test_the_withdrawal_says_who_why_and_when_it_was(store: MemoryStore, lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, SOON)

    (ruling,) = [event for event in store.log(id_of(ANN))[0] if isinstance(event, Withdrawal)]
    assert (ruling.id, ruling.by, ruling.occurred_at) == ("automated:soon", "automation", SOON.occurred_at)


def test_what_came_in_before_is_corrected_by_what_comes_later(lifecycle: Lifecycle) -> None:
    take(lifecycle, SOON)
    assert stage(lifecycle) == "engaged"

    take(lifecycle, DELIVERED)

    assert stage(lifecycle) == "suspect"


def test_a_repeat_withdraws_nothing_twice(store: MemoryStore, lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, SOON)
    items = dict(store.items)

    take(lifecycle, DELIVERED, SOON)

    assert store.items == items


def test_a_click_that_its_vendor_calls_automated_needs_no_withdrawal(store: MemoryStore, lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, replace(SOON, automated=True))

    assert withdrawn(store) == {}


def test_the_clicks_of_all_partitions_of_a_prospect_are_looked_at_and_withdrawn_where_they_are(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    user = Identity("user", "u-1")
    by_user = replace(SOON, identities=(user,))
    take(lifecycle, activity("joined", -5, "website_visit", ANN, user), DELIVERED, by_user)

    assert withdrawn(store, home_of(by_user)) == {"soon": "soon_after_delivery"}
    assert withdrawn(store) == {}


def test_a_person_who_knows_better_withdraws_the_withdrawal(lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, SOON)

    outcome = lifecycle.decide(id_of(ANN), withdrawal("back", 10, "automated:soon", "Ann is that fast"))

    assert outcome.stage == "engaged"
    take(lifecycle, DELIVERED, SOON)
    assert stage(lifecycle) == "engaged"


def test_what_a_person_withdrew_is_not_withdrawn_again(lifecycle: Lifecycle) -> None:
    take(lifecycle, LATER)
    lifecycle.decide(id_of(ANN), withdrawal("mine", 40, "later"))

    with pytest.raises(EventNotFoundError, match="a person's withdrawal"):
        lifecycle.decide(id_of(ANN), withdrawal("back", 50, "mine"))


def test_an_id_that_is_too_long_to_be_named_is_shortened(store: MemoryStore, lifecycle: Lifecycle) -> None:
    take(lifecycle, DELIVERED, replace(SOON, id="s" * 128))

    (ruling,) = [event for event in store.log(id_of(ANN))[0] if isinstance(event, Withdrawal)]
    assert len(ruling.id) <= 128
    assert lifecycle.decide(id_of(ANN), withdrawal("back", 10, ruling.id)).stage == "engaged"


@pytest.mark.parametrize("order", list(permutations([DELIVERED, SOON])))
def test_the_stream_withdraws_what_was_only_appended(store: MemoryStore, order: tuple[Activity, ...]) -> None:
    lifecycle = Lifecycle(store, FixedCalendar(Calendar.always(Plan(default_funnel()))))
    for event in order:
        lifecycle.append_activities([event])
        image = to_attributes(event_item(WORKSPACE, id_of(ANN), event, id_of(ANN)))
        record = {"dynamodb": {"SequenceNumber": "1", "NewImage": image}}
        assert evaluate_stream("table", [record], lambda _: lifecycle) == []

    assert withdrawn(store) == {"soon": "soon_after_delivery"}
    assert stage(lifecycle) == "suspect"


CLICKS = st.lists(
    st.builds(
        lambda number, second, url: activity(
            f"c{number}", second * SECOND, "email_click", message_id="m1", url=f"https://{url}.example"
        ),
        st.integers(0, 8),
        st.integers(-3, 8),
        st.sampled_from("abcde"),
    ),
    max_size=8,
    unique_by=lambda click: click.id,
)


@given(CLICKS, st.randoms(use_true_random=False))
def test_in_whatever_order_all_comes_what_all_of_it_proves_is_withdrawn(clicks: list[Activity], random: object) -> None:
    store = MemoryStore(WORKSPACE)
    lifecycle = Lifecycle(store, FixedCalendar(Calendar.always(Plan(default_funnel()))))
    log = [*clicks, DELIVERED, activity("v", 20, "website_visit", ANN, COOKIE)]
    random.shuffle(log)  # type: ignore[attr-defined]

    take(lifecycle, *log)

    # The reason stands that was found first; what is withdrawn is the same.
    assert withdrawn(store).keys() == verdicts(log).keys()


def test_other_activities_read_no_log(
    store: MemoryStore, lifecycle: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = activity("v", 1, "website_visit")
    lifecycle.record_activities([visit])
    monkeypatch.setattr(store, "log", lambda _: pytest.fail("a log was read"))

    lifecycle.withdraw_scanners_clicks([visit, replace(SOON, properties={}), replace(visit, occurred_at=at(3))])
