"""The settings of a workspace's reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lifecycle.services.audit_entries import report_settings_changed
from lifecycle.services.errors import ReportSettingsBusyError
from lifecycle.services.job_steps import Send, days_step
from lifecycle.store.audit_records import Origin
from lifecycle.store.protocol import ReportRecords
from lifecycle.store.queue import job_queue
from lifecycle.store.report_records import ReportSettings
from lifecycle.store.reports import ReportStore
from lifecycle.store.workspace_clients import workspace_client

_ATTEMPTS = 3


class ReportSettingsDesk:
    """Shows and changes the settings of one workspace's reports.

    Arguments:
        records: what the store keeps of reports.
        send: asks for a step of work in the background.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(self, records: ReportRecords, send: Send, origin: Origin) -> None:
        self._records = records
        self._send = send
        self._origin = origin

    @classmethod
    def connect(cls, table: str, workspace: str, origin: Origin) -> ReportSettingsDesk:
        """The settings that a table keeps for a workspace."""
        records = ReportStore(workspace_client(workspace), table, workspace)
        return cls(records, lambda step, delay=0: job_queue().send(step, delay), origin)

    def settings(self) -> ReportSettings:
        """The settings."""
        return self._records.settings()

    def change(self, wanted: ReportSettings, now: datetime) -> ReportSettings:
        """Set all of the settings. With another time zone, the figures of all days are made anew in the background.

        Arguments:
            wanted: as they are to be; whatever their revision.
            now: the present.

        Returns:
            The settings as they are now.

        Raises:
            ReportSettingsBusyError: others changed them at every attempt.
        """
        for _ in range(_ATTEMPTS):
            before = self._records.settings()
            after = replace(wanted, revision=before.revision)
            if after == before or self._records.put_settings(
                after, report_settings_changed(self._origin, before, after, now)
            ):
                # Asked for also where nothing changed: the request may have come before, and died right here.
                self._send(days_step(self._records.workspace))
                return after
        raise ReportSettingsBusyError
