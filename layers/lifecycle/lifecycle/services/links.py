"""Links: what a CRM's records of their own say about who is on which deal, worked out from all that was said of one.

A record may be told of in pieces and out of order: a change names what changed, a deletion nothing but the record. So
each piece is kept, and every time another one comes in, what all of them say together is compared with what the deal's
log says already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.sources.said import LinkUpdate

#: Parts the id of a piece from the number of its version.
_VERSION = "~"


def updates_of(log: Sequence[LinkUpdate]) -> list[DealUpdate]:
    """What the pieces of one link say of its deal.

    Arguments:
        log: all pieces that are known, in any order.

    Returns:
        For each piece that changes who is on the deal one update, in the order of time, with the piece's id. Empty as
        long as the deal is not known, or no contact.
    """
    pieces = sorted(log, key=lambda piece: (piece.occurred_at, piece.deleted, piece.id))
    deal_id = next((piece.deal_id for piece in pieces if piece.deal_id), None)
    if deal_id is None:
        return []
    named = dict.fromkeys(piece.contact for piece in pieces if piece.contact)
    return [
        DealUpdate(
            id=piece.id,
            occurred_at=piece.occurred_at,
            recorded_at=piece.recorded_at,
            deal_id=deal_id,
            joined=() if on is None else (on,),
            # All others that the link ever named: whichever of them an earlier reading of it had put on the deal.
            left=tuple(Contact((other,), None) for other in named if on is None or (other,) != on.identities),
        )
        for piece, on in _walk(pieces, next(iter(named), None))
    ]


def _walk(pieces: Sequence[LinkUpdate], first: Identity | None) -> Iterator[tuple[LinkUpdate, Contact | None]]:
    """Who is on the deal by the link from each piece on; pieces from before a contact is named are left out."""
    contact, role, there = first, None, False
    for piece in pieces:
        contact, role = piece.contact or contact, piece.role or role
        if contact is None:
            continue
        there = there or not piece.deleted
        if piece.deleted and not there:
            continue  # what was there before it, nobody has said
        yield piece, None if piece.deleted else Contact((contact,), role)


def missing_from(deal_log: Sequence[DealUpdate], updates: Sequence[DealUpdate]) -> list[DealUpdate]:
    """Those of a link's updates that the deal's log does not say yet.

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
        if not known or (known[-1].joined, set(known[-1].left)) != (update.joined, set(update.left))
    ]
