"""The OpenAPI document: put together from the routes, the models of requests and the types of answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema
from typing_extensions import is_typeddict

from lifecycle.contract import (
    answers,
    audit_answers,
    audit_examples,
    examples,
    funnel_answers,
    funnel_examples,
    funnel_models,
    job_answers,
    key_answers,
    key_examples,
    key_models,
    models,
    privacy_answers,
    privacy_examples,
    problems,
    report_answers,
    report_examples,
    report_models,
    session_answers,
    session_examples,
    session_models,
    source_answers,
    source_examples,
    source_models,
)
from lifecycle.contract.cookies import SESSION
from lifecycle.contract.limits import MAX_BATCH_ENTRIES, MAX_OUTSIDE_ID
from lifecycle.contract.problems import CONTENT_TYPE, ProblemType
from lifecycle.contract.route import ANY_SCOPE, JSON, TEAM_SCOPE, YAML_TYPES, Answer, Route
from lifecycle.contract.routes import ROUTES

_SCHEMAS = "#/components/schemas/"
_Json = dict[str, Any]

_DESCRIPTION = """\
Tells which lifecycle stage each prospect is in, why, and since when.

Send `Authorization: Bearer <key>` with an API key of your workspace, or with a token of the issuer that people sign in
with. A key has scopes, a token has roles that stand for scopes, and each route says which one it takes; `admin` brings
along all but the signatures. Times are RFC 3339 in UTC. A request that is not acceptable is
answered with a problem document (RFC 9457) that names the field, the reason and what would be right, and stores
nothing. Give activities and decisions an `id`: the same id again is the same event, so requests can be repeated.
"""

_ANSWER_MODULES = (
    answers,
    funnel_answers,
    job_answers,
    key_answers,
    audit_answers,
    privacy_answers,
    report_answers,
    session_answers,
    source_answers,
)
_REQUEST_EXAMPLES = {
    **examples.REQUESTS,
    **funnel_examples.REQUESTS,
    **key_examples.REQUESTS,
    **report_examples.REQUESTS,
    **session_examples.REQUESTS,
    **source_examples.REQUESTS,
}
_ANSWER_EXAMPLES = {
    **examples.ANSWERS,
    **funnel_examples.ANSWERS,
    **key_examples.ANSWERS,
    **audit_examples.ANSWERS,
    **privacy_examples.ANSWERS,
    **report_examples.ANSWERS,
    **session_examples.ANSWERS,
    **source_examples.ANSWERS,
}
_YAML = YAML_TYPES[0]

_ID = {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}
_PATH_PARAMETERS = {
    "deal_id": {"description": "The CRM's id of the deal.", "schema": {"type": "string", "maxLength": MAX_OUTSIDE_ID}},
    "prospect_id": {
        "description": "The id of the prospect.",
        "schema": {"type": "string", "pattern": "^p[a-z2-7]{26}$"},
    },
    "draft_id": {"description": "The id of the draft.", "schema": _ID},
    "simulation_id": {"description": "The id of the simulation.", "schema": _ID},
    "version": {"description": "The number of the version.", "schema": {"type": "integer", "minimum": 1}},
    "team": {"description": "One of the funnel's owners.", "schema": {"enum": ["marketing", "sales"]}},
    "key_id": {"description": "The id of the API key.", "schema": {"type": "string", "pattern": "^[0-9a-f]{12}$"}},
    "source_id": {
        "description": "The id of the source, which is part of its URL.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"},
    },
    "part_id": {"description": "The id of the part.", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "call": {
        "description": "What is tracked.",
        "schema": {"enum": ["identify", "track", "page", "screen", "group", "alias", "batch", "import"]},
    },
    "name": {"description": "The name of the ready definition.", "schema": {"type": "string"}},
}


@lru_cache(maxsize=1)
def document() -> _Json:
    """The OpenAPI document of all routes (OpenAPI Specification 3.1.0).

    Its server is relative to where the document stands (section "Server Object": "relative to the location where the
    document containing the Server Object is being served"), for neither the stage nor the host is known here.
    """
    paths: _Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prospect Lifecycle", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "."}],
        "security": [{"ApiKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "ApiKey": {"type": "http", "scheme": "bearer"},
                "Session": {"type": "apiKey", "in": "cookie", "name": SESSION},
            },
            "schemas": {**_request_schemas(), **_answer_schemas(), "AnyObject": {"type": "object"}},
            "responses": {str(status): _problem_response(kinds) for status, kinds in _kinds_by_status().items()},
        },
    }


def _operation(route: Route) -> _Json:
    statuses = {*route.problems, *(() if route.public else (401, 403, 429)), 500}
    operation: _Json = {
        "operationId": f"{route.method.lower()}_{route.path.strip('/').translate(_IDENTIFIER)}",
        "summary": route.summary,
        "tags": [route.path.split("/")[1].split(".")[0]],
        "parameters": list(_parameters(route)),
        "responses": {
            **{str(answer.status): _good_response(answer) for answer in route.answers},
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)},
        },
    }
    if route.description or not route.public:
        operation["description"] = " ".join(filter(None, (route.description, _needed(route))))
    # The roles of a scheme that is not OAuth's (OpenAPI Specification 3.1.0, "Security Requirement Object").
    operation["security"] = (
        [{"Session": []}] if route.credential == "session" else [{"ApiKey": [scope]} for scope in route.scopes]
    )
    if route.request:
        operation["requestBody"] = _request_body(route.request, route)
    return operation


def _needed(route: Route) -> str:
    """What the caller of a request needs, in words."""
    if route.public:
        return ""
    if route.scope == ANY_SCOPE:
        return "Takes a session."
    scopes = " or ".join(f"`{scope}`" for scope in route.scopes)
    which = ", whichever is the team's own" if route.scope == TEAM_SCOPE else ""
    return f"Takes a key with the scope {scopes}{which}."


_IDENTIFIER = str.maketrans({"/": "_", ".": "_", "{": None, "}": None})


def _parameters(route: Route) -> Iterator[_Json]:
    for name, parameter in _PATH_PARAMETERS.items():
        if f"{{{name}}}" in route.path:
            yield {"name": name, "in": "path", "required": True, **parameter}
    for name, description, schema in route.query:
        yield {"name": name, "in": "query", "description": description, "schema": schema}


def _request_body(model: str, route: Route) -> _Json:
    shown = {title.lower().replace(" ", "_"): (title, value) for title, value in _REQUEST_EXAMPLES[model].items()}
    content: _Json = {
        JSON: {
            "schema": {"$ref": _SCHEMAS + model},
            "examples": {name: {"summary": title, "value": value} for name, (title, value) in shown.items()},
        }
    }
    if route.takes_yaml:
        content[_YAML] = {
            "schema": {"type": "string", "description": "The definition alone, or the object that JSON would have."},
            "example": funnel_examples.YAML,
        }
    return {"required": not route.may_be_empty, "content": content}


def _good_response(answer: Answer) -> _Json:
    if answer.content_type is None:
        return {"description": answer.meaning}
    if answer.model is None:
        return {"description": answer.meaning, "content": {answer.content_type: {"schema": {"type": "string"}}}}
    content: _Json = {
        "schema": {"type": "object"} if answer.model == "AnyObject" else {"$ref": _SCHEMAS + answer.model}
    }
    if answer.model in _ANSWER_EXAMPLES:
        content["example"] = _ANSWER_EXAMPLES[answer.model]
    others = {content_type: {"schema": {"type": "string"}} for content_type in answer.or_as}
    return {"description": answer.meaning, "content": {answer.content_type: content, **others}}


def _kinds_by_status() -> dict[int, list[ProblemType]]:
    kinds: dict[int, list[ProblemType]] = {}
    for kind in dict.fromkeys([*problems.KINDS.values(), problems.INTERNAL]):
        kinds.setdefault(kind.status, []).append(kind)
    return kinds


def _problem_response(kinds: list[ProblemType]) -> _Json:
    shown = {
        kind.slug: {"value": {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": "..."}}
        for kind in kinds
    }
    return {
        "description": "; ".join(kind.title for kind in kinds) + ".",
        "content": {CONTENT_TYPE: {"schema": {"$ref": _SCHEMAS + "ProblemAnswer"}, "examples": shown}},
    }


def _request_schemas() -> _Json:
    bodies: list[type[models.Body]] = [
        models.ActivityBody,
        models.DealBody,
        *models.DECISION_BODIES.values(),
        *funnel_models.FUNNEL_BODIES,
        key_models.KeyBody,
        report_models.ReportSettingsBody,
        *source_models.SOURCE_BODIES,
        session_models.SessionBody,
    ]
    _, schema = models_json_schema([(body, "validation") for body in bodies], ref_template=_SCHEMAS + "{model}")
    activities = {
        "type": "array",
        "items": {"$ref": _SCHEMAS + "ActivityBody"},
        "minItems": 1,
        "maxItems": MAX_BATCH_ENTRIES,
    }
    actions = {action: _SCHEMAS + body.__name__ for action, body in models.DECISION_BODIES.items()}
    return {
        **schema["$defs"],
        "ActivityBatch": {
            "description": "Activities, as such or in an object.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"activities": activities},
                    "required": ["activities"],
                    "additionalProperties": False,
                },
                activities,
            ],
        },
        "AnyDecisionBody": {
            "description": "A ruling; which fields it has depends on its action.",
            "oneOf": [{"$ref": reference} for reference in actions.values()],
            "discriminator": {"propertyName": "action", "mapping": actions},
        },
    }


def _answer_schemas() -> _Json:
    described: list[Any] = [
        value
        for module in _ANSWER_MODULES
        for name, value in vars(module).items()
        if is_typeddict(value) and name[0] != "_"
    ]
    for answer in described:
        # Set from outside, so that the types themselves know nothing of pydantic.
        answer.__pydantic_config__ = {"use_attribute_docstrings": True}
    inputs: list[tuple[str, Literal["serialization"], TypeAdapter[Any]]] = [
        (answer.__name__, "serialization", TypeAdapter(answer)) for answer in described
    ]
    _, schema = TypeAdapter.json_schemas(inputs, ref_template=_SCHEMAS + "{model}")
    return {**schema["$defs"], "LeadStatus": TypeAdapter(answers.LeadStatus).json_schema()}
