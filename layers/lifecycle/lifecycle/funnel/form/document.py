"""A definition as a document: reading it, judging its form, and telling two apart.

What a document that is well-formed means, ``check`` judges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from lifecycle.funnel.form.json_values import canonical, unfit_values, with_numbers_in_one_form
from lifecycle.funnel.form.schema_errors import malformed_fields, schema_text
from lifecycle.funnel.problem import DefinitionSyntaxError, Path, Problem, pointer

__all__ = [
    "DefinitionSyntaxError",
    "Problem",
    "canonical",
    "content_hash",
    "normalise",
    "problems_of",
    "read_yaml",
    "schema_text",
]

#: Bytes of a definition in its canonical form: versions are kept as one item of the table each, which takes 400 KB.
MAX_BYTES = 100 * 1024
#: Levels of criteria within criteria, a criterion without parts being one.
MAX_LEVELS = 10
#: Criteria of a funnel, those that others are built of included.
MAX_CRITERIA = 500


def read_yaml(text: str) -> Any:
    """Read a definition that somebody wrote, in YAML or in JSON.

    Returns:
        A JSON value, numbers as ``int`` or ``Decimal``. Whether it is a definition, ``problems_of`` tells.

    Raises:
        DefinitionSyntaxError: it is neither; or it has a field twice in one object, an anchor or alias, a tag, a field
            whose name is no text, a second document, nesting that is too deep, or too many characters.
    """
    from lifecycle.funnel.form import yaml_text  # for the few requests that bring text

    return yaml_text.read(text)


def problems_of(document: Any) -> tuple[Problem, ...]:
    """Everything that is wrong with the form of a definition.

    Arguments:
        document: anything at all; numbers may be ``int``, ``Decimal`` or ``float``.

    Returns:
        What the schema and the limits forbid, in the order of the document. Empty: the document has the form of a
        definition, and once ``normalise`` has been over it, ``parse_funnel`` can read it.
    """
    unfit = unfit_values(document)
    if unfit:
        return unfit
    size = len(canonical(document).encode())
    if size > MAX_BYTES:
        return (Problem("", f"takes {size} bytes as JSON", f"at most {MAX_BYTES} bytes"),)
    return (*malformed_fields(document), *_excesses(document))


def normalise(document: Any) -> Any:
    """The document as it is kept: numbers in one form, and without what only an editor asks for.

    Arguments:
        document: one that ``problems_of`` found nothing wrong with.
    """
    return {name: value for name, value in with_numbers_in_one_form(document).items() if name != "$schema"}


def content_hash(document: Any) -> str:
    """What stands for the content of a definition in a signature: equal documents have the same, others another.

    Arguments:
        document: one that ``problems_of`` found nothing wrong with.

    Returns:
        ``sha256:`` and the digest of the canonical form.
    """
    return "sha256:" + hashlib.sha256(canonical(document).encode()).hexdigest()


def _excesses(document: Any) -> Iterator[Problem]:
    """What would take a schema many words to say: too many criteria, or too many levels of them."""
    criteria = list(_criteria(document))
    deep = next((path for path, level in criteria if level > MAX_LEVELS), None)
    if deep is not None:
        yield Problem(pointer(deep), f"is a criterion below {MAX_LEVELS} others", f"at most {MAX_LEVELS} levels")
    if len(criteria) > MAX_CRITERIA:
        yield Problem("", f"has {len(criteria)} criteria", f"at most {MAX_CRITERIA}, those within others included")


def _criteria(document: Any) -> Iterator[tuple[Path, int]]:
    """Where criteria stand, and on which level, whatever the form of the document."""
    waiting: list[tuple[Any, Path, int]] = []
    for stage, path in _objects(document, "stages", ()):
        waiting.append((stage.get("enter_when"), (*path, "enter_when"), 1))
        waiting += [(status.get("when"), (*at, "when"), 1) for status, at in _objects(stage, "statuses", path)]
    while waiting:
        criterion, path, level = waiting.pop()
        if isinstance(criterion, dict):
            yield path, level
            waiting += [(part, at, level + 1) for part, at in _parts(criterion, path)]


def _parts(criterion: dict[str, Any], path: Path) -> Iterator[tuple[Any, Path]]:
    for kind in ("all", "any"):
        yield from _objects(criterion, kind, path)
    yield from _objects(criterion.get("at_least"), "of", (*path, "at_least"))
    yield criterion.get("not"), (*path, "not")


def _objects(value: Any, name: str, path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """The objects in a list that stands under a name, if it does."""
    entries = value.get(name) if isinstance(value, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield entry, (*path, name, index)
