"""Bodies: whatever is sent, it becomes a value or a refusal."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lifecycle.contract.body import RepeatedNames, media_type, read_json, read_json_or_nothing
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.refusals import BodyTooLargeError, InvalidRequestError, MalformedBodyError
from lifecycle.contract.values import check_value


def read(body: Any, is_base64: bool = False) -> Any:
    return read_json({"body": body, "isBase64Encoded": is_base64}, MAX_BODY_BYTES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.text() | st.text(alphabet='[]{}",:0123456789.eE+-\\ untrfalsNI', max_size=60))
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("-" + "9" * 10_000)
@example("1e" + "9" * 1000)
@example('"\\ud800"')
@example('"\ud800"')
@example("\ufeff1")
def test_any_text_is_a_value_or_malformed(text: str) -> None:
    _read_and_check(text)


@settings(deadline=None)
@given(st.binary())
@example(b"\xff\xfe")
@example(b"\xed\xa0\x80")
def test_any_bytes_are_a_value_or_malformed(raw: bytes) -> None:
    _read_and_check(base64.b64encode(raw).decode(), is_base64=True)


def _read_and_check(body: str, is_base64: bool = False) -> None:
    """Any other exception than these two is a failure of the service."""
    with suppress(MalformedBodyError, InvalidRequestError):
        check_value(read(body, is_base64))


@settings(deadline=None)
@given(json_values)
def test_a_value_that_is_let_through_is_what_was_sent(value: Any) -> None:
    read_value = read(json.dumps(value))
    try:
        check_value(read_value)
    except InvalidRequestError:
        return
    assert _plain(read_value) == value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def test_numbers_keep_their_digits() -> None:
    assert read("[0.1, 1e2, 12345678901234567890]") == [Decimal("0.1"), Decimal("1E+2"), 12345678901234567890]
    assert str(read("1.10")) == "1.10"


def test_the_first_repeated_name_is_kept_in_place() -> None:
    value = read('[{"a": 1, "b": 2, "b": 3, "a": 4}]')

    assert isinstance(value[0], RepeatedNames)
    assert value[0].repeated == "b"
    with pytest.raises(InvalidRequestError) as caught:
        check_value(value)
    assert caught.value.errors[0].field == "/0/b"


@pytest.mark.parametrize("body", ["not base64!", "YQ", "é"])
def test_bad_base64_is_malformed(body: str) -> None:
    with pytest.raises(MalformedBodyError, match="Base64"):
        read(body, is_base64=True)


def test_the_limit_counts_bytes_and_not_characters() -> None:
    with pytest.raises(BodyTooLargeError):
        read_json({"body": '"éé"'}, 5)
    assert read_json({"body": '"éé"'}, 6) == "éé"


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(MalformedBodyError, match="line 2, column 7"):
        read('{\n  "a" 1}')


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("x" * 4096, True),
        ("x" * 4097, False),
        ({"x" * 256: 1}, True),
        ({"x" * 257: 1}, False),
        ([[[[[[[1]]]]]]], True),
        ([[[[[[[[1]]]]]]]], True),
        ([[[[[[[[[1]]]]]]]]], False),
        (Decimal("9" * 38), True),
        (Decimal("9" * 39), False),
        (Decimal("1E+125"), True),
        (Decimal("1E+126"), False),
        (Decimal("1E-125"), True),
        (Decimal("1E-126"), False),
        (Decimal("NaN"), False),
        (Decimal("-Infinity"), False),
        (True, True),
        ("\x01", True),
        ("\x00", False),
        ("\U0001f600", True),
        (["x" * 4000] * 8, True),
        (["x" * 4000] * 9, False),
    ],
)
def test_the_limits_of_values_are_exact(value: Any, accepted: bool) -> None:
    if accepted:
        check_value(value)
    else:
        with pytest.raises(InvalidRequestError):
            check_value(value)


@pytest.mark.parametrize("body", [None, "", "  "])
def test_a_body_that_may_be_left_out_is_an_empty_object(body: str | None) -> None:
    assert read_json_or_nothing({"body": body}, MAX_BODY_BYTES) == {}
    assert read_json_or_nothing({"body": "[1]"}, MAX_BODY_BYTES) == [1]


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({"Content-Type": "application/yaml"}, "application/yaml"),
        ({"content-type": "Text/YAML; charset=utf-8"}, "text/yaml"),
        ({"Accept": "*/*"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_type_of_a_body_is_read_whatever_its_case_and_parameters(headers: Any, read: str) -> None:
    assert media_type({"headers": headers}) == read
