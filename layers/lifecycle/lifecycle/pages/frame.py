"""The frame of the functions behind the pages: as of those behind the API, for people instead of programs.

Who has no session is led to where one signs in, and comes back from there; what is wrong is told on a page. Every page
forbids the browser all that it has no use for (W3C, "Content Security Policy Level 3"): no script and no style but our
files', nothing from or to anybody else, and no page of anybody's around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.address import base_url
from lifecycle.contract.caller import Caller, read_caller
from lifecycle.contract.headers import read_header
from lifecycle.contract.page_routes import GET_SIGN_IN
from lifecycle.contract.problems import Problem, problem_of
from lifecycle.contract.refusals import InvalidRequestError, UnauthenticatedError
from lifecycle.contract.resolver import Api, logger, send_to
from lifecycle.pages.notices import NOTICES
from lifecycle.pages.render import query, render
from lifecycle.services.scopes import granted
from lifecycle.services.sessions import csrf_token_of

HTML = "text/html; charset=utf-8"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_UNAUTHENTICATED = 401
#: What an error is called where its title would not tell people much.
_TITLES = {403: "You may not do this", 404: "Not found", 410: "Erased", 503: "Please try again"}


class PageApi(Api):
    """The routes of one function whose answers are pages."""

    def respond(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request; see ``Api.respond``."""
        response = super().respond(event, context)
        response["multiValueHeaders"].setdefault("Content-Security-Policy", [POLICY])
        return response

    def show(self, template: str, shown: Mapping[str, Any], status: int = 200) -> Response[str]:
        """A page, in the frame that all have in common.

        Arguments:
            template: its name.
            shown: what it shows beyond the frame.
            status: of the answer.
        """
        return Response(status, HTML, render(template, {**self._frame(), **shown}))

    def show_again(self, template: str, shown: Mapping[str, Any], refusal: InvalidRequestError) -> Response[str]:
        """The page of a form that was refused, with what is wrong beside its fields instead of above them all.

        Arguments:
            template: its name.
            shown: what it shows beyond the frame: what was typed, and what is wrong with it.
            refusal: why.
        """
        kind = problem_of(refusal, self.event["requestContext"].get("requestId", "")).kind
        logger.append_keys(problem=kind.slug)
        response = self.show(template, shown, kind.status)
        response.headers.update({"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"})
        return response

    def done(self, path: str, notice: str) -> Response[str]:
        """Back to a page that says what was done: got anew, so that loading it again does not do it again.

        Arguments:
            path: of the page.
            notice: one of ``NOTICES``.
        """
        return send_to(f"{self.base}{path}?{query({'notice': notice})}", status=303)

    @property
    def base(self) -> str:
        """What the paths of the contract are appended to in a link: the stage, or whatever the address has."""
        return urlsplit(base_url(self.event)).path.rstrip("/")

    def _frame(self) -> dict[str, Any]:
        caller = self._caller()
        told = (self.event.get("queryStringParameters") or {}).get("notice")
        return {
            "base": self.base,
            "path": self.event["path"],
            "caller": caller,
            "may": granted(caller.scopes) if caller else frozenset(),
            "csrf_token": csrf_token_of(caller.secret) if caller else None,
            "notice": NOTICES.get(told or ""),
        }

    def _caller(self) -> Caller | None:
        try:
            return read_caller(self.event)
        except UnauthenticatedError:
            return None

    def _tell(self, problem: Problem) -> Response[str]:
        if problem.kind.status == _UNAUTHENTICATED:
            return self._lead_to_sign_in()
        title = _TITLES.get(problem.kind.status, problem.kind.title)
        document = problem.document
        told = {
            "title": title,
            "detail": document["detail"],
            "errors": document.get("errors", ()),
            "request_id": document.get("request_id"),
        }
        # A form shows it where it stands; its fields keep what was typed.
        template = "problem_notice.html" if self.is_asked_by_script else "problem.html"
        response = self.show(template, told, problem.kind.status)
        response.headers.update(problem.headers)
        return response

    def _lead_to_sign_in(self) -> Response[str]:
        target = f"{self.base}{GET_SIGN_IN.path}"
        if self.is_asked_by_script:
            # A script would follow a redirection by itself and show the page within the page (htmx, "HX-Redirect").
            return Response(_UNAUTHENTICATED, HTML, "", headers={"HX-Redirect": target})
        return send_to(f"{target}?return_to={quote(self._wanted(), safe='')}")

    def _wanted(self) -> str:
        """Where somebody wanted to go, who has to sign in first."""
        asked: Mapping[str, list[str]] = self.event.get("multiValueQueryStringParameters") or {}
        told = query({name: values[0] for name, values in asked.items()})
        path: str = self.event["path"]
        return f"{path}?{told}" if told else path

    @property
    def is_asked_by_script(self) -> bool:
        """Whether a script of a page asks, which puts the answer into that page."""
        return read_header(self.event, "hx-request") == "true"
