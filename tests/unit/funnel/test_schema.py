"""The JSON Schema of a definition: valid itself, strict, and readable in an editor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import lifecycle.funnel
from lifecycle.funnel.criteria import Criterion
from lifecycle.funnel.form.document import canonical, normalise, problems_of, read_yaml, schema_text
from lifecycle.funnel.form.schema_errors import _WORDS
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_criterion, parse_funnel
from tests.schema_values import Maker

SCHEMA: dict[str, Any] = json.loads(schema_text())
GALLERY = sorted((Path(lifecycle.funnel.__file__).parent / "gallery").glob("*.*"))
CRITERIA: dict[str, Any] = {
    "known": "email",
    "activity": {},
    "score": {"at_least": 1},
    "attribute": {"trait": "country", "equals": "DE"},
    "deal": {},
    "decision": "accept",
    "stage": {"in": "first", "for": "1 day"},
    "below": "first",
    "all": [{"known": "email"}],
    "any": [{"known": "email"}],
    "at_least": {"count": 1, "of": [{"known": "email"}]},
    "not": {"known": "email"},
}


def _schemas(schema: Any = SCHEMA, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within the schema, with its place."""
    if not isinstance(schema, dict):
        return
    yield where, schema
    for keyword in ("properties", "$defs"):
        for name, part in schema.get(keyword, {}).items():
            yield from _schemas(part, f"{where}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames", "then", "else"):
        yield from _schemas(schema.get(keyword), f"{where}/{keyword}")


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_no_host() -> None:
    assert SCHEMA["$id"] == "urn:prospect-lifecycle:funnel"
    assert "://" not in schema_text().replace(SCHEMA["$schema"], "")


def test_every_field_has_a_title_and_a_description() -> None:
    for where, schema in _schemas():
        for name, field in (*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()):
            assert field.get("title"), f"{where} {name}"
            assert field.get("description", "").endswith("."), f"{where} {name}"


def test_no_object_takes_fields_that_nobody_knows() -> None:
    for where, schema in _schemas():
        if "properties" in schema:
            assert schema["additionalProperties"] is False, where


def test_every_text_list_and_number_is_bounded() -> None:
    for where, schema in _schemas():
        kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
        if "string" in kinds:
            assert {"maxLength", "pattern", "if"} & schema.keys(), where
        if "array" in kinds:
            assert "maxItems" in schema, where
        if {"integer", "number"} & set(kinds):
            assert {"minimum", "maximum"} <= schema.keys(), where


def test_every_reference_leads_to_a_definition_and_every_definition_is_used() -> None:
    used = {schema["$ref"].removeprefix("#/$defs/") for _, schema in _schemas() if "$ref" in schema}

    assert used == SCHEMA["$defs"].keys()


def test_there_are_words_for_every_keyword_that_may_fail() -> None:
    annotations = {"title", "description", "default", "$schema", "$id", "$defs"}
    leading_on = {"$ref", "items", "properties", "propertyNames", "if", "then", "else"}
    keywords = {keyword for _, schema in _schemas() for keyword in schema}

    assert keywords - annotations - leading_on == _WORDS.keys()


def test_the_schema_knows_every_kind_of_criterion_that_the_domain_has() -> None:
    kinds = SCHEMA["$defs"]["criterion"]["properties"]
    parsed = {type(parse_criterion({kind: content})) for kind, content in CRITERIA.items()}
    parsed.add(type(parse_criterion({"attribute": {"email": "business"}})))

    assert kinds.keys() == CRITERIA.keys()
    assert parsed == set(Criterion.__args__)
    for kind, content in CRITERIA.items():
        document = {"stages": [{"key": "first"}, {"key": "second", "enter_when": {kind: content}}]}
        assert problems_of(document) == (), kind


def test_comparisons_of_properties_and_of_traits_are_the_same() -> None:
    definitions = SCHEMA["$defs"]
    of_traits = {
        name: schema
        for name, schema in definitions["attribute"]["properties"].items()
        if name not in ("email", "trait")
    }

    assert definitions["value_or_comparison"]["properties"] == of_traits


def test_points_are_given_to_kinds_of_activities_as_criteria_name_them() -> None:
    definitions = SCHEMA["$defs"]
    of_criteria = definitions["activity"]["properties"]

    assert definitions["activity_kind"]["properties"].items() <= of_criteria.items()


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.name)
def test_every_definition_of_the_gallery_has_the_form(path: Path) -> None:
    document = read_yaml(path.read_text(encoding="utf-8"))

    assert problems_of(document) == ()
    Draft202012Validator(SCHEMA).validate(json.loads(canonical(document)))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_schema_lets_through_can_be_read_and_judged(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        document = Maker(random, SCHEMA).document()
        Draft202012Validator(SCHEMA).validate(json.loads(canonical(document)))

        assert problems_of(document) == ()
        normal = normalise(document)
        check(normal, parse_funnel(normal, version=1))
