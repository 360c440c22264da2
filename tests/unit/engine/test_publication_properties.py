"""What the fold promises for every log and every row of funnel versions, publications in the midst of the log included.

Each case is a seed, which the message of a failure names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, Folded, advance, catch_up, fold, in_order
from lifecycle.engine.forecast import forecast
from lifecycle.engine.machine import Machine, Transition
from lifecycle.engine.plan import Plan
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Event
from tests.random_logs import Case, arrived, random_case, random_withdrawals
from tests.reference.walk import walk

PORTIONS = pytest.mark.parametrize("portion", range(4))
PORTION = 150
_INSTANT = timedelta(microseconds=1)


def cases(portion: int) -> Iterator[tuple[Case, Random]]:
    """The cases of a portion, every third with withdrawals, each with a chance of its own."""
    for seed in range(portion * PORTION, (portion + 1) * PORTION):
        yield random_withdrawals(seed) if seed % 3 == 0 else random_case(seed), Random(f"arrival of {seed}")


def calendar_of(case: Case) -> Calendar:
    """The versions of a case, compiled."""
    return Calendar([(start, Plan(funnel)) for start, funnel in case.terms])


def state_of(machine: Machine) -> object:
    """A state as it is kept, but for the last moment walked: time that moved nobody may have been walked in steps."""
    kept = json.loads(json.dumps(dump(machine)))
    return {name: value for name, value in kept.items() if name != "last"}


def outcome(folded: Folded) -> tuple[object, list[Transition]]:
    """All that a log comes to: its state as it is kept, and its transitions."""
    return state_of(folded.machine), folded.transitions


@dataclass
class Kept:
    """A prospect as the services keep it: a log, and a state that is written down after everything that happens."""

    log: list[Event]
    state: str = ""
    refolds: int = 0

    def take(self, event: Event, calendar: Calendar) -> None:
        """Take one more event, which may be a late one or a repeat."""
        if event not in self.log:
            self.log.append(event)
            machine = self._load(calendar)
            did = advance(machine, event, calendar) if machine else None
            self._keep(machine, did, calendar, None)

    def wait(self, moment: datetime, calendar: Calendar) -> None:
        """Let time pass."""
        machine = self._load(calendar)
        self._keep(machine, catch_up(machine, moment, calendar) if machine else None, calendar, moment)

    def machine(self, calendar: Calendar) -> Machine:
        """The state as it was kept."""
        machine = self._load(calendar)
        assert machine is not None
        return machine

    def _load(self, calendar: Calendar) -> Machine | None:
        return load(json.loads(self.state), calendar) if self.state else None

    def _keep(self, machine: Machine | None, did: Advance | None, calendar: Calendar, until: datetime | None) -> None:
        if machine is None or did is not Advance.STILL:
            self.refolds += 1
            machine = fold(self.log, calendar, until).machine
        self.state = json.dumps(dump(machine))


# ---- order and steps ------------------------------------------------------------------------------------------------


@PORTIONS
def test_any_order_of_arrival_and_any_repeats_fold_alike(portion: int) -> None:
    for case, random in cases(portion):
        calendar = calendar_of(case)

        one = fold(arrived(random, case.log), calendar, case.until)

        assert outcome(one) == outcome(fold(case.log, calendar, case.until)), f"seed {case.seed}"


@PORTIONS
def test_event_by_event_with_the_state_written_down_between_is_the_whole_log_at_once(portion: int) -> None:
    still = 0
    for case, _ in cases(portion):
        calendar, prospect = calendar_of(case), Kept([])

        for event in in_order(case.log):
            prospect.take(event, calendar)

            whole = fold(prospect.log, calendar)
            assert state_of(prospect.machine(calendar)) == state_of(whole.machine), f"seed {case.seed}, {event.id}"

        prospect.wait(case.until, calendar)
        assert state_of(prospect.machine(calendar)) == state_of(fold(case.log, calendar, case.until).machine), (
            f"seed {case.seed}"
        )
        still += len(prospect.log) - prospect.refolds

    assert still > PORTION  # the whole point of a state


@PORTIONS
def test_a_log_that_arrives_in_any_order_event_by_event_ends_as_the_whole_log_does(portion: int) -> None:
    for case, random in cases(portion):
        calendar, prospect = calendar_of(case), Kept([])
        for event in arrived(random, case.log):
            prospect.take(event, calendar)

        prospect.wait(case.until, calendar)

        assert state_of(prospect.machine(calendar)) == state_of(fold(case.log, calendar, case.until).machine), (
            f"seed {case.seed}"
        )


# ---- the passing of time --------------------------------------------------------------------------------------------


@PORTIONS
def test_waiting_in_steps_is_waiting_at_once(portion: int) -> None:
    for case, random in cases(portion):
        calendar, last = calendar_of(case), max(event.occurred_at for event in case.log)
        whole, prospect = fold(case.log, calendar, case.until), Kept([])
        for event in in_order(case.log):
            prospect.take(event, calendar)

        for part in sorted(random.random() for _ in range(4)):
            moment = last + (case.until - last) * part
            prospect.wait(moment, calendar)
            then = fold(case.log, calendar, moment)
            assert state_of(prospect.machine(calendar)) == state_of(then.machine), f"seed {case.seed}"
            assert then.transitions == whole.transitions[: len(then.transitions)], f"seed {case.seed}"

        prospect.wait(case.until, calendar)
        assert state_of(prospect.machine(calendar)) == state_of(whole.machine), f"seed {case.seed}"


@PORTIONS
def test_nothing_moves_by_time_alone_before_the_moment_that_is_due(portion: int) -> None:
    moved = 0
    for case, random in cases(portion):
        calendar, events = Calendar.always(calendar_of(case).latest), in_order(case.log)
        for count in {random.randint(1, len(events)), len(events)}:
            now = fold(events[:count], calendar)
            later = fold(events[:count], calendar, now.machine.now + timedelta(days=30))
            by_time = later.transitions[len(now.transitions) :]

            if by_time:
                moved += 1
                assert now.machine.due is not None, f"seed {case.seed}"
                assert now.machine.due <= by_time[0].occurred_at, f"seed {case.seed}"
                before = fold(events[:count], calendar, by_time[0].occurred_at - _INSTANT)
                assert before.transitions == now.transitions, f"seed {case.seed}"

    assert moved > 2


# ---- publications ---------------------------------------------------------------------------------------------------


@PORTIONS
def test_what_arrives_before_a_publication_and_what_arrives_after_it_is_judged_alike(portion: int) -> None:
    """Workers that know of a version only later, and events that occurred before it and arrive after it."""
    for case, random in cases(portion):
        calendar, log = calendar_of(case), arrived(random, case.log)
        known, prospect = Calendar.always(calendar.plans[0]), Kept([])
        terms = [(start, plan) for (start, _), plan in zip(case.terms, calendar.plans, strict=True) if start]
        cuts = sorted(random.randint(0, len(log)) for _ in terms)

        for position, event in enumerate(log):
            while cuts and cuts[0] <= position:
                start, plan = terms[len(terms) - len(cuts)]
                cuts.pop(0)
                known = known.followed_by(plan, start)
            prospect.take(event, known)
        prospect.wait(case.until, calendar)

        assert state_of(prospect.machine(calendar)) == state_of(fold(log, calendar, case.until).machine), (
            f"seed {case.seed}"
        )


@PORTIONS
def test_a_publication_changes_nothing_of_what_was_before_it(portion: int) -> None:
    for case, _ in cases(portion):
        calendar = calendar_of(case)
        for start, _ in case.terms[1:]:
            assert start is not None
            log = [event for event in case.log if event.occurred_at < start]
            if log:
                earlier = Calendar(
                    [(begin, Plan(funnel)) for begin, funnel in case.terms if not begin or begin < start]
                )
                before = fold(log, earlier, start - _INSTANT)
                after = fold(log, calendar, start)
                assert after.transitions[: len(before.transitions)] == before.transitions, f"seed {case.seed}"
                added = after.transitions[len(before.transitions) :]
                assert all(one.occurred_at == start for one in added), f"seed {case.seed}"


@PORTIONS
def test_a_forecast_is_what_the_publication_then_does_and_what_the_reference_says(portion: int) -> None:
    moved = 0
    for seed in range(portion * PORTION, (portion + 1) * PORTION):
        case = random_case(seed)
        (*earlier, (_, draft)), last = case.terms, max(event.occurred_at for event in case.log)
        if earlier:
            calendar = Calendar([(start, Plan(funnel)) for start, funnel in earlier if not start or start < last])

            found = forecast(case.log, calendar, Plan(draft), last)

            published = fold(case.log, calendar.followed_by(Plan(draft), last), last)
            terms = [(start, funnel) for start, funnel in earlier if not start or start < last]
            assert found is not None
            assert found.to_stage == published.machine.at.stage.key, f"seed {seed}"
            assert found.to_stage == walk(case.log, [*terms, (last, draft)], last).stage, f"seed {seed}"
            assert found.from_stage == walk(case.log, terms, last).stage, f"seed {seed}"
            moved += found.from_stage != found.to_stage

    assert moved > 10
