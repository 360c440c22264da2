"""From a JSON value to a model, and from pydantic's findings to words for the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lifecycle.contract.refusals import FieldError, InvalidRequestError, pointer
from lifecycle.contract.values import ENTRY, Limits, check_value

_Model = TypeVar("_Model", bound=BaseModel)

_Words = Callable[[Mapping[str, Any]], tuple[str, str]]


def _not_a(expected: str) -> _Words:
    return lambda _: (f"is not {expected}", expected)


#: The reason and the expectation for each kind of error that pydantic finds by itself (pydantic, "Validation Errors").
_WORDS: Mapping[str, _Words] = {
    "string_type": _not_a("a string"),
    "bool_type": _not_a("true or false"),
    "int_type": _not_a("a whole number"),
    "greater_than_equal": lambda context: ("is too small", f"at least {context['ge']}"),
    "less_than_equal": lambda context: ("is too large", f"at most {context['le']}"),
    "dict_type": _not_a("an object"),
    "model_type": _not_a("an object"),
    "list_type": _not_a("an array"),
    "missing": lambda _: ("is missing", "a value, for this field is required"),
    "literal_error": lambda context: ("is none of its values", str(context["expected"]).replace("'", "")),
    "too_long": lambda context: (f"has {context['actual_length']} entries", f"at most {context['max_length']}"),
    # Raised by the functions of ``fields`` and by the models, with words of their own.
    "value_error": lambda context: (context["error"].reason, context["error"].expected),
}


def validate(model: type[_Model], value: Any, now: datetime, limits: Limits = ENTRY) -> _Model:
    """Read a body.

    Arguments:
        model: the body's model.
        value: a JSON value, as ``body.read_json`` read it.
        now: the present, against which times are held.
        limits: how much of it there may be.

    Raises:
        InvalidRequestError: with everything that is wrong, in the order of the document.
    """
    check_value(value, limits)
    try:
        return model.model_validate(value, context={"now": now})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InvalidRequestError([_field_error(model, details) for details in found]) from None


def _field_error(model: type[BaseModel], details: ErrorDetails) -> FieldError:
    # pydantic marks an error in a name of an object by a last part "[key]"; the name itself stands before it.
    path = tuple(part for part in details["loc"] if part != "[key]")
    if details["type"] == "extra_forbidden":
        known = ", ".join(_known_names(model, path[:-1]))
        return FieldError(pointer(path), "is not a field here", f"one of {known}")
    return FieldError(pointer(path), *_WORDS[details["type"]](details.get("ctx", {})))


def _known_names(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The fields that the object at a path may have."""
    for part in path:
        if isinstance(part, str):
            model = next(_models(model.model_fields[part].annotation))
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that stand anywhere within a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
