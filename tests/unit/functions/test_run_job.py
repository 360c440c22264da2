"""The function behind the job queue."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

import pytest

from functions.run_job import app
from lifecycle.services.day_worker import DayWorker
from lifecycle.services.job_worker import JobWorker
from tests.unit.functions.queue_contract import FakeWorker, QueueContract


class TestRunJob(QueueContract):
    """Every test of the contract."""

    app: ClassVar[ModuleType] = app
    worker_class: ClassVar[type] = JobWorker

    @pytest.fixture(autouse=True)
    def for_days(self, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch) -> None:
        """The worker does what is to be done for the figures of days as well."""

        def connect(table: str, workspace: str) -> FakeWorker:
            assert (table, workspace) == ("table", "local")
            return worker

        monkeypatch.setattr(DayWorker, "connect", connect)
