"""The store of reports on moto, with the template's own table: the contract of every such store, and more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from lifecycle.store.audit import AuditStore
from lifecycle.store.day_marks import DayMarks
from lifecycle.store.due import due_until
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.items import to_attributes
from lifecycle.store.protocol import Store
from lifecycle.store.report_items import TornError, part_items
from lifecycle.store.report_records import ReportSettings
from lifecycle.store.reports import ReportStore
from tests.builders import WORKSPACE, at
from tests.integration.tables import create_table
from tests.report_store_contract import DAY, Due, Mark, ReportStoreContract, done, moved, told

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def reports(client: DynamoDBClient) -> ReportStore:
    """An empty store."""
    return ReportStore(client, create_table(client, "table"), WORKSPACE)


class TestReportStore(ReportStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def reports(self, client: DynamoDBClient) -> ReportStore:
        """An empty store."""
        return ReportStore(client, create_table(client, "table"), WORKSPACE)

    @pytest.fixture
    def store(self, client: DynamoDBClient, reports: ReportStore) -> Store:
        """The prospects."""
        return DynamoStore(client, "table", WORKSPACE)

    @pytest.fixture
    def mark(self, client: DynamoDBClient, reports: ReportStore) -> Mark:
        """Marks a day."""

        def mark(day: date, moment: datetime) -> None:
            DayMarks(boto3.client("dynamodb", region_name="us-east-1"), "table", WORKSPACE, lambda: moment).mark([day])

        return mark

    @pytest.fixture
    def due(self, client: DynamoDBClient) -> Due:
        """What is due in it."""
        return partial(due_until, client, "table")


def test_workspaces_of_one_table_do_not_see_each_others_reports(client: DynamoDBClient, reports: ReportStore) -> None:
    settings = ReportSettings("Asia/Kolkata")
    reports.put_settings(settings, told(settings))
    reports.put_figures(done(), {"flows:all": [1]})
    DynamoStore(client, "table", WORKSPACE).commit([moved("p1", 1)])
    other = ReportStore(client, "table", "umbrella")

    assert (other.settings(), other.days()) == (ReportSettings(), [])
    assert list(other.read("flows:all", date.min, date.max)) == []
    assert [len(store.columns(DAY).shape_of) for store in (reports, other)] == [1, 0]


def test_a_change_of_settings_is_told_in_the_same_transaction(client: DynamoDBClient, reports: ReportStore) -> None:
    settings = ReportSettings("Asia/Kolkata")
    entry = told(settings)

    reports.put_settings(settings, entry)
    assert not reports.put_settings(settings, told(settings))

    assert [kept for _, kept in AuditStore(client, "table", WORKSPACE).newest_first("0", "~")] == [entry]


def test_figures_that_another_writer_is_replacing_are_read_again(
    client: DynamoDBClient, reports: ReportStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first piece is read of one writer, the second of the next."""
    reports.put_figures(done(10), {"stays:all": "new"})
    first, second = (_pieces(minute) for minute in (1, 2))
    torn, reads = [first[0], second[1]], [0]
    real = reports._pieces

    def pieces(name: str, first_day: date, last_day: date) -> Iterator[Any]:
        reads[0] += 1
        return iter(torn) if reads[0] == 1 else real(name, first_day, last_day)

    monkeypatch.setattr(reports, "_pieces", pieces)
    assert list(reports.read("stays:all", DAY, DAY)) == [(DAY, "new")]
    assert reads == [2]

    monkeypatch.setattr(reports, "_pieces", lambda *_: iter(torn))
    with pytest.raises(TornError):
        list(reports.read("stays:all", DAY, DAY))


def _pieces(minute: float) -> list[Any]:
    """Figures in two pieces."""
    (item,) = part_items(WORKSPACE, "stays:all", DAY, at(minute), "x")
    return [to_attributes(item | {"of": 2, "sk": f"{DAY.isoformat()}#{number:02d}"}) for number in range(2)]
