"""How a delivery to a mapping is proven: the ways that most systems have, chosen by the settings."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lifecycle.sources import proofs, standard_signature
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.source import Misfit, RefusedDeliveryError

_HEADER = {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"}

SCHEMA: Mapping[str, Any] = {
    "description": "How the system proves that a delivery is its own.",
    "type": "object",
    "properties": {
        "scheme": {
            "description": (
                "hmac: a header holds a signature with the secret. standard_webhooks: as that standard has it. basic: "
                "the secret is the password. bearer: Authorization holds the secret. header: another header holds it. "
                "address: nothing but the unguessable address."
            ),
            "enum": ["hmac", "standard_webhooks", "basic", "bearer", "header", "address"],
        },
        "header": {"description": "The header with the signature, or with the secret.", **_HEADER},
        "algorithm": {
            "description": "The hash function of hmac.",
            "enum": ["sha256", "sha512", "sha1"],
            "default": "sha256",
        },
        "encoding": {"description": "How the signature is written.", "enum": ["hex", "base64"], "default": "hex"},
        "key": {
            "description": "How the secret is written: as the very text, or as base64 or hex of the key.",
            "enum": ["text", "base64", "hex"],
            "default": "text",
        },
        "prefix": {
            "description": "What stands before the signature, such as sha256=.",
            "type": "string",
            "maxLength": 32,
            "default": "",
        },
        "signed": {
            "description": "What the signature is over, one after the other.",
            "type": "array",
            "items": {"enum": ["method", "url", "timestamp", "body", ".", ":", "\n"]},
            "contains": {"const": "body"},
            "maxItems": 8,
            "default": ["body"],
        },
        "timestamp_header": {
            "description": "The header with the time that is signed, in seconds since 1970; at most 5 minutes off.",
            **_HEADER,
        },
        "user": {
            "description": "The user of Basic authentication.",
            "type": "string",
            "maxLength": 128,
            "default": "",
        },
    },
    "required": ["scheme"],
    "additionalProperties": False,
}


def verify(delivery: Delivery, secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Raises RefusedDeliveryError unless the delivery is proven as the settings want it."""
    how = settings.get("verification", {})
    match how.get("scheme"):
        case "hmac":
            _by_hmac(delivery, secrets, how)
        case "standard_webhooks":
            standard_signature.verify(delivery, secrets)
        case "basic":
            proofs.by_basic(delivery, secrets, how.get("user", ""))
        case "bearer":
            proofs.by_bearer(delivery, secrets)
        case "header":
            proofs.by_value(delivery.header(how.get("header", "").lower()), secrets)
        case "address":
            pass
        case _:
            raise RefusedDeliveryError("missing")


def _by_hmac(delivery: Delivery, secrets: Sequence[str], how: Mapping[str, Any]) -> None:
    prefix = how.get("prefix", "")
    given = delivery.header(how.get("header", "").lower()).strip()
    if not given.startswith(prefix) or given == prefix:
        raise RefusedDeliveryError("missing")
    parts = how.get("signed", ["body"])
    timestamp = delivery.header(how.get("timestamp_header", "").lower()).strip()
    if "timestamp" in parts:
        proofs.in_window(timestamp, delivery.received_at)
    known = {
        "method": delivery.method.encode(),
        "url": delivery.url.encode("utf-8", "surrogatepass"),
        "timestamp": timestamp.encode(),
        "body": delivery.body,
    }
    signed = b"".join(known.get(part, part.encode()) for part in parts)
    right = [hmac.digest(key, signed, how.get("algorithm", "sha256")) for key in _keys(secrets, how.get("key", "text"))]
    hexadecimal = how.get("encoding", "hex") == "hex"
    signature = given.removeprefix(prefix)
    told = (signature.lower() if hexadecimal else signature).encode("utf-8", "surrogatepass")
    proofs.one_of([told], [digest.hex().encode() if hexadecimal else b64encode(digest) for digest in right])


def _keys(secrets: Sequence[str], written: str) -> Iterator[bytes]:
    """The keys; a secret that is not written as it should be is no key."""
    for secret in secrets:
        try:
            if written == "text":
                yield secret.encode()
            elif written == "base64":
                yield b64decode(secret, validate=True)
            else:
                yield bytes.fromhex(secret)
        except (binascii.Error, ValueError):
            continue


def misfits(settings: Mapping[str, Any]) -> Sequence[Misfit]:
    """What a scheme needs and has not."""
    how = settings["verification"]
    wrong = []
    if how["scheme"] in ("hmac", "header") and "header" not in how:
        wrong.append(Misfit("/verification", f"names no header, and the scheme {how['scheme']} needs one"))
    if "timestamp" in how.get("signed", ()) and "timestamp_header" not in how:
        wrong.append(Misfit("/verification", "names no timestamp_header, and the timestamp is signed"))
    return wrong
