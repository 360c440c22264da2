"""What single values of the contract look like: each function takes a string and gives it back normalised.

Free of pydantic, so that functions without a body can use them on path and query parameters.
"""

from __future__ import annotations

import re
from decimal import Decimal

from lifecycle.contract.limits import MAX_EVENT_ID, MAX_OUTSIDE_ID
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.mail_address import normalised

#: Control characters (Unicode category Cc) and lone surrogates: invisible, or no characters at all.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CRM_SYSTEM = re.compile(r"[a-z0-9_-]{1,32}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PROSPECT_ID = re.compile(r"p[a-z2-7]{26}")
_DECIMAL = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_MAX_AMOUNT = Decimal(10) ** 15
_AMOUNT_DECIMALS = 4


def email(text: str) -> str:
    """An email address, in lower case (see ``mail_address.normalised``).

    Raises:
        RefusedValueError: no mail can be sent to it from anywhere.
    """
    try:
        return normalised(text)
    except ValueError as error:
        raise RefusedValueError(str(error), "an address such as ann@example.com") from None


def outside_id(text: str) -> str:
    """An id that another system gave: a visitor, a user, a CRM's contact or deal. Surrounding blanks are dropped.

    Raises:
        RefusedValueError: it is empty, too long, or holds control characters.
    """
    return _line(text.strip(), MAX_OUTSIDE_ID)


def event_id(text: str) -> str:
    """The id of an event, kept to the character: it alone says whether an event is a repeat.

    Raises:
        RefusedValueError: it is empty, too long, holds control characters, or starts or ends with a blank.
    """
    if text != text.strip():
        raise RefusedValueError("starts or ends with a blank", "an id without blanks around it")
    return _line(text, MAX_EVENT_ID)


def label(text: str) -> str:
    """A short text for people: a name, a role, a reason. Surrounding blanks are dropped.

    Raises:
        RefusedValueError: it is empty, too long, or holds control characters.
    """
    return _line(text.strip(), MAX_OUTSIDE_ID)


def _line(text: str, most: int) -> str:
    if not text:
        raise RefusedValueError("is empty", f"1 to {most} characters, or leave it out")
    if len(text) > most:
        raise RefusedValueError(f"has {len(text)} characters", f"at most {most} characters")
    if _UNPRINTABLE.search(text):
        raise RefusedValueError("holds control characters", "printable characters only")
    return text


def snake_case(text: str) -> str:
    """The name of an activity type or of a stage.

    Raises:
        RefusedValueError: it is not snake_case, or longer than 64 characters.
    """
    if not _SNAKE_CASE.fullmatch(text):
        raise RefusedValueError(
            "is not snake_case", "lower-case letters, digits and _ after a first letter, at most 64"
        )
    return text


def crm_system(text: str) -> str:
    """The name of a CRM, as the workspace calls it.

    Raises:
        RefusedValueError: it has other characters than a name of an identity may.
    """
    if not _CRM_SYSTEM.fullmatch(text):
        raise RefusedValueError(
            "is not the name of a CRM", "1 to 32 lower-case letters, digits, _ or -, such as hubspot"
        )
    return text


def prospect_id(text: str) -> str:
    """The id of a prospect (``lifecycle.events.prospect_id`` makes them).

    Raises:
        RefusedValueError: none can look like that.
    """
    if not _PROSPECT_ID.fullmatch(text):
        raise RefusedValueError("is not the id of a prospect", "p and 26 letters and digits, as an answer gave it")
    return text


def currency(text: str) -> str:
    """A currency.

    Raises:
        RefusedValueError: it is not the shape of an ISO 4217 code.
    """
    if not _CURRENCY.fullmatch(text):
        raise RefusedValueError("is not a currency", "the three capital letters of ISO 4217, such as EUR")
    return text


def amount(number: int | Decimal | str) -> Decimal:
    """An amount of money.

    Arguments:
        number: a finite number of JSON, or a decimal string for those whose numbers are floating point.

    Returns:
        The amount without trailing zeros, so that equal amounts look equal.

    Raises:
        RefusedValueError: it is negative, absurd, or has more than 4 decimals (the most that ISO 4217 gives).
    """
    expected = f"a number from 0 up to 10^15 with at most {_AMOUNT_DECIMALS} decimals, or a string of it"
    if isinstance(number, str) and not _DECIMAL.fullmatch(number):
        raise RefusedValueError("is not an amount", expected)
    value = Decimal(number)
    if not 0 <= value <= _MAX_AMOUNT:
        raise RefusedValueError("is negative or too large", expected)
    exact = value.quantize(Decimal(1).scaleb(-_AMOUNT_DECIMALS))
    if exact != value:
        raise RefusedValueError("is too precise", expected)
    return Decimal(f"{exact:f}".rstrip("0").rstrip(".")) if exact else Decimal(0)
