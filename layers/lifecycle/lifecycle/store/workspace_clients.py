"""The second wall between workspaces: DynamoDB clients that IAM itself lets reach one workspace only.

The code below asks for the keys of one workspace because it was made for one. Should it ever ask for another's, IAM
refuses: the client's credentials are those of a role entered with the session tag ``workspace``, and the role's policy
allows only partition keys that begin with that workspace's name (template.yaml, ``WorkspaceRole``).
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypedDict

import boto3
from botocore.config import Config

from lifecycle.store.client import HASTY, PATIENT
from lifecycle.store.deadline import keeping_time
from lifecycle.store.schema import checked_workspace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

#: The name of the session tag; the template's policies name it too.
TAG = "workspace"
#: How many workspaces a process keeps sessions of, the least recently used forgotten.
MOST = 32
#: A role that was entered from another role's session may be kept for an hour, whatever it says itself (AWS, "Roles
#: terms and concepts", role chaining).
LENGTH = timedelta(hours=1)
#: A session with less left than this is not begun work with: no invocation lasts as long.
RENEWED_BEFORE = timedelta(minutes=5)
#: Longest name of a session (AWS STS, AssumeRole). It is for who reads CloudTrail; the tag is what counts.
_NAME_LENGTH = 64

#: For files of up to a hundred megabytes.
_FILES = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60)

Enter = Callable[[str], "CredentialsTypeDef"]


class _Keys(TypedDict):
    """What a client takes of a session's credentials."""

    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str


class Session:
    """Credentials that reach one workspace, and the clients that use them, each made on first use."""

    def __init__(self, credentials: CredentialsTypeDef) -> None:
        self._credentials = credentials
        self.ends: datetime = credentials["Expiration"]

    @cached_property
    def client(self) -> DynamoDBClient:
        """A client as ``client.dynamodb_client``."""
        return self._client(PATIENT)

    @cached_property
    def hasty_client(self) -> DynamoDBClient:
        """A client as ``client.hasty_dynamodb_client``."""
        return self._client(HASTY)

    @cached_property
    def lake_client(self) -> S3Client:
        """A client of S3, whose files take longer than items do."""
        return boto3.client("s3", config=_FILES, **self._keys())

    def _client(self, config: Config) -> DynamoDBClient:
        return keeping_time(boto3.client("dynamodb", config=config, **self._keys()))

    def _keys(self) -> _Keys:
        return {
            "aws_access_key_id": self._credentials["AccessKeyId"],
            "aws_secret_access_key": self._credentials["SecretAccessKey"],
            "aws_session_token": self._credentials["SessionToken"],
        }


class Sessions:
    """The sessions that a process holds.

    Arguments:
        enter: gets credentials for a workspace.
        now: tells the present.
    """

    def __init__(self, enter: Enter, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._enter = enter
        self._now = now
        self._held: OrderedDict[str, Session] = OrderedDict()

    def of(self, workspace: str) -> Session:
        """The session of a workspace, entered anew before it ends.

        Raises:
            ValueError: that is no workspace.
        """
        session = self._held.get(checked_workspace(workspace))
        if session is None or session.ends - self._now() < RENEWED_BEFORE:
            session = self._held[workspace] = Session(self._enter(workspace))
        self._held.move_to_end(workspace)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return session


@lru_cache(maxsize=1)
def sessions() -> Sessions:
    """The sessions of this process, in the role that the environment variable ``WORKSPACE_ROLE_ARN`` names."""
    # On the region's own endpoint, which is what the SDK takes by default.
    client = keeping_time(boto3.client("sts", config=PATIENT))
    role = os.environ["WORKSPACE_ROLE_ARN"]
    return Sessions(lambda workspace: assume(client, role, workspace))


def assume(client: STSClient, role: str, workspace: str) -> CredentialsTypeDef:
    """Enter a role for one workspace.

    Arguments:
        client: of STS.
        role: its ARN.
        workspace: becomes the tag of the session, which the role's policy is about.
    """
    answer = client.assume_role(
        RoleArn=role,
        RoleSessionName=f"w-{workspace}"[:_NAME_LENGTH],
        Tags=[{"Key": TAG, "Value": workspace}],
        DurationSeconds=int(LENGTH.total_seconds()),
    )
    return answer["Credentials"]


def workspace_client(workspace: str) -> DynamoDBClient:
    """This process's client for one workspace.

    Raises:
        ValueError: that is no workspace.
    """
    return sessions().of(workspace).client


def hasty_workspace_client(workspace: str) -> DynamoDBClient:
    """This process's client for one workspace, for what is not worth waiting for."""
    return sessions().of(workspace).hasty_client


def workspace_lake_client(workspace: str) -> S3Client:
    """This process's client for the files of one workspace.

    Raises:
        ValueError: that is no workspace.
    """
    return sessions().of(workspace).lake_client
