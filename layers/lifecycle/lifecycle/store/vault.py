"""The secrets that outside systems share with us: encrypted parameters of Systems Manager. Nothing else knows it.

A parameter holds at most two secrets of a source: the newest, and for a while the one before, so that both sides can
change over without losing a delivery. It costs nothing to keep one (AWS, "Parameter Store pricing", standard
parameters), where Secrets Manager takes 40 cents a month for each.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import boto3

from lifecycle.store.client import PATIENT
from lifecycle.store.deadline import keeping_time
from lifecycle.store.items import format_time, parse_time

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

#: How long a process remembers secrets: a withdrawn one works for so long in it.
REMEMBERED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, and until when it is valid (``None``: until it is replaced)."""

    text: str
    until: datetime | None = None


class Vault:
    """The secrets of the sources.

    Arguments:
        client: of Systems Manager.
        prefix: of the names of the parameters, with a slash at its start and none at its end.
    """

    def __init__(self, client: SSMClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._read: dict[str, tuple[datetime, tuple[Secret, ...]]] = {}

    def keep(self, source_id: str, secrets: tuple[Secret, ...]) -> None:
        """Keep the secrets of a source in place of those before."""
        value = [{"secret": secret.text, "until": secret.until and format_time(secret.until)} for secret in secrets]
        self._client.put_parameter(
            Name=self._name(source_id), Value=json.dumps(value), Type="SecureString", Overwrite=True
        )
        self._read.pop(source_id, None)

    def secrets(self, source_id: str, now: datetime) -> tuple[Secret, ...]:
        """The secrets of a source that are valid, newest first; none where it has none. As of a minute ago at most."""
        read_at, found = self._read.get(source_id, (None, ()))
        if read_at is None or not read_at <= now < read_at + REMEMBERED:
            found = self._fetch(source_id)
            self._read[source_id] = now, found
        return tuple(secret for secret in found if secret.until is None or now < secret.until)

    def forget(self, source_id: str) -> None:
        """Forget the secrets of a source; those that are gone already are no error."""
        self._read.pop(source_id, None)
        with suppress(self._client.exceptions.ParameterNotFound):
            self._client.delete_parameter(Name=self._name(source_id))

    def _fetch(self, source_id: str) -> tuple[Secret, ...]:
        try:
            answer = self._client.get_parameter(Name=self._name(source_id), WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return ()
        return tuple(
            Secret(entry["secret"], entry["until"] and parse_time(entry["until"]))
            for entry in json.loads(answer["Parameter"]["Value"])
        )

    def _name(self, source_id: str) -> str:
        """The parameter's name, which logs of the account show: a hash, for the id opens the source's address."""
        return f"{self._prefix}/{sha256(source_id.encode()).hexdigest()[:40]}"


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The vault of this deployment, which the environment variable ``SOURCES_PREFIX`` names."""
    return Vault(keeping_time(boto3.client("ssm", config=PATIENT)), os.environ["SOURCES_PREFIX"])
