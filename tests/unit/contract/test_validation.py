"""Bodies against their models: whatever stands in the place of a field, it is taken or refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.contract.funnel_models import FUNNEL_BODIES
from lifecycle.contract.key_models import KeyBody
from lifecycle.contract.models import DECISION_BODIES, ActivityBody, Body, DealBody
from lifecycle.contract.refusals import InvalidRequestError
from lifecycle.contract.session_models import SessionBody
from lifecycle.contract.source_models import SOURCE_BODIES
from lifecycle.contract.validation import validate
from tests.senders.bodies import VALUES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODIES: list[type[Body]] = [
    ActivityBody,
    DealBody,
    *DECISION_BODIES.values(),
    *FUNNEL_BODIES,
    KeyBody,
    *SOURCE_BODIES,
    SessionBody,
]
VALUE = VALUES | st.sampled_from([-1, 0, 2**70, "", "x" * 300, [], {}, [[]], [{}], {"": None}])


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
@given(data=st.data())
def test_a_field_with_any_value_is_taken_or_refused_in_words(body: type[Body], data: st.DataObject) -> None:
    value: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(sorted(body.model_fields)), VALUE, min_size=1))

    with suppress(InvalidRequestError):
        validate(body, value, NOW)
