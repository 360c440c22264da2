"""Typeform: what its answers become, and how they are proven."""

from __future__ import annotations

import json

import pytest

from lifecycle.events import Identity
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import RefusedDeliveryError
from lifecycle.sources.typeform import SOURCE
from tests.deliveries import json_sample, one_activity, published, received, signed
from tests.senders.sender import Sample
from tests.senders.typeform import EMAIL, SAMPLES, SENDER, answer, response

ANN = Identity("email", "ann@example.com")


def test_a_form_is_what_the_settings_say() -> None:
    activity = one_activity(SENDER, SENDER.samples["demo"])

    assert (activity.type, activity.direction) == ("form_submission", "inbound")
    assert activity.properties["form"] == "demo"
    assert activity.properties["form_id"] == "fDemo"
    assert activity.properties["score"] == 12
    assert activity.properties["utm_campaign"] == "spring"
    assert activity.properties["answers"]["interests"] == ["Reports", "Alerts"]
    assert activity.traits == {"first_name": "Ann", "company_size": "11 to 50"}
    assert activity.identities == (ANN, Identity("visitor", "cookie-7"))
    assert activity.id == "typeform:01TFDEMO"


def test_an_opinion_scale_is_an_nps_response_by_its_own_field() -> None:
    activity = one_activity(SENDER, SENDER.samples["nps"])

    assert (activity.type, activity.properties["score"]) == ("nps_response", 10)


def test_a_survey_without_its_number_goes_to_quarantine() -> None:
    (said,) = received(SENDER, json_sample(response("E", "fNps", EMAIL)))

    assert isinstance(said, Unreadable)
    assert "score" in said.why


def test_a_form_that_nothing_is_said_of_goes_by_its_id() -> None:
    assert one_activity(SENDER, SENDER.samples["hidden_email"]).properties["form"] == "fOther"


def test_hidden_fields_name_the_person_where_no_answer_does() -> None:
    activity = one_activity(SENDER, SENDER.samples["hidden_email"])

    assert activity.identities == (ANN, Identity("user", "u-9"))


def test_an_answer_names_the_person_rather_than_a_hidden_field() -> None:
    body = response("E", "fOther", EMAIL, hidden={"email": "somebody@else.example"})

    assert one_activity(SENDER, json_sample(body)).identities == (ANN,)


def test_a_form_without_anybody_goes_to_quarantine() -> None:
    (said,) = received(SENDER, json_sample(response("E", "fOther", answer("text", "hi", "a"))))

    assert isinstance(said, Unreadable)
    assert "names nobody" in said.why


def test_a_partial_response_counts_for_nothing() -> None:
    activity = one_activity(SENDER, SENDER.samples["partial"])

    assert (activity.type, activity.direction) == ("typeform_form_response_partial", "internal")


@pytest.mark.parametrize("time", [None, "", "yesterday", 5, "2030-01-01T00:00:00Z"])
def test_a_response_without_a_right_time_goes_to_quarantine(time: object) -> None:
    (said,) = received(SENDER, json_sample(response("E", "fOther", EMAIL, submitted_at=time, landed_at=None)))

    assert isinstance(said, Unreadable)
    assert "time" in said.why


def test_a_published_signature_vector_is_accepted() -> None:
    body = json.dumps(
        json.loads(published("typeform", "form_response.json")), separators=(",", ":"), ensure_ascii=False
    ).encode()
    request = signed(SENDER, Sample(body), typeform_signature="sha256=VsvwNrh0fT5VWF+05H3azXZXJyFkhHTtONMxIVm6PZ4=")

    assert len(body) == 4857
    SOURCE.verify(request, ["123456"], {})


def test_the_published_response_is_translated() -> None:
    (said,) = received(SENDER, Sample(published("typeform", "form_response.json")), {})

    assert getattr(said, "type", None) == "form_submission"


def test_a_signature_is_over_the_very_bytes() -> None:
    sample = Sample(b"\xef\xbb\xbf" + json.dumps(SAMPLES["demo"]).encode() + b"\r\n")
    request = signed(SENDER, sample)

    assert one_activity(SENDER, request).id == "typeform:01TFDEMO"
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        received(
            SENDER,
            signed(SENDER, Sample(sample.body.strip()), typeform_signature=request.header("typeform-signature")),
        )


@pytest.mark.parametrize("signature", ["", "sha256=", "VsvwNrh0fT5VWF+05H3azXZXJyFkhHTtONMxIVm6PZ4=", "sha256=é"])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(RefusedDeliveryError):
        received(SENDER, signed(SENDER, SENDER.samples["demo"], typeform_signature=signature))
