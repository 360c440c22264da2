"""Amazon SES by way of an SNS topic that is subscribed over HTTPS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from lifecycle.sources import sns
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mail import USER_FIELD
from lifecycle.sources.reading import each, json_in, json_of
from lifecycle.sources.said import Said, SubscriptionOffer, Unreadable
from lifecycle.sources.ses_event import said_of
from lifecycle.sources.source import Source, UnreadableDeliveryError

#: What SES publishes when it is told of a topic; it is no JSON.
_GREETING = "Successfully validated SNS topic for Amazon SES event publishing."


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """The activities of one event, or the offer of a subscription. From quarantine an event comes without envelope."""
    envelope = json_of(delivery.body)
    if not isinstance(envelope, dict):
        raise UnreadableDeliveryError("The body is not an object.")
    if "Type" not in envelope and "mail" in envelope:  # an envelope, of which only some values are signed, has a type
        return each([envelope], partial(said_of, delivery=delivery, settings=settings))
    if envelope.get("Type") == "SubscriptionConfirmation":
        return [SubscriptionOffer(sns.confirmation(envelope, settings))]
    if envelope.get("Type") == "UnsubscribeConfirmation":
        ended = "the topic no longer sends here: subscribe it again if that was not meant"
        return [Unreadable({"Type": envelope["Type"]}, ended)]
    message = envelope.get("Message")
    if not isinstance(message, str):
        raise UnreadableDeliveryError("Message is missing, or no text.")
    if message.strip() == _GREETING:
        return []
    # A line break follows the JSON, which is no matter.
    return each([json_in(message, "Message")], partial(said_of, delivery=delivery, settings=settings))


SOURCE = Source(
    kind="ses",
    title="Amazon SES (by SNS)",
    connecting=(
        "In Amazon SES, add an event destination of the type SNS to your configuration set. Subscribe this address to "
        "its topic with the protocol HTTPS and raw message delivery off; the subscription is confirmed by itself. "
        "The setting `topic_arn` names the topic."
    ),
    secret=None,
    settings={
        "type": "object",
        "properties": {"topic_arn": sns.TOPIC, "user_field": USER_FIELD},
        "required": ["topic_arn"],
        "additionalProperties": False,
    },
    verify=sns.verify,
    translate=translate,
    certificate=sns.certificate,
)
