"""The sample events in the order of a story, and how a handler gets them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lifecycle.contract.doorway import token_verifier
from lifecycle.contract.export_examples import EXPORT_ID
from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.key_examples import KEY_ID
from lifecycle.contract.session_examples import CSRF, SESSION, STATE
from lifecycle.contract.source_examples import PART_ID, SOURCE_ID
from lifecycle.services import issuer as issuer_module
from tests.fakes.issuer import FakeIssuer

#: The key of the sample events.
KEY = "plc_ExampleKeyThatOpensNothing0123456789abcdefg"

EVENTS = Path(__file__).resolve().parents[2] / "events"
#: The source of the samples that is of a kind with a secret.
SIGNED_SOURCE_ID = "tYpEf0rmQw8xT0bR4nLcK7yVfZ1sJ9eD"
CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:x",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 60_000,
)
#: The sample events in their order; the status that each is answered with, and a stage that the answer names.
STORY: dict[str, tuple[int, str | None]] = {
    "ingest_activity.form": (201, "marketing_qualified"),
    "ingest_activity.batch": (202, None),
    "ingest_activity.no_identity": (422, None),
    "read_prospects.by_email": (200, "marketing_qualified"),
    "decide_stage.accept": (201, "sales_qualified"),
    "update_deal.open": (200, "opportunity"),
    "update_deal.lost": (200, "opportunity"),
    "read_prospects.by_stage": (200, "opportunity"),
    "read_prospects.state": (200, "opportunity"),
    "read_prospects.timeline": (200, "opportunity"),
    "read_prospects.explanation": (200, "opportunity"),
    "show_pages.sign_in": (200, None),
    "show_pages.prospects": (200, None),
    "show_pages.prospect": (200, None),
    "show_pages.timeline": (200, None),
    "submit_pages.decide": (303, None),
    "serve_assets.file": (404, None),
    "decide_stage.withdraw": (201, "opportunity"),
    "update_deal.delete": (200, "sales_qualified"),
    "manage_funnel.in_force": (200, "marketing_qualified"),
    "manage_funnel.gallery": (200, None),
    "manage_funnel.ready_made": (200, "marketing_qualified"),
    "manage_funnel.settings": (200, None),
    "manage_funnel.change_settings": (200, None),
    "manage_funnel.make_bad_draft": (422, None),
    "manage_funnel.make_draft_of_yaml": (201, None),
    "manage_funnel.make_draft": (201, None),
    "manage_funnel.drafts": (200, None),
    "manage_funnel.draft": (200, "in_talks"),
    "manage_funnel.change_draft": (200, None),
    "manage_funnel.simulate": (202, None),
    "manage_funnel.simulations": (200, None),
    "manage_funnel.simulation": (200, None),
    "manage_funnel.simulated_moves": (200, None),
    "manage_funnel.cancel_simulation": (200, None),
    "manage_funnel.sign_marketing": (201, None),
    "manage_funnel.take_signature_back": (200, None),
    "manage_funnel.sign_marketing again": (201, None),
    "manage_funnel.sign_sales": (201, None),
    "manage_funnel.publish": (201, None),
    "manage_funnel.versions": (200, None),
    "manage_funnel.version": (200, "in_talks"),
    "manage_funnel.reevaluation": (200, None),
    "manage_funnel.resume_reevaluation": (202, None),
    "manage_funnel.roll_back": (201, None),
    "manage_funnel.cancel_version": (200, None),
    "manage_funnel.delete_draft": (409, None),
    "show_pages.funnel": (200, None),
    "submit_pages.make_draft": (303, None),
    "submit_pages.change_draft": (303, None),
    "show_pages.draft": (200, None),
    "submit_pages.simulate": (303, None),
    "show_pages.simulation": (200, None),
    "show_pages.moves": (200, None),
    "submit_pages.cancel_simulation": (303, None),
    "submit_pages.sign": (303, None),
    "submit_pages.take_signature_back": (303, None),
    "submit_pages.sign again": (303, None),
    "submit_pages.sign_for_sales": (303, None),
    "submit_pages.publish": (303, None),
    "submit_pages.delete_draft": (409, None),
    "submit_pages.roll_back": (303, None),
    "manage_privacy.export": (200, "sales_qualified"),
    "manage_privacy.erase": (200, None),
    "manage_privacy.erase again": (200, None),
    "manage_exports.start": (202, None),
    "manage_exports.list": (200, None),
    "manage_exports.show": (200, None),
    "manage_exports.cancel": (200, None),
    "manage_exports.change_settings": (200, None),
    "manage_exports.settings": (200, None),
    "manage_keys.give_out": (201, None),
    "manage_keys.list": (200, None),
    "sign_in.with_key": (201, None),
    "sign_in.who": (200, None),
    "sign_in.out": (204, None),
    "sign_in.start": (302, None),
    "sign_in.callback": (302, None),
    "manage_keys.withdraw": (204, None),
    "manage_sources.kinds": (200, None),
    "manage_sources.preview": (200, None),
    "manage_sources.connect_unknown": (422, None),
    "manage_sources.connect": (201, None),
    "receive_webhook.tracking": (200, None),
    "receive_webhook.segment": (200, None),
    "receive_webhook.call": (200, None),
    "receive_webhook.asked": (204, None),
    "receive_webhook.tracking_asked": (204, None),
    "manage_sources.list": (200, None),
    "manage_sources.show": (200, None),
    "manage_sources.change": (200, None),
    "manage_sources.quarantine": (200, None),
    "manage_sources.replay_fixed": (200, None),
    "manage_sources.discard": (404, None),
    "manage_sources.unresolved": (200, None),
    "manage_sources.connect_signed": (201, None),
    "receive_webhook.unsigned": (401, None),
    "manage_sources.replace_secret": (200, None),
    "manage_sources.disconnect": (204, None),
    "manage_reports.settings": (200, None),
    "manage_reports.change_settings": (200, "marketing_qualified"),
    "read_reports.funnel": (200, "in_talks"),
    "read_reports.funnel_as_csv": (200, None),
    "read_reports.flows": (200, None),
    "read_reports.conversion": (200, "in_talks"),
    "read_reports.velocity": (200, "in_talks"),
    "read_reports.viscosity": (200, "in_talks"),
    "read_reports.lost_reasons": (200, "out"),
    "read_reports.prospects": (200, "marketing_qualified"),
    "read_reports.stock": (200, None),
    "read_reports.definitions": (200, None),
    "submit_pages.change_report_settings": (303, None),
    "show_pages.report_settings": (200, None),
    "show_dashboard.dashboard": (200, None),
    "show_dashboard.panel": (200, None),
    "show_dashboard.counted": (200, None),
    "show_dashboard.report": (200, None),
    "read_audit.newest": (200, "sales_qualified"),
    "read_audit.decisions": (200, "opportunity"),
    "describe_api.funnel_schema": (200, "enter_when"),
    "describe_api.health": (200, None),
    "describe_api.openapi": (200, None),
    "describe_api.docs": (200, None),
    "describe_api.preflight": (204, None),
}


Handle = Callable[[str, Any], Any]

#: The requests whose answer names what they made, by the id that the samples have for it: where the answer has it.
_NAMES = {
    "manage_funnel.make_draft": (DRAFT_ID, "draft_id"),
    "manage_funnel.simulate": (SIMULATION_ID, "simulation_id"),
    "manage_sources.connect_signed": (SIGNED_SOURCE_ID, "source_id"),
    "manage_exports.start": (EXPORT_ID, "export_id"),
}
#: The forms whose answer leads to the page of what they made, and the id that the samples have for it.
_LEADS_TO = {"submit_pages.make_draft": DRAFT_ID, "submit_pages.simulate": SIMULATION_ID}


def handle(function: str, event: Any, told: SimpleNamespace | None = None) -> Any:
    """Have a function's handler handle an event; what it is ``told`` of its invocation is the usual otherwise."""
    context = SimpleNamespace(**{**vars(CONTEXT), **vars(told or CONTEXT)})
    return import_module(f"functions.{function}.app").handler(event, context)


