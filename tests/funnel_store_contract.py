"""What every store of a workspace's funnel must do: one set of tests that is run against each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.store.due import DueTimer
from lifecycle.store.funnel_records import DraftRecord, FunnelHead, Signature, Term, VersionRecord
from lifecycle.store.protocol import FunnelRecords
from tests.builders import at
from tests.store_contract import Due

SIGNATURES = (
    Signature("marketing", "mary ü", at(3), "hash-1"),
    Signature("sales", "sally", at(4) + timedelta(microseconds=1), "hash-1"),
)
DEFINITION: dict[str, Any] = {
    "name": 'A "fünnel" 🐎 \\ \n',
    "stages": [{"key": "lead", "label": "", "beside": False, "enter_when": {"known": "email"}, "none": None}],
    "score": {"weights": {"review": 5, "visit": -1}, "fit": [], "rules": {}},
    "numbers": [
        0,
        12345678901234567890123456789012345678901234567890,
        Decimal("4.50"),
        Decimal("-0.1"),
        Decimal("1E+40"),
        Decimal("1E-400"),
        Decimal("0.1234567890123456789012345678901234567890123456789"),
    ],
}


def version(number: int, **changes: Any) -> VersionRecord:
    """A version that was published at its number's minute, with some fields set anew."""
    record = VersionRecord(
        version=number,
        content_hash=f"hash-{number}",
        definition=DEFINITION,
        signatures=SIGNATURES,
        effective_at=at(number),
        published_at=at(number),
        published_by="sally",
    )
    return replace(record, **changes)


def draft(draft_id: str = "d1", revision: int = 0, **changes: Any) -> DraftRecord:
    """A draft, with some fields set anew."""
    record = DraftRecord(
        draft_id=draft_id,
        revision=revision,
        content_hash="hash-1",
        definition=DEFINITION,
        signatures=(),
        based_on=1,
        created_by="mary",
        created_at=at(0),
        updated_at=at(0),
    )
    return replace(record, **changes)


def stored_draft(funnels: FunnelRecords, draft_id: str = "d1") -> DraftRecord:
    """A draft that is stored, as it is read."""
    funnels.put_draft(draft(draft_id))
    found = funnels.draft(draft_id)
    assert found
    return found


