"""The function behind the queue of exports."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from functions.run_export import app
from lifecycle.services.export_worker import ExportWorker
from tests.unit.functions.queue_contract import QueueContract


class TestRunExport(QueueContract):
    """Every test of the contract."""

    app: ClassVar[ModuleType] = app
    worker_class: ClassVar[type] = ExportWorker
