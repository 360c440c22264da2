"""The lake of one workspace: Parquet files in S3, and the tables of the catalogue (AWS Glue) by which Athena reads it.

Every export writes under a prefix of its own. A table says where its files are, so that one call shows a whole export
in the place of the one before: nobody ever reads half of one, or two. The files of the others are removed after that.

    workspace=<workspace>/<export>/<table>/month=<yyyy-mm>/<part>-<n>.parquet
    workspace=<workspace>/<export>/_seen/<part>

A part is what a worker writes in one go. It counts when the worker's segment names it, so what a worker that crashed
left behind is removed before anybody sees it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

import boto3
from botocore.config import Config

from lifecycle.store.lake_tables import LAKE_TABLES, MONTH, LakeTable
from lifecycle.store.schema import checked_workspace
from lifecycle.store.workspace_clients import workspace_lake_client

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import TableInputTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

#: Objects of one DeleteObjects (AWS, "Deleting Amazon S3 objects").
_DELETE_LIMIT = 1000
_SEEN = "_seen"


class Lake:
    """The files and tables of one workspace.

    Arguments:
        client: of S3, in the workspace's session.
        catalogue: a client of Glue.
        bucket: where the files are.
        database: where the tables are.
        workspace: the workspace's id.

    Raises:
        ValueError: that is no workspace.
    """

    def __init__(self, client: S3Client, catalogue: GlueClient, bucket: str, database: str, workspace: str) -> None:
        self._client = client
        self._catalogue = catalogue
        self._bucket = bucket
        self._database = database
        self.workspace = checked_workspace(workspace)
        self._prefix = f"workspace={workspace}/"

    # ---- the parts of an export -------------------------------------------------------------------------------------

    def put_file(self, export: str, table: LakeTable, month: str, name: str, file: BinaryIO) -> None:
        """Write a file of a part.

        Arguments:
            export: the export's id.
            table: whose rows.
            month: of all rows.
            name: the part's name, and what tells the file from others of the part.
            file: what it holds.
        """
        key = f"{self._prefix}{export}/{table.name}/{MONTH}={month}/{name}.parquet"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=file)

    def put_seen(self, export: str, part: str, prospect_ids: Iterable[str]) -> None:
        """Note whom a part is about."""
        body = "\n".join(prospect_ids).encode()
        self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}{export}/{_SEEN}/{part}", Body=body)

    def seen(self, export: str, parts: Iterable[str]) -> set[str]:
        """Whom some parts are about."""
        found: set[str] = set()
        for part in parts:
            answer = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{export}/{_SEEN}/{part}")
            found.update(answer["Body"].read().decode().split())
        return found

    def remove_part(self, export: str, part: str) -> None:
        """Remove what was written of a part."""
        self._delete(key for key in self._keys(export + "/") if part_of(key) == part)

    # ---- a whole export ---------------------------------------------------------------------------------------------

    def publish(self, export: str, parts: Collection[str]) -> None:
        """Show an export in the place of the one before. Repeated, it does the same again.

        Arguments:
            export: the export's id.
            parts: those that count. All else that was written is removed first.
        """
        written = list(self._keys(export + "/"))
        # By now the notes are of no use to anybody.
        keys = {key for key in written if part_of(key) in parts and f"/{_SEEN}/" not in key}
        self._delete(key for key in written if key not in keys)
        for table in LAKE_TABLES:
            start = f"{self._prefix}{export}/{table.name}/"
            months = {key.split("/")[3].removeprefix(f"{MONTH}=") for key in keys if key.startswith(start)}
            self._show(self._table_input(table, export, sorted(months)))

    def keep_only(self, exports: Collection[str]) -> None:
        """Remove the files of all exports but some."""
        self._delete(key for key in self._keys("") if key.split("/")[1] not in exports)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        for page in pages:
            for found in page.get("Contents", ()):
                yield found["Key"]

    def _delete(self, keys: Iterable[str]) -> None:
        listed = list(keys)
        for start in range(0, len(listed), _DELETE_LIMIT):
            gone: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in listed[start : start + _DELETE_LIMIT]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": gone, "Quiet": True})
            if answer.get("Errors"):
                raise FilesLeftError(len(answer["Errors"]))

    # ---- the catalogue ----------------------------------------------------------------------------------------------

    def _show(self, table: TableInputTypeDef) -> None:
        try:
            self._catalogue.update_table(DatabaseName=self._database, TableInput=table, SkipArchive=True)
        except self._catalogue.exceptions.EntityNotFoundException:
            self._catalogue.create_table(DatabaseName=self._database, TableInput=table)

    def _table_input(self, table: LakeTable, export: str, months: list[str]) -> TableInputTypeDef:
        """A table as the catalogue has it.

        Athena works the partitions out from the months that are listed (partition projection), so that there are none
        to be registered one by one: showing an export takes one call.
        """
        location = f"s3://{self._bucket}/{self._prefix}{export}/{table.name}"
        return {
            "Name": table.name_of(self.workspace),
            "Description": table.meaning,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "EXTERNAL": "TRUE",
                "classification": "parquet",
                "export": export,
                "projection.enabled": "true",
                f"projection.{MONTH}.type": "enum",
                # There must be one; of a table without rows it is one without files.
                f"projection.{MONTH}.values": ",".join(months) or "none",
                "storage.location.template": f"{location}/{MONTH}=${{{MONTH}}}/",
            },
            "PartitionKeys": [{"Name": MONTH, "Type": "string", "Comment": "Of occurred_at (UTC), as 2026-05."}],
            "StorageDescriptor": {
                "Columns": [
                    {"Name": column.name, "Type": column.type, "Comment": column.meaning} for column in table.columns
                ],
                "Location": f"{location}/",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                    "Parameters": {"serialization.format": "1"},
                },
            },
        }


class FilesLeftError(Exception):
    """S3 did not remove some files that are to be gone."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} files of the lake were not removed")


def part_of(key: str) -> str:
    """The name of the part that a key belongs to: letters and digits, up to the first hyphen."""
    return key.rpartition("/")[2].partition("-")[0].partition(".")[0]


@lru_cache(maxsize=1)
def glue() -> GlueClient:
    """The catalogue's client of this process."""
    config = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=20)
    return boto3.client("glue", config=config)


def lake(workspace: str) -> Lake:
    """A workspace's lake in this deployment, as the environment variables ``LAKE_BUCKET`` and ``LAKE_DATABASE`` say."""
    client = workspace_lake_client(workspace)
    return Lake(client, glue(), os.environ["LAKE_BUCKET"], os.environ["LAKE_DATABASE"], workspace)
