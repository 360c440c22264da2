"""Made-up worlds of a few people, and an oracle that works out apart from the services who is who and who stands where.

A scenario is a list of operations that arrive in some order, twice, interleaved, or with a crash between the append and
the evaluation. Whatever happened, in the end each prospect must stand where the fold of its log puts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.snapshot import dump
from lifecycle.events import (
    Activity,
    Contact,
    DealStatus,
    DealUpdate,
    Decision,
    Event,
    Identity,
    Key,
    Withdrawal,
    fact_of,
    home_identity,
)
from lifecycle.services.errors import ProspectNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.protocol import Appended, Store
from tests.builders import DEFAULT, WORKSPACE, activity, deal_update, decision, home_of, id_of, set_stage, withdrawal
from tests.fakes.fixed_calendar import FixedCalendar

EMAILS = tuple(Identity("email", f"{name}@example.com") for name in "abc")
VISITORS = tuple(Identity("visitor", name) for name in ("u", "v", "w"))
USERS = tuple(Identity("user", number) for number in "12")
CONTACT_IDS = tuple(Identity("crm:sf", number) for number in "12")
EVERYBODY = (*EMAILS, *VISITORS, *USERS, *CONTACT_IDS)

_TYPES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("website_visit", {}),
    ("email_open", {}),
    ("form_submission", {"form": "demo"}),
    ("email_bounce", {"bounce": "hard"}),
    ("referral", {}),
)


@dataclass(frozen=True)
class Rule:
    """A ruling on whoever an email belongs to when it arrives; ``choice`` picks a stage or an event to withdraw."""

    id: str
    minute: int
    action: str
    email: Identity
    choice: int


Operation = Activity | DealUpdate | Rule


# ---- made-up operations -------------------------------------------------------------------------------------------


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    """An activity of somebody: an email, a visitor, a user, or several of them."""
    email = draw(st.sampled_from((None, None, *EMAILS)))
    user = draw(st.sampled_from((None,) * 8 + USERS))
    visitor = draw(st.sampled_from((None, *VISITORS) if email or user else VISITORS))
    type_, properties = draw(st.sampled_from(_TYPES))
    named = tuple(identity for identity in (email, visitor, user) if identity)
    return activity("", draw(st.integers(0, 40)), type_, *named, **properties)


@st.composite
def updates(draw: st.DrawFn) -> DealUpdate:
    """An update of one of two deals: a status, a set of contacts, both, or the deletion."""
    deal_id, minute = draw(st.sampled_from(("D1", "D2"))), draw(st.integers(0, 40))
    if draw(st.integers(0, 11)) == 0:
        return deal_update("", minute, deal_id=deal_id, deleted=True)
    statuses: tuple[DealStatus | None, ...] = (None, "open", "open", "won", "lost")
    status = draw(st.sampled_from(statuses))
    contacts: dict[Identity, Contact] = {}
    for email in draw(st.lists(st.sampled_from((None, *EMAILS)), max_size=2)):
        crm = draw(st.sampled_from((None, *CONTACT_IDS) if email else CONTACT_IDS))
        named = tuple(identity for identity in (email, crm) if identity)
        contacts[home_identity(named)] = Contact(named, draw(st.sampled_from((None, "buyer"))))
    speaks_of_contacts = bool(contacts) or draw(st.booleans())
    return deal_update(
        "",
        minute,
        status,
        tuple(contacts.values()) if speaks_of_contacts else None,
        deal_id=deal_id,
        reason="price" if status == "lost" else None,
    )


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A ruling on one of the emails."""
    action = draw(st.sampled_from(("accept", "disqualify", "set_stage", "withdraw", "withdraw")))
    return Rule("", draw(st.integers(0, 40)), action, draw(st.sampled_from(EMAILS)), draw(st.integers(0, 100)))


@st.composite
def operations(draw: st.DrawFn, *, only_activities: bool = False, most: int = 12) -> list[Operation]:
    """Operations, each with an id of its own."""
    kinds = activities() if only_activities else st.one_of(activities(), activities(), updates(), rules())
    drawn = draw(st.lists(kinds, min_size=1, max_size=most))
    return [_named(operation, f"e{number}") for number, operation in enumerate(drawn)]


def _named(operation: Operation, id_: str) -> Operation:
    if isinstance(operation, Rule):
        return Rule(id_, operation.minute, operation.action, operation.email, operation.choice)
    operation.id = id_
    operation.__post_init__()
    return operation


