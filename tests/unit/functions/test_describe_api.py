"""GET /openapi.json, /docs, /health and /funnel/schema.json."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jsonschema import Draft202012Validator

from lifecycle.contract.funnel_examples import DEFINITION
from tests.unit.functions.conftest import Call


def test_health_needs_no_key(call: Call) -> None:
    reply = call("describe_api", "GET", "/health", headers={}, requestContext={"requestId": "r"})
    assert (reply.status, reply.body) == (200, {"status": "ok"})


def test_the_document_is_served(call: Call) -> None:
    reply = call("describe_api", "GET", "/openapi.json", headers={}, requestContext={"requestId": "r"})
    assert (reply.status, reply.body["openapi"]) == (200, "3.1.0")


def test_the_schema_of_definitions_is_for_anybody_and_may_be_kept(call: Call) -> None:
    reply = call("describe_api", "GET", "/funnel/schema.json", headers={}, requestContext={"requestId": "r"})

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/schema+json"
    assert reply.headers["Cache-Control"] == "public, max-age=3600"
    Draft202012Validator.check_schema(reply.body)
    Draft202012Validator(reply.body).validate(DEFINITION)


class References(HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_loads_nothing_but_the_document(call: Call) -> None:
    reply = call("describe_api", "GET", "/docs", headers={}, requestContext={"requestId": "r"})
    references = References()
    references.feed(reply.body)

    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    assert references.found == ["data:,"]
    assert re.search(r'url: "openapi\.json"', reply.body)
    assert "validatorUrl: null" in reply.body


def test_the_page_may_run_its_own_scripts_only(call: Call) -> None:
    policy = call("describe_api", "GET", "/docs").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[^']+' 'sha256-[^']+';", policy)
    assert "connect-src 'self'" in policy
