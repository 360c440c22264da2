"""What nearly every source needs to read a delivery: JSON, identities, ids, and what may stand in an activity.

Whatever is not right raises UnreadablePartError, whose message names what was wrong and what would be right, and
repeats nothing that was sent. ``each`` turns it into an ``Unreadable`` for the part that it concerns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from lifecycle.events import DEFAULT_DIRECTIONS, Activity, Direction, Identity
from lifecycle.mail_address import normalised
from lifecycle.sources.automation import by_user_agent
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import UnreadableDeliveryError, UnreadablePartError

#: As the contract has it for ``POST /activities`` (tests/unit/sources/test_limits.py holds the two together).
MAX_EVENT_ID = 128
MAX_OUTSIDE_ID = 256
MAX_NAMES = 100
MAX_NAME = 256
MAX_TEXT = 4096
MAX_DEPTH = 8
MAX_DIGITS = 38
MAX_PART_BYTES = 32 * 1024
AHEAD = timedelta(minutes=5)

_DIGITS = Context(prec=MAX_DIGITS)

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_SNAKE = re.compile(r"[^a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def json_of(body: bytes) -> Any:
    """The JSON value of a body, numbers with a fraction as ``Decimal``. A byte order mark is let pass.

    Raises:
        UnreadableDeliveryError: it is no JSON in UTF-8.
    """
    try:
        text = body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise UnreadableDeliveryError("The body is not UTF-8.") from None
    return json_in(text, "The body")


def json_in(text: str, name: str) -> Any:
    """The JSON value of a text. ``name`` says which, for the message.

    Raises:
        UnreadableDeliveryError: it is no JSON.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise UnreadableDeliveryError(f"{name} is not JSON.") from None


def _no_number(_text: str) -> Any:
    raise ValueError


#: One for all: making it takes as long as a small body does.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)


def each(parts: Iterable[Any], translate: Callable[[Any], Iterable[Said]]) -> Iterator[Said]:
    """Translate parts one by one; what one of them says is kept whole or, where it cannot be read, not at all."""
    for part in parts:
        try:
            said = list(translate(part))
        except UnreadablePartError as error:
            yield Unreadable(part, str(error))
        else:
            yield from said


def object_in(value: Any, name: str) -> Mapping[str, Any]:
    """A JSON object. ``name`` says which, for the message. Raises UnreadablePartError."""
    if not isinstance(value, dict):
        raise UnreadablePartError(f"{name} is not an object")
    return value


def text_in(value: Any, name: str) -> str:
    """A text of one line or the digits of a whole number, without blanks around it. Raises UnreadablePartError."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text := text.strip()):
        raise UnreadablePartError(f"{name} is missing, empty or no text")
    if len(text) > MAX_OUTSIDE_ID or _UNPRINTABLE.search(text):
        raise UnreadablePartError(f"{name} is longer than {MAX_OUTSIDE_ID} characters, or holds control characters")
    return text


def optional_text(value: Any) -> str | None:
    """A short text, cut where it is long; ``None`` where there is none, or it is no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:MAX_OUTSIDE_ID]
    if not isinstance(value, str):
        return None
    return _UNPRINTABLE.sub(" ", value).strip()[:MAX_OUTSIDE_ID] or None


def email(value: Any, name: str = "email") -> Identity:
    """The identity of an address. Raises UnreadablePartError."""
    if not isinstance(value, str):
        raise UnreadablePartError(f"{name} is missing, or no text")
    try:
        return Identity("email", normalised(value))
    except ValueError as error:
        raise UnreadablePartError(f"{name} {error}") from None


def optional_email(value: Any) -> tuple[Identity, ...]:
    """The identity of an address, none where it is none: for fields in which people write what they like."""
    try:
        return (email(value),)
    except UnreadablePartError:
        return ()


def crm(system: str, value: Any, name: str) -> Identity:
    """The identity of a CRM's contact or lead. Raises UnreadablePartError."""
    return Identity(f"crm:{system}", text_in(value, name))


def event_id(kind: str, *parts: object) -> str:
    """The id of an event, from what the system itself tells its events apart by; hashed where it is long or odd."""
    text = ":".join((kind, *map(str, parts)))
    if len(text) <= MAX_EVENT_ID and not _UNPRINTABLE.search(text):
        return text
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def not_ahead(time: datetime, received_at: datetime) -> datetime:
    """A time that is not in the future, but for what clocks may differ by. Raises UnreadablePartError."""
    if time > received_at + AHEAD:
        raise UnreadablePartError("its time is more than five minutes ahead of the present")
    return time


