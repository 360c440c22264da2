"""The hook of a source, on a table like the template's: who waits is asked for, and what is known of them counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.services.connections import Wanted, hook_name
from lifecycle.services.enriching import ASKED_FOR, Enricher, HookError
from lifecycle.services.errors import HookSecretError, InvalidSettingsError
from lifecycle.services.outside import OutsideError
from lifecycle.services.receiving import Receiver
from lifecycle.sources import table
from lifecycle.store.schema import unresolved_pk
from lifecycle.store.source_records import SourceRecord, Waiting
from tests.fakes import toy_source
from tests.integration.tables import create_table
from tests.integration.test_sources import ANN, NOON, TABLE, World

URL = "https://hook.example.com/records"
HOOK = {"enrichment": {"url": URL}}


class Crm:
    """A CRM behind a hook: its records by object and id, and what it was asked."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def ask(self, question: bytes) -> bytes | None:
        asked = json.loads(question)
        assert (asked["kind"], asked["system"]) == ("toy", "toy")
        name = (asked["object_type"], asked["id"])
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return json.dumps(self.records[name]).encode() if name in self.records else None


class Enriched(World):
    """A workspace whose source has a hook."""

    def __init__(self) -> None:
        super().__init__()
        self.crm = Crm()
        self.record = self.connections.connect(Wanted("toy", "Toy", "sesame", HOOK, "hush"), "key:me", NOON)

    def thin(self, **entry: Any) -> None:
        """A thin event comes in."""
        self.receive(self.record, entry)

    def enrich(self, waiting: Waiting, now: datetime = NOON) -> bool:
        """What the queue has done for one record."""
        receiver = Receiver(self.place, self.record, toy_source.SOURCE)
        enricher = Enricher(self.store, self.lifecycle, receiver, self.crm.ask)
        return enricher.enrich(self.record, waiting.what, waiting.name, now)

    def look_up(self, now: datetime = NOON) -> None:
        """The queue works off all that is in it."""
        while self.looked_up:
            self.enrich(self.looked_up.pop(0), now)

    @property
    def unresolved(self) -> list[str]:
        items = self.client.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": unresolved_pk("acme")}},
        )["Items"]
        return [item["sk"]["S"] for item in items]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Enriched]:
    monkeypatch.setitem(table.SOURCES, "toy", "tests.fakes.toy_source")
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), TABLE)
        yield Enriched()


def test_a_contact_named_by_its_id_alone_is_asked_for_and_its_evidence_counts(world: Enriched) -> None:
    world.crm.records["contact", "7"] = {"identities": {"email": ANN}, "traits": {"company": "ACME"}}
    world.thin(id="1", kind="visit", contact="7")

    world.look_up()

    assert world.stage_of(ANN) == "engaged"
    assert world.unresolved == []


def test_a_deal_without_contacts_is_asked_for_and_whom_the_answer_names_by_an_id_next(world: Enriched) -> None:
    world.crm.records["deal", "D"] = {"deal": {"contacts": [{"crm": {"toy": "7"}, "role": "buyer"}]}}
    world.crm.records["contact", "7"] = {"identities": {"email": ANN}}
    world.thin(id="1", kind="deal", deal="D", status="won")

    world.look_up()

    assert world.crm.asked == [("deal", "D"), ("contact", "7")]
    assert world.stage_of(ANN) == "customer"
    assert world.unresolved == []


def test_a_link_with_one_end_is_asked_for(world: Enriched) -> None:
    world.crm.records["link", "L"] = {"deal": {"deal_id": "toy:D", "contacts": [{"crm": {"toy": "7"}}]}}
    world.crm.records["contact", "7"] = {"identities": {"email": ANN}}
    world.thin(id="1", kind="deal", deal="D", status="open", contact="8")
    world.thin(id="2", kind="link", link="L", deal="D")

    world.look_up()

    assert world.stage_of(ANN) == "opportunity"
    assert "link#toy:L" not in world.unresolved


def test_asked_twice_changes_nothing(world: Enriched) -> None:
    world.crm.records["contact", "7"] = {"identities": {"email": ANN}}
    world.thin(id="1", kind="visit", contact="7")
    (waiting,) = world.looked_up
    world.enrich(waiting)
    before = world.client.scan(TableName=TABLE)["Items"]

    # As if the queue handed it out again before it was taken off the list.
    world.store.await_more([waiting])
    world.enrich(waiting)
    assert world.client.scan(TableName=TABLE)["Items"] == before


def test_two_answers_at_once_are_one_event(world: Enriched) -> None:
    world.crm.records["contact", "7"] = {"traits": {"company": "ACME"}}
    world.thin(id="1", kind="visit", contact="7")
    (waiting,) = world.looked_up
    world.enrich(waiting)
    items = len(world.client.scan(TableName=TABLE)["Items"])

    world.enrich(waiting, NOON + ASKED_FOR)
    assert len(world.crm.asked) == 2
    assert len(world.client.scan(TableName=TABLE)["Items"]) == items


def test_what_the_hook_does_not_know_goes_on_waiting_and_is_asked_for_once_an_hour(world: Enriched) -> None:
    world.thin(id="1", kind="visit", contact="7")
    (waiting,) = world.looked_up

    assert world.enrich(waiting)
    assert not world.enrich(waiting, NOON + timedelta(minutes=59))
    assert world.enrich(waiting, NOON + timedelta(minutes=60))
    assert world.unresolved == ["contact#crm:toy:7"]


