"""template.yaml, built and deployed into an emulator by the SAM CLI: the same two commands as for AWS."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from lifecycle.store.schema import EXPIRES_AT
from local.emulator import CREDENTIALS, REGION, StackError, client, tail

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

STACK_NAME = "prospect-lifecycle"

_SOURCES = ("template.yaml", "functions", "layers/lifecycle", "layers/analytics", "layers/assets")
_LITTER = ("__pycache__", "*.pyc", ".*_cache")
_RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
_BUCKET = "artifacts"
_FAILED = ("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED")


class Deployed(NamedTuple):
    """What a deployment brought forth."""

    api_url: str
    table: str


class Deployment(NamedTuple):
    """How to deploy.

    Attributes:
        endpoint_url: the emulator.
        sam: the SAM CLI.
        pip_python: an interpreter that has pip, of the version that the emulator runs the functions with.
        folder: where staged sources and builds are kept.
        log: the file that takes what the SAM CLI says.
        settings: parameters of the template that are not as for everybody's local stack.
    """

    endpoint_url: str
    sam: Path
    pip_python: Path
    folder: Path
    log: Path
    settings: Mapping[str, str] = {}

    def build(self, sources: Path) -> None:
        """Build what is deployed from staged sources.

        Raises:
            StackError: the SAM CLI failed.
        """
        self.log.write_bytes(b"")
        self._run_sam(
            ["build", "--template-file", str(sources / "template.yaml"), "--build-dir", str(self._built)],
            cwd=sources,
            environment={
                # What pip needs of the user's environment (proxies, certificates, an index) is theirs to know.
                **os.environ,
                "PYTHON": str(self.pip_python),
                "NATIVE": "1",
                "RUNTIME": parameters()["Runtime"],
                "ARCHITECTURE": parameters()["Architecture"],
            },
        )

    def deploy(self) -> Deployed:
        """Deploy what was built, into an empty emulator or over an earlier deployment.

        Raises:
            StackError: the SAM CLI failed, or the emulator refused something.
        """
        cloudformation: CloudFormationClient = client(self.endpoint_url, "cloudformation")
        self._make_bucket()
        try:
            self._run_sam(
                [
                    *("deploy", "--template-file", str(self._built / "template.yaml"), "--stack-name", STACK_NAME),
                    *("--s3-bucket", _BUCKET, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
                    *("--no-fail-on-empty-changeset", "--no-progressbar"),
                ],
                cwd=self._built,
                environment={
                    # Nothing of the user's environment: their profile is for AWS, their proxy for the internet.
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(self.folder),
                    "LANG": "C.UTF-8",
                    **CREDENTIALS,
                    "AWS_DEFAULT_REGION": REGION,
                    "AWS_ENDPOINT_URL": self.endpoint_url,
                    "SAM_CLI_POLL_DELAY": "0.3",
                },
            )
        except StackError as error:
            raise StackError(f"{error}{_reasons(cloudformation)}") from None

        def physical_id(logical_id: str) -> str:
            told = cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical_id)
            return told["StackResourceDetail"]["PhysicalResourceId"]

        # The one form of address that works everywhere: Python does not resolve <id>.execute-api.localhost.
        api_url = f"{self.endpoint_url}/restapis/{physical_id('Api')}/{physical_id('ApiapiStage')}/_user_request_"
        table = physical_id("Table")
        let_expire(client(self.endpoint_url, "dynamodb"), table)
        functions: LambdaClient = client(self.endpoint_url, "lambda")
        bound_concurrency(functions)
        tell_address(functions, api_url)
        return Deployed(api_url=api_url, table=table)

    @property
    def _built(self) -> Path:
        return self.folder / "build"

    def _make_bucket(self) -> None:
        # SAM's own way, --resolve-s3, deploys a second stack for this one bucket.
        s3: S3Client = client(self.endpoint_url, "s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=_BUCKET)

    def _run_sam(self, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        overrides = (f"{name}={value}" for name, value in {**parameters(), **self.settings}.items())
        with self.log.open("ab") as log:
            ended = subprocess.run(
                [self.sam, *arguments, "--parameter-overrides", *overrides],
                cwd=cwd,
                env={**environment, "SAM_CLI_TELEMETRY": "0"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            raise StackError(f"sam {arguments[0]} failed.{tail(self.log)}")


def let_expire(dynamodb: DynamoDBClient, table: str) -> None:
    """See to it that what expires in a table is deleted: the emulator passes over the template's word for it.

    Arguments:
        dynamodb: a client of the emulator.
        table: the table's name.
    """
    told = dynamodb.describe_time_to_live(TableName=table)
    if told["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES_AT}
        )


def bound_concurrency(functions: LambdaClient) -> None:
    """See to it that queues are read: the emulator takes a bound that is a parameter of the template for text, and its
    reader fails on it.

    Arguments:
        functions: a client of the emulator.
    """
    for page in functions.get_paginator("list_event_source_mappings").paginate():
        for source in page["EventSourceMappings"]:
            bound = source.get("ScalingConfig", {}).get("MaximumConcurrency")
            if bound is not None:
                functions.update_event_source_mapping(
                    UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": int(bound)}
                )


def tell_address(functions: LambdaClient, api_url: str) -> None:
    """See to it that the functions know where browsers reach the API, as the parameter PublicUrl says on AWS: here the
    address is known only afterwards, and the emulator does not say by which name it was called.

    Arguments:
        functions: a client of the emulator.
        api_url: the base to which the paths of the contract are appended.
    """
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if "PUBLIC_URL" in variables:
                functions.update_function_configuration(
                    FunctionName=function["FunctionName"],
                    Environment={"Variables": {**variables, "PUBLIC_URL": api_url}},
                )


def parameters() -> dict[str, str]:
    """The parameters of template.yaml that are not as on AWS.

    Raises:
        StackError: this Python is none of Lambda's.
    """
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime not in _RUNTIMES:
        raise StackError(
            f"This is {runtime}; Lambda, and so this project, runs on {', '.join(_RUNTIMES)}. "
            "Set up again with one of them: make clean, then make setup PYTHON=python3.13."
        )
    return {
        # The emulator runs the functions with its own interpreter, whatever the template says.
        "Runtime": runtime,
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        # An issuer of its own would have to be on the internet: the emulator's user pools say that they are.
        "SignIn": "keys",
        # A hook to try out is on this machine.
        "LocalHooks": "true",
        # Trying out means throwing away.
        "KeepData": "false",
        "RequestsPerSecond": "10000",
        "RequestBurst": "5000",
        # Counted as on AWS, and never too many: a replay sends half a year within minutes.
        "WorkspaceRequestsPerSecond": "10000",
        "KeyRequestsPerSecond": "10000",
        # A batch that keeps failing blocks all event sources of the emulator until its records are this old.
        "StreamRecordAgeSeconds": "60",
    }


def stage_sources(project: Path, staged: Path) -> str:
    """Copy what is deployed to a place where nobody writes, and return its fingerprint.

    SAM packs a function's folder as it finds it: with bytecode in it that no build made, or that a test run beside it
    writes and removes at that very moment.
    """
    shutil.rmtree(staged, ignore_errors=True)
    for name in _SOURCES:
        source, target = project / name, staged / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_LITTER))
        else:
            shutil.copyfile(source, target)
    return _fingerprint(staged)


def _fingerprint(folder: Path) -> str:
    """A hash of the names and contents of all files in a folder, and of the parameters they are deployed with."""
    digest = hashlib.sha256(json.dumps(parameters(), sort_keys=True).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _reasons(cloudformation: CloudFormationClient) -> str:
    """Why CloudFormation gave up, oldest first; empty where it says nothing."""
    try:
        events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    except (BotoCoreError, ClientError):
        return ""
    lines = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}\n"
        for event in reversed(events)
        if event.get("ResourceStatus") in _FAILED
    ]
    return "".join(("What failed:\n", *lines)) if lines else ""
