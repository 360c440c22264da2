"""The use cases of the funnel, opened for a caller. Tests put fakes in their place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.funnels import FunnelDesk
from lifecycle.services.jobs import Jobs


def desk_for(caller: Caller) -> FunnelDesk:
    """The funnel of the caller's workspace."""
    return FunnelDesk.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace, origin=caller.origin)


def jobs_for(caller: Caller) -> Jobs:
    """The long work of the caller's workspace."""
    return Jobs.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace)
