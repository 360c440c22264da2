"""The secret that the cursors of tokens are signed with: made by whoever first needs it, and the same ever after."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lifecycle.store.items import from_attributes, to_attributes
from lifecycle.store.schema import paging_secret_pk
from lifecycle.store.transactions import put_absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BYTES = 32


def get_paging_secret(client: DynamoDBClient, table: str) -> str:
    """The secret of the table, made if there is none yet; of two who make it, both get the one that was kept."""
    address = {"pk": paging_secret_pk(), "sk": "SECRET"}
    while True:
        answer = client.get_item(TableName=table, Key=to_attributes(address), ConsistentRead=True)
        if "Item" in answer:
            return str(from_attributes(answer["Item"])["secret"])
        put_absent(client, table, [{**address, "secret": secrets.token_urlsafe(_BYTES)}])
