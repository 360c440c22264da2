"""Signs browsers in and out: with a key, with a token, or at the issuer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import cookies, parameters
from lifecycle.contract import session_routes as routes
from lifecycle.contract.address import base_url
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import read_caller
from lifecycle.contract.csrf import require_own_page
from lifecycle.contract.doorway import code_flow, sessions, token_verifier
from lifecycle.contract.headers import read_header
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.page_routes import GET_SIGN_IN
from lifecycle.contract.resolver import Api, answer, answer_nothing, logger, send_to
from lifecycle.contract.session_answers import SessionAnswer, encode_session
from lifecycle.contract.session_models import SessionBody, decode_session
from lifecycle.contract.times import now
from lifecycle.services.errors import SignInRefusedError
from lifecycle.services.sessions import OpenedSession, csrf_token_of

api = Api()


@api.route(routes.POST_SESSION)
def post_session() -> Response[str]:
    """Sign in with a key or a token."""
    # Another site's page could otherwise sign somebody in as somebody else.
    require_own_page(api.event)
    present = now()
    given = decode_session(read_json(api.event, MAX_BODY_BYTES), present)
    try:
        opened = _open(given, present)
    except SignInRefusedError as refused:
        _log_refusal(refused)
        raise
    _log_sign_in(opened)
    return answer(dict(_describe(opened)), 201, headers={"Set-Cookie": _session_cookie(opened, present)})


@api.route(routes.START_SIGN_IN)
def start_sign_in() -> Response[str]:
    """Send the browser to the issuer."""
    from lifecycle.services.code_flow import PATIENCE

    query = parameters.read_query(api.event, routes.START_SIGN_IN.query_names)
    return_to = parameters.read_one(query, "return_to", parameters.local_path) or routes.GET_SESSION.path
    begun = code_flow(api.event).begin(return_to, now())
    return send_to(begun.location, [cookies.set_cookie(cookies.SIGN_IN, begun.state, PATIENCE)])


@api.route(routes.END_SIGN_IN)
def end_sign_in() -> Response[str]:
    """Redeem what the browser brings back from the issuer, and sign it in."""
    from lifecycle.services.code_flow import Returned

    present = now()
    # An issuer may say more than we know (RFC 6749, section 4.1.2), so that nothing is refused as unknown.
    brought: Mapping[str, str] = api.event.get("queryStringParameters") or {}
    kept = cookies.read_cookie(api.event, cookies.SIGN_IN)
    returned = Returned(kept, brought.get("state"), brought.get("code"), brought.get("iss"))
    try:
        signed_in = code_flow(api.event).end(returned, present)
        opened = sessions().open_with_token(signed_in.token, present)
    except SignInRefusedError as refused:
        _log_refusal(refused)
        if not _is_for_people(api.event):
            raise
        back = f"{base_url(api.event)}{GET_SIGN_IN.path}?refused=true"
        return send_to(back, [cookies.clear_cookie(cookies.SIGN_IN)])
    _log_sign_in(opened)
    return send_to(
        base_url(api.event) + signed_in.return_to,
        [_session_cookie(opened, present), cookies.clear_cookie(cookies.SIGN_IN)],
    )


@api.route(routes.GET_SESSION)
def get_session() -> Response[str]:
    """Tell who is signed in."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_SESSION.query_names)
    token = csrf_token_of(caller.secret)
    return answer(dict(encode_session(caller.workspace, caller.actor, caller.scopes, caller.valid_until, token)))


@api.route(routes.DELETE_SESSION)
def delete_session() -> Response[str]:
    """Sign out."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.DELETE_SESSION.query_names)
    sessions().close(caller.secret)
    return answer_nothing([cookies.clear_cookie(cookies.SESSION)])


def _is_for_people(event: Mapping[str, Any]) -> bool:
    """Whether a browser shows the answer to somebody: it then asks for a page before anything else."""
    return "text/html" in (read_header(event, "accept") or "")


def _open(given: SessionBody, present: datetime) -> OpenedSession:
    if given.key is not None:
        return sessions().open_with_key(given.key, present)
    from lifecycle.services.tokens import TokenRefusedError

    verifier = token_verifier()
    try:
        token = verifier.verify(str(given.token), present)
    except TokenRefusedError as refused:
        raise SignInRefusedError(refused.reason) from None
    return sessions().open_with_token(token, present)


def _describe(opened: OpenedSession) -> SessionAnswer:
    who = opened.admission
    return encode_session(who.workspace, who.actor, who.scopes, who.valid_until, csrf_token_of(opened.session))


def _session_cookie(opened: OpenedSession, present: datetime) -> str:
    return cookies.set_cookie(cookies.SESSION, opened.session, opened.ends_at - present)


def _log_sign_in(opened: OpenedSession) -> None:
    logger.info("signed in", workspace=opened.admission.workspace)


def _log_refusal(refused: SignInRefusedError) -> None:
    """A line to count: how many are refused, and for which reason; never who."""
    logger.warning("sign-in refused", reason=refused.reason)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
