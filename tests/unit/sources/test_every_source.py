"""Every row of the table of sources: what belongs to it is there, and it does what all of them have to do."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lifecycle.events import Activity, DealUpdate
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import ErasureRequest, LinkUpdate, Said, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Source, Tally, UnreadableDeliveryError
from lifecycle.sources.table import SOURCES, source_of
from tests.senders.sender import Sample, Sender, delivery

PROJECT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/webhooks/s1"
KINDS = sorted(SOURCES)
#: How much of a fuzzed delivery is one thing.
FUZZED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def sender_of(kind: str) -> Sender:
    sender: Sender = import_module(f"tests.senders.{kind}").SENDER
    return sender


def _samples() -> list[Any]:
    return [
        pytest.param(kind, name, id=f"{kind}-{name}")
        for kind in KINDS
        if find_spec(f"tests.senders.{kind}")
        for name in sender_of(kind).samples
    ]


every_kind = pytest.mark.parametrize("kind", KINDS)
every_sample = pytest.mark.parametrize(("kind", "name"), _samples())


def _signed(kind: str, sample: Sample, secret: str | None = None, now: datetime = NOW) -> Delivery:
    return delivery(sender_of(kind), sample, URL, now, secret)


def _received(kind: str, request: Delivery) -> list[Said]:
    """What a request says, verified before."""
    source, sender = source_of(kind), sender_of(kind)
    source.verify(request, [sender.secret], sender.settings)
    return list(source.translate(request, sender.settings))


def _ids(said: list[Said]) -> list[str]:
    return [one.id for one in said if isinstance(one, Activity | DealUpdate | LinkUpdate | ErasureRequest)]


# ----------------------------------------------------------------------------------------------------------------------
# What belongs to a row
# ----------------------------------------------------------------------------------------------------------------------
@every_kind
def test_a_source_stands_where_the_table_says_and_is_called_so(kind: str) -> None:
    source = source_of(kind)

    assert isinstance(source, Source)
    assert source.kind == kind
    assert SOURCES[kind] == f"lifecycle.sources.{kind}"
    assert source.title
    assert source.connecting.endswith(".")


@every_kind
def test_the_settings_are_a_schema_in_which_everything_is_described(kind: str) -> None:
    schema = source_of(kind).settings
    Draft202012Validator.check_schema(schema)

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for name, of_setting in schema["properties"].items():
        assert of_setting.get("description", "").endswith("."), name
        if "default" in of_setting:
            Draft202012Validator(of_setting).validate(of_setting["default"])


@every_kind
def test_the_senders_settings_are_right(kind: str) -> None:
    Draft202012Validator(source_of(kind).settings).validate(dict(sender_of(kind).settings))

    assert not source_of(kind).misfits(sender_of(kind).settings)


@every_kind
def test_a_page_tells_how_to_connect_it_and_names_every_setting(kind: str) -> None:
    page = (PROJECT / "docs" / "sources" / f"{kind}.md").read_text()

    assert page.startswith("# ")
    for name in source_of(kind).settings["properties"]:
        assert f"`{name}`" in page


def test_the_index_of_the_pages_lists_every_kind() -> None:
    index = (PROJECT / "docs" / "sources" / "README.md").read_text()
    rows = [line for line in index.splitlines() if line.startswith("| [")]

    assert rows == [f"| [`{kind}`]({kind}.md) | {source_of(kind).title} |" for kind in KINDS]


@every_kind
def test_it_has_tests_of_its_own_about_its_proof(kind: str) -> None:
    tree = ast.parse((PROJECT / "tests" / "unit" / "sources" / f"test_{kind}.py").read_text())
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and "test_" in node.name]

    assert len(names) >= 3
    words = ("signature", "vector", "secret", "refused") if source_of(kind).secret else ("address", "refused")
    assert any(word in name for name in names for word in words)


# ----------------------------------------------------------------------------------------------------------------------
# What all of them do
# ----------------------------------------------------------------------------------------------------------------------
@every_sample
def test_a_sample_that_its_system_proved_says_something_readable(kind: str, name: str) -> None:
    said = _received(kind, _signed(kind, sender_of(kind).samples[name]))

    assert said
    assert not [one for one in said if isinstance(one, Unreadable)]
    assert len(set(_ids(said))) == len(_ids(said))
    for one in said:
        if isinstance(one, Activity):
            assert one.identities
            assert one.id
            assert one.recorded_at == NOW
            assert one.occurred_at.tzinfo is UTC


@every_sample
def test_a_delivery_that_comes_again_says_the_same_by_the_same_ids(kind: str, name: str) -> None:
    sample = sender_of(kind).samples[name]
    later = NOW + timedelta(hours=2)

    assert _ids(_received(kind, _signed(kind, sample))) == _ids(_received(kind, _signed(kind, sample, now=later)))


@every_sample
def test_what_is_said_can_be_kept(kind: str, name: str) -> None:
    """Nothing of it is shared with the request or between events, and all of it is JSON but for exact numbers."""
    said = _received(kind, _signed(kind, sender_of(kind).samples[name]))

    for one in said:
        if isinstance(one, Activity):
            assert copy.deepcopy(one.properties) == one.properties
            json.dumps([one.properties, one.traits], default=str)


@every_sample
def test_the_reply_is_one_that_can_be_sent(kind: str, name: str) -> None:
    sender = sender_of(kind)
    reply = source_of(kind).reply(_signed(kind, sender.samples[name]), sender.settings, Tally(1, 0, 0))

    assert 200 <= reply.status < 400
    if reply.body and reply.content_type == "application/json":
        json.loads(reply.body)


PROVEN = [kind for kind in KINDS if source_of(kind).secret]
every_proven_kind = pytest.mark.parametrize("kind", PROVEN)


@every_proven_kind
def test_another_secret_is_refused(kind: str) -> None:
    sender = sender_of(kind)
    sample = next(iter(sender.samples.values()))
    other = f"{sender.secret[:-2]}{'AA' if not sender.secret.endswith('AA') else 'BB'}"

    for secrets in ([other], [other, f"{other}x"], ["x"], [" "], []):
        with pytest.raises(RefusedDeliveryError):
            source_of(kind).verify(_signed(kind, sample), secrets, sender.settings)


@every_proven_kind
def test_the_older_of_two_secrets_is_good_as_well(kind: str) -> None:
    sender = sender_of(kind)
    sample = next(iter(sender.samples.values()))
    newer = f"{sender.secret[:-2]}{'AA' if not sender.secret.endswith('AA') else 'BB'}"

    source_of(kind).verify(_signed(kind, sample), [newer, sender.secret], sender.settings)


@every_proven_kind
def test_a_request_without_any_proof_is_refused(kind: str) -> None:
    sender = sender_of(kind)
    sample = next(iter(sender.samples.values()))
    bare = Delivery("POST", URL, {"content-type": sample.content_type}, {}, sample.body, NOW, sample.call)

    with pytest.raises(RefusedDeliveryError):
        source_of(kind).verify(bare, [sender.secret], sender.settings)


# ----------------------------------------------------------------------------------------------------------------------
# What none of them does: fail in another way than it may
# ----------------------------------------------------------------------------------------------------------------------
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("2026-03-01T12:00:00Z")
)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def _unverified(kind: str, sample: Sample, body: bytes, headers: dict[str, str]) -> None:
    """Verify and translate by themselves, each of which may fail in its own way and in no other."""
    source, sender = source_of(kind), sender_of(kind)
    signed = _signed(kind, sample._replace(body=body))
    request = Delivery("POST", URL, {**signed.headers, **headers}, {}, body, NOW, sample.call)
    with_allowed_failures(lambda: source.verify(request, [sender.secret], sender.settings))
    with_allowed_failures(lambda: list(source.translate(request, sender.settings)))
    with_allowed_failures(lambda: list(source.translate(request, {})))
    with_allowed_failures(lambda: source.reply(request, sender.settings, Tally(0, 0, 1)))


def with_allowed_failures(work: Callable[[], object]) -> None:
    with suppress(RefusedDeliveryError, UnreadableDeliveryError):
        work()


def _mutated(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """A JSON value with one part of it replaced, removed or doubled."""
    value = copy.deepcopy(value)
    holder: Any = value
    while isinstance(holder, dict | list) and holder:
        keys = sorted(holder, key=str) if isinstance(holder, dict) else range(len(holder))
        key = draw(st.sampled_from(list(keys)))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
            if draw(st.booleans()):
                holder[key] = draw(ANY_JSON)
            else:
                del holder[key]
            break
        holder = inner
    return value


@every_kind
@FUZZED
@given(data=st.data())
def test_mutated_samples_fail_in_no_other_way_than_they_may(kind: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(list(sender_of(kind).samples.values())))
    try:
        body = json.dumps(_mutated(json.loads(sample.body), data.draw)).encode()
    except ValueError:  # no JSON: another character somewhere
        at = data.draw(st.integers(0, max(len(sample.body) - 1, 0)))
        body = sample.body[:at] + data.draw(st.binary(max_size=3)) + sample.body[at + data.draw(st.integers(0, 3)) :]

    _unverified(kind, sample, body, {})


@every_kind
@FUZZED
@given(data=st.data())
def test_anything_at_all_fails_in_no_other_way_than_it_may(kind: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(list(sender_of(kind).samples.values())))
    body = data.draw(st.binary(max_size=40) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
    known = [
        "content-type",
        "content-encoding",
        "authorization",
        "ce-specversion",
        "ce-type",
        *_signed(kind, sample).headers,
    ]
    headers = data.draw(st.dictionaries(st.sampled_from(known), st.text(max_size=20), max_size=2))

    _unverified(kind, sample, body, headers)


def _proof(kind: str, sample: Sample) -> list[str]:
    """The headers that prove a sample; none where the proof is in the path, or sealed inside the body."""
    known = {"content-type", *map(str.lower, sample.headers)}
    return sorted(_signed(kind, sample).headers.keys() - known)


@pytest.mark.parametrize(
    "kind", [kind for kind in PROVEN if _proof(kind, next(iter(sender_of(kind).samples.values())))]
)
@FUZZED
@given(data=st.data())
def test_a_proof_with_another_character_is_refused_or_says_the_same(kind: str, data: st.DataObject) -> None:
    sender, source = sender_of(kind), source_of(kind)
    sample = data.draw(st.sampled_from(list(sender.samples.values())))
    signed = _signed(kind, sample)
    name = data.draw(st.sampled_from(_proof(kind, sample)))
    value = signed.headers[name]
    # Not by its length, which differs from signature to signature where chance has a part in them (ECDSA).
    at = data.draw(st.integers(0, 10_000)) % len(value)
    other = data.draw(st.characters(codec="ascii"))
    assume(other.lower() != value[at].lower())
    request = Delivery(
        "POST", URL, {**signed.headers, name: value[:at] + other + value[at + 1 :]}, {}, signed.body, NOW, signed.call
    )
    try:
        source.verify(request, [sender.secret], sender.settings)
    except RefusedDeliveryError:
        return
    before = _ids(list(source.translate(signed, sender.settings)))
    after = _ids(list(source.translate(request, sender.settings)))
    assert after == before, f"{name} was changed, the delivery was accepted, and it says something else"
