"""Values that a JSON Schema lets through, made up from the schema alone: it knows the keywords that ours uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

#: Texts of each form that the schema gives a pattern, by its title.
FORMS: Mapping[str, tuple[str, ...]] = {
    "Key": ("a", "b", "first", "second_1", "z" * 64),
    "Domain": ("rival.example", "a.b.c", "bücher.example"),
    "Duration": ("1 hour", "30 days", "2 weeks", "99999 weeks"),
    "Time limit": ("4 business hours", "1 business day", "30 days"),
    "Time of day": ("00:00", "09:00", "17:30", "23:59"),
    "Date": ("2026-12-25", "2028-02-29", "0001-01-01"),
    "Colour": ("#1f77b4", "#ABCDEF"),
    "Currency": ("EUR", "USD"),
}
_TEXTS = ("x", "won", "a b", "ünï\U0001f600", "~/", "2026-12-25", "(", "[a-z]+")


class Maker:
    """Makes values of a schema; beyond some levels of nesting, the smallest that it lets through."""

    def __init__(self, random: Random, schema: Mapping[str, Any], levels: int = 8) -> None:
        self._random = random
        self._schema = schema
        self._levels = levels

    def document(self) -> Any:
        """A value of the whole schema."""
        return self._value(self._schema, 0)

    def _value(self, schema: Mapping[str, Any], level: int) -> Any:
        if "$ref" in schema:
            return self._value(self._schema["$defs"][schema["$ref"].removeprefix("#/$defs/")], level)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        kinds: Mapping[str, Callable[[Mapping[str, Any], int], Any]] = {
            "object": self._object,
            "array": self._list,
            "string": self._text,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda *_: self._random.random() < 0.5,
        }
        kind = schema["type"]
        return kinds[kind if isinstance(kind, str) else self._random.choice(kind)](schema, level)

    def _text(self, schema: Mapping[str, Any], level: int) -> str:
        if "then" in schema:
            return str(self._value(schema["then"], level))
        return self._random.choice(FORMS[schema["title"]] if "pattern" in schema else _TEXTS)

    def _number(self, schema: Mapping[str, Any], _: int) -> Any:
        low, high = schema["minimum"], schema["maximum"]
        number = self._random.choice((low, high, self._random.randint(max(low, -3), min(high, 30))))
        if "number" in schema["type"] and low < number < high:
            number += Decimal(self._random.randint(-9, 9)) / 10
        return self._random.choice((number, Decimal(f"{number}.0"))) if isinstance(number, int) else number

    def _list(self, schema: Mapping[str, Any], level: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema["maxItems"], least if level > self._levels else 3)
        entries = [
            self._value(schema["items"], level + 1) for _ in range(self._random.randint(least, max(most, least)))
        ]
        if schema.get("uniqueItems"):
            return [entry for index, entry in enumerate(entries) if entry not in entries[:index]]
        return entries

    def _object(self, schema: Mapping[str, Any], level: int) -> dict[str, Any]:
        fields = schema.get("properties", {})
        if not fields:
            names = [self._value(schema["propertyNames"], level) for _ in range(self._random.randint(0, 3))]
            return {name: self._value(schema["additionalProperties"], level + 1) for name in names}
        names = self._names(schema, list(fields), level)
        return {name: self._value(fields[name], level + 1) for name in names}

    def _names(self, schema: Mapping[str, Any], names: list[str], level: int) -> list[str]:
        """Which fields an object has. At the bottom of a criterion, one that has no criteria below it."""
        random, required = self._random, schema.get("required", [])
        if schema.get("maxProperties") == 1:
            leaves = [name for name in names if name not in ("all", "any", "at_least", "not")]
            return [random.choice(leaves if level > self._levels else names)]
        if "then" in schema:
            if random.random() < 0.3:
                return ["email"]
            comparisons = [name for name in names if name not in ("email", "trait")]
            return ["trait", *random.sample(comparisons, random.randint(1, 2))]
        optional = [name for name in names if name not in required]
        least = max(schema.get("minProperties", 0) - len(required), 0)
        most = least if level > self._levels else min(len(optional), 4)
        chosen = {*required, *random.sample(optional, random.randint(least, max(least, most)))}
        return [name for name in names if name in chosen]
