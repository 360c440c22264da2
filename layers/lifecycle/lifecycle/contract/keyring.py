"""The API keys, opened for a caller. Tests put a fake in their place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.keys import Keys


def keys_for(caller: Caller) -> Keys:
    """The keys of the caller's workspace."""
    return Keys.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace, origin=caller.origin)
