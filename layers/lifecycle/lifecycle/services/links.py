"""Links: what a CRM's records of their own say about who is on which deal, worked out from all that was said of one.

A record may be told of in pieces and out of order: a change names what changed, a deletion nothing but the record. So
each piece is kept, and every time another one comes in, what all of them say together is compared with what the deal's
log says already. A person may be on a deal by several records, one for each role, and stays as long as one of them
does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.sources.said import LinkUpdate

#: Parts the id of a piece from the number of its version.
_VERSION = "~"


def deal_of(log: Sequence[LinkUpdate]) -> str | None:
    """The deal of a link, from all pieces that are known; ``None`` as long as none of them names it."""
    return next((piece.deal_id for piece in _in_order(log) if piece.deal_id), None)


def updates_of(deal_id: str, logs: Sequence[Sequence[LinkUpdate]]) -> list[DealUpdate]:
    """What the pieces of a deal's links say of who is on it.

    Arguments:
        deal_id: of the deal.
        logs: all pieces that are known of each of its links, in any order.

    Returns:
        For each piece that changes who is on the deal one update, in the order of time, with the piece's id. Pieces of
        one instant all say what is so at its end, in whatever order they are walked.
    """
    walked = sorted(
        ((piece, on) for log in logs for piece, on in _walk(log)),
        key=lambda step: (step[0].occurred_at, step[0].deleted, step[0].id),
    )
    named = {log[0].link_id: _named_in(log) for log in logs if log}
    return list(_updates(deal_id, walked, named))


def _updates(
    deal_id: str,
    walked: Sequence[tuple[LinkUpdate, Contact | None]],
    named: Mapping[str, Sequence[Identity]],
) -> Iterator[DealUpdate]:
    """The updates of all pieces; ``named`` are the contacts that each link ever names."""
    standing: dict[str, Contact] = {}
    for _, of_one_instant in groupby(walked, key=_instant):
        pieces = list(of_one_instant)
        for piece, on in pieces:
            # Taken out first, so that what changed last comes last: its role is the one that counts.
            standing.pop(piece.link_id, None)
            if on is not None:
                standing[piece.link_id] = on
        there = {contact.identities[0]: contact for contact in standing.values()}
        for piece, _ in pieces:
            # All that the link ever named: whichever of them an earlier reading of it had put on the deal.
            touched = named[piece.link_id]
            yield DealUpdate(
                id=piece.id,
                occurred_at=piece.occurred_at,
                recorded_at=piece.recorded_at,
                deal_id=deal_id,
                joined=tuple(there[one] for one in touched if one in there),
                left=tuple(Contact((one,), None) for one in touched if one not in there),
            )


def _instant(step: tuple[LinkUpdate, Contact | None]) -> datetime:
    return step[0].occurred_at


def _in_order(log: Sequence[LinkUpdate]) -> list[LinkUpdate]:
    return sorted(log, key=lambda piece: (piece.occurred_at, piece.deleted, piece.id))


def _named_in(log: Sequence[LinkUpdate]) -> list[Identity]:
    return list(dict.fromkeys(piece.contact for piece in _in_order(log) if piece.contact))


def _walk(log: Sequence[LinkUpdate]) -> Iterator[tuple[LinkUpdate, Contact | None]]:
    """Who is on the deal by one link from each piece on; pieces from before a contact is named are left out."""
    contact, role, there = next(iter(_named_in(log)), None), None, False
    for piece in _in_order(log):
        contact, role = piece.contact or contact, piece.role or role
        if contact is None:
            continue
        there = there or not piece.deleted
        if piece.deleted and not there:
            continue  # what was there before it, nobody has said
        yield piece, None if piece.deleted else Contact((contact,), role)


def missing_from(deal_log: Sequence[DealUpdate], updates: Sequence[DealUpdate]) -> list[DealUpdate]:
    """Those of the links' updates that the deal's log does not say yet.

    Returns:
        The updates, each with an id that sorts behind those of its own earlier versions: where pieces that came late
        change what a later one meant, the newer version is walked after the older, and has the last word.
    """
    versions: dict[str, list[DealUpdate]] = {}
    for entry in sorted(deal_log, key=lambda entry: entry.id):
        versions.setdefault(entry.id.rpartition(_VERSION)[0], []).append(entry)
    return [
        DealUpdate(
            id=f"{update.id}{_VERSION}{len(known):04d}",
            occurred_at=update.occurred_at,
            recorded_at=update.recorded_at,
            deal_id=update.deal_id,
            joined=update.joined,
            left=update.left,
        )
        for update in updates
        for known in [versions.get(update.id, [])]
        if not known or (set(known[-1].joined), set(known[-1].left)) != (set(update.joined), set(update.left))
    ]
