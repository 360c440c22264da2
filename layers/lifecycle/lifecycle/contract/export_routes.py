"""The routes of exports to the lake."""

from __future__ import annotations

from lifecycle.contract.route import Answer, Route

_FUNCTION = "manage_exports"

POST_EXPORT = Route(
    method="POST",
    path="/exports",
    function=_FUNCTION,
    scope="admin",
    summary="Export all events and transitions to the lake, now",
    description=(
        "In the background, as Parquet in S3, which Athena reads. When all of it is written, it takes the place of the "
        "export before, whose files are removed. While one is under way, that one is answered with."
    ),
    answers=(Answer(202, "Under way.", "LakeExportAnswer"),),
    problems=(422, 503),
)

LIST_EXPORTS = Route(
    method="GET",
    path="/exports",
    function=_FUNCTION,
    scope="admin",
    summary="List the exports",
    description="Newest first, of the last 30 days, at most 50.",
    answers=(Answer(200, "The exports.", "LakeExportsAnswer"),),
    problems=(422, 503),
)

GET_EXPORT_SETTINGS = Route(
    method="GET",
    path="/exports/settings",
    function=_FUNCTION,
    scope="admin",
    summary="Show whether there is an export each night, and the names of the tables",
    answers=(Answer(200, "The settings.", "ExportSettingsAnswer"),),
    problems=(422, 503),
)

PUT_EXPORT_SETTINGS = Route(
    method="PUT",
    path="/exports/settings",
    function=_FUNCTION,
    scope="admin",
    summary="Have an export each night, or none",
    request="ExportSettingsBody",
    answers=(Answer(200, "The settings as they are now.", "ExportSettingsAnswer"),),
    problems=(400, 413, 422, 503),
)

GET_EXPORT = Route(
    method="GET",
    path="/exports/{export_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Show how far an export is",
    answers=(Answer(200, "The export.", "LakeExportAnswer"),),
    problems=(404, 422, 503),
)

CANCEL_EXPORT = Route(
    method="DELETE",
    path="/exports/{export_id}",
    function=_FUNCTION,
    scope="admin",
    summary="Stop an export",
    description="The export before it stays what Athena reads.",
    answers=(Answer(200, "Stopped; one that had ended stays as it is.", "LakeExportAnswer"),),
    problems=(404, 422, 503),
)

EXPORT_ROUTES: tuple[Route, ...] = (
    POST_EXPORT,
    LIST_EXPORTS,
    GET_EXPORT_SETTINGS,
    PUT_EXPORT_SETTINGS,
    GET_EXPORT,
    CANCEL_EXPORT,
)
