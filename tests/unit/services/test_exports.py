"""Exports to the lake: every event and every transition once, whoever crashes, meets or moves meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.events import Identity
from lifecycle.services import export_worker
from lifecycle.services.errors import ExportNotFoundError
from lifecycle.services.export_worker import ExportWorker, Sources
from lifecycle.services.exports import Exports
from lifecycle.services.job_worker import Pace
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.job_records import JobRecord
from tests.builders import DEFAULT, activity, email_sent
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_exports import MemoryExportSettings
from tests.fakes.memory_jobs import MemoryJobs
from tests.fakes.memory_lake import MemoryLake
from tests.fakes.memory_store import MemoryStore

PEOPLE = 30
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


class CrashError(Exception):
    """What a test lets happen to a worker."""


def crash() -> None:
    raise CrashError


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that a few prospects fill several."""
    monkeypatch.setattr(export_worker, "PAGE", 3)


@dataclass
class Port:
    """A workspace with its exports and workers. A step that fails is delivered again."""

    store: MemoryStore
    lake: MemoryLake = field(default_factory=MemoryLake)
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    settings: MemoryExportSettings = field(default_factory=MemoryExportSettings)
    largest: int = 10_000_000
    now: datetime = NOW
    hour: int | None = 2

    def __post_init__(self) -> None:
        self.jobs = MemoryJobs(self.store)
        self.lifecycle = Lifecycle(self.store, FixedCalendar(DEFAULT))

    def send(self, message: Mapping[str, Any], delay: int = 0) -> None:
        self.sent.append(message)

    @property
    def exports(self) -> Exports:
        return Exports(self.jobs, self.settings, self.send, self.hour)

    @property
    def worker(self) -> ExportWorker:
        sources = Sources(self.store, FixedCalendar(DEFAULT))
        return ExportWorker(self.jobs, sources, self.lake, self.send, Pace(1e9), self.largest, lambda: self.now)

    def start(self) -> JobRecord:
        """Start an export, a while after the one before."""
        self.now += timedelta(minutes=1)
        return self.exports.start("ann", self.now)

    def step(self, seconds: float = 900) -> None:
        """Do the step that was asked for first."""
        message = self.sent.pop(0)
        try:
            self.worker.work(message, lambda: seconds)
        except CrashError:
            self.sent.append(message)

    def work(self) -> None:
        """Do everything that is asked for."""
        for _ in range(1000):
            if not self.sent:
                return
            self.step()
        raise AssertionError("there is no end to it")

    def export(self) -> JobRecord:
        """A whole export."""
        job = self.start()
        self.work()
        return self.job(job)

    def job(self, job: JobRecord) -> JobRecord:
        found = self.jobs.job(job.job_id)
        assert found
        return found

    def held(self) -> Counter[tuple[str, ...]]:
        """What the lake holds, each row by what names it."""
        events = [("event", row["prospect_id"], row["event_id"]) for row in self.lake.rows("events")]
        moves = [
            ("transition", str(row["prospect_id"]), str(row["sequence"]), row["from_stage"], row["to_stage"])
            for row in self.lake.rows("transitions")
        ]
        return Counter([*events, *moves])

    def there(self) -> Counter[tuple[str, ...]]:
        """What the store holds."""
        found: Counter[tuple[str, ...]] = Counter()
        for number in range(PEOPLE):
            prospect_id = self.lifecycle.find_prospect(person(number)).prospect_id
            events, transitions = self.store.log(prospect_id)
            found.update(("event", prospect_id, event.id) for event in events)
            found.update(
                ("transition", prospect_id, str(it.sequence), it.from_stage, it.to_stage) for it in transitions
            )
        return found


def person(number: int) -> Identity:
    return Identity("email", f"{number}@example.com")


