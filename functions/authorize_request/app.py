"""Decides whether a request may enter: its API key, its token or its session names the workspace on whose behalf
everything below acts, and the scopes that the functions hold each request against."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from lifecycle.contract import cookies
from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.caller import write_context
from lifecycle.contract.doorway import has_issuer, sessions, token_verifier
from lifecycle.contract.headers import read_header
from lifecycle.contract.page_routes import is_page
from lifecycle.contract.times import now
from lifecycle.services.admission import Admission
from lifecycle.services.credentials import PREFIX, Credential, find_credential, is_use_noted, note_use
from lifecycle.services.paging import paging_secret_of
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

    All authorizers of the API call this: the one for bearers, whose requests have the header Authorization, and those
    for sessions and for pages. A request that has that header is judged by it alone, so that no cookie opens a bearer's
    route; and the functions hold what a caller was recognised by against the route (``contract.resolver``).

    A page is shown to nobody without a session either, but its function says so: a browser is to be led to where one
    signs in, and API Gateway's own 401 cannot do that.

    Arguments:
        event: a request, without its body (AWS, "Input to an API Gateway Lambda authorizer").
        _context: of the invocation.

    Returns:
        A policy for the whole API, and as its context the workspace, the actor, the scopes, and of a key its id, and
        how many requests a second it may make, where that was said of it.

    Raises:
        UnauthorizedError: there is no credential, or none that is good, and no page is asked for. Any other exception
            denies as well, with a 500: an issuer out of reach, whose keys are not known, lets nobody in.
    """
    present = now()
    if read_header(event, "authorization") is None:
        try:
            admission = _admit_session(event, present)
        except UnauthorizedError:
            if is_page(event.get("httpMethod", ""), event.get("resource", "")):
                return _policy_of_nobody(event["methodArn"])
            raise
    else:
        admission = _admit_bearer(bearer_token(event), present)
    logger.info("allowed", workspace=admission.workspace, credential=admission.kind)
    secret = paging_secret_of(os.environ["TABLE_NAME"], admission) if admission.kind == "token" else None
    return _policy(admission, secret, event["methodArn"])


def _admit_session(event: dict[str, Any], present: datetime) -> Admission:
    cookie = cookies.read_cookie(event, cookies.SESSION)
    admission = sessions().find(cookie, present) if cookie else None
    if admission is None:
        raise _refused("session", "unknown" if cookie else "missing")
    return admission


def _admit_bearer(token: str | None, present: datetime) -> Admission:
    if token is None:
        raise _refused("none", "missing")
    if token.startswith(PREFIX) or not has_issuer():
        return _admit_key(token, present)
    return _admit_token(token, present)


def _admit_key(key: str, present: datetime) -> Admission:
    credential = find_credential(dynamodb_client(), os.environ["TABLE_NAME"], key, present)
    if credential is None:
        raise _refused("key", "unknown")
    _note_use(key, credential, present)
    return credential.admission


def _admit_token(token: str, present: datetime) -> Admission:
    # A key's request does not pay for the cryptography.
    from lifecycle.services.tokens import TokenRefusedError

    try:
        return token_verifier().verify(token, present).admission
    except TokenRefusedError as refused:
        raise _refused("token", refused.reason) from None


def _refused(credential: str, reason: str) -> UnauthorizedError:
    """A refusal, with a line to count: of what kind, and for which reason; never who."""
    logger.warning("refused", credential=credential, reason=reason)
    return UnauthorizedError()


def _note_use(token: str, credential: Credential, present: datetime) -> None:
    """Note the key's last use, once an hour at most. No request waits long for that, or fails for it."""
    if is_use_noted(credential, present):
        return
    try:
        note_use(hasty_dynamodb_client(), os.environ["TABLE_NAME"], token, credential, present)
    except (BotoCoreError, ClientError) as error:
        logger.warning("the last use was not noted", error=type(error).__name__)


def _policy(admission: Admission, paging_secret: str | None, method_arn: str) -> dict[str, Any]:
    """Allow every method of the stage: API Gateway keeps the policy for a while and holds the caller's other requests
    against it too, so one for this method alone would refuse them (AWS, "Configure an API Gateway Lambda authorizer",
    caching). Which routes the caller is good for is seen to by the functions, from the context (``contract.resolver``),
    and so is a credential that ends while API Gateway remembers it."""
    api, stage = method_arn.split("/")[:2]
    return {
        "principalId": f"{admission.workspace}/{admission.subject}",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"},
            ],
        },
        "context": write_context(admission, paging_secret),
    }


def _policy_of_nobody(method_arn: str) -> dict[str, Any]:
    """Let a request for a page through to its function, as nobody's: with no workspace, no scope and nothing else that
    ``read_caller`` asks for. For this one method alone; it is remembered for no time (template.yaml)."""
    return {
        "principalId": "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": method_arn}],
        },
        "context": {"credential": "none"},
    }
