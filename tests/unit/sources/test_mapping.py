"""A mapping as data: what templates make of payloads, how they are proven, and what is wrong with settings."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mapping import MAX_EVENTS, SOURCE
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import Misfit, RefusedDeliveryError, UnreadableDeliveryError
from tests.deliveries import NOW, URL, json_sample, one_activity, one_deal, received, signed
from tests.senders import standard_webhooks
from tests.senders.form import urlencoded
from tests.senders.mapping import MOVED, SALE, SECRET, SENDER, SETTINGS, SIGN_IN
from tests.senders.sender import Sample

ANN = Identity("email", "ann@example.com")
BODY = b'{"events": []}'


def _with(**changed: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SETTINGS), **changed}


def _template(template: Any, **more: Any) -> dict[str, Any]:
    """Settings with one template of an activity."""
    whole = {"type": "x", "identities": {"user": "u"}, **template}
    return _with(activities=[{"template": whole}], deals=[], identities=[], **more)


# ----------------------------------------------------------------------------------------------------------------------
# What templates make of a payload
# ----------------------------------------------------------------------------------------------------------------------
def test_an_activity_is_filled_in() -> None:
    activity = one_activity(SENDER, SENDER.samples["one"])

    assert activity.type == "webinar_attendance"
    assert activity.identities == (ANN, Identity("crm:webinars", "c-5"))
    assert activity.occurred_at == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert activity.properties == {"minutes": Decimal("41.5"), "host": "acme", "tags": ["attended", "webinar"]}
    assert activity.traits == {"name": "Ann"}
    assert (activity.source, activity.id) == ("webinars", "webinars:71:/activities/0")


def test_a_deal_is_filled_in() -> None:
    deal = one_deal(SENDER, json_sample({"events": [SALE]}))

    assert (deal.deal_id, deal.status, deal.amount, deal.currency) == (
        "webinars:A-900",
        "won",
        Decimal("1200.5"),
        "EUR",
    )
    assert deal.contacts == (Contact((ANN,), "buyer"),)


def test_identities_are_joined_by_an_activity_that_counts_for_nothing() -> None:
    said = one_activity(SENDER, json_sample({"events": [MOVED]}))

    assert (said.type, said.direction) == ("identified", "internal")
    assert said.identities == (ANN, Identity("crm:webinars", "c-5"))


def test_each_event_of_a_payload_is_told_apart_in_any_order() -> None:
    events = [SIGN_IN, SALE, MOVED]
    forth = {repr(said) for said in received(SENDER, json_sample({"events": events}))}
    back = {repr(said) for said in received(SENDER, json_sample({"events": events[::-1]}))}

    assert len(forth) == 3
    assert forth == back


def test_an_event_without_an_id_is_known_by_all_that_it_says() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "id"}
    first = one_activity(SENDER, json_sample({"events": [SIGN_IN]}), settings)
    turned = one_activity(SENDER, json_sample({"events": [dict(reversed(SIGN_IN.items()))]}), settings)
    other = one_activity(SENDER, json_sample({"events": [{**SIGN_IN, "minutes": 50}]}), settings)

    assert first.id == turned.id != other.id


def test_a_text_without_the_mark_stands_as_it_is() -> None:
    settings = _template({"properties": {"a": "kind", "b": "=kind", "c": 5, "d": "==", "e": "=`0.5`"}})
    settings["activities"][0]["template"]["properties"].pop("d")

    assert one_activity(SENDER, SENDER.samples["one"], settings).properties == {
        "a": "kind", "b": "attended", "c": 5, "e": Decimal("0.5"),
    }  # fmt: skip


def test_a_form_can_be_mapped() -> None:
    settings = _with(
        format="form",
        split="@",
        id="no",
        activities=[{"template": {"type": "x", "identities": {"email": "=mail"}, "properties": {"all": "=tag"}}}],
        deals=[],
        identities=[],
    )
    activity = one_activity(SENDER, urlencoded({"no": "5", "mail": "ann@example.com", "tag": "a"}), settings)

    assert (activity.identities, activity.properties["all"]) == ((ANN,), "a")


def test_an_event_that_no_template_is_for_goes_to_quarantine_unless_it_is_to_be_skipped() -> None:
    sample = json_sample({"events": [{**SIGN_IN, "kind": "other"}]})

    (said,) = received(SENDER, sample)
    assert isinstance(said, Unreadable)
    assert received(SENDER, sample, _with(unmatched="skip")) == []


def test_a_bad_event_goes_to_quarantine_alone_and_says_where() -> None:
    bad = {**SIGN_IN, "id": 5, "person": {"mail": "no address"}}
    said = received(SENDER, json_sample({"events": [SIGN_IN, bad, 7, SALE]}))

    assert [type(one) for one in said] == [Activity, Unreadable, Unreadable, DealUpdate]
    assert isinstance(said[1], Unreadable)
    assert said[1].why.startswith("by /activities/0/template, identities.email is not")


def test_an_event_is_kept_whole_or_not_at_all() -> None:
    settings = _with(activities=[{"template": {"type": "x", "identities": {"email": "=person.mail"}}}])
    said = received(SENDER, json_sample({"events": [{**SALE, "order": {"no": "1", "total": -5}}]}), settings)

    assert [type(one) for one in said] == [Unreadable]


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ({"type": "=id"}, "type is not snake_case"),
        ({"identities": {"email": "=nothing"}}, "identities names nobody"),
        ({"extra": 1}, "other fields"),
        ({"occurred_at": "=person.name"}, "occurred_at is not a time"),
        ({"occurred_at": "=`9999999999`"}, "ahead"),
        ({"properties": {"x": "=length(id)"}}, "at template/properties/x, it does not fit the expression"),
        ({"properties": {"x": "=sum(person)"}}, "does not fit"),
        ({"properties": "=id"}, "properties is not an object"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(template: dict[str, Any], why: str) -> None:
    (said,) = received(SENDER, SENDER.samples["one"], _template(template))

    assert isinstance(said, Unreadable)
    assert why in said.why
    assert "Ann" not in said.why


def test_a_payload_that_cannot_be_split_is_unreadable() -> None:
    with pytest.raises(UnreadableDeliveryError, match="split"):
        received(SENDER, SENDER.samples["one"], _with(split="keys(events)"))


def test_a_payload_has_an_end() -> None:
    with pytest.raises(UnreadableDeliveryError, match="more than"):
        received(SENDER, json_sample({"events": [1] * (MAX_EVENTS + 1)}))


@pytest.mark.parametrize(
    "expression",
    [
        "|".join(["[@,@]"] * 60),
        "|".join(["[@,@][]"] * 50),
        "to_string(" + "|".join(["{a:@,b:@}"] * 40) + ")",
        "|".join(["join('',[@,@])"] * 30).replace("@,@", "to_string(@),to_string(@)", 1),
        "({0}) == ({0})".format("|".join(["[@,@]"] * 30)),
    ],
)
def test_an_expression_that_grows_without_end_is_stopped(expression: str) -> None:
    settings = _template({"properties": {"x": f"={expression}"}})
    said = received(SENDER, SENDER.samples["one"], settings)

    assert [type(one) for one in said] == [Unreadable]


def test_a_dry_run_shows_what_a_payload_would_become_without_any_proof() -> None:
    request = Delivery("POST", URL, {"content-type": "application/json"}, {}, SENDER.samples["one"].body, NOW)

    assert list(SOURCE.translate(request, SETTINGS)) == received(SENDER, SENDER.samples["one"])


# ----------------------------------------------------------------------------------------------------------------------
# What is wrong with settings
# ----------------------------------------------------------------------------------------------------------------------
DEEP: Any = "leaf"
for _ in range(12):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("changed", "places"),
    [
        ({"split": "a["}, ["/split"]),
        ({"id": "a b"}, ["/id"]),
        ({"id": "((("}, ["/id"]),
        ({"activities": [{"when": "==", "template": {"type": "=", "traits": {"a/b": "=["}}}]},
         ["/activities/0/when", "/activities/0/template/type", "/activities/0/template/traits/a~1b"]),
        ({"deals": [{"template": {"contacts": [{"email": "=a."}]}}]}, ["/deals/0/template/contacts/0/email"]),
        ({"identities": [{"template": DEEP}]}, ["/identities/0/template"]),
        ({"verification": {"scheme": "hmac"}}, ["/verification"]),
        ({"verification": {"scheme": "header"}}, ["/verification"]),
        ({"verification": {"scheme": "hmac", "header": "x", "signed": ["timestamp", "body"]}}, ["/verification"]),
        ({"verification": {"scheme": "basic"}}, []),
    ],
)  # fmt: skip
def test_every_wrong_expression_is_found_and_its_place_named(changed: dict[str, Any], places: list[str]) -> None:
    found = SOURCE.misfits(_with(**changed))

    assert [misfit.place for misfit in found] == places
    assert all(misfit.why for misfit in found)


def test_where_an_expression_breaks_off_is_told() -> None:
    assert Misfit("/id", "is not JMESPath from character 3 on") in SOURCE.misfits(_with(id="a b"))


def test_settings_that_were_never_tried_make_a_delivery_unreadable() -> None:
    with pytest.raises(UnreadableDeliveryError, match="settings"):
        received(SENDER, SENDER.samples["one"], _with(id="a b"))


# ----------------------------------------------------------------------------------------------------------------------
# Proofs
# ----------------------------------------------------------------------------------------------------------------------
def _request(headers: dict[str, str]) -> Delivery:
    return Delivery("POST", URL, headers, {}, BODY, NOW)


def _verify(how: dict[str, Any], headers: dict[str, str], secret: str = SECRET) -> None:
    SOURCE.verify(_request(headers), [secret], {"verification": how})


HASHES: list[tuple[str, Callable[[], Any]]] = [
    ("sha256", hashlib.sha256),
    ("sha512", hashlib.sha512),
    ("sha1", hashlib.sha1),
]


@pytest.mark.parametrize(("algorithm", "function"), HASHES)
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_signature_by_each_hash_and_encoding_is_accepted(
    algorithm: str, function: Callable[[], Any], encoding: str
) -> None:
    digest = hmac.new(SECRET.encode(), BODY, function).digest()
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    how = {"scheme": "hmac", "header": "X-Sig", "algorithm": algorithm, "encoding": encoding, "prefix": "v1="}

    _verify(how, {"x-sig": f"v1={text}"})
    for wrong in ("", "v1=", text, f"v1={text[:-4]}", f"v1={'A' * len(text)}", f"v1={text}é"):
        with pytest.raises(RefusedDeliveryError):
            _verify(how, {"x-sig": wrong})


@pytest.mark.parametrize(("written", "secret"), [("base64", "a2V5"), ("hex", "6b6579"), ("text", "key")])
def test_a_key_may_be_written_in_several_ways(written: str, secret: str) -> None:
    how = {"scheme": "hmac", "header": "x-sig", "key": written}
    digest = hmac.new(b"key", BODY, hashlib.sha256).hexdigest()

    _verify(how, {"x-sig": digest}, secret)
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        _verify(how, {"x-sig": digest}, "é")


def test_a_signature_may_cover_method_address_and_time() -> None:
    how = {
        "scheme": "hmac", "header": "x-sig", "timestamp_header": "x-time",
        "signed": ["method", "url", "body", ":", "timestamp"],
    }  # fmt: skip
    time = str(int(NOW.timestamp()))
    digest = hmac.new(SECRET.encode(), f"POST{URL}".encode() + BODY + f":{time}".encode(), hashlib.sha256).hexdigest()

    request = _request({"x-sig": digest, "x-time": time})
    SOURCE.verify(request, [SECRET], {"verification": how})
    for changed in (replace(request, url=f"{URL}?a=b"), replace(request, method="PUT"), replace(request, body=b"{}")):
        with pytest.raises(RefusedDeliveryError, match="mismatch"):
            SOURCE.verify(changed, [SECRET], {"verification": how})
    for late in (timedelta(minutes=6), timedelta(minutes=-6)):
        with pytest.raises(RefusedDeliveryError, match="stale"):
            SOURCE.verify(replace(request, received_at=NOW + late), [SECRET], {"verification": how})


@pytest.mark.parametrize(
    ("how", "good", "wrong"),
    [
        ({"scheme": "bearer"}, {"authorization": f"Bearer {SECRET}"}, {"authorization": "Bearer x"}),
        ({"scheme": "header", "header": "X-Key"}, {"x-key": SECRET}, {"x-key": f"{SECRET}x"}),
        (
            {"scheme": "basic", "user": "u"},
            {"authorization": "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode()},
            {"authorization": "Basic " + base64.b64encode(f"v:{SECRET}".encode()).decode()},
        ),
    ],
)
def test_the_secret_itself_may_be_sent(how: dict[str, Any], good: dict[str, str], wrong: dict[str, str]) -> None:
    _verify(how, good)
    for refused in (wrong, {}, {"authorization": "Basic !"}):
        with pytest.raises(RefusedDeliveryError):
            _verify(how, refused)


def test_a_signature_may_be_by_standard_webhooks() -> None:
    headers = standard_webhooks.sign(BODY, URL, standard_webhooks.SECRET, NOW)

    _verify({"scheme": "standard_webhooks"}, headers, standard_webhooks.SECRET)
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        _verify({"scheme": "standard_webhooks"}, headers, "whsec_AAAA")


def test_the_address_alone_is_a_proof_only_where_the_settings_say_so() -> None:
    _verify({"scheme": "address"}, {})
    for how in ({}, {"scheme": "none"}):
        with pytest.raises(RefusedDeliveryError, match="missing"):
            _verify(how, {})


def test_templates_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _with(system="compiled-once")
    received(SENDER, SENDER.samples["one"], settings)

    def never(_text: str) -> Any:
        raise AssertionError("compiled again")

    monkeypatch.setattr("lifecycle.sources.mapping_templates.compiled", never)
    assert received(SENDER, SENDER.samples["several"], copy.deepcopy(settings))


def test_numbers_stay_exact() -> None:
    body = json.dumps({"events": [{**SIGN_IN, "minutes": 0}]}).replace(
        '"minutes": 0', '"minutes": 123456789012345678.123456789'
    )
    settings = _template(
        {"properties": {"a": "=minutes", "b": "=max([minutes, id])", "c": "=to_number('0.1')", "d": "=type(minutes)"}}
    )

    assert one_activity(SENDER, signed(SENDER, Sample(body.encode())), settings).properties == {
        "a": Decimal("123456789012345678.123456789"),
        "b": Decimal("123456789012345678.123456789"),
        "c": Decimal("0.1"),
        "d": "number",
    }
