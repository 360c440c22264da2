"""What Amazon SES says of a message to Ada, whichever way it goes."""

from __future__ import annotations

from typing import Any

_AT = "2026-02-28T12:00:05.125Z"
_LATER = "2026-02-28T12:00:50.125Z"
_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)"


def event(name: str, to: tuple[str, ...] = ("ada@example.com",), **own: Any) -> dict[str, Any]:
    """An event, with its own object."""
    return {
        "eventType": name,
        "mail": {
            "timestamp": "2026-02-28T12:00:00.000Z",
            "source": "Shop <news@shop.example>",
            "sendingAccountId": "111122223333",
            "messageId": "0100019caaaaaaaa-1b2c3d4e-0000-4444-8888-abcdefabcdef-000000",
            "destination": list(to),
            "headersTruncated": False,
            "headers": [{"name": "From", "value": "news@shop.example"}, {"name": "Subject", "value": "Welcome"}],
            "commonHeaders": {"from": ["news@shop.example"], "to": list(to), "subject": "Welcome"},
            "tags": {"ses:configuration-set": ["marketing"], "app_user": ["u-17"]},
        },
        **own,
    }


def _preferences(*, all_off: bool) -> dict[str, Any]:
    return {"timestamp": _AT if all_off else _LATER, "newTopicPreferences": {"unsubscribeAll": all_off}}


EVENTS = {
    "send": event("Send", send={}),
    "delivery": event("Delivery", delivery={"timestamp": _AT, "recipients": ["ada@example.com"]}),
    "delay": event(
        "DeliveryDelay",
        deliveryDelay={
            "timestamp": _AT,
            "delayType": "MailboxFull",
            "delayedRecipients": [{"emailAddress": "ada@example.com"}],
        },
    ),
    "open": event("Open", open={"timestamp": _AT, "userAgent": _AGENT, "ipAddress": "192.0.2.3"}),
    "click": event("Click", click={"timestamp": _AT, "userAgent": _AGENT, "link": "https://shop.example/prices"}),
    "click_of_several": event(
        "Click", ("ada@example.com", "Bob <bob@example.com>"), click={"timestamp": _AT, "link": "https://shop.example/"}
    ),
    "hard_bounce": event(
        "Bounce",
        ("ada@example.com", "bob@example.com"),
        bounce={
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "ada@example.com"}, {"emailAddress": "bob@example.com"}],
            "timestamp": _AT,
            "feedbackId": "0100019cbbbbbbbb-feedback-000000",
        },
    ),
    "soft_bounce": event(
        "Bounce",
        bounce={
            "bounceType": "Transient",
            "bounceSubType": "MailboxFull",
            "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
            "timestamp": _AT,
            "feedbackId": "0100019ccccccccc-feedback-000000",
        },
    ),
    "suppressed": event(
        "Bounce",
        bounce={
            "bounceType": "Permanent",
            "bounceSubType": "OnAccountSuppressionList",
            "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
            "timestamp": _AT,
            "feedbackId": "0100019ddddddddd-feedback-000000",
        },
    ),
    "complaint": event(
        "Complaint",
        complaint={
            "complainedRecipients": [{"emailAddress": "ada@example.com"}],
            "timestamp": _AT,
            "feedbackId": "0100019eeeeeeeee-feedback-000000",
            "complaintFeedbackType": "abuse",
        },
    ),
    "reject": event("Reject", reject={"reason": "Bad content"}),
    "rendering": event("Rendering Failure", failure={"errorMessage": "Attribute is missing", "templateName": "t"}),
    "unsubscribe": event("Subscription", subscription=_preferences(all_off=True)),
    "preferences": event("Subscription", subscription=_preferences(all_off=False)),
    "new_kind": event("Reheated", reheated={"timestamp": _AT}),
}
