"""The loader of Snowplow's events, on rows made up for it."""

import csv
import json
from pathlib import Path

import pytest

from local.reading import Reading
from local.replay import snowplow
from local.replay.dataset import DataError
from local.request import Activity

SPIDERS = "contexts_com_iab_snowplow_spiders_and_robots_1_0_0"
COLUMNS = [
    "event_id", "event_name", "user_id", "domain_userid", "network_userid", "collector_tstamp", "derived_tstamp",
    "page_url", "page_title", "mkt_source", "mkt_medium", "mkt_campaign", "se_category", "se_action", SPIDERS,
]  # fmt: skip
ROW = {
    "event_id": "e1",
    "event_name": "page_view",
    "user_id": "no edge",
    "domain_userid": "cookie-1",
    "network_userid": "net-1",
    "collector_tstamp": "2021-03-02 10:00:00.500",
    "derived_tstamp": "2021-03-02 10:00:00.250",
    "page_url": "https://site.example/",
}


def written(folder: Path, *rows: dict[str, str]) -> Path:
    with (folder / snowplow.EVENTS).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def read(folder: Path, *rows: dict[str, str]) -> snowplow.Snowplow:
    data_set = snowplow.load(written(folder, *rows))
    assert data_set is not None
    return data_set


def activities(data_set: snowplow.Snowplow) -> list[Activity]:
    return [each.request for each in data_set.deliveries if isinstance(each.request, Activity)]


def test_a_page_view_is_a_visit_of_the_sites_own_cookie(tmp_path: Path) -> None:
    (activity,) = activities(read(tmp_path, ROW))
    assert activity.body() == {
        "id": "e1",
        "type": "website_visit",
        "direction": "inbound",
        "occurred_at": "2021-03-02T10:00:00.250000Z",
        "identities": {"visitor": "cookie-1"},
        "properties": {"url": "https://site.example/", "label": "no edge"},
        "source": "snowplow",
    }


def test_without_its_own_cookie_the_collectors_one_counts(tmp_path: Path) -> None:
    (activity,) = activities(read(tmp_path, ROW | {"domain_userid": ""}))
    assert activity.identities.body() == {"visitor": "net-1"}


def test_an_event_of_nobody_is_an_error(tmp_path: Path) -> None:
    data_set = read(tmp_path, ROW | {"domain_userid": "", "network_userid": ""})
    with pytest.raises(DataError, match="event e1 names nobody"):
        _ = data_set.deliveries


@pytest.mark.parametrize("name", ["page_ping", "cmp_visible", "snplow_cookies"])
def test_what_the_page_does_by_itself_is_internal(tmp_path: Path, name: str) -> None:
    (activity,) = activities(read(tmp_path, ROW | {"event_name": name}))
    assert (activity.type, activity.direction) == (name, "internal")


def test_a_structured_event_is_called_by_its_action(tmp_path: Path) -> None:
    row = ROW | {"event_name": "event", "se_category": "authentication", "se_action": "login"}
    (activity,) = activities(read(tmp_path, row))
    assert activity.type == "login"
    assert activity.properties["category"] == "authentication"


def test_a_robot_is_marked_as_automated(tmp_path: Path) -> None:
    robot = ROW | {"event_id": "e2", SPIDERS: json.dumps([{"spiderOrRobot": True}])}
    human = ROW | {SPIDERS: json.dumps([{"spiderOrRobot": False}])}
    marked = {
        activity.id: activity.properties.get("automated") for activity in activities(read(tmp_path, human, robot))
    }
    assert marked == {"e1": None, "e2": True}


def test_copies_of_an_event_are_the_same_in_any_order_of_the_file(tmp_path: Path) -> None:
    later = ROW | {"collector_tstamp": "2021-03-02 10:00:03.000", "derived_tstamp": "2021-03-02 10:00:00.100"}
    for rows in ((ROW, later), (later, ROW)):
        data_set = read(tmp_path, *rows)
        first, second = activities(data_set)
        assert first == second
        assert first.body()["occurred_at"] == "2021-03-02T10:00:00.250000Z"
        assert [delivery.repeat for delivery in data_set.deliveries] == [False, True]


def test_an_event_of_an_offline_device_is_late(tmp_path: Path) -> None:
    offline = ROW | {"event_id": "e2", "derived_tstamp": "2021-02-26 09:00:00.000"}
    data_set = read(tmp_path, ROW, offline)
    assert {delivery.request.occurred_at.day: delivery.late for delivery in data_set.deliveries} == {2: False, 26: True}


def test_the_expected_numbers_come_from_the_rows(tmp_path: Path) -> None:
    other = ROW | {"event_id": "e2", "domain_userid": "cookie-2"}
    data_set = read(tmp_path, ROW, ROW, other)
    reading = Reading({"anonymous": ({},), "suspect": ()})
    assert [(check.expected, check.found) for check in data_set.checks(reading)] == [(2, 1), (2, 1)]
    assert data_set.notes[0] == "3 rows, 2 different events, 2 visitors"


def test_a_time_that_is_none_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, ROW | {"collector_tstamp": "yesterday"})
    with pytest.raises(DataError, match="collector_tstamp 'yesterday' is not a time"):
        snowplow.load(tmp_path)
