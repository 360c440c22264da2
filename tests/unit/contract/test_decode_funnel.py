"""Decoding of what is said about the funnel: any value becomes a request or a list of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.contract import funnel_examples
from lifecycle.contract.decode_funnel import (
    decode_draft,
    decode_draft_change,
    decode_publication,
    decode_rollback,
    decode_settings,
    decode_signature,
    decode_simulation,
    read_draft,
)
from lifecycle.contract.funnel_models import FUNNEL_BODIES
from lifecycle.contract.refusals import BodyTooLargeError, FieldError, InvalidRequestError, MalformedBodyError
from lifecycle.services.publishing import When

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

DECODERS: dict[str, Callable[[Any], Any]] = {
    "DraftBody": lambda value: decode_draft(value, "laptop", NOON),
    "DraftChangeBody": lambda value: decode_draft_change(value, NOON),
    "SignatureBody": lambda value: decode_signature(value, NOON),
    "PublicationBody": lambda value: decode_publication(value, "laptop", NOON),
    "RollbackBody": lambda value: decode_rollback(value, "laptop", NOON),
    "SettingsBody": lambda value: decode_settings(value, NOON),
    "SimulationBody": lambda value: decode_simulation(value, "laptop", NOON),
}
NAMES = sorted({name for model in FUNNEL_BODIES for name in model.model_fields} | {"x" * 300, "\ud800"})
scalars = st.sampled_from(
    [
        "marketing",
        "sales",
        "Ann",
        "2026-07-01T00:00:00Z",
        "2026-05-01T00:00:00Z",
        "stages: []",
        "- : : -",
        "sha256:0",
        "",
        "x" * 5000,
        10**40,
        0,
        True,
        False,
        None,
    ]
) | st.text(max_size=10)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
)


def test_every_body_has_a_decoder() -> None:
    assert DECODERS.keys() == {model.__name__ for model in FUNNEL_BODIES}


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=5) | values)
def test_any_value_is_decoded_or_every_problem_has_words(value: Any) -> None:
    for decode in DECODERS.values():
        for found in _errors(decode, value):
            assert found.reason
            assert found.expected
            json.dumps(found, ensure_ascii=False).encode()  # no half of a character can get into an answer


def _errors(decode: Callable[[Any], Any], value: Any) -> tuple[FieldError, ...]:
    try:
        decode(value)
    except InvalidRequestError as error:
        return error.errors
    return ()


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="-: {}[]&*!|>'\"%@`#,?\n\tab1.e+", max_size=60))
def test_any_body_of_yaml_is_a_value_or_malformed(text: str) -> None:
    event = {"body": text, "headers": {"Content-Type": "application/yaml"}}

    with suppress(MalformedBodyError, BodyTooLargeError):
        value = read_draft(event)
        assert "definition" in value
        with suppress(InvalidRequestError):
            decode_draft(value, "laptop", NOON)


@pytest.mark.parametrize("model", sorted(funnel_examples.REQUESTS))
def test_the_examples_are_decoded(model: str) -> None:
    for value in funnel_examples.REQUESTS[model].values():
        DECODERS[model](value)


def test_whoever_does_not_say_who_is_the_key() -> None:
    assert decode_publication({}, "key:laptop", NOON) == (When(NOON, None), "key:laptop", None)
    assert decode_rollback({"by": "Ann"}, "laptop", NOON) == (When(NOON, None), "Ann", None)
    assert decode_simulation({}, "key:laptop", NOON) == "key:laptop"
    assert decode_draft({"definition": {}}, "key:laptop", NOON).by == "key:laptop"


def test_a_bomb_of_yaml_is_refused() -> None:
    bomb = 'a: &a ["x","x","x"]\n' + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(MalformedBodyError, match="line 1"):
        read_draft({"body": bomb, "headers": {"Content-Type": "text/yaml"}})
