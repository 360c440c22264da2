"""Signatures: whose word a definition needs, and what makes a word count."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import get_args

from lifecycle.services.errors import SamePersonError, SignatureNotFoundError, TeamSignedError
from lifecycle.store.funnel_records import DraftRecord, Signature, Team

TEAMS: tuple[Team, ...] = get_args(Team)


def signed(draft: DraftRecord, team: Team, by: str, now: datetime) -> DraftRecord:
    """A draft with one more signature, for the content that it has.

    Arguments:
        draft: the draft.
        team: for which of its owners.
        by: who signs.
        now: the present.

    Returns:
        The draft; the same one where this person has signed for this team before.

    Raises:
        SamePersonError: this person has signed for the other team.
        TeamSignedError: somebody else has signed for this team.
    """
    standing = valid_signatures(draft)
    for signature in standing:
        if signature.team == team and _is_same_person(signature.by, by):
            return draft
        if signature.team == team:
            raise TeamSignedError(team)
        if _is_same_person(signature.by, by):
            raise SamePersonError(signature.team)
    return replace(draft, signatures=(*standing, Signature(team, by, now, draft.content_hash)))


def unsigned(draft: DraftRecord, team: Team) -> DraftRecord:
    """A draft without the signature of a team.

    Raises:
        SignatureNotFoundError: the team has not signed.
    """
    standing = valid_signatures(draft)
    left = tuple(signature for signature in standing if signature.team != team)
    if len(left) == len(standing):
        raise SignatureNotFoundError
    return replace(draft, signatures=left)


def valid_signatures(draft: DraftRecord) -> tuple[Signature, ...]:
    """The signatures that are for the very content that the draft has."""
    return tuple(signature for signature in draft.signatures if signature.content_hash == draft.content_hash)


def missing_teams(signatures: Iterable[Signature]) -> tuple[Team, ...]:
    """The owners whose word is missing."""
    given = {signature.team for signature in signatures}
    return tuple(team for team in TEAMS if team not in given)


def _is_same_person(one: str, other: str) -> bool:
    return _person(one) == _person(other)


def _person(by: str) -> str:
    """What two ways to write one name have in common: no case, no width, no invisible characters, single blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", by).casefold())
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return " ".join(visible.split())
