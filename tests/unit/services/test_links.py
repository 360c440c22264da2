"""Links of a CRM: the pieces of a record, told in any order, say the same about who is on the deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.services.links import deal_of, missing_from, updates_of
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
        deal_log += missing_from(deal_log, updates(known))
    return deal_log


def updates(known: Sequence[LinkUpdate]) -> list[DealUpdate]:
    """What pieces of one deal's links say, whichever of them they are of."""
    logs: dict[str, list[LinkUpdate]] = {}
    for piece in known:
        logs.setdefault(piece.link_id, []).append(piece)
    return updates_of("d", [log for log in logs.values() if deal_of(log) == "d"])


def test_a_record_puts_its_contact_on_the_deal() -> None:
    (update,) = updates([MADE])

    assert update.deal_id == "d"
    assert update.joined == (Contact((ANN,), "buyer"),)


def test_a_record_that_names_another_contact_moves_the_link() -> None:
    assert on_deal(told((MADE, MOVED))) == {BO: "buyer"}


def test_a_changed_role_is_the_contacts_new_role() -> None:
    assert on_deal(told((MADE, MOVED, PROMOTED))) == {BO: "decision maker"}


def test_a_deletion_that_names_nothing_but_the_record_takes_the_contact_off() -> None:
    assert on_deal(told((MADE, GONE))) == {}


def test_pieces_say_nothing_until_the_deal_is_known() -> None:
    assert updates([MOVED, PROMOTED, GONE]) == []


def test_the_same_piece_again_adds_nothing() -> None:
    log = told((MADE, MOVED))

    assert missing_from(log, updates([MADE, MOVED])) == []


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


# ---- several records of one person on one deal ----------------------------------------------------------------------

ROLES = st.sampled_from(["buyer", "user", "sponsor"])


class Roles:
    """The contact roles of a deal in a CRM, changed one after the other, and what it tells of each change."""

    def __init__(self) -> None:
        self.there: dict[str, tuple[Identity, str]] = {}
        self.pieces: list[LinkUpdate] = []
        self._gone: set[str] = set()

    def add(self, link_id: str, contact: Identity, role: str) -> None:
        if link_id not in self.there and link_id not in self._gone:
            self.there[link_id] = contact, role
            self._tell(link_id, deal_id="d", contact=contact, role=role)

    def change(self, link_id: str, role: str) -> None:
        if link_id in self.there:
            contact, _ = self.there.pop(link_id)
            self.there[link_id] = contact, role
            self._tell(link_id, role=role)

    def remove(self, link_id: str) -> None:
        if self.there.pop(link_id, None):
            self._gone.add(link_id)
            self._tell(link_id, deleted=True)

    def on_deal(self) -> dict[Identity, str | None]:
        """Everybody who has a role, and of several the one that changed last."""
        return dict(self.there.values())

    def _tell(self, link_id: str, **said: Any) -> None:
        number = len(self.pieces) + 1
        self.pieces.append(LinkUpdate(f"{number * 7 % 10}-{number}", at(number // 2), at(99), link_id, **said))


@st.composite
def changed_roles(draw: st.DrawFn) -> Roles:
    roles, links = Roles(), st.sampled_from(["l1", "l2", "l3"])
    for change in draw(st.lists(st.sampled_from(["add", "add", "change", "remove"]), max_size=9)):
        if change == "add":
            roles.add(draw(links), draw(st.sampled_from([ANN, ANN, BO])), draw(ROLES))
        elif change == "change":
            roles.change(draw(links), draw(ROLES))
        else:
            roles.remove(draw(links))
    return roles


def test_of_two_roles_of_one_person_one_may_go_and_the_person_stays_in_the_other() -> None:
    buyer = LinkUpdate("1", at(1), at(9), "l1", "d", ANN, "buyer")
    user = LinkUpdate("2", at(2), at(9), "l2", "d", ANN, "user")
    gone = LinkUpdate("3", at(3), at(9), "l2", deleted=True)
    last = LinkUpdate("4", at(4), at(9), "l1", deleted=True)

    for order in permutations((buyer, user, gone)):
        assert on_deal(told(order)) == {ANN: "buyer"}, order
    for order in permutations((buyer, user, gone, last)):
        assert on_deal(told(order)) == {}, order


@given(changed_roles(), st.randoms(use_true_random=False))
def test_who_has_a_role_is_on_the_deal_whatever_was_added_and_removed_and_however_it_is_told(
    roles: Roles, chance: Random
) -> None:
    pieces = list(roles.pieces)
    chance.shuffle(pieces)

    assert on_deal(told(tuple(pieces))).keys() == roles.on_deal().keys()


@given(changed_roles(), st.randoms(use_true_random=False))
def test_of_several_roles_the_one_that_changed_last_counts(roles: Roles, chance: Random) -> None:
    pieces = [replace(piece, occurred_at=at(number)) for number, piece in enumerate(roles.pieces)]
    chance.shuffle(pieces)

    assert on_deal(told(tuple(pieces))) == roles.on_deal()
