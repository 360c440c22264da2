"""Integration tests run against moto, within their own process: they open no sockets either."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Take the sockets from every test of this folder, but for those that ask for theirs (``enable_socket``)."""
    if not item.get_closest_marker("enable_socket"):
        item.add_marker("disable_socket")
