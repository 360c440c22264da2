"""template.yaml in lockstep with the code, and its own promises: least privilege, retention, no silent failure."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from functions.run_export.app import ATTEMPTS as EXPORT_ATTEMPTS
from functions.run_job.app import ATTEMPTS
from lifecycle.contract.page_routes import PAGE_ROUTES
from lifecycle.contract.resolver import SECURITY_HEADERS
from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES, asked_beforehand
from lifecycle.services.roles import ROLES
from lifecycle.store.schema import (
    AUDIT_PREFIX,
    BY_DAY,
    BY_DAY_PROJECTION,
    BY_DUE,
    BY_STAGE,
    BY_STAGE_PROJECTION,
    EVENT_PREFIX,
    EXPIRES_AT,
    TABLE_KEYS,
    TRANSITION_PREFIX,
    api_key_pk,
    api_keys_pk,
    audit_pk,
    counters_pk,
    deal_pk,
    funnel_pk,
    job_pk,
    jobs_pk,
    prospect_pk,
    reports_pk,
)
from lifecycle.store.workspace_clients import LENGTH, TAG
from local.deployment import parameters
from tests.template import (
    FUNCTIONS,
    GLOBALS,
    RESOURCES,
    TABLE,
    TEMPLATE,
    as_list,
    environment_of,
    events_of,
    leading_keys,
    of_type,
    policies_of,
    statements_of,
    trusted_by,
    workspace_role_of,
)

PROJECT = Path(__file__).resolve().parents[2]

READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITE = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
QUEUE = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
#: All that each function may do by its own role, apart from its own log lines and traces.
VERBS: dict[str, set[str]] = {
    "authorize_request": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem"},
    "sign_in": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
    "ingest_activity": set(),
    "update_deal": set(),
    "decide_stage": set(),
    "read_prospects": set(),
    "manage_privacy": set(),
    "manage_funnel": {"sqs:SendMessage"},
    "manage_keys": {"dynamodb:PutItem", "dynamodb:DeleteItem"},
    "read_audit": set(),
    "read_reports": {"sqs:SendMessage"},
    "manage_reports": {"sqs:SendMessage"},
    "manage_sources": {
        *("dynamodb:PutItem", "dynamodb:DeleteItem"),
        *("ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter"),
        "sqs:SendMessage",
    },
    "receive_webhook": {"dynamodb:GetItem", "ssm:GetParameter", "sqs:SendMessage"},
    "enrich_record": QUEUE | {"sqs:SendMessage", "ssm:GetParameter"},
    "receive_event": {"dynamodb:GetItem", "sqs:SendMessage"},
    "describe_api": set(),
    "show_dashboard": {"sqs:SendMessage"},
    "show_pages": set(),
    "submit_pages": {"sqs:SendMessage"},
    "serve_assets": set(),
    "evaluate_stage": STREAM | {"sqs:SendMessage"},
    "run_job": QUEUE | {"sqs:SendMessage"},
    "manage_exports": {"sqs:SendMessage"},
    "run_export": QUEUE | {"sqs:SendMessage", "glue:UpdateTable", "glue:CreateTable"},
    "run_timers": {"dynamodb:Query", "sqs:SendMessage"},
    "announce_stage": STREAM | {"events:PutEvents", "sqs:SendMessage"},
}
#: What may be done in a workspace, by the role that is entered for it, and by which index.
IN_A_WORKSPACE: dict[str, tuple[set[str], set[str]]] = {
    "WorkspaceRole": (READ | WRITE, {BY_STAGE.name, BY_DAY.name}),
    "WorkspaceReadRole": (READ | {"dynamodb:UpdateItem"}, {BY_STAGE.name}),
    "WorkspaceReportRole": (READ | WRITE, {BY_STAGE.name, BY_DAY.name}),
    "WorkspaceExportRole": (READ | {"dynamodb:PutItem"}, {BY_STAGE.name}),
}
#: Who enters which.
ENTERED = {
    "WorkspaceRole": {
        *("ingest_activity", "update_deal", "decide_stage", "manage_funnel", "manage_keys", "manage_privacy"),
        *("evaluate_stage", "run_job", "run_timers", "manage_sources", "receive_webhook", "receive_event"),
        *("enrich_record", "manage_reports", "manage_exports", "submit_pages"),
    },
    "WorkspaceReadRole": {"read_prospects", "read_audit", "sign_in", "show_pages"},
    "WorkspaceReportRole": {"read_reports", "show_dashboard"},
    "WorkspaceExportRole": {"run_export"},
}
#: Who lists across workspaces, and by which index.
LISTING = {"run_timers": BY_DUE}
#: Who is asked beforehand, without a key, what a path takes.
ASKED_BEFOREHAND = {asked_beforehand(route) for route in ROUTES}
#: Who loads what is in the analytics layer only when it is wanted: DuckDB for an answer in Parquet, NumPy for figures
#: that are to be made.
ANALYTICS_ON_DEMAND = {"read_reports", "show_dashboard", "run_job"}
#: What X-Ray offers no ARN for.
STARRED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


#: What would change or take away what the table keeps, were it for an entry of the audit trail.
CHANGING = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}


each_function = pytest.mark.parametrize("name", sorted(FUNCTIONS))


# ----------------------------------------------------------------------------------------------------------------------
# The code and the template say the same
# ----------------------------------------------------------------------------------------------------------------------


def test_every_function_has_its_folder_and_every_folder_its_function() -> None:
    folders = {path.parent.name for path in PROJECT.glob("functions/*/app.py")}

    assert set(FUNCTIONS) == folders
    assert GLOBALS["Handler"] == "app.handler"


def test_the_api_has_the_routes_of_the_contract_and_no_others() -> None:
    deployed = {
        (event["Method"].upper(), event["Path"], name, event.get("Auth", {}).get("Authorizer"))
        for name in FUNCTIONS
        for event in events_of(name, "Api")
        if event["Method"] != "options" or name not in ASKED_BEFOREHAND
    }

    assert deployed == {
        (route.method, route.path, route.function, _authorizer_of(route)) for route in (*ROUTES, *PAGE_ROUTES)
    }


def _authorizer_of(route: Route) -> str | None:
    """Who lets requests to a route in; ``None``: the default."""
    if route.public:
        return "NONE"
    return "Page" if route.page else {"bearer": None, "session": "Session"}[route.credential]


def test_every_path_that_takes_a_key_is_asked_about_beforehand_without_one() -> None:
    deployed = [
        (event["Path"], name, event.get("Auth"))
        for name in FUNCTIONS
        for event in events_of(name, "Api")
        if event["Method"] == "options" and name in ASKED_BEFOREHAND
    ]
    paths = {
        (route.path, asked_beforehand(route)) for route in ROUTES if not route.public and route.credential == "bearer"
    }

    assert sorted((path, name) for path, name, _ in deployed) == sorted(paths)
    assert all(auth == {"Authorizer": "NONE"} for _, _, auth in deployed)
    assert "Cors" not in RESOURCES["Api"]["Properties"]


@each_function
def test_the_policy_of_a_function_has_room_for_the_events_that_call_it(name: str) -> None:
    """SAM adds a statement for each; Lambda takes 20 KB of them (AWS, "Lambda quotas")."""
    arn = "arn:aws:lambda:ap-southeast-1:123456789012:function:prospect-lifecycle-production-" + name
    statements = [
        {
            "Sid": f"prospect-lifecycle-production-{FUNCTIONS[name][0]}{'x' * 40}PermissionApi-ABCDEFGHIJKL",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {
                "ArnLike": {
                    "AWS:SourceArn": "arn:aws:execute-api:ap-southeast-1:123456789012:a1b2c3d4e5/*/"
                    + event["Method"].upper()
                    + re.sub(r"{\w+}", "*", event["Path"])
                }
            },
        }
        for event in events_of(name, "Api")
    ]

    assert len(json.dumps(statements, separators=(",", ":"))) < 20 * 1024


@pytest.mark.parametrize(
    "origin", ["*", "https://*", "https://*.example.com", "app.example.com", "null", "https://a/b"]
)
def test_no_list_of_origins_can_name_all_of_them(origin: str) -> None:
    parameter = TEMPLATE["Parameters"]["CorsOrigins"]

    assert parameter["Type"] == "CommaDelimitedList"
    assert parameter["Default"] == ""
    assert re.search(parameter["AllowedPattern"], "https://app.example.com:8443")
    assert not re.search(parameter["AllowedPattern"], origin)


def test_every_route_asks_the_authorizer_unless_it_says_that_it_does_not() -> None:
    auth = RESOURCES["Api"]["Properties"]["Auth"]
    (authorizer,) = (auth["Authorizers"][auth["DefaultAuthorizer"]],)

    assert authorizer["FunctionArn"] == {"Fn::GetAtt": "AuthorizeRequestFunction.Arn"}
    assert authorizer["Identity"]["Headers"] == ["Authorization"]


def test_a_session_is_looked_up_for_every_request() -> None:
    authorizer = RESOURCES["Api"]["Properties"]["Auth"]["Authorizers"]["Session"]

    assert authorizer["FunctionArn"] == {"Fn::GetAtt": "AuthorizeRequestFunction.Arn"}
    assert authorizer["Identity"] == {"Headers": ["Cookie"], "ReauthorizeEvery": 0}


def test_a_page_is_asked_about_for_every_request_and_without_a_cookie_too() -> None:
    authorizer = RESOURCES["Api"]["Properties"]["Auth"]["Authorizers"]["Page"]

    assert authorizer["FunctionArn"] == {"Fn::GetAtt": "AuthorizeRequestFunction.Arn"}
    assert authorizer["Identity"] == {"ReauthorizeEvery": 0}


def test_what_a_cookie_opens_asks_an_authorizer_that_looks_at_cookies() -> None:
    of_sessions = [route for route in (*ROUTES, *PAGE_ROUTES) if route.credential == "session" and not route.public]

    assert {_authorizer_of(route) for route in of_sessions} == {"Session", "Page"}


def test_nobody_can_sign_up_or_choose_a_workspace_in_the_pool_of_the_stack() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    (client,) = of_type("AWS::Cognito::UserPoolClient").values()
    groups = {group["GroupName"] for group in of_type("AWS::Cognito::UserPoolGroup").values()}

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == {"Fn::If": ["KeepsData", "ACTIVE", "INACTIVE"]}
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert "custom:workspace" in client["ReadAttributes"]
    assert "custom:workspace" not in client["WriteAttributes"]
    assert client["AllowedOAuthFlows"] == {"Fn::If": ["HasPublicUrl", ["code"], {"Ref": "AWS::NoValue"}]}
    assert groups == set(ROLES)


def test_what_people_need_is_there_only_with_a_pool_of_the_stack() -> None:
    people = [resource for resource in RESOURCES.values() if resource["Type"].startswith("AWS::Cognito::")]

    assert len(people) == 7
    assert all(resource["Condition"] == "HasOwnPool" for resource in people)


def test_the_table_has_the_keys_of_the_schema() -> None:
    assert [key["AttributeName"] for key in TABLE["KeySchema"]] == list(TABLE_KEYS)


def test_the_table_has_the_indexes_of_the_schema() -> None:
    deployed = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"].get("NonKeyAttributes"),
        )
        for index in TABLE["GlobalSecondaryIndexes"]
    }

    assert deployed == {
        BY_STAGE.name: ([BY_STAGE.partition_key, BY_STAGE.sort_key], list(BY_STAGE_PROJECTION)),
        BY_DAY.name: ([BY_DAY.partition_key, BY_DAY.sort_key], list(BY_DAY_PROJECTION)),
        BY_DUE.name: ([BY_DUE.partition_key, BY_DUE.sort_key], None),
    }


def test_the_table_lets_go_what_expires() -> None:
    assert TABLE["TimeToLiveSpecification"] == {"AttributeName": EXPIRES_AT, "Enabled": True}


def test_the_stream_calls_for_new_events_only() -> None:
    (stream,) = events_of("evaluate_stage", "DynamoDB")
    patterns = [json.loads(entry["Pattern"]) for entry in stream["FilterCriteria"]["Filters"]]

    assert patterns == [
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {TABLE_KEYS[1]: {"S": [{"prefix": EVENT_PREFIX}]}}}}
    ]
    assert TABLE["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"


def test_the_stream_calls_for_transitions_that_are_new_or_take_anothers_place() -> None:
    (stream,) = events_of("announce_stage", "DynamoDB")
    patterns = [json.loads(entry["Pattern"]) for entry in stream["FilterCriteria"]["Filters"]]

    keys = {TABLE_KEYS[1]: {"S": [{"prefix": TRANSITION_PREFIX}]}}
    assert patterns == [{"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": keys}}]


def test_the_functions_get_every_environment_variable_that_the_code_reads() -> None:
    read = {
        variable
        for folder in ("functions", "layers/lifecycle/lifecycle")
        for path in (PROJECT / folder).rglob("*.py")
        for variable in _environment_variables_in(path)
    }

    assert {"TABLE_NAME"} <= read <= set(GLOBALS["Environment"]["Variables"])


def _environment_variables_in(path: Path) -> Iterator[str]:
    """The names in ``os.environ[...]``, ``os.environ.get(...)`` and ``os.getenv(...)``."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ")) | ast.Attribute(attr="getenv"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def test_the_layer_is_built_by_default_for_what_the_functions_run_on_by_default() -> None:
    paths = ("Makefile", "layers/lifecycle/Makefile", "layers/analytics/Makefile")
    makefiles = {path: (PROJECT / path).read_text() for path in paths}

    for name in ("Runtime", "Architecture"):
        for path, text in makefiles.items():
            default = re.search(rf"^{name.upper()} \?= (\S+)$", text, re.MULTILINE)
            assert default, path
            assert default[1] == TEMPLATE["Parameters"][name]["Default"], path


def test_each_layer_has_a_target_in_its_makefile() -> None:
    layers = of_type("AWS::Serverless::LayerVersion")

    assert set(layers) == {"LifecycleLayer", "AnalyticsLayer", "AssetsLayer"}
    for name, layer in layers.items():
        assert f"\nbuild-{name}:" in (PROJECT / layer["ContentUri"] / "Makefile").read_text()
        assert RESOURCES[name]["Metadata"]["BuildMethod"] == "makefile"


def test_the_analytics_layer_has_the_same_libraries_for_python3_11_as_for_all_others() -> None:
    folder = PROJECT / "layers/analytics"
    pinned = [
        set(re.findall(r"^([\w-]+)==", (folder / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-python3.11.txt")
    ]

    assert pinned[0] == pinned[1] == {"duckdb", "numpy"}


@each_function
def test_the_functions_that_write_parquet_or_make_figures_have_the_layer_for_it_and_no_others(name: str) -> None:
    program = f"import sys, functions.{name}.app; print(not sys.modules.keys().isdisjoint(('duckdb', 'numpy')))"
    path = f"{PROJECT}:{PROJECT / 'layers/lifecycle'}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )

    needs_it = done.stdout.strip() == "True" or name in ANALYTICS_ON_DEMAND
    assert needs_it is ({"Ref": "AnalyticsLayer"} in FUNCTIONS[name][1].get("Layers", []))


def test_the_local_stack_gives_only_parameters_that_the_template_takes() -> None:
    for name, value in parameters().items():
        declared = TEMPLATE["Parameters"][name]
        assert value in [str(allowed) for allowed in declared.get("AllowedValues", [value])]


@each_function
def test_every_function_has_a_sample_event(name: str) -> None:
    samples = list((PROJECT / "events").glob(f"{name}*.json"))

    assert samples
    for sample in samples:
        json.loads(sample.read_text())


# ----------------------------------------------------------------------------------------------------------------------
# Least privilege
# ----------------------------------------------------------------------------------------------------------------------


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [properties["Role"]["Fn::GetAtt"] for _, properties in FUNCTIONS.values()]

    assert len(set(roles)) == len(roles)


@each_function
def test_a_function_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    log_group = FUNCTIONS[name][1]["LoggingConfig"]["LogGroup"]["Ref"]
    allowed: set[str] = set()
    for statement in statements_of(name):
        actions = set(as_list(statement["Action"]))
        if any(action.startswith("logs:") for action in actions):
            assert actions == {"logs:CreateLogStream", "logs:PutLogEvents"}
            assert statement["Resource"] == {"Fn::GetAtt": f"{log_group}.Arn"}
        elif actions != STARRED:
            allowed |= actions

    assert allowed == VERBS[name]


@each_function
def test_no_policy_has_a_star_but_the_one_that_x_ray_needs(name: str) -> None:
    for statement in statements_of(name):
        actions = set(as_list(statement["Action"]))
        assert not any("*" in action for action in actions)
        if actions != STARRED:
            # The names of secrets are made up as sources are connected; all of them begin alike. So are those of the
            # tables of the lake, which are alone in their database.
            named = json.dumps(statement["Resource"]).replace("/sources/*", "").replace("/${LakeDatabase}/*", "")
            assert "*" not in named


@each_function
def test_a_function_reads_no_index_but_the_one_that_it_lists(name: str) -> None:
    resources = [resource for statement in statements_of(name) for resource in as_list(statement["Resource"])]
    indexes = [
        resource["Fn::Sub"] for resource in resources if isinstance(resource, dict) and "/index/" in str(resource)
    ]

    assert indexes == ([f"${{Table.Arn}}/index/{LISTING[name].name}"] if name in LISTING else [])


def test_nobody_may_change_or_delete_in_the_audit_trail() -> None:
    trail = audit_pk("acme")
    of_functions = chain.from_iterable(map(statements_of, FUNCTIONS))
    for statement in chain(of_functions, *map(policies_of, IN_A_WORKSPACE)):
        if CHANGING.intersection(as_list(statement["Action"])):
            patterns = [pattern.replace(f"${{aws:PrincipalTag/{TAG}}}", "acme") for pattern in leading_keys(statement)]
            assert not [pattern for pattern in patterns if fnmatchcase(trail, pattern)], statement


def test_nothing_but_the_audit_trail_begins_as_it_does() -> None:
    made = [
        prospect_pk("acme", "p"),
        deal_pk("acme", "A#acme"),
        funnel_pk("acme"),
        jobs_pk("acme"),
        job_pk("acme", "A#"),
        api_key_pk("A"),
        api_keys_pk("acme"),
    ]

    assert audit_pk("acme").startswith(AUDIT_PREFIX)
    assert not [pk for pk in made if pk.startswith(AUDIT_PREFIX)]


# ----------------------------------------------------------------------------------------------------------------------
# The wall between workspaces
# ----------------------------------------------------------------------------------------------------------------------


def on_items(role: str) -> list[dict[str, Any]]:
    """The statements of a role that are about the table."""
    return [it for it in policies_of(role) if as_list(it["Action"])[0].startswith("dynamodb:")]


@pytest.mark.parametrize("role", sorted(IN_A_WORKSPACE))
def test_a_role_of_a_workspace_reaches_partitions_of_this_workspace_alone(role: str) -> None:
    tag = f"${{aws:PrincipalTag/{TAG}}}"
    for statement in on_items(role):
        for pattern in leading_keys(statement):
            assert pattern == audit_pk(tag) or pattern.startswith(f"W#{tag}#")


def test_an_export_writes_nothing_but_its_own_jobs() -> None:
    (writing,) = [it for it in on_items("WorkspaceExportRole") if WRITE.intersection(as_list(it["Action"]))]

    assert writing["Action"] == "dynamodb:PutItem"
    assert leading_keys(writing) == [job_pk(f"${{aws:PrincipalTag/{TAG}}}", "*")]


@pytest.mark.parametrize(
    ("role", "prefixes"),
    [("WorkspaceExportRole", [""]), ("LakeReaderRole", ["", "results/"])],
    ids=["export", "reader"],
)
def test_whoever_is_in_a_workspace_is_denied_the_files_of_all_others(role: str, prefixes: list[str]) -> None:
    own = [f"{prefix}workspace=${{aws:PrincipalTag/{TAG}}}/*" for prefix in prefixes]
    on_files = [it for it in policies_of(role) if as_list(it["Action"])[0].startswith("s3:")]
    denials = [it for it in on_files if it["Effect"] == "Deny"]
    allowed = {verb for it in on_files if it["Effect"] == "Allow" for verb in as_list(it["Action"])}
    (trust,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    objects, listing = denials
    assert [it["Fn::Sub"].replace("!", "") for it in as_list(objects["NotResource"])] == [
        f"${{LakeBucket.Arn}}/{prefix}" for prefix in own
    ]
    assert as_list(listing["Condition"]["StringNotLike"]["s3:prefix"]) == own
    assert {verb for it in denials for verb in as_list(it["Action"])} == allowed - {"s3:GetBucketLocation"}
    # AWS tells with every request whether a service makes it, so the denials always hold there (AWS, "Global condition
    # context keys"); whoever has no tag is in no workspace.
    assert all(it["Condition"]["Null"] == {"aws:ViaAWSService": "false"} for it in denials)
    assert trust["Condition"]["Null"] == {f"aws:RequestTag/{TAG}": "false"}


def test_the_lake_is_private_encrypted_and_forgets() -> None:
    bucket = RESOURCES["LakeBucket"]["Properties"]
    (deny,) = RESOURCES["LakeBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    expiring = {
        it["Prefix"]: it["ExpirationInDays"] for it in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in it
    }

    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": {"Fn::If": ["HasKmsKey", "aws:kms", "AES256"]},
        "KMSMasterKeyID": {"Fn::If": ["HasKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]},
    }
    assert "VersioningConfiguration" not in bucket
    assert expiring == {"workspace=": 35, "results/": 7}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {
        "Bool": {"aws:SecureTransport": "false"},
        "Null": {"aws:ViaAWSService": "false"},
    }


def test_who_only_reads_writes_nothing_but_the_count_of_requests() -> None:
    (writing,) = [it for it in policies_of("WorkspaceReadRole") if WRITE.intersection(as_list(it["Action"]))]

    assert writing["Action"] == "dynamodb:UpdateItem"
    assert leading_keys(writing) == [counters_pk("acme").replace("acme", f"${{aws:PrincipalTag/{TAG}}}")]


def test_who_reports_writes_nothing_but_figures_of_days_and_the_count_of_requests() -> None:
    tag = f"${{aws:PrincipalTag/{TAG}}}"
    writing = [it for it in policies_of("WorkspaceReportRole") if WRITE.intersection(as_list(it["Action"]))]

    assert {tuple(as_list(it["Action"])): leading_keys(it) for it in writing} == {
        ("dynamodb:PutItem", "dynamodb:DeleteItem"): [
            reports_pk("acme").replace("acme", tag), reports_pk("acme").replace("acme", tag) + "#*"
        ],
        ("dynamodb:UpdateItem",): [counters_pk("acme").replace("acme", tag)],
    }  # fmt: skip


@pytest.mark.parametrize("role", sorted(IN_A_WORKSPACE))
def test_a_role_of_a_workspace_may_do_what_it_is_for_and_nothing_else(role: str) -> None:
    verbs, indexes = IN_A_WORKSPACE[role]
    statements = on_items(role)
    on_table = [it for it in statements if it["Resource"] == {"Fn::GetAtt": "Table.Arn"}]
    on_indexes = [it for it in statements if it not in on_table]

    assert {verb for statement in on_table for verb in as_list(statement["Action"])} == verbs
    resources = [resource for statement in on_indexes for resource in as_list(statement["Resource"])]
    assert {resource["Fn::Sub"].rpartition("/")[2] for resource in resources} == indexes
    assert all(statement["Action"] == "dynamodb:Query" for statement in on_indexes)
    # What carries no partition key would pass the condition as if it had been about nothing.
    assert "dynamodb:Scan" not in json.dumps(RESOURCES[role])


@pytest.mark.parametrize("role", sorted(IN_A_WORKSPACE))
def test_a_role_of_a_workspace_is_entered_by_the_functions_that_are_listed_and_never_without_the_tag(role: str) -> None:
    (trust,) = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert set(trust["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    assert {name for name in FUNCTIONS if workspace_role_of(name) == role} == ENTERED[role]
    assert len(trusted_by(role)) == len(ENTERED[role])
    (entering,) = [
        policy
        for policy in of_type("AWS::IAM::Policy").values()
        if policy["PolicyDocument"]["Statement"][0]["Resource"] == {"Fn::GetAtt": f"{role}.Arn"}
    ]
    assert set(entering["PolicyDocument"]["Statement"][0]["Action"]) == set(trust["Action"])
    assert [f"{it['Ref']}.Arn" for it in entering["Roles"]] == [it["Fn::GetAtt"] for it in trusted_by(role)]
    assert trust["Condition"] == {
        "Null": {f"aws:RequestTag/{TAG}": "false"},
        "ForAllValues:StringEquals": {"aws:TagKeys": [TAG]},
    }
    assert RESOURCES[role]["Properties"]["MaxSessionDuration"] == LENGTH.total_seconds()


@each_function
def test_no_function_reaches_the_items_of_a_workspace_by_its_own_role(name: str) -> None:
    """But for the lists of keys, which are written together with what finds the keys."""
    foreign = [prospect_pk("acme", "p"), deal_pk("acme", "d"), funnel_pk("acme"), job_pk("acme", "j")]
    for statement in statements_of(name):
        actions = set(as_list(statement["Action"]))
        if not any(action.startswith("dynamodb:") for action in actions) or actions == STREAM:
            continue
        patterns = leading_keys(statement)
        assert not any(fnmatchcase(key, pattern) for key in foreign for pattern in patterns)
        assert actions.isdisjoint(READ) or not any(fnmatchcase(api_keys_pk("acme"), pattern) for pattern in patterns)


# ----------------------------------------------------------------------------------------------------------------------
# No secret in the environment
# ----------------------------------------------------------------------------------------------------------------------

#: What a secret is called, as a word of a variable's name.
SECRET_WORDS = {"SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "TOKEN", "TOKENS", "CREDENTIAL", "CREDENTIALS", "PRIVATE"}
#: Names with the word KEY that hold none: how many requests a key may make.
NO_KEYS = {"KEY_REQUESTS_PER_SECOND"}
#: In the place of this CloudFormation would put a secret's value, where all who may describe the function see it.
RESOLVED = re.compile(r"{{resolve:(secretsmanager|ssm-secure)")


def _looks_secret(name: str, value: Any) -> bool:
    words = set(name.upper().split("_"))
    named = bool(words & SECRET_WORDS) or ("KEY" in words and name not in NO_KEYS)
    return named or RESOLVED.search(json.dumps(value)) is not None


def test_what_looks_like_a_secret_is_recognised() -> None:
    for name, value in {
        "API_KEY": "x",
        "SIGNING_SECRET": {"Ref": "X"},
        "WEBHOOK_TOKEN": "x",
        "DB": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"},
    }.items():
        assert _looks_secret(name, value)
    assert not _looks_secret("TABLE_NAME", {"Ref": "Table"})


@each_function
def test_no_secret_is_in_a_functions_environment(name: str) -> None:
    assert [variable for variable, value in environment_of(name).items() if _looks_secret(variable, value)] == []


@each_function
def test_no_parameter_that_is_not_to_be_shown_gets_into_a_functions_environment(name: str) -> None:
    hidden = {parameter for parameter, declared in TEMPLATE["Parameters"].items() if declared.get("NoEcho")}
    told = json.dumps(environment_of(name))

    assert [parameter for parameter in hidden if re.search(rf'("Ref": "|\${{){parameter}\b', told)] == []


# ----------------------------------------------------------------------------------------------------------------------
# Nothing is lost in silence
# ----------------------------------------------------------------------------------------------------------------------


@each_function
def test_every_function_keeps_its_log_lines_for_a_chosen_time(name: str) -> None:
    group = RESOURCES[FUNCTIONS[name][1]["LoggingConfig"]["LogGroup"]["Ref"]]

    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["Properties"]["LogGroupName"] == {
        "Fn::Sub": f"/aws/lambda/{FUNCTIONS[name][1]['FunctionName']['Fn::Sub']}"
    }


def test_every_log_group_has_a_retention() -> None:
    assert all("RetentionInDays" in properties for properties in of_type("AWS::Logs::LogGroup").values())


def asynchronous(kind: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The functions behind event sources of a kind: logical id and the properties of the source."""
    return {name: (FUNCTIONS[name][0], source) for name in FUNCTIONS for source in events_of(name, kind)}


def test_every_function_is_behind_the_api_or_behind_an_asynchronous_edge_that_is_tested_here() -> None:
    called = {name for name in FUNCTIONS if FUNCTIONS[name][1].get("Events") and not events_of(name, "Api")}

    sources = {*asynchronous("DynamoDB"), *asynchronous("SQS"), *asynchronous("Schedule")}
    assert called == sources
    assert called == {"evaluate_stage", "announce_stage", "enrich_record", "run_export", "run_job", "run_timers"}


def test_a_run_on_schedule_is_not_repeated_and_one_that_failed_is_kept_where_somebody_watches() -> None:
    for name, (logical_id, source) in asynchronous("Schedule").items():
        invoked = FUNCTIONS[name][1]["EventInvokeConfig"]
        assert source["Schedule"] == "rate(1 minute)"
        assert invoked["MaximumRetryAttempts"] == 0
        assert_keeps_what_is_given_up(invoked["DestinationConfig"]["OnFailure"]["Destination"])
        assert {"Ref": logical_id} in _watched("Errors")


def test_what_a_bus_hands_over_is_tried_again_and_kept_where_somebody_watches() -> None:
    invoked = FUNCTIONS["receive_event"][1]["EventInvokeConfig"]

    assert invoked["MaximumRetryAttempts"] == 2
    assert_keeps_what_is_given_up(invoked["DestinationConfig"]["OnFailure"]["Destination"])
    (target,) = RESOURCES["PartnerRule"]["Properties"]["Targets"]
    made = target["InputTransformer"]["InputTemplate"]["Fn::Sub"].replace("<aws.events.event.json>", "{}")
    assert json.loads(made) == {"source_id": "${PartnerSourceId}", "event": {}}


def test_every_stream_gives_up_after_bounded_retries_into_a_queue_that_somebody_watches() -> None:
    for logical_id, source in asynchronous("DynamoDB").values():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["BisectBatchOnFunctionError"] is True
        assert source["MaximumRetryAttempts"] > 0
        assert source["MaximumRecordAgeInSeconds"] == {"Ref": "StreamRecordAgeSeconds"}
        assert source["StartingPosition"] == "TRIM_HORIZON"
        assert_keeps_what_is_given_up(source["DestinationConfig"]["OnFailure"]["Destination"])
        assert {"Ref": logical_id} in _watched("IteratorAge")
        assert {"Ref": logical_id} in _watched("Errors")


def test_every_queue_gives_up_after_bounded_retries_into_a_queue_that_somebody_watches() -> None:
    for name, (logical_id, source) in asynchronous("SQS").items():
        queue_id = source["Queue"]["Fn::GetAtt"].removesuffix(".Arn")
        queue = RESOURCES[queue_id]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKmsKey", {"Ref": "AWS::NoValue"}, True]}
        # What AWS advises, so that a message is not handed out again while somebody works on it.
        assert queue["VisibilityTimeout"] == 6 * FUNCTIONS[name][1]["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] > 1
        assert_keeps_what_is_given_up(queue["RedrivePolicy"]["deadLetterTargetArn"])
        assert {"Fn::GetAtt": f"{queue_id}.QueueName"} in _watched("ApproximateAgeOfOldestMessage")
        assert {"Ref": logical_id} in _watched("Errors")


def assert_keeps_what_is_given_up(reference: dict[str, str]) -> None:
    queue_id = reference["Fn::GetAtt"].removesuffix(".Arn")
    queue = RESOURCES[queue_id]["Properties"]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKmsKey", {"Ref": "AWS::NoValue"}, True]}
    assert {"Fn::GetAtt": f"{queue_id}.QueueName"} in _watched("ApproximateNumberOfMessagesVisible")


def test_the_last_attempt_at_a_step_of_long_work_is_the_same_for_the_queue_and_for_the_worker() -> None:
    assert RESOURCES["JobQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == ATTEMPTS
    assert RESOURCES["ExportQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == EXPORT_ATTEMPTS


def test_somebody_watches_the_api() -> None:
    assert {"Ref": "Api.Stage"} in _watched("5XXError")


def test_every_alarm_notifies_the_topic() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")

    assert alarms
    assert all("AlarmActions" in alarm for alarm in alarms.values())


def _watched(metric: str) -> list[Any]:
    """The values of the dimensions of all alarms on a metric."""
    return [
        dimension["Value"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric
        for dimension in alarm["Dimensions"]
    ]


def test_the_table_is_encrypted_and_can_be_brought_back() -> None:
    kept = {"Fn::If": ["KeepsData", True, False]}

    assert TABLE["SSESpecification"]["SSEEnabled"] is True
    assert TABLE["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": kept}
    assert TABLE["DeletionProtectionEnabled"] == kept


def test_a_key_of_ones_own_encrypts_whatever_is_kept() -> None:
    key = {"Fn::If": ["HasKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}

    assert TABLE["SSESpecification"]["KMSMasterKeyId"] == key
    assert TABLE["SSESpecification"]["SSEType"] == {"Fn::If": ["HasKmsKey", "KMS", {"Ref": "AWS::NoValue"}]}
    assert GLOBALS["KmsKeyArn"] == key
    for kind, name in {
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::Events::EventBus": "KmsKeyIdentifier",
    }.items():
        assert of_type(kind)
        assert all(properties[name] == key for properties in of_type(kind).values()), kind


def test_whoever_uses_what_is_encrypted_may_use_the_key_by_way_of_the_service_and_nothing_else() -> None:
    policy = RESOURCES["UseKmsKeyPolicy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert policy["Condition"] == "HasKmsKey"
    assert {role["Ref"] for role in policy["Properties"]["Roles"]} == set(of_type("AWS::IAM::Role"))
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}
    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert [service["Fn::Sub"].partition(".")[0] for service in services] == ["dynamodb", "sqs", "lambda", "s3"]


def test_a_web_acl_stands_before_the_stage_where_one_is_named() -> None:
    association = RESOURCES["ApiWebAcl"]

    assert association["Condition"] == "HasWebAcl"
    assert association["Properties"]["WebACLArn"] == {"Ref": "WebAclArn"}
    assert association["Properties"]["ResourceArn"]["Fn::Sub"].endswith("::/restapis/${Api}/stages/${Api.Stage}")


@pytest.mark.parametrize("name", ["WebAclArn", "KmsKeyArn", "CorsOrigins", "AlarmTopicArn"])
def test_what_is_an_option_is_off_by_default(name: str) -> None:
    assert TEMPLATE["Parameters"][name]["Default"] == ""


def test_the_log_outlives_the_stack() -> None:
    assert RESOURCES["Table"]["DeletionPolicy"] == "Retain"
    assert RESOURCES["Table"]["UpdateReplacePolicy"] == "Retain"
    assert TEMPLATE["Parameters"]["KeepData"]["Default"] == "true"


@each_function
def test_a_function_of_the_api_ends_before_the_gateway_gives_up(name: str) -> None:
    timeout = FUNCTIONS[name][1].get("Timeout", GLOBALS["Timeout"])

    assert timeout < 29 or not events_of(name, "Api")


def test_what_the_gateway_says_by_itself_has_the_headers_of_every_answer() -> None:
    for name, response in RESOURCES["Api"]["Properties"]["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        assert {header: f"'{value}'" for header, value in SECURITY_HEADERS.items()}.items() <= headers.items(), name


def test_what_the_gateway_says_by_itself_is_a_problem_document() -> None:
    for name, response in RESOURCES["Api"]["Properties"]["GatewayResponses"].items():
        assert response["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'", name
        text = response["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"..."')
        problem = json.loads(text)
        assert {"type", "title", "detail"} <= set(problem), name
        assert problem.get("status") == response.get("StatusCode"), name
