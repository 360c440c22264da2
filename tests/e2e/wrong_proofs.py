"""How the proofs of outside systems can be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.table import SOURCES
from tests.e2e.connected import BY_BUS, OF_AMAZON, Connected, sender_of
from tests.senders.sender import Sample, Sender
from tests.senders.sendgrid import OTHER_KEY, public_key

#: Longer ago than any system sends again.
_LONG_AGO = timedelta(days=3)
#: The secrets of these are not any text.
_OTHER_SECRETS = {"sendgrid": public_key(OTHER_KEY)}
#: Those that share a secret with us.
PROVEN = sorted(kind for kind in SOURCES if sender_of(kind).secret and kind not in OF_AMAZON)
#: Of the others, the settings with which nothing that a test can send is from where it must be. (A write key of
#: ``segment`` is known to everybody: whatever comes with it is its own.)
FOREIGN: Mapping[str, Mapping[str, Any]] = {
    "form": {"origins": ["https://another.example"]},
    "jotform": {"only_listed_forms": True, "forms": {"299999999999999": {"form": "demo"}}},
    "ses": {"topic_arn": "arn:aws:sns:eu-west-1:111122223333:another"},
    **{kind: sender_of(kind).settings for kind in sorted(BY_BUS)},
}


def _other_secret(sender: Sender) -> str:
    """A secret of the same form."""
    return _OTHER_SECRETS.get(sender.kind, f"{sender.secret[:-2]}AA")


def wrong_proofs(sender: Sender, connected: Connected, sample: Sample) -> Iterator[tuple[str, Delivery]]:
    """The ways in which a proof can be wrong, as far as a system's proof says anything about them."""
    now = datetime.now(UTC)
    right, old = connected.signed(sample), connected.signed(sample, at=now - _LONG_AGO)
    yield "another's secret", connected.signed(sample, _other_secret(sender))
    if _covers_the_body(sender, sample, now):
        yield "another body", replace(right, body=right.body + b" ")
        if right.body:
            yield "cut off", replace(right, body=right.body[:-1])
    if (old.body, old.headers) != (right.body, right.headers):
        yield "long ago", old


def _covers_the_body(sender: Sender, sample: Sample, now: datetime) -> bool:
    """Whether the headers that prove a body would be others for another one."""
    one, other = (sender.sign(body, "https://x", sender.secret, now) for body in (sample.body, sample.body + b" "))
    return one != other
