"""The route of the audit trail."""

from __future__ import annotations

from lifecycle.contract.route import PAGING, TEXT, TIME, Answer, Parameter, Route
from lifecycle.store.audit_records import ACTIONS

LIST_AUDIT = Route(
    method="GET",
    path="/audit",
    function="read_audit",
    scope="admin",
    summary="Show who did what",
    description=(
        "Newest first: every decision, signature, publication, setting and API key, with who, when, from where, and "
        "how it was before and after. Entries are written together with what they tell of, and are never changed. "
        "A page ends after 5,000 entries were gone through, so it may hold few or none while `next_cursor` goes on."
    ),
    query=(
        Parameter("from", "Only what was done then or later.", TIME),
        Parameter("to", "Only what was done before then.", TIME),
        Parameter("action", "Only this.", {"enum": list(ACTIONS)}),
        Parameter("actor", "Only what was done with the API key of this name, or by the person of this name.", TEXT),
        Parameter("subject", "Only what was done to the prospect, draft, version or key of this id.", TEXT),
        *PAGING,
    ),
    answers=(Answer(200, "A page of entries.", "AuditAnswer"),),
    problems=(400, 422, 503),
)

AUDIT_ROUTES: tuple[Route, ...] = (LIST_AUDIT,)
