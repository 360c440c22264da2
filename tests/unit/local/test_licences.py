"""Which licences a library of the layers may have, be it Python's or the pages'."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local import licences
from local.assets import AssetError
from local.licences import libraries_of, libraries_of_pages, main
from tests.unit.local.test_assets import archive, package


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


# ---- what browsers get ----------------------------------------------------------------------------------------------


def fetched(folder: Path, **licences: Any) -> Path:
    """The sources of pages that are made of some packages, whose archives npm has brought."""
    archives = folder / "archives"
    archives.mkdir()
    hashes = {}
    for name, licence in licences.items():
        described = json.dumps({"name": name, "license": licence} if licence else {"name": name}).encode()
        (archives / f"{name}-1.0.0.tgz").write_bytes(content := archive({"package/package.json": described}))
        hashes[f"{name}@1.0.0"] = package(content).integrity
    wanted = {"dependencies": dict.fromkeys(licences, "1.0.0"), "devDependencies": {"tool": "1.0.0"}}
    (folder / "package.json").write_text(json.dumps(wanted), encoding="utf-8")
    (folder / "integrity.json").write_text(json.dumps(hashes), encoding="utf-8")
    return archives


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("0BSD", True),
        ("(MIT OR Apache-2.0)", True),
        ({"type": "MIT"}, True),
        ("MPL-2.0", False),
        ("(MIT OR GPL-3.0-only)", False),
        ("SEE LICENSE IN LICENSE.md", False),
        (None, False),
    ],
)
def test_what_the_pages_are_made_of_is_held_against_the_same_list(
    tmp_path: Path, licence: Any, is_allowed: bool
) -> None:
    archives = fetched(tmp_path, charts=licence)

    (library,) = libraries_of_pages(tmp_path, archives)

    assert (library.name, library.version, library.is_allowed) == ("charts", "1.0.0", is_allowed)


def test_the_licence_of_another_archive_than_that_which_is_bundled_counts_for_nothing(tmp_path: Path) -> None:
    archives = fetched(tmp_path, charts="MIT")
    (archives / "charts-1.0.0.tgz").write_bytes(archive({"package/package.json": b'{"license": "ISC"}'}))

    with pytest.raises(AssetError, match=r"assets/integrity\.json"):
        libraries_of_pages(tmp_path, archives)


def test_an_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    archives = fetched(tmp_path, charts="MIT")
    (archives / "charts-1.0.0.tgz").unlink()

    with pytest.raises(AssetError, match="make assets"):
        libraries_of_pages(tmp_path, archives)


def test_a_licence_of_the_pages_that_is_not_allowed_fails_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="charts"):
        run(monkeypatch, tmp_path, component("fine", identified("MIT")), charts="MPL-2.0")


# ---- all together ---------------------------------------------------------------------------------------------------


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *components: dict[str, Any], **of_pages: str) -> None:
    bill, archives = folder / "bill.json", fetched(folder, **(of_pages or {"htmx": "0BSD"}))
    bill.write_text(json.dumps({"components": components}), encoding="utf-8")
    monkeypatch.setattr(licences, "SOURCES", folder)
    monkeypatch.setattr(sys, "argv", ["licences", str(bill), "--archives", str(archives)])
    main()


def test_the_list_is_printed_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path, component("b", identified("ISC")), component("A", identified("MIT")))

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["A", "1.0", "MIT"],
        ["b", "1.0", "ISC"],
        ["htmx", "1.0.0", "0BSD"],
    ]


def test_a_licence_that_is_not_allowed_fails_with_the_librarys_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="copyleft"):
        run(monkeypatch, tmp_path, component("fine", identified("MIT")), component("copyleft", identified("GPL-3.0")))


def test_an_empty_list_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nothing"):
        run(monkeypatch, tmp_path)
