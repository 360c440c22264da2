"""What sources let into the log is what the contract lets in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from lifecycle.contract import fields, limits
from lifecycle.contract.models import ActivityBody, ContactBody, DealBody, IdentitiesBody
from lifecycle.sources import own_shape, reading


def test_the_limits_of_sources_are_those_of_the_contract() -> None:
    assert reading.MAX_EVENT_ID == limits.MAX_EVENT_ID
    assert reading.MAX_OUTSIDE_ID == limits.MAX_OUTSIDE_ID
    assert reading.MAX_NAMES == limits.MAX_PROPERTIES
    assert reading.MAX_NAME == limits.MAX_NAME
    assert reading.MAX_TEXT == limits.MAX_STRING
    assert reading.MAX_DEPTH == limits.MAX_DEPTH
    assert reading.MAX_DIGITS == limits.MAX_DIGITS
    assert reading.MAX_PART_BYTES == limits.MAX_ENTRY_BYTES
    assert timedelta(seconds=limits.MAX_AHEAD_SECONDS) == reading.AHEAD


def test_the_limits_of_our_own_shape_are_those_of_the_contract() -> None:
    assert own_shape.MAX_CRM_SYSTEMS == limits.MAX_CRM_SYSTEMS
    assert own_shape.MAX_CONTACTS == limits.MAX_CONTACTS
    assert Decimal(own_shape.MAX_AMOUNT) == fields._MAX_AMOUNT
    assert own_shape.AMOUNT_DECIMALS == fields._AMOUNT_DECIMALS


def test_our_own_shape_has_the_fields_of_the_contract() -> None:
    assert set(ActivityBody.model_fields) == own_shape.ACTIVITY_FIELDS
    assert set(IdentitiesBody.model_fields) == own_shape.IDENTITY_FIELDS
    assert set(ContactBody.model_fields) == own_shape.CONTACT_FIELDS
    assert {*DealBody.model_fields, "deal_id"} == own_shape.DEAL_FIELDS
