"""Every route against every role, in the own workspace and in a foreign one, on the deployed template.

The rows are those of the handlers' own matrix (tests/unit/functions/test_access.py), which wants one for every route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.key_examples import KEY_ID
from lifecycle.contract.source_examples import PART_ID, SOURCE_ID
from lifecycle.services.roles import ROLES, scopes_of
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, someone, something
from tests.e2e.test_sign_in import key_of, token_of
from tests.fakes.issuer import FakeIssuer
from tests.unit.functions.fake_lifecycle import ANNS_ID
from tests.unit.functions.test_access import PRIVATE, ROWS, Row, may

#: What a foreign workspace must not change.
SHOWN = ("/prospects/{prospect}", "/funnel/drafts/{draft}", "/funnel/simulations/{simulation}", "/funnel/versions/2")


@pytest.fixture(scope="module")
def owner(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Api]:
    """A workspace's all-powerful key."""
    api = Api(stack_info.api_url, key_of(local_stack, stack_info, f"owner-{something()[:12]}"))
    yield api
    api.http.close()


@pytest.fixture(scope="module")
def ids(owner: Api) -> Mapping[str, str]:
    """One of everything that paths name, in the owner's workspace: by the examples' ids."""
    prospect = owner.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    owner.ok("PUT", "/funnel/settings", json={"signatures_required": False})
    definition = {"stages": owner.ok("GET", "/funnel/gallery/default")["definition"]["stages"]}
    published = owner.ok("POST", "/funnel/drafts", json={"definition": definition})["draft_id"]
    assert owner.ok("POST", f"/funnel/drafts/{published}/publication")["version"] == 2
    draft = owner.ok("POST", "/funnel/drafts", json={"definition": definition})["draft_id"]
    simulation = owner.ok("POST", f"/funnel/drafts/{draft}/simulations")["simulation_id"]
    key = owner.ok("POST", "/keys", json={"name": "spare", "scopes": ["read"]})["key_id"]
    source = owner.ok("POST", "/sources", json={"kind": "segment"})["source_id"]
    owner.ok("POST", f"/webhooks/{source}/page", json={"type": "page", "messageId": "names nobody"})
    (part,) = owner.ok("GET", f"/sources/{source}/quarantine")["parts"]
    return {
        ANNS_ID: prospect,
        DRAFT_ID: draft,
        SIMULATION_ID: simulation,
        KEY_ID: key,
        SOURCE_ID: source,
        PART_ID: part["part_id"],
    }


def send(api: Api, row: Row, ids: Mapping[str, str] | None = None) -> Any:
    """A row's request, with what is there in the place of the examples."""
    path = row.path
    for example, real in (ids or {}).items():
        path = path.replace(example, real)
    return api.request(row.method, path) if row.body is None else api.request(row.method, path, json=row.body)


def test_every_private_route_is_among_the_rows() -> None:
    assert {(row.method, row.resource) for row in ROWS} == PRIVATE.keys()


@pytest.mark.parametrize("roles", [*((role,) for role in ROLES), tuple(ROLES)], ids=",".join)
def test_a_route_is_open_for_the_roles_that_it_is_for(
    stack_info: StackInfo, issuer: FakeIssuer, roles: Sequence[str]
) -> None:
    api = Api(stack_info.api_url, token_of(issuer, f"people-{something()[:12]}", *roles))

    answers = [(row, send(api, row)) for row in ROWS]

    api.http.close()
    wrong = [
        (row.method, row.path, row.scope, answer.status_code)
        for row, answer in answers
        if (answer.status_code != 403) is not may(row, scopes_of(roles)) or answer.status_code in (401, 500, 502)
    ]
    assert wrong == []


def test_what_one_workspace_has_does_not_exist_for_another(
    local_stack: LocalStack, stack_info: StackInfo, owner: Api, ids: Mapping[str, str]
) -> None:
    names = {"prospect": ids[ANNS_ID], "draft": ids[DRAFT_ID], "simulation": ids[SIMULATION_ID]}
    paths = [path.format_map(names) for path in SHOWN]
    before = [owner.ok("GET", path) for path in paths if "simulation" not in path]
    foreign = Api(stack_info.api_url, key_of(local_stack, stack_info, f"other-{something()[:12]}"))

    answers = [(row, send(foreign, row, ids)) for row in ROWS]

    foreign.http.close()
    wrong = [(row.method, row.path, got.status_code) for row, got in answers if got.status_code != row.foreign]
    shown = [row.path for row, got in answers if row.method == "GET" and any(id_ in got.text for id_ in ids.values())]
    assert (wrong, shown) == ([], [])
    assert [owner.ok("GET", path) for path in paths if "simulation" not in path] == before
    assert owner.request("GET", paths[2]).status_code == 200
    assert ids[KEY_ID] in str(owner.ok("GET", "/keys"))
    assert len(owner.ok("GET", f"/sources/{ids[SOURCE_ID]}/quarantine")["parts"]) == 1
