"""The use cases of reports, opened for a caller. Tests put fakes in their place."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.report_prospects import CountedProspects
from lifecycle.services.reports import Reports


def reports_for(caller: Caller) -> Reports:
    """The reports of the caller's workspace."""
    return Reports.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace)


def counted_for(caller: Caller) -> CountedProspects:
    """The prospects behind the numbers of the caller's workspace."""
    return CountedProspects.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace)
