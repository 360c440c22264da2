"""Encoding: numbers, and everything else that JSON does not have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.contract.encode import encode_timeline
from lifecycle.events import Activity, Identity
from lifecycle.services.results import TimelinePage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def encoded(value: Any) -> str:
    """A property as it stands in the answer."""
    identities = (Identity("user", "u"),)
    activity = Activity("1", NOON, NOON, "visit", "inbound", identities, properties={"value": value})
    answer = json.loads(
        json.dumps(encode_timeline(TimelinePage("p", (activity,), None), None)), parse_float=str, parse_int=str
    )
    return str(answer["entries"][0]["properties"]["value"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("5"), "5"),
        (Decimal("5.0"), "5"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.1"), "0.1"),
        (Decimal("-4800.5"), "-4800.5"),
        (Decimal("12345678901234567890"), "12345678901234567890"),
        (Decimal("1E+125"), "1e+125"),
        (Decimal("1E-125"), "1e-125"),
        (7, "7"),
    ],
)
def test_numbers_keep_their_value(value: Any, text: str) -> None:
    assert encoded(value) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_usual_numbers_come_back_to_the_digit(value: Decimal) -> None:
    assert Decimal(encoded(value)) == value


def test_nested_values_are_encoded_all_the_way_down() -> None:
    assert encoded({"a": [Decimal("1.5"), {"b": None}]}) == str({"a": ["1.5", {"b": None}]})
