"""The lines of README.md, run as they stand by a shell, one after the other."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.stack import StackInfo
from tests.e2e.api import Api

README = Path(__file__).parents[2] / "README.md"
#: What the text beside a line says that it is answered with.
_REFUSED_ON_PURPOSE = {"insufficient-scope"}
_LONGEST = 300


def blocks() -> list[str]:
    """The blocks of README.md that are for a shell and need nothing but the local stack."""
    return re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def run(folder: Path, stack_info: StackInfo, api_key: str) -> str:
    """What the blocks print, in a folder in which a stack is up."""
    (folder / ".local").mkdir()
    told = {"api_url": stack_info.api_url, "api_key": api_key}
    (folder / ".local" / "stack.json").write_text(json.dumps(told))
    # Whatever fails ends it: a command that is not there, an answer without the field that the next line takes.
    script = "\n".join(["set -euo pipefail", *blocks()])
    done = subprocess.run(
        ["/bin/bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=_LONGEST, check=False
    )
    assert done.returncode == 0, (done.stdout[-2_000:], done.stderr)
    return done.stdout


def answers(printed: str) -> Iterator[Any]:
    """The JSON documents among what was printed; not each has a line of its own."""
    place = printed.find("{")
    while place >= 0:
        document, end = json.JSONDecoder().raw_decode(printed, place)
        yield document
        place = printed.find("{", end)


def test_every_line_does_what_the_text_says(own_api: Api, stack_info: StackInfo, tmp_path: Path) -> None:
    key = own_api.http.headers["Authorization"].removeprefix("Bearer ")

    told = list(answers(run(tmp_path, stack_info, key)))

    refused = [one for one in told if isinstance(one.get("status"), int) and one["status"] >= 400]
    assert {one["type"].rpartition(":")[2] for one in refused} == _REFUSED_ON_PURPOSE, refused
    assert len(told) >= 40
