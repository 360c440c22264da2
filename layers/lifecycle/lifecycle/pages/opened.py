"""The pages, opened for a caller."""

from __future__ import annotations

from datetime import datetime

from lifecycle.contract.caller import Caller
from lifecycle.contract.desk import desk_for, jobs_for
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.pages.funnel import FunnelPages
from lifecycle.pages.prospects import ProspectPages


def prospect_pages(caller: Caller, now: datetime) -> ProspectPages:
    """The pages of the prospects of the caller's workspace."""
    return ProspectPages(caller, lifecycle_for(caller), desk_for(caller), now)


def funnel_pages(caller: Caller, now: datetime) -> FunnelPages:
    """The pages of the funnel of the caller's workspace."""
    return FunnelPages(caller, desk_for(caller), jobs_for(caller), now)
