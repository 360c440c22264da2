"""The audit trail: what is told of what is done, what is not told, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Decision, Withdrawal
from lifecycle.services import audit
from lifecycle.services.audit import AuditTrail, Wanted
from lifecycle.services.audit_entries import entry, hash_of
from lifecycle.services.errors import LifecycleError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.audit_records import Actor, AuditEntry, Difference, Origin, Subject
from tests.audit_store_contract import told
from tests.builders import (
    ANN,
    BOB,
    DEFAULT,
    WORKSPACE,
    at,
    decision,
    demo_form,
    id_of,
    merge,
    set_stage,
    visit,
    withdrawal,
)
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_audit import MemoryAudit
from tests.fakes.memory_store import MemoryStore
from tests.fakes.reception import ANN as ANN_MILLER
from tests.fakes.reception import SAM, Reception, funnel

LAPTOP = Origin(Actor("api_key", "laptop"), "203.0.113.10", "curl/8.5.0", "request-1")


# ----------------------------------------------------------------------------------------------------------------------
# Decisions
# ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ann(store: MemoryStore) -> Lifecycle:
    """The use cases of somebody with a laptop, and one prospect: Ann, marketing qualified."""
    lifecycle = Lifecycle(store, FixedCalendar(DEFAULT), origin=LAPTOP)
    lifecycle.record_activity(visit("v", 1))
    lifecycle.record_activity(demo_form("demo", 2))
    return lifecycle


def read(store: MemoryStore, wanted: Wanted | None = None) -> tuple[AuditEntry, ...]:
    """What the trail tells of a store's prospects, newest first."""
    records = MemoryAudit(WORKSPACE)
    for one in store.audit:
        records.record(one)
    return AuditTrail(records, store).page(wanted or Wanted(), None, 100).entries


def test_activities_are_not_told_of(store: MemoryStore, ann: Lifecycle) -> None:
    assert store.audit == []


def test_a_decision_is_told_with_who_when_where_before_and_after(store: MemoryStore, ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), decision("yes", 3, "accept", by="sally", reason="good fit"))

    (one,) = read(store)
    assert one == AuditEntry(
        entry_id=one.entry_id,
        at=at(3),
        action="decision.recorded",
        subject=Subject("prospect", id_of(ANN)),
        origin=LAPTOP,
        difference=Difference(
            {"stage": "marketing_qualified", "status": one.difference.before and one.difference.before["status"]},
            {"stage": "sales_qualified"},
        ),
        by="sally",
        details={"event_hash": hash_of("yes"), "action": "accept"},
    )


def test_no_word_of_the_reason_or_the_answers_is_kept(store: MemoryStore, ann: Lifecycle) -> None:
    ruling = replace(decision("no", 3, "disqualify", reason="REASON"), qualification={"need": "ANSWER"})
    ann.decide(id_of(ANN), ruling)
    ann.decide(id_of(ANN), withdrawal("w", 4, "v", reason="REASON"))

    assert len(store.audit) == 2
    assert not {word for word in ("REASON", "ANSWER", ANN.value) if word in str(store.audit)}


def test_the_same_decision_again_is_told_once(store: MemoryStore, ann: Lifecycle) -> None:
    yes = decision("yes", 3, "accept")
    assert [ann.decide(id_of(ANN), yes).duplicate for _ in range(3)] == [False, True, True]

    assert len(store.audit) == 1


def test_a_decision_that_another_request_made_meanwhile_is_told_once(store: MemoryStore, ann: Lifecycle) -> None:
    yes = decision("yes", 3, "accept")
    rival = Lifecycle(store, FixedCalendar(DEFAULT))

    class Slow(MemoryStore):
        """Another request makes the same decision right before this one appends it."""

        def append_ruling(self, *given_: Any) -> bool:
            if not store.audit:
                rival.decide(id_of(ANN), yes)
            return store.append_ruling(*given_)

    slow = Slow(WORKSPACE)
    slow.items = store.items
    outcome = Lifecycle(slow, FixedCalendar(DEFAULT), origin=LAPTOP).decide(id_of(ANN), yes)

    assert outcome.duplicate
    assert [one.origin.actor.kind for one in store.audit] == ["system"]


