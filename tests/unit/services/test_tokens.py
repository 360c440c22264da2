"""Tokens: a good one lets in whom the issuer vouches for; anything else is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.services.issuer import Issuer
from lifecycle.services.scopes import SCOPES
from lifecycle.services.tokens import LEEWAY, Expectations, TokenRefusedError, Verifier
from tests.builders import at
from tests.fakes.issuer import CLIENT, URL, FakeIssuer, SigningKey, signing_key

NOW = at(0)
EXPECTED = Expectations(CLIENT, "custom:workspace", "cognito:groups")
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@pytest.fixture
def there() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def verifier(there: FakeIssuer) -> Verifier:
    return Verifier(Issuer(URL, there.ask), EXPECTED)


def reason(verifier: Verifier, token: str) -> str:
    """Why a token is refused."""
    with pytest.raises(TokenRefusedError) as refused:
        verifier.verify(token, NOW)
    return refused.value.reason


def segment(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


# ----------------------------------------------------------------------------------------------------------------------
# Good tokens
# ----------------------------------------------------------------------------------------------------------------------


def test_a_good_token_lets_in_whom_it_names(there: FakeIssuer, verifier: Verifier) -> None:
    verified = verifier.verify(there.token(NOW, nonce="n-1"), NOW)

    who = verified.admission
    assert (who.workspace, who.actor, who.subject, who.kind) == ("local", "ann@example.com", "f3c2a1", "token")
    assert who.scopes == ("read", "decide", "funnel:write", "funnel:sign:marketing")
    assert who.valid_until == verified.expires_at == NOW + timedelta(hours=1)
    assert verified.nonce == "n-1"


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_every_asymmetric_signature_is_taken(there: FakeIssuer, verifier: Verifier, algorithm: str) -> None:
    there.keys["k"] = signing_key(f"of {algorithm}", algorithm)
    there.keys["k"] = SigningKey(there.keys["k"].private, {**there.keys["k"].public, "kid": "k"})

    assert verifier.verify(there.sign(there.claims(NOW), "k", algorithm), NOW).admission.workspace == "local"


@pytest.mark.parametrize(
    ("changes", "actor"),
    [
        ({}, "ann@example.com"),
        ({"email": "Ann@Example.com"}, "ann@example.com"),
        ({"email_verified": "true"}, "ann@example.com"),
        ({"email_verified": False}, "user:f3c2a1"),
        ({"email_verified": "false"}, "user:f3c2a1"),
        ({"email_verified": 1.5}, "user:f3c2a1"),
        ({"email_verified": None}, "user:f3c2a1"),
        ({"email": None, "preferred_username": "boss@example.com"}, "user:f3c2a1"),
        ({"email": "key:laptop@example.com"}, "user:f3c2a1"),
        ({"email": "user:x@example.com"}, "user:f3c2a1"),
        ({"email": "key:laptop"}, "user:f3c2a1"),
        ({"email": "ann@example.com\n"}, "user:f3c2a1"),
        ({"email": "a" * 250 + "@example.com"}, "user:f3c2a1"),
        ({"email": ["ann@example.com"]}, "user:f3c2a1"),
    ],
)
def test_the_author_is_an_email_that_the_issuer_vouches_for_or_an_id(
    there: FakeIssuer, verifier: Verifier, changes: dict[str, Any], actor: str
) -> None:
    assert verifier.verify(there.token(NOW, **changes), NOW).admission.actor == actor


@pytest.mark.parametrize(
    ("roles", "scopes"),
    [
        (["analyst"], ("read",)),
        (["sales"], ("read", "decide", "funnel:write", "funnel:sign:sales")),
        (["admin"], ("admin",)),
        (["marketing", "sales"], ("read", "decide", "funnel:write", "funnel:sign:marketing", "funnel:sign:sales")),
        (["analyst", "owner"], ("read",)),
        (["analyst", 5, None, {}], ("read",)),
        ("analyst admin", ("read", "admin")),
        ("analyst,admin", ("read", "admin")),
    ],
)
def test_roles_add_up(there: FakeIssuer, verifier: Verifier, roles: Any, scopes: tuple[str, ...]) -> None:
    token = there.token(NOW, **{"cognito:groups": roles})
    assert verifier.verify(token, NOW).admission.scopes == scopes


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT, "another"]},
        {"aud": None, "token_use": "access", "client_id": CLIENT},
        {"nbf": NOW.timestamp() + LEEWAY.total_seconds()},
        {"iat": NOW.timestamp() + LEEWAY.total_seconds()},
        {"exp": NOW.timestamp() + 0.5},
        {"exp": 10**30},
    ],
)
def test_what_the_standards_allow_is_taken(there: FakeIssuer, verifier: Verifier, changes: dict[str, Any]) -> None:
    assert verifier.verify(there.token(NOW, **changes), NOW).admission.workspace == "local"


# ----------------------------------------------------------------------------------------------------------------------
# Claims
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": NOW.timestamp()}, "expired"),
        ({"exp": NOW.timestamp() - 3600}, "expired"),
        ({"exp": -1}, "expired"),
        ({"exp": None}, "malformed"),
        ({"exp": "tomorrow"}, "time"),
        ({"exp": True}, "time"),
        ({"exp": float("inf")}, "time"),
        ({"exp": float("nan")}, "time"),
        ({"nbf": NOW.timestamp() + 60}, "not_yet_valid"),
        ({"nbf": "now"}, "time"),
        ({"iat": NOW.timestamp() + 60}, "not_yet_valid"),
        ({"iat": None}, "malformed"),
        ({"iss": "https://issuer.example/other"}, "issuer"),
        ({"iss": f"{URL}/"}, "issuer"),
        ({"iss": URL.upper()}, "issuer"),
        ({"iss": [URL]}, "issuer"),
        ({"iss": None}, "malformed"),
        ({"aud": "another"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": [CLIENT.upper()]}, "audience"),
        ({"aud": {CLIENT: True}}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": None, "client_id": CLIENT}, "audience"),
        ({"aud": None, "token_use": "id", "client_id": CLIENT}, "audience"),
        ({"aud": None, "token_use": "access", "client_id": "another"}, "audience"),
        ({"aud": "another", "token_use": "access", "client_id": CLIENT}, "audience"),
        ({"sub": None}, "malformed"),
        ({"sub": 5}, "malformed"),
        ({"sub": ""}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": "s" * 201}, "subject"),
        ({"custom:workspace": None}, "workspace"),
        ({"custom:workspace": ""}, "workspace"),
        ({"custom:workspace": "a#b"}, "workspace"),
        ({"custom:workspace": "local\n"}, "workspace"),
        ({"custom:workspace": ["local"]}, "workspace"),
        ({"workspace": "local", "custom:workspace": None}, "workspace"),
        ({"cognito:groups": None}, "roles"),
        ({"cognito:groups": []}, "roles"),
        ({"cognito:groups": ["owner"]}, "roles"),
        ({"cognito:groups": ["Admin"]}, "roles"),
        ({"cognito:groups": {"admin": True}}, "roles"),
        ({"cognito:groups": list(SCOPES[:-1])}, "roles"),
    ],
)
def test_a_token_that_says_something_else_is_refused(
    there: FakeIssuer, verifier: Verifier, changes: dict[str, Any], why: str
) -> None:
    good = there.claims(NOW)
    claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
    header = segment({"alg": "RS256", "kid": "k1"})
    signed = f"{header}.{segment(claims)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        signed.encode(), there.keys["k1"].private
    )

    assert reason(verifier, f"{signed}.{segment(signature)}") == why
    assert verifier.verify(there.sign(good), NOW).admission.workspace == "local"


# ----------------------------------------------------------------------------------------------------------------------
# Signatures
# ----------------------------------------------------------------------------------------------------------------------


def test_a_forged_signature_is_refused(there: FakeIssuer, verifier: Verifier) -> None:
    head, payload, signature = there.token(NOW).split(".")
    claims = {**there.claims(NOW), "cognito:groups": ["admin"]}
    last = "A" if signature[-10] != "A" else "B"

    assert reason(verifier, f"{head}.{segment(claims)}.{signature}") == "signature"
    assert reason(verifier, f"{head}.{payload}.{signature[:-10]}{last}{signature[-9:]}") == "signature"
    assert reason(verifier, f"{head}.{payload}.") == "signature"


def test_the_signature_of_another_key_is_refused(there: FakeIssuer, verifier: Verifier) -> None:
    forged = jwt.encode(there.claims(NOW), signing_key("another").private, "RS256", headers={"kid": "k1"})

    assert reason(verifier, forged) == "signature"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None])
def test_a_token_without_a_signature_is_refused(there: FakeIssuer, verifier: Verifier, algorithm: str | None) -> None:
    header = {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    unsigned = f"{segment(header)}.{segment(there.claims(NOW))}."

    assert reason(verifier, unsigned) in ("algorithm", "malformed")
    assert reason(verifier, unsigned + segment(b"something")) in ("algorithm", "malformed")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "n"])
def test_the_public_key_is_no_shared_secret(there: FakeIssuer, verifier: Verifier, algorithm: str, form: str) -> None:
    public = there.keys["k1"].private.public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(there.keys["k1"].public).encode(),
        "n": there.keys["k1"].public["n"].encode(),
    }[form]
    signed = f"{segment({'alg': algorithm, 'kid': 'k1'})}.{segment(there.claims(NOW))}"
    hashing = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    forged = f"{signed}.{segment(hmac.new(secret, signed.encode(), hashing).digest())}"

    assert reason(verifier, forged) == "algorithm"


def test_a_key_signs_only_in_its_own_way(there: FakeIssuer, verifier: Verifier) -> None:
    there.keys["only"] = SigningKey(
        there.keys["k1"].private, {**there.keys["k1"].public, "kid": "only", "alg": "PS256"}
    )

    assert verifier.verify(there.sign(there.claims(NOW), "only", "PS256"), NOW).admission.workspace == "local"
    assert reason(verifier, there.sign(there.claims(NOW), "only", "RS256")) == "algorithm"


def test_a_shared_secret_among_the_keys_is_overlooked(there: FakeIssuer, verifier: Verifier) -> None:
    there.keys["oct"] = SigningKey(b"s" * 64, {"kty": "oct", "kid": "oct", "alg": "HS256", "k": segment(b"s" * 64)})

    assert reason(verifier, there.sign(there.claims(NOW), "oct", "HS256")) == "unknown_key"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_keys_that_a_token_brings_along_are_ignored(there: FakeIssuer, verifier: Verifier, name: str) -> None:
    own = signing_key("of the attacker")
    brought = {
        "jwk": own.public,
        "jku": "https://attacker.example/keys",
        "x5u": "https://attacker.example/chain.pem",
        "x5c": ["MIIB"],
    }[name]
    for key_id in ("k1", "of the attacker"):
        forged = jwt.encode(there.claims(NOW), own.private, "RS256", headers={"kid": key_id, name: brought})
        assert reason(verifier, forged) in ("signature", "unknown_key")
    assert not [url for url in there.asked if "attacker" in url]


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS256"},
        {"alg": "RS256", "kid": 5},
        {"alg": "RS256", "kid": None},
        {"alg": "RS256", "kid": "k1", "crit": ["exp"]},
        {"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": False},
        {"alg": ["RS256"], "kid": "k1"},
        {"kid": "k1"},
        ["RS256"],
        "RS256",
    ],
)
def test_a_header_that_says_something_else_is_refused(there: FakeIssuer, verifier: Verifier, header: Any) -> None:
    _, payload, signature = there.token(NOW).split(".")

    assert reason(verifier, f"{segment(header)}.{payload}.{signature}") in ("header", "malformed", "algorithm")


@pytest.mark.parametrize("text", [b"[" * 5000, b'{"kid":' * 1000, b'{"kid": ' + b"9" * 5000 + b"}", b"\xff", b""])
def test_a_header_that_cannot_be_read_is_refused_like_any_other(verifier: Verifier, text: bytes) -> None:
    assert reason(verifier, f"{segment(text)}.{segment({})}.{segment(b'x')}") == "malformed"


def test_a_key_that_is_too_short_is_of_no_use(there: FakeIssuer, verifier: Verifier) -> None:
    public = {**there.keys["k1"].public, "kid": "short", "n": segment(b"\xc1" * 128)}
    there.keys["short"] = SigningKey(there.keys["k1"].private, public)

    assert reason(verifier, there.sign(there.claims(NOW), "short")) == "malformed"


@given(st.text(max_size=300))
def test_any_other_text_is_refused(text: str) -> None:
    verifier = Verifier(Issuer(URL, FakeIssuer().ask), EXPECTED)
    with pytest.raises(TokenRefusedError):
        verifier.verify(text, NOW)


@given(st.data())
def test_a_token_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    there = FakeIssuer()
    verifier = Verifier(Issuer(URL, there.ask), EXPECTED)
    token = there.token(NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    # The very last character of a signature holds bits that mean nothing.
    other = data.draw(st.sampled_from("abcXYZ019-_.=+/ ").filter(lambda character: character != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    if place == len(token) - 1:
        return
    with pytest.raises(TokenRefusedError):
        verifier.verify(changed, NOW)


def test_a_token_without_end_costs_nothing(there: FakeIssuer, verifier: Verifier) -> None:
    assert reason(verifier, there.token(NOW) + "A" * 10_000) == "too_long"
    assert there.asked == []


def test_what_names_a_token_is_what_was_signed(there: FakeIssuer, verifier: Verifier) -> None:
    there.keys["k"] = SigningKey(
        signing_key("elliptic", "ES256").private, {**signing_key("elliptic", "ES256").public, "kid": "k"}
    )
    claims = there.claims(NOW)
    first, second = (there.sign(claims, "k", "ES256") for _ in range(2))

    assert first != second
    assert verifier.verify(first, NOW).digest == verifier.verify(second, NOW).digest
    assert verifier.verify(there.token(NOW, jti="2"), NOW).digest != verifier.verify(first, NOW).digest


def test_an_audience_has_to_be_named(there: FakeIssuer) -> None:
    with pytest.raises(ValueError, match="audience"):
        Verifier(Issuer(URL, there.ask), Expectations("", "custom:workspace", "cognito:groups"))
