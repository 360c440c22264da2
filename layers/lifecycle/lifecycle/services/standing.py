"""Who stands where now, of those who are in reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from lifecycle.engine.journey import is_in_reports
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.items import format_time
from lifecycle.store.protocol import Store
from lifecycle.store.workspace_clients import workspace_client

#: How many listed prospects are read at once (the service's limit for one request).
_READ_AHEAD = 100
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a prospect stands.

    Attributes:
        prospect_id: its id; that of the survivor, if it was merged.
        email: its first one.
        stage: where it is.
        since: since when; ``None``: it never was elsewhere.
        in_reports: whether it is known, and so in reports.
    """

    prospect_id: str
    email: str | None
    stage: str
    since: datetime | None
    in_reports: bool


class Standing:
    """Where the prospects of one workspace stand.

    Arguments:
        store: the workspace's store.
        calendars: tells which version of the funnel is in force when.
    """

    def __init__(self, store: Store, calendars: CalendarSource) -> None:
        self._store = store
        self._calendars = calendars

    @classmethod
    def connect(cls, table: str, workspace: str) -> Standing:
        """Those of whom a table keeps."""
        client = workspace_client(workspace)
        calendars = Calendars(FunnelStore(client, table, workspace), remembered(table, workspace))
        return cls(DynamoStore(client, table, workspace), calendars)

    def in_stage(
        self, stage: str, since: tuple[datetime | None, datetime], now: datetime, after: str = ""
    ) -> Iterator[tuple[str, Stand]]:
        """Who is in a stage, those who have been there longest first. The index also lists who is in no report.

        Arguments:
            stage: which.
            since: since the first moment or later, and before the second.
            now: the present.
            after: start after this position (empty: at the start), one that an earlier answer named.

        Returns:
            (position, where it stands) of each.
        """
        first, before = since
        entries = self._store.in_stage(stage, after, format_time(first or _FIRST), format_time(before))
        while chunk := list(islice(entries, _READ_AHEAD)):
            stands = self.of([id_ for _, id_ in chunk], now)
            for position, id_ in chunk:
                stand = stands[id_]
                if stand is not None and stand.in_reports and (stand.prospect_id, stand.stage) == (id_, stage):
                    yield position, stand

    def of(self, prospect_ids: Sequence[str], now: datetime) -> dict[str, Stand | None]:
        """Where some prospects stand; ``None`` for those of whom nothing is known any more."""
        calendar = self._calendars.calendar(now)
        around = Neighbourhood(self._store)
        around.load(prospect_ids)
        stands: dict[str, Stand | None] = {}
        for id_ in prospect_ids:
            root = around.root(id_)
            if around[root].summary is None:
                stands[id_] = None
                continue
            machine = around.stored_machine(root, calendar) or around.machine(root, calendar, now)
            stands[id_] = Stand(
                prospect_id=root,
                email=next((identity.value for identity in machine.identities if identity.kind == "email"), None),
                stage=machine.at.stage.key,
                since=machine.since.occurred_at if machine.since else None,
                in_reports=is_in_reports(machine),
            )
        return stands
