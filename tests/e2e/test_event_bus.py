"""Events of an outside system on an event bus, handed over by a rule to the deployed function."""

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
    bus = local_stack.client("events")
    function = local_stack.client("lambda").get_function(FunctionName="prospect-lifecycle-receive_event")
    bus.create_event_bus(Name=workspace)
    bus.put_rule(
        Name="to-us", EventBusName=workspace, EventPattern=json.dumps({"source": [{"prefix": "aws.partner/"}]})
    )
    bus.put_targets(
        Rule="to-us",
        EventBusName=workspace,
        Targets=[
            {
                "Id": "receive_event",
                "Arn": function["Configuration"]["FunctionArn"],
                "InputTransformer": {
                    "InputPathsMap": {"event": "$"},
                    "InputTemplate": f'{{"source_id": "{source_id}", "event": <event>}}',
                },
            }
        ],
    )

    for name in ("contact_created", "role_created", "opportunity_created", "opportunity_won"):
        event = json.loads(SENDER.samples[name].body)
        bus.put_events(
            Entries=[
                {
                    "EventBusName": workspace,
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                }
            ]
        )

    customers = eventually(lambda: api.ok("GET", "/prospects?stage=customer")["prospects"], bool)
    api.http.close()
    assert [one["identities"]["crm"] for one in customers] == [{"salesforce": [CONTACT]}]
