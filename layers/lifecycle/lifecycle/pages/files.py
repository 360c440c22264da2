"""The files that the pages load: AssetsLayer holds them, under names that only one content has (local/assets.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
#: How a packed form is called, by the name of the coding (RFC 9110, section 8.4.1); the smallest first.
_PACKED = {"br": "br", "gzip": "gz"}


class File(NamedTuple):
    """A file as it is sent: its bytes, what they are, and how they are packed (``None``: not at all)."""

    content: bytes
    media_type: str
    coding: str | None


def file_name(name: str) -> str:
    """The name under which a file is served.

    Arguments:
        name: as the sources call it, such as ``page.js``.
    """
    return _manifest()[name]


def read_file(served: str, accepted: str) -> File | None:
    """A file, packed as a browser takes it.

    Arguments:
        served: the name under which it is served.
        accepted: the header Accept-Encoding.

    Returns:
        The file; ``None`` where there is none of that name.
    """
    if served not in _manifest().values():
        return None
    media_type = _TYPES[served.rpartition(".")[2]]
    taken = set(_codings(accepted))
    for coding, suffix in _PACKED.items():
        if coding in taken:
            return File(_folder().joinpath(f"{served}.{suffix}").read_bytes(), media_type, coding)
    return File(_folder().joinpath(served).read_bytes(), media_type, None)


def _codings(accepted: str) -> Iterator[str]:
    """The codings that a browser takes (RFC 9110, section 12.5.3); a weight of zero says that it does not."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if weight.strip().removeprefix("q=").strip("0.") or not weight:
            yield coding.strip()


@lru_cache(maxsize=1)
def _manifest() -> Mapping[str, str]:
    manifest: dict[str, str] = json.loads(_folder().joinpath("manifest.json").read_text(encoding="utf-8"))
    return manifest


def _folder() -> Traversable:
    return files("lifecycle_assets")
