"""What each function calls against what its role may do: a call without a grant fails, and a grant without a call.

The real handlers, on clients of their own making, tell the story of the sample events and what it leaves out: requests
that died half-way, long work, time that passes. Every call of any client of the process is noted down, and by whose
credentials it was made: the function's own, or those of a session of one workspace. No emulator judges the partition
keys of a call by the patterns of a policy (``dynamodb:LeadingKeys``), so this is done here for each of them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.hooks import BaseEventHooks
from botocore.model import OperationModel
from moto import mock_aws

from functions.run_timers import app as run_timers_app
from lifecycle.contract import source_desk
from lifecycle.contract.session_examples import SESSION
from lifecycle.contract.source_examples import SOURCE_ID
from lifecycle.contract.throttling import throttle
from lifecycle.events import Activity, Identity, prospect_id
from lifecycle.services import export_worker, lifecycle, paging, report_days
from lifecycle.services.credentials import create_api_key
from lifecycle.store.bus import event_bus
from lifecycle.store.client import dynamodb_client, hasty_dynamodb_client
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.lake import glue
from lifecycle.store.protocol import Appended
from lifecycle.store.queue import export_queue, job_queue, record_queue
from lifecycle.store.schema import SHARDS
from lifecycle.store.vault import vault
from lifecycle.store.workspace_clients import TAG, sessions
from tests.integration.story import KEY, an_issuer, handle, sample, tell
from tests.integration.tables import create_table
from tests.senders import pipedrive
from tests.template import (
    FUNCTIONS,
    as_list,
    environment_of,
    events_of,
    leading_keys,
    policies_of,
    statements_of,
    workspace_role_of,
)

PROJECT = Path(__file__).resolve().parents[2]
CODE = (PROJECT / "functions", PROJECT / "layers/lifecycle/lifecycle")
TABLE_NAME = "granted"
BUS_NAME = "bus"
SOURCES_PREFIX = "/stack/sources"
#: The parameters of Systems Manager with the secrets of sources, as the template has them.
PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${AWS::StackName}/sources/*"
#: The files of the lake, and its tables in the catalogue, as the template has them.
LAKE_FILES = "LakeBucket/workspace=*"
CATALOGUE = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}"
LAKE_TABLES = ("catalog", "database/${LakeDatabase}", "table/${LakeDatabase}/*")
WORKSPACE = "local"
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=29)
#: Of the default funnel.
LIMIT_OF_OPPORTUNITY = timedelta(days=90)

PROPERTIES = {"form": "demo"}
#: Each of these moves a prospect of the default funnel one stage up.
CLIMB = ("email_sent", "website_visit", "form_submission")

#: A transaction is authorised by the verbs of its parts (AWS, "Using IAM with DynamoDB transactions").
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
#: What Lambda itself calls by the function's role.
OF_STREAMS = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
WORKSPACE_ROLES = ("WorkspaceRole", "WorkspaceReadRole", "WorkspaceReportRole", "WorkspaceExportRole")
OF_QUEUES = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
OF_EVERY_FUNCTION = ("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords")

#: A funnel in which time moves a prospect.
WAITING = {
    "name": "Waiting",
    "stages": [
        {"key": key, "label": key, "owner": "sales", "enter_when": criterion}
        for key, criterion in {
            "unknown": {"not": {"known": "email"}},
            "known": {"known": "email"},
            "visitor": {"all": [{"known": "email"}, {"activity": {"type": "website_visit"}}]},
            "met": {"all": [{"known": "email"}, {"activity": {"type": "meeting"}}]},
            "waiting": {"all": [{"known": "email"}, {"stage": {"in": "met", "for": "1 day"}}]},
        }.items()
    ],
}


#: Whose credentials a call was made by: a function's own, or those of a role that was entered for a workspace.
OWN = None
ACCOUNT = "123456789012"


class Grant(NamedTuple):
    """An action of IAM and the logical id of what it is for; of an index ``Table/index/<name>``."""

    action: str
    resource: str


class Call(NamedTuple):
    """A grant that a call took, with the partition key it was about (``None``: it is about no item)."""

    grant: Grant
    key: str | None


class Session(NamedTuple):
    """The logical id of a role that a function entered, and for which workspace."""

    role: str
    workspace: str


# ----------------------------------------------------------------------------------------------------------------------
# What is called
# ----------------------------------------------------------------------------------------------------------------------


@dataclass
class Calls:
    """Notes down the calls of all clients while a function handles an event, as grants that they take."""

    #: By function, and by the session in which they were made (``OWN``: none).
    made: dict[tuple[str, Session | None], set[Call]] = field(default_factory=lambda: defaultdict(set))
    #: The sessions that were entered, by their access keys.
    sessions: dict[str, Session] = field(default_factory=dict)
    #: File and first line of each function of the code that was at work when a call was made.
    places: set[tuple[str, int]] = field(default_factory=set)
    at_work: str | None = None

    def listen(self, events: BaseEventHooks) -> None:
        """Have botocore tell of every call of the clients that are made from now on."""
        events.register("provide-client-params", self._remember)
        events.register_last("request-created", self._note)
        events.register("after-call.sts.AssumeRole", self._entered)

    def _remember(self, params: Mapping[str, Any], model: OperationModel, context: dict[str, Any], **_: object) -> None:
        """Called with every call, before it is made."""
        context["call"] = model, params

    def _note(self, request: AWSRequest, **_: object) -> None:
        """Called with every request, as it was signed."""
        if self.at_work is None:
            return
        model, params = request.context["call"]
        access_key = re.search(r"Credential=(\w+)/", str(request.headers["Authorization"]))
        assert access_key is not None
        service = model.service_model.service_name
        self.made[self.at_work, self.sessions.get(access_key[1])].update(
            Call(Grant(f"{service}:{verb}", on), key) for verb, on, key in needed(model.name, params)
        )
        frame = sys._getframe()
        while frame.f_back is not None:
            frame = frame.f_back
            self.places.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    def _entered(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: object) -> None:
        """Called with what STS answered."""
        _, params = context["call"]
        (tag,) = params["Tags"]
        assert tag["Key"] == TAG
        session = Session(params["RoleArn"].rpartition("/")[2], tag["Value"])
        self.sessions[parsed["Credentials"]["AccessKeyId"]] = session

    def of(self, function: str) -> set[Grant]:
        """The grants that a function takes by its own role."""
        return {call.grant for call in self.made[function, OWN]}

    def within(self, role: str) -> set[Grant]:
        """The grants that are taken in sessions of a role, by whichever function."""
        return {
            call.grant
            for (_, session), calls in self.made.items()
            if session and session.role == role
            for call in calls
        }

    def handle(self, function: str, event: Any, told: SimpleNamespace | None = None) -> Any:
        """Have a function handle an event in a process of its own, as it were, and note its calls."""
        self.at_work = function
        role = environment_of(function)["WORKSPACE_ROLE_ARN"]["Fn::GetAtt"].removesuffix(".Arn")
        try:
            with pytest.MonkeyPatch.context() as patch:
                sessions.cache_clear()
                throttle.cache_clear()
                vault.cache_clear()
                patch.setenv("WORKSPACE_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/{role}")
                return handle(function, event, told)
        finally:
            self.at_work = None


def needed(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """The verbs, resources and partition keys that a call is authorised by. One that is not known here is an error."""
    match operation:
        case "TransactWriteItems":
            for item in params["TransactItems"]:
                for part, write in item.items():
                    yield PARTS[part], {TABLE_NAME: "Table"}[write["TableName"]], _leading_key(write)
        case "BatchGetItem":
            ((table, asked),) = params["RequestItems"].items()
            yield from ((operation, {TABLE_NAME: "Table"}[table], key["pk"]["S"]) for key in asked["Keys"])
        case "GetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem":
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield operation, {TABLE_NAME: "Table"}[params["TableName"]] + index, _leading_key(params)
        case "AssumeRole":
            yield operation, params["RoleArn"].rpartition("/")[2], None
        case "SendMessage":
            queue = params["QueueUrl"].rpartition("/")[2]
            yield operation, {"jobs": "JobQueue", "records": "RecordQueue", "exports": "ExportQueue"}[queue], None
        case "PutParameter" | "GetParameter" | "DeleteParameter":
            yield operation, _parameter(params["Name"]), None
        case "PutEvents":
            yield from ((operation, {BUS_NAME: "EventBus"}[it["EventBusName"]], None) for it in params["Entries"])
        case _:
            yield from _needed_of_the_lake(operation, params)


def _needed_of_the_lake(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """The same of calls to S3 and Glue; in the place of a partition key the key of a file."""
    match operation:
        case "PutObject" | "GetObject":
            yield operation, LAKE_FILES, params["Key"]
        case "DeleteObjects":
            yield from (("DeleteObject", LAKE_FILES, it["Key"]) for it in params["Delete"]["Objects"])
        case "ListObjectsV2":
            yield "ListBucket", "LakeBucket", params["Prefix"]
        case "UpdateTable" | "CreateTable":
            yield from ((operation, f"{CATALOGUE}:{what}", None) for what in LAKE_TABLES)
        case _:
            raise AssertionError(f"say what {operation} is authorised by")


def _parameter(name: str) -> str:
    """Where a parameter of Systems Manager is, as the grants have it."""
    assert name.startswith(f"{SOURCES_PREFIX}/")
    return PARAMETERS


def _leading_key(params: Mapping[str, Any]) -> str:
    """The partition key that a call on one partition, of the table or of an index, is about."""
    if "KeyConditionExpression" in params:
        partition = re.match(r"\w*pk = (:\w+)\b", params["KeyConditionExpression"])
        assert partition is not None
        return str(params["ExpressionAttributeValues"][partition[1]]["S"])
    return str((params.get("Key") or params["Item"])["pk"]["S"])


# ----------------------------------------------------------------------------------------------------------------------
# The story
# ----------------------------------------------------------------------------------------------------------------------


def request(sample_name: str, workspace: str, body: Mapping[str, Any] | None = None, **path: str) -> Any:
    """A sample event as another workspace would send it, with another body and other parts of the path."""
    event = sample(sample_name)
    event["requestContext"]["authorizer"]["workspace"] = workspace
    event["pathParameters"] = path or event["pathParameters"]
    event["path"] = event["resource"].format_map(event["pathParameters"] or {})
    return {**event, "body": event["body"] if body is None else json.dumps(body)}


class Told:
    """The story of the sample events, and what they leave out. Each function has a workspace of its own for that."""

    def __init__(self, calls: Calls, patch: pytest.MonkeyPatch) -> None:
        self._calls = calls
        self._patch = patch

    def from_the_beginning(self) -> None:
        """All of it."""
        tell(self._calls.handle)
        self._a_key_is_looked_up()
        self._people_are_let_in()
        self._decisions_on_several_prospects_are_looked_up()
        self._stage_changes_are_announced()
        self._late_events_are_found_by_the_next_request()
        self._late_events_are_found_by_the_stream()
        self._time_passes()
        self._what_waits_is_resolved()
        self._events_come_by_a_bus()
        self._hooks_are_asked()
        self._reports_are_read()
        self._the_dashboard_is_looked_at()
        self._long_work_is_done()
        self._the_lake_is_filled()

    def _send(self, sample_name: str, workspace: str, body: Mapping[str, Any] | None = None, **path: str) -> Any:
        """Send a request that goes well; the document of its answer."""
        event = request(sample_name, workspace, body, **path)
        answer = self._calls.handle(sample_name.partition(".")[0], event)
        assert answer["statusCode"] < 300, (sample_name, answer["body"])
        return json.loads(answer["body"] or "null")

    def _a_key_is_looked_up(self) -> None:
        key = create_api_key(boto3.client("dynamodb"), TABLE_NAME, WORKSPACE, "laptop", NOW)
        event = sample("authorize_request.key", {"plc_ExampleKeyThatOpensNothing0123456789abcdefg": key})
        assert self._calls.handle("authorize_request", event)["context"]["workspace"] == WORKSPACE

    def _decisions_on_several_prospects_are_looked_up(self) -> None:
        workspace = "read-audit"
        self._make_more_prospects(workspace, LONG_AGO, CLIMB[-1])
        for number in range(2):
            email = Identity("email", f"more-{number}@example.com")
            self._send(
                "decide_stage.accept", workspace, {"action": "accept"}, prospect_id=prospect_id(workspace, email)
            )
        assert len(self._send("read_audit.newest", workspace)["entries"]) == 2

    def _people_are_let_in(self) -> None:
        paging._secret.cache_clear()
        key = create_api_key(boto3.client("dynamodb"), TABLE_NAME, WORKSPACE, "dashboard", NOW)
        with an_issuer() as issuer:
            event = sample("authorize_request.key", {KEY: issuer.token()})
            assert self._calls.handle("authorize_request", event)["context"]["credential"] == "token"
        opened = self._calls.handle("sign_in", sample("sign_in.with_key", {KEY: key}))
        session = re.findall("__Host-session=([^;]+)", str(opened["multiValueHeaders"]))[0]
        event = sample("authorize_request.session", {SESSION: session})
        assert self._calls.handle("authorize_request", event)["context"]["credential"] == "session"

    def _what_waits_is_resolved(self) -> None:
        workspace = "manage-sources"
        wanted = {"kind": "cloudevents", "secret": "sesame"}
        source_id = self._send("manage_sources.connect", workspace, wanted)["source_id"]
        for number, more in enumerate(({}, {"email": "waiting@example.com"})):
            content = {"specversion": "1.0", "source": "/crm", "id": str(number), "type": "prospect.activity"}
            data = {"type": "website_visit", "identities": {"crm": {"ours": "151"}, **more}}
            event = sample("receive_webhook.segment")
            event["path"] = f"/webhooks/{source_id}"
            event["headers"] |= {"Authorization": "Bearer sesame", "Content-Type": "application/cloudevents+json"}
            event["body"] = json.dumps({**content, "data": data})
            assert self._calls.handle("receive_webhook", event)["statusCode"] == 202
        assert self._send("manage_sources.unresolved", workspace)["waiting"] == []

    def _events_come_by_a_bus(self) -> None:
        workspace = "receive-event"
        settings = {"organisation": "00D5f000005XyZAEA0"}
        wanted = {"kind": "salesforce", "settings": settings}
        source_id = self._send("manage_sources.connect", workspace, wanted)["source_id"]
        self._calls.handle("receive_event", sample("receive_event.salesforce", {SOURCE_ID: source_id}))
        waiting = self._send("manage_sources.unresolved", workspace)["waiting"]
        assert [one["what"] for one in waiting] == ["deal"]

    def _hooks_are_asked(self) -> None:
        """Whatever way a thin event comes, the hook of its source is asked, and for what its answer names as well."""
        settings = {"organisation": "00D5f000005XyZAEA0", "enrichment": {"url": "https://hook.example.com/"}}
        wanted = {"kind": "salesforce", "settings": settings, "enrichment_secret": "sesame"}
        event = sample("receive_event.salesforce")
        source_id = self._send("manage_sources.connect", "receive-event", wanted)["source_id"]
        self._calls.handle("receive_event", {**event, "source_id": source_id})
        assert self._ask_hooks(b'{"deal": {"contacts": [{"crm": {"salesforce": "0031"}}]}}') == ["deal", "contact"]

        workspace = "enrich-record"
        wanted = {"kind": "pipedrive", "secret": "user:word", "enrichment_secret": "sesame"}
        wanted["settings"] = {"enrichment": settings["enrichment"]}
        source_id = self._send("manage_sources.connect", workspace, wanted)["source_id"]
        sent = sample("receive_webhook.segment")
        sent["path"] = f"/webhooks/{source_id}"
        sent["headers"] |= {"Authorization": f"Basic {b64encode(b'user:word').decode()}"}
        thin, unreadable = pipedrive.SENDER.samples["deal_created"].body, b'{"meta": {}}'
        for body in (thin, unreadable):
            sent["body"] = body.decode()
            assert self._calls.handle("receive_webhook", sent)["statusCode"] == 200
        (part,) = self._send("manage_sources.quarantine", workspace, source_id=source_id)["parts"]
        path = {"source_id": source_id, "part_id": part["part_id"]}
        self._send("manage_sources.replay_fixed", workspace, {"fixed": json.loads(thin)}, **path)
        assert set(self._ask_hooks(None)) == {"contact"}

    def _ask_hooks(self, answer: bytes | None) -> list[str]:
        """Hand what hooks are to be asked to the function, which gets the same answer to everything but contacts; what
        it was asked."""
        sqs, url = boto3.client("sqs"), os.environ["RECORD_QUEUE_URL"]
        asked = []
        with self._patch.context() as patch:
            patch.setattr(source_desk, "ask", lambda *_, **__: answer)
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
                for message in messages:
                    asked.append(json.loads(message["Body"])["what"])
                    if asked[-1] == "contact":
                        patch.setattr(source_desk, "ask", lambda *_, **__: None)
                    record = {
                        "messageId": message["MessageId"],
                        "body": message["Body"],
                        "attributes": {"ApproximateReceiveCount": "1"},
                    }
                    assert self._calls.handle("enrich_record", {"Records": [record]}) == {"batchItemFailures": []}
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return asked

    def _reports_are_read(self) -> None:
        """At first the day is too large for a request. Later it has been quiet for a while.

        On the day on which the limit of a stage falls somebody came into it: two did, lest it be the day after by then.
        """
        workspace = "read-reports"
        self._make_more_prospects(workspace, LONG_AGO, CLIMB[-1])
        for later in (0, 10):
            opened = (NOW - LIMIT_OF_OPPORTUNITY + timedelta(minutes=later)).isoformat()
            body = {"status": "open", "occurred_at": opened, "contacts": [{"email": f"{later}@example.com"}]}
            self._send("update_deal.open", workspace, body, deal_id=f"deal-{later}")
        with self._patch.context() as hurried:
            hurried.setattr(report_days, "LONGEST_INLINE_SECONDS", -1.0)
            assert not self._send("read_reports.viscosity", workspace)["complete"]
        with self._patch.context() as at_that_time:
            at_that_time.setattr(report_days, "datetime", Clock(datetime.now(UTC) + timedelta(hours=1)))
            assert self._send("read_reports.viscosity", workspace)["complete"]
        for name in ("read_reports.prospects", "read_reports.stock"):
            event = request(name, workspace)
            asked = {**event["queryStringParameters"], "stage": "marketing_qualified"}
            event |= {"multiValueQueryStringParameters": {name: [value] for name, value in asked.items()}}
            counted = json.loads(self._calls.handle("read_reports", event)["body"])
            assert len(counted["prospects"]) == SHARDS + 1

    def _the_dashboard_is_looked_at(self) -> None:
        """At a day that is too large for a request."""
        workspace = "show-dashboard"
        self._make_more_prospects(workspace, LONG_AGO, CLIMB[-1])
        with self._patch.context() as hurried:
            hurried.setattr(report_days, "LONGEST_INLINE_SECONDS", -1.0)
            page = self._calls.handle("show_dashboard", request("show_dashboard.dashboard", workspace))
        assert "still being counted" in page["body"]

    def _stage_changes_are_announced(self) -> None:
        announced = self._calls.handle("announce_stage", sample("announce_stage.inserts"))
        assert announced == {"batchItemFailures": []}

    def _leave_a_late_event(self, workspace: str, moment: datetime, *types: str) -> str:
        """Record activities, each of which moves a new prospect. Then append one more of the last type, with a time
        before all of them, as a request does that dies right after.

        Whoever evaluates the prospect next finds that it was where it is from the start, and has transitions to erase.

        Arguments:
            workspace: whose prospect.
            moment: when it happens.
            types: of the activities.

        Returns:
            The prospect's id.
        """
        email = Identity("email", f"{workspace}@example.com")
        for number, type_ in enumerate(types, 1):
            self._send(
                "ingest_activity.form",
                workspace,
                {
                    "id": type_,
                    "type": type_,
                    "occurred_at": (moment + timedelta(milliseconds=number)).isoformat(),
                    "identities": {"email": email.value, "visitor": f"v-{workspace}"},
                    "properties": PROPERTIES,
                },
            )
        id_ = prospect_id(workspace, email)
        late = Activity("late", moment, NOW, types[-1], "inbound", (email,), properties=PROPERTIES)
        store = DynamoStore(boto3.client("dynamodb"), TABLE_NAME, workspace)
        assert store.append([Appended(id_, late, id_)]) == [True]
        assert len(store.transitions(id_)) == len(types)
        return id_

    def _make_more_prospects(self, workspace: str, moment: datetime, type_: str) -> None:
        """So many that two of them are in the same shard of the index by stage."""
        activities = [
            {
                "id": f"more-{number}",
                "type": type_,
                "occurred_at": moment.isoformat(),
                "identities": {"email": f"more-{number}@example.com"},
                "properties": PROPERTIES,
            }
            for number in range(SHARDS + 1)
        ]
        self._send("ingest_activity.batch", workspace, {"activities": activities})

    def _late_events_are_found_by_the_next_request(self) -> None:
        self._leave_a_late_event("update-deal", LONG_AGO, *CLIMB)
        contacts = [{"email": f"{name}@example.com"} for name in ("update-deal", "somebody-else")]
        self._send(
            "update_deal.open", "update-deal", {"status": "open", "occurred_at": NOW.isoformat(), "contacts": contacts}
        )
        self._leave_a_late_event("ingest-activity", LONG_AGO, *CLIMB)
        earlier = {"occurred_at": (LONG_AGO - timedelta(hours=1)).isoformat(), "properties": PROPERTIES}
        body = {"type": CLIMB[-1], "identities": {"email": "ingest-activity@example.com"}, **earlier}
        self._send("ingest_activity.form", "ingest-activity", {"id": "earlier", **body})
        id_ = self._leave_a_late_event("decide-stage", LONG_AGO, *CLIMB)
        self._send("decide_stage.accept", "decide-stage", prospect_id=id_)
        self._send("read_prospects.by_email", "decide-stage")

    def _late_events_are_found_by_the_stream(self) -> None:
        self._leave_a_late_event("evaluate-stage", LONG_AGO, *CLIMB)
        items = boto3.client("dynamodb").scan(TableName=TABLE_NAME)["Items"]
        inserted = [item for item in items if item["sk"]["S"].startswith("E#")]
        records = [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "Keys": {name: item[name] for name in ("pk", "sk")},
                    "NewImage": item,
                },
            }
            for number, item in enumerate(inserted)
        ]
        assert any(item["pk"]["S"].startswith("W#evaluate-stage#") for item in inserted)
        assert self._calls.handle("evaluate_stage", {"Records": records}) == {"batchItemFailures": []}

    def _time_passes(self) -> None:
        """Tomorrow a version comes into force, and a prospect will have waited for a day; then it is later."""
        self._send("manage_funnel.change_settings", "run-timers", {"signatures_required": False})
        draft = self._send("manage_funnel.make_draft", "run-timers", {"definition": WAITING})["draft_id"]
        self._send("manage_funnel.publish", "run-timers", draft_id=draft)
        in_force = datetime.now(UTC)
        self._leave_a_late_event("run-timers", in_force, "email_sent", "website_visit", "meeting")
        self._make_more_prospects("run-timers", in_force, "meeting")
        tomorrow, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
        self._send(
            "manage_funnel.roll_back", WORKSPACE, {"by": "Sam Lee", "reason": "x", "effective_at": tomorrow.isoformat()}
        )
        with self._patch.context() as at_that_time:
            at_that_time.setattr(run_timers_app, "datetime", Clock(later))
            at_that_time.setattr(lifecycle, "_now", lambda: later)
            assert self._calls.handle("run_timers", sample("run_timers.minute")) is None

    def _long_work_is_done(self) -> None:
        self._send("manage_funnel.change_settings", "run-job", {"signatures_required": False})
        definition = json.loads(sample("manage_funnel.make_draft")["body"])["definition"]
        kept_shortly = {"definition": definition | {"retention": {"default": "30 days"}}}
        draft = self._send("manage_funnel.make_draft", "run-job", kept_shortly)["draft_id"]
        self._leave_a_late_event("run-job", LONG_AGO, *CLIMB)
        self._make_more_prospects("run-job", LONG_AGO, CLIMB[-1])
        listed = request("read_prospects.by_stage", "run-job")
        listed |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}
        assert len(json.loads(self._calls.handle("read_prospects", listed)["body"])["prospects"]) > 1
        self._send("manage_funnel.simulate", "run-job", draft_id=draft)
        started = self._send("manage_funnel.simulate", "run-job", draft_id=draft)["simulation_id"]
        self._work_until_done("manage_funnel.simulation", simulation_id=started)
        assert len(self._send("manage_funnel.simulations", "run-job")["simulations"]) == 2
        self._send("manage_funnel.publish", "run-job", draft_id=draft)
        self._work_until_done("manage_funnel.reevaluation", version="2")
        unwanted = self._send("manage_funnel.make_draft", "run-job")["draft_id"]
        self._send("manage_funnel.delete_draft", "run-job", draft_id=unwanted)

    def _work_until_done(self, question: str, **path: str) -> None:
        """Hand the steps that were asked for to the worker. Some come only after a while."""
        sqs, url = boto3.client("sqs"), os.environ["JOB_QUEUE_URL"]
        patience = time.monotonic() + 60
        while self._send(question, "run-job", None, **path)["status"] != "done":
            assert time.monotonic() < patience, question
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ())
            for message in messages:
                record = {
                    "messageId": message["MessageId"],
                    "body": message["Body"],
                    "attributes": {"ApproximateReceiveCount": "1"},
                }
                assert self._calls.handle("run_job", {"Records": [record]}) == {"batchItemFailures": []}
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _the_lake_is_filled(self) -> None:
        """In parts that hold a page each, so that what was read is looked up. One is written while another worker is
        at it; and before that time passes, for the first export of all is a nightly one."""
        workspace = "run-export"
        self._make_more_prospects(workspace, LONG_AGO, CLIMB[-1])
        self._patch.setattr(export_worker, "LARGEST", 1)
        self._patch.setattr(export_worker, "PAGE", 1)
        self._send("manage_exports.change_settings", workspace)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run_timers_app, "datetime", Clock(NOW + timedelta(days=1, hours=1)))
            self._calls.handle("run_timers", sample("run_timers.minute"))
        (nightly,) = self._send("manage_exports.list", workspace)["exports"]
        self._export_until_done(workspace, nightly["export_id"])
        self._export_until_done(workspace, self._send("manage_exports.start", workspace)["export_id"])

    def _export_until_done(self, workspace: str, export_id: str) -> None:
        sqs, url = boto3.client("sqs"), os.environ["EXPORT_QUEUE_URL"]
        told = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
        patience = time.monotonic() + 60
        while self._send("manage_exports.show", workspace, export_id=export_id)["status"] != "done":
            assert time.monotonic() < patience
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
                record = {
                    "messageId": message["MessageId"],
                    "body": message["Body"],
                    "attributes": {"ApproximateReceiveCount": "1"},
                }
                done = self._calls.handle("run_export", {"Records": [record]}, told)
                assert done == {"batchItemFailures": []}
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class Clock:
    """Stands in for ``datetime``, at a certain moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self, _zone: tzinfo) -> datetime:
        """The moment."""
        return self._moment


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    """The calls of all functions."""
    clients = (dynamodb_client, hasty_dynamodb_client, sessions, throttle, event_bus, glue)
    factories = (*clients, job_queue, record_queue, export_queue)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for factory in factories:
            factory.cache_clear()
        sqs = boto3.client("sqs")
        boto3.client("events").create_event_bus(Name=BUS_NAME)
        create_table(boto3.client("dynamodb"), TABLE_NAME)
        patch.setenv("TABLE_NAME", TABLE_NAME)
        patch.setenv("EVENT_BUS_NAME", BUS_NAME)
        patch.setenv("JOB_QUEUE_URL", sqs.create_queue(QueueName="jobs")["QueueUrl"])
        patch.setenv("EXPORT_QUEUE_URL", sqs.create_queue(QueueName="exports")["QueueUrl"])
        patch.setenv("NIGHTLY_EXPORT_HOUR", "2")
        boto3.client("s3").create_bucket(Bucket="lake")
        patch.setenv("LAKE_BUCKET", "lake")
        boto3.client("glue").create_database(DatabaseInput={"Name": "lake"})
        patch.setenv("LAKE_DATABASE", "lake")
        patch.setenv("JOB_PROSPECTS_PER_SECOND", "1000")
        patch.setenv("WORKSPACE_REQUESTS_PER_SECOND", "250")
        patch.setenv("KEY_REQUESTS_PER_SECOND", "100")
        patch.setenv("RECORD_QUEUE_URL", sqs.create_queue(QueueName="records")["QueueUrl"])
        patch.setenv("LOCAL_HOOKS", "false")
        patch.setenv("SOURCES_PREFIX", SOURCES_PREFIX)
        noted = Calls()
        assert boto3.DEFAULT_SESSION is not None
        noted.listen(boto3.DEFAULT_SESSION.events)
        Told(noted, patch).from_the_beginning()
        yield noted
        for factory in factories:
            factory.cache_clear()


