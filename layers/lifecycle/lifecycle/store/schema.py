"""The table: its keys, its indexes, and how each is spelled (design, section 4). The template is tested against it."""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32


class Index(NamedTuple):
    """A global secondary index and its two key attributes."""

    name: str
    partition_key: str
    sort_key: str


TABLE_KEYS = ("pk", "sk")
#: Prospects by stage, for lists: hardly more than keys, so that an activity that moves nobody writes no index.
BY_STAGE = Index("by_stage", "stage_pk", "stage_sk")
BY_STAGE_PROJECTION = ("in_reports",)
#: What reports count, by day: transitions, who became known without one, and lost deals.
BY_DAY = Index("by_day", "day_pk", "day_sk")
BY_DAY_PROJECTION = (
    "from_stage", "to_stage", "occurred_at", "cause", "cycle", "funnel_version", "corrected_by", "step", "lost",
)  # fmt: skip
#: What is to be done at a time (a prospect's next timer, a version that comes into force): only while it is to be done.
BY_DUE = Index("by_due", "due_pk", "due_sk")
#: When the service may delete an item, in seconds since 1970. It does so within days, so an expired item may be read.
EXPIRES_AT = "expires_at"
#: In how many partitions each index key is spread: one stage of a busy workspace is written more often than the 1,000
#: units a second that a single partition takes (AWS, "Using write sharding to distribute workloads evenly").
SHARDS = 4

STATE = "STATE"
EVENT_PREFIX = "E#"
TRACES_PREFIX = "R#"
TRANSITION_PREFIX = "T#"
#: Of what stands in the place of an event that was erased.
MARKER_PREFIX = "X#"
CURRENT = "CURRENT"
VERSION_PREFIX = "V#"
DRAFT_PREFIX = "DRAFT#"
JOB = "JOB"
SEGMENT_PREFIX = "SEG#"
MOVES_PREFIX = "MOVES#"
API_KEY = "KEY"
SOURCE_ADDRESS = "SOURCE"
QUARANTINE_PREFIX = "Q#"
SPENT_PREFIX = "N#"
LINK_PREFIX = "L#"
#: Of a link's place in the list of its deal.
DEALS_LINK_PREFIX = "M#"
SESSION = "SESSION"
BEGUN_SIGN_IN = "SIGN_IN"
ONCE = "ONCE"
AUDIT_PREFIX = "A#"
EXPORT_SETTINGS = "SETTINGS"
DAY_PREFIX = "DAY#"
FIGURES_PREFIX = "FIGURES#"
#: Of what form the figures of days are. To be raised with every change of it: those of another form count as missing,
#: and are made anew.
FIGURES_FORM = 1
REPORT_SETTINGS = "SETTINGS"

#: A workspace's name is part of partition keys, in which ``#`` separates, and of the patterns that IAM holds them to,
#: in which ``*`` and ``?`` stand for others.
WORKSPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def checked_workspace(workspace: str) -> str:
    """A workspace's name, as every store asks for it.

    Raises:
        ValueError: it is none. Keys made with it could be another workspace's.
    """
    if not WORKSPACE.fullmatch(workspace):
        raise ValueError("workspace: use 1 to 63 lower-case letters, digits and hyphens, no hyphen first")
    return workspace


def shard_of(prospect_id: str) -> int:
    """The shard of a prospect, computed from its id so that a writer needs no lookup."""
    return crc32(prospect_id.encode()) % SHARDS


def prospect_pk(workspace: str, prospect_id: str) -> str:
    """The partition of one identity of a prospect."""
    return f"W#{workspace}#P#{prospect_id}"


def deal_pk(workspace: str, deal_id: str) -> str:
    """The partition of a deal's log."""
    return f"W#{workspace}#D#{deal_id}"


def funnel_pk(workspace: str) -> str:
    """The partition of a workspace's funnel: its head, versions and drafts."""
    return f"W#{workspace}#F"


def jobs_pk(workspace: str) -> str:
    """The partition that lists a workspace's jobs."""
    return f"W#{workspace}#J"


def job_pk(workspace: str, job_id: str) -> str:
    """The partition of a job, its segments and the moves that it found."""
    return f"W#{workspace}#J#{job_id}"


def reports_pk(workspace: str) -> str:
    """The partition of a workspace's reports: which days are to be aggregated anew, and how people want them."""
    return f"W#{checked_workspace(workspace)}#G"


def api_key_pk(digest: str) -> str:
    """The partition of an API key, whose workspace is not known before it is read."""
    return f"K#{digest}"


def api_keys_pk(workspace: str) -> str:
    """The partition that lists a workspace's API keys."""
    return f"W#{workspace}#K"


def source_address_pk(source_id: str) -> str:
    """The partition of a source's address, whose workspace is not known before it is read."""
    return f"C#{source_id}"


def sources_pk(workspace: str) -> str:
    """The partition that lists a workspace's sources."""
    return f"W#{checked_workspace(workspace)}#C"


