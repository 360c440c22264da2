"""The templates of a mapping: compiled once for the settings they stand in, then filled in for event after event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from lifecycle.sources import own_shape, reading
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.expressions import Budget, Expression, compiled
from lifecycle.sources.said import Said
from lifecycle.sources.source import Misfit, UnreadablePartError
from lifecycle.sources.times import from_iso, from_millis, from_seconds

_MARK = "="
_TIMES: Mapping[str, Callable[[Any], datetime]] = {"iso": from_iso, "seconds": from_seconds, "millis": from_millis}
_MAX_DEPTH = 8
_KINDS = ("activities", "deals", "identities")

#: (event, budget) to the value that a part of a template is for it.
_Filler = Callable[[Any, Budget], Any]


class _Template(NamedTuple):
    kind: str
    place: str
    when: Expression | None
    filler: _Filler


class Rules(NamedTuple):
    """What the settings of a mapping say, ready to be applied.

    Attributes:
        split: to the list of events; ``None`` where the body is it.
        id: to what tells an event apart.
        system: what the system is called.
        time: how it writes times.
        templates: in the order of the settings.
    """

    split: Expression | None
    id: Expression | None
    system: str
    time: Callable[[Any], datetime]
    templates: tuple[_Template, ...]

    def read(self, event: Any, delivery: Delivery, budget: Budget) -> Iterator[Said]:
        """What an event says, by each template that is for it. Raises UnreadablePartError."""
        id_ = self._id(event, budget)
        for template in self.templates:
            if template.when is not None and not _holds(template, event, budget):
                continue
            filled = template.filler(event, budget)
            name = reading.event_id(self.system, id_, template.place)
            try:
                yield self._said(template.kind, filled, name, delivery.received_at)
            except UnreadablePartError as error:
                raise UnreadablePartError(f"by {template.place}/template, {error}") from None

    def _id(self, event: Any, budget: Budget) -> str:
        if self.id is None:
            said = json.dumps(event, sort_keys=True, default=str).encode()
            return hashlib.sha256(said).hexdigest()[:40]
        try:
            return reading.text_in(self.id(event, budget), "the result")
        except UnreadablePartError as error:
            raise UnreadablePartError(f"by /id, {error}") from None

    def _said(self, kind: str, filled: Any, id_: str, received_at: datetime) -> Said:
        fields = dict(filled)
        occurred_at = received_at
        if (told := fields.pop("occurred_at", None)) is not None:
            try:
                occurred_at = self.time(told)
            except UnreadablePartError as error:
                raise UnreadablePartError(f"occurred_at {error}") from None
        if kind == "deals":
            return own_shape.deal(fields, id_, occurred_at, received_at)
        if kind == "identities":
            traits = fields.pop("traits", None)
            fields = {"type": "identified", "direction": "internal", "identities": fields, "traits": traits}
        return own_shape.activity(fields, id_, occurred_at, received_at, self.system)


def _holds(template: _Template, event: Any, budget: Budget) -> bool:
    try:
        result = template.when(event, budget) if template.when else True
    except UnreadablePartError as error:
        raise UnreadablePartError(f"by {template.place}/when, {error}") from None
    # What JMESPath holds to be false; 0 is not.
    return not (result is None or result is False or result in ("", [], {}))


def rules_of(settings: Mapping[str, Any]) -> Rules:
    """What settings say, compiled when they are seen for the first time.

    Raises:
        ValueError: an expression is none.
    """
    return _rules(json.dumps(settings, sort_keys=True, default=str))


@lru_cache(maxsize=64)
def _rules(text: str) -> Rules:
    settings = json.loads(text, parse_float=Decimal)
    templates = [
        _Template(kind, f"/{kind}/{index}", _optional(entry.get("when")), _filler(entry["template"], 1))
        for kind in _KINDS
        for index, entry in enumerate(settings.get(kind, []))
    ]
    return Rules(
        _optional(settings.get("split")),
        _optional(settings.get("id")),
        settings.get("system", "mapping"),
        _TIMES[settings.get("times", "iso")],
        tuple(templates),
    )


def _optional(text: str | None) -> Expression | None:
    return None if text is None else compiled(text)


def _filler(template: Any, depth: int, place: str = "") -> _Filler:
    """What fills in a part of a template; values that stay ``null`` are left out of objects and arrays."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"is nested in more than {_MAX_DEPTH} levels")
    if isinstance(template, str) and template.startswith(_MARK):
        return _expression(compiled(template.removeprefix(_MARK)), place)
    if isinstance(template, dict):
        parts = [(name, _filler(value, depth + 1, f"{place}/{name}")) for name, value in template.items()]
        return lambda event, budget: {name: value for name, fill in parts if (value := fill(event, budget)) is not None}
    if isinstance(template, list):
        entries = [_filler(value, depth + 1, f"{place}/{index}") for index, value in enumerate(template)]
        return lambda event, budget: [value for fill in entries if (value := fill(event, budget)) is not None]
    return lambda _event, _budget: template


def _expression(expression: Expression, place: str) -> _Filler:
    def fill(event: Any, budget: Budget) -> Any:
        try:
            return _exact(expression(event, budget))
        except UnreadablePartError as error:
            raise UnreadablePartError(f"at template{place}, {error}") from None

    return fill


def _exact(value: Any) -> Any:
    """A number that the expression itself wrote with a fraction, as the exact one that it was meant to be."""
    return Decimal(str(value)) if isinstance(value, float) else value


def wrong_expressions(settings: Mapping[str, Any]) -> Sequence[Misfit]:
    """Everything in settings that is to be an expression, and is none."""
    wrong = []
    for place, text in _expressions(settings):
        try:
            compiled(text)
        except ValueError as error:
            wrong.append(Misfit(place, str(error)))
    for kind in _KINDS:
        for index, entry in enumerate(settings.get(kind, [])):
            if _levels(entry["template"]) > _MAX_DEPTH:
                wrong.append(Misfit(f"/{kind}/{index}/template", f"is nested in more than {_MAX_DEPTH} levels"))
    return wrong


def _expressions(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("split", "id"):
        if name in settings:
            yield f"/{name}", settings[name]
    for kind in _KINDS:
        for index, entry in enumerate(settings.get(kind, [])):
            if "when" in entry:
                yield f"/{kind}/{index}/when", entry["when"]
            yield from _marked(entry["template"], f"/{kind}/{index}/template", 1)


def _marked(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value.startswith(_MARK):
        yield place, value.removeprefix(_MARK)
    elif depth <= _MAX_DEPTH and isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in inner:
            yield from _marked(part, f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}", depth + 1)


def _levels(value: Any) -> int:
    """How deeply a template is nested; counting stops where it is too deep."""
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        inner = [part for part in level if isinstance(part, dict | list)]
        level = [part for outer in inner for part in (outer.values() if isinstance(outer, dict) else outer)]
    return depth
