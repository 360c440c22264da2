"""Print the libraries of the layer with their licences, from its bill of materials (`make licences`).

Fails where a licence is not among those that what runs in production may have.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

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
    """A library of the layer, and every licence that it names."""

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
    return sorted(found, key=lambda library: library.name.lower())


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
    parser = argparse.ArgumentParser(description="List the layer's libraries and their licences.")
    parser.add_argument("bill", type=Path, help="the bill of materials, CycloneDX as JSON (make sbom)")
    libraries = libraries_of(json.loads(parser.parse_args().bill.read_text(encoding="utf-8")))
    for library in libraries:
        print(f"{library.name:26} {library.version:14} {', '.join(library.licences)}")
    refused = [library.name for library in libraries if not library.is_allowed]
    if not libraries or refused:
        sys.exit(
            f"not on the list of allowed licences (local/licences.py): {', '.join(refused) or 'nothing is listed'}"
        )


if __name__ == "__main__":
    main()
