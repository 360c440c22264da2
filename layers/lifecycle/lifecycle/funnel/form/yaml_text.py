"""From YAML text to a JSON value, with nothing guessed and nothing lost.

YAML knows more than a definition may hold, and readers differ in what they make of it: ``no`` as false, ``2026-12-25``
as a day, ``09:00`` as 540, the last of two fields of one name. Here plain ``true``, ``false``, ``null`` and the numbers
of JSON are what they look like, everything else is text, and what cannot be read without doubt is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

import yaml

from lifecycle.funnel.form.json_values import MAX_NESTING
from lifecycle.funnel.problem import DefinitionSyntaxError

#: Characters of a text: comments and indentation may take as much again as the largest definition.
MAX_CHARACTERS = 256 * 1024
_MAX_NUMBER = 100

#: What may stand in YAML (YAML 1.2, section 5.1).
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_TEXT_TAG = "tag:yaml.org,2002:str"
#: The parser of libyaml is ten times as fast; the one in Python gives the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str) -> Any:
    """Read a definition (see ``document.read_yaml``)."""
    if len(text) > MAX_CHARACTERS:
        raise DefinitionSyntaxError(f"the text has {len(text)} characters, and {MAX_CHARACTERS} are allowed", 1, 1)
    text = text.removeprefix("\ufeff")
    if unreadable := _UNREADABLE.search(text):
        raise _at(text, unreadable.start(), "this character cannot stand in YAML")
    if text.lstrip().startswith(("{", "[")):
        try:
            # JSON is YAML, but for tabs.
            return _read_json(text)
        except (ValueError, ArithmeticError, RecursionError):
            pass  # The reader of YAML can read it too, or will say where it is wrong.
    return _Builder().build(_events(text))


def _read_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_refuse)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a field stands twice")
    return names


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _at(text: str, index: int, reason: str) -> DefinitionSyntaxError:
    before = text[:index]
    return DefinitionSyntaxError(reason, before.count("\n") + 1, index - before.rfind("\n"))


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem))) or "this is no YAML"
        raise DefinitionSyntaxError(reason, *_place(mark)) from None
    except (yaml.YAMLError, UnicodeError, RecursionError):
        raise DefinitionSyntaxError("the text cannot be read as YAML", 1, 1) from None


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


@dataclass(slots=True)
class _Open:
    """An object or array that is being read; of an object, ``name`` is the field whose value comes next."""

    value: dict[str, Any] | list[Any]
    name: str | None = None


@dataclass(slots=True)
class _Builder:
    """Builds one value from the events of a parser, without recursion."""

    opened: list[_Open] = field(default_factory=list)
    documents: int = 0
    result: Any = None

    def build(self, events: Iterator[yaml.Event]) -> Any:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise _error(event, "a second document begins here, and a definition is one")
            elif isinstance(event, yaml.AliasEvent):
                raise _error(event, "an alias stands here; write its value out")
            elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.opened.pop()
        if not self.documents:
            raise DefinitionSyntaxError("the text is empty", 1, 1)
        return self.result

    def _node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            raise _error(event, "an anchor stands here; write the value out wherever it is needed")
        if event.tag is not None and event.tag != _TEXT_TAG:
            raise _error(event, "a tag stands here; a definition needs none")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
            return
        if len(self.opened) >= MAX_NESTING:
            raise _error(event, f"this is nested deeper than {MAX_NESTING} levels")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(event, value)
        self.opened.append(_Open(value))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        parent = self.opened[-1] if self.opened else None
        if parent is None or parent.name is not None or isinstance(parent.value, list):
            self._put(event, _scalar(event))
        elif event.value in parent.value:
            raise _error(event, "this field stands in the same object before")
        else:
            parent.name = event.value

    def _put(self, event: yaml.Event, value: Any) -> None:
        """Put a value where the next one belongs."""
        if not self.opened:
            self.result = value
            return
        parent = self.opened[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.name is None:
            raise _error(event, "the name of a field must be text")
        else:
            parent.value[parent.name] = value
            parent.name = None


def _scalar(event: yaml.ScalarEvent) -> Any:
    text = event.value
    if event.tag is not None or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    if len(text) > _MAX_NUMBER:
        raise _error(event, f"a number of {len(text)} characters; at most {_MAX_NUMBER} are allowed")
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        return Decimal(text)
    except ArithmeticError:
        raise _error(event, "this number is too large or too small") from None


def _error(event: yaml.Event, reason: str) -> DefinitionSyntaxError:
    return DefinitionSyntaxError(reason, *_place(event.start_mark))
