"""Whatever is excepted from a security check says why, beside the line or in the one file that lists it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CHECKED = ("functions", "layers/lifecycle/lifecycle", "local")


def test_every_line_that_is_excepted_says_from_what_and_why() -> None:
    excepted = [
        (str(path.relative_to(PROJECT)), number, line)
        for folder in CHECKED
        for path in (PROJECT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*nosec|#\s*noqa:? S\d", line)
    ]
    silent = [place for place in excepted if not re.search(r"# (nosec B\d{3} #|noqa: [A-Z\d, ]+ [-#]) \w", place[2])]

    assert excepted
    assert silent == []


def test_every_rule_that_the_template_does_not_follow_has_its_reason_above_it() -> None:
    lines = (PROJECT / ".checkov.yaml").read_text(encoding="utf-8").partition("skip-check:\n")[2].splitlines()

    assert lines
    assert lines[0].startswith("  # ")
    for above, line in pairwise(lines):
        assert re.fullmatch(r"  # .+|  - CKV2?_AWS_\d+", line), line
        assert not (above.startswith("  - ") and line.startswith("  - ")), line
    assert lines[-1].startswith("  - ")
