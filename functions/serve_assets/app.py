"""Serves the files that the pages load. They hold nobody's data, and this function may do nothing but that."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import page_routes as routes
from lifecycle.contract.headers import read_header
from lifecycle.contract.resolver import Api, logger
from lifecycle.pages.files import read_file

api = Api()

#: A year, the longest that is of use (RFC 9111, section 5.2.2.1): another content has another name.
_FOR_EVER = "public, max-age=31536000, immutable"


@api.route(routes.GET_ASSET)
def serve_asset(file: str) -> Response[Any]:
    """One file."""
    found = read_file(file, read_header(api.event, "accept-encoding") or "")
    if found is None:
        raise NotFoundError
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if found.coding is None:
        return Response(200, found.media_type, found.content.decode(), headers=headers)
    return Response(200, found.media_type, found.content, headers={**headers, "Content-Encoding": found.coding})


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
