"""Roles: what each may do, and what several come to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.services.roles import ROLES, SCOPES_OF, scopes_of
from lifecycle.services.scopes import SCOPES, SIGNING, granted

roles = st.lists(st.sampled_from([*ROLES, "owner", "Admin", "", "read"]), max_size=6)


def test_every_role_may_do_something_that_there_is() -> None:
    assert SCOPES_OF.keys() == set(ROLES)
    for scopes in SCOPES_OF.values():
        assert scopes
        assert set(scopes) <= set(SCOPES)


@given(roles, roles)
def test_several_roles_may_do_what_each_may_and_no_more(some: list[str], others: list[str]) -> None:
    assert set(scopes_of([*some, *others])) == {*scopes_of(some), *scopes_of(others)}


@given(roles)
def test_only_a_teams_own_role_signs_for_it(some: list[str]) -> None:
    for team, signature in SIGNING.items():
        assert (signature in granted(scopes_of(some))) is (team in some)
