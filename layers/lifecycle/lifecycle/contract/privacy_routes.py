"""The routes of privacy: what is held on a person, and that it be held no longer."""

from __future__ import annotations

from lifecycle.contract.limits import MAX_EXPORT_PAGE
from lifecycle.contract.route import Answer, Parameter, Route

_FUNCTION = "manage_privacy"

EXPORT_PROSPECT = Route(
    method="GET",
    path="/prospects/{prospect_id}/export",
    function=_FUNCTION,
    scope="admin",
    summary="Export all that is held on a prospect",
    description=(
        "The state and the ids of its partitions on the first page; on all pages events as they are stored, those "
        "included that were withdrawn, then transitions, then what the logs of deals say of the person. The id of a "
        "prospect that was merged into another one answers with the survivor."
    ),
    query=(
        Parameter(
            "limit",
            "Entries of one page.",
            {"type": "integer", "minimum": 1, "maximum": MAX_EXPORT_PAGE, "default": MAX_EXPORT_PAGE},
        ),
        Parameter("cursor", "`next_cursor` of the page before.", {"type": "string"}),
    ),
    answers=(Answer(200, "A page of the export.", "ExportAnswer"),),
    problems=(400, 404, 410, 422, 503),
)

ERASE_PROSPECT = Route(
    method="DELETE",
    path="/prospects/{prospect_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Erase a prospect",
    description=(
        "Removes every identity, event and attribute of the person, from the logs of deals too. The counts of the "
        "reports stay. What is sent again later is recognised and not kept; only what the person does anew, an inbound "
        "activity that occurs after the erasure, makes a new prospect. Repeated, it answers with the erasure that was."
    ),
    answers=(
        Answer(200, "Erased.", "ErasureAnswer"),
        Answer(202, "Erased for every reader; the rest of the log is being deleted.", "ErasureAnswer"),
    ),
    problems=(404, 409, 410, 422, 503),
)

PRIVACY_ROUTES: tuple[Route, ...] = (EXPORT_PROSPECT, ERASE_PROSPECT)
