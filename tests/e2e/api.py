"""The public API as the end-to-end tests use it: plain requests, plain JSON, and patience where an answer is 503."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx

T = TypeVar("T")
Json = dict[str, Any]


#: What the requests of all tests so far told of people, for ``test_what_the_logs_say``.
PERSONAL: set[str] = set()
#: Where requests tell of people, and the names of fields beside.
_OF_PEOPLE = ("/activities", "/deals", "/prospects")
_SAYING_NOTHING = {
    "type",
    "direction",
    "occurred_at",
    "status",
    "action",
    "stage",
    "currency",
    "event_id",
    "prospect_id",
}
#: Shorter words stand in logs by chance.
_TELLING = 12


def remember_what_is_personal(request: httpx.Request) -> None:
    """Remember the words of a request by which somebody could be recognised."""
    if any(place in request.url.path for place in _OF_PEOPLE):
        PERSONAL.update(value for value in request.url.params.values() if len(value) >= _TELLING)
        with suppress(ValueError, RecursionError):  # what is no JSON is looked for by the pattern of an email
            PERSONAL.update(_words(json.loads(request.content)))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in _SAYING_NOTHING:
                yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
    elif isinstance(value, str) and len(value) >= _TELLING:
        yield value


class Api:
    """The deployed API of one workspace.

    Arguments:
        api_url: the base to which paths are appended.
        api_key: the workspace's key.
    """

    def __init__(self, api_url: str, api_key: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self.http = httpx.Client(
            base_url=api_url, headers=headers, timeout=60, event_hooks={"request": [remember_what_is_personal]}
        )

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """One request, repeated as long as the answer is that others are changing the same prospect."""
        answer = self.http.request(method, path, **arguments)
        for _ in range(10):
            if answer.status_code != 503:
                break
            time.sleep(0.5)
            answer = self.http.request(method, path, **arguments)
        return answer

    def ok(self, method: str, path: str, **arguments: Any) -> Json:
        """The body of an answer that must be 2xx."""
        answer = self.request(method, path, **arguments)
        assert answer.is_success, (answer.status_code, answer.text)
        body: Json = answer.json()
        return body

    def activity(self, **body: Any) -> Json:
        """``POST /activities``."""
        return self.ok("POST", "/activities", json=body)

    def deal(self, deal_id: str, **body: Any) -> Json:
        """``PUT /deals/{deal_id}``."""
        return self.ok("PUT", f"/deals/{quote(deal_id, safe='')}", json=body)

    def decide(self, prospect: str, **body: Any) -> Json:
        """``POST /prospects/{prospect_id}/decisions``."""
        return self.ok("POST", f"/prospects/{prospect}/decisions", json={"by": "sam@us.example"} | body)

    def find(self, **identity: str) -> Json | None:
        """``GET /prospects`` by an identity; ``None`` if there is no such prospect."""
        found = self.ok("GET", "/prospects", params=identity)["prospects"]
        return found[0] if found else None

    def state(self, prospect_id: str) -> Json:
        """``GET /prospects/{prospect_id}``."""
        return self.ok("GET", f"/prospects/{prospect_id}")

    def transitions(self, prospect_id: str) -> list[Json]:
        """The transitions of a prospect, in order."""
        entries = self.timeline(prospect_id)
        moves = [entry for entry in entries if entry["kind"] == "transition"]
        return sorted(moves, key=lambda move: int(move["sequence"]))

    def timeline(self, prospect_id: str, limit: int = 100) -> list[Json]:
        """Every entry of a timeline, page by page."""
        entries: list[Json] = []
        parameters: Json = {"limit": limit}
        while True:
            page = self.ok("GET", f"/prospects/{prospect_id}/timeline", params=parameters)
            entries += page["entries"]
            if page["next_cursor"] is None:
                return entries
            parameters["cursor"] = page["next_cursor"]


def someone() -> str:
    """An email that no other test uses."""
    return f"{uuid4().hex}@acme.example"


def something() -> str:
    """An id that no other test uses."""
    return uuid4().hex


def eventually(ask: Callable[[], T], holds: Callable[[T], bool], seconds: float = 60) -> T:
    """Ask until the answer holds; the last answer if it never does."""
    deadline = time.monotonic() + seconds
    while not holds(answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.25)
    return answer
