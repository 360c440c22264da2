"""The emulator of AWS (MiniStack): one process, on the loopback interface, in an environment chosen for it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.processes import ProcessMark, end_group, is_running, mark_process

#: The emulator's own: with these a caller is the account's root, and everything else is judged by its IAM role.
CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
REGION = "us-east-1"

_HOST = "127.0.0.1"
_START_SECONDS = 30.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 25


class StackError(Exception):
    """The local stack cannot do what was asked; the message says why, and what to do about it."""


def endpoint_of(port: int) -> str:
    """The address of the emulator on a port."""
    return f"http://localhost:{port}"


def client(endpoint_url: str, service: str) -> Any:
    """A boto3 client for the emulator, with the account's root credentials.

    It takes nothing from the user's profile or environment: whatever it is told to do, it is to do here.
    """
    config = Config(
        proxies={},
        retries={"mode": "standard", "max_attempts": 3},
        connect_timeout=5,
        read_timeout=30,
        s3={"addressing_style": "path"},
    )
    make_client: Any = boto3.client  # Its stubs know each service by name, and no service that is a variable.
    return make_client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


def status_of(url: str, timeout: float = 2.0) -> int:
    """The status that a URL answers with, reached without any proxy that the environment names.

    Raises:
        OSError: nothing answers there.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def answers(endpoint_url: str) -> bool:
    """Tell whether an emulator answers at this address."""
    try:
        return status_of(f"{endpoint_url}/_ministack/health") == 200
    except OSError:
        return False


def choose_port(wanted: int | None) -> int:
    """The wanted port, if nobody listens there; without a wish, any that is free.

    Raises:
        StackError: somebody listens there.
    """
    with socket.socket() as probe:
        # As servers do: without it, connections that were closed a moment ago still count as using the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, wanted or 0))
        except OverflowError:
            raise StackError(f"{wanted} is no port; ports go from 1 to 65535.") from None
        except OSError as error:
            raise StackError(
                f"Port {wanted} cannot be used: {error.strerror}. "
                "Choose another one (make up PORT=...), or leave PORT out."
            ) from None
        return int(probe.getsockname()[1])


def launch(python: Path, port: int, *, auth: bool, folder: Path, log: Path, extra: Mapping[str, str]) -> ProcessMark:
    """Start an emulator; see :func:`await_answer` for whether it works.

    Arguments:
        python: the interpreter of the emulator's environment, and so of the functions.
        auth: whether it enforces the IAM roles of the functions.
        folder: where it, and the functions, may write.
        log: the file that takes what it, and the functions, say.
        extra: more environment variables for it and for the functions.

    Raises:
        StackError: it ended at once.
    """
    # It hands its environment on to the functions, so that what is not needed is not there.
    environment = {
        "PATH": os.pathsep.join((str(python.parent), os.defpath)),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "GATEWAY_PORT": str(port),
        # Its default is every interface of the machine.
        "BIND_HOST": _HOST,
        "AUTH": "true" if auth else "false",
        # These two would listen on fixed ports, for which a second stack would have to fight.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        **extra,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", "ministack"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own: it is to outlive this command, Ctrl-C included, and to end together with its workers.
            start_new_session=True,
        )
    mark = mark_process(process.pid)
    # It is not this program's to wait for. Popen, which thinks so, would complain.
    process.returncode = 0
    if mark is None:
        raise StackError(f"The emulator ended at once.{tail(log)}")
    return mark


def await_answer(mark: ProcessMark, port: int, log: Path) -> None:
    """Wait until an emulator answers.

    Raises:
        StackError: it ended, or takes too long.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not answers(endpoint_of(port)):
        if not is_running(mark):
            raise StackError(f"The emulator ended at once.{tail(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"The emulator does not answer after {_START_SECONDS:.0f} s.{tail(log)}")
        time.sleep(_POLL_SECONDS)


def terminate(mark: ProcessMark, folder: Path) -> None:
    """End an emulator with all its workers, and remove what they have left in their folder."""
    end_group(mark)
    shutil.rmtree(folder, ignore_errors=True)


def tail(log: Path) -> str:
    """The end of a log, as the continuation of an error message."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if log.exists() else []
    return "".join((f" The end of {log}:\n", *(f"  | {line}\n" for line in lines)))
