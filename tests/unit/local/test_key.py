"""`make key`: what it asks for."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lifecycle.services.scopes import SCOPES
from local import key


def made(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    """Run the program; the name, scopes and days of the key that it makes."""
    asked: dict[str, Any] = {}

    def create(_client: object, table: str, workspace: str, name: str, now: Any, **rest: Any) -> str:
        end = rest["expires_at"]
        asked.update(table=table, workspace=workspace, name=name, scopes=tuple(rest["scopes"]))
        asked["end"] = None if end is None else end - now
        return "plc_a-key"

    monkeypatch.setattr(key, "create_api_key", create)
    monkeypatch.setattr(boto3, "client", lambda _service: None)
    monkeypatch.setattr(sys, "argv", ["key", "--table", "t", "--workspace", "acme", *arguments])
    key.main()
    return asked


def test_a_key_has_all_scopes_and_no_end_unless_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = made(monkeypatch)

    assert asked == {"table": "t", "workspace": "acme", "name": "first key", "scopes": SCOPES, "end": None}
    assert capsys.readouterr().out == "plc_a-key\n"


def test_a_key_may_have_few_scopes_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = made(monkeypatch, "--name", "crm", "--scopes", "ingest", "read", "--expires", "90")

    assert (asked["name"], asked["scopes"], asked["end"]) == ("crm", ("ingest", "read"), timedelta(days=90))


def test_a_scope_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        made(monkeypatch, "--scopes", "everything")
    assert "funnel:write" in capsys.readouterr().err
