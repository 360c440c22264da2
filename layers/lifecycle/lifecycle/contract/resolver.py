"""The frame of every function behind the API: routing, scopes, problem documents, one line of log per invocation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from time import perf_counter
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import cors, problems, routes
from lifecycle.contract.caller import read_caller, require_current, require_scope
from lifecycle.contract.csrf import SAFE_METHODS, require_csrf_token
from lifecycle.contract.refusals import WrongCredentialError
from lifecycle.contract.route import Route, rule_of
from lifecycle.contract.throttling import admit
from lifecycle.contract.times import now
from lifecycle.services.failures import failure
from lifecycle.store.deadline import answered_within

logger = Logger()

_SERVER_ERROR = 500

#: What every answer says that does not say it for itself. Answers hold personal data, so no cache may keep them
#: (RFC 9111, section 5.2.2.5). No browser may guess what they are (Fetch standard, "X-Content-Type-Options"), ask for
#: them without TLS for the next two years (RFC 6797; it overlooks this where there is no TLS, as on the laptop), tell
#: another site their addresses, which may name an email, or show them within another site's page (RFC 7034).
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}

_WANTED = {
    "bearer": "an API key or a token, as Authorization: Bearer <key or token>; a session opens pages alone",
    "session": "the session of a browser that has signed in (POST /session or GET /session/start)",
}

Answering = Callable[..., Response[str]]


class Api:
    """The routes of one function.

    Without the validation of Powertools: it would cost every cold start the import of its OpenAPI machinery, and it
    answers with bodies of its own (measured in https://github.com/aws-powertools/powertools-lambda-python/issues/4372).
    """

    def __init__(self) -> None:
        self._resolver = APIGatewayRestResolver()
        self._resolver.exception_handler(Exception)(self._answer_problem)

    def route(self, route: Route) -> Callable[[Answering], Answering]:
        """Register the function that answers a route; it gets the parameters of the path as keyword arguments.

        It is called only for a caller that is good for the route: of the right kind, not ended meanwhile, not making
        too many requests, with the route's scope, and with what a change by cookie takes. The authorizer cannot see to
        that: API Gateway keeps its policy for the caller's next requests, whatever they ask for.
        """

        def register(answering: Answering) -> Answering:
            @wraps(answering)
            def guarded(**segments: str) -> Response[str]:
                if not route.public:
                    self._hold_caller_against(route)
                return answering(**segments)

            self._resolver.route(route.rule, method=route.method)(guarded)
            return guarded

        return register

    def preflight(self, paths: Iterable[str]) -> None:
        """Answer what browsers ask before they send a request of another site's page to some paths.

        Asked without a key, it tells nobody more than which methods a path takes.
        """

        def answering(**_segments: str) -> Response[str]:
            methods = dict.fromkeys(routes.methods_at(self.event["path"]))
            return Response(204, body="", headers=dict(cors.preflight_headers(self.event, list(methods))))

        for path in paths:
            self._resolver.route(rule_of(path), method="OPTIONS")(answering)

    def _hold_caller_against(self, route: Route) -> None:
        caller = read_caller(self.event)
        if (caller.kind == "session") is not (route.credential == "session"):
            raise WrongCredentialError(_WANTED[route.credential])
        require_current(caller, now())
        admit(caller)
        if caller.kind == "session" and route.method not in SAFE_METHODS:
            require_csrf_token(self.event)
        require_scope(caller, route.scopes)

    @property
    def event(self) -> dict[str, Any]:
        """The request that is being answered, as API Gateway handed it over."""
        return self._resolver.current_event.raw_event

    def respond(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request, and log it: how it went, never what it said."""
        started = perf_counter()
        request = event.get("requestContext", {})
        logger.append_keys(request_id=request.get("requestId"), workspace=_workspace(event))
        with answered_within(context.get_remaining_time_in_millis() / 1000):
            response = self._resolver.resolve(event, context)
        for name, value in {**SECURITY_HEADERS, **cors.answer_headers(event)}.items():
            response["multiValueHeaders"].setdefault(name, [value])
        status = response["statusCode"]
        log = logger.error if status >= _SERVER_ERROR else logger.info
        log(
            "request",
            method=event.get("httpMethod"),
            route=event.get("resource"),
            status=status,
            duration_ms=round((perf_counter() - started) * 1000, 1),
        )
        return response

    def _answer_problem(self, error: Exception) -> Response[str]:
        request = self.event
        if isinstance(error, NotFoundError):
            methods = routes.methods_at(request["path"])
            # Powertools takes no segment with a character that no URI has: nothing is to be had at such a path.
            problem = problems.no_route(() if request["httpMethod"] in methods else methods)
        else:
            problem = problems.problem_of(error, request["requestContext"].get("requestId", ""))
        logger.append_keys(problem=problem.kind.slug)
        if problem.kind.status >= _SERVER_ERROR:
            logger.append_keys(**failure(error))
        return self._tell(problem)

    def _tell(self, problem: problems.Problem) -> Response[str]:
        """How a problem is told; to people otherwise than to programs (``pages.frame``)."""
        return answer(problem.document, problem.kind.status, problems.CONTENT_TYPE, problem.headers)


def _workspace(event: Mapping[str, Any]) -> str | None:
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    workspace = authorizer.get("workspace")
    return None if workspace is None else str(workspace)


def answer_nothing(cookies: Sequence[str] = ()) -> Response[str]:
    """A response that says by its status alone that something is done, and may set cookies."""
    return Response(204, body="", headers={"Set-Cookie": list(cookies)} if cookies else {})


def send_to(location: str, cookies: Sequence[str] = (), status: int = 302) -> Response[str]:
    """A response that sends a browser elsewhere, with cookies that it sets."""
    headers: dict[str, str | list[str]] = {"Location": location}
    return Response(status, body="", headers=headers | ({"Set-Cookie": list(cookies)} if cookies else {}))


def answer(
    document: Mapping[str, Any],
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """A response with a JSON document."""
    body = json.dumps(document, separators=(",", ":"))
    return Response(status, content_type, body, headers=dict(headers or {}))
