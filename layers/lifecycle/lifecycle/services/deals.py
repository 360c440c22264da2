"""Deals: each has a log of its own, and every entry is copied as a fact into the logs of its contacts.

Facts are true whatever else is known, so copies may be made in any order, twice, or by two workers at once. Whichever
of two concurrent updates is appended second sees both when it reads the deal's log, and copies what the other missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lifecycle.engine.machine import Deal
from lifecycle.events import Contact, DealFact, DealUpdate, fact_of, home_identity, prospect_id
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.steps import LostDeal
from lifecycle.store.protocol import Appended, Store


@dataclass(frozen=True, slots=True)
class Spreading:
    """What a deal update asks of the logs of the deal's contacts.

    Attributes:
        missing: facts that a contact's log lacks.
        own: the facts of the update itself, one for each contact that was ever on the deal.
        concerned: the contacts that are on the deal, or were taken off it by the update.
        loss: what the reports are to know of a deal that was lost once.
    """

    missing: tuple[DealFact, ...]
    own: tuple[DealFact, ...]
    concerned: tuple[str, ...]
    loss: LossNote | None


@dataclass(frozen=True, slots=True)
class LossNote:
    """Whether a deal is lost that was lost once (``lost`` is ``None``: not any more), by so many entries of its log."""

    deal_id: str
    updates: int
    lost: LostDeal | None


def spreading_of(store: Store, update: DealUpdate) -> Spreading:
    """What is to be done in logs of contacts because of an update that is in its deal's log.

    The update itself goes to every contact of the log; a contact that it names gets the whole log.
    """
    log = sorted(store.deal_log(update.deal_id), key=lambda entry: entry.key)
    own = {(contact, update.id): update for contact in _contacts(store.workspace, log)}
    whole = {(contact, entry.id): entry for contact in _contacts(store.workspace, [update]) for entry in log}
    facts = {pair: fact_of(entry, pair[0], store.workspace) for pair, entry in (own | whole).items()}
    there = store.events((fact.contact, fact.id) for fact in facts.values())
    return Spreading(
        missing=tuple(fact for fact in facts.values() if (fact.contact, fact.id) not in there),
        own=tuple(facts[pair] for pair in own),
        concerned=_concerned(store.workspace, log, update),
        loss=_loss_note(update.deal_id, log, store.workspace),
    )


def _loss_note(deal_id: str, log: Sequence[DealUpdate], workspace: str) -> LossNote | None:
    if not any(entry.status == "lost" for entry in log):
        return None
    deleted = max((place for place, entry in enumerate(log) if entry.deleted), default=-1)
    deal = Deal()
    for entry in log[deleted + 1 :]:
        deal.learn(fact_of(entry, "", workspace))
    lost = None
    if deal.status == "lost" and deal.entered is not None:
        lost = LostDeal(
            deal_id=deal_id,
            lost_at=deal.entered.occurred_at,
            reason=deal.lost_reason,
            pipeline=deal.pipeline,
            amount=deal.amount,
            currency=deal.currency,
        )
    return LossNote(deal_id, len(log), lost)


def spread(store: Store, spreading: Spreading, around: Neighbourhood) -> list[Appended]:
    """Append the missing facts to the logs of their contacts, but for contacts who were erased, and note a loss.

    Arguments:
        store: the workspace's store.
        spreading: what is to be done.
        around: the partitions that were read so far.

    Returns:
        The entries to settle. The update's own facts are among them even where another worker has copied them: it may
        not have settled them yet.
    """
    if spreading.loss is not None:
        store.note_loss(spreading.loss.deal_id, spreading.loss.updates, spreading.loss.lost)
    facts = {(fact.contact, fact.id): fact for fact in (*spreading.missing, *spreading.own)}
    around.load(fact.contact for fact in facts.values())
    entries = {
        pair: Appended(pair[0], fact, around.root(pair[0], fact.key))
        for pair, fact in facts.items()
        if not around.is_gone(fact.contact, fact)
    }
    missing = {(fact.contact, fact.id) for fact in spreading.missing} & entries.keys()
    if missing:
        store.append([entry for pair, entry in entries.items() if pair in missing])
    return list(entries.values())


def clear_deal(store: Store, deal_id: str, around: Neighbourhood) -> int:
    """Take contacts who were erased out of a deal's log; how many entries named any."""
    log = store.deal_log(deal_id)
    cleared = [around.cleared_update(entry) for entry in log]
    if cleared != log and not any(entry.contacts or entry.joined for entry in cleared):
        # Names of deals are often those of people.
        cleared = [replace(entry, name=None) for entry in cleared]
    for before, after in zip(log, cleared, strict=True):
        if after != before:
            store.rewrite_deal_update(after)
    return sum(after.named != before.named for before, after in zip(log, cleared, strict=True))


def _contacts(workspace: str, updates: Iterable[DealUpdate]) -> dict[str, None]:
    return dict.fromkeys(_partition(workspace, contact) for update in updates for contact in update.named)


def _concerned(workspace: str, log: Sequence[DealUpdate], update: DealUpdate) -> tuple[str, ...]:
    """The contacts on the deal at the end of its log, and those that were on it right before the update."""
    before: dict[str, None] = {}
    now: dict[str, None] = {}
    for entry in log:
        if entry.id == update.id:
            before = dict(now)
        if entry.contacts is not None:
            now = {}
        now |= {_partition(workspace, contact): None for contact in (*(entry.contacts or ()), *entry.joined)}
        for contact in entry.left:
            now.pop(_partition(workspace, contact), None)
    return tuple(sorted(before | now))


def _partition(workspace: str, contact: Contact) -> str:
    return prospect_id(workspace, home_identity(contact.identities))
