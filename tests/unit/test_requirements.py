"""requirements/*: pinned, hashed, and from nowhere in particular."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LAYER = PROJECT / "layers/lifecycle/requirements.txt"
ANALYTICS = PROJECT / "layers/analytics/requirements.txt"
WRITTEN = [*sorted((PROJECT / "requirements").glob("*.in")), LAYER.with_suffix(".in"), ANALYTICS.with_suffix(".in")]
COMPILED = [*sorted((PROJECT / "requirements").glob("*.txt")), LAYER, ANALYTICS]


def _pins(path: Path) -> dict[str, str]:
    """What is pinned, by name and environment marker, to which version."""
    return {
        f"{match[1]}{match[3].strip()}": match[2]
        for match in re.finditer(r"^([\w.\[\]-]+)==([^\s;\\]+)([^\\\n]*)", path.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    text = path.read_text()
    requirements = re.findall(r"^(?![\s#]).+(?:\n +--hash=.+)*", text, re.MULTILINE)

    assert len(requirements) == len(_pins(path)) > 0
    assert all("--hash=sha256:" in requirement for requirement in requirements)


@pytest.mark.parametrize("path", [*WRITTEN, *COMPILED], ids=lambda path: path.name)
def test_no_requirement_names_where_it_comes_from(path: Path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links", path.read_text())


@pytest.mark.parametrize("layer", [LAYER, ANALYTICS], ids=lambda path: path.parent.name)
def test_the_project_is_tested_with_the_versions_of_the_layers(layer: Path) -> None:
    assert _pins(layer).items() <= _pins(PROJECT / "requirements/dev.txt").items()
