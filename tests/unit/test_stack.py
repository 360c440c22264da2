"""The local stack when things go wrong. That it works when nothing does is what the end-to-end tests show."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.deployment import stage_sources
from local.emulator import StackError, choose_port
from local.processes import end_group, is_running, mark_process
from local.stack import LocalStack

# These tests are about ports and processes of this machine.
pytestmark = pytest.mark.enable_socket

#: Answers the health check and nothing else, and has a worker, as the real one has.
EMULATOR = """
import http.server, os, subprocess, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/_ministack/health" else 500)
        self.end_headers()

worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("environment", sorted(os.environ), flush=True)
print("processes", os.getpid(), worker.pid, flush=True)
http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""

#: Does not end when it is asked to.
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with sources, and stand-ins for its tools: an emulator that starts, a SAM CLI that fails."""
    for name, text in {
        "template.yaml": "Resources: {}",
        "functions/decide_stage/app.py": "def handler(event, context): ...",
        "layers/analytics/Makefile": "build:",
        "layers/lifecycle/Makefile": "build:",
        "layers/lifecycle/lifecycle/__init__.py": "",
        "layers/assets/Makefile": "build:",
        "emulator.py": EMULATOR,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _install(tmp_path, "ministack/bin/python", f'exec "{sys.executable}" "{tmp_path}/emulator.py"')
    _install(tmp_path, "sam/bin/sam", "echo Template is broken >&2; exit 1")
    _install(tmp_path, "bootstrap/bin/python", "exit 1")
    return tmp_path


def _install(project: Path, tool: str, script: str) -> None:
    path = project / ".local/venvs" / tool
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def make_stack(project: Path) -> Iterator[Callable[..., LocalStack]]:
    made: list[LocalStack] = []

    def make(port: int | None = None, say: Callable[[str], None] = lambda _: None) -> LocalStack:
        stack = LocalStack(state_dir=project / ".local", project=project, port=port, say=say)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.down()


def _processes_of(project: Path) -> list[int]:
    """The stand-in emulator of the last start and its worker, as far as they still run."""
    log = (project / ".local/stack/ministack.log").read_text()
    (line,) = (line for line in log.splitlines() if line.startswith("processes"))
    return [int(pid) for pid in line.split()[1:] if mark_process(int(pid))]


def test_a_port_in_use_is_named_and_nothing_is_started(project: Path, make_stack: Callable[..., LocalStack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} cannot be used.*PORT="):
            make_stack(port).up()

    assert not (project / ".local/stack/ministack.log").exists()
    assert not (project / ".local/stack/started.json").exists()


def test_what_is_no_port_is_refused() -> None:
    with pytest.raises(StackError, match="99999 is no port"):
        choose_port(99999)


def test_a_free_port_is_found_without_a_wish() -> None:
    assert choose_port(None) > 1024


@pytest.mark.parametrize("tool", ["bootstrap/bin/python", "sam/bin/sam", "ministack/bin/python"])
def test_a_missing_tool_is_named(project: Path, make_stack: Callable[..., LocalStack], tool: str) -> None:
    (project / ".local/venvs" / tool).unlink()

    with pytest.raises(StackError, match=rf"{tool} is missing. Run `make setup`"):
        make_stack().up()


def test_an_emulator_that_does_not_start_is_quoted(project: Path, make_stack: Callable[..., LocalStack]) -> None:
    _install(project, "ministack/bin/python", "echo No such thing; exit 3")

    with pytest.raises(StackError, match=r"ended at once(.|\n)*\| No such thing"):
        make_stack().up()


def test_a_failed_build_is_quoted_and_leaves_no_process(project: Path, make_stack: Callable[..., LocalStack]) -> None:
    with pytest.raises(StackError, match=r"sam build failed(.|\n)*\| Template is broken"):
        make_stack().up()

    assert _processes_of(project) == []
    assert not (project / ".local/stack.json").exists()


def test_an_interruption_leaves_no_process(project: Path, make_stack: Callable[..., LocalStack]) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("building"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_stack(say=interrupt).up()

    assert _processes_of(project) == []


def test_the_emulator_and_so_the_functions_know_little_of_the_users_environment(
    project: Path, make_stack: Callable[..., LocalStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SECRET_OF_MINE", "1")

    with pytest.raises(StackError):
        make_stack().up()

    log = (project / ".local/stack/ministack.log").read_text()
    assert "'AUTH'" in log
    assert "AWS_PROFILE" not in log
    assert "SECRET_OF_MINE" not in log


def test_down_without_a_stack_says_so(make_stack: Callable[..., LocalStack]) -> None:
    assert make_stack().down() is False


def test_down_leaves_a_process_alone_that_only_has_the_same_id(
    project: Path, make_stack: Callable[..., LocalStack]
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        mark = mark_process(stranger.pid)
        assert mark
        note = project / ".local/stack/started.json"
        note.parent.mkdir(parents=True)
        note.write_text(json.dumps({"pid": mark.pid, "started": "long ago", "port": 1, "deployed": ""}))

        assert make_stack().down() is False
        assert is_running(mark)
    finally:
        stranger.kill()
        stranger.wait()


def test_info_of_a_stack_that_does_not_run_says_how_to_start_it(make_stack: Callable[..., LocalStack]) -> None:
    with pytest.raises(StackError, match="make up"):
        make_stack().info()


def test_a_note_that_was_cut_off_counts_as_none(project: Path, make_stack: Callable[..., LocalStack]) -> None:
    note = project / ".local/stack/started.json"
    note.parent.mkdir(parents=True)
    note.write_text('{"pid": 1')

    assert make_stack().down() is False


def test_a_process_that_has_ended_has_no_mark() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert mark_process(process.pid) is None


def test_a_group_ends_by_force_when_it_does_not_comply() -> None:
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    with process.stdout as output:
        output.readline()
    mark = mark_process(process.pid)
    assert mark

    began = time.monotonic()
    end_group(mark, patience_seconds=0.2)

    assert not is_running(mark)
    assert time.monotonic() - began < 5
    # Reaped by end_group already; this only keeps Popen from complaining.
    process.wait()


def test_the_fingerprint_follows_what_is_deployed(project: Path, tmp_path: Path) -> None:
    first = stage_sources(project, tmp_path / "staged")
    assert stage_sources(project, tmp_path / "staged") == first

    (project / "functions/decide_stage/app.py").write_text("def handler(event, context): return 1")
    second = stage_sources(project, tmp_path / "staged")
    assert second != first

    (project / "layers/lifecycle/lifecycle/events.py").write_text("")
    assert stage_sources(project, tmp_path / "staged") not in (first, second)


def test_bytecode_is_neither_deployed_nor_a_change(project: Path, tmp_path: Path) -> None:
    first = stage_sources(project, tmp_path / "staged")
    for folder in ("functions/decide_stage", "layers/lifecycle/lifecycle"):
        litter = project / folder / "__pycache__" / "app.cpython-311.pyc"
        litter.parent.mkdir()
        litter.write_bytes(os.urandom(8))

    assert stage_sources(project, tmp_path / "staged") == first
    assert not list((tmp_path / "staged").rglob("__pycache__"))
