"""Buckets, log groups and identities: what a template says can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import TRUST, check, policy_document, resource
from .support import unique

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]


def test_log_group(aws: LocalAws) -> None:
    logs, name = aws.client("logs"), unique("group")
    key = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"

    def read(ids: dict[str, str]) -> Any:
        (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        arn = group["arn"].removesuffix(":*")
        tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
        return group.get("retentionInDays"), group.get("kmsKeyId"), tags

    def group(**more: Any) -> Resources:
        return {"A": resource("AWS::Logs::LogGroup", LogGroupName=name, **more)}

    check(
        aws,
        group(RetentionInDays=30, KmsKeyId=key, Tags=[{"Key": "a", "Value": "1"}]),
        group(Tags=[{"Key": "a", "Value": "2"}]),
        read,
        ((30, key, {"a": "1"}), (None, None, {"a": "2"})),
    )
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_topic_policy(aws: LocalAws) -> None:
    sns = aws.client("sns")
    topics = [sns.create_topic(Name=unique("topic"))["TopicArn"] for _ in range(2)]

    def statements(topic: str) -> Any:
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        return [each["Sid"] for each in json.loads(attributes["Policy"])["Statement"]]

    default = [statements(topic) for topic in topics]

    def policy(sid: str, *of: str) -> Resources:
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": list(of),
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {"A": resource("AWS::SNS::TopicPolicy", Topics=list(of), PolicyDocument=document)}

    check(
        aws,
        policy("one", *topics),
        policy("two", topics[0]),
        lambda ids: [statements(topic) for topic in topics],
        ([["one"], ["one"]], [["two"], default[1]]),
    )
    assert [statements(topic) for topic in topics] == default


def test_bucket_with_its_policy(aws: LocalAws) -> None:
    s3, name = aws.client("s3"), unique("bucket")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    block = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )

    def read(ids: dict[str, str]) -> Any:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
        return {
            "versioning": s3.get_bucket_versioning(Bucket=name)["Status"],
            "days": rules[0]["Expiration"]["Days"],
            "old": rules[0].get("NoncurrentVersionExpiration"),
            "abort": rules[0].get("AbortIncompleteMultipartUpload"),
            "algorithm": default["SSEAlgorithm"],
            "block": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
            "owner": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"],
            "policy": len(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]),
        }

    def resources(days: int, algorithm: str, statements: int, **rule: Any) -> Resources:
        by_default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        life = {"Status": "Enabled", "ExpirationInDays": days, **rule}
        return {
            "A": resource(
                "AWS::S3::Bucket",
                BucketName=name,
                VersioningConfiguration={"Status": "Enabled"},
                BucketEncryption={"ServerSideEncryptionConfiguration": [by_default]},
                LifecycleConfiguration={"Rules": [life]},
                PublicAccessBlockConfiguration=block,
                OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            ),
            "B": resource(
                "AWS::S3::BucketPolicy",
                Bucket={"Ref": "A"},
                PolicyDocument={"Version": "2012-10-17", "Statement": [deny] * statements},
            ),
        }

    same = {
        "versioning": "Enabled",
        "block": block,
        "owner": [{"ObjectOwnership": "BucketOwnerEnforced"}],
    }
    first = {
        "days": 7,
        "old": {"NoncurrentDays": 1},
        "abort": {"DaysAfterInitiation": 2},
        "algorithm": "AES256",
        "policy": 1,
    }
    second = {"days": 9, "old": None, "abort": None, "algorithm": "aws:kms", "policy": 2}
    check(
        aws,
        resources(
            7, "AES256", 1,
            NoncurrentVersionExpiration={"NoncurrentDays": 1},
            AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2},
        ),
        resources(9, "aws:kms", 2),
        read,
        (same | first, same | second),
    )  # fmt: skip
    assert name not in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_role(aws: LocalAws) -> None:
    iam, name = aws.client("iam"), unique("role")
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"

    def read(ids: dict[str, str]) -> Any:
        role = iam.get_role(RoleName=name)["Role"]
        inline = {
            each: iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
            for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        return (
            role.get("Description", ""),
            role["MaxSessionDuration"],
            role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            inline,
            [each["PolicyArn"] for each in attached],
        )

    def role(**more: Any) -> Resources:
        return {
            "A": resource("AWS::IAM::Role", RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
        }

    def inline(**policies: str) -> list[dict[str, Any]]:
        return [
            {"PolicyName": each, "PolicyDocument": policy_document(action)}
            for each, action in policies.items()
        ]

    check(
        aws,
        role(
            Description="d",
            PermissionsBoundary=boundary,
            MaxSessionDuration=7200,
            Policies=inline(a="s3:Get*", b="sqs:*"),
        ),
        role(ManagedPolicyArns=[boundary], Policies=inline(a="s3:Put*")),
        read,
        (
            (
                "d",
                7200,
                boundary,
                {"a": policy_document("s3:Get*"), "b": policy_document("sqs:*")},
                [],
            ),
            ("", 3600, None, {"a": policy_document("s3:Put*")}, [boundary]),
        ),
    )


def test_managed_policy_and_oidc_provider(aws: LocalAws) -> None:
    iam, url = aws.client("iam"), f"https://{unique('host')}.example.com"

    def read(ids: dict[str, str]) -> Any:
        policy = iam.get_policy(PolicyArn=ids["Policy"])["Policy"]
        version = iam.get_policy_version(
            PolicyArn=ids["Policy"], VersionId=policy["DefaultVersionId"]
        )
        provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ids["Provider"])
        document = version["PolicyVersion"]["Document"]
        return document["Statement"][0]["Action"], sorted(provider["ClientIDList"])

    def resources(action: str, *clients: str) -> Resources:
        return {
            "Policy": resource("AWS::IAM::ManagedPolicy", PolicyDocument=policy_document(action)),
            "Provider": resource("AWS::IAM::OIDCProvider", Url=url, ClientIdList=list(clients)),
        }

    check(
        aws,
        resources("s3:Get*", "a", "b"),
        resources("s3:Put*", "b", "c"),
        read,
        (("s3:Get*", ["a", "b"]), ("s3:Put*", ["b", "c"])),
    )
