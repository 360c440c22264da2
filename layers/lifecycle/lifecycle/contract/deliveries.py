"""From a request of API Gateway to a delivery of an outside system."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from lifecycle.contract.address import base_url
from lifecycle.contract.limits import MAX_BATCH_BYTES
from lifecycle.contract.refusals import BodyTooLargeError, MalformedBodyError
from lifecycle.sources.delivery import Delivery


def read_delivery(event: Mapping[str, Any], now: datetime, call: str = "") -> Delivery:
    """A request as an outside system sent it: nothing is parsed, decoded or tidied up.

    Arguments:
        event: what API Gateway hands to the function.
        now: the present.
        call: what follows the source's address.

    Raises:
        MalformedBodyError: the body is not the Base64 that API Gateway says it is.
        BodyTooLargeError: it is larger than a batch may be.
    """
    body = _body(event)
    if len(body) > MAX_BATCH_BYTES:
        raise BodyTooLargeError(
            f"The body has {len(body)} bytes, and {MAX_BATCH_BYTES} are allowed. Send less at once."
        )
    query: Mapping[str, list[str]] = event.get("multiValueQueryStringParameters") or {}
    raw_query = urlencode(query, doseq=True)
    url = base_url(event) + str(event["path"]) + (f"?{raw_query}" if raw_query else "")
    return Delivery(
        method=str(event["httpMethod"]).upper(),
        url=url,
        headers={name.lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        query={name: values[-1] for name, values in query.items()},
        body=body,
        received_at=now,
        call=call,
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return b64decode(body, validate=True)
    except (Base64Error, ValueError):
        raise MalformedBodyError("The body is not the Base64 that it is marked as.") from None
