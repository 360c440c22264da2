"""The table as the template defines it, made in whatever answers as DynamoDB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions (``!Ref x``) as plain values."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)

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
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - it is a SafeLoader
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    client.create_table(TableName=name, **{key: properties[key] for key in _TAKEN})
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
    return name
