"""The table of routes. (tests/unit/test_template.py holds it against the template.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES, methods_at

ROOT = Path(__file__).parents[3]


def test_every_function_that_a_route_names_exists() -> None:
    for route in ROUTES:
        assert (ROOT / "functions" / route.function / "app.py").is_file()


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/activities", ("POST",)),
        ("/deals/D%2F1", ("PUT", "DELETE")),
        ("/prospects/p1/timeline/", ("GET",)),
        ("/prospects/p1/nothing", ()),
        ("/", ()),
    ],
)
def test_a_path_knows_its_methods(path: str, methods: tuple[str, ...]) -> None:
    assert methods_at(path) == methods


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_public_or_takes_a_scope(route: Route) -> None:
    assert bool(route.scopes) is not route.public