# ----------------------------------------------------------------------------------------------------------------------
# What is granted
# ----------------------------------------------------------------------------------------------------------------------


def granted(function: str) -> set[Grant]:
    """What a function's role may do, apart from its own log lines and traces."""
    role = workspace_role_of(function)
    entering = set() if role is None else {Grant("sts:AssumeRole", role)}
    return entering | {grant for statement in statements_of(function) for grant in _grants(statement)}


def _grants(statement: Mapping[str, Any]) -> Iterator[Grant]:
    for action in as_list(statement["Action"]) if statement["Effect"] == "Allow" else ():
        if action not in OF_EVERY_FUNCTION:
            yield from (Grant(action, _logical_id(resource)) for resource in as_list(statement["Resource"]))


def allows(statements: Iterable[dict[str, Any]], call: Call, workspace: str = "") -> bool:
    """Whether statements allow a call on a partition, in a session of a workspace.

    As IAM reads them: the tag's value takes the variable's place, ``*`` stands for any characters, and case counts.
    """
    statements = list(statements)
    return any(
        call.grant in _grants(statement)
        and any(
            fnmatchcase(str(call.key), pattern.replace(f"${{aws:PrincipalTag/{TAG}}}", workspace))
            for pattern in _not_denied(call, statements) or leading_keys(statement)
        )
        for statement in statements
    )


