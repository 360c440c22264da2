"""Amazon SES by way of the account's event bus (Amazon EventBridge)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mail import USER_FIELD
from lifecycle.sources.proofs import by_bus
from lifecycle.sources.reading import each, json_of
from lifecycle.sources.said import Said
from lifecycle.sources.ses_event import said_of
from lifecycle.sources.source import (
    RefusedDeliveryError,
    Source,
    UnreadableDeliveryError,
    UnreadablePartError,
)


def verify(delivery: Delivery, _secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """It came by the bus, which IAM guards, and from SES in the account that the settings name."""
    by_bus(delivery)
    try:
        event = json_of(delivery.body)
    except UnreadableDeliveryError:
        raise RefusedDeliveryError("missing") from None
    if not isinstance(event, dict) or event.get("source") != "aws.ses":
        raise RefusedDeliveryError("foreign")
    if event.get("account") != settings.get("account"):
        raise RefusedDeliveryError("foreign")


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """The activities of one event. From quarantine it may come without what the bus put around it."""
    return each([json_of(delivery.body)], partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], event: Any) -> Iterator[Said]:
    detail = event.get("detail", event) if isinstance(event, dict) else None
    if not isinstance(detail, dict) or "mail" not in detail:
        raise UnreadablePartError("its detail is no event about a message; the rule should let pass those alone")
    yield from said_of(detail, delivery, settings)


SOURCE = Source(
    kind="ses_eventbridge",
    title="Amazon SES (by EventBridge)",
    connecting=(
        "In Amazon SES, add an event destination of the type Amazon EventBridge to your configuration set. Deploy this "
        "system with the rule for `aws.ses`, and name the account that sends in the setting `account`."
    ),
    secret=None,
    settings={
        "type": "object",
        "properties": {
            "account": {
                "type": "string",
                "pattern": "^[0-9]{12}$",
                "description": "The number of the AWS account whose SES sends.",
            },
            "user_field": USER_FIELD,
        },
        "required": ["account"],
        "additionalProperties": False,
    },
    verify=verify,
    translate=translate,
)
