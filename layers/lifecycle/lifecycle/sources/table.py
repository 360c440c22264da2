"""The outside systems that can be connected: one row each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from lifecycle.sources.source import Source

#: The kind, as ``POST /sources`` names it, and the module that holds its ``SOURCE``. A module is imported when a
#: delivery of its kind comes in: no cold start pays for the others' libraries.
SOURCES: dict[str, str] = {
    "hubspot": "lifecycle.sources.hubspot",
    "pipedrive": "lifecycle.sources.pipedrive",
    "salesforce": "lifecycle.sources.salesforce",
    "salesforce_outbound": "lifecycle.sources.salesforce_outbound",
}


@cache
def source_of(kind: str) -> Source:
    """The source of a kind. Raises KeyError."""
    source: Source = import_module(SOURCES[kind]).SOURCE
    return source
