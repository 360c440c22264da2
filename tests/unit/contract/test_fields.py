"""Single values: what is let through is normalised, and stays what it is when it comes again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lifecycle.contract import fields
from lifecycle.contract.refusals import RefusedValueError

READERS: list[Callable[[str], str]] = [
    fields.email,
    fields.outside_id,
    fields.event_id,
    fields.label,
    fields.snake_case,
    fields.crm_system,
    fields.prospect_id,
    fields.currency,
]
texts = st.text() | st.emails() | st.from_regex(r"[A-Za-z0-9.@_ -]{0,40}", fullmatch=True) | st.characters()


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@settings(deadline=None)  # the first email imports its library
@given(text=texts)
@example(text="x" * 100_000)
@example(text="x" * 100_000 + "@example.com")
@example(text="@" * 300)
@example(text="ann@xn--a.com")
@example(text="İ@example.com")
@example(text="ann@\ud800.com")
def test_any_text_is_normalised_once_and_for_all_or_refused(read: Callable[[str], str], text: str) -> None:
    with suppress(RefusedValueError):
        value = read(text)
        assert value
        assert read(value) == value


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("  ann@example.com\n", "ann@example.com"),
        ("ann+list@example.com", "ann+list@example.com"),
        ("ann@BÜCHER.example.org", "ann@bücher.example.org"),
        ("ann@xn--bcher-kva.example.org", "ann@bücher.example.org"),
        ("A\u0308@example.com", "ä@example.com"),
    ],
)
def test_an_email_is_one_prospect_however_it_is_written(text: str, normalised: str) -> None:
    assert fields.email(text) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@localhost",
        "ann@example",
        "a b@example.com",
        "ann@exa mple.com",
        "ann@example..com",
        "ann@-example.com",
        "ann@[10.0.0.1]",
        "Ann <ann@example.com>",
        "a@b.com, c@d.com",
    ],
)
def test_an_email_that_no_mail_could_reach_is_refused(text: str) -> None:
    with pytest.raises(RefusedValueError):
        fields.email(text)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (0, "0"),
        (100, "100"),
        ("100.00", "100"),
        (Decimal("0.0001"), "0.0001"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0"), "0"),
        ("0.00", "0"),
        (10**15, "1000000000000000"),
        ("00012.50", "12.5"),
    ],
)
def test_equal_amounts_look_equal(number: int | Decimal | str, value: str) -> None:
    assert str(fields.amount(number)) == value


@pytest.mark.parametrize(
    "number",
    [-1, 10**15 + 1, "0.00001", "1e5", "", " 1", "-1", "NaN", "Infinity", "1_000", "1,5", "\u0661", Decimal("1E+99")],
)
def test_a_strange_amount_is_refused(number: int | Decimal | str) -> None:
    with pytest.raises(RefusedValueError):
        fields.amount(number)


@pytest.mark.parametrize("text", ["ann@acme.test", "ann@crm.local", "Ann@Staging.Invalid"])
def test_an_email_at_a_domain_for_tests_or_inner_networks_is_let_through(text: str) -> None:
    assert fields.email(text) == text.lower()


@pytest.mark.parametrize("text", ["ann@localhost", "ann@acme", "ann@@acme.test", "@acme.test", "ann@", "a b@acme.test"])
def test_an_impossible_email_is_refused(text: str) -> None:
    with pytest.raises(RefusedValueError):
        fields.email(text)
