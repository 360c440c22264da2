"""The gallery: ready definitions to start from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

from lifecycle.funnel.form.document import read_yaml

#: The one that every workspace starts with stands first. It is JSON, which is read in a twentieth of the time of YAML.
_DEFAULT = "default"


def ready_made_names() -> tuple[str, ...]:
    """The names of all ready definitions: the default one, then the others by the alphabet."""
    return tuple(_files())


@cache
def ready_made(name: str) -> Mapping[str, Any]:
    """A ready definition, as the document that it is read from.

    Arguments:
        name: one of ``ready_made_names``.

    Returns:
        The document, which is shared by all who ask: not to be changed.

    Raises:
        KeyError: there is none of that name.
    """
    return cast("Mapping[str, Any]", read_yaml(_files()[name].read_text(encoding="utf-8")))


@cache
def _files() -> Mapping[str, Traversable]:
    found = {
        file.name.rpartition(".")[0]: file
        for file in files("lifecycle.funnel").joinpath("gallery").iterdir()
        if file.name.endswith((".json", ".yaml"))
    }
    return {name: found[name] for name in sorted(found, key=lambda name: (name != _DEFAULT, name))}
