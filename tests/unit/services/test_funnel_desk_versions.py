"""Publication, roll-back and calling off: only what both agreed on, one version at a time, and nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lifecycle.funnel.form.document import content_hash
from lifecycle.funnel.parsing import default_definition
from lifecycle.services.calendars import PUBLICATION_LEAD, Calendars
from lifecycle.services.errors import (
    AlreadyInForceError,
    DraftChangedError,
    FunnelBusyError,
    InvalidDefinitionError,
    NotInForceYetError,
    SignaturesMissingError,
    StaleDraftError,
    TooLateToCancelError,
    VersionCancelledError,
    VersionNotFoundError,
    VersionPendingError,
)
from lifecycle.services.publishing import When
from lifecycle.store.funnel_records import FunnelHead, Term
from tests.builders import at
from tests.fakes.reception import ANN, SAM, Reception, funnel, without_stage

SOON = PUBLICATION_LEAD.total_seconds()


@pytest.fixture
def reception() -> Reception:
    return Reception()


# ----------------------------------------------------------------------------------------------------------------------
# In force
# ----------------------------------------------------------------------------------------------------------------------


def test_the_default_is_in_force_until_something_is_published(reception: Reception) -> None:
    view = reception.desk.in_force(at(0))

    assert (view.in_force.version, view.in_force.signatures, view.in_force.effective_at) == (1, (), None)
    assert view.in_force.definition == default_definition()
    assert view.in_force.content_hash == content_hash(default_definition())
    assert view.next is None


def test_a_published_version_is_in_force_when_the_request_is_answered(reception: Reception) -> None:
    draft_id = reception.signed_draft()

    publication = reception.publish(draft_id)

    assert (publication.version, publication.is_new, publication.warnings) == (2, True, ())
    assert publication.content_hash == content_hash(funnel())
    assert reception.waited == [SOON]
    assert publication.effective_at == at(0) + PUBLICATION_LEAD == reception.now
    view = reception.desk.in_force(reception.now).in_force
    assert (view.version, view.definition, view.published_by, view.published_at) == (2, funnel(), ANN, at(0))
    assert [(one.team, one.by) for one in view.signatures] == [("marketing", ANN), ("sales", SAM)]


def test_whoever_asks_after_the_publication_is_judged_by_it_whatever_they_remember(reception: Reception) -> None:
    calendars = Calendars(reception.records)
    draft_id = reception.signed_draft()
    calendars.calendar(reception.now)

    reception.publish(draft_id)

    assert calendars.calendar(reception.now).at(reception.now).funnel.version == 2


def test_everybody_is_evaluated_anew_once_the_version_is_in_force(reception: Reception) -> None:
    publication = reception.publish(reception.signed_draft())

    assert reception.reevaluated == [(2, publication.effective_at)]
    assert publication.reevaluation_id == "reevaluation-2"
    assert reception.records.due_until(at(10_000), 10) == []


def test_a_publication_at_a_given_time_waits_for_nobody(reception: Reception) -> None:
    draft_id = reception.signed_draft()

    publication = reception.publish(draft_id, at(60))

    assert (publication.effective_at, publication.reevaluation_id) == (at(60), None)
    assert (reception.waited, reception.reevaluated) == ([], [])
    assert reception.desk.in_force(at(59)).in_force.version == 1
    assert reception.desk.in_force(at(59)).next == Term(2, at(60))
    assert reception.desk.in_force(at(60)).in_force.version == 2
    assert reception.desk.in_force(at(60)).next is None
    assert [timer.id for timer in reception.records.due_until(at(60), 10)] == ["2"]


def test_a_time_that_no_process_could_know_of_is_moved_to_where_all_do(reception: Reception) -> None:
    publication = reception.publish(reception.signed_draft(), at(0) + timedelta(seconds=1))

    assert publication.effective_at == at(0) + PUBLICATION_LEAD
    assert reception.waited == [SOON]


# ----------------------------------------------------------------------------------------------------------------------
# What is refused
# ----------------------------------------------------------------------------------------------------------------------


def test_without_both_signatures_nothing_is_published(reception: Reception) -> None:
    draft_id = reception.draft()

    with pytest.raises(SignaturesMissingError) as both:
        reception.publish(draft_id)
    assert both.value.teams == ("marketing", "sales")

    reception.desk.sign(draft_id, "marketing", ANN, None, at(0))
    with pytest.raises(SignaturesMissingError, match=r"^signatures: sales must sign") as one:
        reception.publish(draft_id)
    assert one.value.teams == ("sales",)
    assert reception.records.head() == FunnelHead()


def test_a_workspace_may_do_without_signatures(reception: Reception) -> None:
    assert reception.desk.requires_signatures()
    reception.desk.require_signatures(False, reception.now)
    assert not reception.desk.requires_signatures()

    assert reception.publish(reception.draft()).version == 2

    reception.desk.require_signatures(True, reception.now)
    with pytest.raises(SignaturesMissingError):
        reception.publish(reception.draft(funnel(name="Other")))


def test_a_setting_that_is_changed_while_somebody_publishes_is_kept(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.records.before_write.append(lambda: reception.publish(draft_id))

    reception.desk.require_signatures(False, reception.now)

    assert (reception.in_force(), reception.desk.requires_signatures()) == (2, False)


def test_another_content_than_the_one_meant_is_not_published(reception: Reception) -> None:
    draft_id = reception.signed_draft()

    with pytest.raises(DraftChangedError):
        reception.desk.publish(draft_id, content_hash(funnel(name="Meant")), ANN, When(at(0), None))


def test_a_content_that_changes_while_it_is_published_is_not_published_unsigned(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.records.before_write.append(
        lambda: reception.desk.change_draft(draft_id, funnel(name="Other"), None, at(0))
    )

    with pytest.raises(SignaturesMissingError):
        reception.publish(draft_id)

    assert reception.in_force() == 1


def test_a_draft_of_a_version_that_is_no_longer_in_force_must_be_checked_again(reception: Reception) -> None:
    late = reception.signed_draft(funnel(name="Late"))
    reception.publish_new()

    with pytest.raises(StaleDraftError, match=r"version 1 .* version 2 .* PUT"):
        reception.publish(late)

    reception.desk.change_draft(late, funnel(name="Late"), None, reception.now)
    with pytest.raises(SignaturesMissingError):
        reception.publish(late)


def test_while_a_version_is_scheduled_no_other_is_published(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))
    other = reception.signed_draft(funnel(name="Other"))

    with pytest.raises(VersionPendingError, match=r"version 2 comes into force at 2026-01-01T01:00:00Z") as refused:
        reception.publish(other)

    assert refused.value.version == 2


def test_of_two_publications_at_once_one_is_refused(reception: Reception) -> None:
    one, other = reception.signed_draft(funnel(name="One")), reception.signed_draft(funnel(name="Other"))
    reception.records.before_write.append(lambda: reception.publish(other, at(60)))

    with pytest.raises(VersionPendingError):
        reception.publish(one, at(60))

    assert [version.version for version in reception.desk.versions(at(0))] == [2, 1]


def test_prospects_who_came_to_stand_in_a_removed_stage_stop_a_publication(reception: Reception) -> None:
    reception.publish_new()
    draft_id = reception.signed_draft(without_stage("in_talks"))
    reception.standing = {"in_talks": 3}

    with pytest.raises(InvalidDefinitionError):
        reception.publish(draft_id)

    assert reception.in_force() == 2


def test_a_funnel_that_others_keep_changing_is_given_up(reception: Reception) -> None:
    draft_id = reception.signed_draft()

    def toggle() -> None:
        head = reception.records.head()
        reception.records.require_signatures(head, not head.signatures_required)

    for _ in range(20):
        reception.records.before_write += [lambda: None, toggle]

    with pytest.raises(FunnelBusyError):
        reception.publish(draft_id)


# ----------------------------------------------------------------------------------------------------------------------
# Twice
# ----------------------------------------------------------------------------------------------------------------------


def test_publishing_twice_is_publishing_once(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    first = reception.publish(draft_id)

    again = reception.publish(draft_id)

    assert (again.version, again.effective_at, again.is_new) == (first.version, first.effective_at, False)
    assert again.reevaluation_id == first.reevaluation_id
    assert reception.records.head().last_version == 2


def test_publishing_twice_at_once_is_publishing_once(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.records.before_write.append(lambda: reception.desk.publish(draft_id, None, SAM, When(at(0), None)))

    assert not reception.publish(draft_id).is_new
    assert reception.records.head().last_version == 2


def test_a_repeated_request_finishes_what_a_broken_one_left_undone(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.fails_with = ConnectionError("the queue is out of reach")
    with pytest.raises(ConnectionError):
        reception.publish(draft_id)
    assert [timer.id for timer in reception.records.due_until(at(10_000), 10)] == ["2"]
    reception.fails_with = None

    again = reception.publish(draft_id)

    assert (again.is_new, again.reevaluation_id) == (False, "reevaluation-2")
    assert reception.records.due_until(at(10_000), 10) == []


def test_a_repeated_request_waits_for_the_rest_of_the_time_only(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.publish(draft_id)

    reception.desk.publish(draft_id, None, ANN, When(at(0) + timedelta(seconds=2), None))

    assert reception.waited == [SOON, SOON - 2]


# ----------------------------------------------------------------------------------------------------------------------
# Back to an earlier version
# ----------------------------------------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_as_a_new_one_on_its_old_signatures(reception: Reception) -> None:
    reception.publish_new(funnel(name="Good"))
    reception.publish_new(funnel(name="Bad"))

    publication = reception.roll_back(2)

    view = reception.desk.in_force(reception.now).in_force
    assert (publication.version, publication.is_new, publication.reevaluation_id) == (4, True, "reevaluation-4")
    assert (view.version, view.restores, view.reason, view.definition["name"]) == (4, 2, "a mistake", "Good")
    assert [signature.by for signature in view.signatures] == [ANN, SAM]


def test_the_default_can_come_back(reception: Reception) -> None:
    reception.publish_new()

    reception.roll_back(1)

    view = reception.desk.in_force(reception.now).in_force
    assert (view.version, view.restores, view.definition) == (3, 1, default_definition())


def test_an_earlier_version_can_come_back_at_a_given_time(reception: Reception) -> None:
    reception.publish_new()

    publication = reception.roll_back(1, at(60))

    assert (publication.effective_at, publication.reevaluation_id) == (at(60), None)
    assert reception.in_force() == 2


def test_going_back_is_not_stopped_by_prospects_in_stages_that_were_not_there_and_tells_of_them(
    reception: Reception,
) -> None:
    reception.publish_new(without_stage("in_talks"))
    reception.publish_new(funnel(name="With talks"))
    reception.standing = {"in_talks": 4, "won": 9}

    publication = reception.roll_back(2)

    assert publication.warnings == ("4 prospects leave the stage 'in_talks', which this version does not have.",)


def test_going_back_twice_is_going_back_once(reception: Reception) -> None:
    reception.publish_new()

    first, again = reception.roll_back(1), reception.roll_back(1)

    assert (first.version, first.is_new) == (3, True)
    assert (again.version, again.is_new) == (3, False)


def test_going_back_twice_at_once_is_going_back_once(reception: Reception) -> None:
    reception.publish_new()
    reception.records.before_write.append(
        lambda: reception.desk.roll_back(1, SAM, "my mistake", When(reception.now, None))
    )

    assert not reception.roll_back(1).is_new
    assert reception.records.head().last_version == 3


def test_one_can_go_back_and_forth(reception: Reception) -> None:
    reception.publish_new(funnel(name="Two"))
    for target in (1, 2, 1, 2, 4):
        reception.roll_back(target)

    view = reception.desk.in_force(reception.now).in_force
    assert (view.version, view.restores, view.definition["name"]) == (7, 4, "Two")


def test_what_is_in_force_cannot_come_back(reception: Reception) -> None:
    with pytest.raises(AlreadyInForceError):
        reception.roll_back(1)


def test_what_never_was_cannot_come_back(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))

    with pytest.raises(VersionNotFoundError):
        reception.roll_back(3)
    with pytest.raises(VersionPendingError):
        reception.roll_back(2)
    reception.desk.cancel(2, at(1))
    with pytest.raises(VersionCancelledError):
        reception.roll_back(2)


# ----------------------------------------------------------------------------------------------------------------------
# Calling off
# ----------------------------------------------------------------------------------------------------------------------


def test_a_scheduled_version_can_be_called_off_and_stays_in_the_history(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))

    called_off = reception.desk.cancel(2, at(10))

    assert called_off.version.cancelled_at == at(10)
    assert reception.desk.in_force(at(60)).in_force.version == 1
    assert [view.cancelled_at for view in reception.desk.versions(at(60))] == [at(10), None]
    assert reception.records.due_until(at(10_000), 10) == []


def test_calling_off_twice_is_calling_off_once(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))
    reception.desk.cancel(2, at(10))

    assert reception.desk.cancel(2, at(11)).version.cancelled_at == at(10)


def test_what_is_in_force_or_almost_is_not_called_off(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))

    for moment in (at(60) - timedelta(seconds=2), at(60), at(61)):
        with pytest.raises(TooLateToCancelError):
            reception.desk.cancel(2, moment)
    with pytest.raises(TooLateToCancelError):
        reception.desk.cancel(1, at(0))
    with pytest.raises(VersionNotFoundError):
        reception.desk.cancel(3, at(0))


def test_a_draft_whose_version_was_called_off_can_be_published_again_as_it_is(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.publish(draft_id, at(60))
    reception.desk.cancel(2, at(10))

    publication, again = reception.publish(draft_id, at(90)), reception.publish(draft_id, at(91))

    assert (publication.version, publication.effective_at, publication.is_new) == (3, at(90), True)
    assert (again.version, again.effective_at, again.is_new) == (3, at(90), False)


# ----------------------------------------------------------------------------------------------------------------------
# History
# ----------------------------------------------------------------------------------------------------------------------


def test_the_whole_history_is_kept_newest_first(reception: Reception) -> None:
    reception.publish_new()
    reception.roll_back(1)

    versions = reception.desk.versions(reception.now)

    assert [(view.version, view.in_force, view.restores) for view in versions] == [
        (3, True, 1),
        (2, False, None),
        (1, False, None),
    ]


def test_a_version_says_what_it_changed_against_the_one_that_it_replaced(reception: Reception) -> None:
    reception.publish_new(funnel(name="Two"))
    reception.publish_new(funnel(name="Called off"), reception.now + timedelta(hours=1))
    reception.desk.cancel(3, reception.now)
    reception.publish_new(funnel(name="Four"))

    assert reception.desk.version(1, reception.now).changes == ()
    (change,) = reception.desk.version(4, reception.now).changes
    assert "Two" in change
    assert "Four" in change
    with pytest.raises(VersionNotFoundError):
        reception.desk.version(5, reception.now)


# ----------------------------------------------------------------------------------------------------------------------
# Evaluating everybody anew
# ----------------------------------------------------------------------------------------------------------------------


def test_the_evaluation_of_everybody_can_be_asked_for_again(reception: Reception) -> None:
    reception.publish_new()

    assert reception.desk.resume_reevaluation(2, reception.now).job_id == "reevaluation-2"


def test_nobody_is_evaluated_by_what_is_not_in_force(reception: Reception) -> None:
    reception.publish_new(effective_at=at(60))

    with pytest.raises(NotInForceYetError):
        reception.desk.resume_reevaluation(2, at(59))
    with pytest.raises(VersionNotFoundError):
        reception.desk.resume_reevaluation(1, at(0))
    reception.desk.cancel(2, at(1))
    with pytest.raises(VersionCancelledError):
        reception.desk.resume_reevaluation(2, at(61))