def test_an_append_that_met_another_transaction_is_tried_again(store: MemoryStore, ann: Lifecycle) -> None:
    refusals = [True, True]

    class Busy(MemoryStore):
        """Twice another transaction is in the way."""

        def append_ruling(self, *given_: Any) -> bool:
            return not (refusals and refusals.pop()) and super().append_ruling(*given_)

    busy = Busy(WORKSPACE)
    busy.items = store.items
    outcome = Lifecycle(busy, FixedCalendar(DEFAULT)).decide(id_of(ANN), decision("yes", 3, "accept"))

    assert (outcome.duplicate, len(busy.audit)) == (False, 1)


@pytest.mark.parametrize(
    "refused",
    [
        set_stage("d", 3, "nowhere", reason="x"),
        set_stage("d", 3, "anonymous", reason="x"),
        withdrawal("d", 3, "unheard of"),
        merge("d", 3, id_of(ANN)),
        merge("d", 3, id_of(BOB)),
    ],
    ids=["no such stage", "a stage not for her", "no such event", "herself", "nobody"],
)
def test_a_refused_decision_is_not_told_of(store: MemoryStore, ann: Lifecycle, refused: Decision | Withdrawal) -> None:
    with pytest.raises(LifecycleError):
        ann.decide(id_of(ANN), refused)

    assert store.audit == []


def test_a_decision_that_moves_nobody_leaves_the_stage_as_it_was(store: MemoryStore, ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), withdrawal("w", 3, "v"))

    (one,) = read(store)
    assert one.details == {"event_hash": hash_of("w"), "action": "withdraw"}
    assert one.difference.before is not None
    assert one.difference.before["stage"] == "marketing_qualified"
    assert one.difference.after == {"stage": "marketing_qualified"}


def test_a_withdrawal_tells_where_it_took_the_prospect(store: MemoryStore, ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), withdrawal("w", 3, "demo"))

    (one,) = read(store)
    assert one.difference.after == {"stage": "engaged"}


def test_a_decision_led_where_it_led_although_it_is_withdrawn_later(store: MemoryStore, ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), decision("yes", 3, "accept"))
    ann.decide(id_of(ANN), withdrawal("w", 4, "yes"))

    undone, made = read(store)
    assert made.difference.after == {"stage": "sales_qualified"}
    assert undone.difference.before is not None
    assert undone.difference.before["stage"] == "sales_qualified"
    assert undone.difference.after == {"stage": "marketing_qualified"}


def test_decisions_on_a_prospect_that_was_merged_away_are_told_of(store: MemoryStore, ann: Lifecycle) -> None:
    ann.record_activity(visit("b", 1.5, BOB))
    ann.decide(id_of(BOB), set_stage("up", 3, "sales_qualified", reason="x"))
    ann.decide(id_of(ANN), merge("same", 4, id_of(BOB)))

    merged, moved = read(store)
    assert merged.details == {"event_hash": hash_of("same"), "action": "merge", "other_prospect_id": id_of(BOB)}
    assert (moved.subject.id, moved.difference.after) == (id_of(BOB), {"stage": "sales_qualified"})


def test_of_a_prospect_that_is_gone_the_decision_is_told_and_not_where_it_led(
    store: MemoryStore, ann: Lifecycle
) -> None:
    ann.decide(id_of(ANN), decision("yes", 3, "accept"))
    store.items.clear()

    (one,) = read(store)
    assert one.difference.after is None
    assert one.details == {"event_hash": hash_of("yes"), "action": "accept"}


# ----------------------------------------------------------------------------------------------------------------------
# The funnel
# ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def reception() -> Reception:
    return Reception()


def actions(reception: Reception) -> list[str]:
    return [one.action for one in reception.records.audit]


def last(reception: Reception) -> AuditEntry:
    return reception.records.audit[-1]


