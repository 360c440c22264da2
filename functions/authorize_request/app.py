"""Decides whether a request may enter: its API key names the workspace on whose behalf everything below acts, and the
scopes that the functions hold each request against."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.times import now
from lifecycle.services.credentials import Credential, find_credential, is_use_noted, note_use
from lifecycle.store.client import dynamodb_client, hasty_dynamodb_client

logger = Logger()


class UnauthorizedError(Exception):
    """Answers the request with 401. API Gateway looks for exactly this message (AWS, "Use API Gateway Lambda
    authorizers")."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Authorize one request.

    Arguments:
        event: a request, without its body (AWS, "Input to an API Gateway Lambda authorizer").
        _context: of the invocation.

    Returns:
        A policy for the whole API, and as its context the workspace, the key's name, its id, its scopes, and how many
        requests a second it may make, where that was said of it.

    Raises:
        UnauthorizedError: there is no key, nobody has it, or it has expired. Any other exception denies as well, with a
            500.
    """
    token, present = bearer_token(event), now()
    credential = token and find_credential(dynamodb_client(), os.environ["TABLE_NAME"], token, present)
    if not token or not credential:
        logger.info("refused", key_sent=token is not None)
        raise UnauthorizedError
    logger.info("allowed", workspace=credential.workspace, key_name=credential.name)
    _note_use(token, credential, present)
    return _policy(credential, event["methodArn"])


def _note_use(token: str, credential: Credential, present: datetime) -> None:
    """Note the key's last use, once an hour at most. No request waits long for that, or fails for it."""
    if is_use_noted(credential, present):
        return
    try:
        note_use(hasty_dynamodb_client(), os.environ["TABLE_NAME"], token, credential, present)
    except (BotoCoreError, ClientError) as error:
        logger.warning("the last use was not noted", error=type(error).__name__)


def _policy(credential: Credential, method_arn: str) -> dict[str, Any]:
    """Allow every method of the stage: API Gateway keeps the policy for a while and holds the caller's other requests
    against it too, so one for this method alone would refuse them (AWS, "Configure an API Gateway Lambda authorizer",
    caching). Which routes the key is for is seen to by the functions, from the context (``contract.resolver``)."""
    api, stage = method_arn.split("/")[:2]
    return {
        "principalId": f"{credential.workspace}/{credential.name}",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"},
            ],
        },
        "context": {
            "workspace": credential.workspace,
            "key_name": credential.name,
            "scopes": ",".join(credential.scopes),
            "key_id": credential.key_id or "",
            "requests_per_second": str(credential.requests_per_second or ""),
        },
    }
