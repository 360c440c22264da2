"""Make an API key for a workspace, and with its first key the workspace (`python -m local.key`)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

import boto3

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES


def main() -> None:
    """Make a key by the AWS credentials of the environment, and print it: it is shown only once."""
    parser = argparse.ArgumentParser(description="Make an API key. It is shown once; the table keeps only its hash.")
    parser.add_argument("--table", required=True, help="the output TableName of the deployed stack")
    parser.add_argument("--workspace", required=True, help="whose prospects the key is for: a-z, 0-9 and -")
    parser.add_argument("--name", default="first key", help="what the key is called in the logs")
    parser.add_argument("--scopes", nargs="+", choices=SCOPES, default=SCOPES, help="what it may do; by default all")
    parser.add_argument("--expires", type=int, metavar="DAYS", help="refused after so many days; by default never")
    given = parser.parse_args()
    now = datetime.now(UTC)
    try:
        key = create_api_key(
            boto3.client("dynamodb"),
            given.table,
            given.workspace,
            given.name,
            now,
            scopes=given.scopes,
            expires_at=None if given.expires is None else now + timedelta(days=given.expires),
        )
    except (ValueError, OverflowError) as error:
        parser.error(str(error))
    print(key)


if __name__ == "__main__":
    main()