def _not_denied(call: Call, statements: Iterable[Mapping[str, Any]]) -> list[str]:
    """The patterns of the files that statements do not deny a call; none where they deny it nothing."""
    return [
        (pattern["Fn::Sub"].partition("/")[2] if isinstance(pattern, dict) else pattern).replace("{!", "{")
        for statement in statements
        if statement["Effect"] == "Deny" and call.grant.action in as_list(statement["Action"])
        for pattern in as_list(statement.get("NotResource") or statement["Condition"]["StringNotLike"]["s3:prefix"])
    ]


def _logical_id(resource: Mapping[str, str]) -> str:
    """The logical id in a reference to an ARN."""
    ((_, reference),) = resource.items()
    return reference.removeprefix("${").replace(".Arn}", "").removesuffix(".Arn")


def _taken_by_lambda(function: str) -> Iterator[Grant]:
    """The grants that the event sources and the destinations of a function take."""
    for stream in events_of(function, "DynamoDB"):
        yield from (Grant(f"dynamodb:{verb}", _logical_id(stream["Stream"])) for verb in OF_STREAMS)
        yield Grant("sqs:SendMessage", _logical_id(stream["DestinationConfig"]["OnFailure"]["Destination"]))
    for queue in events_of(function, "SQS"):
        yield from (Grant(f"sqs:{verb}", _logical_id(queue["Queue"])) for verb in OF_QUEUES)
    if "EventInvokeConfig" in FUNCTIONS[function][1]:
        destination = FUNCTIONS[function][1]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]
        yield Grant("sqs:SendMessage", _logical_id(destination))


