"""What a process remembers of one workspace is never found by another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Identity, prospect_id
from lifecycle.services.calendars import remembered
from lifecycle.services.hints import Hints

WORKSPACES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
IDENTITIES = st.builds(Identity, st.sampled_from(["email", "visitor", "user", "crm:hubspot"]), st.text(min_size=1))


@given(st.lists(st.tuples(WORKSPACES, IDENTITIES), min_size=2, max_size=2, unique=True))
def test_workspaces_share_a_memory_of_pointers_without_meeting_in_it(whose: list[tuple[str, Identity]]) -> None:
    """Ids are hashes over the workspace and the identity."""
    one, other = (prospect_id(workspace, identity) for workspace, identity in whose)
    hints = Hints()
    hints.learn(one, "root")

    assert hints.get(one) == "root"
    assert hints.get(other) is None


@given(st.lists(WORKSPACES, min_size=2, max_size=2, unique=True))
def test_what_is_remembered_of_a_funnel_is_remembered_by_its_workspace(workspaces: list[str]) -> None:
    one, other = workspaces

    assert remembered("table", one) is remembered("table", one)
    assert remembered("table", one) is not remembered("table", other)
