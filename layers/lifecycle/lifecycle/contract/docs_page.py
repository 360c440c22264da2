"""The page that shows the API: Swagger UI, in one piece.

Powertools ships Swagger UI for its own resolver; its files are taken from there, and its page is not, for that one
would ask a third party whether the document is valid.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import lru_cache
from importlib.resources import files

_ASSETS = ("event_handler", "openapi", "swagger_ui")

#: The document is fetched relative to the page, whose stage and host nobody knows here. ``validatorUrl`` switches the
#: question to a third party off (Swagger UI, "Configuration").
_START = """
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Prospect Lifecycle: the API</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="swagger-ui"></div>
<script>{library}</script>
<script>{start}</script>
</body>
</html>
"""


@lru_cache(maxsize=1)
def docs_page() -> str:
    """The page, with its scripts and styles inside."""
    return _PAGE.format(style=_asset("swagger-ui.min.css"), library=_library(), start=_START)


@lru_cache(maxsize=1)
def docs_policy() -> str:
    """The page's content security policy: these two scripts, and requests to where it came from (W3C, "Content
    Security Policy Level 3"). Swagger UI sets style attributes and shows images that stand in its style sheet."""
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in (_library(), _START))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@lru_cache(maxsize=1)
def _library() -> str:
    return _asset("swagger-ui-bundle.min.js")


def _asset(name: str) -> str:
    return files("aws_lambda_powertools").joinpath(*_ASSETS, name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()
