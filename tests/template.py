"""template.yaml as plain dictionaries, and where in it to find what the tests ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


class _CloudFormationLoader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": "x"}`` and ``!Sub x`` as ``{"Fn::Sub": "x"}``."""


def _construct_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_CloudFormationLoader.add_multi_constructor("!", _construct_tag)

TEMPLATE: dict[str, Any] = yaml.load(
    (Path(__file__).resolve().parents[1] / "template.yaml").read_text(encoding="utf-8"),
    Loader=_CloudFormationLoader,  # noqa: S506  # it is a SafeLoader, with tags that build plain dictionaries
)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
#: The functions by their folders: logical id and properties.
FUNCTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    resource["Properties"]["CodeUri"].removeprefix("functions/"): (logical_id, resource["Properties"])
    for logical_id, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
TABLE = RESOURCES["Table"]["Properties"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by their logical ids."""
    return {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}


def as_list(value: Any) -> list[Any]:
    """What may stand alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]


def statements_of(name: str) -> Iterator[dict[str, Any]]:
    """The statements of all policies of a function's role, but not of its trust policy."""
    role = RESOURCES[FUNCTIONS[name][1]["Role"]["Fn::GetAtt"].removesuffix(".Arn")]["Properties"]
    for reference in role["ManagedPolicyArns"]:
        yield from RESOURCES[reference["Ref"]]["Properties"]["PolicyDocument"]["Statement"]
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def environment_of(name: str) -> dict[str, Any]:
    """The environment of a function: everybody's, and its own."""
    own: dict[str, Any] = FUNCTIONS[name][1].get("Environment", {}).get("Variables", {})
    return {**GLOBALS["Environment"]["Variables"], **own}


def workspace_role_of(name: str) -> str | None:
    """The logical id of the role that a function enters for a workspace; ``None`` where no role lets it in."""
    role = str(environment_of(name)["WORKSPACE_ROLE_ARN"]["Fn::GetAtt"].removesuffix(".Arn"))
    own = FUNCTIONS[name][1]["Role"]["Fn::GetAtt"]
    return role if {"Fn::GetAtt": own} in trusted_by(role) else None


def trusted_by(role: str) -> list[dict[str, str]]:
    """The roles that may enter a role, as references to their ARNs."""
    (statement,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return list(statement["Principal"]["AWS"])


def policies_of(role: str) -> Iterator[dict[str, Any]]:
    """The statements of the policies that are written into a role."""
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def leading_keys(statement: dict[str, Any]) -> list[str]:
    """The patterns that a statement holds partition keys to; any key where it does not."""
    return list(statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", ["*"]))


def events_of(name: str, kind: str) -> list[dict[str, Any]]:
    """The properties of a function's event sources of a kind."""
    events = FUNCTIONS[name][1].get("Events", {})
    return [event["Properties"] for event in events.values() if event["Type"] == kind]
