"""The store of one workspace in DynamoDB: appends to logs, and changes of state that happen whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any

from lifecycle.events import Activity, DealUpdate, Event
from lifecycle.steps import LostDeal
from lifecycle.store.audit import AuditStore, audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.day_items import deal_state_item, item_lost_deal
from lifecycle.store.day_marks import DayMarks, day_of
from lifecycle.store.items import (
    Item,
    deal_update_item,
    event_item,
    format_time,
    from_attributes,
    item_deal_update,
    item_event,
    item_partition,
    item_transition,
    marker_item,
    parse_time,
    partition_item,
    pseudonym_item,
    to_attributes,
    to_seconds,
    transition_item,
)
from lifecycle.store.protocol import Appended
from lifecycle.store.reads import BATCH_GET_LIMIT, get_item, get_items, query_items
from lifecycle.store.records import Change, KeptLog, Partition, TransitionRecord
from lifecycle.store.schema import (
    BY_STAGE,
    EVENT_PREFIX,
    EXPIRES_AT,
    SHARDS,
    STATE,
    TRACES_PREFIX,
    TRANSITION_PREFIX,
    checked_workspace,
    deal_pk,
    event_sk,
    marker_sk,
    prospect_pk,
    pseudonyms_pk,
    stage_pk,
    transition_sk,
)
from lifecycle.store.traces import kept_log, traces_items, without
from lifecycle.store.transactions import (
    NOT_THERE,
    THERE,
    TRANSACTION_LIMIT,
    chunks,
    delete,
    put,
    put_absent,
    set_or_remove,
    transact,
    transact_in_time,
    transact_possible,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    #: What one change writes.
    Writes = list[TransactWriteItemTypeDef]

#: The partition is as it was read: integers, never clocks.
SAME_VERSION = "version = :read"
#: What is noted is known of less of the log.
OF_LESS = "updates < :updates"


class DynamoStore:
    """What one workspace keeps. It cannot be asked without a workspace, and reaches no other.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.

    Raises:
        ValueError: that is no workspace.
    """

    def __init__(self, client: DynamoDBClient, table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self.workspace = checked_workspace(workspace)
        self._marks = DayMarks(client, table, workspace)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def partitions(self, prospect_ids: Iterable[str]) -> dict[str, Partition]:
        """The partitions of some ids, strongly consistent; those not there yet are left out."""
        keys = [{"pk": prospect_pk(self.workspace, id_), "sk": STATE} for id_ in dict.fromkeys(prospect_ids)]
        found = (item_partition(item) for item in self._get(keys))
        return {partition.prospect_id: partition for partition in found}

    def log(self, prospect_id: str) -> tuple[list[Event], list[TransitionRecord]]:
        """The events in the log of one partition, and its transitions in order; strongly consistent."""
        kept = self.kept(prospect_id)
        return kept.events, kept.transitions

    def kept(self, prospect_id: str) -> KeptLog:
        """The log of one partition as it is kept, with its transitions; strongly consistent."""
        # The keys of traces sort between those of events and of transitions.
        return kept_log(self._query(prospect_pk(self.workspace, prospect_id), EVENT_PREFIX, TRANSITION_PREFIX + "~"))

    def transitions(self, prospect_id: str) -> list[TransitionRecord]:
        """The transitions of a prospect, in order."""
        pk = prospect_pk(self.workspace, prospect_id)
        return [item_transition(item) for item in self._query(pk, TRANSITION_PREFIX, TRANSITION_PREFIX + "~")]

    def pseudonyms(self, after: str) -> Iterator[str]:
        """The names, after one, under which the transitions of erased people are kept; in order, page by page."""
        # What sorts right behind a name is the first that may follow it.
        items = self._query(pseudonyms_pk(self.workspace), after + " ", "~")
        return (item["sk"] for item in items)

    def events(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Event]:
        """The events of some (partition, event id); those not there, or there only as a trace, are left out."""
        wanted = [
            {"pk": prospect_pk(self.workspace, home), "sk": event_sk(event_id)}
            for home, event_id in dict.fromkeys(keys)
        ]
        found = ((item["pk"].split("#", 3)[3], item_event(item)) for item in self._get(wanted))
        return {(home, event.id): event for home, event in found}

    def deal_log(self, deal_id: str) -> list[DealUpdate]:
        """The log of a deal, in no order; strongly consistent."""
        pk = deal_pk(self.workspace, deal_id)
        return [item_deal_update(item) for item in self._query(pk, EVENT_PREFIX, EVENT_PREFIX + "\U0010ffff")]

    def erased(self, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of some (partition, event id) were erased, as far as markers still tell."""
        places = {(prospect_pk(self.workspace, home), marker_sk(id_)): (home, id_) for home, id_ in keys}
        found = self._get([{"pk": pk, "sk": sk} for pk, sk in places])
        return {places[item["pk"], item["sk"]] for item in found}

    def in_stage(self, stage: str, after: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        """The prospects of a stage in the order of their entry, read page by page from every shard at once.

        Arguments:
            stage: the stage's key.
            after: start after this position (empty: at the start), one that an earlier answer named.
            first, last: bounds of the entry time as ``format_time`` writes it (inclusive, exclusive).

        Returns:
            (position, prospect id) of each. An index follows its table within moments, so a prospect may be missing
            or still be listed just after it moved.
        """
        return merge(*(self._shard(stage, shard, after, first, last) for shard in range(SHARDS)))

    def since(self, stage: str, first: datetime, before: datetime) -> list[datetime]:
        """Since when those prospects of a stage are in it that reports know, by what the index lists.

        Arguments:
            stage: the stage's key.
            first, before: since the first moment or later, and before the second.

        Returns:
            A moment of each, in no order. No prospect is read, so thousands take as many milliseconds as one.
        """
        pages = chain.from_iterable(
            self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=BY_STAGE.name,
                KeyConditionExpression=f"{BY_STAGE.partition_key} = :pk AND {BY_STAGE.sort_key} BETWEEN :from AND :to",
                FilterExpression="attribute_exists(in_reports)",
                ExpressionAttributeValues=to_attributes(
                    {
                        ":pk": stage_pk(self.workspace, stage, shard),
                        ":from": format_time(first),
                        ":to": format_time(before),
                    }
                ),
            )
            for shard in range(SHARDS)
        )
        positions = (from_attributes(item)[BY_STAGE.sort_key] for page in pages for item in page["Items"])
        return [parse_time(position.partition("#")[0]) for position in positions]

    def _shard(self, stage: str, shard: int, after: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        first = max(first, after)
        start: dict[str, Any] = {}
        # The service refuses bounds in the wrong order instead of finding nothing between them.
        while first <= last:
            page = self._client.query(
                TableName=self._table,
                IndexName=BY_STAGE.name,
                KeyConditionExpression=f"{BY_STAGE.partition_key} = :pk AND {BY_STAGE.sort_key} BETWEEN :from AND :to",
                ExpressionAttributeValues=to_attributes(
                    {":pk": stage_pk(self.workspace, stage, shard), ":from": first, ":to": last}
                ),
                Limit=BATCH_GET_LIMIT,
                **start,
            )
            for item in map(from_attributes, page["Items"]):
                position = item[BY_STAGE.sort_key]
                if position > after:
                    yield position, position.rpartition("#")[2]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _get(self, keys: Sequence[Mapping[str, str]]) -> Iterator[Item]:
        return get_items(self._client, self._table, keys)

    def _query(self, pk: str, first: str, last: str) -> Iterator[Item]:
        return query_items(self._client, self._table, pk, first, last)

    # ---- appending to logs ------------------------------------------------------------------------------------------

    def append(self, appended: Sequence[Appended]) -> list[bool]:
        """Append events to logs of prospects. Once this returns, the logs hold them.

        Returns:
            For each whether it is new; ``False`` for an id that its log held already, or that came before in the list.
        """
        items = [event_item(self.workspace, *entry) for entry in appended]
        return put_absent(self._client, self._table, items)

    def append_ruling(self, appended: Appended, audit: AuditEntry) -> bool:
        """Append a ruling to the log of a prospect, together with the entry of the audit trail that tells of it.

        Returns:
            Whether both were appended; ``False`` where the log held the id already, or another transaction was in the
            way: read again, then decide.
        """
        item = event_item(self.workspace, *appended)
        return transact(
            self._client, [put(self._table, item, NOT_THERE), audit_put(self._table, self.workspace, audit)]
        )

    def record(self, audit: AuditEntry) -> None:
        """Append an entry to the audit trail: of what changes nothing."""
        AuditStore(self._client, self._table, self.workspace).record(audit)

    def append_deal_updates(self, updates: Sequence[DealUpdate]) -> list[bool]:
        """Append to the logs of deals. Returns for each whether it is new, as ``append`` does."""
        return put_absent(self._client, self._table, [deal_update_item(self.workspace, update) for update in updates])

    def set_expiries(self, prospect_id: str, expiries: Mapping[str, datetime | None]) -> None:
        """Set anew when events in the log of a partition may go, by id; what is gone already stays gone."""
        pk = prospect_pk(self.workspace, prospect_id)
        updates = (
            set_or_remove(self._table, pk, event_sk(event_id), EXPIRES_AT, to_seconds(expires_at))
            for event_id, expires_at in expiries.items()
        )
        for chunk in chunks(updates, TRANSACTION_LIMIT):
            transact_possible(self._client, chunk)

    # ---- changing state ---------------------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Make each change whole or not at all.

        Returns:
            For each whether it was made; ``False`` if another writer changed one of its partitions since it was read.
        """
        self._marks.mark({day for change in changes for day in change.days})
        if len(changes) == 1:
            return [self._commit_one(self._writes(changes[0]))]
        done: list[bool] = []
        for group in _packed(map(self._writes, changes)):
            if len(group) > 1 and transact(self._client, [write for writes in group for write in writes]):
                done += [True] * len(group)
            else:
                done += [self._commit_one(writes) for writes in group]
        return done

    def _commit_one(self, writes: Writes) -> bool:
        if len(writes) == 1 and "Put" in writes[0]:
            try:
                self._client.put_item(**writes[0]["Put"])
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
            return True
        # More than one transaction holds: transitions first, which the next evaluation would mend, and traces, which
        # stand for what is still there; the partitions last.
        head, tail = writes[:-TRANSACTION_LIMIT], writes[-TRANSACTION_LIMIT:]
        return all(transact(self._client, chunk) for chunk in [*chunks(head, TRANSACTION_LIMIT), tail])

    def _writes(self, change: Change) -> Writes:
        # First, so that where this is more than one transaction holds, it is these that come before the others.
        writes: Writes = [
            put(self._table, pseudonym_item(self.workspace, prospect_id))
            for prospect_id, records in change.written.items()
            if any(record.pseudonymous for record in records)
        ]
        for prospect_id, sequences in change.erased.items():
            pk = prospect_pk(self.workspace, prospect_id)
            writes += [delete(self._table, pk, transition_sk(sequence)) for sequence in sequences]
        for prospect_id, records in change.written.items():
            items = (transition_item(self.workspace, prospect_id, record) for record in records)
            writes += [put(self._table, item) for item in items]
        for new in change.traces:
            writes += [put(self._table, item, NOT_THERE) for item in traces_items(self.workspace, new)]
        if change.audit is not None:
            writes.append(audit_put(self._table, self.workspace, change.audit))
        writes += [self._partition_put(partition) for partition in change.partitions]
        return writes

    def _partition_put(self, partition: Partition) -> TransactWriteItemTypeDef:
        """A put of the next version of a partition, on the condition that the version that was read still stands."""
        item = partition_item(self.workspace, partition) | {"version": partition.version + 1}
        if partition.version == 0:
            return put(self._table, item, NOT_THERE)
        return put(self._table, item, SAME_VERSION, read=partition.version)

    def note_loss(self, deal_id: str, updates: int, lost: LostDeal | None) -> None:
        """Note whether a deal is lost that was lost once, unless that is known of more of its log already.

        Arguments:
            deal_id: the deal's.
            updates: of how many entries of its log it is known.
            lost: the loss; ``None``: it is not lost any more.
        """
        stored = get_item(self._client, self._table, deal_pk(self.workspace, deal_id), STATE)
        if stored is not None and int(stored["updates"]) >= updates:
            return
        losses = (lost, item_lost_deal(stored) if stored else None)
        self._marks.mark({day_of(loss.lost_at) for loss in losses if loss is not None})
        item = deal_state_item(self.workspace, deal_id, updates, lost)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes(item),
                ConditionExpression=f"{NOT_THERE} OR {OF_LESS}",
                ExpressionAttributeValues=to_attributes({":updates": updates}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    # ---- erasing ----------------------------------------------------------------------------------------------------

    def bury(self, keys: Sequence[tuple[str, str]], until: datetime) -> None:
        """Delete events for good. In the place of each a marker stays, by which ``erased`` recognises it.

        Arguments:
            keys: (partition, event id) of each; those not there leave a marker too.
            until: when the markers may go.

        Raises:
            TransactionCanceledException: other writers were in the way at every attempt.
        """
        for group in chunks(dict.fromkeys(keys), TRANSACTION_LIMIT // 2):
            markers = [put(self._table, marker_item(self.workspace, home, id_, until)) for home, id_ in group]
            deletes = [delete(self._table, prospect_pk(self.workspace, home), event_sk(id_)) for home, id_ in group]
            transact_in_time(self._client, [*markers, *deletes])

    def change_traces(self, prospect_id: str, change: Callable[[Activity], Activity | None]) -> None:
        """Take traces out of the log of a partition, or change them (see ``traces.without``)."""
        for item in self._query(prospect_pk(self.workspace, prospect_id), TRACES_PREFIX, TRACES_PREFIX + "~"):
            changed = without(item, change)
            if changed is not None:
                self._rewrite(changed)

    def rewrite_event(self, entry: Appended) -> None:
        """Put an event in the place of the one of its id, if that is still there."""
        self._rewrite(event_item(self.workspace, *entry))

    def rewrite_deal_update(self, update: DealUpdate) -> None:
        """Put an update in the place of the one of its id, if that is still there."""
        self._rewrite(deal_update_item(self.workspace, update))

    def _rewrite(self, item: Item) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=to_attributes(item), ConditionExpression=THERE)
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def _packed(changes: Iterable[Writes]) -> Iterator[list[Writes]]:
    """The writes of changes in groups, each of which fits into one transaction where its members do."""
    group: list[Writes] = []
    for writes in changes:
        if group and sum(map(len, group)) + len(writes) > TRANSACTION_LIMIT:
            yield group
            group = []
        group.append(writes)
    if group:
        yield group