def source_pk(workspace: str, source_id: str) -> str:
    """The partition of what a source sent that could not be read, and of what it may use once only."""
    return f"W#{checked_workspace(workspace)}#C#{source_id}"


def link_pk(workspace: str, link_id: str) -> str:
    """The partition of a CRM's record that puts a contact on a deal: all that was said of it. That of a deal's id lists
    the deal's records."""
    return f"W#{checked_workspace(workspace)}#L#{link_id}"


def unresolved_pk(workspace: str) -> str:
    """The partition that lists what waits for an email, a contact or a deal."""
    return f"W#{checked_workspace(workspace)}#U"


def audit_pk(workspace: str) -> str:
    """The partition of a workspace's audit trail. Its beginning is no other partition's: the ids of deals are their
    senders' choice, so an ending could be."""
    return f"{AUDIT_PREFIX}{workspace}"


def counters_pk(workspace: str) -> str:
    """The partition of what a workspace has used of windows of time."""
    return f"W#{checked_workspace(workspace)}#Q"


def window_sk(window: int) -> str:
    """The sort key of a window."""
    return f"{window:012d}"


def export_settings_pk(workspace: str) -> str:
    """The partition of what a workspace has said about exports to the lake."""
    return f"W#{checked_workspace(workspace)}#X"


def pseudonyms_pk(workspace: str) -> str:
    """The partition that lists the names under which the transitions of erased people are kept."""
    return f"W#{checked_workspace(workspace)}#Y"


def session_pk(digest: str) -> str:
    """The partition of a browser's session, whose workspace is not known before it is read."""
    return f"SESSION#{digest}"


def begun_sign_in_pk(digest: str) -> str:
    """The partition of a sign-in that is under way at the issuer."""
    return f"SIGN_IN#{digest}"


def used_token_pk(digest: str) -> str:
    """The partition of a token that somebody has signed in with, so that nobody does so again."""
    return f"USED#{digest}"


def paging_secret_pk() -> str:
    """The partition of the secret that the cursors of tokens are signed with."""
    return "SECRET#PAGING"


def owner_of(pk: str) -> tuple[str, str, str]:
    """Take a partition key apart.

    Returns:
        (workspace, ``P`` or ``D``, prospect or deal id).
    """
    _, workspace, kind, id_ = pk.split("#", 3)
    return workspace, kind, id_


def event_sk(event_id: str) -> str:
    """The sort key of an event: put only if absent, so that the same id twice is one event."""
    return EVENT_PREFIX + event_id


def traces_sk(chunk: int, prospect_id: str) -> str:
    """The sort key of an item with traces that were made for a prospect."""
    return f"{TRACES_PREFIX}{chunk:06d}#{prospect_id}"


def marker_sk(event_id: str) -> str:
    """The sort key of what stands in the place of an erased event: a hash, for an id may say who somebody was."""
    return MARKER_PREFIX + sha256(event_id.encode()).hexdigest()


def transition_sk(sequence: int) -> str:
    """The sort key of a transition."""
    return f"{TRANSITION_PREFIX}{sequence:06d}"


def version_sk(version: int) -> str:
    """The sort key of a version of the funnel."""
    return f"{VERSION_PREFIX}{version:06d}"


def draft_sk(draft_id: str) -> str:
    """The sort key of a draft."""
    return DRAFT_PREFIX + draft_id


def segment_sk(number: int) -> str:
    """The sort key of a segment of a job."""
    return f"{SEGMENT_PREFIX}{number:04d}"


def moves_sk(number: int, page: int, part: int) -> str:
    """The sort key of moves that a segment found in one page; a page with many is kept in parts."""
    return f"{MOVES_PREFIX}{number:04d}#{page:06d}#{part:02d}"


def day_sk(day: date) -> str:
    """The sort key of the mark of a day (UTC)."""
    return DAY_PREFIX + day.isoformat()


def audit_sk(time: str, entry_id: str) -> str:
    """The sort key of an entry of the audit trail, which is also its position in it."""
    return f"{time}#{entry_id}"


def stage_pk(workspace: str, stage: str, shard: int) -> str:
    """One shard of the prospects that stand in a stage."""
    return f"W#{workspace}#S#{stage}#{shard}"


def day_pk(workspace: str, day: date, shard: int) -> str:
    """One shard of the transitions of a day (UTC)."""
    return f"W#{workspace}#T#{day.isoformat()}#{shard}"


def part_pk(workspace: str, name: str) -> str:
    """The partition of one part of the figures of all days."""
    return f"{reports_pk(workspace)}#{FIGURES_FORM}#{name}"


def figures_sk(day: date) -> str:
    """The sort key of what is known of a day's figures."""
    return FIGURES_PREFIX + day.isoformat()


def piece_sk(day: date, piece: int) -> str:
    """The sort key of a part's figures of a day; what is too large for one item is kept in pieces."""
    return f"{day.isoformat()}#{piece:02d}"


def due_pk(shard: int) -> str:
    """One shard of what is due, of all workspaces together."""
    return f"DUE#{shard}"
