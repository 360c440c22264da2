"""A small client of the public API: bearer key, patience with a busy server, pages followed to their end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random_exponential,
)

from local.request import Activity, DealRemoval, DealUpdate, Decision, Identities, Json, rfc3339

#: Answers that say "not now": throttled, or too many writers on one prospect at once.
BUSY = frozenset({429, 503})
ATTEMPTS = 8
#: How long a report is asked for that is not whole yet.
PATIENCE_SECONDS = 120
#: Longer than the 29 s after which API Gateway gives up on a function, so that its answer is the one that counts.
TIMEOUT = httpx.Timeout(40.0, connect=5.0)


class ApiProblemError(Exception):
    """An answer that is not 2xx, as the server's problem document (RFC 9457) puts it."""

    def __init__(self, method: str, path: str, status: int, document: Json) -> None:
        self.status = status
        self.document = document
        super().__init__(f"{method} {path} was answered {status}: {complaint(document)}")


class BusyError(ApiProblemError):
    """The server asked for patience. ``retry_after`` is how many seconds it asked for, if it did."""

    retry_after: float | None = None


class ProspectClient:
    """The public API as methods; safe to share between threads, like the `httpx.Client` inside.

    Every write carries its own id or its own time, so repeating one after a lost answer changes nothing: that is why
    the client may retry them all.

    Arguments:
        api_url: the base to which the contract's paths are appended.
        api_key: the workspace's key.
        transport: what sends the requests; the tests put a mock here.
        sleep: how to wait between attempts; the tests put a no-op here.
    """

    def __init__(
        self,
        api_url: str,
        api_key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.api_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT,
            transport=transport,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )
        self._sleep = sleep
        self._retrying = Retrying(
            retry=retry_if_exception_type((httpx.TransportError, BusyError)),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            reraise=True,
            sleep=sleep,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send_batch(self, activities: Sequence[Activity]) -> Json:
        """`POST /activities/batch`: ``{accepted, duplicates, rejected: [{index, problem}]}``."""
        return self._call("POST", "/activities/batch", json={"activities": [each.body() for each in activities]})

    def put_deal(self, deal: DealUpdate) -> Json:
        """`PUT /deals/{deal_id}`: ``{deal_id, prospects}``."""
        return self._call("PUT", f"/deals/{quote(deal.deal_id, safe='')}", json=deal.body())

    def delete_deal(self, removal: DealRemoval) -> Json:
        """`DELETE /deals/{deal_id}`."""
        path = f"/deals/{quote(removal.deal_id, safe='')}"
        return self._call("DELETE", path, params={"occurred_at": rfc3339(removal.occurred_at)})

    def decide(self, prospect_id: str, decision: Decision, other_id: str | None = None) -> Json:
        """`POST /prospects/{id}/decisions`; ``other_id`` is whom a merge joins."""
        return self._call("POST", f"/prospects/{prospect_id}/decisions", json=decision.body(other_id))

    def find(self, identities: Identities) -> Json | None:
        """The prospect with an identity, the strongest first, or ``None`` while there is none."""
        crm = ":".join(identities.crm) if identities.crm else None
        pairs = {"email": identities.email, "user": identities.user, "crm": crm, "visitor": identities.visitor}
        query = next({name: value} for name, value in pairs.items() if value)
        found = self._call("GET", "/prospects", params=query)["prospects"]
        return found[0] if found else None

    def prospects(self, stage: str, *, limit: int = 100) -> Iterator[Json]:
        """Every prospect of a stage, page after page."""
        yield from self._pages("/prospects", "prospects", {"stage": stage, "limit": str(limit)})

    def prospect(self, prospect_id: str) -> Json:
        """`GET /prospects/{id}`."""
        return self._call("GET", f"/prospects/{prospect_id}")

    def timeline(self, prospect_id: str) -> Iterator[Json]:
        """Every entry of a timeline, newest first."""
        yield from self._pages(f"/prospects/{prospect_id}/timeline", "entries", {"limit": "100"})

    def explanation(self, prospect_id: str) -> Json:
        """`GET /prospects/{id}/explanation`."""
        return self._call("GET", f"/prospects/{prospect_id}/explanation")

    # ---- reports ----------------------------------------------------------------------------------------------------

    def report(self, name: str, query: Mapping[str, str]) -> Json:
        """`GET /reports/{name}`."""
        return self._call("GET", f"/reports/{name}", params=dict(query))

    def whole_report(self, name: str, query: Mapping[str, str]) -> Json:
        """The same, asked for until the figures of all its days are there; after `PATIENCE_SECONDS` as it is."""
        retrying = Retrying(
            retry=retry_if_result(lambda report: not report["complete"]),
            stop=stop_after_delay(PATIENCE_SECONDS),
            wait=wait_exponential(multiplier=0.25, max=3.0),
            sleep=self._sleep,
            retry_error_callback=_as_it_is,
        )
        return retrying(self.report, name, query)

    def counted(self, query: Mapping[str, str]) -> Iterator[Json]:
        """`GET /reports/prospects`: every prospect behind a number, page after page."""
        yield from self._pages("/reports/prospects", "prospects", {"limit": "100"} | dict(query))

    def report_settings(self) -> Json:
        """`GET /reports/settings`."""
        return self._call("GET", "/reports/settings")

    def put_report_settings(self, settings: Json) -> Json:
        """`PUT /reports/settings`, the whole of them."""
        return self._call("PUT", "/reports/settings", json=settings)

    # ---- the funnel: unlike the rest, what is made twice here is two, of which one is looked at ---------------------

    def funnel(self) -> Json:
        """`GET /funnel`: the version in force."""
        return self._call("GET", "/funnel")

    def funnel_version(self, version: int) -> Json:
        """`GET /funnel/versions/{version}`."""
        return self._call("GET", f"/funnel/versions/{version}")

    def sign(self, draft: Json, team: str, by: str) -> None:
        """`POST /funnel/drafts/{id}/signatures`, for the very content that a draft was answered with."""
        signature = {"team": team, "by": by, "content_hash": draft["content_hash"]}
        self._call("POST", f"/funnel/drafts/{draft['draft_id']}/signatures", json=signature)

    def publish(self, draft_id: str, by: str) -> Json:
        """`POST /funnel/drafts/{id}/publication`, at once."""
        return self._call("POST", f"/funnel/drafts/{draft_id}/publication", json={"by": by})

    def reevaluation(self, version: int) -> Json:
        """`GET /funnel/versions/{version}/reevaluation`."""
        return self._call("GET", f"/funnel/versions/{version}/reevaluation")

    def create_draft(self, definition: Json | str) -> Json:
        """`POST /funnel/drafts`, with a document or with the text of one in YAML."""
        return self._call("POST", "/funnel/drafts", json={"definition": definition})

    def delete_draft(self, draft_id: str) -> None:
        """`DELETE /funnel/drafts/{id}`."""
        self._call("DELETE", f"/funnel/drafts/{draft_id}")

    def start_simulation(self, draft_id: str) -> str:
        """`POST /funnel/drafts/{id}/simulations`; the simulation's id."""
        started = self._call("POST", f"/funnel/drafts/{draft_id}/simulations")
        return str(started["simulation_id"])

    def simulation(self, simulation_id: str) -> Json:
        """`GET /funnel/simulations/{id}`."""
        return self._call("GET", f"/funnel/simulations/{simulation_id}")

    def simulated_moves(
        self, simulation_id: str, from_stage: str | None = None, to_stage: str | None = None, *, limit: int = 100
    ) -> Iterator[Json]:
        """Every move that a simulation found, from and to the stages given, page after page."""
        wanted = {"from": from_stage, "to": to_stage, "limit": str(limit)}
        query = {name: value for name, value in wanted.items() if value is not None}
        yield from self._pages(f"/funnel/simulations/{simulation_id}/moves", "moves", query)

    def cancel_simulation(self, simulation_id: str) -> None:
        """`DELETE /funnel/simulations/{id}`."""
        self._call("DELETE", f"/funnel/simulations/{simulation_id}")

    # -----------------------------------------------------------------------------------------------------------------

    def _pages(self, path: str, field: str, query: dict[str, str]) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            page = self._call("GET", path, params=query | ({"cursor": cursor} if cursor else {}))
            yield from page[field]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def _call(self, method: str, path: str, *, params: dict[str, str] | None = None, json: Json | None = None) -> Json:
        return self._retrying(self._once, method, path, params, json)

    def _once(self, method: str, path: str, params: dict[str, str] | None, json: Json | None) -> Json:
        answer = self._http.request(method, path, params=params, json=json)
        if answer.status_code in BUSY:
            busy = BusyError(method, path, answer.status_code, _document(answer))
            busy.retry_after = _seconds(answer.headers.get("Retry-After"))
            raise busy
        if not answer.is_success:
            raise ApiProblemError(method, path, answer.status_code, _document(answer))
        return _document(answer)


def complaint(document: Json) -> str:
    """What a problem document complains of; `message` is API Gateway's own field for the same."""
    said = (document.get(field) for field in ("detail", "title", "message"))
    return next((str(text) for text in said if text), "no reason given")


def _as_it_is(state: RetryCallState) -> Json:
    """What was answered last."""
    assert state.outcome is not None  # noqa: S101 - it was asked for at least once
    answered: Json = state.outcome.result()
    return answered


_backoff = wait_random_exponential(multiplier=0.25, max=8.0)


def _wait(state: RetryCallState) -> float:
    """As long as the server asked for, else a random time that doubles: callers that collided should not meet again."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, BusyError) and error.retry_after is not None:
        return error.retry_after
    return _backoff(state)


def _seconds(header: str | None) -> float | None:
    """The seconds of a `Retry-After`; its date form is not worth a parser here and falls back to the back-off."""
    return float(header) if header and header.isdigit() else None


def _document(answer: httpx.Response) -> Json:
    """The body as an object; a gateway's plain-text failure becomes one with its text as the message."""
    if not answer.content:
        return {}
    try:
        document = answer.json()
    except ValueError:
        return {"message": answer.text[:300]}
    return document if isinstance(document, dict) else {"message": answer.text[:300]}
