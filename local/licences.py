"""Print what is in the layers with its licences (`make licences`): Python's libraries from their bill of materials, and
what browsers get from the archives that npm fetched for the pages. Nothing is asked of anybody.

Fails where a licence is not among those that what runs in production may have.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from local.assets import BUNDLED, SOURCES, WORK, AssetError, Package, archive_of, packages, verify

#: Licences that ask for no more than to be named, if for that: SPDX's identifiers, and the names that PyPI had before
#: them.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
    "License :: OSI Approved :: Apache Software License",
    "License :: OSI Approved :: BSD License",
    "License :: OSI Approved :: MIT License",
}

#: Licences of libraries whose metadata names none, as their licence files have them; read on 2026-11-22.
READ: Mapping[str, tuple[str, ...]] = {"crawler-user-agents": ("MIT",)}
#: How a bill begins a licence in words of the library's own ("PSFL"), beside the one that it took them for.
_IN_OWN_WORDS = "declared license of "


class Library(NamedTuple):
    """A library of a layer, and every licence that it names."""

    name: str
    version: str
    licences: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether it names a licence, and none but allowed ones."""
        return bool(self.licences) and ALLOWED.issuperset(self.licences)


def libraries_of(bill: Mapping[str, Any]) -> list[Library]:
    """The libraries of a bill of materials (CycloneDX, as JSON), by name."""
    found = (
        Library(
            component["name"],
            component["version"],
            tuple(_licences(component.get("licenses", ()))) or READ.get(component["name"], ()),
        )
        for component in bill["components"]
    )
    return sorted(found, key=_by_name)


def libraries_of_pages(sources: Path, archives: Path) -> list[Library]:
    """What the bundles of the pages are made of, by name.

    Arguments:
        sources: the folder of assets/package.json.
        archives: what npm fetched (``local.assets``).

    Raises:
        AssetError: an archive is not there, or is not the one that assets/integrity.json names.
    """
    return sorted(map(partial(_library_of_pages, archives), packages(sources, BUNDLED)), key=_by_name)


def _library_of_pages(archives: Path, package: Package) -> Library:
    archive = archive_of(package, archives)
    if not archive.exists():
        raise AssetError(f"{archive} is not there. Run `make assets`.")
    verify(archive.read_bytes(), package)
    with tarfile.open(archive) as packed:
        described = packed.extractfile("package/package.json")
        named = json.load(described).get("license") if described else None
    # A string is an expression of SPDX; before, it was an object with a type (npm, "package.json", "license").
    choice = {"expression": named} if isinstance(named, str) else {"license": {"name": (named or {}).get("type")}}
    return Library(package.name, package.version, tuple(_licences([choice])) if named else ())


def _by_name(library: Library) -> str:
    return library.name.lower()


def _licences(choices: list[dict[str, Any]]) -> Iterator[str]:
    """The licences in a component's choices. Of "A OR B" both are asked for, which spares reading expressions."""
    for choice in choices:
        if "expression" in choice:
            words = re.findall(r"[\w.+-]+", choice["expression"])
            yield from (word for word in words if word not in ("AND", "OR", "WITH"))
        else:
            named = choice["license"].get("id") or choice["license"]["name"]
            if not named.startswith(_IN_OWN_WORDS):
                yield named


def main() -> None:
    """Print the list, and exit with 1 where a library must not be in it."""
    parser = argparse.ArgumentParser(description="List the layers' libraries and their licences.")
    parser.add_argument("bill", type=Path, help="the bill of materials, CycloneDX as JSON (make sbom)")
    parser.add_argument("--archives", type=Path, default=WORK / "archives", help="what npm fetched (make assets)")
    given = parser.parse_args()
    libraries = libraries_of(json.loads(given.bill.read_text(encoding="utf-8")))
    try:
        of_pages = libraries_of_pages(SOURCES, given.archives)
    except AssetError as error:
        sys.exit(str(error))
    for library in (*libraries, *of_pages):
        print(f"{library.name:26} {library.version:14} {', '.join(library.licences)}")
    refused = [library.name for library in (*libraries, *of_pages) if not library.is_allowed]
    if not libraries or refused:
        sys.exit(
            f"not on the list of allowed licences (local/licences.py): {', '.join(refused) or 'nothing is listed'}"
        )


if __name__ == "__main__":
    main()
