"""Requests to outside systems: what is there, what is not, and what cannot be said at present."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.exceptions import HTTPError, MaxRetryError

from lifecycle.services import outside

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"


class FakePool:
    """Answers every address in the same way, and counts how often it was asked."""

    def __init__(self, status: int = 200, body: bytes = b"", fails_with: HTTPError | None = None) -> None:
        self.asked = 0
        self._answer = SimpleNamespace(status=status, read=lambda most: body[:most], release_conn=lambda: None)
        self._fails_with = fails_with

    def request(self, _method: str, _url: str, **_options: Any) -> Any:
        self.asked += 1
        if self._fails_with is not None:
            raise self._fails_with
        return self._answer


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def use(pool: FakePool) -> FakePool:
        monkeypatch.setattr(outside, "_pool", lambda: pool)
        return pool

    outside._certificates.clear()
    yield use
    outside._certificates.clear()


def test_a_certificate_is_fetched_once(use: Any) -> None:
    pool = use(FakePool(body=b"PEM"))

    assert [outside.certificate(URL), outside.certificate(URL)] == ["PEM", "PEM"]
    assert pool.asked == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_an_address_without_a_certificate_proves_nothing(use: Any, status: int) -> None:
    """Not an error of ours: whoever made the address up would be asked to send again."""
    use(FakePool(status, b"<Error><Code>AccessDenied</Code></Error>"))

    assert outside.certificate(URL) == ""


def test_a_certificate_that_comes_later_is_found(use: Any) -> None:
    use(FakePool(404))
    outside.certificate(URL)
    use(FakePool(body=b"PEM"))

    assert outside.certificate(URL) == "PEM"


@pytest.mark.parametrize(
    "pool",
    [FakePool(429), FakePool(500), FakePool(503), FakePool(301), FakePool(fails_with=MaxRetryError(Any, URL))],  # type: ignore[arg-type]
    ids=["too many requests", "its error", "out of order", "elsewhere", "no answer"],
)
def test_what_cannot_be_had_at_present_is_asked_for_again(use: Any, pool: FakePool) -> None:
    use(pool)

    with pytest.raises(outside.OutsideError, match="Send the same request again"):
        outside.certificate(URL)


def test_no_more_is_read_than_a_certificate_could_have(use: Any) -> None:
    use(FakePool(body=b"x" * 100_000))

    assert len(outside.fetch(URL)) == 64 * 1024
