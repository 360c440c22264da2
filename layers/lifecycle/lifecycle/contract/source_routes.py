"""The routes of outside systems: how they are connected, and where they send to."""

from __future__ import annotations

from lifecycle.contract.route import PAGING, Answer, Route

_FUNCTION = "manage_sources"
_RECEIVER = "receive_webhook"

LIST_KINDS = Route(
    method="GET",
    path="/sources/kinds",
    function=_FUNCTION,
    scope="admin",
    summary="List the outside systems that can be connected",
    description="Each with how to connect it there, what secret it shares, and the JSON Schema of its settings.",
    answers=(Answer(200, "The kinds.", "SourceKindsAnswer"),),
)

PREVIEW_SOURCE = Route(
    method="POST",
    path="/sources/preview",
    function=_FUNCTION,
    scope="admin",
    summary="Show what a payload would become",
    description="A dry run: nothing is verified, and nothing is kept.",
    request="PreviewBody",
    answers=(Answer(200, "What it says.", "PreviewAnswer"),),
    problems=(400, 413, 422),
)

LIST_SOURCES = Route(
    method="GET",
    path="/sources",
    function=_FUNCTION,
    scope="admin",
    summary="List the connected systems",
    description="Newest first, each with its health: what came in last, what was refused, what is in quarantine.",
    answers=(Answer(200, "The sources.", "SourcesAnswer"),),
    problems=(422, 503),
)

POST_SOURCE = Route(
    method="POST",
    path="/sources",
    function=_FUNCTION,
    scope="admin",
    summary="Connect an outside system",
    description=(
        "Answers with the URL that the system is to send to. Its unguessable part names the workspace; for systems "
        "that sign nothing, it is all that proves them, so treat it as a secret."
    ),
    request="SourceBody",
    answers=(Answer(201, "Connected.", "ConnectedSourceAnswer"),),
    problems=(400, 413, 422, 503),
)

GET_SOURCE = Route(
    method="GET",
    path="/sources/{source_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Show a connected system",
    answers=(Answer(200, "The source.", "ConnectedSourceAnswer"),),
    problems=(404, 422, 503),
)

PUT_SOURCE = Route(
    method="PUT",
    path="/sources/{source_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Change the label and settings of a connected system",
    request="SourceChangeBody",
    answers=(Answer(200, "Changed.", "ConnectedSourceAnswer"),),
    problems=(400, 404, 409, 413, 422, 503),
)

POST_SECRET = Route(
    method="POST",
    path="/sources/{source_id}/secret",
    function=_FUNCTION,
    scope="admin",
    summary="Replace the secret of a connected system",
    description="The secret before stays valid for a while, so that both sides can change over.",
    request="RotationBody",
    answers=(Answer(200, "Replaced.", "RotationAnswer"),),
    problems=(400, 404, 413, 422, 503),
)

DELETE_SOURCE = Route(
    method="DELETE",
    path="/sources/{source_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Disconnect a system",
    description="Its URL answers 404 within a minute. What came in by it stays.",
    answers=(Answer(204, "Disconnected.", None, None),),
    problems=(404, 409, 422, 503),
)

LIST_QUARANTINE = Route(
    method="GET",
    path="/sources/{source_id}/quarantine",
    function=_FUNCTION,
    scope="admin",
    summary="List what could not be read",
    description="Parts of deliveries, each with what is wrong with it. They are kept for 30 days.",
    query=PAGING,
    answers=(Answer(200, "A page of parts.", "QuarantineAnswer"),),
    problems=(400, 404, 422, 503),
)

REPLAY_PART = Route(
    method="POST",
    path="/sources/{source_id}/quarantine/{part_id}/replay",
    function=_FUNCTION,
    scope="admin",
    summary="Read a part again",
    description=(
        "As it came, for instance after a change of the settings, or with a body as `fixed`. What can be read now is "
        "kept, and leaves the quarantine."
    ),
    request="ReplayBody",
    may_be_empty=True,
    answers=(Answer(200, "Kept.", "ReplayAnswer"),),
    problems=(400, 404, 413, 422, 503),
)

DELETE_PART = Route(
    method="DELETE",
    path="/sources/{source_id}/quarantine/{part_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Discard a part",
    answers=(Answer(204, "Discarded.", None, None),),
    problems=(404, 422, 503),
)

LIST_UNRESOLVED = Route(
    method="GET",
    path="/webhooks/unresolved",
    function=_FUNCTION,
    scope="read",
    summary="List what still waits",
    description=(
        "Contacts that were named by an id without an email, deals without a contact, and links that lack an end. "
        "All of it is kept and counts as soon as what is missing arrives. A page may hold fewer entries than its limit."
    ),
    query=PAGING,
    answers=(Answer(200, "A page of what waits.", "UnresolvedAnswer"),),
    problems=(400, 422, 503),
)

POST_WEBHOOK = Route(
    method="POST",
    path="/webhooks/{source_id}",
    function=_RECEIVER,
    summary="Receive what an outside system sends",
    description=(
        "The body is what the system really sends, verified its way. The answer comes once every event is in a log, "
        "and has the form that the system understands."
    ),
    answers=(Answer(200, "Every event is kept.", None, "*/*"),),
    problems=(401, 404, 413, 503),
    public=True,
)

POST_WEBHOOK_CALL = POST_WEBHOOK._replace(
    path="/webhooks/{source_id}/{call}",
    summary="Receive what an outside system sends to an address with a secret at its end",
    description=(
        "For systems that sign nothing and cannot send credentials, such as Trustpilot and the Outbound Messages of "
        "Salesforce: the secret of the source follows its address."
    ),
)

OPTIONS_WEBHOOK = Route(
    method="OPTIONS",
    path="/webhooks/{source_id}",
    function=_RECEIVER,
    summary="Ask whether a page, or a sender of CloudEvents, may send",
    answers=(Answer(204, "Who may.", None, None),),
    problems=(404, 503),
    public=True,
)

POST_TRACKING = Route(
    method="POST",
    path="/v1/{call}",
    function=_RECEIVER,
    summary="Receive calls of the Segment and RudderStack SDKs",
    description=(
        "`identify`, `track`, `page`, `screen`, `group`, `alias`, `batch` and `import`. The write key, as the user of "
        "Basic authentication or as `writeKey` in the body, is the id of a source of kind `segment`."
    ),
    answers=(Answer(200, "Every event is kept.", None, "*/*"),),
    problems=(400, 401, 404, 413, 503),
    public=True,
)

OPTIONS_TRACKING = Route(
    method="OPTIONS",
    path="/v1/{call}",
    function=_RECEIVER,
    summary="Ask whether the SDK in a page may send",
    answers=(Answer(204, "It may.", None, None),),
    public=True,
)

SOURCE_ROUTES: tuple[Route, ...] = (
    LIST_KINDS,
    PREVIEW_SOURCE,
    LIST_SOURCES,
    POST_SOURCE,
    GET_SOURCE,
    PUT_SOURCE,
    POST_SECRET,
    DELETE_SOURCE,
    LIST_QUARANTINE,
    REPLAY_PART,
    DELETE_PART,
    LIST_UNRESOLVED,
    POST_WEBHOOK,
    POST_WEBHOOK_CALL,
    OPTIONS_WEBHOOK,
    POST_TRACKING,
    OPTIONS_TRACKING,
)
