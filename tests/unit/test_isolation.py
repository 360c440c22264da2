"""The gate itself: a unit test that reaches for the network fails."""

from __future__ import annotations

import socket

import boto3
import pytest
from botocore.exceptions import HTTPClientError
from pytest_socket import SocketBlockedError


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_unit_test_opens_no_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket()


def test_a_unit_test_reaches_no_aws() -> None:
    with pytest.raises((SocketBlockedError, HTTPClientError)):
        boto3.client("sts").get_caller_identity()
