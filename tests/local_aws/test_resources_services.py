"""Queues, keys, secrets, interface endpoints and log policies can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import Stack, check, policy_document, resource
from .support import unique
from .test_resources_databases import cluster, network

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]


def _policy(action: str, principal: Any = "*") -> dict[str, Any]:
    statement = policy_document(action)["Statement"][0] | {"Principal": principal}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_interface_endpoint(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")

    def read(ids: dict[str, str]) -> Any:
        names = {value: key for key, value in ids.items()}
        (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[ids["Endpoint"]])["VpcEndpoints"]
        interfaces = ec2.describe_network_interfaces(
            NetworkInterfaceIds=found["NetworkInterfaceIds"]
        )["NetworkInterfaces"]
        for each in interfaces:
            block = ".".join(each["PrivateIpAddress"].split(".")[:3])
            assert block == {"Subnet0": "10.9.0", "Subnet1": "10.9.1"}[names[each["SubnetId"]]]
        return {
            "type": found["VpcEndpointType"],
            "dns": found["PrivateDnsEnabled"],
            "subnets": sorted(names[each] for each in found["SubnetIds"]),
            "groups": [names[each["GroupId"]] for each in found["Groups"]],
            "action": json.loads(found["PolicyDocument"])["Statement"][0]["Action"],
            "interfaces": sorted(
                (names[each["SubnetId"]], [names[group["GroupId"]] for group in each["Groups"]])
                for each in interfaces
            ),
        }

    def resources(subnets: list[str], group: str, action: str, dns: bool) -> Resources:
        return network() | {
            "Endpoint": resource(
                "AWS::EC2::VPCEndpoint",
                VpcId={"Ref": "Vpc"},
                VpcEndpointType="Interface",
                ServiceName="com.amazonaws.us-east-1.secretsmanager",
                PrivateDnsEnabled=dns,
                SubnetIds=[{"Ref": each} for each in subnets],
                SecurityGroupIds=[{"Fn::GetAtt": [group, "GroupId"]}],
                PolicyDocument=_policy(action),
            )
        }

    def expected(subnets: list[str], group: str, action: str, dns: bool) -> dict[str, Any]:
        return {
            "type": "Interface",
            "dns": dns,
            "subnets": subnets,
            "groups": [group],
            "action": action,
            "interfaces": [(each, [group]) for each in subnets],
        }

    first = (["Subnet0"], "Group", "secretsmanager:GetSecretValue", True)
    second = (["Subnet0", "Subnet1"], "Other", "secretsmanager:*", False)
    check(aws, resources(*first), resources(*second), read, (expected(*first), expected(*second)))


def test_alarm(aws: LocalAws) -> None:
    cloudwatch = aws.client("cloudwatch")

    def read(ids: dict[str, str]) -> Any:
        (found,) = cloudwatch.describe_alarms(AlarmNames=[ids["Alarm"]])["MetricAlarms"]
        tags = cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        return {
            "metric": (found["Namespace"], found["MetricName"], found["Statistic"]),
            "dimensions": found["Dimensions"],
            "bounds": (found["Threshold"], found["Period"], found["EvaluationPeriods"]),
            "missing": found.get("TreatMissingData"),
            "actions": [each == ids["Topic"] for each in found["AlarmActions"]],
            "tags": tags,
        }

    def resources(**more: Any) -> Resources:
        given = {
            "Namespace": "Own",
            "MetricName": "Refused",
            "Statistic": "Sum",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        }
        return {
            "Topic": resource("AWS::SNS::Topic"),
            "Alarm": resource("AWS::CloudWatch::Alarm", **(given | more)),
        }

    dimensions = [{"Name": "Relay", "Value": "payments"}]
    tags = [{"Key": "a", "Value": "1"}]
    metric = ("Own", "Refused", "Sum")
    check(
        aws,
        resources(
            Threshold=1,
            Period=300,
            EvaluationPeriods=1,
            Dimensions=dimensions,
            TreatMissingData="notBreaching",
            AlarmActions=[{"Ref": "Topic"}],
        ),
        resources(Threshold="2.5", Period="60", EvaluationPeriods="3", Tags=tags),
        read,
        (
            {
                "metric": metric,
                "dimensions": dimensions,
                "bounds": (1.0, 300, 1),
                "missing": "notBreaching",
                "actions": [True],
                "tags": [],
            },
            {
                "metric": metric,
                "dimensions": [],
                "bounds": (2.5, 60, 3),
                "missing": None,
                "actions": [],
                "tags": tags,
            },
        ),
    )


def test_queue(aws: LocalAws) -> None:
    sqs = aws.client("sqs")

    def read(ids: dict[str, str]) -> Any:
        url = ids["Queue"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(found.get("RedrivePolicy") or "{}")
        return {
            "visibility": found["VisibilityTimeout"],
            "days": int(found["MessageRetentionPeriod"]) // 86400,
            "key": found.get("KmsMasterKeyId") or None,
            "receives": redrive.get("maxReceiveCount"),
            "statements": len(json.loads(found["Policy"])["Statement"]),
            "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
        }

    def resources(**more: Any) -> Resources:
        return {
            "Dead": resource("AWS::SQS::Queue"),
            "Queue": resource("AWS::SQS::Queue", **more),
            "Policy": resource(
                "AWS::SQS::QueuePolicy",
                Queues=[{"Ref": "Queue"}],
                PolicyDocument=_policy("sqs:SendMessage"),
            ),
        }

    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
    check(
        aws,
        resources(
            VisibilityTimeout=60,
            MessageRetentionPeriod=1209600,
            KmsMasterKeyId="alias/aws/sqs",
            RedrivePolicy=redrive,
        ),
        resources(VisibilityTimeout="90", Tags=[{"Key": "a", "Value": "1"}]),
        read,
        (
            {
                "visibility": "60",
                "days": 14,
                "key": "alias/aws/sqs",
                "receives": 3,
                "statements": 1,
                "tags": {},
            },
            {
                "visibility": "90",
                "days": 4,
                "key": None,
                "receives": None,
                "statements": 1,
                "tags": {"a": "1"},
            },
        ),
    )


def test_fifo_queue(aws: LocalAws) -> None:
    stack = Stack(aws)
    queue = resource("AWS::SQS::Queue", FifoQueue=True, ContentBasedDeduplication=True)
    assert stack.deploy({"Queue": queue}) == "CREATE_COMPLETE", stack.reasons()
    found = aws.client("sqs").get_queue_attributes(
        QueueUrl=stack.ids()["Queue"], AttributeNames=["All"]
    )["Attributes"]
    assert (found["FifoQueue"], found["ContentBasedDeduplication"]) == ("true", "true")
    assert found["QueueArn"].endswith(".fifo")
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_key_with_an_alias(aws: LocalAws) -> None:
    kms, name = aws.client("kms"), f"alias/{unique()}"
    root = {"AWS": f"arn:aws:iam::{aws.account}:root"}

    def read(ids: dict[str, str]) -> Any:
        key_id = ids["Key"]
        found = kms.describe_key(KeyId=name)["KeyMetadata"]
        policy = json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])
        tags = kms.list_resource_tags(KeyId=key_id)["Tags"]
        return {
            "description": found["Description"],
            "alias": {value: each for each, value in ids.items()}[found["KeyId"]],
            "rotation": kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"],
            "action": policy["Statement"][0]["Action"],
            "tags": {each["TagKey"]: each["TagValue"] for each in tags},
        }

    def resources(target: str, action: str, **more: Any) -> Resources:
        policy = _policy(action, root)
        return {
            "Key": resource("AWS::KMS::Key", KeyPolicy=policy, **more),
            "Other": resource("AWS::KMS::Key", KeyPolicy=_policy("kms:*", root)),
            "Alias": resource("AWS::KMS::Alias", AliasName=name, TargetKeyId={"Ref": target}),
        }

    stack = check(
        aws,
        resources("Key", "kms:*", Description="one", EnableKeyRotation=True),
        resources("Other", "kms:Decrypt", Tags=[{"Key": "a", "Value": "1"}]),
        read,
        (
            {
                "description": "one",
                "alias": "Key",
                "rotation": True,
                "action": "kms:*",
                "tags": {},
            },
            {
                "description": "",
                "alias": "Other",
                "rotation": False,
                "action": "kms:Decrypt",
                "tags": {"a": "1"},
            },
        ),
    )
    assert stack.status() == "DELETE_COMPLETE"


def test_secret(aws: LocalAws) -> None:
    client = aws.client("secretsmanager")
    passwords = []

    def read(ids: dict[str, str]) -> Any:
        found = client.describe_secret(SecretId=ids["Secret"])
        value = json.loads(client.get_secret_value(SecretId=ids["Secret"])["SecretString"])
        passwords.append(value["password"])
        return found.get("Description"), value["username"], len(value["password"])

    def resources(description: str, user: str, length: int) -> Resources:
        return {
            "Secret": resource(
                "AWS::SecretsManager::Secret",
                Description=description,
                GenerateSecretString={
                    "ExcludeCharacters": '/"@ ',
                    "ExcludePunctuation": "true",
                    "GenerateStringKey": "password",
                    "PasswordLength": length,
                    "SecretStringTemplate": json.dumps({"username": user}),
                },
            )
        }

    stack = check(
        aws,
        resources("one", "a", 20),
        resources("two", "b", 30),
        read,
        (("one", "a", 20), ("two", "b", 30)),
    )
    assert len(set(passwords)) == 3
    assert all(password.isalnum() for password in passwords)
    assert stack.name not in str(client.list_secrets()["SecretList"])


def test_secret_attached_to_a_cluster(aws: LocalAws) -> None:
    client, stack = aws.client("secretsmanager"), Stack(aws)
    by_password = cluster(
        MasterUserPassword={"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"}
    )
    del by_password["Cluster"]["Properties"]["MasterUserAuthenticationType"]
    resources = (
        network()
        | by_password
        | {
            "Secret": resource(
                "AWS::SecretsManager::Secret",
                SecretString=json.dumps({"username": "postgres", "password": "not a secret"}),
            ),
            "Attached": resource(
                "AWS::SecretsManager::SecretTargetAttachment",
                SecretId={"Ref": "Secret"},
                TargetId={"Ref": "Cluster"},
                TargetType="AWS::RDS::DBCluster",
            ),
        }
    )
    outputs = {"Attached": {"Value": {"Ref": "Attached"}}}
    assert stack.deploy(resources, Outputs=outputs) == "CREATE_COMPLETE", stack.reasons()
    ids = stack.ids()
    assert stack.outputs()["Attached"] == ids["Secret"]
    value = json.loads(client.get_secret_value(SecretId=ids["Secret"])["SecretString"])
    assert value.pop("host").startswith(f"{ids['Cluster']}.cluster-")
    assert value == {
        "dbClusterIdentifier": ids["Cluster"],
        "dbname": "users",
        "engine": "postgres",
        "password": "not a secret",
        "port": 5432,
        "username": "postgres",
    }
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_log_resource_policy(aws: LocalAws) -> None:
    logs, name = aws.client("logs"), unique("policy")

    def read(ids: dict[str, str]) -> Any:
        (found,) = (
            each
            for each in logs.describe_resource_policies()["resourcePolicies"]
            if each["policyName"] == name
        )
        return json.loads(found["policyDocument"])["Statement"][0]["Action"]

    def resources(action: str) -> Resources:
        document = json.dumps(_policy(action, {"Service": "route53.amazonaws.com"}))
        return {
            "Policy": resource(
                "AWS::Logs::ResourcePolicy", PolicyName=name, PolicyDocument=document
            )
        }

    check(
        aws,
        resources("logs:PutLogEvents"),
        resources("logs:CreateLogStream"),
        read,
        ("logs:PutLogEvents", "logs:CreateLogStream"),
    )
    assert name not in str(logs.describe_resource_policies()["resourcePolicies"])
