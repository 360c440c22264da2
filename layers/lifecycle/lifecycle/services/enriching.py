"""Enriching: the hook of a source is asked for a record that was named by its id alone, and what it says is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from lifecycle.services.errors import LifecycleError
from lifecycle.services.receiving import Receiver
from lifecycle.services.unresolved import Prospects, is_resolved
from lifecycle.sources.enrichment import Missing, said_by
from lifecycle.sources.said import LinkUpdate
from lifecycle.sources.source import UnreadableDeliveryError, UnreadablePartError
from lifecycle.store.source_records import SourceRecord, Waiting

#: For so long a hook is not asked for the same record again, whatever names it: what it did not know a moment ago it
#: hardly knows now, and an answer that names further records cannot have it asked in circles.
ASKED_FOR = timedelta(hours=1)


class HookError(LifecycleError):
    """A hook answered with something that cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The answer of the source's hook cannot be read: {why}.")


class Unresolved(Protocol):
    """What enriching needs of the store of sources; ``store.sources.SourceStore`` describes each method."""

    def waiting_for(self, what: str, name: str) -> Waiting | None: ...
    def asked(self, waiting: Waiting, at: datetime) -> None: ...
    def resolve(self, waiting: Waiting) -> None: ...
    def link_log(self, link_id: str) -> list[LinkUpdate]: ...


class Enricher:
    """Has the hook of one source asked.

    Arguments:
        unresolved: the list of what waits.
        prospects: the use cases of the workspace.
        receiver: keeps what is found out.
        ask: posts a question (JSON) to the hook, and gives the answer, ``None`` where there is nothing to know.
    """

    def __init__(
        self,
        unresolved: Unresolved,
        prospects: Prospects,
        receiver: Receiver,
        ask: Callable[[bytes], bytes | None],
    ) -> None:
        self._unresolved = unresolved
        self._prospects = prospects
        self._receiver = receiver
        self._ask = ask

    def enrich(self, record: SourceRecord, what: str, name: str, now: datetime) -> bool:
        """Ask for what waits under a name, and keep what is known of it. Doing it twice is doing it once.

        Arguments:
            record: the source, as it is by now.
            what, name: as in the list of what waits.
            now: the present.

        Returns:
            Whether the hook was asked. It is not for what waits no more, nor again within an hour.

        Raises:
            OutsideError: the hook cannot be reached, must not be, or refuses.
            HookError: its answer cannot be read. Nothing of it was kept.
        """
        waiting = self._unresolved.waiting_for(what, name)
        if waiting is None or self._is_settled(waiting):
            return False
        if waiting.asked_at is not None and now < waiting.asked_at + ASKED_FOR:
            return False
        missing = Missing.named(record.kind, waiting.what, name)
        answer = self._ask(missing.question)
        try:
            said = [] if answer is None else list(said_by(answer, missing, now))
        except (UnreadablePartError, UnreadableDeliveryError) as error:
            raise HookError(str(error)) from None
        # The note comes last: what fails before it is asked for again when the queue hands it out again.
        self._receiver.learn(said, now)
        if not self._is_settled(waiting):
            self._unresolved.asked(waiting, now)
        return True

    def _is_settled(self, waiting: Waiting) -> bool:
        """Whether something waits no more; it is taken off the list then."""
        settled = is_resolved(waiting, self._prospects, self._unresolved)
        if settled:
            self._unresolved.resolve(waiting)
        return settled
