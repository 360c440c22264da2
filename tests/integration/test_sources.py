"""Outside systems on a table like the template's: connected, received from, looked after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Identity
from lifecycle.funnel.parsing import default_funnel
from lifecycle.services.connections import Connections, Wanted
from lifecycle.services.errors import (
    InvalidSettingsError,
    PartNotFoundError,
    ProspectNotFoundError,
    SecretNeededError,
    SourceNotFoundError,
    StillUnreadableError,
    UnknownKindError,
)
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.receiving import INLINE, Receiver, Workplace
from lifecycle.services.stream import evaluate_stream
from lifecycle.sources import cloudevents, mapping, table
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.source import RefusedDeliveryError, Tally
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.schema import EVENT_PREFIX
from lifecycle.store.source_records import SourceRecord, Waiting
from lifecycle.store.sources import SourceStore, workspace_of
from lifecycle.store.vault import Secret, Vault
from tests.fakes import toy_source
from tests.fakes.fixed_calendar import FixedCalendar
from tests.integration.tables import create_table

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLE = "prospects"
ANN = "ann@example.com"


class World:
    """A workspace with a source connected."""

    def __init__(self, workspace: str = "acme") -> None:
        self.client = boto3.client("dynamodb", region_name="us-east-1")
        self.store = SourceStore(self.client, TABLE, workspace)
        self.lifecycle = Lifecycle(
            DynamoStore(self.client, TABLE, workspace),
            FixedCalendar(Calendar.always(Plan(default_funnel()))),
            leftovers=self.store,
        )
        self.vault = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
        self.connections = Connections(self.store, self.vault, self.lifecycle)
        self.erased: list[Identity] = []
        self.accepted: list[str] = []
        self.looked_up: list[Waiting] = []
        self.place = Workplace(
            self.store,
            self.lifecycle,
            self.erased.append,
            self.accepted.append,
            str.upper,
            self.looked_up.extend,
        )

    def connect(self, **settings: Any) -> SourceRecord:
        return self.connections.connect(Wanted("toy", "Toy", "sesame", settings), "key:me", NOON)

    def receive(self, record: SourceRecord, *entries: Any, body: bytes | None = None, **headers: str) -> dict[str, Any]:
        sent = {"x-secret": "sesame", **{name.replace("_", "-"): value for name, value in headers.items()}}
        content = json.dumps(entries).encode() if body is None else body
        delivery = Delivery("POST", "https://x", sent, {}, content, NOON)
        current = self.connections.get(record.source_id)
        secrets = [secret.text for secret in self.vault.secrets(record.source_id, NOON)]
        reply = Receiver(self.place, current, toy_source.SOURCE).receive(delivery, secrets)
        return dict(json.loads(reply.body))

    def stage_of(self, email: str) -> str:
        return self.lifecycle.find_prospect(Identity("email", email)).stage

    def run_stream(self) -> None:
        """What the stream would report of every event of the table."""
        items = self.client.scan(TableName=TABLE)["Items"]
        records = [
            {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
            for number, item in enumerate(items)
            if item["sk"]["S"].startswith(EVENT_PREFIX)
        ]
        assert evaluate_stream(TABLE, records, lambda _: self.lifecycle) == []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setitem(table.SOURCES, "toy", "tests.fakes.toy_source")
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), TABLE)
        yield World()


def visit(id_: str, email: str = ANN, **more: Any) -> dict[str, Any]:
    return {"id": id_, "kind": "visit", "email": email, **more}


# ---- connecting -----------------------------------------------------------------------------------------------------


def test_a_connected_source_is_found_by_its_address_and_listed(world: World) -> None:
    record = world.connect()

    assert workspace_of(world.client, TABLE, record.source_id) == "acme"
    assert [view.record for view in world.connections.all()] == [record]
    assert world.connections.get(record.source_id) == record


def test_the_secret_is_nowhere_in_the_table(world: World) -> None:
    world.connect()

    assert "sesame" not in json.dumps(world.client.scan(TableName=TABLE)["Items"], default=str)


def test_another_workspace_does_not_see_the_source(world: World) -> None:
    record = world.connect()

    other = World("acme-2").connections
    assert other.all() == []
    with pytest.raises(SourceNotFoundError):
        other.get(record.source_id)
    with pytest.raises(SourceNotFoundError):
        other.disconnect(record.source_id, NOON)


def test_a_source_that_cannot_be_as_wanted_is_refused(world: World) -> None:
    with pytest.raises(UnknownKindError, match="toy"):
        world.connections.connect(Wanted("fax", "Fax", None, {}), "key:me", NOON)
    with pytest.raises(SecretNeededError, match="any word"):
        world.connections.connect(Wanted("toy", "Toy", None, {}), "key:me", NOON)
    with pytest.raises(InvalidSettingsError) as refused:
        world.connect(type=7, other=1)
    assert {where for where, _ in refused.value.problems} == {"", "/type"}


def test_a_changed_source_works_with_its_new_settings(world: World) -> None:
    record = world.connect()

    changed = world.connections.change(record.source_id, "Ours", {"type": "phone_call"}, NOON)

    assert (changed.version, changed.label) == (2, "Ours")
    assert world.connections.get(record.source_id) == changed
    world.receive(record, visit("1"))
    assert world.lifecycle.timeline(prospect_of(world, ANN), None, 10).entries[-1].type == "phone_call"  # type: ignore[union-attr]


def prospect_of(world: World, email: str) -> str:
    return world.lifecycle.find_prospect(Identity("email", email)).prospect_id


def test_a_disconnected_source_is_gone_with_its_secret(world: World) -> None:
    record = world.connect()

    world.connections.disconnect(record.source_id, NOON)

    assert workspace_of(world.client, TABLE, record.source_id) is None
    assert world.vault.secrets(record.source_id, NOON) == ()
    world.vault.forget(record.source_id)  # as when the source is disconnected by two at once
    with pytest.raises(SourceNotFoundError):
        world.connections.get(record.source_id)


def test_a_replaced_secret_stays_valid_for_as_long_as_it_is_said(world: World) -> None:
    record = world.connect()

    until = world.connections.rotate(record.source_id, "open", timedelta(hours=2), NOON)

    assert until == NOON + timedelta(hours=2)
    assert [secret.text for secret in world.vault.secrets(record.source_id, NOON)] == ["open", "sesame"]
    assert [secret.text for secret in world.vault.secrets(record.source_id, until)] == ["open"]
    world.receive(record, visit("1"))


def test_at_most_two_secrets_are_valid(world: World) -> None:
    record = world.connect()

    world.connections.rotate(record.source_id, "second", timedelta(hours=2), NOON)
    world.connections.rotate(record.source_id, "third", timedelta(hours=2), NOON)

    assert [secret.text for secret in world.vault.secrets(record.source_id, NOON)] == ["third", "second"]


def test_a_process_remembers_secrets_for_a_minute(world: World) -> None:
    record = world.connect()
    assert world.vault.secrets(record.source_id, NOON)
    another = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
    another.keep(record.source_id, (Secret("changed"),))

    assert [secret.text for secret in world.vault.secrets(record.source_id, NOON)] == ["sesame"]
    assert [secret.text for secret in world.vault.secrets(record.source_id, NOON + timedelta(minutes=1))] == ["changed"]


# ---- receiving ------------------------------------------------------------------------------------------------------


def test_what_a_delivery_says_counts_before_it_is_answered(world: World) -> None:
    record = world.connect()

    assert world.receive(record, visit("1")) == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    assert world.stage_of(ANN) == "engaged"


def test_a_delivery_that_is_repeated_changes_nothing(world: World) -> None:
    record = world.connect()
    world.receive(record, visit("1"), {"id": "2", "kind": "deal", "deal": "D", "status": "open", "contact": "7"})

    again = world.receive(
        record, visit("1"), {"id": "2", "kind": "deal", "deal": "D", "status": "open", "contact": "7"}
    )

    assert again == {"accepted": 0, "duplicates": 2, "quarantined": 0}


def test_a_delivery_that_is_not_proven_leaves_nothing_but_the_time(world: World) -> None:
    record = world.connect()
    before = len(world.client.scan(TableName=TABLE)["Items"])

    with pytest.raises(RefusedDeliveryError):
        world.receive(record, visit("1"), x_secret="guess")

    assert len(world.client.scan(TableName=TABLE)["Items"]) == before
    assert world.connections.get(record.source_id).last_refused_at == NOON


def test_a_large_delivery_is_in_the_logs_when_it_is_answered_and_counts_by_the_stream(world: World) -> None:
    record = world.connect()
    many = [visit(str(number), f"p{number}@example.com") for number in range(INLINE + 5)]
    deal = {"id": "d", "kind": "deal", "deal": "D", "status": "won", "contact": "7"}
    join = {"id": "j", "kind": "visit", "email": "p1@example.com", "contact": "7"}

    assert world.receive(record, *many, deal, join)["accepted"] == INLINE + 7
    world.run_stream()

    assert world.stage_of("p0@example.com") == "engaged"
    assert world.stage_of("p1@example.com") == "customer"


def test_a_nonce_serves_one_content_only(world: World) -> None:
    record = world.connect()
    world.receive(record, visit("1"), x_nonce="n")

    assert world.receive(record, visit("1"), x_nonce="n")["duplicates"] == 1
    with pytest.raises(RefusedDeliveryError) as refused:
        world.receive(record, visit("2"), x_nonce="n")
    assert refused.value.reason == "replayed"


def test_health_is_noted_once_a_minute(world: World) -> None:
    record = world.connect()

    world.receive(record, visit("1"))

    assert world.connections.get(record.source_id).last_received_at == NOON


def test_a_request_to_be_forgotten_is_passed_on(world: World) -> None:
    world.receive(world.connect(), {"id": "1", "kind": "forget", "email": ANN})

    assert world.erased == [Identity("email", ANN)]


def test_an_offer_is_accepted(world: World) -> None:
    world.receive(world.connect(), {"id": "1", "kind": "offer", "url": "https://sns.example/confirm"})

    assert world.accepted == ["https://sns.example/confirm"]


def test_links_and_deals_count_in_whatever_order_they_come(world: World) -> None:
    record = world.connect()
    deal = {"id": "d", "kind": "deal", "deal": "D", "status": "won", "at": "2026-05-01T00:00:00Z"}
    link = {"id": "l", "kind": "link", "link": "L", "deal": "D", "contact": "7", "at": "2026-05-02T00:00:00Z"}
    gone = {"id": "g", "kind": "link", "link": "L", "deleted": True, "at": "2026-05-03T00:00:00Z"}
    world.receive(record, visit("v", contact="7"))

    world.receive(record, link)
    world.receive(record, deal)
    assert world.stage_of(ANN) == "customer"

    world.receive(record, gone)
    assert world.stage_of(ANN) == "engaged"


def test_a_deletion_before_its_link_is_kept_until_the_link_is_known(world: World) -> None:
    record = world.connect()
    world.receive(record, {"id": "g", "kind": "link", "link": "L", "deleted": True, "at": "2026-05-03T00:00:00Z"})
    assert [entry.what for entry in world.connections.waiting("", 10).entries] == ["link"]

    world.receive(record, visit("v", contact="7"), {"id": "d", "kind": "deal", "deal": "D", "status": "open"})
    world.receive(
        record, {"id": "l", "kind": "link", "link": "L", "deal": "D", "contact": "7", "at": "2026-05-02T00:00:00Z"}
    )

    assert world.stage_of(ANN) == "engaged"
    assert [entry.what for entry in world.connections.waiting("", 10).entries] == []


def test_of_two_roles_of_one_person_one_may_go(world: World) -> None:
    record = world.connect()
    deal = {"id": "d", "kind": "deal", "deal": "D", "status": "open", "at": "2026-05-01T00:00:00Z"}
    world.receive(record, visit("v", contact="7"), deal)
    for link, day in (("L1", "02"), ("L2", "03")):
        made = {"id": link, "kind": "link", "link": link, "deal": "D", "contact": "7", "at": f"2026-05-{day}T00:00:00Z"}
        world.receive(record, made)

    world.receive(record, {"id": "g1", "kind": "link", "link": "L1", "deleted": True, "at": "2026-05-04T00:00:00Z"})
    assert world.stage_of(ANN) == "opportunity"

    world.receive(record, {"id": "g2", "kind": "link", "link": "L2", "deleted": True, "at": "2026-05-05T00:00:00Z"})
    assert world.stage_of(ANN) == "engaged"


# ---- quarantine -----------------------------------------------------------------------------------------------------


def test_a_bad_part_goes_to_quarantine_and_the_rest_is_kept(world: World) -> None:
    record = world.connect()

    assert world.receive(record, visit("1"), {"id": "2", "kind": "??"}) == {
        "accepted": 1, "duplicates": 0, "quarantined": 1,
    }  # fmt: skip
    (part,) = world.connections.quarantined(record.source_id, "", 10)
    assert json.loads(part.body) == {"id": "2", "kind": "??"}
    assert "kind" in part.why
    assert world.connections.view(record).quarantined == 1


def test_a_bad_part_with_half_a_surrogate_pair_goes_to_quarantine_and_can_be_mended(world: World) -> None:
    record = world.connect()
    half = {"id": "2", "kind": "??", "email": ANN, "name": "Zoë \ud83d"}

    assert world.receive(record, half)["quarantined"] == 1
    (part,) = world.connections.quarantined(record.source_id, "", 10)
    assert json.loads(part.body) == half
    assert "Zoë".encode() in part.body


def test_the_same_bad_part_again_is_one(world: World) -> None:
    record = world.connect()
    for _ in range(2):
        world.receive(record, {"id": "2", "kind": "??"})

    assert len(world.connections.quarantined(record.source_id, "", 10)) == 1


def test_a_body_that_is_nothing_goes_to_quarantine_as_it_came(world: World) -> None:
    record = world.connect()

    assert world.receive(record, body=b"\xff\x00 no json") == {"accepted": 0, "duplicates": 0, "quarantined": 1}
    (part,) = world.connections.quarantined(record.source_id, "", 10)
    assert part.body == b"\xff\x00 no json"


def test_a_mended_part_is_kept_and_leaves_the_quarantine(world: World) -> None:
    record = world.connect()
    world.receive(record, {"id": "2", "kind": "??", "email": ANN})
    (part,) = world.connections.quarantined(record.source_id, "", 10)

    with pytest.raises(StillUnreadableError, match="kind"):
        world.connections.replay(record.source_id, part.part_id, None, world.place, NOON)
    fixed = json.dumps(visit("2")).encode()
    assert world.connections.replay(record.source_id, part.part_id, fixed, world.place, NOON) == Tally(1, 0, 0)

    assert world.connections.quarantined(record.source_id, "", 10) == []
    assert world.stage_of(ANN) == "engaged"
    with pytest.raises(PartNotFoundError):
        world.connections.discard(record.source_id, part.part_id, NOON)


@pytest.mark.parametrize("format_", ["json", "form"])
def test_a_part_of_a_split_payload_is_read_by_itself(world: World, format_: str) -> None:
    settings = {
        "verification": {"scheme": "address"},
        "format": format_,
        "split": "events" if format_ == "json" else "[@]",
        "activities": [{"when": "mail", "template": {"type": "website_visit", "identities": {"email": "=mail"}}}],
    }
    record = world.connections.connect(Wanted("mapping", "Ours", None, settings), "key:me", NOON)
    receiver = Receiver(world.place, record, mapping.SOURCE)
    body, content_type = {
        "json": (json.dumps({"events": [{"mail": "bo@example.com"}, {"post": ANN}]}), "application/json"),
        "form": (f"post={ANN}", "application/x-www-form-urlencoded"),
    }[format_]
    receiver.receive(Delivery("POST", "", {"content-type": content_type}, {}, body.encode(), NOON), [])
    (part,) = world.connections.quarantined(record.source_id, "", 10)

    with pytest.raises(StillUnreadableError, match="no template is for it"):
        world.connections.replay(record.source_id, part.part_id, None, world.place, NOON)
    fixed = json.dumps({"mail": ANN}).encode()
    assert world.connections.replay(record.source_id, part.part_id, fixed, world.place, NOON) == Tally(1, 0, 0)
    assert world.stage_of(ANN) == "engaged"


def test_an_event_of_a_batch_of_cloudevents_is_read_by_itself(world: World) -> None:
    wanted = Wanted("cloudevents", "Grid", "sesame", {})
    record = world.connections.connect(wanted, "key:me", NOON)
    event = {"specversion": "1.0", "source": "/crm", "id": "1", "type": "prospect.activity"}
    bad = {**event, "data": {"type": "website_visit"}}
    headers = {"content-type": "application/cloudevents-batch+json", "authorization": "Bearer sesame"}
    delivery = Delivery("POST", "", headers, {}, json.dumps([bad]).encode(), NOON)
    Receiver(world.place, record, cloudevents.SOURCE).receive(delivery, ["sesame"])
    (part,) = world.connections.quarantined(record.source_id, "", 10)

    with pytest.raises(StillUnreadableError, match="identities"):
        world.connections.replay(record.source_id, part.part_id, None, world.place, NOON)
    fixed = json.dumps({**event, "data": {"type": "website_visit", "identities": {"email": ANN}}}).encode()
    assert world.connections.replay(record.source_id, part.part_id, fixed, world.place, NOON) == Tally(1, 0, 0)
    assert world.stage_of(ANN) == "engaged"


def test_a_discarded_part_is_gone(world: World) -> None:
    record = world.connect()
    world.receive(record, {"id": "2", "kind": "??"})
    (part,) = world.connections.quarantined(record.source_id, "", 10)

    world.connections.discard(record.source_id, part.part_id, NOON)

    assert world.connections.quarantined(record.source_id, "", 10) == []


def test_the_quarantine_is_read_page_by_page(world: World) -> None:
    record = world.connect()
    world.receive(record, *({"id": str(number), "kind": "??"} for number in range(5)))

    first = world.connections.quarantined(record.source_id, "", 2)
    rest = world.connections.quarantined(record.source_id, first[-1].part_id, 10)

    assert len({part.part_id for part in [*first, *rest]}) == 5
    assert (len(first), len(rest)) == (2, 3)


# ---- what waits -----------------------------------------------------------------------------------------------------


def test_what_was_named_by_an_id_alone_waits_until_more_is_known(world: World) -> None:
    record = world.connect()
    world.receive(record, {"id": "1", "kind": "visit", "contact": "7"}, {"id": "2", "kind": "deal", "deal": "D"})

    waiting = world.connections.waiting("", 10)
    assert [(entry.what, entry.name) for entry in waiting.entries] == [("contact", "crm:toy:7"), ("deal", "toy:D")]
    with pytest.raises(ProspectNotFoundError):
        world.stage_of(ANN)

    world.receive(
        record, visit("3", contact="7"), {"id": "4", "kind": "deal", "deal": "D", "status": "open", "contact": "7"}
    )
    assert world.connections.waiting("", 10).entries == ()
    assert world.stage_of(ANN) == "opportunity"


def test_the_list_of_what_waits_is_read_page_by_page(world: World) -> None:
    world.receive(world.connect(), *({"id": str(n), "kind": "visit", "contact": str(n)} for n in range(5)))

    first = world.connections.waiting("", 2)
    rest = world.connections.waiting(first.position or "", 10)

    assert (len(first.entries), len(rest.entries), rest.position) == (2, 3, None)


def test_who_is_erased_is_erased_from_quarantine_and_from_what_waits(world: World) -> None:
    record = world.connect()
    world.receive(
        record,
        {"id": "1", "kind": "visit", "contact": "7"},
        {"id": "2", "kind": "visit", "contact": "7", "email": ANN},
        {"id": "3", "kind": "who knows", "email": ANN.upper()},
        {"id": "4", "kind": "who knows", "contact": "7"},
        {"id": "5", "kind": "who knows", "contact": "77"},
    )

    world.lifecycle.erase_identity(Identity("email", ANN), lambda: True)

    (left,) = world.connections.quarantined(record.source_id, "", 10)
    assert json.loads(left.body)["id"] == "5"
    assert world.connections.waiting("", 10).entries == ()


def test_nobody_is_erased_by_an_identity_that_nobody_has(world: World) -> None:
    world.lifecycle.erase_identity(Identity("email", ANN), lambda: True)

    with pytest.raises(ProspectNotFoundError):
        world.lifecycle.find_prospect(Identity("email", ANN))


def test_a_thousand_events_take_few_writes(world: World) -> None:
    record = world.connect()
    writes: list[str] = []
    for operation in ("TransactWriteItems", "BatchWriteItem", "PutItem", "UpdateItem"):
        world.client.meta.events.register(
            f"before-call.dynamodb.{operation}", lambda model, **_: writes.append(model.name)
        )

    tally = world.receive(record, *(visit(str(number), f"{number}@example.com") for number in range(1000)))

    assert tally["accepted"] == 1000
    assert len(writes) < 250, "25 requests for 100 events are allowed"
