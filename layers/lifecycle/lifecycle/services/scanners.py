"""Clicks that the timing of an email shows to be a scanner's, withdrawn as soon as the log proves it.

Nobody waits for the proof: a click counts when it comes in, and where the email's delivery, or more clicks of it, prove
it to be a machine's, then or later, it is withdrawn by name. A person who knows better withdraws the withdrawal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from lifecycle.events import Activity, Event, Withdrawal
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.sources.automation import verdicts

#: Who withdraws, as the timeline names it. Nobody has to ask whether a withdrawal of its own may be withdrawn.
BY = "automation"

_TELLING = frozenset({"email_click", "email_delivered"})
_PREFIX = "automated:"
#: The longest id that a decision may name.
_LONGEST = 128


def may_tell(event: Event) -> bool:
    """Whether an event may show that a click of the same email was a scanner's."""
    return isinstance(event, Activity) and event.type in _TELLING and "message_id" in event.properties


def withdrawals(around: Neighbourhood, roots: Iterable[str], now: datetime) -> Iterator[tuple[str, Withdrawal]]:
    """What the logs of prospects prove to be a scanner's, and do not withdraw yet.

    Arguments:
        around: where logs are read.
        roots: the prospects.
        now: recorded as the moment at which it came to light.

    Returns:
        Withdrawals, each with the partition of what it withdraws: so it stays with it, whoever is parted from whom.
        It occurred when that did.
    """
    for root in roots:
        entries = list(_entries(around, root))
        known = {entry.event.id for entry in entries}
        found = verdicts(entry.event for entry in entries if isinstance(entry.event, Activity))
        for home, event in entries:
            id_ = _id(event.id)
            if event.id in found and isinstance(event, Activity) and not event.automated and id_ not in known:
                yield home, Withdrawal(id_, event.occurred_at, now, event.id, BY, found[event.id])


class _Entry(NamedTuple):
    home: str
    event: Event


def _entries(around: Neighbourhood, root: str) -> Iterator[_Entry]:
    """The log of a prospect, and in which of its partitions each event is."""
    around.load(around[root].members)
    for home in [root, *around[root].members]:
        yield from (_Entry(home, event) for event in around.log(home)[0] if around.root(home, event.key) == root)


def _id(event_id: str) -> str:
    """The id of the withdrawal of an event: whoever finds the same proof again appends nothing."""
    whole = _PREFIX + event_id
    return whole if len(whole) <= _LONGEST else _PREFIX + hashlib.sha256(event_id.encode()).hexdigest()
