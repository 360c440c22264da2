"""How many requests are let in: in any window never more than allowed, and never less than half of it before one is
refused, however many processes there are and whichever of them gets the requests."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.services.errors import ThrottledError
from lifecycle.services.throttle import WINDOW, Rates, Throttle
from lifecycle.store.counters import Counter, CountersUnreachableError


class MemoryCounters:
    """The counters of all workspaces in memory; they can break."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, int, str], int] = {}
        self.asked = 0
        self.broken = False

    def of(self, workspace: str) -> MemoryCountersOfOne:
        return MemoryCountersOfOne(self, workspace)


class MemoryCountersOfOne:
    def __init__(self, everybodys: MemoryCounters, workspace: str) -> None:
        self._everybodys = everybodys
        self._workspace = workspace

    def add(self, window: int, ends: int, amount: int, counters: tuple[Counter, ...]) -> Mapping[str, int] | None:
        assert ends == (window + 1) * WINDOW
        assert amount >= 1
        self._everybodys.asked += 1
        if self._everybodys.broken:
            raise CountersUnreachableError from OSError()
        standing = self._everybodys.standing
        places = {counter: (self._workspace, window, counter.name) for counter in counters}
        if any(standing.get(place, 0) + amount > counter.limit for counter, place in places.items()):
            return {counter.name: standing[place] for counter, place in places.items() if place in standing}
        standing |= {place: standing.get(place, 0) + amount for place in places.values()}
        return None


class Clock:
    def __init__(self, seconds: float = 1_000_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def counters() -> MemoryCounters:
    return MemoryCounters()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def admitted(throttle: Throttle, count: int, rates: Rates, workspace: str = "acme", key: str | None = "k1") -> int:
    """How many of some requests are let in."""
    let_in = 0
    for _ in range(count):
        try:
            throttle.admit(workspace, key, rates)
        except ThrottledError:
            continue
        let_in += 1
    return let_in


def test_as_many_are_let_in_as_are_allowed_and_again_in_the_next_window(counters: MemoryCounters, clock: Clock) -> None:
    throttle = Throttle(counters.of, clock)

    assert admitted(throttle, 100, Rates(workspace=5, key=0)) == 50
    clock.seconds += WINDOW
    assert admitted(throttle, 100, Rates(workspace=5, key=0)) == 50


def test_a_key_over_its_limit_leaves_the_others_theirs(counters: MemoryCounters, clock: Clock) -> None:
    throttle = Throttle(counters.of, clock)
    rates = Rates(workspace=10, key=2)

    assert admitted(throttle, 1_000, rates, key="loud") == 20
    assert admitted(throttle, 15, rates, key="quiet") == 15
    # Nothing of what was refused has been counted as the workspace's.
    assert counters.standing["acme", int(clock() // WINDOW), "workspace"] <= 20 + 2 * 15


def test_a_workspace_over_its_limit_leaves_the_others_theirs(counters: MemoryCounters, clock: Clock) -> None:
    throttle = Throttle(counters.of, clock)
    rates = Rates(workspace=1, key=0)

    assert admitted(throttle, 100, rates, workspace="loud") == 10
    assert admitted(throttle, 10, rates, workspace="quiet") == 10


def test_keys_that_are_not_listed_share_one_limit(counters: MemoryCounters, clock: Clock) -> None:
    one, other = Throttle(counters.of, clock), Throttle(counters.of, clock)

    assert admitted(one, 10, Rates(0, 1), key=None) + admitted(other, 10, Rates(0, 1), key=None) == 10


def test_without_limits_nobody_is_asked(counters: MemoryCounters, clock: Clock) -> None:
    assert admitted(Throttle(counters.of, clock), 1_000, Rates(0, 0)) == 1_000
    assert counters.asked == 0


@pytest.mark.parametrize(("past", "left"), [(0.0, "10"), (0.5, "10"), (9.0, "1"), (9.999, "1")])
def test_who_is_refused_is_told_when_the_window_ends_and_whose_limit_it_was(
    counters: MemoryCounters, past: float, left: str
) -> None:
    throttle = Throttle(counters.of, Clock(1_000_000.0 + past))
    admitted(throttle, 10, Rates(workspace=9, key=1))

    with pytest.raises(ThrottledError, match=rf"^This key may make 1 requests .* next {left}\.") as refused:
        throttle.admit("acme", "k1", Rates(workspace=9, key=1))
    assert str(refused.value.retry_after) == left


def test_a_flood_costs_hardly_a_write(counters: MemoryCounters, clock: Clock) -> None:
    throttle = Throttle(counters.of, clock)

    assert admitted(throttle, 100_000, Rates(workspace=250, key=0)) == 2_500
    # Leases of 1, 1, 2, 4 and so on up to 125, the rest of these, and a few in vain.
    assert counters.asked <= 35


def test_counters_that_fail_let_requests_through_and_are_not_asked_for_each(
    counters: MemoryCounters, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    throttle = Throttle(counters.of, clock)
    counters.broken = True

    assert admitted(throttle, 1_000, Rates(1, 1)) == 1_000
    assert counters.asked == 1
    (line,) = caplog.records
    assert (line.levelname, vars(line)["workspace"], vars(line)["error"]) == ("WARNING", "acme", "OSError")

    counters.broken = False
    clock.seconds += WINDOW
    assert admitted(throttle, 1_000, Rates(1, 1)) == 10


REQUESTS = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["k1", "k2"])), min_size=1, max_size=400)


@given(REQUESTS, st.integers(0, 20), st.integers(0, 20))
def test_in_no_window_are_more_let_in_than_allowed_and_none_is_refused_before_half_of_it(
    requests: list[tuple[int, str]], of_workspace: int, of_key: int
) -> None:
    counters, clock = MemoryCounters(), Clock()
    processes = [Throttle(counters.of, clock) for _ in range(8)]
    rates = Rates(of_workspace, of_key)
    let_in = {"k1": 0, "k2": 0}
    for process, key in requests:
        try:
            processes[process].admit("acme", key, rates)
        except ThrottledError:
            full = [
                of_workspace and sum(let_in.values()) / (of_workspace * WINDOW),
                of_key and let_in[key] / (of_key * WINDOW),
            ]
            assert max(full) >= 0.5
        else:
            let_in[key] += 1

    assert not of_workspace or sum(let_in.values()) <= of_workspace * WINDOW
    assert not of_key or max(let_in.values()) <= of_key * WINDOW


@given(st.lists(st.floats(0, 3 * WINDOW), max_size=300), st.integers(1, 10))
def test_in_any_ten_seconds_at_most_twice_as_many_are_let_in(moments: list[float], rate: int) -> None:
    counters, clock = MemoryCounters(), Clock()
    throttle = Throttle(counters.of, clock)
    let_in = []
    for moment in sorted(moments):
        clock.seconds = 1_000_000.0 + moment
        if admitted(throttle, 1, Rates(rate, 0)):
            let_in.append(moment)

    assert all(sum(start <= it < start + WINDOW for it in let_in) <= 2 * rate * WINDOW for start in let_in)
