"""Activities are deleted when the policy in force says so, and nothing that was worked out from them changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Identity, Withdrawal
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services import retaining
from lifecycle.services.errors import EventNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import Settler
from lifecycle.store.items import from_attributes
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Partition, TransitionRecord
from tests.builders import ANN, BOB, COOKIE, WORKSPACE, default_definition, id_of, merge
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NINETY = {"activities": {"website_visit": "90 days"}}


def ago(id_: str, days: float, *identities: Identity, type_: str = "website_visit", **properties: Any) -> Activity:
    """An activity of so many days ago, recorded at once."""
    at = NOW - timedelta(days=days)
    return Activity(id_, at, at, type_, "inbound", identities or (ANN,), properties=properties, source="web")


def plan(retention: Mapping[str, Any], version: int = 1, **more: Any) -> Plan:
    """The default funnel with a policy."""
    return Plan(parse_funnel(default_definition() | {"retention": retention} | more, version))


def calendar(retention: Mapping[str, Any]) -> Calendar:
    """The default funnel with a policy, always."""
    return Calendar.always(plan(retention))


class Place:
    """A workspace whose time and funnel a test sets."""

    def __init__(self, store: MemoryStore, calendar: Calendar) -> None:
        self.store = store
        self.publish(calendar)

    def publish(self, calendar: Calendar) -> None:
        """Let another calendar be in force."""
        self.calendars = FixedCalendar(calendar)
        self.lifecycle = Lifecycle(self.store, self.calendars)

    def record(self, *activities: Activity) -> None:
        """Record activities one after the other."""
        for activity in activities:
            self.lifecycle.record_activity(activity)

    def refresh(self, *ids: str, now: datetime = NOW) -> None:
        """Look at prospects as of a moment, as a timer or a re-evaluation does."""
        Settler(self.store, self.calendars).refresh(ids or [id_of(ANN)], now)

    def run_timers(self, now: datetime = NOW) -> int:
        """Look at whatever is due until nothing is; how often that took a look."""
        for looks in range(50):
            due = self.store.due_until(now, 1000)
            if not due:
                return looks
            self.refresh(*(timer.id for timer in due), now=now)
        raise AssertionError("something is due for ever")

    def expiries(self) -> dict[str, datetime | None]:
        """When each activity that is there in full may go."""
        homes = {pk.split("#", 3)[3] for pk, _ in self.store.items}
        return {id_: at for home in homes for id_, at in self.store.kept(home).expiries.items()}

    def traces(self) -> set[str]:
        """The ids of the activities of which there is a trace."""
        homes = {pk.split("#", 3)[3] for pk, _ in self.store.items}
        return {trace.id for home in homes for trace in self.store.kept(home).traces.values()}

    def partition(self, identity: Identity = ANN) -> Partition:
        """The stored state of an identity."""
        return self.store.partitions([id_of(identity)])[id_of(identity)]


@pytest.fixture
def place(store: MemoryStore) -> Place:
    """A workspace in which visits are deleted after 90 days."""
    return Place(store, calendar(NINETY))


def told(place: Place) -> tuple[Any, ...]:
    """All that a caller is told of Ann but the properties on her timeline."""
    timeline = place.lifecycle.timeline(id_of(ANN), None, 1000).entries
    entries = [e if isinstance(e, TransitionRecord) else (e.id, e.key, e.kind) for e in timeline]
    return place.lifecycle.find_prospect(ANN), place.lifecycle.explain(id_of(ANN)), entries


def second(time: datetime) -> datetime:
    """A time, rounded up to a second."""
    return time.replace(microsecond=0) + timedelta(seconds=1 if time.microsecond else 0)


# ---- appending ------------------------------------------------------------------------------------------------------


def test_an_activity_says_from_the_start_when_it_may_go(place: Place) -> None:
    place.record(ago("v", 10), ago("f", 10, type_="form_submission"))

    assert place.expiries() == {"v": second(NOW + 80 * DAY), "f": None}


def test_a_prospect_is_due_when_the_first_of_its_traces_is(place: Place) -> None:
    place.record(ago("v", 10), ago("w", 20))

    assert place.partition().condense_at == place.partition().due == second(NOW + 47.5 * DAY)


def test_activity_that_is_due_later_leaves_the_index_of_timers_alone(place: Place) -> None:
    place.record(ago("v", 20))
    due = place.partition().due

    place.record(ago("w", 10), ago("x", 1))

    assert place.partition().due == due


def test_an_activity_that_moves_nobody_takes_one_read_and_two_writes_under_a_policy_too(place: Place) -> None:
    place.record(ago("v", 20))
    place.store.reads = place.store.writes = 0

    place.record(ago("w", 10))

    assert (place.store.reads, place.store.writes) == (1, 2)


def test_without_a_policy_a_state_and_an_event_are_stored_as_ever(store: MemoryStore) -> None:
    place = Place(store, calendar({}))

    place.record(ago("v", 400))

    names = {name for item in store.items.values() for name in item}
    assert not names & {"expires_at", "condense_at", "retention", "due_pk"}


# ---- condensing and deleting ----------------------------------------------------------------------------------------


def test_what_was_worked_out_from_activities_stays_when_they_are_deleted(place: Place) -> None:
    place.record(
        ago("v", 89, page="/pricing", agent="Mozilla"), ago("f", 80, type_="form_submission", form="demo"), ago("w", 70)
    )
    before = told(place)

    place.run_timers()
    place.store.expire(NOW + 30 * DAY)

    assert place.expiries() == {"f": None}
    assert place.traces() == {"v", "w"}
    assert told(place) == before


def test_a_timeline_tells_what_is_condensed(place: Place) -> None:
    place.record(ago("v", 89, agent="Mozilla"), ago("w", 1, agent="Mozilla"))
    place.run_timers()
    place.store.expire(NOW + 2 * DAY)

    entries = place.lifecycle.timeline(id_of(ANN), None, 10).entries

    activities = [entry for entry in entries if isinstance(entry, Activity)]
    assert [(one.id, one.condensed, one.properties, one.source) for one in activities] == [
        ("w", False, {"agent": "Mozilla"}, "web"),
        ("v", True, {}, "web"),
    ]


def test_all_traces_that_would_soon_be_due_are_made_with_the_first(place: Place) -> None:
    place.record(ago("due", 68), ago("soon", 50), ago("later", 40))

    place.run_timers()

    assert place.traces() == {"due", "soon"}
    assert place.partition().due == second(NOW + 27.5 * DAY)


def test_an_activity_that_was_appended_without_an_end_gets_one_when_its_prospect_is_looked_at(place: Place) -> None:
    place.record(ago("v", 80))
    place.store.append([Appended(id_of(ANN), ago("w", 10), id_of(ANN))])

    place.run_timers()

    assert place.expiries() == {"v": second(NOW + 10 * DAY), "w": second(NOW + 80 * DAY)}


def test_making_traces_again_writes_nothing(place: Place) -> None:
    place.record(ago("v", 89))
    place.run_timers()
    before = dict(place.store.items)

    place.refresh()

    assert place.store.items == before


def test_an_activity_that_comes_after_its_time_is_condensed_at_once_and_goes_a_day_later(place: Place) -> None:
    late = ago("v", 300)
    late.recorded_at = NOW

    place.record(late)
    place.run_timers()

    assert place.expiries() == {"v": second(NOW + DAY)}
    assert place.traces() == {"v"}


def test_a_late_activity_finds_the_deleted_ones_in_their_places(store: MemoryStore) -> None:
    places = [Place(MemoryStore(WORKSPACE), calendar(policy)) for policy in ({}, NINETY)]
    for place in places:
        place.record(ago("v", 89), ago("f", 60, type_="form_submission", form="demo"), ago("w", 85))
        place.run_timers()
        place.store.expire(NOW + 30 * DAY)

        place.record(ago("late", 95, type_="email_click"))

    plain, kept = ((told(place)[0], _moves(place)) for place in places)
    assert kept == plain
    assert places[1].traces() == {"v", "w"}


def _moves(place: Place) -> list[TransitionRecord]:
    """The moves of Ann, whenever they were recorded."""
    return [replace(move, recorded_at=NOW) for move in place.store.transitions(id_of(ANN))]


def test_an_activity_that_is_a_trace_can_be_withdrawn(place: Place) -> None:
    place.record(ago("sent", 95, type_="email_sent"), ago("v", 89))
    place.run_timers()
    place.store.expire(NOW + 30 * DAY)

    outcome = place.lifecycle.decide(id_of(ANN), _withdrawn("v"))

    assert place.expiries().keys() == {"sent"}
    assert place.lifecycle.find_prospect(ANN).counts["inbound"] == 1
    assert outcome.transition is None or outcome.transition.cause == "correction"


def _withdrawn(event_id: str) -> Withdrawal:
    return Withdrawal("w", NOW, NOW, event_id, by="sam")


def test_what_is_neither_there_nor_a_trace_cannot_be_withdrawn(place: Place) -> None:
    place.record(ago("v", 89))

    with pytest.raises(EventNotFoundError):
        place.lifecycle.decide(id_of(ANN), _withdrawn("x"))


def test_the_same_activity_sent_again_after_it_was_deleted_counts_once(place: Place) -> None:
    place.record(ago("v", 89))
    place.run_timers()
    place.store.expire(NOW + 30 * DAY)

    place.record(ago("v", 89))

    assert place.lifecycle.find_prospect(ANN).counts["activities"] == 1
    assert [type(entry) for entry in place.lifecycle.timeline(id_of(ANN), None, 10).entries].count(Activity) == 1


def test_a_log_that_is_too_long_to_be_condensed_at_once_is_condensed_in_several_looks(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "MOST_BYTES", 1_000)
    place.record(*(ago(f"v{number}", 89) for number in range(20)))

    looks = place.run_timers()

    assert looks > 2
    assert len(place.traces()) == 20


# ---- who is who -----------------------------------------------------------------------------------------------------


def test_who_absorbs_a_prospect_takes_over_when_its_traces_are_due(place: Place) -> None:
    place.record(ago("b", 60, BOB), ago("a", 10))

    place.lifecycle.decide(id_of(ANN), merge("m", 400_000, id_of(BOB)))

    (survivor,) = [one for one in (place.partition(ANN), place.partition(BOB)) if not one.is_pointer]
    assert survivor.due == second(NOW + 7.5 * DAY)


def test_a_cookies_traces_stay_with_the_cookie(place: Place) -> None:
    place.record(ago("v", 89, COOKIE), ago("s", 88, ANN, COOKIE))
    place.run_timers()
    place.store.expire(NOW + 30 * DAY)

    assert place.store.kept(id_of(COOKIE)).traces.keys() == {ago("v", 89, COOKIE).key}
    assert place.lifecycle.find_prospect(COOKIE).counts["inbound"] == 2


def test_a_cookies_traces_are_made_for_each_whom_its_events_belong_to(place: Place) -> None:
    place.record(ago("a", 89, ANN, COOKIE), ago("v", 88.5, COOKIE), ago("b", 88, BOB, COOKIE), ago("w", 87, COOKIE))
    before = [place.lifecycle.find_prospect(who).counts for who in (ANN, BOB)]

    place.run_timers()
    place.store.expire(NOW + 30 * DAY)
    place.record(ago("x", 95, ANN, type_="email_click"), ago("y", 95, BOB, type_="email_click"))

    assert place.traces() == {"a", "v", "b", "w"}
    after = [place.lifecycle.find_prospect(who).counts["inbound"] for who in (ANN, BOB)]
    assert after == [counts["inbound"] + 1 for counts in before] == [3, 3]


# ---- another policy -------------------------------------------------------------------------------------------------


def published(*plans: Plan) -> Calendar:
    """Versions, each in force from a day after the one before; the last since a day ago."""
    first, *rest = plans
    starts = [NOW - (len(rest) - number) * DAY for number in range(len(rest))]
    return Calendar([(None, first), *zip(starts, rest, strict=True)])


def test_a_policy_that_comes_into_force_is_applied_to_what_is_there(store: MemoryStore) -> None:
    place = Place(store, calendar({}))
    place.record(ago("old", 400), ago("v", 80), ago("w", 10), ago("f", 400, type_="form_submission", form="demo"))
    before = told(place)

    place.publish(published(plan({}), plan(NINETY, 2)))
    place.refresh()

    assert place.expiries() == {
        "old": second(NOW + DAY), "v": second(NOW + 10 * DAY), "w": second(NOW + 80 * DAY), "f": None,
    }  # fmt: skip
    assert place.traces() == {"old", "v"}
    assert place.partition().due == second(NOW + 57.5 * DAY)
    place.store.expire(NOW + 20 * DAY)
    assert told(place)[2] == before[2]


def test_a_policy_that_is_taken_back_lets_what_is_left_stay(place: Place) -> None:
    place.record(ago("v", 80), ago("w", 10))
    place.run_timers()

    place.publish(published(plan(NINETY), plan({}, 2)))
    place.refresh()
    place.store.expire(NOW + 1000 * DAY)

    assert place.expiries() == {"v": None, "w": None}
    assert (place.partition().due, place.partition().retention) == (None, None)


def test_applying_a_policy_again_writes_nothing(store: MemoryStore) -> None:
    place = Place(store, calendar({}))
    place.record(ago("old", 400), ago("v", 80), ago("w", 10))
    place.publish(published(plan({}), plan(NINETY, 2)))
    place.refresh()
    before = dict(store.items)

    place.refresh(now=NOW + timedelta(hours=1))

    assert store.items == before


def test_who_is_settled_before_the_new_policy_was_applied_is_seen_to_by_the_timers(store: MemoryStore) -> None:
    place = Place(store, calendar({}))
    place.record(ago("v", 80))
    place.publish(published(plan({}), plan(NINETY, 2)))

    place.record(ago("w", 0.1))

    due = place.partition().due
    assert due is not None
    assert due <= datetime.now(UTC) + timedelta(seconds=2)
    place.run_timers(NOW + DAY)
    assert place.expiries() == {"v": second(NOW + 10 * DAY), "w": second(NOW + 89.9 * DAY)}


def test_who_absorbs_one_to_whom_the_policy_was_not_applied_yet_is_seen_to_by_the_timers(store: MemoryStore) -> None:
    place = Place(store, calendar({}))
    place.record(ago("b", 80, BOB), ago("a", 10))
    place.publish(published(plan({}), plan(NINETY, 2)))
    place.refresh(id_of(ANN))

    place.lifecycle.decide(id_of(ANN), merge("m", 400_000, id_of(BOB)))
    place.run_timers(NOW + DAY)

    assert place.expiries() == {"b": second(NOW + 10 * DAY), "a": second(NOW + 80 * DAY)}


def test_a_version_that_asks_for_more_has_the_traces_made_anew_of_what_is_still_there(place: Place) -> None:
    asking = {"activity": {"type": "website_visit", "properties": {"page": "/pricing"}}}
    stages = [
        stage | ({"enter_when": asking} if stage["key"] == "marketing_qualified" else {})
        for stage in default_definition()["stages"]
    ]
    place.record(ago("gone", 89, page="/pricing"))
    place.run_timers()
    place.store.expire(NOW + 2 * DAY)
    place.record(ago("v", 80, page="/pricing"))
    place.run_timers()

    place.publish(published(plan(NINETY), plan(NINETY, 2, stages=stages)))
    place.refresh()
    before = told(place)
    place.store.expire(NOW + 30 * DAY)

    assert {trace.id: trace.properties for trace in place.store.kept(id_of(ANN)).traces.values()} == {
        "gone": {}, "v": {"page": "/pricing"},
    }  # fmt: skip
    assert told(place) == before
    assert place.lifecycle.find_prospect(ANN).stage == "marketing_qualified"


def test_what_a_commit_lost_to_another_writer_made_is_made_again(place: Place) -> None:
    place.record(ago("v", 89))
    place.store.before_commit.append(lambda: place.record(ago("w", 1)))

    place.run_timers()

    assert place.traces() == {"v"}
    assert place.lifecycle.find_prospect(ANN).counts["activities"] == 2


def test_traces_are_packed_into_few_items(place: Place) -> None:
    place.record(*(ago(f"v{number}", 89 - number / 100) for number in range(100)))
    place.run_timers()

    (item,) = [from_attributes(item) for (_, sk), item in place.store.items.items() if sk.startswith("R#")]

    assert len(item["traces"]) / 100 < 130
