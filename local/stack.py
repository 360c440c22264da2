"""The local stack: template.yaml, deployed by the SAM CLI into an emulator of AWS on this machine.

``python -m local.stack up`` and ``down`` are what ``make up`` and ``make down`` call. The end-to-end tests run a stack
of their own through :class:`LocalStack`, beside the developer's.

What the emulator does differently from AWS is said where it matters: here, in deployment.py and in template.yaml.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lifecycle.services.credentials import create_api_key
from local.deployment import Deployment, stage_sources
from local.emulator import (
    StackError,
    answers,
    await_answer,
    choose_port,
    client,
    endpoint_of,
    launch,
    status_of,
    tail,
    terminate,
)
from local.processes import ProcessMark, is_running

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT = Path(__file__).resolve().parent.parent
STATE_DIR = PROJECT / ".local"
WORKSPACE = "local"

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class StackInfo:
    """How to reach a running stack; the content of ``stack.json``.

    ``api_url`` is the base to which the paths of the contract are appended, ``api_key`` goes with every request as
    ``Authorization: Bearer``. ``begun_on`` is the day (UTC) since which the stack has its data.
    """

    endpoint_url: str
    api_url: str
    table: str
    api_key: str
    pid: int
    log: str
    begun_on: str


class Tools(NamedTuple):
    """The programs that a stack is made with, each in an environment of its own (see requirements/)."""

    pip_python: Path
    sam: Path
    ministack_python: Path

    @classmethod
    def of(cls, project: Path) -> Tools:
        """The programs where ``make setup`` puts them.

        Raises:
            StackError: one is missing.
        """
        venvs = project / ".local" / "venvs"
        tools = cls(
            pip_python=venvs / "bootstrap/bin/python",
            sam=venvs / "sam/bin/sam",
            ministack_python=venvs / "ministack/bin/python",
        )
        for tool in tools:
            if not tool.exists():
                raise StackError(f"{tool} is missing. Run `make setup`.")
        if not shutil.which("make"):
            raise StackError("`make` is missing; the SAM CLI builds the layer with it.")
        return tools


class _Started(NamedTuple):
    """What is noted of a running emulator, beside what ``stack.json`` tells everybody."""

    pid: int
    started: str
    port: int
    deployed: str = ""

    @property
    def process(self) -> ProcessMark:
        return ProcessMark(self.pid, self.started)


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True)
class LocalStack:
    """One emulator with one deployment in it, and the folder that holds everything about them.

    Attributes:
        state_dir: where ``stack.json``, the logs and the build live. Two stacks need two of them.
        port: the emulator's, on the loopback interface only; ``None``: any free one.
        auth: the emulator enforces the IAM roles of the functions, as AWS does.
        project: the folder of the project.
        environment: more variables for the emulator, which the functions inherit.
        settings: parameters of the template that are not as for everybody's local stack.
        say: told what goes on, line by line.
    """

    state_dir: Path = STATE_DIR
    port: int | None = None
    auth: bool = True
    project: Path = PROJECT
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = _say_nothing

    def up(self) -> StackInfo:
        """Make sure that the stack runs with the sources as they are now.

        Running already: nothing is done, or what has changed is deployed; data and key stay. A stack that does not
        come up leaves no process behind.

        Raises:
            StackError: it does not come up.
        """
        tools = Tools.of(self.project)
        with self._locked():
            fingerprint = stage_sources(self.project, self._sources)
            started, info = self._running()
            if started and info and self.port not in (None, started.port):
                raise StackError(
                    f"The stack runs on port {started.port} already, not on {self.port}. Run `make down` first."
                )
            if started and info and answers(info.endpoint_url):
                if started.deployed == fingerprint:
                    self.say(f"running already, and up to date: {info.api_url}")
                    return info
                self.say("running already; the sources have changed since, so they are deployed again")
                return self._deploy(tools, started, fingerprint, before=info)
            # Nothing runs, or nothing of use: a start that was killed, an emulator that hangs.
            self._down()
            try:
                return self._deploy(tools, self._start(tools), fingerprint)
            except BaseException:
                self._down()
                raise

    def down(self) -> bool:
        """Stop the stack, and forget its data. Returns whether there was one."""
        with self._locked():
            return self._down()

    def info(self) -> StackInfo:
        """How to reach the stack.

        Raises:
            StackError: it does not run.
        """
        _, info = self._running()
        if not info:
            raise StackError("The local stack does not run. Start it with `make up`.")
        return info

    def client(self, service: str) -> Any:
        """A boto3 client for the emulator, with the account's root credentials."""
        return client(self.info().endpoint_url, service)

    @property
    def _folder(self) -> Path:
        return self.state_dir / "stack"

    @property
    def _sources(self) -> Path:
        return self._folder / "source"

    @property
    def _temporary(self) -> Path:
        return self._folder / "tmp"

    @property
    def _info_file(self) -> Path:
        return self.state_dir / "stack.json"

    @property
    def _started_file(self) -> Path:
        return self._folder / "started.json"

    @property
    def _emulator_log(self) -> Path:
        return self._folder / "ministack.log"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One command at a time: two `make up` at once would start two emulators, and lose track of one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say("another command is at work on the stack; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _running(self) -> tuple[_Started | None, StackInfo | None]:
        """The emulator that runs, and how to reach it; the latter only where the deployment went well."""
        started = _read_json(self._started_file, _Started)
        if not started or not is_running(started.process):
            return None, None
        return started, _read_json(self._info_file, StackInfo)

    def _start(self, tools: Tools) -> _Started:
        port = choose_port(self.port)
        self.say(f"starting the emulator of AWS at {endpoint_of(port)}")
        self._temporary.mkdir(parents=True, exist_ok=True)
        mark = launch(
            tools.ministack_python,
            port,
            auth=self.auth,
            folder=self._temporary,
            log=self._emulator_log,
            extra=self.environment,
        )
        started = _Started(pid=mark.pid, started=mark.started, port=port)
        # Noted before it answers, so that even a `make up` that is killed leaves nothing that `make down` misses.
        _write_json(self._started_file, started._asdict())
        await_answer(mark, port, self._emulator_log)
        return started

    def _deploy(self, tools: Tools, started: _Started, fingerprint: str, before: StackInfo | None = None) -> StackInfo:
        endpoint_url = endpoint_of(started.port)
        deployment = Deployment(
            endpoint_url=endpoint_url,
            sam=tools.sam,
            pip_python=tools.pip_python,
            folder=self._folder,
            log=self._folder / "sam.log",
            settings=self.settings,
        )
        self.say("building the layer and the template (sam build)")
        deployment.build(self._sources)
        self.say("deploying the template into the emulator (sam deploy)")
        try:
            deployed = deployment.deploy()
            self.say("asking the API for its health")
            self._check_health(deployed.api_url)
            now = datetime.now(UTC)
            if before is None:
                dynamodb: DynamoDBClient = client(endpoint_url, "dynamodb")
                api_key = create_api_key(dynamodb, deployed.table, WORKSPACE, "local", now)
            else:
                api_key = before.api_key
        except (BotoCoreError, ClientError, OSError) as error:
            raise StackError(f"The emulator failed: {error}.{tail(self._emulator_log)}") from error
        info = StackInfo(
            endpoint_url,
            deployed.api_url,
            deployed.table,
            api_key,
            pid=started.pid,
            log=str(self._emulator_log),
            begun_on=before.begun_on if before else now.date().isoformat(),
        )
        _write_json(self._info_file, asdict(info))
        _write_json(self._started_file, started._replace(deployed=fingerprint)._asdict())
        self.say(f"ready: {info.api_url}")
        return info

    def _check_health(self, api_url: str) -> None:
        status = status_of(f"{api_url}/health", timeout=30)
        if status != 200:
            raise StackError(f"Deployed, but GET {api_url}/health answers {status}.{tail(self._emulator_log)}")

    def _down(self) -> bool:
        started, _ = self._running()
        if started:
            self.say(f"stopping the emulator (process {started.pid})")
            terminate(started.process, self._temporary)
        self._info_file.unlink(missing_ok=True)
        self._started_file.unlink(missing_ok=True)
        return started is not None


def _read_json(path: Path, kind: Callable[..., _Kind]) -> _Kind | None:
    try:
        return kind(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        # Absent, cut off, or of another version of this file: as good as absent.
        return None


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    # It may hold the key of the API.
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def up(port: int | None = None) -> StackInfo:
    """Bring the developer's own stack up, for a program in a terminal: says what goes on, and exits if it cannot."""
    try:
        return LocalStack(port=port, say=_stopwatch()).up()
    except StackError as error:
        sys.exit(f"\n{error}")


def _stopwatch() -> Callable[[str], None]:
    """Prints lines with the seconds that have passed since it was made."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {line}", flush=True)

    return say


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, stop or show the local stack. Returns the status to exit with."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up_command = commands.add_parser("up", help="start the stack, or bring the running one up to date")
    up_command.add_argument("--port", type=int, help="on the loopback interface; by default any free one")
    down_command = commands.add_parser("down", help="stop the stack and forget its data")
    down_command.add_argument(
        "--state-dir", type=Path, default=STATE_DIR, help="of another stack, such as the tests' own"
    )
    commands.add_parser("info", help="print how to reach the running stack")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "up":
            up(chosen.port)
        elif chosen.command == "down":
            say = _stopwatch()
            say("stopped" if LocalStack(state_dir=chosen.state_dir, say=say).down() else "nothing runs")
        else:
            print(json.dumps(asdict(LocalStack().info()), indent=2))
    except StackError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\ninterrupted; what was being started is stopped again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
