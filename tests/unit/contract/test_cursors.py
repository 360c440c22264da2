"""Cursors: every position comes back, and nothing else is a cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.contract.caller import Caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.refusals import InvalidCursorError

CALLER = Caller("demo", "key:laptop", "plc_a-key", ())
positions = st.lists(st.text(), max_size=4).map(tuple)


@given(positions)
def test_a_position_comes_back(position: tuple[str, ...]) -> None:
    cursors = CursorMaker(CALLER, "/prospects", ["engaged", None])
    cursor = cursors.make(position)
    assert cursor is not None
    assert cursor.isascii()
    assert cursors.read(cursor) == position


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError, match="without cursor"):
        CursorMaker(CALLER, "/prospects").read(text)


@pytest.mark.parametrize(
    "other",
    [
        CursorMaker(CALLER._replace(workspace="other"), "/prospects", ["engaged"]),
        CursorMaker(CALLER._replace(secret="plc_other"), "/prospects", ["engaged"]),
        CursorMaker(CALLER, "/prospects/{prospect_id}/timeline", ["engaged"]),
        CursorMaker(CALLER, "/prospects", ["suspect"]),
        CursorMaker(CALLER, "/prospects", [None, "engaged"]),
    ],
)
def test_a_cursor_of_another_list_is_refused(other: CursorMaker) -> None:
    cursor = CursorMaker(CALLER, "/prospects", ["engaged"]).make(("1",))
    with pytest.raises(InvalidCursorError):
        other.read(cursor)


def test_no_next_page_has_no_cursor() -> None:
    assert CursorMaker(CALLER, "/prospects").make(None) is None
    assert CursorMaker(CALLER, "/prospects").read(None) is None
