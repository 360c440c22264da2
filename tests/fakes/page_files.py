"""The files of the pages, in short: what `make assets` would make of npm's packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lifecycle.pages import files

#: By their names in the sources.
NAMED = {"page.js": "page-0.js", "charts.js": "charts-0.js", "style.css": "style-0.css", "icon.svg": "icon-0.svg"}


def put_page_files(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the pages find such files.

    Arguments:
        patch: for as long as it lasts.
        folder: where they are put.
    """
    for name in NAMED.values():
        (folder / name).write_text(f"/* {name} */")
        (folder / f"{name}.gz").write_bytes(b"gz")
        (folder / f"{name}.br").write_bytes(b"br")
    (folder / "manifest.json").write_text(json.dumps(NAMED))
    patch.setattr(files, "_folder", lambda: folder)
    files._manifest.cache_clear()
