"""Whose mail an address is."""

from __future__ import annotations

import pytest

from lifecycle.funnel.mail_domains import are_at

COMPETITORS = frozenset({"rival.example"})


@pytest.mark.parametrize(
    ("emails", "free", "competitor", "business"),
    [
        ([], False, False, False),
        (["ann@gmail.com"], True, False, False),
        (["ann@acme.example"], False, False, True),
        (["ann@rival.example"], False, True, False),
        (["ann@mail.eu.rival.example"], False, True, False),
        (["ann@notrival.example"], False, False, True),
        (["ann@gmail.com", "ann@acme.example"], False, False, True),
        (["ann@gmail.com", "ann@rival.example"], False, True, False),
        (["ann@gmail.com", "ann@gmx.de"], True, False, False),
    ],
)
def test_where_addresses_are(emails: list[str], free: bool, competitor: bool, business: bool) -> None:
    assert are_at(emails, "free_mail", COMPETITORS) is free
    assert are_at(emails, "competitor", COMPETITORS) is competitor
    assert are_at(emails, "business", COMPETITORS) is business
