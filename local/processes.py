"""Processes that outlive the command that started them: are they still the same ones, and how do they end?

A process id alone proves nothing, for the system gives it out again. Its start time is noted beside it, so that
``make down`` never ends somebody else's process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_POLL_SECONDS = 0.05


class ProcessMark(NamedTuple):
    """A process id, and when that process started, in whatever form the system tells it."""

    pid: int
    started: str


def mark_process(pid: int) -> ProcessMark | None:
    """Note which process has this id now; ``None`` where none has, or only one that has ended already."""
    started = _start_time(pid)
    return ProcessMark(pid, started) if started else None


def is_running(mark: ProcessMark) -> bool:
    """Tell whether that very process still runs."""
    return mark_process(mark.pid) == mark


def end_group(mark: ProcessMark, patience_seconds: float = 10.0) -> None:
    """End a process and all that it started: politely at first, and by force when it does not comply.

    The process must lead its own group (``start_new_session``). Does nothing if it runs no more.
    """
    if not is_running(mark):
        return
    for number, wait in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, patience_seconds)):
        try:
            os.killpg(mark.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if not is_running(mark) and not _group_lives(mark.pid):
                return
            time.sleep(_POLL_SECONDS)


def _group_lives(group: int) -> bool:
    _reap(group)
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS says so of a group that consists of ended processes only.
        return False
    return True


def _reap(pid: int) -> None:
    """Let go of a child of ours that has ended; as long as we do not, its group seems to live on."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _start_time(pid: int) -> str | None:
    _reap(pid)
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The second field, the name, may hold blanks and brackets; the others follow the last bracket.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, started = fields[0], fields[19]
        return None if state == "Z" else started
    # No /proc: macOS. (And no `ps` on many a slim Linux.)
    told = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = told.stdout.strip().partition(" ")
    return started.strip() or None if state and not state.startswith("Z") else None
