"""The exports to the lake, opened for a caller. Tests put a fake in their place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.exports import Exports


def exports_for(caller: Caller) -> Exports:
    """The exports of the caller's workspace."""
    return Exports.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace, origin=caller.origin)
