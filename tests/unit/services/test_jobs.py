"""Long work as those see it who ask for it: started once, cancelled, resumed, looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lifecycle.events import Identity
from lifecycle.services.errors import JobNotFoundError, TooBusyError
from lifecycle.services.job_changes import change_job
from lifecycle.services.job_results import Progress
from lifecycle.services.jobs import KEPT
from lifecycle.store.job_records import FoundMove
from tests.builders import WORKSPACE, demo_form, visit
from tests.fakes.memory_store import MemoryStore
from tests.fakes.workshop import Workshop, draft_of, eager_default, version_of


@pytest.fixture
def shop(store: MemoryStore) -> Workshop:
    """A workspace whose 25 engaged the draft moves."""
    shop = Workshop(store)
    shop.lifecycle.record_activities(
        [visit(f"v{number}", number, Identity("email", f"{number}@example.com")) for number in range(25)]
    )
    return shop


# ---- starting -------------------------------------------------------------------------------------------------------


def test_a_simulation_keeps_the_draft_as_it_was(shop: Workshop) -> None:
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)

    assert (job.kind, job.status, job.subject, job.content_hash) == ("simulation", "queued", "d1", "sha256:draft")
    assert (job.created_by, job.created_at, job.as_of) == ("ann", shop.now, shop.now)
    assert (job.definition, job.expires_at) == (eager_default(), shop.now + KEPT)
    assert shop.queue == [({"workspace": WORKSPACE, "job_id": job.job_id, "step": "plan"}, 0)]


def test_two_simulations_of_one_draft_are_two(shop: Workshop) -> None:
    one, two = (shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now) for _ in range(2))

    assert one.job_id != two.job_id


def test_a_reevaluation_is_started_once(shop: Workshop) -> None:
    record = version_of(eager_default(), shop.now, version=2)
    one = shop.jobs.start_reevaluation(record, shop.now)
    two = shop.jobs.start_reevaluation(record, shop.now + timedelta(minutes=1))

    assert one == two
    assert (one.job_id, one.subject, one.as_of, one.expires_at) == ("reevaluation-2", "2", record.effective_at, None)
    # A message may have been lost with the process that was to send it; the second one of two does nothing.
    assert [step for step, _ in shop.queue] == [{"workspace": WORKSPACE, "job_id": one.job_id, "step": "plan"}] * 2


def test_a_reevaluation_that_is_done_is_not_started_again(shop: Workshop) -> None:
    record = version_of(eager_default(), shop.now - timedelta(minutes=1))
    shop.jobs.start_reevaluation(record, shop.now)
    shop.run()

    assert shop.jobs.start_reevaluation(record, shop.now).status == "done"
    assert shop.queue == []


def test_a_reevaluation_that_failed_goes_on_from_where_it_was(shop: Workshop) -> None:
    shop.publish(eager_default(), 2)
    shop.now += timedelta(minutes=1)
    record = version_of(eager_default(), shop.now - timedelta(minutes=1))
    job = shop.jobs.start_reevaluation(record, shop.now)
    shop.next()
    shop.next()
    step, _ = shop.queue[0]
    shop.worker().give_up(step, KeyError())
    shop.run()
    done = shop.view(job).progress.segments_done

    resumed = shop.jobs.start_reevaluation(record, shop.now)

    assert (resumed.status, resumed.failure, resumed.finished_at) == ("running", None, None)
    assert len(shop.queue) == resumed.segments - done > 0
    shop.run()
    assert (shop.view(job).job.status, shop.view(job).moved) == ("done", 25)


def test_one_that_failed_before_it_was_planned_starts_anew(shop: Workshop) -> None:
    record = version_of(eager_default(), shop.now - timedelta(minutes=1))
    shop.jobs.start_reevaluation(record, shop.now)
    shop.worker().give_up(shop.queue.pop()[0], KeyError())
    assert shop.view(shop.jobs.start_reevaluation(record, shop.now)).job.status == "queued"

    shop.run()
    assert shop.jobs.start_reevaluation(record, shop.now).status == "done"


# ---- cancelling -----------------------------------------------------------------------------------------------------


def test_cancelling_twice_is_cancelling_once(shop: Workshop) -> None:
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    one = shop.jobs.cancel(job.job_id, "simulation", shop.now)
    two = shop.jobs.cancel(job.job_id, "simulation", shop.now + timedelta(hours=1))

    assert one == two
    assert (one.status, one.finished_at) == ("cancelled", shop.now)


def test_a_simulation_that_is_done_stays_done(shop: Workshop) -> None:
    job = shop.simulated(eager_default())

    assert shop.jobs.cancel(job.job_id, "simulation", shop.now).status == "done"


# ---- looking --------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_by_kind_newest_first(shop: Workshop) -> None:
    one = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    two = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now + timedelta(seconds=1))
    shop.jobs.start_reevaluation(version_of(eager_default(), shop.now), shop.now)

    assert [job.job_id for job in shop.jobs.all("simulation")] == [two.job_id, one.job_id]
    assert [job.job_id for job in shop.jobs.all("simulation", limit=1)] == [two.job_id]


def test_a_job_of_another_kind_is_not_found(shop: Workshop) -> None:
    job = shop.jobs.start_reevaluation(version_of(eager_default(), shop.now), shop.now)

    with pytest.raises(JobNotFoundError):
        shop.jobs.view(job.job_id, "simulation", shop.now)
    with pytest.raises(JobNotFoundError):
        shop.jobs.cancel(job.job_id, "simulation", shop.now)
    with pytest.raises(JobNotFoundError):
        shop.jobs.moves(job.job_id, "simulation", (None, None), None, 10)


def test_what_is_found_is_told_while_it_runs(shop: Workshop) -> None:
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    assert shop.view(job).progress == Progress(done=0, total=None, segments_done=0, segments_total=0)
    shop.next()
    shop.next()
    view = shop.view(job)

    assert view.job.status == "running"
    assert (view.progress.total, view.progress.segments_done) == (25, 1)
    assert 0 < view.moved == view.progress.done < 25
    assert 0 < view.progress.percent < 100


def test_moves_are_paged(shop: Workshop) -> None:
    job = shop.simulated(eager_default())
    moves: list[FoundMove] = []
    position: tuple[str, ...] | None = None
    pages = 0
    while pages == 0 or position is not None:
        page = shop.jobs.moves(job.job_id, "simulation", (None, None), position, 10)
        moves += page.moves
        position, pages = page.position, pages + 1

    assert pages == 3
    assert len({move.prospect_id for move in moves}) == len(moves) == 25


def test_a_last_page_that_is_full_has_none_after_it(shop: Workshop) -> None:
    job = shop.simulated(eager_default())

    assert shop.jobs.moves(job.job_id, "simulation", (None, None), None, 25).position is None


def test_moves_are_filtered_by_the_stages_left_and_entered(shop: Workshop) -> None:
    shop.lifecycle.record_activity(demo_form("d", 50))
    definition = eager_default()
    definition["stages"] = [stage for stage in definition["stages"] if stage["key"] != "marketing_qualified"]
    job = shop.simulated(definition)

    def count(from_stage: str | None, to_stage: str | None) -> int:
        return len(shop.jobs.moves(job.job_id, "simulation", (from_stage, to_stage), None, 100).moves)

    assert count("marketing_qualified", None) == count("marketing_qualified", "engaged") == count(None, None) == 1
    assert count("engaged", None) == count(None, "suspect") == 0


@pytest.mark.parametrize(
    ("done", "segments_done", "percent"),
    [(0, 0, 0), (50, 1, 50), (99, 3, 99), (120, 3, 99), (100, 4, 100), (90, 4, 100)],
)
def test_only_the_segments_tell_that_all_is_done(done: int, segments_done: int, percent: int) -> None:
    assert Progress(done, 100, segments_done, 4).percent == percent


# ---- the record of a job --------------------------------------------------------------------------------------------


def test_a_change_is_made_on_what_the_record_says_at_that_moment(shop: Workshop) -> None:
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    shop.records.before_write = [lambda: shop.worker().give_up({"job_id": job.job_id}, KeyError())]

    assert shop.jobs.cancel(job.job_id, "simulation", shop.now).status == "failed"


def test_a_change_that_others_always_forestall_is_given_up(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    monkeypatch.setattr(shop.records, "update", lambda _: False)

    with pytest.raises(TooBusyError):
        shop.jobs.cancel(job.job_id, "simulation", shop.now)


def test_a_job_that_is_not_there_cannot_be_changed(shop: Workshop) -> None:
    with pytest.raises(JobNotFoundError):
        change_job(shop.records, "simulation-gone", lambda job: job)
