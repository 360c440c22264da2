"""Bodies as HTML forms send them: ``application/x-www-form-urlencoded`` or ``multipart/form-data``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.reading import MAX_NAMES
from lifecycle.sources.source import UnreadableDeliveryError

#: Bytes of a form. Answers are texts; a file would be too large, and is of no use here.
MAX_FORM_BYTES = 256 * 1024

_BOUNDARY = re.compile(r"multipart/form-data; *boundary=([A-Za-z0-9'+_-]{1,70})")
_PLAIN_PART = re.compile(rb'\r\nContent-Disposition: form-data; name="([^"\\%\r\n]+)"\r\n\r\n')


def fields_of(delivery: Delivery) -> dict[str, list[str]]:
    """The texts of a form, by the names of its fields, each as often as it was sent. Files are passed over.

    Raises:
        UnreadableDeliveryError: it is no form, or too large.
    """
    if len(delivery.body) > MAX_FORM_BYTES:
        raise UnreadableDeliveryError(f"The form has more than {MAX_FORM_BYTES:,} bytes.")
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(delivery):
        fields.setdefault(name, []).append(value)
    return fields


def _pairs(delivery: Delivery) -> Iterable[tuple[str, str]]:
    """The fields in order."""
    if delivery.media_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnreadableDeliveryError(
            "It is no form: the content type application/x-www-form-urlencoded or multipart/form-data is right."
        )
    return _plain(delivery) or _by_library(delivery)


def _plain(delivery: Delivery) -> list[tuple[str, str]] | None:
    """The fields of a multipart body whose parts are texts with a name and nothing else, as most are.

    Returns:
        ``None`` for every other body.
    """
    boundary = _BOUNDARY.fullmatch(delivery.header("content-type"))
    if boundary is None:
        return None
    delimiter = b"\r\n--" + boundary[1].encode()
    pieces = (b"\r\n" + delivery.body).split(delimiter)
    if pieces[0] or pieces[-1] not in (b"--", b"--\r\n") or len(pieces) > MAX_NAMES + 2:
        return None
    fields = []
    for part in pieces[1:-1]:
        head = _PLAIN_PART.match(part)
        if head is None:
            return None
        try:
            fields.append((head[1].decode(), part[head.end() :].decode()))
        except UnicodeDecodeError:
            return None
    return fields


def _by_library(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """The fields of any form, by a library that reads it in bounded memory; it is loaded on first use."""
    import multipart

    try:
        texts, _files = multipart.parse_form_data(
            {
                "wsgi.input": BytesIO(delivery.body),
                "CONTENT_TYPE": delivery.header("content-type"),
                "CONTENT_LENGTH": str(len(delivery.body)),
            },
            strict=False,
            ignore_errors=False,
            # Nothing of it may go to a disk.
            spool_limit=MAX_FORM_BYTES,
            memory_limit=MAX_FORM_BYTES,
            disk_limit=0,
            part_limit=MAX_NAMES,
        )
    except (multipart.MultipartError, UnicodeError, LookupError):
        raise UnreadableDeliveryError(f"The form cannot be read, or has more than {MAX_NAMES} fields.") from None
    yield from texts.iterallitems()
