"""Answers what needs no API key: GET /openapi.json, /docs, /health, /funnel/schema.json, and what browsers ask before
they send a request that has one."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import funnel_routes, routes
from lifecycle.contract.report_routes import REPORT_ROUTES
from lifecycle.contract.resolver import Api, answer, logger

api = Api()
api.preflight({route.path for route in routes.ROUTES if not route.public and route not in REPORT_ROUTES})

#: How long an editor may go on with the schema that it has.
_SCHEMA_SECONDS = 3600


@api.route(routes.GET_OPENAPI)
def get_openapi() -> Response[str]:
    """Describe the API."""
    from lifecycle.contract.openapi import document  # it imports every model, and a sign of life needs none

    return answer(document())


@api.route(routes.GET_DOCS)
def get_docs() -> Response[str]:
    """Show the API in a browser."""
    from lifecycle.contract.docs_page import docs_page, docs_policy

    return Response(200, "text/html; charset=utf-8", docs_page(), headers={"Content-Security-Policy": docs_policy()})


@api.route(funnel_routes.GET_SCHEMA)
def get_schema() -> Response[str]:
    """Show the JSON Schema of definitions, which holds nobody's data and may be kept for a while."""
    from lifecycle.funnel.form.schema_errors import schema_text

    headers = {"Cache-Control": f"public, max-age={_SCHEMA_SECONDS}"}
    return Response(200, "application/schema+json", schema_text(), headers=headers)


@api.route(routes.GET_HEALTH)
def get_health() -> Response[str]:
    """Tell whether the API answers."""
    return answer({"status": "ok"})


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
