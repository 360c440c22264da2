"""The lake on moto: what S3 and the catalogue hold before, during and after exports."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from lifecycle.services.audit_entries import SYSTEM, nightly_changed
from lifecycle.store.due import due_until
from lifecycle.store.export_settings import ExportSettings
from lifecycle.store.lake import FilesLeftError, Lake, part_of
from lifecycle.store.lake_tables import EVENTS, TRANSITIONS
from tests.builders import WORKSPACE, at
from tests.integration.tables import create_table

EXPORT, NEXT = "export-1", "export-2"


class Shore(NamedTuple):
    """A lake, and what is around it."""

    lake: Lake
    s3: Any
    glue: Any

    def files(self) -> list[str]:
        """The keys of all files."""
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket="lake").get("Contents", ())]

    def table(self, name: str = "events_acme") -> dict[str, Any]:
        """A table of the catalogue."""
        table: dict[str, Any] = self.glue.get_table(DatabaseName="lake", Name=name)["Table"]
        return table

    def write(self, export: str, part: str, *months: str) -> None:
        """A part of an export."""
        for month in months:
            self.lake.put_file(export, EVENTS, month, f"{part}-0", io.BytesIO(b"rows"))
        self.lake.put_seen(export, part, ["p1", "p2"])


@pytest.fixture
def shore() -> Iterator[Shore]:
    with mock_aws():
        s3, glue = boto3.client("s3", region_name="us-east-1"), boto3.client("glue", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        glue.create_database(DatabaseInput={"Name": "lake"})
        yield Shore(Lake(s3, glue, "lake", "lake", WORKSPACE), s3, glue)


def test_a_file_is_where_its_workspace_export_table_and_month_say(shore: Shore) -> None:
    shore.write(EXPORT, "a1", "2026-05")

    assert shore.files() == [
        "workspace=acme/export-1/_seen/a1",
        "workspace=acme/export-1/events/month=2026-05/a1-0.parquet",
    ]
    assert {part_of(key) for key in shore.files()} == {"a1"}


def test_whom_parts_are_about_is_told(shore: Shore) -> None:
    shore.write(EXPORT, "a1")
    shore.lake.put_seen(EXPORT, "b2", ["p3"])
    shore.lake.put_seen(EXPORT, "c3", [])

    assert shore.lake.seen(EXPORT, ["a1", "b2", "c3"]) == {"p1", "p2", "p3"}
    assert shore.lake.seen(EXPORT, []) == set()


def test_a_published_export_has_the_parts_that_count_alone_and_both_tables(shore: Shore) -> None:
    shore.write(EXPORT, "a1", "2026-05", "2026-04")
    shore.write(EXPORT, "dead", "2026-03")

    shore.lake.publish(EXPORT, ["a1"])

    assert [key.split("/", 2)[2] for key in shore.files()] == [
        "events/month=2026-04/a1-0.parquet",
        "events/month=2026-05/a1-0.parquet",
    ]
    table = shore.table()
    assert table["StorageDescriptor"]["Location"] == "s3://lake/workspace=acme/export-1/events/"
    assert table["PartitionKeys"][0]["Name"] == "month"
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == [it.name for it in EVENTS.columns]
    assert table["Parameters"]["projection.month.values"] == "2026-04,2026-05"
    assert table["Parameters"]["storage.location.template"] == (
        "s3://lake/workspace=acme/export-1/events/month=${month}/"
    )
    assert shore.table("transitions_acme")["Description"] == TRANSITIONS.meaning


def test_the_next_export_takes_the_place_of_the_one_before_in_one_call_and_then_that_is_removed(shore: Shore) -> None:
    shore.write(EXPORT, "a1", "2026-05")
    shore.lake.publish(EXPORT, ["a1"])
    shore.write(NEXT, "b2", "2026-05")

    shore.lake.publish(NEXT, ["b2"])
    assert shore.table()["StorageDescriptor"]["Location"] == "s3://lake/workspace=acme/export-2/events/"
    assert len(shore.files()) == 2
    shore.lake.keep_only([NEXT])

    assert shore.files() == ["workspace=acme/export-2/events/month=2026-05/b2-0.parquet"]


def test_an_export_is_published_again_to_the_same_effect(shore: Shore) -> None:
    shore.write(EXPORT, "a1", "2026-05")
    for _ in range(2):
        shore.lake.publish(EXPORT, ["a1"])

    assert len(shore.files()) == 1
    assert shore.table()["Parameters"]["projection.month.values"] == "2026-05"


def test_an_export_of_nothing_has_tables_without_files(shore: Shore) -> None:
    shore.lake.publish(EXPORT, [])

    assert shore.table()["Parameters"]["projection.month.values"] == "none"


def test_a_part_that_is_void_is_removed_and_nothing_else(shore: Shore) -> None:
    shore.write(EXPORT, "a1", "2026-05")
    shore.write(EXPORT, "b2", "2026-05")

    shore.lake.remove_part(EXPORT, "a1")

    assert {part_of(key) for key in shore.files()} == {"b2"}


def test_of_another_workspace_nothing_is_touched(shore: Shore) -> None:
    other = Lake(shore.s3, shore.glue, "lake", "lake", "acme-eu")
    other.put_seen(EXPORT, "a1", ["p1"])

    shore.lake.keep_only([])
    shore.lake.publish(EXPORT, [])

    assert shore.files() == ["workspace=acme-eu/export-1/_seen/a1"]
    with pytest.raises(ValueError, match="workspace"):
        Lake(shore.s3, shore.glue, "lake", "lake", "acme/../other")


def test_files_that_s3_does_not_remove_are_an_error(shore: Shore, monkeypatch: pytest.MonkeyPatch) -> None:
    shore.write(EXPORT, "a1")
    monkeypatch.setattr(shore.s3, "delete_objects", lambda **_: {"Errors": [{"Key": "x", "Code": "InternalError"}]})

    with pytest.raises(FilesLeftError, match="1 files"):
        shore.lake.keep_only([])


# ----------------------------------------------------------------------------------------------------------------------
# The nights
# ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def settings() -> Iterator[ExportSettings]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        yield ExportSettings(client, create_table(client, "table"), WORKSPACE)


def due(settings: ExportSettings) -> list[tuple[str, str]]:
    timers = due_until(settings._client, "table", at(1000), 10)
    return [(timer.workspace, timer.kind) for timer in timers]


def test_a_nightly_export_is_due_while_it_is_wanted(settings: ExportSettings) -> None:
    assert settings.next_at() is None
    settings.set_next(at(1), nightly_changed(SYSTEM, True, at(0)))
    assert (settings.next_at(), due(settings)) == (at(1), [(WORKSPACE, "export")])
    settings.set_next(None, nightly_changed(SYSTEM, False, at(0)))
    assert (settings.next_at(), due(settings)) == (None, [])


def test_it_is_postponed_by_whoever_saw_to_it_and_not_by_who_comes_late(settings: ExportSettings) -> None:
    settings.set_next(at(1), nightly_changed(SYSTEM, True, at(0)))
    tomorrow = at(1) + timedelta(days=1)

    assert settings.postpone(at(1), tomorrow)
    assert not settings.postpone(at(1), tomorrow + timedelta(days=1))
    assert settings.next_at() == tomorrow


def test_what_was_switched_off_stays_off(settings: ExportSettings) -> None:
    settings.set_next(at(1), nightly_changed(SYSTEM, True, at(0)))
    settings.set_next(None, nightly_changed(SYSTEM, False, at(0)))

    assert not settings.postpone(at(1), at(2))
    assert settings.next_at() is None
