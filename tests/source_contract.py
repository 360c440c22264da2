"""What holds for every outside system: helpers by which the tests of each show it with the system's own samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lifecycle.events import Activity, DealUpdate
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.reading import MAX_EVENT_ID, MAX_OUTSIDE_ID
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError
from lifecycle.sources.table import source_of
from tests.senders.sender import Sender, delivery

URL = "https://hooks.example.com/webhooks/src_0123456789"
#: After every sample, so that none of them is ahead.
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: For what makes up whole bodies: how long that takes is not what is asked.
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PAYLOADS = Path(__file__).resolve().parents[2] / "shared/payloads"


def sent(sender: Sender, sample: str, now: datetime = NOW, secret: str | None = None) -> Delivery:
    """A sample as it arrives, proven."""
    return delivery(sender, sender.samples[sample], URL, now, secret)


def source(sender: Sender) -> Source:
    """The source that a sender sends to."""
    return source_of(sender.kind)


def verify(sender: Sender, told: Delivery, secrets: Sequence[str] | None = None) -> None:
    """Verify a delivery with the sender's own secret, unless others are given."""
    source(sender).verify(told, [sender.secret] if secrets is None else secrets, sender.settings)


def refused(sender: Sender, told: Delivery, secrets: Sequence[str] | None = None) -> str:
    """Why a delivery is refused; it must be."""
    with pytest.raises(RefusedDeliveryError) as caught:
        verify(sender, told, secrets)
    return caught.value.reason


def said(sender: Sender, told: Delivery | str, with_settings: Mapping[str, Any] | None = None) -> list[Said]:
    """What a delivery, or the sample of that name, says. It must be proven before."""
    arrived = sent(sender, told) if isinstance(told, str) else told
    verify(sender, arrived)
    return list(source(sender).translate(arrived, sender.settings if with_settings is None else with_settings))


def activity_of(sender: Sender, sample: str) -> Activity:
    """The one activity that a sample says."""
    (one,) = said(sender, sample)
    assert isinstance(one, Activity)
    return one


def translated(sender: Sender, body: bytes, content_type: str = "application/json") -> list[Said]:
    """What a body says that was proven."""
    told = Delivery("POST", URL, {"content-type": content_type}, {}, body, NOW)
    return list(source(sender).translate(told, sender.settings))


def with_body(told: Delivery, body: bytes) -> Delivery:
    """The same request with another body."""
    return replace(told, body=body)


def with_headers(told: Delivery, **changed: str | None) -> Delivery:
    """The same request with other headers; ``_`` stands for ``-``, and ``None`` takes one away."""
    headers = {**told.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return replace(told, headers={name: value for name, value in headers.items() if value is not None})


def flipped(data: bytes, at: int = -1) -> bytes:
    """The same bytes but for one bit."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def payloads(folder: str, pattern: str = "*.json") -> list[Any]:
    """The vendor's own samples, as parameters of a test; one that is skipped, and says so, where they are not there."""
    found = sorted((PAYLOADS / folder).glob(pattern))
    missing = pytest.param(None, marks=pytest.mark.skip(reason=f"no ../shared/payloads/{folder}"))
    return [pytest.param(path, id=path.name) for path in found] or [missing]


def assert_repeats_are_the_same(sender: Sender) -> None:
    """A delivery that comes again, later and proven anew, says events of the very same ids."""
    for name in sender.samples:
        first = said(sender, sent(sender, name))
        again = said(sender, sent(sender, name, NOW + timedelta(minutes=3)))
        assert [getattr(one, "id", None) for one in first] == [getattr(one, "id", None) for one in again]


def assert_ids_are_distinct(sender: Sender, samples: Sequence[str]) -> None:
    """What happened once has an id of its own."""
    ids = [one.id for name in samples for one in said(sender, name) if isinstance(one, Activity | DealUpdate)]
    assert len(ids) == len(set(ids)) >= len(samples)


_ODD_TEXTS = st.sampled_from(
    ["", " ", "0", "-1", "NaN", "1e999999999", "\x00", "\ud800", "a@b", "ada@example.com", "9999-12-31T23:59:59-14:00"]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _ODD_TEXTS
JSON: st.SearchStrategy[Any] = st.recursive(
    _SCALARS | st.integers(10**30, 10**60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def mutated(value: Any) -> st.SearchStrategy[Any]:
    """A JSON value with up to three of its parts replaced by something else."""
    places = list(_places(value))
    changes = st.lists(st.tuples(st.sampled_from(places), JSON), min_size=1, max_size=3)
    return changes.map(lambda chosen: _changed(value, chosen))


def bodies(sender: Sender) -> st.SearchStrategy[bytes]:
    """Bodies near the samples, far from them, and no JSON at all."""
    samples = [json.loads(sample.body) for sample in sender.samples.values() if sample.body[:1] in (b"{", b"[")]
    small = [sample for sample in samples if len(json.dumps(sample)) < 20_000]
    near = st.sampled_from(small).flatmap(mutated) | JSON
    return near.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _places(part, (*way, name))


def _changed(value: Any, changes: Sequence[tuple[tuple[Any, ...], Any]]) -> Any:
    for way, new in changes:
        value = _put(value, way, new)
    return value


def _put(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    if isinstance(value, dict):
        return {**value, way[0]: _put(value.get(way[0]), way[1:], new)}
    if isinstance(value, list) and isinstance(way[0], int) and way[0] < len(value):
        return [_put(part, way[1:], new) if at == way[0] else part for at, part in enumerate(value)]
    return value


def assert_only_the_two_errors(sender: Sender, body: bytes, content_type: str = "application/json") -> None:
    """What is not proven is refused, whatever it is; and if it were proven, it would be unreadable or could be kept."""
    told = Delivery("POST", URL, {"content-type": content_type}, {}, body, NOW)
    refused(sender, told)
    try:
        everything = list(source(sender).translate(told, sender.settings))
    except UnreadableDeliveryError:
        return
    for one in everything:
        assert_keepable(one)


def assert_keepable(one: Said) -> None:
    """What is said keeps to the limits of the contract and of the store."""
    match one:
        case Activity():
            assert 0 < len(one.id) <= MAX_EVENT_ID
            assert one.identities
            assert all(identity.value and len(identity.value) <= MAX_OUTSIDE_ID for identity in one.identities)
            assert one.occurred_at.tzinfo is not None
            assert one.occurred_at <= NOW + timedelta(minutes=5)
            _assert_storable(one.properties)
            _assert_storable(one.traits)
        case DealUpdate():
            assert 0 < len(one.id) <= MAX_EVENT_ID
            assert len(one.deal_id) <= MAX_OUTSIDE_ID
            assert one.occurred_at <= NOW + timedelta(minutes=5)
            assert (one.amount is None) == (one.currency is None)
            assert one.amount is None or 0 <= one.amount <= 10**15
            assert all(contact.identities for contact in one.named)
        case Unreadable():
            assert one.why


def _assert_storable(value: Any) -> None:
    match value:
        case dict():
            for name, inner in value.items():
                assert isinstance(name, str)
                _assert_storable(inner)
        case list():
            for inner in value:
                _assert_storable(inner)
        case str():
            value.encode()
        case _:
            assert value is None or isinstance(value, bool | int | Decimal)
