"""Stage changes go out on the bus, for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.deployment import STACK_NAME
from local.stack import LocalStack
from tests.e2e.api import Api, eventually, someone, something


class Listener:
    """A queue behind a rule that lets every stage change through."""

    def __init__(self, stack: LocalStack) -> None:
        self._sqs = stack.client("sqs")
        self._events = stack.client("events")
        self._rule = f"everything-{something()}"
        self.url = self._sqs.create_queue(QueueName=self._rule)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"detail-type": ["prospect.stage_changed"], "source": ["prospect-lifecycle"]})
        self._events.put_rule(Name=self._rule, EventBusName=STACK_NAME, EventPattern=pattern)
        self._events.put_targets(Rule=self._rule, EventBusName=STACK_NAME, Targets=[{"Id": "queue", "Arn": arn}])
        self._heard: list[dict[str, Any]] = []

    def heard(self, prospect_id: str) -> list[dict[str, Any]]:
        """What was announced of a prospect so far."""
        messages = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        self._heard += [json.loads(message["Body"])["detail"] for message in messages]
        for message in messages:
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [detail for detail in self._heard if detail["prospect_id"] == prospect_id]

    def close(self) -> None:
        self._events.remove_targets(Rule=self._rule, EventBusName=STACK_NAME, Ids=["queue"])
        self._events.delete_rule(Name=self._rule, EventBusName=STACK_NAME)
        self._sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture
def listener(local_stack: LocalStack) -> Iterator[Listener]:
    listening = Listener(local_stack)
    yield listening
    listening.close()


def test_a_stage_change_is_announced_to_whoever_listens(api: Api, listener: Listener) -> None:
    email = someone()
    moved = api.activity(type="website_visit", identities={"email": email})

    (change,) = eventually(lambda: listener.heard(moved["prospect_id"]), bool)

    assert (change["workspace"], change["from"], change["to"]) == ("local", "anonymous", "engaged")
    assert (change["cause"], change["funnel_version"], change["cycle"]) == ("rule", 1, 1)
    assert email not in json.dumps(change)


def test_what_moves_nobody_is_not_announced(api: Api, listener: Listener) -> None:
    email = someone()
    moved = api.activity(type="website_visit", identities={"email": email})
    eventually(lambda: listener.heard(moved["prospect_id"]), bool)

    api.activity(type="website_visit", identities={"email": email})
    last = api.activity(type="form_submission", identities={"email": email}, properties={"form": "demo"})

    heard = eventually(lambda: listener.heard(last["prospect_id"]), lambda changes: len(changes) > 1)
    assert [change["to"] for change in heard] == ["engaged", "marketing_qualified"]
