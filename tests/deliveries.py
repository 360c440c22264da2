"""What the tests of sources share: a delivery of a sender, received, and the payloads that others published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lifecycle.events import Activity, DealUpdate
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said
from lifecycle.sources.table import source_of
from tests.senders.sender import Sample, Sender, delivery

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/webhooks/s1"
PAYLOADS = Path(__file__).resolve().parents[1] / ".." / "shared" / "payloads"


def json_sample(value: Any, call: str = "") -> Sample:
    """A JSON body."""
    return Sample(json.dumps(value).encode(), call=call)


def signed(sender: Sender, sample: Sample, now: datetime = NOW, /, **headers: str) -> Delivery:
    """A sample as it arrives, with some headers replaced (``_`` for ``-``)."""
    request = delivery(sender, sample, URL, now)
    return replace(
        request, headers={**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )


def received(sender: Sender, sample: Sample | Delivery, settings: Mapping[str, Any] | None = None) -> list[Said]:
    """What a sample says, verified before."""
    request = sample if isinstance(sample, Delivery) else signed(sender, sample)
    chosen = sender.settings if settings is None else settings
    source = source_of(sender.kind)
    source.verify(request, [sender.secret], chosen)
    return list(source.translate(request, chosen))


def one_activity(sender: Sender, sample: Sample | Delivery, settings: Mapping[str, Any] | None = None) -> Activity:
    """The only thing that a sample says."""
    (said,) = received(sender, sample, settings)
    assert isinstance(said, Activity), said
    return said


def one_deal(sender: Sender, sample: Sample | Delivery, settings: Mapping[str, Any] | None = None) -> DealUpdate:
    """The only thing that a sample says."""
    (said,) = received(sender, sample, settings)
    assert isinstance(said, DealUpdate), said
    return said


def published(*names: str) -> bytes:
    """A payload that somebody published; a test that wants it is passed over, visibly, where it is not there."""
    path = PAYLOADS.joinpath(*names)
    if not path.exists():
        pytest.skip(f"no published payload {'/'.join(names)} beside the repository")
    return path.read_bytes()
