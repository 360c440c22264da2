"""The routes of API keys."""

from __future__ import annotations

from lifecycle.contract.route import Answer, Route

_FUNCTION = "manage_keys"

LIST_KEYS = Route(
    method="GET",
    path="/keys",
    function=_FUNCTION,
    scope="admin",
    summary="List the API keys",
    description=(
        "Newest first, those that have expired included, and never the keys themselves. "
        "The last use is known to within the hour."
    ),
    answers=(Answer(200, "The keys.", "KeysAnswer"),),
    problems=(422, 503),
)

POST_KEY = Route(
    method="POST",
    path="/keys",
    function=_FUNCTION,
    scope="admin",
    summary="Give out an API key",
    description=(
        "The answer holds the key, this once; what is stored cannot be turned back into it. A key cannot give scopes "
        "that it does not have."
    ),
    request="KeyBody",
    answers=(Answer(201, "Given out.", "NewKeyAnswer"),),
    problems=(400, 413, 422, 503),
)

DELETE_KEY = Route(
    method="DELETE",
    path="/keys/{key_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Withdraw an API key",
    description="It is refused within five minutes, for that is how long it may be remembered.",
    answers=(Answer(204, "Withdrawn.", None, None),),
    problems=(404, 422, 503),
)

KEY_ROUTES: tuple[Route, ...] = (LIST_KEYS, POST_KEY, DELETE_KEY)
