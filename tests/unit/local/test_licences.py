"""Which licences a library of the layer may have."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local.licences import libraries_of, main


def component(name: str, *choices: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "licenses": list(choices)}


def identified(name: str) -> dict[str, Any]:
    return {"license": {"id": name}}


@pytest.mark.parametrize(
    ("choices", "is_allowed"),
    [
        ([identified("MIT")], True),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], True),
        ([{"expression": "MIT AND (Apache-2.0 OR BSD-3-Clause)"}], True),
        ([], False),
        ([identified("GPL-3.0-only")], False),
        ([identified("MIT"), identified("GPL-3.0-only")], False),
        ([{"license": {"name": "a licence of its own"}}], False),
        ([{"expression": "MIT OR AGPL-3.0-or-later"}], False),
        ([{"expression": "Apache-2.0 WITH LLVM-exception"}], False),
    ],
)
def test_every_licence_that_a_library_names_must_be_allowed(choices: list[dict[str, Any]], is_allowed: bool) -> None:
    (library,) = libraries_of({"components": [component("library", *choices)]})

    assert library.is_allowed is is_allowed


def test_what_a_licence_file_says_counts_only_where_the_metadata_names_none() -> None:
    (silent,) = libraries_of({"components": [component("crawler-user-agents")]})
    (outspoken,) = libraries_of({"components": [component("crawler-user-agents", identified("GPL-3.0-only"))]})

    assert (silent.licences, silent.is_allowed) == (("MIT",), True)
    assert not outspoken.is_allowed


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *components: dict[str, Any]) -> None:
    bill = folder / "bill.json"
    bill.write_text(json.dumps({"components": components}), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["licences", str(bill)])
    main()


def test_the_list_is_printed_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path, component("b", identified("ISC")), component("A", identified("MIT")))

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["A", "1.0", "MIT"], ["b", "1.0", "ISC"]]


def test_a_licence_that_is_not_allowed_fails_with_the_librarys_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="copyleft"):
        run(monkeypatch, tmp_path, component("fine", identified("MIT")), component("copyleft", identified("GPL-3.0")))


def test_an_empty_list_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nothing"):
        run(monkeypatch, tmp_path)
