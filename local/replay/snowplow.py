"""Snowplow's sample of real tracker events: 160 rows, 157 different events, labelled duplicates and late arrivals.

How the rows map:
    Every row is an activity. `event_id` is its id, so the rows that stand for one event are one event. `domain_userid`
    (the site's own cookie) is the visitor; a row without one falls back on `network_userid` (the collector's cookie).
    `user_id` is *not* an identity here: in this file it labels the edge case that the row was chosen for ("late
    arriving: ...", "dupe: ..."), and one label spans many people. It becomes the property `label`. No row holds an
    e-mail address, so everybody stays anonymous.
    `event_name` gives the type. What the tracker or a banner does by itself (`page_ping`, `cmp_visible`,
    `snplow_cookies`) is internal, not inbound: nobody acted.
    The IAB context says whether a spider or robot did it: that becomes `automated`.

Which clock: Snowplow has several. `dvce_created_tstamp` is the device's own, often wrong; `collector_tstamp` is when
the event reached Snowplow, which for a device that was offline is days later; `derived_tstamp` is the device's time
corrected by how far its clock was off when it sent. So `occurred_at` is `derived_tstamp`, and rows arrive in the order
of `collector_tstamp`. The copies of one event were sent at different moments, so their corrected times differ by a
second; all copies carry the time of the one collected first (as Snowplow's own dbt package keeps that one), so that the
log is the same whichever copy arrives first.

Source: https://github.com/snowplow/dbt-snowplow-web, tag 0.15.0, integration_tests/data/source/snowplow_web_events.csv.
Clocks: https://docs.snowplow.io/docs/fundamentals/canonical-event/ ("Date / time fields").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from local.checks import Check
from local.reading import Reading
from local.replay.dataset import DataError
from local.replay.table import Row, read_rows
from local.request import Activity, Delivery, Identities

EVENTS = "snowplow_web_events.csv"
_COLUMNS = (
    "event_id", "event_name", "user_id", "domain_userid", "network_userid", "collector_tstamp", "derived_tstamp",
    "page_url", "page_title", "mkt_source", "mkt_medium", "mkt_campaign", "se_category", "se_action",
)  # fmt: skip
_SPIDERS = "contexts_com_iab_snowplow_spiders_and_robots_1_0_0"
#: What the contract has another name for. (`event` is a structured event, which its action names.)
_TYPES = {"page_view": "website_visit"}
_INTERNAL = frozenset({"page_ping", "cmp_visible", "snplow_cookies"})
_LATE_FROM = timedelta(days=1)


@dataclass(frozen=True)
class Snowplow:
    """The file, read; ``rows`` in the order in which Snowplow collected them."""

    rows: tuple[Row, ...]

    name = "Snowplow web events"

    @property
    def notes(self) -> Sequence[str]:
        """The numbers of the source."""
        late = sum(1 for delivery in self.deliveries if delivery.late)
        labelled = sum(1 for row in self.rows if row["user_id"].startswith(("dupe", "late")))
        return (
            f"{len(self.rows)} rows, {len(self._first)} different events, {len(self._visitors)} visitors",
            f"{late} rows reached Snowplow more than a day after they happened",
            f"{labelled} rows are labelled as duplicates or late by their publisher",
        )

    @cached_property
    def deliveries(self) -> Sequence[Delivery]:
        """The rows in order of arrival; those after the first of their event are repeats."""
        seen: set[str] = set()
        deliveries = []
        for row in self.rows:
            activity = _activity(row, self._first[row["event_id"]])
            arrived_at = _time(row, "collector_tstamp")
            late = arrived_at - activity.occurred_at > _LATE_FROM
            deliveries.append(Delivery(activity, arrived_at, late=late, repeat=activity.id in seen))
            seen.add(activity.id)
        return deliveries

    def checks(self, reading: Reading) -> Sequence[Check]:
        """Every visitor is one anonymous prospect."""
        return (
            Check("visitors, all anonymous", len(self._visitors), reading.count("anonymous")),
            Check("prospects in all", len(self._visitors), len(reading.prospects)),
        )

    @cached_property
    def _first(self) -> Mapping[str, Row]:
        """For each event the row that was collected first."""
        return {row["event_id"]: row for row in reversed(self.rows)}

    @cached_property
    def _visitors(self) -> frozenset[str]:
        return frozenset(_visitor(row) for row in self._first.values())


def load(folder: Path) -> Snowplow | None:
    """Read the file of a folder.

    Returns:
        The data set, ``None`` where the folder does not hold the file.

    Raises:
        DataError: the file is not what it should be.
    """
    if not (folder / EVENTS).exists():
        return None
    rows = read_rows(folder / EVENTS, _COLUMNS)
    return Snowplow(tuple(sorted(rows, key=_collected)))


def _collected(row: Row) -> tuple[datetime, datetime]:
    return _time(row, "collector_tstamp"), _time(row, "derived_tstamp")


def _activity(row: Row, first: Row) -> Activity:
    """The activity of a row, with the visitor and the time of its event's first copy."""
    name = row["se_action"] if row["event_name"] == "event" else row["event_name"]
    properties = {
        "url": row["page_url"],
        "title": row["page_title"],
        "utm_source": row["mkt_source"],
        "utm_medium": row["mkt_medium"],
        "utm_campaign": row["mkt_campaign"],
        "category": row["se_category"],
        "label": row["user_id"],
        "automated": _is_robot(row),
    }
    return Activity(
        row["event_id"],
        _TYPES.get(name, name),
        _time(first, "derived_tstamp"),
        Identities(visitor=_visitor(first)),
        "internal" if name in _INTERNAL else "inbound",
        {key: value for key, value in properties.items() if value},
        {},
        "snowplow",
    )


def _visitor(row: Row) -> str:
    visitor = row["domain_userid"] or row["network_userid"]
    if not visitor:
        raise DataError(f"{EVENTS}: event {row['event_id']} names nobody: no domain_userid, no network_userid")
    return visitor


def _is_robot(row: Row) -> bool:
    """Whether the IAB list of spiders and robots knows the browser; an event without that context is a person's."""
    contexts = json.loads(row.get(_SPIDERS) or "[]")
    return any(context["spiderOrRobot"] for context in contexts)


def _time(row: Row, column: str) -> datetime:
    """Snowplow's times are in UTC and say so in the documentation, not in the text."""
    try:
        return datetime.fromisoformat(row[column]).replace(tzinfo=UTC)
    except ValueError:
        raise DataError(f"{EVENTS}: event {row['event_id']}: {column} {row[column]!r} is not a time") from None
