"""Functions and signing: what a template says can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import TRUST, Stack, check, resource
from .support import make_zip, unique

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]


def test_function_with_what_belongs_to_it(aws: LocalAws) -> None:
    client, s3 = aws.client("lambda"), aws.client("s3")
    bucket = unique("code")
    s3.create_bucket(Bucket=bucket)
    for key, answer in (("one", "1"), ("two", "2")):
        body = make_zip(("index.py", f"def handler(event, context): return {answer}"))
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    publisher = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/Unknown/0123456789"

    def read(ids: dict[str, str]) -> Any:
        name = {"FunctionName": ids["Function"]}
        found = client.get_function_configuration(**name)
        config = client.get_code_signing_config(CodeSigningConfigArn=ids["Config"])
        return {
            "answer": json.load(client.invoke(**name)["Payload"]),
            "memory": found["MemorySize"],
            "timeout": found["Timeout"],
            "environment": found.get("Environment", {}).get("Variables", {}),
            "reserved": client.get_function_concurrency(**name).get("ReservedConcurrentExecutions"),
            "subnets": len(found.get("VpcConfig", {}).get("SubnetIds", [])),
            "tags": client.list_tags(Resource=found["FunctionArn"])["Tags"],
            "signing": client.get_function_code_signing_config(**name).get("CodeSigningConfigArn")
            == ids["Config"],
            "description": config["CodeSigningConfig"].get("Description", ""),
        }

    def resources(key: str, description: str, **more: Any) -> Resources:
        return {
            "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST),
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.3.0.0/16"),
            "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.3.0.0/24"),
            "Group": resource(
                "AWS::EC2::SecurityGroup", GroupDescription="d", VpcId={"Ref": "Vpc"}
            ),
            "Config": resource(
                "AWS::Lambda::CodeSigningConfig",
                AllowedPublishers={"SigningProfileVersionArns": [publisher]},
                Description=description,
            ),
            "Function": resource(
                "AWS::Lambda::Function",
                Code={"S3Bucket": bucket, "S3Key": key},
                Handler="index.handler",
                Role={"Fn::GetAtt": ["Role", "Arn"]},
                Runtime="python3.13",
                **more,
            ),
        }

    network = {
        "SubnetIds": [{"Ref": "Subnet"}],
        "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
    }
    first = {
        "answer": 1,
        "memory": 256,
        "timeout": 9,
        "environment": {"FLAG": "true", "N": "1"},
        "reserved": 5,
        "subnets": 1,
        "tags": {"a": "1"},
        "signing": True,
        "description": "one",
    }
    second = {
        "answer": 2,
        "memory": 128,
        "timeout": 3,
        "environment": {},
        "reserved": None,
        "subnets": 0,
        "tags": {},
        "signing": False,
        "description": "two",
    }
    stack = check(
        aws,
        resources(
            "one", "one",
            MemorySize=256,
            Timeout="9",
            Environment={"Variables": {"FLAG": True, "N": 1}},
            ReservedConcurrentExecutions=5,
            VpcConfig=network,
            Tags=[{"Key": "a", "Value": "1"}],
            CodeSigningConfigArn={"Ref": "Config"},
        ),
        resources("two", "two"),
        read,
        (first, second),
    )  # fmt: skip
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    assert not [each for each in names if stack.name in each]


def test_versions_aliases_layers_and_permissions(aws: LocalAws, role: str) -> None:
    client, s3, bucket = aws.client("lambda"), aws.client("s3"), unique("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=make_zip())
    stack, function = Stack(aws), {"Ref": "Function"}

    def resources(description: str) -> Resources:
        return {
            "Function": resource(
                "AWS::Lambda::Function",
                Code={"S3Bucket": bucket, "S3Key": "k"},
                Handler="index.handler",
                Layers=[{"Ref": "Layer"}],
                Role=role,
                Runtime="python3.13",
            ),
            "Layer": resource(
                "AWS::Lambda::LayerVersion", Content={"S3Bucket": bucket, "S3Key": "k"}
            ),
            "Version": resource("AWS::Lambda::Version", FunctionName=function),
            "Alias": resource(
                "AWS::Lambda::Alias",
                FunctionName=function,
                FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
                Name="live",
                Description=description,
            ),
            "Permission": resource(
                "AWS::Lambda::Permission",
                FunctionName=function,
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
            ),
        }

    assert stack.deploy(resources("one")) == "CREATE_COMPLETE", stack.reasons()
    name = stack.ids()["Function"]
    assert json.load(client.invoke(FunctionName=f"{name}:live")["Payload"]) == "first"
    assert "events.amazonaws.com" in client.get_policy(FunctionName=name)["Policy"]
    assert stack.deploy(resources("two")) == "UPDATE_COMPLETE", stack.reasons()
    assert client.get_alias(FunctionName=name, Name="live")["Description"] == "two"
    assert stack.delete() == "DELETE_COMPLETE"


def _function(aws: LocalAws, role: str) -> Resources:
    """A function with two versions."""
    s3, bucket = aws.client("s3"), unique("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=make_zip())
    function = {"Ref": "Function"}
    return {
        "Function": resource(
            "AWS::Lambda::Function",
            Code={"S3Bucket": bucket, "S3Key": "k"},
            Handler="index.handler",
            Role=role,
            Runtime="python3.13",
        ),
        "Version": resource("AWS::Lambda::Version", FunctionName=function),
    }


def test_alias_with_provisioned_concurrency(aws: LocalAws, role: str) -> None:
    client, base = aws.client("lambda"), _function(aws, role)

    def read(ids: dict[str, str]) -> Any:
        alias = {"FunctionName": ids["Function"], "Qualifier": "live"}
        listed = client.list_provisioned_concurrency_configs(FunctionName=ids["Function"])
        if not listed["ProvisionedConcurrencyConfigs"]:
            return None
        found = client.get_provisioned_concurrency_config(**alias)
        return found["RequestedProvisionedConcurrentExecutions"], found["Status"]

    def resources(**more: Any) -> Resources:
        return base | {
            "Alias": resource(
                "AWS::Lambda::Alias",
                FunctionName={"Ref": "Function"},
                FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
                Name="live",
                **more,
            )
        }

    check(
        aws,
        resources(ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": "1"}),
        resources(Description="none"),
        read,
        ((1, "READY"), None),
    )


def test_event_invoke_config(aws: LocalAws, role: str) -> None:
    client, base = aws.client("lambda"), _function(aws, role)

    def read(ids: dict[str, str]) -> Any:
        found = client.get_function_event_invoke_config(FunctionName=ids["Function"])
        target = found["DestinationConfig"].get("OnFailure", {}).get("Destination", "")
        return (
            found.get("MaximumRetryAttempts"),
            found.get("MaximumEventAgeInSeconds"),
            target.rpartition(":")[2] == ids["Queue"].rpartition("/")[2],
        )

    def resources(**more: Any) -> Resources:
        return base | {
            "Queue": resource("AWS::SQS::Queue"),
            "Config": resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Function"},
                Qualifier="$LATEST",
                **more,
            ),
        }

    failure = {"OnFailure": {"Destination": {"Fn::GetAtt": ["Queue", "Arn"]}}}
    check(
        aws,
        resources(MaximumRetryAttempts=0, DestinationConfig=failure),
        resources(MaximumRetryAttempts="1", MaximumEventAgeInSeconds="60"),
        read,
        ((0, None, True), (1, 60, False)),
    )


def test_schedule_of_a_function(aws: LocalAws, role: str) -> None:
    events, base, name = aws.client("events"), _function(aws, role), unique("rule")

    def read(ids: dict[str, str]) -> Any:
        found = events.describe_rule(Name=name)
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
        tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
        assert tags == [{"Key": "a", "Value": found["State"]}]
        return (
            found["ScheduleExpression"],
            found["State"],
            sorted((each["Id"], each.get("Input")) for each in targets),
        )

    def resources(rate: str, state: str, **inputs: str) -> Resources:
        arn = {"Fn::GetAtt": ["Function", "Arn"]}
        targets = [{"Arn": arn, "Id": each, "Input": text} for each, text in inputs.items()]
        rule = {"ScheduleExpression": rate, "State": state, "Targets": targets}
        rule["Tags"] = [{"Key": "a", "Value": state}]
        return base | {"Rule": resource("AWS::Events::Rule", Name=name, **rule)}

    check(
        aws,
        resources("rate(1 hour)", "ENABLED", one="1", two="2"),
        resources("rate(2 hours)", "DISABLED", two="3"),
        read,
        (
            ("rate(1 hour)", "ENABLED", [("one", "1"), ("two", "2")]),
            ("rate(2 hours)", "DISABLED", [("two", "3")]),
        ),
    )
    assert name not in str(events.list_rules()["Rules"])


def test_profile_permission(aws: LocalAws) -> None:
    stack, signer = Stack(aws), aws.client("signer")
    resources = {
        "Profile": resource("AWS::Signer::SigningProfile", PlatformId="AWSLambda-SHA384-ECDSA"),
        "Permission": resource(
            "AWS::Signer::ProfilePermission",
            Action="signer:StartSigningJob",
            Principal="222222222222",
            ProfileName={"Fn::GetAtt": ["Profile", "ProfileName"]},
            StatementId="guest",
        ),
    }
    outputs = {"Name": {"Value": {"Fn::GetAtt": ["Profile", "ProfileName"]}}}
    assert stack.deploy(resources, Outputs=outputs) == "CREATE_COMPLETE", stack.reasons()
    found = signer.list_profile_permissions(profileName=stack.outputs()["Name"])["permissions"]
    assert [(each["action"], each["principal"]) for each in found] == [
        ("signer:StartSigningJob", "222222222222")
    ]
    assert stack.delete() == "DELETE_COMPLETE"
