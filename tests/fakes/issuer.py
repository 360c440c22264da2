"""An OpenID Connect issuer in memory: it has keys, signs tokens, gives codes, and can be out of reach."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from lifecycle.services.errors import IssuerUnreachableError
from lifecycle.services.issuer import Reply

URL = "https://issuer.example/pool"
CLIENT = "prospect-lifecycle"


class SigningKey(NamedTuple):
    """A private key, and its public half as a JSON Web Key."""

    private: Any
    public: Mapping[str, Any]


@cache
def signing_key(key_id: str, algorithm: str = "RS256") -> SigningKey:
    """A key by its id, made when it is first asked for."""
    if algorithm[:2] in ("RS", "PS"):
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        jwk = RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True)
        return SigningKey(rsa_key, {**jwk, "kid": key_id, "use": "sig"})
    if algorithm == "EdDSA":
        edwards_key = ed25519.Ed25519PrivateKey.generate()
        jwk = OKPAlgorithm.to_jwk(edwards_key.public_key(), as_dict=True)
        return SigningKey(edwards_key, {**jwk, "kid": key_id, "alg": "EdDSA"})
    curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[algorithm]
    elliptic_key = ec.generate_private_key(curve)
    jwk = ECAlgorithm.to_jwk(elliptic_key.public_key(), as_dict=True)
    return SigningKey(elliptic_key, {**jwk, "kid": key_id, "use": "sig", "alg": algorithm})


class FakeIssuer:
    """The issuer.

    Attributes:
        keys: those that it publishes, by their ids.
        asked: the URLs that were asked for, in order.
        is_down: whether it answers nobody.
        changes: members of the discovery document that are not as they should be.
        people: who can sign in at its page, by their email: the claims of theirs that are not the usual ones.
    """

    def __init__(self, url: str = URL, client: str = CLIENT) -> None:
        self.url = url
        self.client = client
        self.keys: dict[str, SigningKey] = {"k1": signing_key("k1")}
        self.asked: list[str] = []
        self.is_down = False
        self.changes: dict[str, Any] = {}
        self.people: dict[str, Mapping[str, Any]] = {}
        self._codes: dict[str, tuple[dict[str, Any], str, str]] = {}

    def ask(self, url: str, form: Mapping[str, str] | None) -> Reply:
        """What it answers; stands in for ``services.issuer.fetch``."""
        self.asked.append(url)
        if self.is_down:
            raise IssuerUnreachableError
        match url.removeprefix(self.url):
            case "/.well-known/openid-configuration":
                return _reply(self.discovery())
            case "/keys":
                return _reply({"keys": [key.public for key in self.keys.values()]})
            case "/token":
                return self._redeem(form or {})
        return Reply(404, b"{}")

    def discovery(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            **self.changes,
        }

    def claims(self, now: datetime | None = None, /, **changes: Any) -> dict[str, Any]:
        """The claims of a good token for an hour, with some changed; ``None`` leaves one out."""
        present = now or datetime.now(UTC)
        claims = {
            "iss": self.url,
            "aud": self.client,
            "sub": "f3c2a1",
            "iat": int(present.timestamp()),
            "exp": int((present + timedelta(hours=1)).timestamp()),
            "email": "ann@example.com",
            "email_verified": True,
            "custom:workspace": "local",
            "cognito:groups": ["marketing"],
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: Mapping[str, Any], key_id: str = "k1", algorithm: str = "RS256", **header: Any) -> str:
        """A token, signed with one of its keys."""
        key = self.keys[key_id].private
        return jwt.encode(dict(claims), key, algorithm, headers={"kid": key_id, **header})

    def token(self, now: datetime | None = None, /, **changes: Any) -> str:
        """A good token, with some claims changed."""
        return self.sign(self.claims(now, **changes))

    def sign_in(self, asked: Mapping[str, str], now: datetime | None = None, /, **changes: Any) -> str:
        """What somebody does at the authorization endpoint: a code for what a browser asks for there."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.client
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        claims = self.claims(now, **{"nonce": asked["nonce"], **changes})
        self._codes[code] = (claims, asked["code_challenge"], asked["redirect_uri"])
        return code

    def _redeem(self, form: Mapping[str, str]) -> Reply:
        claims, challenge, redirect_uri = self._codes.pop(form.get("code", ""), ({}, "", ""))
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = urlsafe_b64encode(hashed).rstrip(b"=").decode()
        given = (shown, form.get("redirect_uri"), form.get("client_id"), form.get("grant_type"))
        if given != (challenge, redirect_uri, self.client, "authorization_code"):
            return Reply(400, b'{"error": "invalid_grant"}')
        return _reply({"id_token": self.sign(claims), "access_token": "opaque", "token_type": "Bearer"})


def _reply(document: Mapping[str, Any]) -> Reply:
    return Reply(200, json.dumps(document).encode())