class FunnelStoreContract:
    """The tests. A subclass gives the fixtures ``funnels``, an empty store, and ``due``, what is due in it."""

    # ---- what is in force -------------------------------------------------------------------------------------------

    def test_before_anything_is_published_the_default_funnel_is_in_force(
        self, funnels: FunnelRecords, due: Due
    ) -> None:
        assert funnels.head() == FunnelHead(0, (Term(1, None),), 1, True)
        assert funnels.versions() == []
        assert funnels.version(1) is None
        assert funnels.drafts() == []
        assert funnels.draft("d1") is None
        assert due(at(1000), 10) == []

    def test_a_published_version_is_in_force_from_its_time_on(self, funnels: FunnelRecords) -> None:
        assert funnels.publish(funnels.head(), version(2, effective_at=at(60)), None)

        assert funnels.head() == FunnelHead(1, (Term(1, None), Term(2, at(60))), 2, True)
        assert funnels.version(3) is None

    @pytest.mark.parametrize(
        "record",
        [
            version(2, signatures=(), definition={}),
            version(2, reason="ünpopular", draft_id="d1", restores=1),
            version(2, effective_at=at(60) + timedelta(microseconds=1)),
        ],
        ids=["bare", "with everything", "to the microsecond"],
    )
    def test_a_version_comes_back_as_it_was_published(self, funnels: FunnelRecords, record: VersionRecord) -> None:
        funnels.publish(funnels.head(), record, None)

        assert funnels.version(2) == record

    def test_a_definition_comes_back_with_all_digits_and_kinds_of_its_numbers(self, funnels: FunnelRecords) -> None:
        funnels.publish(funnels.head(), version(2), None)

        (found,) = funnels.versions()
        assert [(type(number), str(number)) for number in found.definition["numbers"]] == [
            (type(number), str(number)) for number in DEFINITION["numbers"]
        ]

    def test_versions_are_listed_in_the_order_of_their_numbers(self, funnels: FunnelRecords) -> None:
        records = [version(number) for number in range(2, 13)]
        for record in records:
            assert funnels.publish(funnels.head(), record, None)

        assert funnels.versions() == records
        assert [term.version for term in funnels.head().terms] == list(range(1, 13))

    def test_versions_are_more_than_one_page_of_the_service(self, funnels: FunnelRecords) -> None:
        large = {"description": "x" * 100_000}
        for number in range(2, 14):
            funnels.publish(funnels.head(), version(number, definition=large), None)

        assert [record.version for record in funnels.versions()] == list(range(2, 14))

    # ---- publishing -------------------------------------------------------------------------------------------------

    def test_publishing_marks_the_draft(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)

        assert funnels.publish(funnels.head(), version(2, draft_id="d1"), read)
        assert funnels.draft("d1") == replace(read, revision=2, published_as=2)

    def test_of_two_publishers_at_once_one_is_late_and_changes_nothing(self, funnels: FunnelRecords) -> None:
        head = funnels.head()
        first, second = stored_draft(funnels, "d1"), stored_draft(funnels, "d2")

        assert funnels.publish(head, version(2, published_by="mary"), first)
        assert not funnels.publish(head, version(2, published_by="sally"), second)

        assert funnels.versions() == [version(2, published_by="mary")]
        assert funnels.head().terms == (Term(1, None), Term(2, at(2)))
        assert funnels.draft("d2") == second

    def test_a_publisher_who_read_an_older_head_is_late_whatever_the_number(self, funnels: FunnelRecords) -> None:
        head = funnels.head()
        funnels.publish(head, version(2), None)

        assert not funnels.publish(head, version(3), None)
        assert funnels.version(3) is None

    def test_the_same_publication_once_more_is_published_and_changes_nothing(self, funnels: FunnelRecords) -> None:
        """The answer to the first try was lost."""
        head, read = funnels.head(), stored_draft(funnels)
        funnels.publish(head, version(2), read)
        after = (funnels.head(), funnels.versions(), funnels.drafts())

        assert funnels.publish(head, version(2), read)
        assert (funnels.head(), funnels.versions(), funnels.drafts()) == after

    def test_a_draft_that_was_changed_since_is_not_published(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)
        funnels.put_draft(replace(read, signatures=SIGNATURES))

        assert not funnels.publish(funnels.head(), version(2), read)
        assert funnels.head() == FunnelHead()
        assert funnels.versions() == []

    def test_a_draft_that_was_deleted_since_is_not_published(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)
        funnels.delete_draft(read)

        assert not funnels.publish(funnels.head(), version(2), read)
        assert funnels.draft("d1") is None
        assert funnels.versions() == []

    def test_a_draft_is_published_once(self, funnels: FunnelRecords) -> None:
        funnels.publish(funnels.head(), version(2), stored_draft(funnels))
        read = funnels.draft("d1")

        assert read
        assert not funnels.publish(funnels.head(), version(3), read)
        assert funnels.version(3) is None

    # ---- what a version sets off ------------------------------------------------------------------------------------

    def test_a_version_is_due_when_it_comes_into_force(self, funnels: FunnelRecords, due: Due) -> None:
        funnels.publish(funnels.head(), version(2, effective_at=at(60)), None)

        assert due(at(59), 10) == []
        assert due(at(60), 10) == [DueTimer(funnels.workspace, "funnel", "2", at(60))]

    def test_a_version_that_was_seen_to_is_due_no_longer(self, funnels: FunnelRecords, due: Due) -> None:
        funnels.publish(funnels.head(), version(2), None)
        head = funnels.head()

        assert [funnels.clear_due(2), funnels.clear_due(2)] == [True, False]

        assert due(at(60), 10) == []
        assert funnels.version(2) == version(2)
        assert funnels.head() == head

    def test_a_version_stays_due_whatever_is_published_after_it(self, funnels: FunnelRecords, due: Due) -> None:
        funnels.publish(funnels.head(), version(2), None)
        funnels.publish(funnels.head(), version(3), None)
        funnels.require_signatures(funnels.head(), False)

        assert [timer.id for timer in due(at(60), 10)] == ["2", "3"]
        funnels.clear_due(3)
        assert [timer.id for timer in due(at(60), 10)] == ["2"]

    def test_the_same_publication_once_more_makes_nothing_due_again(self, funnels: FunnelRecords, due: Due) -> None:
        head = funnels.head()
        funnels.publish(head, version(2), None)
        funnels.clear_due(2)

        assert funnels.publish(head, version(2), None)
        assert due(at(60), 10) == []

    def test_what_was_never_published_is_not_due(self, funnels: FunnelRecords) -> None:
        assert not funnels.clear_due(1)
        assert not funnels.clear_due(2)
        assert funnels.versions() == []

    # ---- calling off ------------------------------------------------------------------------------------------------

    def test_a_cancelled_version_is_kept_but_never_comes_into_force(self, funnels: FunnelRecords, due: Due) -> None:
        funnels.publish(funnels.head(), version(2), None)
        funnels.publish(funnels.head(), version(3), None)

        assert funnels.cancel(funnels.head(), version(3), at(2.5))

        assert funnels.head() == FunnelHead(3, (Term(1, None), Term(2, at(2))), 3, True)
        assert funnels.versions() == [version(2), version(3, cancelled_at=at(2.5))]
        assert [timer.id for timer in due(at(60), 10)] == ["2"]

    def test_the_number_of_a_cancelled_version_is_not_given_again(self, funnels: FunnelRecords) -> None:
        funnels.publish(funnels.head(), version(2), None)
        funnels.cancel(funnels.head(), version(2), at(1))

        assert not funnels.publish(funnels.head(), version(2, published_by="mary"), None)
        assert funnels.publish(funnels.head(), version(3), None)
        assert funnels.head().terms == (Term(1, None), Term(3, at(3)))

    def test_calling_off_is_late_if_the_head_was_changed_since(self, funnels: FunnelRecords, due: Due) -> None:
        funnels.publish(funnels.head(), version(2), None)
        head = funnels.head()
        funnels.require_signatures(head, False)

        assert not funnels.cancel(head, version(2), at(1))
        assert funnels.version(2) == version(2)
        assert len(due(at(60), 10)) == 1

    def test_calling_off_once_more_is_done_already(self, funnels: FunnelRecords) -> None:
        funnels.publish(funnels.head(), version(2), None)
        head = funnels.head()
        funnels.cancel(head, version(2), at(1))
        after = funnels.head()

        assert funnels.cancel(head, version(2), at(1))
        assert not funnels.cancel(after, version(2), at(1.5))
        assert funnels.head() == after

    def test_what_was_never_published_is_not_called_off(self, funnels: FunnelRecords) -> None:
        assert not funnels.cancel(funnels.head(), version(2), at(1))
        assert funnels.versions() == []
        assert funnels.head() == FunnelHead()

    # ---- settings ---------------------------------------------------------------------------------------------------

    def test_signatures_are_required_until_somebody_says_otherwise(self, funnels: FunnelRecords) -> None:
        assert funnels.require_signatures(funnels.head(), False)
        assert funnels.head() == FunnelHead(1, (Term(1, None),), 1, False)

        funnels.publish(funnels.head(), version(2), None)
        assert not funnels.head().signatures_required

        assert funnels.require_signatures(funnels.head(), True)
        assert funnels.head() == FunnelHead(3, (Term(1, None), Term(2, at(2))), 2, True)

    def test_a_publisher_is_late_if_signatures_were_required_since(self, funnels: FunnelRecords) -> None:
        funnels.require_signatures(funnels.head(), False)
        head = funnels.head()
        funnels.require_signatures(head, True)

        assert not funnels.publish(head, version(2), None)
        assert not funnels.require_signatures(head, False)
        assert funnels.head().signatures_required

    # ---- drafts -----------------------------------------------------------------------------------------------------

    def test_a_draft_comes_back_as_it_was_written_in_its_next_revision(self, funnels: FunnelRecords) -> None:
        for revision in range(3):
            written = draft("Ünïcode #~ id", revision, signatures=SIGNATURES, updated_at=at(revision), based_on=7)

            assert funnels.put_draft(written)
            assert funnels.draft("Ünïcode #~ id") == replace(written, revision=revision + 1)

    @pytest.mark.parametrize("stale", [0, 1, 3])
    def test_a_draft_that_was_changed_since_is_not_written(self, funnels: FunnelRecords, stale: int) -> None:
        for revision in range(2):
            funnels.put_draft(draft(revision=revision))

        assert not funnels.put_draft(draft(revision=stale, content_hash="another"))
        assert funnels.draft("d1") == draft(revision=2)

    def test_the_same_write_of_a_draft_once_more_is_done_already(self, funnels: FunnelRecords) -> None:
        funnels.put_draft(draft())
        changed = draft(revision=1, content_hash="hash-2", updated_at=at(5))
        funnels.put_draft(changed)

        assert funnels.put_draft(changed)
        assert funnels.draft("d1") == replace(changed, revision=2)

    def test_a_published_draft_is_not_written_any_more(self, funnels: FunnelRecords) -> None:
        funnels.publish(funnels.head(), version(2), stored_draft(funnels))
        read = funnels.draft("d1")

        assert read
        assert not funnels.put_draft(replace(read, content_hash="another"))
        assert not funnels.put_draft(replace(read, content_hash="another", published_as=None))
        assert funnels.draft("d1") == read

    def test_a_deleted_draft_is_not_written_any_more(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)

        assert funnels.delete_draft(read)
        assert not funnels.put_draft(read)
        assert funnels.draft("d1") is None

    def test_a_draft_is_deleted_once(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)

        assert [funnels.delete_draft(read), funnels.delete_draft(read)] == [True, False]

    def test_a_draft_that_was_changed_since_is_not_deleted(self, funnels: FunnelRecords) -> None:
        read = stored_draft(funnels)
        funnels.put_draft(replace(read, signatures=SIGNATURES))

        assert not funnels.delete_draft(read)
        assert funnels.draft("d1")

    def test_drafts_are_listed_newest_first(self, funnels: FunnelRecords) -> None:
        for id_, minute in [("b", 2), ("a", 3), ("c", 1)]:
            funnels.put_draft(draft(id_, created_at=at(minute)))
        funnels.publish(funnels.head(), version(2), None)

        assert [found.draft_id for found in funnels.drafts()] == ["a", "b", "c"]
