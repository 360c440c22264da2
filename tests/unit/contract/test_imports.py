"""What a cold start imports: a function pays for what it does, and not for what others do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def imported_by(module: str) -> set[str]:
    """The top-level packages that importing a module loads, in a process of its own."""
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    path = f"{ROOT}:{ROOT / 'layers' / 'lifecycle'}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("function", ["read_prospects", "evaluate_stage", "authorize_request", "describe_api"])
def test_a_function_without_a_body_imports_no_pydantic(function: str) -> None:
    assert not {"pydantic", "email_validator"} & imported_by(f"functions.{function}.app")


@pytest.mark.parametrize("function", sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py")))
def test_no_function_imports_the_x_ray_sdk(function: str) -> None:
    assert "aws_xray_sdk" not in imported_by(f"functions.{function}.app")


@pytest.mark.parametrize("function", sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py")))
def test_the_schema_is_compiled_when_a_definition_is_sent_and_not_before(function: str) -> None:
    assert "jsonschema" not in imported_by(f"functions.{function}.app")


@pytest.mark.parametrize("function", sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py")))
def test_signatures_of_tokens_are_imported_when_a_token_comes_and_not_before(function: str) -> None:
    assert not {"jwt", "cryptography"} & imported_by(f"functions.{function}.app")


@pytest.mark.parametrize("function", ["ingest_activity", "update_deal", "decide_stage", "read_prospects"])
def test_who_only_follows_the_funnel_imports_nothing_to_write_one(function: str) -> None:
    assert "yaml" not in imported_by(f"functions.{function}.app")
