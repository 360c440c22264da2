"""Bodies as HTML forms send them: ``application/x-www-form-urlencoded`` or ``multipart/form-data``."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.reading import MAX_NAMES
from lifecycle.sources.source import UnreadableDeliveryError

#: Bytes of a form. Answers are texts; a file would be too large, and is of no use here.
MAX_FORM_BYTES = 256 * 1024


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


def _pairs(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """The fields in order, by a library that does so in bounded memory; it is loaded on first use."""
    import multipart

    if delivery.media_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnreadableDeliveryError(
            "It is no form: the content type application/x-www-form-urlencoded or multipart/form-data is right."
        )
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
