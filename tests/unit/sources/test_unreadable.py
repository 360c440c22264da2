"""What a system is answered to that which can never be read: whatever makes that system stop sending it."""

from __future__ import annotations

import pytest

from lifecycle.sources.table import source_of


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("delighted", 200),
        ("mailgun", 406),
        ("postmark", 403),
        ("sendgrid", 200),
        ("ses", 200),
        ("stripe", 200),
        ("trustpilot", 200),
    ],
)
def test_a_system_is_told_so_in_its_own_words(kind: str, status: int) -> None:
    assert source_of(kind).unreadable == status
