"""The audit trail, opened for a caller. Tests put a fake in its place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.audit import AuditTrail


def audit_for(caller: Caller) -> AuditTrail:
    """The audit trail of the caller's workspace."""
    return AuditTrail.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace)
