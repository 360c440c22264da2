"""Requests to every route that are wrong in every way, with somebody's data in each: nothing of it may be logged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES


class WrongRequest(NamedTuple):
    """A request that is wrong."""

    route: Route
    path: str
    query: dict[str, str]
    text: str | None


def wrong_requests(email: str, cookie: str) -> Iterator[WrongRequest]:
    """Wrong bodies, queries and paths, with an email and a cookie where they do and do not belong."""
    bodies = [
        {"type": "website_visit", "identities": {"email": [email], "visitor": {"x": cookie}}},
        {email: email, "identities": {email: cookie}},
        [{"identities": {"email": email + "@"}, "type": cookie}],
        email,
        {"contacts": [{"email": email}, {"email": email, "role": cookie}], "status": cookie},
        {"action": "set_stage", "stage": cookie, "reason": email},
    ]
    texts = [f'{{"type": "website_visit", "identities": {{"email": "{email}"', *map(json.dumps, bodies)]
    for route in ROUTES:
        path = re.sub(r"{\w+}", email, route.path)
        for text in texts if route.request else ():
            yield WrongRequest(route, path, {}, text)
        yield WrongRequest(route, path, {"email": email + "@", "x": cookie}, None)
