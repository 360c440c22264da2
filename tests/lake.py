"""The lake of a deployed stack, as its readers see it: by SQL through Athena, and file by file."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "lake.md"
#: Of the questions in the document.
_WORKSPACE = "acme"


def questions() -> dict[str, str]:
    """The questions of the document and their SQL."""
    found = re.findall(r"\*\*(.+?\?)\*\*.*?```sql\n(.+?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return dict(found)


def of_workspace(sql: str, workspace: str) -> str:
    """A question of the document about another workspace."""
    return re.sub(rf"\b(events|transitions)_{_WORKSPACE}\b", rf"\1_{workspace.replace('-', '_')}", sql)


class Athena:
    """Asks the Athena of a stack.

    Arguments:
        client: of Athena.
        database: where the tables are.
        workgroup: whose settings hold.
    """

    def __init__(self, client: Any, database: str, workgroup: str) -> None:
        self._client = client
        self._database = database
        self._workgroup = workgroup

    def ask(self, sql: str, output: str | None = None) -> list[tuple[str | None, ...]]:
        """The rows that answer a question, each value as text."""
        where = {"ResultConfiguration": {"OutputLocation": output}} if output else {}
        started = self._client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
            **where,
        )["QueryExecutionId"]
        self._await(started)
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        # The first one holds the names of the columns.
        return [tuple(value.get("VarCharValue") for value in row) for row in rows[1:]]

    def _await(self, started: str) -> None:
        for _ in range(300):
            status = self._client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            assert status["State"] in ("QUEUED", "RUNNING"), status
            time.sleep(0.1)
        raise AssertionError("Athena does not answer")


def files_of(s3: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """Every file of a bucket, by its key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def rows_of(content: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(content)
        file.flush()
        with duckdb.connect() as connection:
            found = connection.execute("SELECT * FROM read_parquet(?)", [file.name])
            names = [column[0] for column in found.description]
            yield from (dict(zip(names, row, strict=True)) for row in found.fetchall())


def held_in(s3: Any, bucket: str, prefix: str = "") -> list[dict[str, Any]]:
    """Everything that a bucket holds: the keys, the rows of Parquet files, the content of others."""
    held: list[dict[str, Any]] = []
    for key, content in files_of(s3, bucket, prefix).items():
        held.append({"key": key})
        held += rows_of(content) if key.endswith(".parquet") else [{"content": content.decode("utf-8", "replace")}]
    return held
