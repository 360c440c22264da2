"""Sessions of workspaces: one each, entered in time, and for nothing that is no workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, Mock

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.services.keys import Keys
from lifecycle.store.client import dynamodb_client
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.jobs import JobStore
from lifecycle.store.schema import checked_workspace
from lifecycle.store.workspace_clients import LENGTH, MOST, RENEWED_BEFORE, Sessions, assume, sessions, workspace_client

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Gate:
    """Hands out credentials that name the workspace and how many were handed out before."""

    def __init__(self) -> None:
        self.now = NOON
        self.entered: list[str] = []

    def enter(self, workspace: str) -> CredentialsTypeDef:
        self.entered.append(workspace)
        return {
            "AccessKeyId": f"{workspace}-{len(self.entered)}",
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": self.now + LENGTH,
        }

    def sessions(self) -> Sessions:
        return Sessions(self.enter, lambda: self.now)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_a_workspace_is_entered_once_and_its_clients_are_made_once(gate: Gate) -> None:
    held = gate.sessions()

    assert held.of("acme") is held.of("acme")
    assert held.of("acme").client is held.of("acme").client
    assert held.of("acme").hasty_client is not held.of("acme").client
    assert gate.entered == ["acme"]


def test_workspaces_share_neither_credentials_nor_clients(gate: Gate) -> None:
    held = gate.sessions()
    acme, other = held.of("acme"), held.of("other")

    assert gate.entered == ["acme", "other"]
    assert acme.client is not other.client
    assert acme._credentials["AccessKeyId"] != other._credentials["AccessKeyId"]


def test_a_session_is_entered_anew_before_it_ends(gate: Gate) -> None:
    held = gate.sessions()
    first = held.of("acme")
    gate.now = NOON + LENGTH - RENEWED_BEFORE
    assert held.of("acme") is first
    gate.now += timedelta(seconds=1)

    second = held.of("acme")
    assert second is not first
    assert second.ends - gate.now == LENGTH
    assert gate.entered == ["acme", "acme"]


def test_of_too_many_workspaces_the_least_recently_used_is_forgotten(gate: Gate) -> None:
    held = gate.sessions()
    for number in range(MOST):
        held.of(f"w{number}")
    held.of("w0")
    held.of("one-more")
    held.of("w0")
    assert len(gate.entered) == MOST + 1

    held.of("w1")
    assert gate.entered[-1] == "w1"


def test_the_role_is_entered_for_one_workspace_by_a_tag() -> None:
    client = MagicMock()
    assume(client, "arn:aws:iam::1:role/r", "a" * 63)

    (call,) = client.assume_role.call_args_list
    assert call.kwargs["Tags"] == [{"Key": "workspace", "Value": "a" * 63}]
    assert call.kwargs["DurationSeconds"] == 3600
    assert len(call.kwargs["RoleSessionName"]) <= 64


@pytest.fixture
def in_frankfurt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.usefixtures("in_frankfurt")
def test_sts_is_asked_in_the_region_and_not_far_away() -> None:
    assert boto3.client("sts").meta.endpoint_url == "https://sts.eu-central-1.amazonaws.com"


WORKSPACES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
NO_WORKSPACES = ["", "#", "a#b", "W#a", "a#", "*", "a*", "?", "-a", "A", "a b", "a" * 64, "a\n", "${aws:userid}", "ä"]


@given(WORKSPACES)
def test_what_may_be_a_workspace_is_taken_as_it_is(workspace: str) -> None:
    assert checked_workspace(workspace) == workspace


@pytest.mark.parametrize("name", NO_WORKSPACES)
def test_no_store_can_be_had_without_a_workspace(name: str) -> None:
    client: Any = Mock()
    for make in (DynamoStore, FunnelStore, JobStore):
        with pytest.raises(ValueError, match="workspace"):
            make(client, "table", name)
    with pytest.raises(ValueError, match="workspace"):
        Keys(client, client, "table", name)
    assert client.mock_calls == []


@pytest.mark.parametrize("name", NO_WORKSPACES)
def test_no_session_can_be_had_without_a_workspace(gate: Gate, name: str) -> None:
    with pytest.raises(ValueError, match="workspace"):
        gate.sessions().of(name)
    assert gate.entered == []


def test_there_is_no_client_for_a_workspace_where_no_role_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No falling back on the function's own credentials."""
    monkeypatch.delenv("WORKSPACE_ROLE_ARN", raising=False)
    sessions.cache_clear()
    dynamodb_client.cache_clear()

    with pytest.raises(KeyError, match="WORKSPACE_ROLE_ARN"):
        workspace_client("acme")
