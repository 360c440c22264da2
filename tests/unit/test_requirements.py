"""requirements/*: pinned, hashed, and from nowhere in particular."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LAYERS = sorted(PROJECT.glob("layers/*/requirements.txt"))
WRITTEN, COMPILED = (
    [path for folder in ("requirements", "layers/*") for path in sorted(PROJECT.glob(f"{folder}/*.{suffix}"))]
    for suffix in ("in", "txt")
)


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


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.parent.name)
def test_the_project_is_tested_with_the_versions_of_the_layers(path: Path) -> None:
    layer, project = _pins(path), _pins(PROJECT / "requirements/dev.txt")

    assert layer.items() <= project.items()
