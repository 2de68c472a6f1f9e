"""The real CDK CLI deploys a plain stack to the stand-in: bootstrap, deploy, again, destroy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import LocalAws
from local_aws.process import REPOSITORY

from .support import unique

pytestmark = [pytest.mark.local_aws, pytest.mark.e2e]

_REGION = "us-west-2"  # a bootstrap of our own, whatever other tests did in us-east-1

_APP = """
import sys
import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_iam as iam
from aws_cdk import aws_lambda as lambda_, aws_logs as logs

app = cdk.App()
stack = cdk.Stack(app, sys.argv[1])
table = dynamodb.TableV2(
    stack, "Table",
    partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
group = logs.LogGroup(
    stack, "Group", retention=logs.RetentionDays.ONE_WEEK, removal_policy=cdk.RemovalPolicy.DESTROY
)
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
function = lambda_.Function(
    stack, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_asset("code"), role=role, log_group=group,
    environment={"TABLE": table.table_name},
)
table.grant_read_data(function)
cdk.CfnResource(
    stack, "Domains", type="AWS::Route53Resolver::FirewallDomainList",
    properties={"Domains": ["dynamodb.us-west-2.amazonaws.com"]},
)
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
cdk.CfnOutput(stack, "TableName", value=table.table_name)
app.synth()
"""

_CODE = """
import os
import boto3

def handler(event, context):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    return table.get_item(Key={"id": event["id"]})["Item"]["text"]
"""


class _Project:
    def __init__(self, aws: LocalAws, folder: Path, stack: str) -> None:
        self._folder, self._stack = folder, stack
        inherited = {name: value for name, value in os.environ.items() if "AWS" not in name}
        self._environment = inherited | aws.environment(region=_REGION)
        (folder / "code").mkdir()
        (folder / "app.py").write_text(_APP)
        (folder / "code" / "index.py").write_text(_CODE)
        app = f'"{sys.executable}" app.py {stack}'
        (folder / "cdk.json").write_text(json.dumps({"app": app}))

    def cdk(self, *arguments: str) -> str:
        command = [str(REPOSITORY / "node_modules" / ".bin" / "cdk"), *arguments]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def deploy(self) -> dict[str, str]:
        self.cdk("deploy", self._stack, "--require-approval=never", "--outputs-file=out.json")
        outputs: dict[str, str] = json.loads((self._folder / "out.json").read_text())[self._stack]
        return outputs


def test_plain_stack_is_deployed_unchanged_and_destroyed(aws: LocalAws, tmp_path: Path) -> None:
    project = _Project(aws, tmp_path, stack := unique("Plain"))
    project.cdk("bootstrap", f"aws://{aws.account}/{_REGION}")
    outputs = project.deploy()
    aws.client("dynamodb", region=_REGION).put_item(
        TableName=outputs["TableName"], Item={"id": {"S": "7"}, "text": {"S": "seven"}}
    )
    client = aws.client("lambda", region=_REGION)
    answer = client.invoke(FunctionName=outputs["FunctionName"], Payload=b'{"id": "7"}')
    assert json.load(answer["Payload"]) == "seven"
    logs = aws.client("logs", region=_REGION)
    (group,) = logs.describe_log_groups(logGroupNamePrefix=stack)["logGroups"]
    assert group["retentionInDays"] == 7
    aws.reset_calls()
    assert project.deploy() == outputs
    assert aws.calls("s3", "PutObject") == []
    assert aws.calls("cloudformation", "ExecuteChangeSet") == []
    project.cdk("destroy", stack, "--force")
    assert logs.describe_log_groups(logGroupNamePrefix=stack)["logGroups"] == []
    assert client.list_functions()["Functions"] == []
