"""A life in a CRM, told to the API request by request: to be erased, and to be looked for afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from lifecycle.store.schema import BY_DAY, BY_DAY_PROJECTION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Json = dict[str, Any]
#: Sends a request: method, path, body. Answers with status and document.
Send = Callable[[str, str, Any], tuple[int, Any]]

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Sent(NamedTuple):
    """A request that was sent."""

    method: str
    path: str
    body: Any


def at(hours: float) -> str:
    """So many hours after the beginning."""
    return (START + timedelta(hours=hours)).isoformat()


@dataclass
class Life:
    """A person with an email, a user id, a CRM id and two cookies, one of them shared, and somebody else beside.

    Everything that says who they are is a word that nothing else has.
    """

    send: Send
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.word = f"annabel{uuid4().hex[:12]}"
        self.other = f"robert{uuid4().hex[:12]}"
        self.email, self.bob = f"{self.word}@person.example", f"{self.other}@person.example"
        self.shared = f"cookie-of-both-{uuid4().hex[:12]}"

    def live(self) -> str:
        """All of it; the id of the prospect in the end."""
        word, who = self.word, {"email": self.email}
        own_cookie = {"visitor": f"cookie-{word}"}
        self._activity("seen", 0, own_cookie, properties={"path": f"/welcome/{word}"})
        self._activity("form", 1, who | own_cookie, type="form_submission", properties={"form": "demo"},
                       traits={"first_name": word, "company": {"name": f"{word} Ltd"}})  # fmt: skip
        self._activity("login", 2, who | {"user": f"user-{word}"}, source=f"app-{word}")
        self._activity("shared", 3, who | {"visitor": self.shared})
        self._activity("own-on-shared", 4, {"visitor": self.shared}, properties={"path": f"/{word}"})
        self._activity("seen", 5, {"email": self.bob, "visitor": self.shared}, whose=self.other)
        self._activity("shared", 6, {"visitor": self.shared}, whose=self.other)
        self._activity("merged", 7, {"email": f"{word}@other.example"})
        self._activity("bot", 8, who, properties={"agent": word})
        me, second = self._id(email=self.email), self._id(email=f"{word}@other.example")
        self._decide(me, "merge", 9, prospect_id=second, reason=f"{word} has two addresses")
        me = self._id(email=self.email)
        self._decide(me, "accept", 10, reason=f"{word} wants it", qualification={"budget": word})
        self._decide(me, "withdraw", 11, event_id=f"bot-{word}", reason=f"{word} has a scanner")
        contacts = [{"email": self.email, "crm": {"sf": f"003-{word}"}, "role": "buyer"}, {"email": self.bob}]
        self._deal(f"D-{self.other}", 12, status="open", name="40 seats", contacts=contacts)
        self._deal(f"E-{self.other}", 13, status="open", name=f"Deal of {word}", contacts=contacts[:1])
        return self._id(email=self.email)

    def again(self) -> Iterator[tuple[int, Any]]:
        """The same requests once more; the answers."""
        for request in list(self.sent):
            yield self.send(*request)

    def _activity(self, id_: str, hours: float, identities: Mapping[str, Any], whose: str = "", **more: Any) -> None:
        body = {"id": f"{id_}-{whose or self.word}", "type": "website_visit", "occurred_at": at(hours)}
        self._tell("POST", "/activities", body | {"identities": identities} | more)

    def _decide(self, whom: str, action: str, hours: float, **more: Any) -> None:
        body = {"id": f"{action}-{self.word}", "action": action, "occurred_at": at(hours), "by": "sam@us.example"}
        self._tell("POST", f"/prospects/{whom}/decisions", body | more)

    def _deal(self, deal_id: str, hours: float, **body: Any) -> None:
        self._tell("PUT", f"/deals/{deal_id}", {"occurred_at": at(hours)} | body)

    def _tell(self, method: str, path: str, body: Json) -> None:
        self.sent.append(Sent(method, path, body))
        status, document = self.send(method, path, body)
        assert status < 300, (path, status, document)

    def _id(self, **identity: str) -> str:
        ((name, value),) = identity.items()
        _, found = self.send("GET", f"/prospects?{name}={value}", None)
        return str(found["prospects"][0]["prospect_id"])

    def bobs(self) -> Any:
        """How the other person stands."""
        return self.send("GET", f"/prospects?email={self.bob}", None)[1]["prospects"]


def erasure_is_proven(
    life: Life, prospect_id: str, scan: Callable[[], list[Json]], counts: Callable[[], Counter[tuple[str, ...]]]
) -> None:
    """Erase a person, and hold the whole table against it; then send everything again, and once more.

    Arguments:
        life: of the person.
        prospect_id: of the person's prospect.
        scan: gives every item of the table.
        counts: gives the moves that the reports count.
    """
    bobs, counted = life.bobs(), counts()
    assert traces(life, scan()), "the search finds nothing even where there is something"

    status, exported = life.send("GET", f"/prospects/{prospect_id}/export", None)
    assert (status, life.word in json.dumps(exported)) == (200, True)
    status, erased = life.send("DELETE", f"/prospects/{prospect_id}", None)

    assert (status, erased["complete"]) == (200, True)
    assert erased["removed"]["identities"] == 5
    assert traces(life, scan()) == []
    assert (life.bobs(), counts()) == (bobs, counted)

    answers = list(life.again())

    assert [status for status, _ in answers if status >= 500] == []
    assert traces(life, scan()) == []
    assert (life.bobs(), counts()) == (bobs, counted)
    assert life.send("DELETE", f"/prospects/{prospect_id}", None) == (200, erased)
    for path in ("", "/timeline", "/explanation", "/export"):
        status, problem = life.send("GET", f"/prospects/{prospect_id}{path}", None)
        assert (status, problem["type"]) == (410, "urn:prospect-lifecycle:problem:prospect-erased")
        assert life.word not in json.dumps(problem)
    assert life.send("GET", f"/prospects?email={life.email}", None)[1]["prospects"] == []

    new = {"id": uuid4().hex, "type": "website_visit", "identities": {"email": life.email}}
    status, outcome = life.send("POST", "/activities", new)

    assert (status, outcome["stage"], outcome["prospect_id"]) == (201, "engaged", erased["prospect_id"])
    state = life.send("GET", f"/prospects/{outcome['prospect_id']}", None)[1]
    assert (state["counts"]["activities"], state["cycle"], state["deals"]) == (1, 1, [])


def traces(life: Life, items: list[Json]) -> list[Json]:
    """The items that hold a person's word anywhere, in a key, a name or a value."""
    return [item for item in items if life.word in json.dumps(item, ensure_ascii=False, default=_decoded)]


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def scanned(client: DynamoDBClient, table: str) -> list[Json]:
    """Every item of a table, as DynamoDB's JSON."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [dict(item) for page in pages for item in page["Items"]]


def counted_moves(client: DynamoDBClient, table: str, workspace: str) -> Counter[tuple[str, ...]]:
    """What the index of moves by day says of a workspace, without whose moves they are."""
    pages = client.get_paginator("scan").paginate(TableName=table, IndexName=BY_DAY.name)
    items = [item for page in pages for item in page["Items"]]
    # Of a step the reason goes, and a lost deal is no prospect's move.
    told = [name for name in BY_DAY_PROJECTION if name not in {"corrected_by", "step", "lost"}]
    return Counter(
        (
            item[BY_DAY.partition_key]["S"].rpartition("#")[0],
            str("corrected_by" in item),
            str("step" in item),
            *(str(next(iter(item[name].values()))) for name in told),
        )
        for item in items
        if item[BY_DAY.partition_key]["S"].startswith(f"W#{workspace}#") and "lost" not in item
    )