def invoke(name: str, made: Mapping[str, str] | None = None, handle: Handle = handle) -> Any:
    """Send a sample event, with the ids that the story made in the place of those that the sample names."""
    return handle(name.partition(".")[0], sample(name, made))


def sample(name: str, made: Mapping[str, str] | None = None) -> Any:
    """A sample event, with the ids that the story made in the place of those that the sample names."""
    text = (EVENTS / f"{name.partition(' ')[0]}.json").read_text(encoding="utf-8")
    for named, real in (made or {}).items():
        text = text.replace(named, real)
    return json.loads(text)


@contextmanager
def an_issuer() -> Iterator[FakeIssuer]:
    """An issuer that the functions sign people in with, as the environment of a deployment says it."""
    issuer = FakeIssuer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OIDC_ISSUER", issuer.url)
        patch.setenv("OIDC_AUDIENCE", issuer.client)
        patch.setenv("OIDC_WORKSPACE_CLAIM", "custom:workspace")
        patch.setenv("OIDC_ROLES_CLAIM", "cognito:groups")
        patch.setattr(issuer_module, "fetch", issuer.ask)
        token_verifier.cache_clear()
        yield issuer
        token_verifier.cache_clear()


def tell(handle: Handle = handle) -> None:
    """Send the sample events in the order of the story to their functions, and hold each answer to it."""
    with an_issuer() as issuer:
        _tell(handle, issuer)


def _tell(handle: Handle, issuer: FakeIssuer) -> None:
    made: dict[str, str] = {}
    for name, (status, stage) in STORY.items():
        answer = invoke(name, made, handle)
        assert answer["statusCode"] == status, (name, answer["body"])
        assert stage is None or f'"{stage}"' in answer["body"], (name, answer["body"])
        if name in _NAMES:
            named, field = _NAMES[name]
            made[named] = json.loads(answer["body"])[field]
        elif name in _LEADS_TO:
            made[_LEADS_TO[name]] = _last_segment(answer)
        elif name == "manage_keys.give_out":
            made[KEY_ID] = json.loads(answer["body"])["key_id"]
            made[KEY] = json.loads(answer["body"])["key"]
        elif name == "manage_sources.connect":
            made |= _addressed(SOURCE_ID, json.loads(answer["body"])["source_id"])
        elif name == "manage_sources.quarantine":
            made[PART_ID] = json.loads(answer["body"])["parts"][0]["part_id"]
        elif name == "sign_in.with_key":
            made[SESSION] = re.findall("__Host-session=([^;]+)", str(answer["multiValueHeaders"]))[0]
            made[CSRF] = json.loads(answer["body"])["csrf_token"]
        elif name == "sign_in.start":
            (location,) = answer["multiValueHeaders"]["Location"]
            asked = {key: value for key, (value,) in parse_qs(urlsplit(location).query).items()}
            made[STATE] = asked["state"]
            made["ExampleCode"] = issuer.sign_in(asked)


def _last_segment(answer: Any) -> str:
    """The id in the address of the page that an answer leads to."""
    (location,) = answer["multiValueHeaders"]["Location"]
    return str(urlsplit(location).path).rpartition("/")[2]


def _addressed(named: str, real: str) -> dict[str, str]:
    """A source's id in the place of the sample's, as part of an address and as a write key."""
    return {named: real, _write_key(named): _write_key(real)}


def _write_key(source_id: str) -> str:
    return b64encode(f"{source_id}:".encode()).decode()
