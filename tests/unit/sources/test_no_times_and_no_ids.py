"""Values that are no times and no ids, though they look like it."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.sources.reading import MAX_OUTSIDE_ID, optional_text, text_in
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_millis, from_seconds


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1e9999999", "", "x", True, None, [], -1])
def test_what_is_no_time_is_unreadable(value: Any) -> None:
    for read in (from_seconds, from_millis):
        with pytest.raises(UnreadablePartError, match="is not a time"):
            read(value)


def test_a_number_is_held_to_the_length_of_an_id() -> None:
    assert text_in(10 ** (MAX_OUTSIDE_ID - 1), "id") == "1" + "0" * (MAX_OUTSIDE_ID - 1)
    with pytest.raises(UnreadablePartError, match="longer than"):
        text_in(10**MAX_OUTSIDE_ID, "id")
    assert optional_text(10**MAX_OUTSIDE_ID) == "1" + "0" * (MAX_OUTSIDE_ID - 1)
