"""The routes by which a browser signs in and out."""

from __future__ import annotations

from lifecycle.contract.route import ANY_SCOPE, Answer, Parameter, Route

_FUNCTION = "sign_in"

POST_SESSION = Route(
    method="POST",
    path="/session",
    function=_FUNCTION,
    summary="Sign in with a key or a token",
    description=(
        "Sets the cookie `__Host-session`, which no script can read, for twelve hours at most and no longer than the "
        "key or the token is good. The answer holds a token that changes by cookie take in the header `X-CSRF-Token`. "
        "A token can be used for this once."
    ),
    request="SessionBody",
    answers=(Answer(201, "Signed in.", "SessionAnswer"),),
    problems=(400, 401, 403, 404, 413, 422, 503),
    public=True,
)

START_SIGN_IN = Route(
    method="GET",
    path="/session/start",
    function=_FUNCTION,
    summary="Sign in at the issuer",
    description="Sends the browser to the issuer (OpenID Connect, code flow with PKCE), which sends it back.",
    query=(
        Parameter(
            "return_to",
            "Where the browser goes when it is signed in: a path of this API.",
            {"type": "string", "pattern": "^/", "maxLength": 1024, "default": "/session"},
        ),
    ),
    answers=(Answer(302, "To the issuer.", None, None),),
    problems=(404, 422, 503),
    public=True,
)

END_SIGN_IN = Route(
    method="GET",
    path="/session/callback",
    function=_FUNCTION,
    summary="Come back from the issuer",
    description="Sets the cookie `__Host-session`. For the issuer to send browsers to, once each.",
    query=(
        Parameter("state", "What the browser was sent to the issuer with.", {"type": "string"}),
        Parameter("code", "What the issuer gives a token for.", {"type": "string"}),
        Parameter("iss", "The issuer (RFC 9207).", {"type": "string"}),
        Parameter("error", "Why there is no code (RFC 6749, section 4.1.2.1).", {"type": "string"}),
    ),
    answers=(
        Answer(
            302,
            "Signed in, and off to where the browser wanted to go; or not, and back to the page where one signs in, "
            "where `Accept` asks for `text/html`.",
            None,
            None,
        ),
    ),
    problems=(400, 401, 404, 503),
    public=True,
)

GET_SESSION = Route(
    method="GET",
    path="/session",
    function=_FUNCTION,
    scope=ANY_SCOPE,
    credential="session",
    summary="Tell who is signed in",
    answers=(Answer(200, "Who, and the token for changes.", "SessionAnswer"),),
    problems=(422,),
)

DELETE_SESSION = Route(
    method="DELETE",
    path="/session",
    function=_FUNCTION,
    scope=ANY_SCOPE,
    credential="session",
    summary="Sign out",
    description="The cookie is refused from now on.",
    answers=(Answer(204, "Signed out.", None, None),),
    problems=(422, 503),
)

SESSION_ROUTES: tuple[Route, ...] = (POST_SESSION, START_SIGN_IN, END_SIGN_IN, GET_SESSION, DELETE_SESSION)
