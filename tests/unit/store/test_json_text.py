"""Definitions as text: what goes in comes out, to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.store.json_text import from_json, to_json

texts = st.text(st.characters(exclude_categories=["Cs"]))


def documents_of(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and maps of leaves, in one another."""
    return st.recursive(
        leaves, lambda parts: st.lists(parts, max_size=4) | st.dictionaries(texts, parts, max_size=4), max_leaves=20
    )


numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)


@given(documents_of(st.none() | st.booleans() | numbers | texts))
def test_a_document_comes_back_as_it_was_written(document: Any) -> None:
    text = to_json(document)

    assert from_json(text) == document
    assert to_json(from_json(text)) == text


@given(documents_of(st.none() | st.booleans() | st.integers() | texts))
def test_the_text_is_what_the_standard_library_writes(document: Any) -> None:
    assert to_json(document) == json.dumps(document, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("number", ["1.50", "-0.0", "1E+5", "0E-8", "123456789012345678901234567890.5", "1E-999999"])
def test_a_number_keeps_its_digits(number: str) -> None:
    assert to_json([Decimal(number)]) == f"[{number}]"
    assert str(from_json(number)) == number


def test_the_text_is_compact() -> None:
    assert to_json({"a": [1, "ü", None, True], "b": {}}) == '{"a":[1,"ü",null,true],"b":{}}'


def test_the_order_of_names_is_kept() -> None:
    assert list(from_json(to_json({"b": 1, "a": 2}))) == ["b", "a"]


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        (1.5, TypeError, "a float cannot be kept"),
        ({1, 2}, TypeError, "a set cannot be kept"),
        ({1: 2}, TypeError, "a name is of type int"),
        ([Decimal("NaN")], ValueError, "NaN"),
        ([Decimal("-Infinity")], ValueError, "-Infinity"),
    ],
)
def test_what_is_no_json_is_refused(value: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        to_json(value)
