"""Tokens of an OpenID Connect issuer: who somebody is and what they may do, by the issuer's signature.

What is refused, and why: RFC 8725 (best practices of JSON Web Tokens), OpenID Connect Core 1.0, section 3.1.3.7. A
token says its key by its id alone; keys and addresses of keys that it brings along (``jwk``, ``jku``, ``x5u``) are
never looked at. A bearer token is worth the same to whoever holds it, until it ends: that is what bearer means.

Importing this module costs a cold start the cryptography, so functions do so when a token comes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from lifecycle.services.admission import Admission
from lifecycle.services.issuer import Issuer, algorithms_of
from lifecycle.services.roles import scopes_of
from lifecycle.store.schema import WORKSPACE

#: How far the issuer's clock may be ahead of ours. A token's end is taken to the letter.
LEEWAY = timedelta(seconds=30)

#: API Gateway takes 10,240 bytes of headers together, so that a longer one cannot have come by one.
_MOST_CHARACTERS = 10_000
_MOST_OF_A_NAME = 200
_MOST_OF_AN_EMAIL = 254
_LAST = datetime(9999, 12, 31, tzinfo=UTC)


class TokenRefusedError(Exception):
    """A token is not good here. ``reason`` is a word for the log; a caller is not told, for it would help to forge."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the tokens of this deployment say.

    Attributes:
        audience: whom they must be for; the id of the client.
        workspace_claim: the claim that names the workspace.
        roles_claim: the claim that lists the roles.
    """

    audience: str
    workspace_claim: str
    roles_claim: str


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that is good: whom it lets in, until when, its nonce, and what names it without being of any use."""

    admission: Admission
    expires_at: datetime
    nonce: str | None
    digest: str


class Verifier:
    """Holds tokens against an issuer's keys and what this deployment expects."""

    def __init__(self, issuer: Issuer, expected: Expectations) -> None:
        if not expected.audience:
            raise ValueError("audience: name the client that tokens are for")
        self.issuer = issuer
        self.expected = expected

    def verify(self, token: str, now: datetime) -> VerifiedToken:
        """Hold a token against everything.

        Arguments:
            token: as it was sent.
            now: the present.

        Returns:
            Whom it lets in, until when.

        Raises:
            TokenRefusedError: it is not good here.
            IssuerUnreachableError: nobody can tell, for the issuer's keys are not to be had.
        """
        if len(token) > _MOST_CHARACTERS:
            raise TokenRefusedError("too_long")
        claims = self._signed_claims(token, now)
        expires_at = _check_times(claims, now)
        self._check_audience(claims)
        nonce = claims.get("nonce")
        return VerifiedToken(
            self._admit(claims, expires_at),
            expires_at,
            nonce if isinstance(nonce, str) else None,
            # Of what was signed, not of the whole: some signatures can be written in more than one way.
            hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest(),
        )

    def _signed_claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        """What the issuer has signed, with the key that it names and in a way that this key is for."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError):
            raise TokenRefusedError("malformed") from None
        key_id, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(key_id, str) or "crit" in header:
            raise TokenRefusedError("header")
        key = self.issuer.key(key_id, now)
        if key is None:
            raise TokenRefusedError("unknown_key")
        if algorithm not in algorithms_of(key):
            raise TokenRefusedError("algorithm")
        try:
            return jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm),
                algorithms=[algorithm],
                issuer=self.issuer.url,
                options={
                    "require": ["exp", "iat", "iss", "sub"],
                    "enforce_minimum_key_length": True,
                    # Held against the clock and the settings of this deployment below.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidSignatureError:
            raise TokenRefusedError("signature") from None
        except jwt.InvalidIssuerError:
            raise TokenRefusedError("issuer") from None
        except jwt.PyJWTError:
            raise TokenRefusedError("malformed") from None

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Whether the token is for us. Amazon Cognito's access tokens have no audience, and name the client instead."""
        if "aud" in claims:
            audience = claims["aud"]
            meant = audience if isinstance(audience, list) else [audience]
        else:
            meant = [claims.get("client_id")] if claims.get("token_use") == "access" else []
        if self.expected.audience not in meant:
            raise TokenRefusedError("audience")

    def _admit(self, claims: Mapping[str, Any], expires_at: datetime) -> Admission:
        workspace = claims.get(self.expected.workspace_claim)
        if not (isinstance(workspace, str) and WORKSPACE.fullmatch(workspace)):
            raise TokenRefusedError("workspace")
        scopes = scopes_of(_roles(claims.get(self.expected.roles_claim)))
        if not scopes:
            raise TokenRefusedError("roles")
        subject = claims["sub"]
        if not _is_plain(subject, _MOST_OF_A_NAME):
            raise TokenRefusedError("subject")
        return Admission(workspace, _actor(claims), subject, scopes, "token", expires_at)


def _check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    """The end of a token that is in force."""
    expires_at = _time(claims["exp"])
    if expires_at <= now:
        raise TokenRefusedError("expired")
    if _time(claims["iat"]) > now + LEEWAY or ("nbf" in claims and _time(claims["nbf"]) > now + LEEWAY):
        raise TokenRefusedError("not_yet_valid")
    return expires_at


def _time(value: Any) -> datetime:
    """A NumericDate (RFC 7519, section 2)."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        raise TokenRefusedError("time")
    return datetime.fromtimestamp(max(0, min(value, _LAST.timestamp())), UTC)


def _roles(value: Any) -> list[str]:
    """The roles of a claim, be it a list, or a text with blanks or commas between them."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [role for role in value if isinstance(role, str)] if isinstance(value, list) else []


def _actor(claims: Mapping[str, Any]) -> str:
    """Who is named as the author of what the token's holder does.

    The email only where the issuer vouches for it: anybody may claim another one's. Names that people choose for
    themselves (``preferred_username``) are not used at all.
    """
    email = claims.get("email")
    vouched_for = claims.get("email_verified") in (True, "true") and _is_plain(email, _MOST_OF_AN_EMAIL)
    # A colon is for the other kinds of authors.
    if vouched_for and "@" in str(email) and ":" not in str(email):
        return str(email).lower()
    return f"user:{claims['sub']}"


def _is_plain(text: Any, most: int) -> bool:
    return isinstance(text, str) and 0 < len(text) <= most and text.isprintable() and " " not in text
