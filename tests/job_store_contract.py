"""What every store of long work must do: one set of tests that is run against each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.store.job_items import MOVES_OF_A_PAGE, MOVES_OF_A_PART
from lifecycle.store.job_records import FoundMove, JobRecord, SegmentRecord
from lifecycle.store.protocol import JobRecords, Store
from lifecycle.store.records import Change, Partition
from lifecycle.store.schema import SHARDS, shard_of
from tests.builders import at
from tests.store_contract import commit_all, prospect

EVERYTHING: dict[str, Any] = {
    "definition": {"name": "ü", "numbers": [1, Decimal("1.50")]},
    "segments": 8,
    "total": 0,
    "finished_at": at(9) + timedelta(microseconds=1),
    "failure": "the funnel cannot be read",
    "expires_at": at(60),
}


def job(job_id: str = "j1", revision: int = 0, **changes: Any) -> JobRecord:
    """A simulation, with some fields set anew."""
    record = JobRecord(
        job_id=job_id,
        kind="simulation",
        status="queued",
        revision=revision,
        subject="d1",
        content_hash="hash",
        as_of=at(0) + timedelta(microseconds=1),
        created_by="sally",
        created_at=at(1),
    )
    return replace(record, **changes)


def segment(number: int = 0, job_id: str = "j1", **changes: Any) -> SegmentRecord:
    """A segment that is to be planned, with some fields set anew."""
    return replace(SegmentRecord(job_id, number, "engaged", 0), **changes)


def planned(jobs: JobRecords, number: int = 0) -> SegmentRecord:
    """A segment that is planned, as it is read."""
    jobs.put_segments([segment(number)])
    found = jobs.segment("j1", number)
    assert found
    return found


def move(number: int, from_stage: str = "suspect", to_stage: str = "engaged") -> FoundMove:
    """A move of the prospect of a number."""
    return FoundMove(f"p{number}", from_stage, to_stage, f"because ü {number}")


def listed(jobs: JobRecords, from_stage: str | None = None, to_stage: str | None = None) -> list[FoundMove]:
    """The moves of the job."""
    return [found for _, found in jobs.moves("j1", "", from_stage, to_stage)]


def ids_of_shard(shard: int, count: int) -> list[str]:
    """Ids of so many prospects of one shard."""
    return [id_ for id_ in (f"p{number:04d}" for number in range(count * SHARDS * 2)) if shard_of(id_) == shard][:count]


def ids(entries: Sequence[tuple[str, str]]) -> list[str]:
    """The prospects of some entries of the index."""
    return [id_ for _, id_ in entries]


class JobStoreContract:
    """The tests. A subclass gives the fixtures ``jobs``, an empty store, and ``store``, its workspace's prospects."""

    # ---- jobs -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("created", [job(), job(**EVERYTHING)], ids=["bare", "with everything"])
    def test_a_job_comes_back_as_it_was_created_in_its_first_revision(
        self, jobs: JobRecords, created: JobRecord
    ) -> None:
        assert jobs.create(created)

        assert jobs.job("j1") == replace(created, revision=1)

    def test_where_there_is_nothing_nothing_is_found(self, jobs: JobRecords) -> None:
        assert jobs.job("j1") is None
        assert jobs.jobs("simulation", 10) == []
        assert jobs.segments("j1") == []
        assert jobs.segment("j1", 0) is None
        assert listed(jobs) == []
        assert jobs.prospects("engaged", 0, "", 10) == []
        assert jobs.count("engaged", 0) == 0

    def test_a_job_is_created_once(self, jobs: JobRecords) -> None:
        jobs.create(job("reevaluation-2"))

        assert not jobs.create(job("reevaluation-2", created_at=at(2)))
        assert jobs.job("reevaluation-2") == job("reevaluation-2", revision=1)
        assert len(jobs.jobs("simulation", 10)) == 1

    def test_the_same_creation_once_more_is_done_already(self, jobs: JobRecords) -> None:
        """The answer to the first try was lost."""
        created = job(expires_at=at(60) + timedelta(microseconds=1))
        jobs.create(created)

        assert jobs.create(created)
        assert len(jobs.jobs("simulation", 10)) == 1

    def test_a_job_that_has_been_worked_on_is_not_created_anew(self, jobs: JobRecords) -> None:
        jobs.create(job())
        jobs.update(job(revision=1, status="running"))

        assert not jobs.create(job())
        assert jobs.job("j1") == job(revision=2, status="running")

    def test_a_job_expires_to_the_second_and_not_before_its_time(self, jobs: JobRecords) -> None:
        jobs.create(job(expires_at=at(60) + timedelta(microseconds=1)))

        found = jobs.job("j1")
        assert found
        assert found.expires_at == at(60) + timedelta(seconds=1)

    def test_a_job_is_changed_in_the_revision_that_was_read(self, jobs: JobRecords) -> None:
        jobs.create(job())

        assert jobs.update(job(revision=1, **EVERYTHING))
        assert jobs.job("j1") == job(revision=2, **EVERYTHING)

    @pytest.mark.parametrize("stale", [0, 1, 3])
    def test_a_job_that_was_changed_since_is_not_changed(self, jobs: JobRecords, stale: int) -> None:
        jobs.create(job())
        jobs.update(job(revision=1, status="running"))

        assert not jobs.update(job(revision=stale, status="cancelled"))
        assert jobs.job("j1") == job(revision=2, status="running")

    def test_of_two_that_change_a_job_alike_one_is_late(self, jobs: JobRecords) -> None:
        """So that only one of them goes on from there."""
        jobs.create(job())

        assert [jobs.update(job(revision=1, status="running")) for _ in range(2)] == [True, False]

    def test_what_is_not_there_is_not_changed(self, jobs: JobRecords) -> None:
        assert not jobs.update(job(revision=1))
        assert jobs.job("j1") is None

    def test_jobs_are_listed_by_kind_newest_first(self, jobs: JobRecords) -> None:
        for id_, minute in [("b", 2), ("a", 3), ("c#~", 1)]:
            jobs.create(job(id_, created_at=at(minute)))
        jobs.create(job("reevaluation-2", kind="reevaluation", created_at=at(9)))

        assert [found.job_id for found in jobs.jobs("simulation", 10)] == ["a", "b", "c#~"]
        assert [found.job_id for found in jobs.jobs("simulation", 2)] == ["a", "b"]
        assert [found.job_id for found in jobs.jobs("reevaluation", 10)] == ["reevaluation-2"]

    def test_jobs_are_listed_as_they_are_now(self, jobs: JobRecords) -> None:
        jobs.create(job())
        jobs.update(job(revision=1, status="done"))

        assert jobs.jobs("simulation", 10) == [job(revision=2, status="done")]

    # ---- segments ---------------------------------------------------------------------------------------------------

    def test_segments_come_back_as_they_were_planned_in_the_order_of_their_numbers(self, jobs: JobRecords) -> None:
        jobs.create(job())
        segments = [segment(number, stage="sales qualified"[:number], shard=number % 4) for number in range(12)]

        jobs.put_segments(segments[::-1])

        assert jobs.segments("j1") == [replace(one, revision=1) for one in segments]
        assert jobs.segment("j1", 7) == replace(segments[7], revision=1)
        assert jobs.segment("j1", 12) is None

    def test_more_segments_are_planned_than_one_transaction_takes(self, jobs: JobRecords) -> None:
        jobs.put_segments([segment(number) for number in range(200)])

        assert len(jobs.segments("j1")) == 200

    def test_a_segment_that_is_planned_already_stays_as_it_is(self, jobs: JobRecords) -> None:
        """A worker crashed while it planned, or two plan at once."""
        jobs.put_segments([segment(0), segment(2)])
        begun = replace(segment(0), revision=1, position="x", done=3)
        jobs.advance(begun, [])

        jobs.put_segments([segment(number, total=9) for number in range(3)])

        assert jobs.segments("j1") == [
            replace(begun, revision=2),
            segment(1, total=9, revision=1),
            segment(2, revision=1),
        ]

    def test_a_segment_expires_when_its_job_does(self, jobs: JobRecords) -> None:
        jobs.create(job(expires_at=at(60)))

        assert planned(jobs).expires_at == at(60)

    def test_a_page_of_a_segment_is_noted_with_what_it_found(self, jobs: JobRecords) -> None:
        jobs.create(job(expires_at=at(60)))
        tallies = {"moves": {"suspect": {"engaged": 2}}, "hours": [1.5, 2], "ü": "", "empty": {}}
        becomes = replace(planned(jobs), position="2026-01-01#p2", done=2, total=9, finished=True, tallies=tallies)

        assert jobs.advance(becomes, [move(1), move(2)])

        assert jobs.segment("j1", 0) == replace(becomes, revision=2)
        assert listed(jobs) == [move(1), move(2)]

    def test_of_two_workers_on_one_page_one_is_late_and_changes_nothing(self, jobs: JobRecords) -> None:
        read = planned(jobs)
        page = replace(read, position="p2", done=2)

        assert jobs.advance(page, [move(1), move(2)])
        assert not jobs.advance(page, [move(1), move(2)])
        assert not jobs.advance(replace(read, position="p3", done=3), [move(1), move(2), move(3)])

        assert jobs.segment("j1", 0) == replace(page, revision=2)
        assert listed(jobs) == [move(1), move(2)]

    def test_a_segment_that_is_not_planned_is_not_worked_on(self, jobs: JobRecords) -> None:
        assert not jobs.advance(segment(revision=0), [move(1)])
        assert not jobs.advance(segment(revision=1), [move(1)])
        assert jobs.segments("j1") == []
        assert listed(jobs) == []

    # ---- moves ------------------------------------------------------------------------------------------------------

    def test_moves_are_listed_segment_by_segment_in_the_order_in_which_they_were_found(self, jobs: JobRecords) -> None:
        for number in (3, 1):
            read = planned(jobs, number)
            for page in range(12):
                assert jobs.advance(replace(read, revision=1 + page), [move(1000 * number + page)] if page % 3 else [])

        numbers = [page for page in range(12) if page % 3]
        assert listed(jobs) == [move(1000 * number + page) for number in (1, 3) for page in numbers]

    @pytest.mark.parametrize("count", [MOVES_OF_A_PART - 1, MOVES_OF_A_PART, MOVES_OF_A_PART + 1, MOVES_OF_A_PAGE])
    def test_a_page_may_find_as_many_moves_as_a_transaction_takes(self, jobs: JobRecords, count: int) -> None:
        moves = [move(number) for number in range(count)]

        assert jobs.advance(planned(jobs), moves)
        assert listed(jobs) == moves

    def test_a_page_that_found_more_is_an_error_and_changes_nothing(self, jobs: JobRecords) -> None:
        read = planned(jobs)

        with pytest.raises(ValueError, match="read fewer prospects at once"):
            jobs.advance(read, [move(number) for number in range(MOVES_OF_A_PAGE + 1)])

        assert jobs.segments("j1") == [read]
        assert listed(jobs) == []

    def test_a_list_of_moves_goes_on_after_any_position_that_it_named(self, jobs: JobRecords) -> None:
        for number in range(2):
            read = planned(jobs, number)
            jobs.advance(read, [move(place) for place in range(MOVES_OF_A_PART + 5)])
            jobs.advance(replace(read, revision=2), [move(place) for place in range(5)])
        whole = list(jobs.moves("j1", "", None, None))

        assert len(whole) == 2 * (MOVES_OF_A_PART + 10)
        for place in (0, 4, 98, 99, 100, 104, 105, 109, 110, 219):
            assert list(jobs.moves("j1", whole[place][0], None, None)) == whole[place + 1 :]

    @pytest.mark.parametrize("position", ["~", "~~#~", "9999#999999#99#99", "#"])
    def test_a_position_that_no_list_named_is_no_error(self, jobs: JobRecords, position: str) -> None:
        jobs.advance(planned(jobs), [move(1)])

        assert list(jobs.moves("j1", position, None, None)) in ([], list(jobs.moves("j1", "", None, None)))

    def test_moves_are_listed_by_where_from_and_where_to(self, jobs: JobRecords) -> None:
        pairs = [("suspect", "engaged"), ("suspect", "customer"), ("engaged", "customer"), ("suspect", "engaged")]
        moves = [move(number, *pair) for number, pair in enumerate(pairs)]
        read = planned(jobs)
        jobs.advance(read, moves[:2])
        jobs.advance(replace(read, revision=2), moves[2:])

        assert listed(jobs, "suspect", "engaged") == [moves[0], moves[3]]
        assert listed(jobs, "suspect") == [moves[0], moves[1], moves[3]]
        assert listed(jobs, None, "customer") == [moves[1], moves[2]]
        assert listed(jobs, "engaged", "engaged") == []

    def test_each_job_has_moves_and_segments_of_its_own(self, jobs: JobRecords) -> None:
        jobs.put_segments([segment(0, "j1"), segment(0, "j10")])
        jobs.advance(segment(0, "j10", revision=1), [move(1)])

        assert listed(jobs) == []
        assert jobs.segments("j1") == [segment(revision=1)]

    # ---- whom a segment is about ------------------------------------------------------------------------------------

    def test_the_prospects_of_one_shard_are_listed_in_the_order_of_their_entry(
        self, jobs: JobRecords, store: Store
    ) -> None:
        chosen = ids_of_shard(1, 20)
        commit_all(store, [prospect(id_, since=at(100 - place)) for place, id_ in enumerate(chosen)])
        commit_all(store, [prospect(ids_of_shard(0, 1)[0]), Partition("pointer", parent="p1")])
        commit_all(store, [prospect(ids_of_shard(1, 21)[20], "customer")])

        assert ids(jobs.prospects("engaged", 1, "", 100)) == chosen[::-1]
        assert jobs.count("engaged", 1) == 20
        assert [jobs.count("customer", 1), jobs.count("customer", 0)] == [1, 0]

    def test_pages_of_any_size_list_every_prospect_of_a_shard_once(self, jobs: JobRecords, store: Store) -> None:
        commit_all(store, [prospect(id_, since=at(place // 3)) for place, id_ in enumerate(ids_of_shard(2, 17))])
        whole = jobs.prospects("engaged", 2, "", 100)

        for limit in (1, 5, 16, 17, 18):
            found: list[tuple[str, str]] = []
            for _ in range(len(whole) // limit + 1):
                page = jobs.prospects("engaged", 2, found[-1][0] if found else "", limit)
                assert len(page) <= limit
                found += page
            assert found == whole

    def test_a_prospect_that_moves_while_its_stage_is_read_leaves_the_rest_where_it_was(
        self, jobs: JobRecords, store: Store
    ) -> None:
        chosen = ids_of_shard(3, 4)
        commit_all(store, [prospect(id_, since=at(place)) for place, id_ in enumerate(chosen)])
        first = jobs.prospects("engaged", 3, "", 2)

        store.commit([Change([replace(prospect(chosen[1], "customer", at(50)), version=1)])])

        assert ids(jobs.prospects("engaged", 3, first[-1][0], 2)) == chosen[2:]
