"""A function, its table and its network from the first deployment to the last.

The tests of this file are the steps of one life, in their order.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from .conftest import APPS

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

STACK = "Life"
ROW = {"id": "a", "name": "Aiko"}


@dataclass
class Life:
    """The project, and what each step left behind."""

    aws: LocalAws
    project: CdkProject
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def deploy(self, step: str) -> None:
        options = ["--context", f"step={step}"]
        self.outputs[step] = self.project.deploy(STACK, options=options)[STACK]
        self.ids[step] = self.resources(STACK)

    def resources(self, stack: str) -> dict[str, str]:
        client = self.aws.client("cloudformation")
        found = client.describe_stack_resources(StackName=stack)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def stack_id(self) -> str:
        client = self.aws.client("cloudformation")
        return str(client.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"])

    def one(self, step: str, prefix: str) -> str:
        (found,) = (v for name, v in self.ids[step].items() if name.startswith(prefix))
        return found

    def invoke(self, name: str, **event: Any) -> Any:
        answer = self.aws.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event).encode()
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def configuration(self, name: str) -> dict[str, Any]:
        found = self.aws.client("lambda").get_function(FunctionName=name)["Configuration"]
        return dict(found)

    def row(self, step: str) -> Any:
        item = self.aws.client("dynamodb").get_item(
            TableName=self.outputs[step]["TableName"], Key={"id": {"S": "a"}}
        )
        return item.get("Item")

    def protection(self) -> str:
        found = self.aws.client("route53resolver").get_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=self.one("first", "NetworkDnsFirewallAssociation")
        )
        return str(found["FirewallRuleGroupAssociation"]["MutationProtection"])

    def granted(self, step: str) -> str:
        client = self.aws.client("iam")
        name = self.one(step, "GreeterRole")
        policies = client.list_role_policies(RoleName=name)["PolicyNames"]
        documents = [client.get_role_policy(RoleName=name, PolicyName=p) for p in policies]
        return json.dumps([document["PolicyDocument"] for document in documents])


@pytest.fixture(scope="module")
def life(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Life:
    directory = tmp_path_factory.mktemp("life_cycle") / "app"
    environment = bootstrapped.environment()
    return Life(bootstrapped, CdkProject.copy_of(APPS / "life_cycle", directory, environment))


def test_it_is_created(life: Life) -> None:
    life.deploy("first")
    life.aws.client("dynamodb").put_item(
        TableName=life.outputs["first"]["TableName"],
        Item={name: {"S": value} for name, value in ROW.items()},
    )
    assert life.invoke("life-first", id="a") == {"greeting": "hello", "row": ROW}
    assert "dynamodb:PutItem" not in life.granted("first")


def test_it_is_changed_in_place(life: Life) -> None:
    """Code, configuration, a further grant, a further endpoint."""
    source = life.project.directory / "lambda" / "index.py"
    source.write_text(source.read_text().replace('"row": row}', '"row": row, "version": 2}'))
    life.aws.reset_calls()
    life.deploy("changed")
    assert len(life.aws.calls("signer", "StartSigningJob")) == 1
    assert life.invoke("life-first", id="a") == {"greeting": "good day", "row": ROW, "version": 2}
    assert life.configuration("life-first")["MemorySize"] == 256
    assert "dynamodb:PutItem" in life.granted("changed")
    (endpoint,) = life.aws.client("ec2").describe_vpc_endpoints(
        VpcEndpointIds=[life.one("changed", "NetworkSecrets")]
    )["VpcEndpoints"]
    assert endpoint["VpcEndpointType"] == "Interface"
    # What was there is what it was.
    before, after = life.ids["first"], life.ids["changed"]
    assert {name: after[name] for name in before} == before
    assert life.protection() == "ENABLED"


def test_function_and_table_are_replaced(life: Life) -> None:
    """Other names: new ones are made; the old function goes, the old table stays.

    The same deployment takes the protection off the firewall, so that the next step works.
    """
    life.deploy("replaced")
    assert life.invoke("life-second", id="a") == {
        "greeting": "good day",
        "row": None,
        "version": 2,
    }
    with pytest.raises(ClientError, match="ResourceNotFound"):
        life.configuration("life-first")
    assert life.outputs["replaced"]["TableName"] != life.outputs["first"]["TableName"]
    assert life.row("first") == {name: {"S": value} for name, value in ROW.items()}
    kept = ("Network", "GreeterRole", "GreeterSecurityGroup", "GreeterLogGroup")
    for name, physical in life.ids["changed"].items():
        if name.startswith(kept):
            assert life.ids["replaced"][name] == physical
    assert life.protection() == "DISABLED"


def test_it_is_destroyed_in_the_right_order(life: Life) -> None:
    stack_id = life.stack_id()
    life.ids["signing"] = life.resources(f"{STACK}-Signing")
    life.project.run("destroy", "--all", "--force", "--context", "step=replaced")
    client = life.aws.client("cloudformation")
    (stack,) = client.describe_stacks(StackName=stack_id)["Stacks"]
    assert stack["StackStatus"] == "DELETE_COMPLETE"
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    removed = [
        event["LogicalResourceId"]
        for event in reversed(newest_first)
        if event["ResourceStatus"] == "DELETE_COMPLETE"
    ]

    def last(prefix: str) -> int:
        """When the resource was removed, in the order of all; never is an error."""
        return max(index for index, name in enumerate(removed) if name.startswith(prefix))

    function, group = last("GreeterFunction"), last("GreeterSecurityGroup")
    assert function < group < last("GreeterRole")
    assert function < last("NetworkDnsFirewallAssociation") < last("NetworkDnsFirewallRules")
    assert last("NetworkDnsFirewallAssociation") < last("Network1C6012B5")
    assert group < last("Network1C6012B5")


def test_nothing_is_left_but_the_data(life: Life) -> None:
    ec2, iam = life.aws.client("ec2"), life.aws.client("iam")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        life.configuration("life-second")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=life.one("replaced", "GreeterRole"))
    vpc = life.one("replaced", "Network1C6012B5")
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        ec2.describe_vpcs(VpcIds=[vpc])


def test_the_data_is_still_there(life: Life) -> None:
    """Both tables and the key of each, the log group, the signing bucket and the profile."""
    dynamodb, kms = life.aws.client("dynamodb"), life.aws.client("kms")
    assert life.row("first") == {name: {"S": value} for name, value in ROW.items()}
    for step in ("first", "replaced"):
        name = life.outputs[step]["TableName"]
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["DeletionProtectionEnabled"] is True
        key = life.one(step, "UsersKey" if step == "first" else "PeopleKey")
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    name = life.outputs["first"]["LogGroupName"]
    groups = life.aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [group["logGroupName"] for group in groups] == [name]
    life.aws.client("s3").head_bucket(Bucket=life.one("signing", "StagingBucket9"))
    profile = life.aws.client("signer").get_signing_profile(
        profileName=life.one("signing", "Profile").rpartition("/")[2]
    )
    assert profile["status"] == "Active"