def test_an_answer_that_says_too_little_does_not_have_the_hook_asked_in_circles(world: Enriched) -> None:
    world.crm.records["contact", "7"] = {"traits": {"company": "ACME"}}
    world.crm.records["deal", "D"] = {"deal": {"name": "Big"}}
    world.thin(id="1", kind="visit", contact="7")
    world.thin(id="2", kind="deal", deal="D", status="open")

    world.look_up()

    assert sorted(world.crm.asked) == [("contact", "7"), ("deal", "D")]


def test_who_is_known_by_now_is_not_asked_for(world: Enriched) -> None:
    world.thin(id="1", kind="visit", contact="7")
    world.thin(id="2", kind="visit", contact="7", email=ANN)

    world.look_up()

    assert world.crm.asked == []
    assert world.unresolved == []


@pytest.mark.parametrize("answer", [{"deal": {}}, {"identities": {"crm": {"toy": "8"}}}])
def test_an_answer_that_cannot_be_read_leaves_nothing_and_is_asked_for_again(
    world: Enriched, answer: dict[str, Any]
) -> None:
    world.crm.records["contact", "7"] = answer
    world.thin(id="1", kind="visit", contact="7")
    before = world.client.scan(TableName=TABLE)["Items"]
    (waiting,) = world.looked_up

    with pytest.raises(HookError):
        world.enrich(waiting)
    assert world.client.scan(TableName=TABLE)["Items"] == before

    world.crm.records["contact", "7"] = {"identities": {"email": ANN}}
    world.enrich(waiting)
    assert world.stage_of(ANN) == "engaged"


def test_a_hook_that_fails_is_asked_again_when_the_queue_says_so(world: Enriched) -> None:
    world.thin(id="1", kind="visit", contact="7")
    (waiting,) = world.looked_up
    world.crm.error = OutsideError("it answered 500")

    with pytest.raises(OutsideError):
        world.enrich(waiting)

    world.crm.error = None
    world.crm.records["contact", "7"] = {"identities": {"email": ANN}}
    assert world.enrich(waiting)
    assert world.stage_of(ANN) == "engaged"


def test_a_source_without_a_hook_has_nobody_asked(world: Enriched) -> None:
    plain = world.connect()

    world.receive(plain, {"id": "1", "kind": "visit", "contact": "7"})

    assert world.looked_up == []
    assert world.unresolved == ["contact#crm:toy:7"]


# ---- the hook's secret ----------------------------------------------------------------------------------------------


def secrets(world: Enriched, url: str = URL) -> list[str]:
    return [secret.text for secret in world.vault.secrets(hook_name(world.record.source_id, url), datetime.now(UTC))]


def change(world: Enriched, settings: dict[str, Any], hook_secret: str | None = None) -> SourceRecord:
    return world.connections.change(world.record.source_id, "Toy", settings, NOON, hook_secret)


def test_the_hooks_secret_is_in_the_vault_and_nowhere_in_the_table(world: Enriched) -> None:
    assert secrets(world) == ["hush"]
    assert "hush" not in json.dumps(world.client.scan(TableName=TABLE)["Items"], default=str)


def test_a_hook_needs_a_secret_and_a_secret_a_hook(world: Enriched) -> None:
    with pytest.raises(HookSecretError, match="needs its secret"):
        world.connections.connect(Wanted("toy", "Toy", "sesame", HOOK), "key:me", NOON)
    with pytest.raises(HookSecretError, match="no hook"):
        world.connections.connect(Wanted("toy", "Toy", "sesame", {}, "hush"), "key:me", NOON)


def test_a_secret_goes_to_no_other_address_than_it_was_given_for(world: Enriched) -> None:
    other = {"enrichment": {"url": "https://elsewhere.example.com/"}}
    with pytest.raises(HookSecretError, match="needs its secret"):
        change(world, other)
    assert secrets(world) == ["hush"]

    change(world, other, "whisper")

    assert secrets(world, "https://elsewhere.example.com/") == ["whisper"]
    assert secrets(world) == []


def test_a_secret_is_replaced_and_other_settings_are_changed_without_it(world: Enriched) -> None:
    change(world, {**HOOK, "type": "phone_call"})
    assert secrets(world) == ["hush"]

    change(world, HOOK, "whisper")
    assert secrets(world) == ["whisper"]


def test_a_hook_that_is_taken_away_leaves_no_secret(world: Enriched) -> None:
    change(world, {})

    assert secrets(world) == []


def test_a_source_that_is_disconnected_leaves_no_secret(world: Enriched) -> None:
    world.connections.disconnect(world.record.source_id, NOON)

    assert secrets(world) == []


@pytest.mark.parametrize("url", ["http://hook.example.com/", "https://10.0.0.1/", "https://hook.example.com:99999/"])
def test_an_address_that_must_not_be_asked_is_refused_when_it_is_given(world: Enriched, url: str) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        world.connections.connect(Wanted("toy", "Toy", "sesame", {"enrichment": {"url": url}}, "hush"), "key:me", NOON)

    ((where, _),) = refused.value.problems
    assert where == "/enrichment/url"
