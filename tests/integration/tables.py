"""The table as the template defines it, made in whatever answers as DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.template import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: What CreateTable takes of the properties of an AWS::DynamoDB::Table.
_TAKEN = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_table(client: DynamoDBClient, name: str) -> str:
    """Make the template's table, its keys, its indexes and the attribute by which its items expire.

    Arguments:
        client: of the DynamoDB where it is to be.
        name: of the table.

    Returns:
        The name.
    """
    client.create_table(TableName=name, **{key: TABLE[key] for key in _TAKEN})
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=TABLE["TimeToLiveSpecification"])
    return name