def test_every_call_has_its_grant_and_every_grant_its_call(calls: Calls) -> None:
    taken = {name: calls.of(name) | set(_taken_by_lambda(name)) for name in FUNCTIONS}
    ungranted = {(name, *grant) for name in FUNCTIONS for grant in taken[name] - granted(name)}
    uncalled = {(name, *grant) for name in FUNCTIONS for grant in granted(name) - taken[name]}

    assert (ungranted, uncalled) == (set(), set())


@pytest.mark.parametrize("role", WORKSPACE_ROLES)
def test_every_call_in_a_workspace_has_its_grant_and_every_grant_its_call(calls: Calls, role: str) -> None:
    assert calls.within(role) == {grant for statement in policies_of(role) for grant in _grants(statement)}


def test_every_call_in_a_workspace_is_about_partitions_that_iam_allows_it_and_no_other_workspace(calls: Calls) -> None:
    within = [(session, call) for (_, session), made in calls.made.items() if session for call in made]
    refused = [
        (session, call) for session, call in within if not allows(policies_of(session.role), call, session.workspace)
    ]
    let_in = [
        (other, call)
        for session, call in within
        for other in ("", "x", session.workspace + "x", session.workspace[:-1], "another")
        if allows(policies_of(session.role), call, other)
    ]

    assert len({session.workspace for session, _ in within}) > 5
    assert (refused, let_in) == ([], [])


def test_every_call_by_a_functions_own_role_is_about_partitions_that_iam_allows_it(calls: Calls) -> None:
    own = [(name, call) for (name, session), made in calls.made.items() if session is OWN for call in made]
    refused = [(name, call) for name, call in own if call.key and not allows(statements_of(name), call)]

    assert {name for name, call in own if call.key} == {
        *("authorize_request", "sign_in", "manage_keys", "run_timers", "manage_sources", "receive_webhook"),
        "receive_event",
    }
    assert refused == []


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_what_lambda_does_by_a_functions_role_is_granted(function: str) -> None:
    assert set(_taken_by_lambda(function)) <= granted(function)


def test_the_story_reaches_every_place_that_calls_aws(calls: Calls) -> None:
    places = {
        (str(path), first, node.name)
        for folder in CODE
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any(map(_calls_a_client, ast.walk(node)))
        for first in [min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])]
    }
    missed = {(Path(path).name, name) for path, first, name in places if (path, first) not in calls.places}

    assert len(places) > 10
    assert missed == set()


def _calls_a_client(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="client") | ast.Attribute(attr="_client"))):
            return True
    return False
