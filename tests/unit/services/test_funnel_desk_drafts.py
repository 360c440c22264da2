"""Drafts: what is wrong is said with its place, a change voids signatures, and nobody overwrites anybody unseen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.funnel.form.document import content_hash
from lifecycle.funnel.parsing import default_definition
from lifecycle.services.errors import (
    DraftChangedError,
    DraftNotFoundError,
    DraftPublishedError,
    FunnelBusyError,
    InvalidDefinitionError,
    SamePersonError,
    SignatureNotFoundError,
    TeamSignedError,
    UnknownReadyMadeError,
)
from lifecycle.services.publishing import When
from tests.builders import at
from tests.fakes.reception import ANN, SAM, Reception, funnel, without_stage


@pytest.fixture
def reception() -> Reception:
    return Reception()


# ----------------------------------------------------------------------------------------------------------------------
# Making and checking
# ----------------------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_its_definition_in_one_form_of_numbers(reception: Reception) -> None:
    given = funnel(score={"weights": {"meeting": Decimal("5.0")}})

    view = reception.desk.create_draft(given, ANN, reception.now)

    kept = reception.desk.draft(view.draft.draft_id, reception.now).draft
    assert kept.definition == funnel(score={"weights": {"meeting": 5}})
    assert kept.content_hash == content_hash(given)
    assert (kept.created_by, kept.created_at, kept.based_on, kept.signatures) == (ANN, at(0), 1, ())


def test_a_new_draft_says_what_it_changes(reception: Reception) -> None:
    definition = {**default_definition(), "name": "Ours"}

    assert any("Ours" in change for change in reception.desk.create_draft(definition, ANN, at(0)).judgement.changes)
    assert reception.desk.create_draft(default_definition(), ANN, at(0)).judgement.changes == ()


@pytest.mark.parametrize("definition", [None, [], "contact", 3, {}, {"stages": []}, {"stages": [{}], "colour": 1}])
def test_what_has_not_the_form_of_a_definition_is_refused_with_every_problem(
    reception: Reception, definition: Any
) -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        reception.desk.create_draft(definition, ANN, reception.now)

    assert refused.value.problems
    assert all(problem.reason and problem.expected for problem in refused.value.problems)
    assert reception.desk.drafts() == ()


def test_what_can_never_be_is_refused(reception: Reception) -> None:
    twice = funnel(stages=[*funnel()["stages"], {"key": "contact"}])

    with pytest.raises(InvalidDefinitionError) as refused:
        reception.desk.create_draft(twice, ANN, reception.now)

    assert any(problem.where.startswith("/stages/3") for problem in refused.value.problems)


def test_a_removed_stage_that_holds_prospects_is_a_problem_that_names_stage_and_number(reception: Reception) -> None:
    reception.publish_new()
    reception.standing = {"in_talks": 17, "contact": 1}

    with pytest.raises(InvalidDefinitionError) as refused:
        reception.draft(without_stage("in_talks"))

    (problem,) = refused.value.problems
    assert problem.where == "/stages"
    assert "'in_talks'" in problem.reason
    assert "17 prospects stand" in problem.reason
    assert "replaces" in problem.expected


def test_a_removed_stage_may_go_if_it_is_empty_or_another_replaces_it(reception: Reception) -> None:
    reception.publish_new()
    empty = without_stage("in_talks")
    replaced = without_stage("in_talks")
    replaced["stages"][0]["replaces"] = "in_talks"

    reception.standing = {"in_talks": 0}
    reception.draft(empty)
    reception.standing = {"in_talks": 17}
    reception.draft(replaced)


def test_a_draft_is_judged_anew_whenever_it_is_looked_at(reception: Reception) -> None:
    reception.publish_new()
    draft_id = reception.draft(without_stage("in_talks"))
    assert reception.desk.draft(draft_id, reception.now).judgement.problems == ()

    reception.standing = {"in_talks": 1}

    (problem,) = reception.desk.draft(draft_id, reception.now).judgement.problems
    assert "1 prospect stands" in problem.reason


def test_a_draft_whose_form_is_no_longer_good_can_still_be_looked_at(reception: Reception) -> None:
    draft_id = reception.draft()
    stored = reception.records.draft(draft_id)
    assert stored is not None
    assert reception.records.put_draft(replace(stored, definition={"stages": "of another time"}))

    judgement = reception.desk.draft(draft_id, reception.now).judgement

    assert judgement.problems
    assert judgement.changes == ()


def test_the_gallery_is_there_to_start_from(reception: Reception) -> None:
    assert reception.desk.ready_made("default") == reception.desk.gallery()["default"]
    for definition in reception.desk.gallery().values():
        reception.desk.create_draft(definition, ANN, reception.now)
    with pytest.raises(UnknownReadyMadeError, match="default"):
        reception.desk.ready_made("nothing")


# ----------------------------------------------------------------------------------------------------------------------
# Changing
# ----------------------------------------------------------------------------------------------------------------------


def test_a_changed_content_voids_the_signatures(reception: Reception) -> None:
    draft_id = reception.signed_draft()

    reception.desk.change_draft(draft_id, funnel(name="Other"), None, at(1))

    changed = reception.desk.draft(draft_id, at(1)).draft
    assert (changed.definition["name"], changed.signatures, changed.updated_at) == ("Other", (), at(1))
    assert changed.created_at == at(0)


def test_the_same_content_in_another_order_keeps_the_signatures(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    before = reception.desk.draft(draft_id, at(0)).draft

    reception.desk.change_draft(draft_id, dict(reversed(funnel().items())), None, at(1))

    assert reception.desk.draft(draft_id, at(1)).draft == before


def test_a_version_that_came_into_force_meanwhile_voids_the_signatures_even_of_the_same_content(
    reception: Reception,
) -> None:
    draft_id = reception.signed_draft(funnel(name="Late"))
    reception.publish_new()

    reception.desk.change_draft(draft_id, funnel(name="Late"), None, reception.now)

    rebased = reception.desk.draft(draft_id, reception.now).draft
    assert (rebased.based_on, rebased.signatures) == (2, ())


def test_a_change_of_what_an_editor_did_not_see_is_refused(reception: Reception) -> None:
    draft_id = reception.draft()
    seen = reception.desk.draft(draft_id, at(0)).draft.content_hash
    reception.desk.change_draft(draft_id, funnel(name="By another editor"), seen, at(1))

    with pytest.raises(DraftChangedError) as refused:
        reception.desk.change_draft(draft_id, funnel(name="Mine"), seen, at(2))

    assert refused.value.content_hash == content_hash(funnel(name="By another editor"))


def test_of_two_changes_at_once_the_one_that_names_what_it_saw_is_refused(reception: Reception) -> None:
    draft_id = reception.draft()
    seen = reception.desk.draft(draft_id, at(0)).draft.content_hash
    reception.records.before_write.append(
        lambda: reception.desk.change_draft(draft_id, funnel(name="Faster"), None, at(1))
    )

    with pytest.raises(DraftChangedError):
        reception.desk.change_draft(draft_id, funnel(name="Slower"), seen, at(1))

    assert reception.desk.draft(draft_id, at(1)).draft.definition["name"] == "Faster"


def test_of_two_changes_at_once_that_name_nothing_the_later_stands(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.records.before_write.append(
        lambda: reception.desk.change_draft(draft_id, funnel(name="Faster"), None, at(1))
    )

    reception.desk.change_draft(draft_id, funnel(name="Slower"), None, at(1))

    assert reception.desk.draft(draft_id, at(1)).draft.definition["name"] == "Slower"


def test_a_draft_that_others_keep_changing_is_given_up(reception: Reception) -> None:
    draft_id = reception.draft()

    def change_again(number: int) -> None:
        stored = reception.records.draft(draft_id)
        assert stored is not None
        reception.records.put_draft(replace(stored, created_by=f"somebody else {number}"))

    # Each of our writes is preceded by another one, which must not be preceded itself.
    for number in range(20):
        reception.records.before_write += [lambda: None, lambda number=number: change_again(number)]  # type: ignore[misc]

    with pytest.raises(FunnelBusyError):
        reception.desk.change_draft(draft_id, funnel(name="Never"), None, at(1))


def test_a_deleted_draft_is_gone(reception: Reception) -> None:
    draft_id = reception.draft()

    reception.desk.delete_draft(draft_id, reception.now)

    assert reception.desk.drafts() == ()
    for ask in (
        lambda: reception.desk.draft(draft_id, at(0)),
        lambda: reception.desk.delete_draft(draft_id, reception.now),
        lambda: reception.desk.change_draft(draft_id, funnel(), None, at(0)),
        lambda: reception.desk.sign(draft_id, "sales", SAM, None, at(0)),
        lambda: reception.desk.take_signature_back(draft_id, "sales", reception.now),
        lambda: reception.desk.simulate(draft_id, ANN, at(0)),
        lambda: reception.publish(draft_id),
    ):
        with pytest.raises(DraftNotFoundError):
            ask()


def test_the_draft_that_was_changed_last_is_listed_first(reception: Reception) -> None:
    first, second = reception.draft(), reception.draft()
    reception.desk.change_draft(first, funnel(name="Changed"), None, at(1))

    assert [draft.draft_id for draft in reception.desk.drafts()] == [first, second]


def test_what_was_published_stays_as_it_is(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.publish(draft_id)

    for change in (
        lambda: reception.desk.change_draft(draft_id, funnel(name="Other"), None, reception.now),
        lambda: reception.desk.delete_draft(draft_id, reception.now),
        lambda: reception.desk.sign(draft_id, "sales", SAM, None, reception.now),
        lambda: reception.desk.take_signature_back(draft_id, "sales", reception.now),
    ):
        with pytest.raises(DraftPublishedError, match="version 2"):
            change()
    assert reception.desk.draft(draft_id, reception.now).draft.published_as == 2


def test_a_draft_that_is_published_while_it_is_changed_stays_as_it_was_published(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.records.before_write.append(lambda: reception.publish(draft_id))

    with pytest.raises(DraftPublishedError):
        reception.desk.change_draft(draft_id, funnel(name="Too late"), None, at(0))


# ----------------------------------------------------------------------------------------------------------------------
# Signing
# ----------------------------------------------------------------------------------------------------------------------


def test_a_signature_is_for_a_team_by_a_person_at_a_time_on_an_exact_content(reception: Reception) -> None:
    draft_id = reception.draft()

    signed = reception.desk.sign(draft_id, "sales", SAM, None, at(5))

    (signature,) = signed.draft.signatures
    assert signature == ("sales", SAM, at(5), content_hash(funnel()))
    assert signed.is_new


def test_the_same_word_twice_is_one(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.desk.sign(draft_id, "sales", SAM, None, at(5))

    again = reception.desk.sign(draft_id, "sales", " SAM lee ", None, at(6))

    assert not again.is_new
    assert [signature.signed_at for signature in again.draft.signatures] == [at(5)]


@pytest.mark.parametrize(
    "same",
    [
        "Ann Miller",
        "ann miller",
        "ANN MILLER",
        "  Ann  Miller ",
        "Ann\u00a0Miller",
        "\uff21nn Miller",
        "Ann Mil\u200bler",
    ],
)
def test_one_person_cannot_sign_for_both(reception: Reception, same: str) -> None:
    draft_id = reception.draft()
    reception.desk.sign(draft_id, "marketing", "Ann Miller", None, at(0))

    with pytest.raises(SamePersonError, match="marketing"):
        reception.desk.sign(draft_id, "sales", same, None, at(0))


def test_who_took_a_signature_back_may_sign_for_the_other_team(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.desk.sign(draft_id, "marketing", ANN, None, at(0))

    assert reception.desk.take_signature_back(draft_id, "marketing", reception.now).signatures == ()

    assert [one.team for one in reception.desk.sign(draft_id, "sales", ANN, None, at(1)).draft.signatures] == ["sales"]
    with pytest.raises(SignatureNotFoundError):
        reception.desk.take_signature_back(draft_id, "marketing", reception.now)


def test_a_second_person_does_not_replace_the_first(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.desk.sign(draft_id, "marketing", ANN, None, at(0))

    with pytest.raises(TeamSignedError, match="marketing"):
        reception.desk.sign(draft_id, "marketing", SAM, None, at(0))


def test_what_a_person_did_not_see_is_not_signed(reception: Reception) -> None:
    draft_id = reception.draft()
    seen = reception.desk.draft(draft_id, at(0)).draft.content_hash
    reception.desk.change_draft(draft_id, funnel(name="Other"), None, at(1))

    with pytest.raises(DraftChangedError):
        reception.desk.sign(draft_id, "sales", SAM, seen, at(2))


def test_what_changes_while_it_is_signed_is_not_signed(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.records.before_write.append(
        lambda: reception.desk.change_draft(draft_id, funnel(name="Other"), None, at(1))
    )

    with pytest.raises(DraftChangedError):
        reception.desk.sign(draft_id, "sales", SAM, None, at(1))

    assert reception.desk.draft(draft_id, at(1)).draft.signatures == ()


def test_both_teams_may_sign_at_once(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.records.before_write.append(lambda: reception.desk.sign(draft_id, "sales", SAM, None, at(1)))

    signed = reception.desk.sign(draft_id, "marketing", ANN, None, at(1))

    assert {signature.team for signature in signed.draft.signatures} == {"marketing", "sales"}


def test_one_person_who_signs_for_both_at_once_signs_for_one(reception: Reception) -> None:
    draft_id = reception.draft()
    reception.records.before_write.append(lambda: reception.desk.sign(draft_id, "sales", ANN, None, at(1)))

    with pytest.raises(SamePersonError):
        reception.desk.sign(draft_id, "marketing", ANN, None, at(1))


# ----------------------------------------------------------------------------------------------------------------------
# Trying
# ----------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_tried_as_it_is(reception: Reception) -> None:
    draft_id = reception.draft()

    job = reception.desk.simulate(draft_id, ANN, at(0))

    assert job.job_id == "simulation-1"
    assert [draft.definition for draft in reception.simulated] == [funnel()]


def test_what_became_a_version_can_be_tried_again(reception: Reception) -> None:
    draft_id = reception.signed_draft()
    reception.desk.publish(draft_id, None, ANN, When(reception.now, None))

    assert reception.desk.simulate(draft_id, ANN, reception.now).kind == "simulation"
