"""Requests that nobody would think of, against the deployed endpoints of outside systems: never a server error, and
nothing is kept of what nothing proves.

Schemathesis makes requests from the OpenAPI document, as it wants them and as it does not; Hypothesis changes what the
systems really send. What proven bodies leave in the table is tried in more cases, and without HTTP, by
tests/integration/test_fuzzed_deliveries.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from lifecycle.contract.openapi import document
from lifecycle.contract.source_routes import POST_WEBHOOK, POST_WEBHOOK_CALL, SOURCE_ROUTES
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.table import SOURCES
from local.stack import StackInfo
from tests.e2e.api import Api
from tests.e2e.connected import BY_BUS, OF_AMAZON, Connect, Connected, Kept, sender_of
from tests.e2e.wrong_proofs import FOREIGN, PROVEN, wrong_proofs
from tests.senders.bodies import bodies
from tests.senders.sender import Sample, Sender

API = schemathesis.openapi.from_dict(document())
OPERATIONS = {f"{route.method} {route.path}": API[route.path][route.method] for route in SOURCE_ROUTES}
RECEIVING = [API[route.path][route.method] for route in (POST_WEBHOOK, POST_WEBHOOK_CALL)]
#: A request takes some 20 ms.
FUZZED = settings(max_examples=12, suppress_health_check=list(HealthCheck))
SERVER_ERROR = 500


def cases(operation: APIOperation[Any, Any, Any, Any], **known: str) -> st.SearchStrategy[Case[Any]]:
    """Requests of an operation: those that the document wants, and those that it does not.

    Arguments:
        operation: which.
        known: parameters of its path, for half of them.
    """
    segments = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    ways: list[st.SearchStrategy[Case[Any]]] = [
        operation.as_strategy(generation_mode=mode, path_parameters=path_parameters)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for path_parameters in (segments, None)
    ]
    return st.one_of(*ways)


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_about_sources_is_answered_with_a_server_error(
    own_api: Api, stack_info: StackInfo, connect: Connect, label: str
) -> None:
    connected = connect(sender_of("mapping"))
    assert connected.send(connected.signed(Sample(b'{"events": [{"id": 1, "kind": "attended"}]}'))).status_code == 200
    (part,) = own_api.ok("GET", f"/sources/{connected.source_id}/quarantine")["parts"]
    headers = {"Authorization": own_api.http.headers["Authorization"]}

    @FUZZED
    @given(case=cases(OPERATIONS[label], source_id=connected.source_id, part_id=part["part_id"]))
    def every_answer_is_as_the_document_says(case: Case[Any]) -> None:
        answer = case.call(base_url=stack_info.api_url, headers=headers)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    every_answer_is_as_the_document_says()


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_whatever_settings_are_tried_out_with_whatever_payload_is_answered(own_api: Api, kind: str) -> None:
    sender = sender_of(kind)
    tried = {"settings": Sample(json.dumps(sender.settings).encode())}

    @FUZZED
    @given(changed=bodies(tried), payload=bodies(sender.samples))
    def every_preview_is_answered(changed: bytes, payload: bytes) -> None:
        body = {"kind": kind, "settings": _json_or_text(changed), "payload": _json_or_text(payload)}
        # Its lone surrogates are escaped, which httpx would not do.
        answer = own_api.http.post("/sources/preview", content=json.dumps(body))
        assert answer.status_code < SERVER_ERROR, answer.text

    every_preview_is_answered()


def _json_or_text(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def test_nothing_is_kept_of_what_nothing_proves(stack_info: StackInfo, connect: Connect, kept: Kept) -> None:
    senders = [sender_of(kind) for kind in PROVEN]
    senders += [replace(sender_of(kind), settings=refusing) for kind, refusing in FOREIGN.items()]
    sources = [(sender, connect(sender)) for sender in senders]
    assert {sender.kind for sender in senders} == SOURCES.keys() - {"segment"}
    before = kept()

    for sender, connected in sources:
        is_refused = _is_refused(stack_info, sender, connected)
        FUZZED(given(unproven(sender, connected))(is_refused))()
        for operation in RECEIVING:
            FUZZED(given(cases(operation, source_id=connected.source_id))(is_refused))()

    assert kept() == before


def _is_refused(stack_info: StackInfo, sender: Sender, connected: Connected) -> Callable[[Delivery | Case[Any]], None]:
    def is_refused(request: Delivery | Case[Any]) -> None:
        if isinstance(request, Delivery):
            answer: Any = connected.send(request)
        else:
            answer = request.call(base_url=stack_info.api_url)
        assert 400 <= answer.status_code < SERVER_ERROR, (sender.kind, answer.status_code, answer.text)

    return is_refused


@st.composite
def unproven(draw: st.DrawFn, sender: Sender, connected: Connected) -> Delivery:
    """Something that a system might send, without a proof or with a wrong one."""
    body = draw(bodies(sender.samples))
    sample = draw(st.sampled_from(list(sender.samples.values())))._replace(body=body)
    bare = Delivery("POST", "", {"content-type": sample.content_type}, {}, body, datetime.now(UTC), sample.call)
    if sender.kind in FOREIGN:
        return draw(st.sampled_from([bare, connected.signed(sample)]))
    return draw(st.sampled_from([bare, *(request for _, request in wrong_proofs(sender, connected, sample))]))


@pytest.mark.parametrize("kind", sorted(SOURCES.keys() - BY_BUS - OF_AMAZON))
def test_whatever_a_system_sends_with_its_proof_is_answered_and_can_be_looked_at(
    own_api: Api, connect: Connect, kind: str
) -> None:
    sender = sender_of(kind)
    connected = connect(sender)

    @FUZZED
    @given(body=bodies(sender.samples), sample=st.sampled_from(list(sender.samples.values())))
    def every_body_is_answered(body: bytes, sample: Sample) -> None:
        answer = connected.send(connected.signed(sample._replace(body=body)))
        assert answer.status_code < SERVER_ERROR, (answer.status_code, answer.text)

    every_body_is_answered()

    for path in (f"/sources/{connected.source_id}/quarantine", "/webhooks/unresolved", "/prospects", "/sources"):
        own_api.ok("GET", path)
