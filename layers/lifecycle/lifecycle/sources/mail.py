"""What systems that send mail have in common: how they name the app's user, and the properties of their activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources.reading import email, optional_text

#: For the settings of a system that keeps custom data with every message.
USER_FIELD: Mapping[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "description": (
        "The name under which your app puts its own user id on every message that it sends (a custom argument, "
        "variable, tag or piece of metadata). Without it, people are known by their email address alone."
    ),
}


def settings_of_mail() -> dict[str, Any]:
    """The JSON Schema of settings of a system that sends mail, to which it may add its own."""
    return {"type": "object", "properties": {"user_field": USER_FIELD}, "additionalProperties": False}


def recipient(address: Any, name: str, custom: Any, settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Who a message went to.

    Arguments:
        address: the address.
        name: of its field, for the message.
        custom: what the app attached to the message; where it is no object, nothing.
        settings: of the source.

    Raises:
        UnreadablePartError: the address is none.
    """
    who = email(address, name)
    field = settings.get("user_field")
    user = optional_text(custom.get(field)) if field and isinstance(custom, dict) else None
    return (who,) if user is None else (who, Identity("user", user))


def texts(**properties: Any) -> dict[str, Any]:
    """Properties of an activity without those that are of another type than a system documents."""
    return {name: value for name, value in properties.items() if isinstance(value, str | int | list) and value != ""}
