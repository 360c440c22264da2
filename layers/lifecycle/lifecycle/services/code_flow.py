"""Signing in at an issuer by a browser: the code flow of OpenID Connect, with PKCE.

OpenID Connect Core 1.0, section 3.1; RFC 7636 (the code is of no use to whoever intercepts it); RFC 9700 (what else is
good practice); RFC 9207 (the answer is this issuer's). It is one URL to make and one form to post, so that the
libraries for it (oauthlib, Authlib) would have little to do here but be loaded.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from lifecycle.services.credentials import digest_of
from lifecycle.services.errors import IssuerUnreachableError, SignInNotBegunError, SignInRefusedError
from lifecycle.services.tokens import TokenRefusedError, VerifiedToken, Verifier
from lifecycle.store.client import dynamodb_client
from lifecycle.store.sign_ins import BegunSignIn, put_begun_sign_in, take_begun_sign_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: How long somebody may take at the issuer: a password, a second factor, a cup of tea.
PATIENCE = timedelta(minutes=10)

_RANDOM_BYTES = 32
_SCOPE = "openid email"


class Begun(NamedTuple):
    """A sign-in that begins: where the browser goes, and what it keeps in a cookie until it comes back."""

    location: str
    state: str


class Returned(NamedTuple):
    """What a browser brings back from the issuer; ``None`` for what it does not.

    ``kept`` is what its cookie holds, the rest are parameters of the query string.
    """

    kept: str | None
    state: str | None
    code: str | None
    issuer: str | None


class SignedIn(NamedTuple):
    """A sign-in that went well: the token that came of it, and where the browser goes now."""

    token: VerifiedToken
    return_to: str


class CodeFlow:
    """The sign-ins of a deployment at its issuer.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        verifier: of the issuer's tokens; their audience is the client that the issuer knows us as.
        redirect_uri: where the issuer sends browsers back to.
    """

    def __init__(self, client: DynamoDBClient, table: str, verifier: Verifier, redirect_uri: str) -> None:
        self._client = client
        self._table = table
        self._verifier = verifier
        self._redirect_uri = redirect_uri

    @classmethod
    def connect(cls, table: str, verifier: Verifier, redirect_uri: str) -> CodeFlow:
        """The sign-ins that a table keeps."""
        return cls(dynamodb_client(), table, verifier, redirect_uri)

    def begin(self, return_to: str, now: datetime) -> Begun:
        """Send a browser to the issuer.

        Arguments:
            return_to: where it goes when it is signed in; a path of ours.
            now: the present.

        Raises:
            IssuerUnreachableError: the issuer does not say where it signs people in.
        """
        endpoint = self._verifier.issuer.endpoint("authorization_endpoint", now)
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        begun = BegunSignIn(nonce, verifier, return_to, now + PATIENCE)
        put_begun_sign_in(self._client, self._table, digest_of(state), begun)
        asked = {
            "response_type": "code",
            "client_id": self._verifier.expected.audience,
            "redirect_uri": self._redirect_uri,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return Begun(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state)

    def end(self, returned: Returned, now: datetime) -> SignedIn:
        """Redeem what a browser brings back; once, whatever comes of it.

        Raises:
            SignInNotBegunError: it is not the answer to what this browser asked for, or comes too late or again.
            SignInRefusedError: the issuer does not vouch for anybody whom we let in.
            IssuerUnreachableError: the issuer does not answer.
        """
        kept, state = returned.kept or "", returned.state or ""
        if not state or not hmac.compare_digest(kept.encode(), state.encode()):
            raise SignInNotBegunError
        begun = take_begun_sign_in(self._client, self._table, digest_of(state))
        if begun is None or begun.expires_at <= now:
            raise SignInNotBegunError
        if returned.issuer not in (None, self._verifier.issuer.url):
            raise SignInRefusedError("issuer")
        if not returned.code:
            raise SignInRefusedError("no_code")
        return SignedIn(self._redeem(returned.code, begun, now), begun.return_to)

    def _redeem(self, code: str, begun: BegunSignIn, now: datetime) -> VerifiedToken:
        given = self._verifier.issuer.redeem(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._redirect_uri,
                "client_id": self._verifier.expected.audience,
                "code_verifier": begun.verifier,
            },
            now,
        )
        if given is None:
            raise SignInRefusedError("code")
        if not isinstance(given.get("id_token"), str):
            raise IssuerUnreachableError
        try:
            token = self._verifier.verify(given["id_token"], now)
        except TokenRefusedError as refused:
            raise SignInRefusedError(refused.reason) from None
        if not hmac.compare_digest((token.nonce or "").encode(), begun.nonce.encode()):
            raise SignInRefusedError("nonce")
        return token


def _challenge(verifier: str) -> str:
    """What the issuer is shown of the verifier (RFC 7636, section 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
