"""Links of a CRM: the pieces of a record, told in any order, say the same about who is on the deal."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.services.links import missing_from, updates_of
from lifecycle.sources.said import LinkUpdate
from tests.builders import at

ANN, BO = Identity("crm:salesforce", "003A"), Identity("crm:salesforce", "003B")
MADE = LinkUpdate("1", at(1), at(9), "l", "d", ANN, "buyer")
MOVED = LinkUpdate("2", at(2), at(9), "l", contact=BO)
PROMOTED = LinkUpdate("3", at(3), at(9), "l", role="decision maker")
GONE = LinkUpdate("4", at(4), at(9), "l", deleted=True)
ALL = (MADE, MOVED, PROMOTED, GONE)


def on_deal(deal_log: list[DealUpdate]) -> dict[Identity, str | None]:
    """Who is on the deal at the end of its log, and in which role."""
    there: dict[Identity, str | None] = {}
    for update in sorted(deal_log, key=lambda update: update.key):
        for contact in update.left:
            there.pop(contact.identities[0], None)
        for contact in update.joined:
            there[contact.identities[0]] = contact.role
    return there


def told(pieces: tuple[LinkUpdate, ...]) -> list[DealUpdate]:
    """The deal's log once the pieces came in, one after the other."""
    known: list[LinkUpdate] = []
    deal_log: list[DealUpdate] = []
    for piece in pieces:
        known.append(piece)
        deal_log += missing_from(deal_log, updates_of(known))
    return deal_log


def test_a_record_puts_its_contact_on_the_deal() -> None:
    (update,) = updates_of([MADE])

    assert update.deal_id == "d"
    assert update.joined == (Contact((ANN,), "buyer"),)


def test_a_record_that_names_another_contact_moves_the_link() -> None:
    assert on_deal(told((MADE, MOVED))) == {BO: "buyer"}


def test_a_changed_role_is_the_contacts_new_role() -> None:
    assert on_deal(told((MADE, MOVED, PROMOTED))) == {BO: "decision maker"}


def test_a_deletion_that_names_nothing_but_the_record_takes_the_contact_off() -> None:
    assert on_deal(told((MADE, GONE))) == {}


def test_pieces_say_nothing_until_the_deal_is_known() -> None:
    assert updates_of([MOVED, PROMOTED, GONE]) == []


def test_the_same_piece_again_adds_nothing() -> None:
    log = told((MADE, MOVED))

    assert missing_from(log, updates_of([MADE, MOVED])) == []


def test_every_order_of_arrival_ends_with_the_same_contacts() -> None:
    for size in range(1, len(ALL) + 1):
        pieces = ALL[:size]
        expected = on_deal(told(pieces))
        for order in permutations(pieces):
            assert on_deal(told(order)) == expected, order


pieces_of_a_link = st.lists(
    st.builds(
        lambda number, contact, role, deleted: LinkUpdate(
            str(number), at(number), at(99), "l", "d" if number % 3 == 0 else None,
            None if deleted else contact, None if deleted else role, deleted,
        ),
        st.integers(0, 30), st.sampled_from([None, ANN, BO]), st.sampled_from([None, "buyer", "user"]), st.booleans(),
    ),
    unique_by=lambda piece: piece.id, max_size=7,
)  # fmt: skip


@given(pieces_of_a_link, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(pieces: list[LinkUpdate], chance: object) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert on_deal(told(tuple(shuffled))) == on_deal(told(tuple(pieces)))
