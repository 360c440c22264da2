"""The use cases of prospects, opened for a caller. Tests put a fake in their place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.lifecycle import Lifecycle


def lifecycle_for(caller: Caller) -> Lifecycle:
    """The prospects of the caller's workspace."""
    return Lifecycle.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace, origin=caller.origin)