@pytest.fixture
def port(store: MemoryStore) -> Iterator[Port]:
    """A workspace of suspects and engaged."""
    port = Port(store)
    people = [person(number) for number in range(PEOPLE)]
    port.lifecycle.record_activities([email_sent(f"e{number}", number * 100, who) for number, who in enumerate(people)])
    port.lifecycle.record_activities(
        [activity(f"v{n}", 4000 + n, "website_visit", who) for n, who in enumerate(people[: PEOPLE // 2])]
    )
    yield port
    assert not port.sent


def test_an_export_holds_every_event_and_every_transition_once(port: Port) -> None:
    job = port.export()

    assert job.status == "done"
    assert port.held() == port.there()
    view = port.exports.view(job.job_id)
    assert (view.events, view.transitions) == (len(port.lake.rows("events")), len(port.lake.rows("transitions")))
    assert (view.progress.done, view.progress.total, view.progress.percent) == (PEOPLE, PEOPLE, 100)


def test_before_its_end_nothing_of_an_export_is_shown(port: Port) -> None:
    first = port.export()
    second = port.start()
    while port.job(second).status in ("queued", "running"):
        assert port.lake.shown == first.job_id
        port.step()

    assert port.lake.shown == second.job_id
    assert set(port.lake.exports) == {second.job_id}


@pytest.mark.parametrize("largest", [1, 1000])
def test_an_export_may_be_of_many_parts(port: Port, largest: int) -> None:
    port.largest = largest

    job = port.export()

    assert port.held() == port.there()
    assert len(port.lake.exports[job.job_id]) > 4


def test_what_a_step_has_no_time_for_another_one_does(port: Port) -> None:
    port.start()
    seconds = iter([900, 900, 900, 130, 130, 130, 100] * 1000)

    while port.sent:
        with suppress(CrashError):
            port.worker.work(port.sent.pop(0), lambda: next(seconds))

    assert port.held() == port.there()


@pytest.mark.parametrize("write", range(14))
def test_a_worker_that_crashes_leaves_nothing_twice_and_nothing_out(port: Port, write: int) -> None:
    port.largest = 500
    port.start()
    port.lake.before_write = [*([lambda: None] * write), crash]

    port.work()

    assert port.held() == port.there()


@pytest.mark.parametrize("write", range(12))
def test_a_worker_that_crashes_before_it_has_noted_a_part_leaves_nothing_twice(port: Port, write: int) -> None:
    port.start()
    port.step()
    port.largest = 500
    port.jobs.before_write = [crash, *([lambda: None] * write)]

    port.work()

    assert port.held() == port.there()


def test_of_two_workers_on_a_segment_the_later_one_leaves_nothing(port: Port) -> None:
    job = port.start()
    port.step()
    segment_step = port.sent[0]
    port.jobs.before_write = [lambda: port.worker.work(segment_step, lambda: 900)]

    port.work()

    assert port.job(job).status == "done"
    assert port.held() == port.there()


def test_who_changes_stage_meanwhile_is_there_once(port: Port) -> None:
    port.largest = 1
    port.start()
    turn = 0
    while port.sent:
        # Up the ladder, to where the export has not been yet, and down, to where it has.
        visitor = port.lifecycle.find_prospect(person(PEOPLE - 1 - turn % PEOPLE))
        if visitor.stage == "suspect":
            port.lifecycle.record_activities(
                [activity(f"late-{turn}", 5000 + turn, "website_visit", person(PEOPLE - 1 - turn % PEOPLE))]
            )
        port.step()
        turn += 1

    times = Counter(row["event_id"] for row in port.lake.rows("events"))
    assert set(times.values()) == {1}
    assert {row["prospect_id"] for row in port.lake.rows("events")} == {
        port.lifecycle.find_prospect(person(number)).prospect_id for number in range(PEOPLE)
    }


def test_an_export_that_is_stopped_shows_nothing_and_what_it_wrote_goes_with_the_next(port: Port) -> None:
    first = port.export()
    second = port.start()
    port.step()
    port.step()
    stopped = port.exports.cancel(second.job_id, port.now)
    port.work()

    assert stopped.job.status == port.job(second).status == "cancelled"
    assert port.lake.shown == first.job_id
    third = port.export()
    assert set(port.lake.exports) == {third.job_id}


def test_an_export_that_fails_at_every_attempt_leaves_the_one_before(port: Port) -> None:
    first = port.export()
    second = port.start()
    port.step()
    step, *others = port.sent
    port.sent = others

    port.worker.give_up(step, ValueError("ann@example.com"))
    port.work()

    failed = port.job(second)
    assert (failed.status, port.lake.shown) == ("failed", first.job_id)
    assert failed.failure
    assert "ValueError" in failed.failure
    assert "ann" not in failed.failure


def test_who_was_erased_is_gone_with_the_next_export_but_for_moves_that_are_nobodys(port: Port) -> None:
    port.export()
    before = len(port.lake.rows("transitions"))
    erased = port.lifecycle.find_prospect(person(0)).prospect_id
    port.lifecycle.erase(erased, lambda: True)

    port.export()

    moves = port.lake.rows("transitions")
    assert erased not in {row["prospect_id"] for row in [*port.lake.rows("events"), *moves]}
    assert len(moves) == before
    nobodys = [row for row in moves if row["pseudonymous"]]
    assert [(row["from_stage"], row["to_stage"]) for row in nobodys] == [
        ("anonymous", "suspect"),
        ("suspect", "engaged"),
    ]
    assert {row["prospect_id"] for row in nobodys} == {None}
    assert {row["event_id"] for row in nobodys} == {None}


def test_an_export_of_nobody_shows_that_nobody_is_there(store: MemoryStore) -> None:
    port = Port(store)

    assert port.export().status == "done"
    assert (port.lake.rows("events"), port.lake.rows("transitions")) == ([], [])


def test_while_an_export_is_under_way_no_other_is_started(port: Port) -> None:
    first = port.start()
    port.step()

    again = port.start()

    assert again.job_id == first.job_id
    # It is asked for what it has left to do once more, for its messages may have been lost.
    port.work()
    assert port.held() == port.there()


def test_what_is_no_export_is_not_found(port: Port) -> None:
    port.jobs.create(JobRecord("simulation-1", "simulation", "queued", 0, "d", "h", NOW, "ann", NOW))

    for id_ in ("simulation-1", "export-1"):
        with pytest.raises(ExportNotFoundError):
            port.exports.view(id_)


def test_an_export_that_somebody_asks_for_is_in_the_audit_trail_and_a_nightly_one_is_not(port: Port) -> None:
    asked = port.export()
    port.exports.set_nightly(True, port.now)
    due = port.settings.due
    assert due
    port.exports.start_nightly(due, due)
    port.work()

    assert [(entry.action, entry.subject.id) for entry in port.store.audit] == [("workspace.exported", asked.job_id)]
    assert [job.subject for job in port.exports.all()] == ["nightly", "asked"]


# ----------------------------------------------------------------------------------------------------------------------
# Every night
# ----------------------------------------------------------------------------------------------------------------------


def test_the_next_night_is_within_the_hour_that_is_set(port: Port) -> None:
    port.exports.set_nightly(True, NOW)

    due = port.exports.next_at()
    assert due
    assert datetime(2026, 5, 5, 2, tzinfo=UTC) <= due < datetime(2026, 5, 5, 3, tzinfo=UTC)
    assert port.exports.nightly


def test_each_night_an_export_is_started_once_and_the_next_one_set(port: Port) -> None:
    port.exports.set_nightly(True, NOW)
    due = port.settings.due
    assert due

    port.exports.start_nightly(due, due + timedelta(seconds=20))
    port.exports.start_nightly(due, due + timedelta(seconds=80))

    assert port.settings.due == due + timedelta(days=1)
    assert len(port.exports.all()) == 1
    port.work()


def test_who_wants_none_any_more_has_none(port: Port) -> None:
    port.exports.set_nightly(True, NOW)
    due = port.settings.due
    assert due
    port.exports.set_nightly(False, NOW)

    port.exports.start_nightly(due, due)

    assert (port.exports.all(), port.settings.due) == ((), None)
    assert [entry.difference.after for entry in port.settings.audit] == [{"nightly": True}, {"nightly": False}]


def test_what_is_set_already_is_no_change(port: Port) -> None:
    port.exports.set_nightly(False, NOW)
    port.exports.set_nightly(True, NOW)
    port.exports.set_nightly(True, NOW)

    assert len(port.settings.audit) == 1


def test_a_deployment_without_nights_starts_none_and_remembers_who_wants_them(port: Port) -> None:
    port.exports.set_nightly(True, NOW)
    due = port.settings.due
    assert due
    port.hour = None

    port.exports.start_nightly(due, due)

    assert (port.exports.all(), port.exports.next_at()) == ((), None)
    assert port.exports.nightly
    assert port.settings.due
    assert port.settings.due > due
