"""What is due is seen to: once, whatever fails beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pytest

from lifecycle.services.settle import Refreshed
from lifecycle.services.timers import TimersRun, Workplaces, run_timers
from lifecycle.store.due import DueTimer
from lifecycle.store.funnel_records import VersionRecord
from lifecycle.store.job_records import JobRecord
from tests.builders import at

NOW = at(60)


@dataclass
class FakeWorkspace:
    """Stands for the prospects, the funnel and the long work of one workspace; what is ``broken`` fails."""

    broken: set[str] = field(default_factory=set)
    versions: dict[int, VersionRecord] = field(default_factory=dict)
    refreshed: list[list[str]] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    asked_for: list[date] = field(default_factory=list)

    def refresh(self, prospect_ids: Sequence[str]) -> list[Refreshed]:
        if self.broken.intersection(prospect_ids):
            raise RuntimeError
        self.refreshed.append(list(prospect_ids))
        return [Refreshed(id_, "a", "b", "time passed") for id_ in prospect_ids]

    def finish_erasure(self, prospect_id: str, has_time: Callable[[], bool]) -> None:
        if prospect_id in self.broken:
            raise RuntimeError
        assert has_time()
        self.finished.append(prospect_id)

    def ask_for(self, day: date, now: datetime) -> None:
        if day.isoformat() in self.broken:
            raise RuntimeError
        assert now == NOW
        self.asked_for.append(day)

    def version(self, version: int) -> VersionRecord | None:
        return self.versions.get(version)

    def clear_due(self, version: int) -> bool:
        self.cleared.append(version)
        return True

    def start_reevaluation(self, record: VersionRecord, now: datetime) -> JobRecord:
        if str(record.version) in self.broken:
            raise RuntimeError
        self.started.append(record.version)
        return JobRecord("j", "reevaluation", "queued", 1, str(record.version), "h", now, "sam", now)


def record(version: int, cancelled_at: datetime | None = None) -> VersionRecord:
    return VersionRecord(version, "h", {}, (), at(0), at(0), "sam", cancelled_at=cancelled_at)


def prospect(id_: str, workspace: str = "acme") -> DueTimer:
    return DueTimer(workspace, "prospect", id_, at(1))


def funnel(version: int) -> DueTimer:
    return DueTimer("acme", "funnel", str(version), at(1))


def run(timers: list[DueTimer], seconds: float = 60, **workspaces: FakeWorkspace) -> TimersRun:
    places = Workplaces(
        lambda moment, limit: [timer for timer in timers if timer.at <= moment][:limit],
        *(workspaces.__getitem__,) * 4,
    )
    return run_timers(places, NOW, lambda: seconds)


def erasure(id_: str) -> DueTimer:
    return DueTimer("acme", "erasure", id_, at(1))


def test_nothing_is_due() -> None:
    assert run([]) == TimersRun(0, 0, 0)


def test_the_prospects_of_each_workspace_are_evaluated_in_theirs() -> None:
    acme, other = FakeWorkspace(), FakeWorkspace()

    done = run([prospect("a"), prospect("x", "other"), prospect("b")], acme=acme, other=other)

    assert done == TimersRun(due=3, moved=3, failed=0)
    assert (acme.refreshed, other.refreshed) == ([["a", "b"]], [["x"]])


def test_a_prospect_that_cannot_be_evaluated_holds_up_no_other() -> None:
    acme = FakeWorkspace(broken={"b"})

    done = run([prospect("a"), prospect("b"), prospect("c")], acme=acme)

    assert done == TimersRun(due=3, moved=2, failed=1)
    assert acme.refreshed == [["a"], ["c"]]


def test_a_workspace_that_cannot_be_entered_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    acme = FakeWorkspace()

    done = run([prospect("x", "closed"), prospect("a"), DueTimer("closed", "funnel", "2", at(1))], acme=acme)

    assert done == TimersRun(due=3, moved=1, failed=2)
    assert acme.refreshed == [["a"]]
    assert {vars(line)["workspace"] for line in caplog.records} == {"closed"}


def test_a_version_that_came_into_force_is_applied_to_everybody_and_is_due_no_more() -> None:
    acme = FakeWorkspace(versions={2: record(2)})

    assert run([funnel(2)], acme=acme).failed == 0
    assert (acme.started, acme.cleared) == ([2], [2])


def test_a_version_that_was_called_off_is_applied_to_nobody() -> None:
    acme = FakeWorkspace(versions={2: record(2, cancelled_at=at(1))})

    run([funnel(2), funnel(3)], acme=acme)

    assert (acme.started, acme.cleared) == ([], [2, 3])


def test_a_version_whose_application_could_not_be_started_stays_due() -> None:
    acme = FakeWorkspace(versions={2: record(2)}, broken={"2"})

    assert run([funnel(2), prospect("a")], acme=acme) == TimersRun(due=2, moved=1, failed=1)
    assert acme.cleared == []


def test_what_time_does_not_suffice_for_is_left_to_the_next_look() -> None:
    acme = FakeWorkspace()

    assert run([prospect("a")], seconds=5, acme=acme) == TimersRun(due=1, moved=0, failed=0)
    assert acme.refreshed == []


def test_an_erasure_that_was_cut_short_is_gone_on_with_and_one_that_fails_holds_up_no_other() -> None:
    acme = FakeWorkspace(broken={"b"})

    done = run([erasure("a"), erasure("b"), erasure("c"), prospect("p")], acme=acme)

    assert done == TimersRun(due=4, moved=1, failed=1)
    assert acme.finished == ["a", "c"]


def test_an_erasure_for_which_there_is_no_time_is_left_to_the_next_look() -> None:
    acme = FakeWorkspace()

    run([erasure("a")], seconds=1, acme=acme)

    assert acme.finished == []


def day(text: str) -> DueTimer:
    return DueTimer("acme", "day", text, at(1))


def test_the_figures_of_a_day_on_which_something_changed_are_asked_for() -> None:
    acme = FakeWorkspace(broken={"2026-01-01"})

    assert run([day("2026-01-01"), day("2026-01-02")], acme=acme) == TimersRun(due=2, moved=0, failed=1)
    assert acme.asked_for == [date(2026, 1, 2)]
