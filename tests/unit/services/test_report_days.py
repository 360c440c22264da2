"""The figures of days are fresh where that is quick, said to be pending where it is not, and clean in the end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lifecycle.events import Identity
from lifecycle.services import report_days
from lifecycle.services.day_worker import RESERVE, DayWorker
from lifecycle.services.errors import ReportSettingsBusyError
from lifecycle.services.job_steps import day_step, days_step
from lifecycle.services.report_days import ASKED_FOR, INLINE_SECONDS
from lifecycle.store.day_marks import LONGEST_WRITE
from lifecycle.store.report_records import DayRecord, ReportSettings
from tests.builders import T0, visit
from tests.fakes.reporting import Reporting

DAY = T0.date()
DAYS = [DAY + timedelta(days=number) for number in range(3)]
ZONE = "UTC"


@pytest.fixture
def reporting() -> Reporting:
    """A workspace with a prospect on each of three days."""
    reporting = Reporting(now=T0 + timedelta(days=5))
    for number in range(3):
        reporting.lifecycle.record_activity(visit(f"v{number}", number * 24 * 60, _email(number)))
    return reporting


def _email(number: int) -> Identity:
    return Identity("email", f"person-{number}@example.com")


def freshen(reporting: Reporting) -> tuple[date, ...]:
    return reporting.days.freshen(reporting.records.days(), ZONE)


def test_whoever_reads_finds_what_was_just_written(reporting: Reporting) -> None:
    assert freshen(reporting) == ()
    assert [day for day, _ in reporting.records.read("flows:all", date.min, date.max)] == DAYS


def test_a_day_is_aggregated_at_each_reading_until_it_is_clean(reporting: Reporting) -> None:
    freshen(reporting)
    reporting.records.listings = 0
    freshen(reporting)
    assert reporting.records.listings == len(DAYS)
    assert all(record.marked_at for record in reporting.records.days())

    reporting.wait(LONGEST_WRITE)
    freshen(reporting)
    assert all(record.is_clean(ZONE) and record.marked_at is None for record in reporting.records.days())
    reporting.records.listings = 0
    freshen(reporting)
    assert reporting.records.listings == 0


def test_a_mark_that_comes_while_a_day_is_read_stays(reporting: Reporting) -> None:
    reporting.records.days()
    reporting.wait(LONGEST_WRITE * 2)
    again = reporting.now + timedelta(seconds=1)
    reporting.records.before_write.append(lambda: reporting.records.mark(DAYS[-1], again))

    freshen(reporting)

    assert [record.marked_at for record in reporting.records.days()] == [None, None, again]
    assert not reporting.records.day(DAYS[-1]).is_clean(ZONE)


def test_of_two_at_once_the_one_that_read_later_wins_and_both_know_it(reporting: Reporting) -> None:
    reporting.records.days()

    def another() -> None:
        assert reporting.days.aggregate(reporting.records.day(DAY), ZONE)

    reporting.records.before_write.append(another)

    assert reporting.days.aggregate(reporting.records.day(DAY), ZONE)
    assert reporting.records.day(DAY).done_at == reporting.now


def test_when_others_are_in_the_way_a_day_is_pending(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting.records, "put_figures", lambda record, parts: record.day != DAYS[1])

    assert freshen(reporting) == (DAYS[1],)


def test_what_time_does_not_suffice_for_is_pending_the_latest_day_first(reporting: Reporting) -> None:
    reporting.tick = INLINE_SECONDS / 2

    assert freshen(reporting) == tuple(DAYS[:2])
    assert [day for day, _ in reporting.records.read("flows:all", date.min, date.max)] == DAYS[2:]


def test_a_day_that_is_too_large_for_a_request_is_done_in_the_background(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_days, "LONGEST_INLINE_SECONDS", -1.0)

    assert freshen(reporting) == tuple(DAYS)
    assert reporting.sent == [day_step(reporting.store.workspace, day) for day in reversed(DAYS)]
    assert list(reporting.records.read("flows:all", date.min, date.max)) == []


@pytest.mark.parametrize(("cost", "waited", "is_left_alone"), [(0.1, 0.5, False), (1.0, 9.0, True), (1.0, 11.0, False)])
def test_a_day_that_took_long_is_left_alone_for_a_while(
    reporting: Reporting, cost: float, waited: float, is_left_alone: bool
) -> None:
    reporting.records.days()
    done = DayRecord(DAY, done_at=reporting.now, zone=ZONE, cost=cost)
    reporting.records.put_figures(done, {})
    reporting.wait(timedelta(seconds=waited))

    assert (DAY in freshen(reporting)) is is_left_alone


# ----------------------------------------------------------------------------------------------------------------------
# In the background
# ----------------------------------------------------------------------------------------------------------------------


def test_a_day_that_is_due_is_asked_for_once_and_again_should_that_come_to_nothing(reporting: Reporting) -> None:
    reporting.records.days()
    now = reporting.now + LONGEST_WRITE
    assert {timer.id for timer in reporting.records.due(now, 10)} == {day.isoformat() for day in DAYS}

    reporting.days.ask_for(DAY, now)

    assert reporting.sent == [day_step(reporting.store.workspace, DAY)]
    assert DAY.isoformat() not in {timer.id for timer in reporting.records.due(now, 10)}
    assert DAY.isoformat() in {timer.id for timer in reporting.records.due(now + ASKED_FOR, 10)}
    reporting.days.ask_for(date(2020, 1, 1), now)
    assert len(reporting.sent) == 1


def worker(reporting: Reporting) -> DayWorker:
    return DayWorker(reporting.store.workspace, reporting.days, lambda step, delay=0: reporting.sent.append(step))


def test_a_step_makes_a_day_clean_and_done_again_does_nothing(reporting: Reporting) -> None:
    reporting.records.days()
    reporting.wait(LONGEST_WRITE * 2)
    step = day_step(reporting.store.workspace, DAY)

    worker(reporting).work(step, lambda: 30.0)
    assert reporting.records.day(DAY).is_clean(ZONE)
    reporting.records.listings = 0
    worker(reporting).work(step, lambda: 30.0)
    assert reporting.records.listings == 0


def test_another_time_zone_has_all_days_made_anew_step_by_step(reporting: Reporting) -> None:
    freshen(reporting)
    changed = reporting.settings.change(ReportSettings("Asia/Kolkata", {"engaged": 5}), reporting.now)
    assert changed.time_zone == "Asia/Kolkata"
    assert reporting.sent == [days_step(reporting.store.workspace)]
    left = iter([RESERVE + 1, RESERVE - 1, *[RESERVE + 1] * 5])

    for _ in range(2):
        worker(reporting).work(reporting.sent[-1], lambda: next(left))

    assert reporting.sent == [days_step(reporting.store.workspace)] * 2
    assert {record.zone for record in reporting.records.days()} == {"Asia/Kolkata"}


def test_settings_are_told_once_and_the_days_asked_for_each_time(reporting: Reporting) -> None:
    wanted = ReportSettings("Asia/Kolkata")
    reporting.settings.change(wanted, reporting.now)
    reporting.settings.change(wanted, reporting.now)

    assert len(reporting.records.audit) == 1
    assert len(reporting.sent) == 2


def test_settings_that_others_keep_changing_are_not_changed(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting.records, "put_settings", lambda settings, audit: False)

    with pytest.raises(ReportSettingsBusyError):
        reporting.settings.change(ReportSettings("Asia/Kolkata"), reporting.now)


def test_a_step_that_is_given_up_is_told(reporting: Reporting, caplog: pytest.LogCaptureFixture) -> None:
    worker(reporting).give_up(day_step("acme", DAY), KeyError("ann@example.com"))

    (line,) = caplog.records
    assert vars(line)["day"] == DAY.isoformat()
    assert "ann@example.com" not in caplog.text
