"""Standard Webhooks: the published vectors, and what the data becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.events import Contact, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import RefusedDeliveryError
from lifecycle.sources.standard_webhooks import SOURCE
from tests.deliveries import NOW, URL, json_sample, one_activity, one_deal, published, received, signed
from tests.senders.sender import Sample
from tests.senders.standard_webhooks import ACTIVITY, SECRET, SENDER, envelope

ANN = Identity("email", "ann@example.com")


def _vector(**changed: str) -> tuple[Delivery, str, Any]:
    """The published vector as a delivery, at the moment of its signature; with the secret and the whole file."""
    vectors = json.loads(published("standard-webhooks", "test_vectors.json"))
    sign = vectors["sign"]
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {**{name: sign[name] for name in names}, **{name.replace("_", "-"): v for name, v in changed.items()}}
    at = datetime.fromtimestamp(int(sign["webhook-timestamp"]), UTC)
    return Delivery("POST", URL, headers, {}, sign["raw_body"].encode(), at), sign["secret"], vectors


def test_the_published_vector_is_accepted() -> None:
    request, secret, _ = _vector()

    SOURCE.verify(request, [secret], {})
    SOURCE.verify(request, [secret.removeprefix("whsec_")], {})


def test_the_published_wrong_signature_is_refused() -> None:
    _, _, vectors = _vector()
    request, secret, _ = _vector(webhook_signature=vectors["invalid_signature"])

    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        SOURCE.verify(request, [secret], {})


def test_the_published_decoy_signatures_do_no_harm() -> None:
    _, _, vectors = _vector()
    decoys = " ".join(vectors["decoy_signatures"])
    request, secret, _ = _vector(webhook_signature=f"{decoys} {vectors['sign']['webhook-signature']} v1a,xyz")

    SOURCE.verify(request, [secret], {})
    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(_vector(webhook_signature=decoys)[0], [secret], {})


def test_the_published_unpadded_secrets_are_keys() -> None:
    _, _, vectors = _vector()
    for secret in vectors["unpadded_secrets"]:
        request = signed(replace(SENDER, secret=secret), SENDER.samples["activity"])
        SOURCE.verify(request, [secret], {})


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_signature_without_one_of_its_headers_is_refused(missing: str) -> None:
    with pytest.raises(RefusedDeliveryError, match="missing"):
        received(SENDER, signed(SENDER, SENDER.samples["activity"], **{missing: ""}))


@pytest.mark.parametrize("time", ["now", "1e9", "-5", "1614265330.5", " 1614265330", "٣٤٥", "9" * 30])
def test_a_signature_whose_time_is_no_whole_number_is_refused(time: str) -> None:
    with pytest.raises(RefusedDeliveryError):
        received(SENDER, signed(SENDER, SENDER.samples["activity"], webhook_timestamp=time))


def test_a_signature_is_good_for_five_minutes_either_way() -> None:
    sample = SENDER.samples["activity"]
    for seconds, good in ((0, True), (299, True), (301, False), (-299, True), (-301, False)):
        request = replace(signed(SENDER, sample, NOW - timedelta(seconds=seconds)), received_at=NOW)
        if good:
            SOURCE.verify(request, [SECRET], {})
        else:
            with pytest.raises(RefusedDeliveryError, match="stale"):
                SOURCE.verify(request, [SECRET], {})


@pytest.mark.parametrize("changed", [{"webhook_id": "msg_other"}, {"webhook_timestamp": str(int(NOW.timestamp()) + 1)}])
def test_a_signature_covers_id_and_time(changed: dict[str, str]) -> None:
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        received(SENDER, signed(SENDER, SENDER.samples["activity"], **changed))


def test_a_signature_by_the_names_of_svix_is_as_good() -> None:
    request = signed(SENDER, SENDER.samples["activity"])
    renamed = {name.replace("webhook-", "svix-"): value for name, value in request.headers.items()}

    assert one_activity(SENDER, replace(request, headers=renamed)).type == "form_submission"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "é", "a"])
def test_a_secret_that_is_none_proves_nothing(secret: str) -> None:
    with pytest.raises(RefusedDeliveryError, match="mismatch"):
        SOURCE.verify(signed(SENDER, SENDER.samples["activity"]), [secret], {})


def test_an_activity_is_as_the_contract_has_it() -> None:
    activity = one_activity(SENDER, SENDER.samples["activity"])

    assert activity.identities == (ANN, Identity("crm:hubspot", "51"))
    assert activity.properties == {"form": "demo"}
    assert activity.traits == {"company": "Initech"}
    assert activity.occurred_at == datetime(2026, 2, 28, 9, 0, 0, 500_000, UTC)
    assert activity.id.startswith("standard_webhooks:msg_")


def test_an_activity_may_have_an_id_and_a_time_of_its_own() -> None:
    data = {**ACTIVITY, "id": "mine-1", "occurred_at": "2026-01-01T00:00:00+01:00"}
    activity = one_activity(SENDER, json_sample(envelope("prospect.activity", data)))

    assert (activity.id, activity.occurred_at) == ("mine-1", datetime(2025, 12, 31, 23, tzinfo=UTC))


def test_a_deal_is_as_the_contract_has_it() -> None:
    deal = one_deal(SENDER, SENDER.samples["deal"])

    assert (deal.deal_id, deal.status, deal.amount, deal.currency) == ("hubspot:900", "open", Decimal("1200.5"), "EUR")
    assert deal.contacts == (Contact((ANN,), "decision_maker"),)
    assert one_deal(SENDER, SENDER.samples["deleted_deal"]).deleted


def test_an_unknown_type_is_kept_and_counts_for_nothing() -> None:
    activity = one_activity(SENDER, SENDER.samples["unknown"])

    assert (activity.type, activity.direction) == ("standard_webhooks_contact_created", "internal")
    assert activity.identities == (ANN,)


@pytest.mark.parametrize("name", ["spec_example_full.json", "spec_example_thin.json"])
def test_the_examples_of_the_specification_name_nobody_and_go_to_quarantine(name: str) -> None:
    (said,) = received(SENDER, Sample(published("standard-webhooks", name)))

    assert isinstance(said, Unreadable)
    assert "names nobody" in said.why
