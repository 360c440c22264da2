"""Definitions that somebody got wrong: good ones with something broken, JSON at random, text that is hardly YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from random import Random
from typing import Any

from lifecycle.funnel.parsing import default_definition
from tests.random_funnels import random_definition

#: Words of definitions, in and out of place, and words that are none.
WORDS = (
    "stages", "key", "label", "enter_when", "from", "rank", "beside", "anonymous", "requires", "of", "at_least",
    "always", "statuses", "when", "replaces", "actions", "qualification", "met_when", "score", "weights", "rules",
    "fit", "points", "recycling", "reason", "to", "all", "any", "not", "known", "activity", "attribute", "deal",
    "decision", "stage", "below", "in", "for", "count", "within", "properties", "equals", "matches", "present",
    "trait", "email", "status", "business_time", "time_zone", "weekdays", "opens", "closes", "holidays",
    "half_life", "other", "retention", "default", "activities", "$ref", "__proto__",
)  # fmt: skip
TEXTS = (
    "", " ", "cold", "warm", "hot", "Cold", "accept", "disqualify", "email", "free_mail", "30 days", "0 days",
    "1 day\n", "2 business days", "99999 weeks", "100000 weeks", "marketing", "MQL", "#12345G", "#123456",
    "rival.example", "a b.c", "Europe/Berlin", "../etc/passwd", "Europe", "09:00", "24:00", "2026-02-29",
    "2028-02-29", "monday", "(", "[a-z", "a{9999}", "\\1", "(?=x)", "(a+)+$", "x" * 257, "x" * 5000, "ünï-cödé",
    "\u202eRTL", "\U0001f4a9", "\x00", "\x1b[31m", "a\ud800b", "\ufeff", "a/b~c", "true", "null", "NaN", "1e999",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, -1, 2, 1.0, Decimal("2.0"), 1.5, Decimal("0.1"), -0.0, 10**4, 10**4 + 1, -(10**6), 10**15, 10**16,
    10**400, float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+400"),
    Decimal("1E-400"), Decimal("1." + "3" * 60),
)  # fmt: skip
NO_JSON: tuple[Any, ...] = ({1, 2}, b"bytes", (1, 2), object, {1: "one"}, {None: None}, {"a\ud800": 1}, {"\x00": 1})

_Parent = Any
_Mutation = Callable[[Random, _Parent, Any], None]


def broken(random: Random) -> Any:
    """A good definition with one to four things broken in it, small ones preferred."""
    document = deepcopy(default_definition()) if random.random() < 0.1 else random_definition(random)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        places = list(_places(document))
        if not places:
            break
        parent, name = random.choice(places)
        random.choice(_MUTATIONS)(random, parent, name)
    return document


def at_odds(random: Random) -> Any:
    """A good definition of which stages say one thing more, which is right elsewhere."""
    document = random_definition(random)
    for _ in range(random.choice((1, 2))):
        stage = random.choice(document["stages"])
        field = random.choice(tuple(_GOOD))
        stage[field] = deepcopy(random.choice(_GOOD[field]))
    return document


def random_json(random: Random, depth: int = 4) -> Any:
    """Any value, most of it made of the words of definitions."""
    kind = random.random()
    if depth and kind < 0.45:
        return {random.choice(WORDS): random_json(random, depth - 1) for _ in range(random.randint(0, 4))}
    if depth and kind < 0.65:
        return [random_json(random, depth - 1) for _ in range(random.randint(0, 4))]
    if kind < 0.85:
        return random.choice(TEXTS)
    if kind < 0.95:
        return random.choice(NUMBERS)
    return random.choice((True, False, None, *NO_JSON))


def random_document(random: Random) -> Any:
    """A value that is an object with stages, most of the time."""
    if random.random() < 0.1:
        return random_json(random)
    stages = [{"key": random.choice(TEXTS), **_object(random)} for _ in range(random.randint(0, 3))]
    return {"stages": stages, **_object(random)}


def deep(random: Random) -> Any:
    """A criterion in a criterion in a criterion; or lists in lists; a few levels or thousands."""
    levels = random.choice((9, 10, 11, 12, 25, 63, 64, 65, 100, 1_000, 20_000))
    wrap = random.choice(_WRAPPINGS)
    inner: Any = random.choice(({"known": "email"}, {"score": {"at_least": 1}}, 1, None))
    for _ in range(levels):
        inner = wrap(inner)
    top = {"stages": [{"key": "cold"}, {"key": "warm", "enter_when": inner}]}
    return random.choice((top, inner, {"stages": inner}, {"stages": [{"key": inner}]}))


def wide(random: Random) -> Any:
    """More of something than there may be."""
    many = random.choice((51, 101, 501, 3_000))
    part: Any = random.choice(({"known": "email"}, {"not": {"known": "email"}}, {}, "x"))
    stage = {"key": "warm", "enter_when": {"all": [part] * many}}
    return random.choice(
        (
            {"stages": [{"key": "cold"}, stage]},
            {"stages": [{"key": f"s{number}"} for number in range(many)]},
            {"stages": [{"key": "cold"}], "description": "x" * many * 50},
            {"stages": [{"key": "cold"}], "competitor_domains": [f"d{number}.example" for number in range(many)]},
            {"stages": [{"key": "cold"}], "x" * many: 1},
        )
    )


def broken_text(random: Random) -> str:
    """A good definition as text, YAML or JSON, with some characters wrong."""
    text = random.choice((_as_json, _as_yaml))(random_definition(random))
    for _ in range(random.choice((1, 1, 2, 5))):
        at, length = random.randrange(len(text) + 1), random.choice((0, 0, 1, 1, 5, 40))
        text = text[:at] + random.choice(_SCRAPS) + text[at + length :]
    return text


_SCRAPS = (
    "", "", " ", "  ", "\n", "\t", ":", ": ", "- ", "\n- ", "[", "]", "{", "}", ",", '"', "'", "#", "&a ", "*a",
    "!!set ", "!python/object:os.system ", "---\n", "...\n", "%YAML 1.1\n", "? ", "| ", "> ", "<<: ", "@", "`",
    "\x00", "\x07", "\ud800", "\ufeff", "\u2028", "\x85", "é", "\U0001f600", "yes", "no", "~", ".nan", "0o17",
    "1_000", "2026-12-25", "1" * 5000, "1e9999999", "[" * 200, "{a: " * 200, "- " * 200, "key: key\nkey: key\n",
    "a\\ud800",
)  # fmt: skip


def _object(random: Random) -> dict[str, Any]:
    return {random.choice(WORDS): random_json(random) for _ in range(random.randint(0, 3))}


def _as_json(document: Any) -> str:
    return json.dumps(document, default=float, indent=1)


def _as_yaml(value: Any, indent: str = "") -> str:
    """A definition the way people write it down; the library would write anchors and another style."""
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{name}: {_as_yaml(part, indent + '  ')}" for name, part in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}- {_as_yaml(part, indent + '  ')}" for part in value)
    return json.dumps(value, default=float)


# ----------------------------------------------------------------------------------------------------------------------
# Ways to break a document
# ----------------------------------------------------------------------------------------------------------------------


def _places(value: Any) -> Iterator[tuple[_Parent, Any]]:
    """Every object and list with each of its names or indices."""
    if isinstance(value, dict | list):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from _places(value[name])


def _drop(_: Random, parent: _Parent, name: Any) -> None:
    del parent[name]


def _rename(random: Random, parent: _Parent, name: Any) -> None:
    if isinstance(parent, dict):
        value = parent.pop(name)
        letters = list(str(name))
        letters[random.randrange(len(letters) or 1) : 1] = random.choice("xyz_ /~é")
        parent[random.choice(("".join(letters), random.choice(WORDS), str(name).upper()))] = value


def _retype(random: Random, parent: _Parent, name: Any) -> None:
    parent[name] = random_json(random, depth=2)


def _reword(random: Random, parent: _Parent, name: Any) -> None:
    parent[name] = random.choice(TEXTS)


def _recount(random: Random, parent: _Parent, name: Any) -> None:
    parent[name] = random.choice(NUMBERS)


def _wrap(random: Random, parent: _Parent, name: Any) -> None:
    parent[name] = random.choice(([parent[name]], {random.choice(WORDS): parent[name]}, {"not": parent[name]}))


def _repeat(random: Random, parent: _Parent, name: Any) -> None:
    if isinstance(parent, list):
        parent.insert(random.randint(0, len(parent)), deepcopy(parent[name]))
    else:
        parent[random.choice(WORDS)] = deepcopy(parent[name])


def _add(random: Random, parent: _Parent, _: Any) -> None:
    if isinstance(parent, list):
        parent.append(random_json(random, depth=2))
    else:
        parent[random.choice(WORDS)] = random_json(random, depth=2)


def _empty(random: Random, parent: _Parent, name: Any) -> None:
    parent[name] = random.choice(([], {}, "", None))


#: What a stage may say, and most of them should not.
_GOOD: dict[str, tuple[Any, ...]] = {
    "from": ("cold", ["hot", "fan"], "out"),
    "beside": (True, False),
    "anonymous": (True,),
    "reopens": (True,),
    "allow_reversion": (True,),
    "rank": (1, 2, 3),
    "decision": ("accept", "disqualify"),
    "replaces": ("cold", "gone", ["gone", "lost"]),
    "requires": ({"of": ["budget", "need"], "always": "timeline"}, {"of": ["need"], "at_least": 2}),
    "enter_when": (
        {"below": "cold"},
        {"below": "out"},
        {"stage": {"in": "fan", "for": "1 day"}},
        {"attribute": {"trait": "a", "at_least": 3, "at_most": 2}},
        {"all": [{"known": "email"}, {"not": {"known": "email"}}]},
        {"activity": {"type": "call", "properties": {"x": {"matches": "("}}}},
    ),
    "statuses": ([{"key": "new"}, {"key": "new"}], [{"key": "new", "when": {"stage": {"in": "fan", "for": "1 day"}}}]),
}
_MUTATIONS: tuple[_Mutation, ...] = (
    _drop, _rename, _retype, _reword, _reword, _recount, _wrap, _repeat, _add, _empty,
)  # fmt: skip
_WRAPPINGS: tuple[Callable[[Any], Any], ...] = (
    lambda value: {"not": value},
    lambda value: {"all": [value]},
    lambda value: {"at_least": {"count": 1, "of": [value]}},
    lambda value: [value],
    lambda value: {"a": value},
)
