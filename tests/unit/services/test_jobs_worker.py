"""Workers that crash, meet, run out of time or are called off: each prospect is dealt with once all the same."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from random import Random
from typing import Any

import pytest

from lifecycle.engine.plan import Plan
from lifecycle.events import Identity
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services import job_worker
from lifecycle.services.job_worker import Pace
from lifecycle.services.reevaluation import GRACE
from lifecycle.store.job_records import JobRecord, JobStatus
from tests.builders import WORKSPACE, activity, email_sent, id_of
from tests.fakes.memory_store import MemoryStore
from tests.fakes.workshop import Workshop, draft_of, eager_default, version_of

PEOPLE = 30


class CrashError(Exception):
    """What a test lets happen to a worker."""


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and chunks so small that a few prospects fill several."""
    monkeypatch.setattr(job_worker, "PAGE", 3)
    monkeypatch.setattr(job_worker, "CHUNK", 2)


@pytest.fixture
def shop(store: MemoryStore) -> Workshop:
    return populated(store)


def populated(store: MemoryStore) -> Workshop:
    """A workspace of suspects and engaged, of whom the draft moves the latter."""
    shop = Workshop(store)
    people = [Identity("email", f"{number}@example.com") for number in range(PEOPLE)]
    shop.lifecycle.record_activities([email_sent(f"e{number}", number, who) for number, who in enumerate(people)])
    shop.lifecycle.record_activities(
        [activity(f"v{number}", 100 + number, "website_visit", who) for number, who in enumerate(people[: PEOPLE // 2])]
    )
    return shop


ENGAGED = PEOPLE // 2


def start(shop: Workshop) -> JobRecord:
    return shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)


def status(shop: Workshop, job: JobRecord) -> JobStatus:
    return shop.view(job).job.status


def crash() -> None:
    raise CrashError


def assert_done(shop: Workshop, job: JobRecord) -> None:
    """Everybody was dealt with once: what an undisturbed job finds."""
    reference = populated(MemoryStore(WORKSPACE))
    undisturbed = reference.simulated(eager_default())
    view, expected = shop.view(job), reference.view(undisturbed)

    assert view.job.status == "done"
    assert view.job.finished_at == shop.now
    assert shop.found(job) == reference.found(undisturbed)
    assert len(list(shop.records.moves(job.job_id, "", None, None))) == view.moved == ENGAGED
    assert (view.progress, view.moves, view.stayed) == (expected.progress, expected.moves, expected.stayed)
    assert (view.actions, view.histories) == (expected.actions, expected.histories)


# ---- planning -------------------------------------------------------------------------------------------------------


def test_a_job_is_cut_by_stage_and_shard(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    segments = shop.records.segments(job.job_id)

    assert {(segment.stage, segment.shard) for segment in segments} == {
        (stage, shard) for stage in ("suspect", "engaged") for shard in range(4) if shop.store.in_shard(stage, shard)
    }
    assert sum(segment.total for segment in segments) == PEOPLE
    assert [step["segment"] for step, _ in shop.queue] == [segment.number for segment in segments]
    view = shop.view(job)
    assert (view.job.status, view.progress.total, view.progress.percent) == ("running", PEOPLE, 0)


def test_a_workspace_without_prospects_is_done_at_once() -> None:
    shop = Workshop(MemoryStore(WORKSPACE))
    view = shop.view(shop.simulated(eager_default()))

    assert view.job.status == "done"
    assert (view.progress.total, view.progress.percent, view.moves) == (0, 100, {})


@pytest.mark.parametrize("write", [1, 2], ids=["of the segments", "of the job"])
def test_planning_that_crashes_is_done_again(shop: Workshop, write: int) -> None:
    job = start(shop)
    shop.records.before_write = [crash, *[lambda: None] * (write - 1)]
    with pytest.raises(CrashError):
        shop.next()
    shop.run()

    assert_done(shop, job)


def test_whoever_arrives_between_two_attempts_at_planning_is_in_a_segment(shop: Workshop) -> None:
    job = start(shop)
    shop.records.before_write = [crash, lambda: None]
    with pytest.raises(CrashError):
        shop.next()
    shop.lifecycle.record_activity(activity("new", 900, "website_visit", Identity("visitor", "new")))
    shop.run()

    assert shop.view(job).progress.done == PEOPLE + 1


def test_those_who_stand_in_a_stage_that_only_an_earlier_version_had_are_reached(store: MemoryStore) -> None:
    shop = populated(store)
    shop.calendar = shop.calendar.followed_by(
        Plan(parse_funnel({"stages": [{"key": "lead", "replaces": ["suspect", "engaged"]}]}, 2)), shop.now
    )
    job = shop.jobs.start_reevaluation(version_of({}, shop.now), shop.now)
    shop.now += GRACE
    shop.run()

    assert set(shop.stages().values()) == {"lead"}
    assert shop.jobs.view(job.job_id, "reevaluation", shop.now).moved == PEOPLE


# ---- crashes, duplicates, order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_workers_that_crash_and_steps_that_come_twice_in_any_order_change_nothing(seed: int) -> None:
    random = Random(seed)
    shop = populated(MemoryStore(WORKSPACE))
    job = start(shop)
    while shop.queue:
        random.shuffle(shop.queue)
        if random.random() < 0.2:
            shop.queue.append(shop.queue[0])
        if random.random() < 0.4:
            shop.records.before_write = [crash, *[lambda: None] * random.randint(0, 3)]
        with suppress(CrashError):
            shop.next(remaining=lambda: random.choice((60.0, 60.0, 1.0)))
        shop.records.before_write = []

    assert_done(shop, job)


def test_of_two_workers_on_one_page_the_later_one_stops(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    step, _ = shop.queue[0]
    shop.records.before_write = [lambda: shop.worker().work(step, lambda: 60.0)]
    shop.next()
    shop.run()

    assert_done(shop, job)


def test_a_crash_costs_the_page_that_was_under_way_and_no_other(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    shop.records.before_write = [crash, lambda: None]  # the second page
    with pytest.raises(CrashError):
        shop.next()
    (begun,) = [segment for segment in shop.records.segments(job.job_id) if segment.done]

    assert begun.done == job_worker.PAGE
    shop.run()
    assert_done(shop, job)


def test_an_event_that_was_delivered_after_the_end_does_nothing(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    steps = [step for step, _ in shop.queue]
    shop.run()
    for step in [*steps, {"workspace": WORKSPACE, "job_id": job.job_id, "step": "plan"}]:
        shop.worker().work(step, lambda: 60.0)

    assert shop.queue == []
    assert_done(shop, job)


def test_a_step_of_a_job_that_is_no_more_is_nothing(shop: Workshop) -> None:
    shop.worker().work({"workspace": WORKSPACE, "job_id": "simulation-gone", "step": "plan"}, lambda: 60.0)

    assert shop.queue == []


# ---- time -----------------------------------------------------------------------------------------------------------


def test_a_worker_without_time_asks_for_the_rest(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    before = len(shop.queue)
    step, _ = shop.queue[0]
    shop.next(remaining=lambda: job_worker.RESERVE - 1)

    assert len(shop.queue) == before
    assert shop.queue[-1] == (step, 0)
    assert shop.view(job).progress.done == 0


def test_a_page_that_takes_too_long_is_noted_as_far_as_it_came(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    seconds = iter([60.0, 1.0, 1.0, 1.0])
    shop.next(remaining=lambda: next(seconds))

    assert shop.view(job).progress.done == job_worker.CHUNK
    shop.run()
    assert_done(shop, job)


def test_a_worker_keeps_its_pace(shop: Workshop) -> None:
    clock = count(0.0, 0.5)
    slept: list[float] = []
    job = start(shop)
    shop.next()
    number = next(segment.number for segment in shop.records.segments(job.job_id) if segment.total >= job_worker.PAGE)
    pace = Pace(per_second=2, clock=lambda: next(clock), sleep=slept.append)
    shop.worker(pace).work(
        {"workspace": WORKSPACE, "job_id": job.job_id, "step": "segment", "segment": number}, lambda: 60.0
    )

    # A page of three takes a second and a half at two a second; the clock says that half a second has passed.
    assert slept[0] == 1.0


@pytest.mark.parametrize(("longest", "slept"), [(0.3, [0.3]), (-2.0, [])])
def test_a_worker_does_not_sleep_its_time_away(longest: float, slept: list[float]) -> None:
    taken: list[float] = []
    Pace(per_second=10, clock=lambda: 0.0, sleep=taken.append).keep(0.0, 100, longest)

    assert taken == slept


# ---- ending before the end ------------------------------------------------------------------------------------------


def test_a_job_that_is_cancelled_stops_within_a_page(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    shop.records.before_write = [lambda: shop.jobs.cancel(job.job_id, "simulation", shop.now)]
    shop.run()
    view = shop.view(job)

    assert (view.job.status, view.job.finished_at) == ("cancelled", shop.now)
    assert view.progress.done <= job_worker.PAGE


def test_after_the_last_attempt_a_job_fails_with_a_reason_and_its_workers_stop(shop: Workshop) -> None:
    job = start(shop)
    shop.next()
    step, _ = shop.queue.pop(0)
    shop.worker().give_up(step, KeyError("ann@example.com"))
    shop.run()
    view = shop.view(job)

    assert view.job.status == "failed"
    assert view.job.failure == (
        f"Working on segment {step['segment']} failed at every attempt: KeyError. The log of run_job says more."
    )
    assert view.progress.done == 0


def test_a_job_that_was_cancelled_does_not_fail_afterwards(shop: Workshop) -> None:
    job = start(shop)
    shop.jobs.cancel(job.job_id, "simulation", shop.now)
    shop.worker().give_up(shop.queue[0][0], CrashError())

    assert status(shop, job) == "cancelled"


# ---- prospects on which it always fails -----------------------------------------------------------------------------


def spoil(shop: Workshop, monkeypatch: pytest.MonkeyPatch, spoiled: set[str]) -> None:
    """Let the logs of some prospects be such that reading them fails."""
    kept = shop.store.kept

    def read(prospect_id: str) -> Any:
        if prospect_id in spoiled:
            raise ValueError("an event of kind 'unheard_of' is not known")
        return kept(prospect_id)

    monkeypatch.setattr(shop.store, "kept", read)


@pytest.mark.parametrize("kind", ["simulation", "reevaluation"])
def test_one_bad_log_holds_up_no_other(shop: Workshop, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    job = start(shop) if kind == "simulation" else reevaluate(shop)
    shop.now += GRACE
    spoil(shop, monkeypatch, {id_of(Identity("email", f"{number}@example.com")) for number in (0, 20)})
    while shop.queue:
        step, _ = shop.queue.pop(0)
        try:
            shop.worker().work(step, lambda: 60.0)
        except ValueError:
            shop.worker().work(step, lambda: 60.0, again=True)
    view = shop.view(job)

    assert view.job.status == "done"
    assert view.job.failure == (
        "2 prospects were passed over, for working on them failed time and again. The log of run_job names them."
    )
    assert (view.moved, view.stayed, view.progress.done) == (ENGAGED - 1, PEOPLE - ENGAGED - 1, PEOPLE)
    assert len(shop.found(job)) == ENGAGED - 1


def test_work_that_fails_on_everybody_fails(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    start(shop)
    shop.next()
    spoil(shop, monkeypatch, set(shop.everybody()))
    number = next(one.number for one in shop.records.segments(shop.queue[0][0]["job_id"]) if one.total > 1)
    step = next(step for step, _ in shop.queue if step["segment"] == number)

    with pytest.raises(ValueError, match="unheard_of"):
        shop.worker().work(step, lambda: 60.0, again=True)


# ---- re-evaluation --------------------------------------------------------------------------------------------------


def reevaluate(shop: Workshop) -> JobRecord:
    shop.publish(eager_default(), 99)
    return shop.jobs.start_reevaluation(version_of(eager_default(), shop.now, version=99), shop.now)


def test_it_begins_once_no_process_remembers_the_calendar_without_the_version(shop: Workshop) -> None:
    job = reevaluate(shop)
    shop.next()

    assert shop.queue == [({"workspace": WORKSPACE, "job_id": job.job_id, "step": "plan"}, GRACE.seconds)]
    assert shop.records.segments(job.job_id) == []


def test_everybody_is_brought_up_to_the_version(shop: Workshop) -> None:
    job = reevaluate(shop)
    shop.now += GRACE
    shop.run()
    view = shop.jobs.view(job.job_id, "reevaluation", shop.now)
    stages = list(shop.stages().values())

    assert (stages.count("suspect"), stages.count("marketing_qualified")) == (PEOPLE - ENGAGED, ENGAGED)
    assert view.moves == {"engaged": {"marketing_qualified": ENGAGED}}
    assert (view.moved, view.stayed, view.histories) == (ENGAGED, PEOPLE - ENGAGED, None)
    assert all(partition.summary["funnel"] == 99 for partition in summaries(shop))


def summaries(shop: Workshop) -> list[Any]:
    return list(shop.store.partitions(shop.everybody()).values())


def test_done_again_it_writes_nothing(shop: Workshop) -> None:
    reevaluate(shop)
    shop.now += GRACE
    shop.run()
    writes = shop.store.writes
    shop.refresh(shop.everybody())

    assert shop.store.writes == writes


@pytest.mark.parametrize("seed", range(20))
def test_crashes_and_traffic_meanwhile_leave_nobody_behind(seed: int) -> None:
    random = Random(seed)
    shop = populated(MemoryStore(WORKSPACE))
    job = reevaluate(shop)
    shop.now += GRACE
    numbers = count()
    while shop.queue:
        random.shuffle(shop.queue)
        if random.random() < 0.4:
            shop.records.before_write = [crash, *[lambda: None] * random.randint(0, 3)]
        with suppress(CrashError):
            shop.next()
        shop.records.before_write = []
        who = Identity("email", f"{random.randrange(PEOPLE)}@example.com")
        shop.lifecycle.record_activity(activity(f"live{next(numbers)}", 990, "website_visit", who))

    stages = shop.stages()
    assert len(stages) == PEOPLE
    assert set(stages.values()) <= {"suspect", "marketing_qualified"}
    assert shop.jobs.view(job.job_id, "reevaluation", shop.now).job.status == "done"


def crowded() -> Workshop:
    """The same workspace, with some in the very stages and shards that the version moves others to."""
    shop = populated(MemoryStore(WORKSPACE))
    people = [Identity("email", f"asked{number}@example.com") for number in range(PEOPLE)]
    shop.lifecycle.record_activities(
        [
            activity(f"f{at}", 300 + at, "form_submission", who, properties={"form": "demo"})
            for at, who in enumerate(people)
        ]
    )
    return shop


@pytest.mark.parametrize("seed", range(10))
def test_whom_it_moved_into_a_stage_that_is_still_to_come_is_not_counted_there_again(seed: int) -> None:
    shop = crowded()
    job = reevaluate(shop)
    shop.now += GRACE
    shop.run(Random(seed))
    view = shop.view(job)

    assert (view.progress.done, view.progress.total, view.progress.percent) == (2 * PEOPLE, 2 * PEOPLE, 100)
    assert (view.moved, view.stayed) == (ENGAGED, 2 * PEOPLE - ENGAGED)


@pytest.mark.parametrize("kind", ["simulation", "reevaluation"])
@pytest.mark.parametrize("seed", range(10))
def test_progress_never_tells_of_more_than_there_are(kind: str, seed: int) -> None:
    random, numbers = Random(seed), count()
    shop = crowded()
    job = start(shop) if kind == "simulation" else reevaluate(shop)
    shop.now += GRACE
    while shop.queue:
        random.shuffle(shop.queue)
        shop.next(remaining=lambda: random.choice((60.0, 60.0, 1.0)))
        for _ in range(3):
            # Some arrive, some move from where they were counted to where they will be.
            who = Identity("email", f"{random.randrange(3 * PEOPLE)}@example.com")
            moment = random.randrange(100, 990)
            shop.lifecycle.record_activity(
                activity(f"l{next(numbers)}", moment, "form_submission", who, properties={"form": "demo"})
            )
        progress = shop.view(job).progress
        assert progress.total is None or progress.done <= progress.total

    progress = shop.view(job).progress
    assert progress.done == progress.total
    assert progress.percent == 100


def test_it_is_reported_who_moved_and_why(shop: Workshop) -> None:
    job = reevaluate(shop)
    shop.now += GRACE
    shop.run()
    page = shop.jobs.moves(job.job_id, "reevaluation", ("engaged", None), None, 1_000)

    assert len(page.moves) == ENGAGED
    assert {move.because for move in page.moves} == {"an email is known and one website_visit"}
