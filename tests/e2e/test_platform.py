"""The deployed template itself: who gets in, and who may do what."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from lifecycle.contract.routes import ROUTES
from local.emulator import REGION
from local.stack import LocalStack, StackInfo


def test_the_emulator_enforces_iam(local_stack: LocalStack, stack_info: StackInfo) -> None:
    """Without this, every other test here would pass with roles that allow nothing."""
    iam = local_stack.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=stack_info.endpoint_url,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:GetItem"):
        dynamodb.get_item(TableName=stack_info.table, Key={"pk": {"S": "a"}, "sk": {"S": "b"}})


def test_the_emulator_listens_on_the_loopback_interface_only(stack_info: StackInfo) -> None:
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no other interface")

    with pytest.raises(OSError, match="refused"):
        socket.create_connection((address, urlsplit(stack_info.endpoint_url).port or 0), timeout=2)


def _own_address() -> str | None:
    """The address of this machine on the interface that leads elsewhere; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.public and route.function == "describe_api"],
    ids=lambda route: route.path,
)
def test_a_public_route_needs_no_key(stack_info: StackInfo, route: Any) -> None:
    answer = httpx.request(route.method, stack_info.api_url + route.path, timeout=30)

    assert answer.status_code == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=lambda route: route.path)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer plc_made-up"}], ids=["no key", "a made-up key"])
def test_every_other_route_refuses_whoever_has_no_key(
    stack_info: StackInfo, route: Any, headers: dict[str, str]
) -> None:
    path = route.path.replace("{", "").replace("}", "")
    answer = httpx.request(route.method, stack_info.api_url + path, headers=headers, timeout=30)

    assert answer.status_code == 401


def test_up_again_is_harmless(local_stack: LocalStack, stack_info: StackInfo) -> None:
    assert local_stack.up() == stack_info
