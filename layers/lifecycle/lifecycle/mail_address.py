"""Email addresses as identities: whatever comes in as one person's address becomes one text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import ModuleType

#: Characters of an email address (RFC 5321, section 4.5.3.1.3: a path of 256 octets including its brackets).
MAX_EMAIL = 254

#: A local part that needs no library to be read: a dot-atom (RFC 5322, section 3.2.3) of at most 64 characters, of the
#: characters that nearly all have.
_PLAIN = re.compile(r"(?=.{1,64}@)[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9.-]+")
#: How many domains are remembered as being right: mail comes from few, again and again.
_REMEMBERED = 10_000


def normalised(text: str) -> str:
    """An email address, in lower case.

    By RFC 5321 the part before the @ may tell cases apart; no mail provider of note does, and two prospects for one
    person are the greater harm. Whether the domain takes mail is not asked: that would need the network.

    Raises:
        ValueError: no mail can be sent to it from anywhere. The message repeats nothing of it.
    """
    trimmed = text.strip()
    if len(trimmed) > MAX_EMAIL:
        raise ValueError("is not an email address that mail could reach")
    if _PLAIN.fullmatch(trimmed):
        local, _, domain = trimmed.lower().rpartition("@")
        return f"{local}@{_domain(domain)}"
    return _by_library(trimmed)


@lru_cache(maxsize=_REMEMBERED)
def _domain(domain: str) -> str:
    return _by_library(f"x@{domain}").removeprefix("x@")


def _by_library(address: str) -> str:
    try:
        valid = _email_validator().validate_email(address, check_deliverability=False).normalized
    except ValueError:  # the base of EmailNotValidError and UnicodeError
        raise ValueError("is not an email address that mail could reach") from None
    return unicodedata.normalize("NFC", valid.lower())


@lru_cache(maxsize=1)
def _email_validator() -> ModuleType:
    """The validator, loaded on first use: it takes 40 ms, and most requests for reading need none.

    Domains kept for tests and inner networks (RFC 6761, such as ``.test`` and ``.local``) are let through, by the list
    that the library offers for it: staging systems send them, and whether mail could arrive is not the question.
    """
    import email_validator

    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    return email_validator
