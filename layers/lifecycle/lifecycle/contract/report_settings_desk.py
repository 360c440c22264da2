"""The settings of reports, opened for a caller. Apart from the reports, which take longer to load."""

from __future__ import annotations

import os

from lifecycle.contract.caller import Caller
from lifecycle.services.report_settings import ReportSettingsDesk


def report_settings_for(caller: Caller) -> ReportSettingsDesk:
    """The settings of the reports of the caller's workspace."""
    return ReportSettingsDesk.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace, origin=caller.origin)
