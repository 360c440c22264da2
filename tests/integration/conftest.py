"""Integration tests run against moto, within their own process: they open no sockets either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.fakes.page_files import put_page_files

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def pytest_itemcollected(item: pytest.Item) -> None:
    """Take the sockets from every test of this folder, but for those that ask for theirs (``enable_socket``)."""
    if not item.get_closest_marker("enable_socket"):
        item.add_marker("disable_socket")


@pytest.fixture(scope="session", autouse=True)
def files_of_the_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the pages load, in short."""
    with pytest.MonkeyPatch.context() as patch:
        put_page_files(patch, tmp_path_factory.mktemp("files"))
        yield


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """A client of an empty DynamoDB."""
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")
