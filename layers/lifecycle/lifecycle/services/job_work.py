"""What long work does with prospects, whichever work it is, and how it gets past one that it always fails on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from lifecycle.services.failures import failure
from lifecycle.store.job_records import FoundMove

_LOGGER = logging.getLogger(__name__)


class Tally(Protocol):
    """What some prospects add up to, as plain JSON values and back."""

    def dump(self) -> dict[str, Any]: ...
    def merge(self, values: Mapping[str, Any]) -> None: ...


class Taken(NamedTuple):
    """What came of some prospects: the moves found, and how many of them count as dealt with now, and not before."""

    moves: list[FoundMove]
    counted: int


class Work(Protocol):
    """What is to be done with the prospects of a segment; ``tally`` counts those that were dealt with."""

    @property
    def tally(self) -> Tally: ...
    def take(self, prospect_ids: Sequence[str]) -> Taken: ...
    def pass_over(self) -> None: ...


class Lenient:
    """Work that passes over prospects on which it fails: one bad log must not hold up all that come behind it.

    If it fails on each of several, the reason is hardly theirs: then it fails.

    Arguments:
        work: what is done.
        workspace: whose prospects they are, for the log.
    """

    def __init__(self, work: Work, workspace: str) -> None:
        self._work = work
        self._workspace = workspace

    @property
    def tally(self) -> Tally:
        """What was dealt with."""
        return self._work.tally

    def pass_over(self) -> None:
        """Count a prospect that cannot be dealt with."""
        self._work.pass_over()

    def take(self, prospect_ids: Sequence[str]) -> Taken:
        """Deal with prospects: with all at once, and if that fails, with each that allows it."""
        try:
            return self._work.take(prospect_ids)
        except Exception as error:
            said = {"workspace": self._workspace, "error": type(error).__name__}
            _LOGGER.warning("prospects are taken one by one", extra=said)
        moves: list[FoundMove] = []
        counted = 0
        failed: list[Exception] = []
        for prospect_id in prospect_ids:
            try:
                taken = self._work.take([prospect_id])
            except Exception as error:
                told = {"workspace": self._workspace, "prospect_id": prospect_id, **failure(error)}
                _LOGGER.error("a prospect was passed over", extra=told)  # noqa: TRY400 - not the message
                failed.append(error)
            else:
                moves += taken.moves
                counted += taken.counted
        if len(failed) == len(prospect_ids) > 1:
            raise failed[0]
        for _ in failed:
            self._work.pass_over()
        return Taken(moves, counted + len(failed))