def test_drafts_bind_nobody_and_are_not_told_of(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.desk.change_draft(draft_id, funnel(name="Another"), None, reception.now)

    assert actions(reception) == []


def test_a_signature_is_told_with_the_signatures_before_and_after(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    hash_ = reception.desk.draft(draft_id, reception.now).draft.content_hash
    marketing = {"team": "marketing", "by": ANN_MILLER, "content_hash": hash_}
    sales = {"team": "sales", "by": SAM, "content_hash": hash_}

    assert actions(reception) == ["draft.signed", "draft.signed"]
    assert (last(reception).subject, last(reception).by) == (Subject("draft", draft_id), SAM)
    assert last(reception).difference == Difference(
        {"content_hash": hash_, "signatures": [marketing]}, {"content_hash": hash_, "signatures": [marketing, sales]}
    )
    reception.desk.take_signature_back(draft_id, "marketing", reception.now)
    assert last(reception).action == "signature.withdrawn"
    assert last(reception).difference.after == {"content_hash": hash_, "signatures": [sales]}


def test_a_change_that_voids_signatures_is_told_of(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.desk.change_draft(draft_id, funnel(name="Another"), None, reception.now)

    one = last(reception)
    assert one.action == "signatures.voided"
    assert one.difference.after is not None
    assert one.difference.after["signatures"] == []


def test_a_deleted_draft_is_told_of(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.desk.delete_draft(draft_id, reception.now)

    assert (last(reception).action, last(reception).difference.after) == ("draft.deleted", None)


def test_a_publication_is_told_with_the_version_before_and_after(reception: Reception) -> None:
    default = reception.desk.in_force(reception.now).in_force
    draft_id = reception.signed_draft()
    published = reception.publish(draft_id)

    one = last(reception)
    assert (one.action, one.subject, one.by) == ("funnel.published", Subject("version", "2"), ANN_MILLER)
    assert one.difference.before == {"version": 1, "content_hash": default.content_hash}
    assert one.difference.after is not None
    assert (one.difference.after["version"], one.difference.after["content_hash"]) == (2, published.content_hash)
    assert one.details == {"draft_id": draft_id}


def test_going_back_and_calling_off_are_told_of_without_their_reasons(reception: Reception) -> None:
    reception.publish_new()
    reception.now += timedelta(minutes=1)
    reception.roll_back(1, reception.now + timedelta(days=1))
    assert (last(reception).action, last(reception).details) == ("funnel.rolled_back", {"restores": 1})
    assert "a mistake" not in str(last(reception))

    reception.desk.cancel(3, reception.now)
    assert (last(reception).action, last(reception).subject) == ("version.cancelled", Subject("version", "3"))
    assert last(reception).difference.after is None


def test_a_setting_is_told_with_the_old_and_the_new(reception: Reception) -> None:
    reception.desk.require_signatures(False, reception.now)

    assert last(reception).difference == Difference({"signatures_required": True}, {"signatures_required": False})


def test_what_is_repeated_or_refused_is_not_told_of_again(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.publish(draft_id)
    reception.roll_back(1, reception.now + timedelta(days=1))
    reception.desk.cancel(3, reception.now)
    reception.desk.require_signatures(False, reception.now)
    signed = reception.draft(funnel(name="Next"))
    reception.desk.sign(signed, "marketing", ANN_MILLER, None, reception.now)
    before = actions(reception)

    reception.publish(draft_id)
    reception.desk.cancel(3, reception.now)
    reception.desk.require_signatures(False, reception.now)
    reception.desk.sign(signed, "marketing", ANN_MILLER, None, reception.now)
    refused: list[Callable[[], object]] = [
        lambda: reception.desk.sign(signed, "sales", ANN_MILLER, None, reception.now),
        lambda: reception.desk.take_signature_back(signed, "sales", reception.now),
        lambda: reception.desk.delete_draft(draft_id, reception.now),
        lambda: reception.desk.cancel(2, reception.now),
        lambda: reception.roll_back(9),
    ]
    for request in refused:
        with pytest.raises(LifecycleError):
            request()

    assert actions(reception) == before


# ----------------------------------------------------------------------------------------------------------------------
# Entries
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "kept"),
    [(None, None), ("key:laptop", None), ("Ann", "Ann"), ("laptop", "laptop"), ("key:other", "key:other")],
)
def test_the_person_is_left_out_where_only_the_key_is_repeated(by: str | None, kept: str | None) -> None:
    one = entry(LAPTOP, "settings.changed", Subject("settings", "funnel"), at(1), Difference(None, None), by=by)

    assert one.by == kept


def test_every_entry_has_an_id_of_its_own() -> None:
    made = [
        entry(LAPTOP, "settings.changed", Subject("settings", "funnel"), at(1), Difference(None, None)).entry_id
        for _ in range(100)
    ]

    assert len(set(made)) == 100


# ----------------------------------------------------------------------------------------------------------------------
# Reading
# ----------------------------------------------------------------------------------------------------------------------

NAMES = ("laptop", "crm", "Ann")
moments = st.integers(0, 5).map(at)
entries = st.lists(
    st.builds(
        lambda moment, action, actor, by, subject: told(
            "",
            moment,
            action=action,
            origin=Origin(Actor("api_key", actor)),
            by=by,
            subject=Subject("draft", subject),
        ),
        moments,
        st.sampled_from(["draft.signed", "draft.deleted"]),
        st.sampled_from(NAMES),
        st.none() | st.sampled_from(NAMES),
        st.sampled_from(["d1", "d2"]),
    ),
    max_size=25,
).map(lambda made: [replace(one, entry_id=f"{number:02}") for number, one in enumerate(made)])
wanteds = st.builds(
    Wanted,
    st.none() | moments,
    st.none() | moments,
    st.none() | st.sampled_from(["draft.signed", "draft.deleted"]),
    st.none() | st.sampled_from(NAMES),
    st.none() | st.sampled_from(["d1", "d2"]),
)


def trail_of(made: list[AuditEntry]) -> AuditTrail:
    records = MemoryAudit()
    for one in made:
        records.record(one)
    return AuditTrail(records, MemoryStore())


def said_otherwise(one: AuditEntry, wanted: Wanted) -> bool:
    """What the filters mean, said once more."""
    return (
        (wanted.since is None or one.at >= wanted.since)
        and (wanted.until is None or one.at < wanted.until)
        and (wanted.action is None or one.action == wanted.action)
        and (wanted.actor is None or wanted.actor in (one.origin.actor.name, one.by))
        and (wanted.subject is None or one.subject.id == wanted.subject)
    )


@given(entries, wanteds, st.integers(1, 7), st.integers(1, 30))
def test_the_pages_together_are_all_that_is_wanted_newest_first(
    made: list[AuditEntry], wanted: Wanted, limit: int, most_read: int
) -> None:
    trail = trail_of(made)
    found: list[AuditEntry] = []
    position: tuple[str, ...] | None = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "MOST_READ", most_read)
        for _ in range(len(made) + 1):
            page = trail.page(wanted, position, limit)
            assert len(page.entries) <= limit
            found += page.entries
            position = page.position
            if position is None:
                break

    assert position is None, "the pages have no end"
    expected = [one for one in made if said_otherwise(one, wanted)]
    assert found == sorted(expected, key=lambda one: (one.at, one.entry_id), reverse=True)


def test_what_is_done_between_two_pages_shifts_none() -> None:
    records = MemoryAudit()
    for minute in range(4):
        records.record(told(f"e{minute}", at(minute)))
    trail = AuditTrail(records, MemoryStore())

    first = trail.page(Wanted(), None, 2)
    records.record(told("new", at(9)))
    second = trail.page(Wanted(), first.position, 2)

    assert [one.entry_id for one in first.entries + second.entries] == ["e3", "e2", "e1", "e0"]
    assert second.position is None


def test_a_page_reads_little_more_than_it_shows() -> None:
    records = MemoryAudit()
    for minute in range(50):
        records.record(told(f"e{minute:02}", at(minute)))

    AuditTrail(records, MemoryStore()).page(Wanted(), None, 10)
    assert records.reads == 11


def test_an_entry_of_its_own_is_recorded_once() -> None:
    records = MemoryAudit()
    trail = AuditTrail(records, MemoryStore())
    exported = told("e", at(1), action="prospect.exported")

    trail.record(exported)
    trail.record(exported)
    assert trail.page(Wanted(), None, 10).entries == (exported,)
