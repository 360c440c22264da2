"""Decides whether a request may enter: its API key names the workspace on whose behalf everything below acts."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.bearer import bearer_token
from lifecycle.services.credentials import Credential, find_credential
from lifecycle.store.client import dynamodb_client

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
        A policy for the whole API, and the workspace and the key's name as its context.

    Raises:
        UnauthorizedError: there is no key, or nobody has it. Any other exception denies as well, with a 500.
    """
    token = bearer_token(event)
    credential = token and find_credential(dynamodb_client(), os.environ["TABLE_NAME"], token)
    if not credential:
        logger.info("refused", key_sent=token is not None)
        raise UnauthorizedError
    logger.info("allowed", workspace=credential.workspace, key_name=credential.name)
    return _policy(credential, event["methodArn"])


def _policy(credential: Credential, method_arn: str) -> dict[str, Any]:
    """Allow every method of the stage: API Gateway keeps the policy for a while and holds the caller's other requests
    against it too, so one for this method alone would refuse them (AWS, "Configure an API Gateway Lambda authorizer",
    caching)."""
    api, stage = method_arn.split("/")[:2]
    return {
        "principalId": f"{credential.workspace}/{credential.name}",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"},
            ],
        },
        "context": {"workspace": credential.workspace, "key_name": credential.name},
    }
