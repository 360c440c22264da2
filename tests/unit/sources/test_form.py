"""Plain HTML forms: what a post becomes, what keeps machines out, and where the browser goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.form import SOURCE
from lifecycle.sources.form_data import MAX_FORM_BYTES, _by_library, _plain, _urlencoded, fields_of
from lifecycle.sources.reading import MAX_NAMES
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Tally, UnreadableDeliveryError
from tests.deliveries import NOW, URL, one_activity, received, signed
from tests.senders.form import FIELDS, ORIGIN, SENDER, urlencoded
from tests.senders.jotform import multipart
from tests.senders.sender import Sample

TALLY = Tally(1, 0, 0)


def test_both_ways_of_sending_a_form_say_the_same() -> None:
    assert received(SENDER, SENDER.samples["urlencoded"]) == received(SENDER, SENDER.samples["multipart"])


def test_only_the_fields_that_are_named_are_kept() -> None:
    activity = one_activity(SENDER, SENDER.samples["urlencoded"])

    assert activity.properties["form"] == "contact"
    assert activity.properties["answers"] == {"message": "Hello,\r\nworld"}
    assert activity.traits == {"company": "Initech & Söhne"}
    assert activity.identities == (Identity("email", "ann@example.com"), Identity("visitor", "cookie-7"))
    assert "4111" not in repr(activity)


def test_a_form_may_be_a_review() -> None:
    activity = one_activity(SENDER, SENDER.samples["review"])

    assert (activity.type, activity.properties["rating"]) == ("review", 5)


def test_whoever_fills_in_what_people_do_not_see_is_a_machine() -> None:
    activity = one_activity(SENDER, SENDER.samples["trapped"])

    assert activity.automated
    assert activity.properties["automated_because"] == "honeypot"
    assert not one_activity(SENDER, SENDER.samples["urlencoded"]).automated


def test_a_visitor_without_an_email_is_somebody() -> None:
    assert one_activity(SENDER, urlencoded({"visitor": "c"})).identities == (Identity("visitor", "c"),)


@pytest.mark.parametrize("fields", [{"message": "hi"}, {"email": "not an address"}, {"email": ""}])
def test_a_form_without_anybody_goes_to_quarantine(fields: dict[str, str]) -> None:
    (said,) = received(SENDER, urlencoded(fields))

    assert isinstance(said, Unreadable)


def test_a_form_that_is_sent_twice_on_a_day_is_one_unless_the_page_tells_them_apart() -> None:
    once, again = urlencoded(FIELDS), urlencoded(dict(reversed(FIELDS.items())))
    other = urlencoded({**FIELDS, "message": "Bye"})

    assert one_activity(SENDER, once).id == one_activity(SENDER, again).id != one_activity(SENDER, other).id
    numbered = [one_activity(SENDER, urlencoded({**FIELDS, "_submission": n})).id for n in ("1", "2")]
    assert numbered == ["form:talk-to-us:1", "form:talk-to-us:2"]


@pytest.mark.parametrize("origin", ["", "null", "https://evil.test", f"{ORIGIN}.evil.test", ORIGIN.upper()])
def test_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(RefusedDeliveryError, match="foreign"):
        received(SENDER, signed(SENDER, SENDER.samples["urlencoded"], origin=origin))


def test_the_address_alone_proves_it_where_no_origin_is_named() -> None:
    SOURCE.verify(signed(SENDER, SENDER.samples["urlencoded"], origin=""), [], {})


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        (f"{ORIGIN}/thanks?for=talk", f"{ORIGIN}/thanks?for=talk"),
        (f"{ORIGIN}/thanks", f"{ORIGIN}/thanks"),
        ("https://evil.test/", f"{ORIGIN}/thanks"),
        (f"{ORIGIN}/thanks\r\nSet-Cookie: a=b", f"{ORIGIN}/thanks"),
        (f"{ORIGIN}/thanks/../admin", f"{ORIGIN}/thanks"),
        ("", f"{ORIGIN}/thanks"),
    ],
)
def test_the_browser_goes_only_where_it_may(wanted: str, location: str) -> None:
    request = signed(SENDER, urlencoded({**FIELDS, "_redirect": wanted}))
    reply = SOURCE.reply(request, SENDER.settings, TALLY)

    assert (reply.status, reply.headers["Location"]) == (303, location)


def test_without_anywhere_to_go_it_is_told_what_became_of_the_form() -> None:
    assert SOURCE.reply(signed(SENDER, SENDER.samples["urlencoded"]), {}, TALLY).status == 200


def test_a_file_is_passed_over() -> None:
    body = SENDER.samples["multipart"].body
    start = body[: body.index(b"\r\n")]
    file = start + b'\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n%PDF\r\n'

    assert received(SENDER, SENDER.samples["multipart"]._replace(body=file + body)) == received(
        SENDER, SENDER.samples["multipart"]
    )


def test_a_form_has_an_end() -> None:
    many = urlencoded({f"f{number}": "x" for number in range(MAX_NAMES + 1)})
    long = urlencoded({"email": "ann@example.com", "text": "x" * MAX_FORM_BYTES})

    for sample in (many, multipart({f"f{number}": "x" for number in range(MAX_NAMES + 1)}), long):
        with pytest.raises(UnreadableDeliveryError):
            received(SENDER, sample, {})


@pytest.mark.parametrize(
    "content_type", ["application/json", "", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_no_form_is_unreadable(content_type: str) -> None:
    with pytest.raises(UnreadableDeliveryError):
        received(SENDER, Sample(SENDER.samples["multipart"].body, content_type), {})


def _delivery(sample: Sample) -> Delivery:
    return Delivery("POST", URL, {"content-type": sample.content_type}, {}, sample.body, NOW)


NAMES = st.text(st.characters(exclude_characters='"\\%\r\n', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@given(fields=st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_a_plain_body_is_read_as_the_library_reads_it(fields: dict[str, str]) -> None:
    request = _delivery(multipart(fields, "b0und"))
    plain = _plain(request)

    assert plain == list(_by_library(request)) == list(fields.items())


@given(data=st.data())
def test_what_the_library_refuses_is_not_read_as_plain(data: st.DataObject) -> None:
    body = multipart({"a": "1", "b": "2"}, "b0und").body
    at, length = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 4))
    changed = body[:at] + data.draw(st.binary(max_size=3)) + body[at + length :]
    request = _delivery(Sample(changed, "multipart/form-data; boundary=b0und"))

    plain = _plain(request)
    if plain:
        assert fields_of(request) == _grouped(list(_by_library(request)))


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The library has the fields of one name together, in the order in which the names came."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


ESCAPES = st.lists(
    st.sampled_from(["a", "+", "%", "%2", "%zz", "%C3", "%a9", "%E2%82", "%00", "=", "é", "%26"]), max_size=6
)


@given(fields=st.lists(st.tuples(ESCAPES, ESCAPES), min_size=1, max_size=5))
def test_an_urlencoded_body_is_read_as_the_library_reads_it(fields: list[tuple[list[str], list[str]]]) -> None:
    body = "&".join(f"{''.join(name)}={''.join(value)}" for name, value in fields).encode()
    request = _delivery(Sample(body, "application/x-www-form-urlencoded"))

    assert _grouped(_urlencoded(request) or []) == _grouped(list(_by_library(request)))


@given(body=st.binary(max_size=30))
def test_any_urlencoded_body_is_read_as_the_library_reads_it(body: bytes) -> None:
    request = _delivery(Sample(body, "application/x-www-form-urlencoded; charset=UTF-8"))

    read = _urlencoded(request)
    if read is not None:
        assert _grouped(read) == _grouped(list(_by_library(request)))