# ---- the world ----------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A workspace to which operations happen.

    Attributes:
        store: its store.
        images: gives every item of the table as the stream would report it.
        activities, updates, rulings: what is in the logs, which the oracle starts from.
    """

    store: Store
    images: Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
    calendar: Calendar = DEFAULT
    activities: list[Activity] = field(default_factory=list)
    updates: list[DealUpdate] = field(default_factory=list)
    rulings: list[tuple[str, Decision | Withdrawal]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lifecycle = Lifecycle(self.store, FixedCalendar(self.calendar))

    def do(self, operation: Operation, *, crash: bool = False) -> None:
        """Let one operation happen; with a crash right after its append."""
        if isinstance(operation, Activity):
            self.activities.append(operation)
            if crash:
                self.store.append([Appended(home_of(operation), operation, home_of(operation))])
            else:
                self.lifecycle.record_activity(operation)
        elif isinstance(operation, DealUpdate):
            self.updates.append(operation)
            if crash:
                self.store.append_deal_updates([operation])
            else:
                self.lifecycle.update_deal(operation)
        else:
            self._rule(operation)

    def _rule(self, rule: Rule) -> None:
        try:
            prospect = self.lifecycle.find_prospect(rule.email).prospect_id
        except ProspectNotFoundError:
            return
        ruling = self._ruling(rule, prospect)
        if ruling is not None:
            self.rulings.append((prospect, ruling))
            self.lifecycle.decide(prospect, ruling)

    def _ruling(self, rule: Rule, prospect: str) -> Decision | Withdrawal | None:
        if rule.action == "set_stage":
            stages = [stage.stage.key for stage in self.calendar.latest.stages if not stage.stage.anonymous]
            return set_stage(rule.id, rule.minute, stages[rule.choice % len(stages)], "why")
        if rule.action != "withdraw":
            return decision(rule.id, rule.minute, "accept" if rule.action == "accept" else "disqualify", reason="why")
        entries = self.lifecycle.timeline(prospect, None, 1000).entries
        events = [entry.id for entry in entries if isinstance(entry, Activity | Decision)]
        return withdrawal(rule.id, rule.minute, events[rule.choice % len(events)]) if events else None

    def stream(self, random: Random) -> list[str]:
        """Deliver every event of the table once more, in any order; the records that failed."""
        records = [
            {"dynamodb": {"SequenceNumber": f"{number}", "NewImage": image}}
            for number, (sk, image) in enumerate(self.images())
            if sk.startswith("E#")
        ]
        random.shuffle(records)
        return evaluate_stream("table", records, lambda _: self.lifecycle)

    def stands(self) -> dict[frozenset[str], tuple[Any, ...]]:
        """Every prospect as stored: the ids of its log, its state, its transitions."""
        found: dict[frozenset[str], tuple[Any, ...]] = {}
        for id_ in map(id_of, EVERYBODY):
            around = Neighbourhood(self.store)
            if around[id_].is_pointer:
                assert not self.store.transitions(id_), "a pointer keeps transitions of its own"
            elif around[id_].version:
                events, transitions = around.whole_log(id_)
                assert [one.sequence for one in transitions] == list(range(1, len(transitions) + 1))
                found[frozenset(event.id for event in events)] = (
                    around[id_].summary,
                    [
                        (
                            one.from_stage, one.to_stage, one.event_id, one.cause, one.evidence,
                            one.corrected_by, one.restated_by, one.cycle, one.criterion, one.actor, one.reason,
                        )
                        for one in transitions
                    ],
                )  # fmt: skip
        return found

    def should_stand(self) -> dict[frozenset[str], tuple[Any, ...]]:
        """The same, from the oracle."""
        return {
            frozenset(event.id for event in folded.log): _expected(folded)
            for folded in who_is_who(self.activities, self.updates, self.rulings, self.calendar)
        }


def _expected(folded: Folded) -> tuple[Any, ...]:
    return (
        json.loads(json.dumps(dump(folded.machine))),
        [
            (
                one.from_stage, one.to_stage, one.event.id, one.cause, one.evidence,
                one.corrected_by, one.restated_by, one.cycle, one.because, one.actor, one.reason,
            )
            for one in folded.transitions
        ],
    )  # fmt: skip


# ---- the oracle ---------------------------------------------------------------------------------------------------


def who_is_who(
    activities: Sequence[Activity],
    updates: Sequence[DealUpdate],
    rulings: Sequence[tuple[str, Decision | Withdrawal]],
    calendar: Calendar,
) -> list[Folded]:
    """Rule 10 in the plainest way: join all strong identities that any event names together; then give each event of a
    visitor to whom the visitor was named with last (or first, for what came before)."""
    entries: list[tuple[Identity, Event]] = [
        *((home_identity(event.identities), event) for event in {event.id: event for event in activities}.values()),
        *_facts(updates),
    ]
    joined = _Joined()
    namings: dict[Identity, list[tuple[Key, Identity]]] = {}
    for home, event in entries:
        assert not isinstance(event, Withdrawal)
        for identity in getattr(event, "identities", ()):
            if identity.is_strong:
                joined.join(identity, home)
            elif home.is_strong:
                namings.setdefault(identity, []).append((event.key, home))

    def owner(home: Identity, key: Key) -> Identity:
        named = sorted(namings.get(home, ()))
        if home.is_strong or not named:
            return joined.name(home)
        before = [whom for moment, whom in named if moment <= key]
        return joined.name(before[-1] if before else named[0][1])

    homes = {id_of(home): home for home, _ in entries}
    logs: dict[Identity, list[Event]] = {}
    for home, event in [*entries, *((homes[id_], ruling) for id_, ruling in rulings)]:
        logs.setdefault(owner(home, event.key), []).append(event)
    return [fold(log, calendar) for log in logs.values()]


def _facts(updates: Sequence[DealUpdate]) -> list[tuple[Identity, Event]]:
    facts: list[tuple[Identity, Event]] = []
    for deal_id in {update.deal_id for update in updates}:
        log = {update.id: update for update in updates if update.deal_id == deal_id}.values()
        homes = {home_identity(contact.identities) for update in log for contact in update.contacts or ()}
        facts += [(home, fact_of(update, id_of(home), WORKSPACE)) for home in homes for update in log]
    return facts


class _Joined:
    """Sets of identities that are one person."""

    def __init__(self) -> None:
        self._above: dict[Identity, Identity] = {}

    def name(self, identity: Identity) -> Identity:
        while identity in self._above:
            identity = self._above[identity]
        return identity

    def join(self, one: Identity, other: Identity) -> None:
        first, second = self.name(one), self.name(other)
        if first != second:
            self._above[first] = second
