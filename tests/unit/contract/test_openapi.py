"""The OpenAPI document: valid, complete, and true to what the functions do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from lifecycle.contract import (
    audit_examples,
    encode,
    examples,
    funnel_examples,
    key_examples,
    privacy_examples,
    report_examples,
    session_examples,
    source_examples,
)
from lifecycle.contract.openapi import document
from lifecycle.contract.problems import INVALID, KINDS, Problem, invalid
from lifecycle.contract.refusals import FieldError, InvalidRequestError
from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES
from lifecycle.funnel.form.document import problems_of, read_yaml
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.results import BatchOutcome, DealOutcome, Outcome, ProspectOutcome, TimelinePage
from tests.unit.functions.fake_lifecycle import ENTRIES, NOON, FakeLifecycle, transition, view

REQUESTS = {
    **examples.REQUESTS,
    **funnel_examples.REQUESTS,
    **key_examples.REQUESTS,
    **report_examples.REQUESTS,
    **session_examples.REQUESTS,
    **source_examples.REQUESTS,
}
ANSWERS = {
    **examples.ANSWERS,
    **funnel_examples.ANSWERS,
    **key_examples.ANSWERS,
    **audit_examples.ANSWERS,
    **privacy_examples.ANSWERS,
    **report_examples.ANSWERS,
    **session_examples.ANSWERS,
    **source_examples.ANSWERS,
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document, as a client reads it."""
    loaded: dict[str, Any] = json.loads(json.dumps(document()))
    return loaded


def conforms(spec: dict[str, Any], schema: str, value: Any) -> None:
    """Hold a value against a schema of the document."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    OAS31Validator(root).validate(json.loads(json.dumps(value)))


def operation(spec: dict[str, Any], route: Route) -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][route.path][route.method.lower()]
    return found


def test_the_document_is_valid(spec: dict[str, Any]) -> None:
    validate(spec)
    assert spec["openapi"] == "3.1.0"


def test_every_route_is_described(spec: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, methods in spec["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_answer_of_a_route_is_described(spec: dict[str, Any], route: Route) -> None:
    responses = operation(spec, route)["responses"]

    assert {str(answer.status) for answer in route.answers} <= responses.keys()
    assert {str(status) for status in (*route.problems, 500)} <= responses.keys()
    assert route.public or {"401", "403"} <= responses.keys()
    assert (operation(spec, route).get("security") == []) is route.public
    assert ("requestBody" in operation(spec, route)) is (route.request is not None)


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if not route.public and route.credential == "bearer"],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_the_scope_of_a_route_is_said_to_readers_and_to_machines(spec: dict[str, Any], route: Route) -> None:
    described = operation(spec, route)

    assert route.scopes
    assert described["security"] == [{"ApiKey": [scope]} for scope in route.scopes]
    assert all(f"`{scope}`" in described["description"] for scope in route.scopes)


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.credential == "session"],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_a_route_of_a_session_says_which_cookie_opens_it(spec: dict[str, Any], route: Route) -> None:
    described = operation(spec, route)
    scheme = spec["components"]["securitySchemes"]["Session"]

    assert described["security"] == [{"Session": []}]
    assert "Takes a session." in described["description"]
    assert scheme == {"type": "apiKey", "in": "cookie", "name": "__Host-session"}


def test_operation_ids_are_unique(spec: dict[str, Any]) -> None:
    ids = [operation(spec, route)["operationId"] for route in ROUTES]
    assert len(ids) == len(set(ids))


def test_the_server_is_relative_to_the_document(spec: dict[str, Any]) -> None:
    # The local stack serves it below /restapis/<id>/<stage>/_user_request_, AWS below /<stage>.
    assert spec["servers"] == [{"url": "."}]


def test_every_field_of_a_request_is_described(spec: dict[str, Any]) -> None:
    for name, schema in spec["components"]["schemas"].items():
        if name.endswith("Body") and "properties" in schema:
            for field, described in schema["properties"].items():
                assert described.get("description") or "const" in described, f"{name}.{field}"


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_the_examples_of_requests_fit_their_schema(spec: dict[str, Any], name: str) -> None:
    for value in REQUESTS[name].values():
        conforms(spec, name, value)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_examples_of_answers_fit_their_schema(spec: dict[str, Any], name: str) -> None:
    conforms(spec, name, ANSWERS[name])


def test_every_body_and_every_answer_has_an_example(spec: dict[str, Any]) -> None:
    assert {route.request for route in ROUTES if route.request} == REQUESTS.keys()
    answered = {answer.model for route in ROUTES for answer in route.answers if answer.model}
    assert answered == {*ANSWERS, "AnyObject"}


def test_a_body_that_may_be_left_out_or_be_yaml_is_described_as_such(spec: dict[str, Any]) -> None:
    for route in ROUTES:
        if route.request:
            body = operation(spec, route)["requestBody"]
            assert body["required"] is not route.may_be_empty
            assert ("application/yaml" in body["content"]) is route.takes_yaml


def test_the_example_of_yaml_is_the_example_of_json() -> None:
    definition = read_yaml(funnel_examples.YAML)

    assert definition == funnel_examples.DEFINITION
    assert problems_of(definition) == ()
    assert check(definition, parse_funnel(definition, version=2)).errors == ()


def test_what_has_no_body_is_answered_without_one(spec: dict[str, Any]) -> None:
    assert "content" not in spec["paths"]["/funnel/drafts/{draft_id}"]["delete"]["responses"]["204"]
    schema = spec["paths"]["/funnel/schema.json"]["get"]["responses"]["200"]["content"]
    assert list(schema) == ["application/schema+json"]


def test_what_is_answered_fits_its_schema(spec: dict[str, Any]) -> None:
    rejected = InvalidRequestError([FieldError("/type", "is missing", "a type")] * 30)
    prospects = (ProspectOutcome("p", "engaged", transition()), ProspectOutcome("q", "suspect", None))
    fake = FakeLifecycle()

    conforms(spec, "OutcomeAnswer", encode.encode_outcome(Outcome("1", "p", "engaged", transition(), False)))
    conforms(spec, "OutcomeAnswer", encode.encode_outcome(Outcome("1", "p", "engaged", None, True)))
    conforms(spec, "BatchAnswer", encode.encode_batch(BatchOutcome(1, 2), []))
    conforms(spec, "DealAnswer", encode.encode_deal(DealOutcome("D-1", prospects)))
    conforms(spec, "ProspectsAnswer", encode.encode_prospects([view(), view(lead_status=None, deals=())], "cursor"))
    conforms(spec, "TimelineAnswer", encode.encode_timeline(TimelinePage("p", (*ENTRIES, transition()), None), None))
    conforms(spec, "ExplanationAnswer", encode.encode_explanation(fake.explain(view().prospect_id)))
    conforms(spec, "ProblemAnswer", invalid(rejected).document)


def test_every_kind_of_problem_fits_the_schema_and_has_its_own_name(spec: dict[str, Any]) -> None:
    kinds = set(KINDS.values())
    assert len({kind.slug for kind in kinds}) == len(kinds)
    for kind in kinds:
        conforms(spec, "ProblemAnswer", Problem(kind, "...").document)
        assert str(kind.status) in spec["components"]["responses"]
    assert INVALID in kinds


def test_a_wrong_answer_would_be_noticed(spec: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="required property"):
        conforms(spec, "OutcomeAnswer", {"event_id": "1", "at": NOON.isoformat()})
