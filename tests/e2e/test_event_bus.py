"""Events of an outside system on an event bus, as a rule hands them over to the deployed function."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, eventually
from tests.senders.salesforce import CONTACT, SENDER


def test_a_change_event_on_the_bus_is_received_for_the_source_of_its_rule(
    local_stack: LocalStack, stack_info: StackInfo
) -> None:
    workspace = f"bus-{uuid4().hex[:8]}"
    key = create_api_key(
        local_stack.client("dynamodb"), stack_info.table, workspace, "test", datetime.now(UTC), scopes=SCOPES
    )
    api = Api(stack_info.api_url, key)
    wanted = {"kind": "salesforce", "settings": dict(SENDER.settings)}
    source_id = api.ok("POST", "/sources", json=wanted)["source_id"]
    functions = local_stack.client("lambda")

    for name in ("contact_created", "role_created", "opportunity_created", "opportunity_won"):
        # As the rule's input transformer makes it of an event. (No test can put an event of a partner on a bus: those
        # who are not Amazon may name no source that begins with "aws.".)
        handed_over = {"source_id": source_id, "event": json.loads(SENDER.samples[name].body)}
        functions.invoke(
            FunctionName="prospect-lifecycle-receive_event",
            InvocationType="Event",
            Payload=json.dumps(handed_over).encode(),
        )

    customers = eventually(lambda: api.ok("GET", "/prospects?stage=customer")["prospects"], bool)
    api.http.close()
    assert [one["identities"]["crm"] for one in customers] == [{"salesforce": [CONTACT]}]
