"""The form of a definition: what the schema forbids, in words for the people who write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from lifecycle.funnel.problem import Path, Problem, in_order, listed, one_of, pointer

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

#: More would tell nobody more.
MAX_ERRORS = 1000

_NOUNS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_COMPARISONS = "equals, in, at_least, at_most, matches or present"

#: A problem whose place has not been written as a pointer yet: where, why, and what would be right.
_Found = tuple[Path, str, str]


class _Fault(NamedTuple):
    """What jsonschema found: the keyword that fails, what it wants, and of what, and the schema that it stands in."""

    keyword: str
    wanted: Any
    value: Any
    schema: Mapping[str, Any]
    path: Path
    #: The keywords that lead to it from the root of the schema.
    trail: Sequence[str | int]

    @property
    def title(self) -> str:
        return str(self.schema.get("title", ""))

    @property
    def fields(self) -> list[str]:
        return list(self.schema["properties"])


@lru_cache(maxsize=1)
def schema_text() -> str:
    """The JSON Schema of definitions, as it is published."""
    return files("lifecycle.funnel").joinpath("schema.json").read_text(encoding="utf-8")


def malformed_fields(document: Any) -> tuple[Problem, ...]:
    """Everything that the schema forbids, in the order of the document, each once.

    Arguments:
        document: a JSON value in which ``json_values.unfit_values`` found nothing.
    """
    errors = islice(_validator().iter_errors(document), MAX_ERRORS)
    found = (one for error in errors for one in _in_words(error))
    return in_order(document, (Problem(pointer(path), reason, expected) for path, reason, expected in found))


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """The schema, compiled. The library is loaded late: it takes as long as all else that a cold start imports."""
    import json

    from jsonschema import Draft202012Validator, FormatChecker, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: _is_number(value)).redefine(
        "integer", lambda _, value: _is_number(value) and value == int(value)
    )
    extend: Any = validators.extend  # it has no types
    validator = extend(Draft202012Validator, {"pattern": _pattern}, type_checker=types)
    return cast("Validator", validator(json.loads(schema_text()), format_checker=FormatChecker(["date"])))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _pattern(_: Validator, pattern: str, instance: Any, __: Mapping[str, Any]) -> Iterator[ValidationError]:
    """The keyword ``pattern``: what ``$`` means in JSON Schema is ``\\Z`` to Python, whose ``$`` skips a line feed."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("")


# ----------------------------------------------------------------------------------------------------------------------
# Words, for each keyword of the schema
# ----------------------------------------------------------------------------------------------------------------------


def _in_words(error: ValidationError) -> Iterator[_Found]:
    fault = _Fault(
        keyword=str(error.validator),
        wanted=error.validator_value,
        value=error.instance,
        schema=cast("Mapping[str, Any]", error.schema),
        path=tuple(error.absolute_path),
        trail=tuple(error.absolute_schema_path),
    )
    if "propertyNames" in fault.trail:
        # It is the name that is wrong, to which jsonschema has no path.
        for path, reason, expected in _WORDS[fault.keyword](fault):
            yield (*path, fault.value), f"has a name that {reason}", expected
    else:
        yield from _WORDS[fault.keyword](fault)


def _type(fault: _Fault) -> Iterator[_Found]:
    wanted = [fault.wanted] if isinstance(fault.wanted, str) else fault.wanted
    if _is_number(fault.value) and "integer" in wanted:
        reason = "is not a whole number"
    else:
        reason = f"is {_noun_of(fault.value)}"
    criterion = 'a criterion, such as {"known": "email"}'
    yield fault.path, reason, criterion if fault.title == "Criterion" else listed([_NOUNS[name] for name in wanted])


def _noun_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else "a number"


def _required(fault: _Fault) -> Iterator[_Found]:
    for name in fault.wanted:
        if name not in fault.value:
            yield (*fault.path, name), "is missing", f"a value, for {name} is required here"


def _unknown_names(fault: _Fault) -> Iterator[_Found]:
    reasons = {"Criterion": "is not a kind of criterion", "Value or comparison": "is not a comparison"}
    for name in fault.value:
        if name not in fault.fields:
            yield (*fault.path, name), reasons.get(fault.title, "is not a field here"), one_of(fault.fields, name)


def _enum(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, "is none of its values", one_of(fault.wanted, fault.value)


def _form(fault: _Fault) -> Iterator[_Found]:
    """Of text that is not of a form: the schema itself says which."""
    description = str(fault.schema["description"])
    if fault.title == "Duration" and " business " in fault.value:
        yield fault.path, "is counted in business time", "plain hours, days or weeks, such as 30 days"
    else:
        expected = description[0].lower() + description[1:].rstrip(".")
        yield fault.path, f"is not a {fault.title.lower()}", expected


def _min_length(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, "is empty", "at least one character"


def _max_length(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, f"has {len(fault.value)} characters", f"at most {fault.wanted} characters"


def _min_items(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, "is empty", "at least one entry"


def _max_items(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, f"has {len(fault.value)} entries", f"at most {fault.wanted} entries"


def _unique_items(fault: _Fault) -> Iterator[_Found]:
    for index, entry in enumerate(fault.value):
        if entry in fault.value[:index]:
            yield (*fault.path, index), "stands in this list before", "each entry once"


def _minimum(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, f"is below {fault.wanted}", f"at least {fault.wanted}"


def _maximum(fault: _Fault) -> Iterator[_Found]:
    yield fault.path, f"is above {fault.wanted}", f"at most {fault.wanted}"


def _min_properties(fault: _Fault) -> Iterator[_Found]:
    if fault.title == "Criterion":
        yield fault.path, "names no kind of criterion", f"exactly one of {', '.join(fault.fields)}"
    elif fault.title == "Value or comparison":
        yield from _any_of(fault)
    else:
        yield fault.path, "is empty", f"at least one of {', '.join(fault.fields)}"


def _max_properties(fault: _Fault) -> Iterator[_Found]:
    if fault.title == "Criterion":
        kinds = [name for name in fault.value if name in fault.fields]
        if len(kinds) > 1:
            reason = f"names {len(kinds)} kinds of criterion: {', '.join(kinds)}"
            yield fault.path, reason, "exactly one; put several into a list of all or any"
    elif "then" in fault.trail:
        yield fault.path, "asks about the email and has other fields", "email alone, or a trait and its comparison"
    else:
        yield fault.path, f"has {len(fault.value)} fields", f"at most {fault.wanted} fields"


def _any_of(fault: _Fault) -> Iterator[_Found]:
    """Of an attribute or a property."""
    yield fault.path, "compares with nothing", f"at least one of {_COMPARISONS}"


_WORDS: Mapping[str, Callable[[_Fault], Iterator[_Found]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown_names,
    "enum": _enum,
    "pattern": _form,
    "format": _form,
    "minLength": _min_length,
    "maxLength": _max_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "minimum": _minimum,
    "maximum": _maximum,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "anyOf": _any_of,
}