def activity(  # noqa: PLR0913 - as much as there is to say of an activity
    event: str,
    type_: str,
    occurred_at: datetime,
    received_at: datetime,
    identities: tuple[Identity, ...],
    *,
    source: str,
    direction: Direction | None = None,
    automated: str | None = None,
    properties: Mapping[str, Any] | None = None,
    traits: Mapping[str, Any] | None = None,
) -> Activity:
    """An activity.

    Arguments:
        event: its id, as ``event_id`` makes it.
        type_: of the activity (design, section 5).
        occurred_at: when it happened.
        received_at: the present.
        identities: at least one.
        source: the kind of the source.
        direction: as usual for its type, unless given.
        automated: why nobody did it but a machine; ``None`` where a person may have, as far as the system knows: the
            ``user_agent`` among the properties is looked at as well.
        properties, traits: what is not fit to be kept is left out (see ``content``); ``None`` values are, too.

    Raises:
        UnreadablePartError: it names no identity, or its time is ahead.
    """
    if not identities:
        raise UnreadablePartError("it names nobody: no email, no id of a person or visitor")
    told = content(properties) if properties else {}
    automated = automated or by_user_agent(type_, told)
    if automated is not None:
        told["automated_because"] = automated
    return Activity(
        id=event,
        occurred_at=not_ahead(occurred_at, received_at),
        recorded_at=received_at,
        type=type_,
        direction=direction or DEFAULT_DIRECTIONS.get(type_, "inbound"),
        identities=tuple(dict.fromkeys(identities)),
        automated=automated is not None,
        properties=told,
        traits=content(traits) if traits else {},
        source=source,
    )


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """A name as an activity type: ``Order Completed`` and ``orderCompleted`` become ``order_completed``.

    Raises:
        UnreadablePartError: nothing is left of it.
    """
    words = _NOT_SNAKE.sub("_", _HUMP.sub("_", name).lower()).strip("_")[:64].strip("_")
    if not words:
        raise UnreadablePartError("its name has neither letters nor digits of ASCII")
    return words if words[0].isalpha() else f"_{words}"[:64].replace("_", "event_", 1)[:64]


def content(values: Mapping[str, Any]) -> dict[str, Any]:
    """Properties or traits as an activity may hold them.

    Texts are cut at 4,096 characters, ``None`` is left out, numbers keep 38 digits.

    Raises:
        UnreadablePartError: there are too many names, or they are nested too deeply.
    """
    kept: dict[str, Any] = {}
    for name, value in _few(values).items():
        # Most values are such texts, and records have dozens: not worth a call.
        if type(value) is str and len(value) <= MAX_TEXT and value.isascii():
            kept[name[:MAX_NAME]] = value
        elif (one := _kept(value, 2)) is not None:
            kept[name[:MAX_NAME]] = one
    return kept


def _kept(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value[:MAX_TEXT]
        # Half of a character (a lone surrogate) cannot be stored; most texts need not be looked at for it.
        return text if text.isascii() else text.encode("utf-8", "replace").decode()
    if isinstance(value, int | Decimal):
        return _number(value)
    if depth > MAX_DEPTH:
        raise UnreadablePartError(f"it is nested in more than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {name[:MAX_NAME]: _kept(inner, depth + 1) for name, inner in _few(value).items()}
    if isinstance(value, list):
        return [_kept(inner, depth + 1) for inner in value]
    raise UnreadablePartError("it holds something that is no JSON")


def _few(values: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(values) > MAX_NAMES:
        raise UnreadablePartError(f"it has more than {MAX_NAMES} names in one object")
    return values


def _number(value: int | Decimal) -> int | Decimal | None:
    """A number as DynamoDB holds it: 38 digits, and magnitudes up to 1E+125 (AWS, "Supported data types")."""
    if isinstance(value, int) and -(10**MAX_DIGITS) < value < 10**MAX_DIGITS:
        return value
    exact = Decimal(value)
    if not exact.is_finite() or (exact and not -125 <= exact.adjusted() <= 125):
        return None
    return exact if len(exact.as_tuple().digits) <= MAX_DIGITS else _DIGITS.plus(exact)
