"""The tables of the lake: what their columns are called, of which type they are, and what they mean.

The types are Athena's. A column is added at the end; none is renamed or taken away, for queries that people have
written name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

LakeType = Literal["string", "boolean", "int", "timestamp", "decimal(38,9)", "array<string>"]
#: A row as plain JSON values; a column that it leaves out is null.
LakeRow = Mapping[str, Any]

#: By what the files of a table are parted: the month (UTC) of ``occurred_at``, as ``2026-05``.
MONTH = "month"


class Column(NamedTuple):
    """A column of a table of the lake."""

    name: str
    type: LakeType
    meaning: str


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table of the lake. ``name`` is that of its folder; with the workspace's it is the one in the catalogue."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    def name_of(self, workspace: str) -> str:
        """What a workspace's table is called. Athena wants no hyphen in a name, and no workspace has an underscore."""
        return f"{self.name}_{workspace.replace('-', '_')}"


EVENTS = LakeTable(
    "events",
    "The log: each event once, by the prospect whose it is now.",
    (
        Column("workspace", "string", "Whose it is: the same in all rows of a table, for whoever joins tables."),
        Column("prospect_id", "string", "The prospect; after a merge the surviving one."),
        Column("event_id", "string", "As its sender named it; of a deal's events also the deal and the contact."),
        Column("kind", "string", "activity, deal, decision or withdrawal"),
        Column("type", "string", "Of an activity its type; of a decision its action."),
        Column("direction", "string", "Of an activity: inbound, outbound or internal."),
        Column("automated", "boolean", "Of an activity: it was a scanner's or a bot's, and counts for nothing."),
        Column("condensed", "boolean", "Of an activity: a trace is all that is kept of it."),
        Column("withdrawn", "boolean", "Somebody has ruled that it counts as if it had never happened."),
        Column("occurred_at", "timestamp", "When it was true (UTC)."),
        Column("recorded_at", "timestamp", "When the log got it (UTC)."),
        Column("source", "string", "Of an activity: where it came from."),
        Column("properties", "string", "Of an activity, as JSON."),
        Column("traits", "string", "Of an activity, as JSON: what it told of the person."),
        Column("deal_id", "string", "Of a deal's event: the deal."),
        Column("linked", "boolean", "Of a deal's event: it put the prospect on the deal, or took it off."),
        Column("role", "string", "Of a deal's event: in which role."),
        Column("deal_status", "string", "Of a deal's event: open, won or lost; null: unchanged."),
        Column("deal_name", "string", "Of a deal's event; null: unchanged. So are those that follow."),
        Column("amount", "decimal(38,9)", "Of a deal's event."),
        Column("currency", "string", "Of a deal's event."),
        Column("pipeline", "string", "Of a deal's event."),
        Column("lost_reason", "string", "Of a deal's event."),
        Column("deleted", "boolean", "Of a deal's event: the deal was withdrawn, with all that was said of it before."),
        Column("stage", "string", "Of a decision: the stage that it sets."),
        Column("stage_status", "string", "Of a decision: the status within that stage."),
        Column("actor", "string", "Of a decision or a withdrawal: who took it."),
        Column("reason", "string", "Of a decision or a withdrawal: why."),
        Column("qualification", "string", "Of a decision, as JSON: its answers to the checklist."),
        Column("about_event", "string", "Of a withdrawal: the event that it withdraws."),
        Column("other_prospect", "string", "Of a merge or an unmerge: the other prospect."),
    ),
)

TRANSITIONS = LakeTable(
    "transitions",
    "The moves from stage to stage, those that were corrected and those of erased people included.",
    (
        Column("workspace", "string", "Whose it is: the same in all rows of a table, for whoever joins tables."),
        Column("prospect_id", "string", "The prospect; null where the person was erased."),
        Column("sequence", "int", "Counts from 1 within the prospect."),
        Column("from_stage", "string", "The stage that was left."),
        Column("to_stage", "string", "The stage that was entered."),
        Column("occurred_at", "timestamp", "When it became true (UTC)."),
        Column("recorded_at", "timestamp", "When it was found (UTC)."),
        Column("cause", "string", "rule, decision, correction, funnel_published or merge"),
        Column("funnel_version", "int", "The version of the funnel that judged."),
        Column("cycle", "int", "1 for the first pass through the funnel, 2 for the second, and so on."),
        Column("criterion", "string", "The condition that held, in words."),
        Column("evidence", "array<string>", "The ids of the events that satisfied it."),
        Column("event_id", "string", "The event at which it became true."),
        Column("actor", "string", "Of a decision: who took it."),
        Column("reason", "string", "Of a decision: why."),
        Column("qualification", "string", "As JSON: the answers to the checklist as they stood then."),
        Column("actions", "array<string>", "What entering the stage set off."),
        Column("corrected", "boolean", "It no longer stands: its evidence was withdrawn."),
        Column("corrected_by", "string", "The event by which it no longer does."),
        Column("restated_by", "string", "The event whose withdrawals brought it to light."),
        Column("pseudonymous", "boolean", "The person was erased: it is kept for the counts."),
        Column("counted", "boolean", "It is one of the steps that reports count. What follows is of these alone."),
        Column("counted_from", "string", "The stage of the stay that it ends; null where the prospect became known."),
        Column("stay_began_at", "timestamp", "When that stay began (UTC)."),
        Column("again", "boolean", "The prospect had been in to_stage before."),
        Column("opened", "array<string>", "The stages reached or passed for the first time in this cycle."),
        Column("why", "string", "What led beside the ladder: a decision's reason, or a criterion."),
        Column("told_source", "string", "The source that reports break down by, as it was told by then."),
        Column("told_campaign", "string", "The campaign, as it was told by then."),
        Column("told_owner", "string", "Whose prospect it was by then."),
    ),
)

LAKE_TABLES = (EVENTS, TRANSITIONS)
