"""Tables, buckets, keys and the like against templates, where the stand-in cannot answer so."""

import json
from typing import Any

import pytest

from secure_lambda_constructs.checks.audit.findings import KINDS, Finding
from secure_lambda_constructs.checks.audit.functions import Function

from .comparing import Compare, told
from .fake_account import NUMBER, REGION, refused

GONE = refused("ResourceNotFoundException")
UNKNOWABLE = {"Fn::GetAtt": ["Nothing", "Known"]}
ROOT = f"arn:aws:iam::{NUMBER}:root"


def _statement(sid: str = "S", **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "a", "Resource": "r"} | more


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _table(**more: Any) -> dict[str, Any]:
    return {"TableName": "t", "TableArn": f"arn:aws:dynamodb:{REGION}:{NUMBER}:table/t", **more}


def _tables(*flows: dict[str, str], policies: Any = None, **table: Any) -> dict[str, Any]:
    return {
        "describe_table": {"Table": _table(**table)},
        "describe_kinesis_streaming_destination": {"KinesisDataStreamDestinations": list(flows)},
        "get_resource_policy": policies or refused("PolicyNotFoundException"),
    }


STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}


@pytest.mark.parametrize(
    ("properties", "live", "found"),
    [
        ({}, _tables(), []),
        (
            {},
            _tables(**STREAM, LatestStreamArn="arn:stream"),
            [("configuration-changed", "StreamViewType NEW_IMAGE")],
        ),
        (
            {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}},
            _tables(),
            [("configuration-changed", "StreamViewType none")],
        ),
        (
            {"KinesisStreamSpecification": {"StreamArn": "arn:ours"}},
            _tables(
                {"StreamArn": "arn:ours", "DestinationStatus": "ACTIVE"},
                {"StreamArn": "arn:by-hand", "DestinationStatus": "ENABLING"},
                {"StreamArn": "arn:before", "DestinationStatus": "DISABLED"},
            ),
            [("configuration-changed", "KinesisStreamSpecification: arn:by-hand added")],
        ),
        (
            {"ResourcePolicy": UNKNOWABLE, "KinesisStreamSpecification": UNKNOWABLE},
            _tables(),
            [
                ("cannot-tell", "unknown: KinesisStreamSpecification"),
                ("cannot-tell", "unknown: policy"),
            ],
        ),
    ],
    ids=["as-deployed", "stream-added", "stream-gone", "kinesis", "unknown"],
)
def test_where_the_items_of_a_table_go_is_compared(
    compared: Compare,
    properties: dict[str, Any],
    live: dict[str, Any],
    found: list[tuple[str, str]],
) -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
    assert told(compared({"T": table}, [], **live)) == found


def test_a_policy_of_the_stream_counts_too(compared: Compare) -> None:
    def policies(ResourceArn: str) -> Any:
        policy = json.dumps(_policy(_statement(Action="dynamodb:GetRecords")))
        return {"Policy": policy} if ResourceArn == "arn:stream" else GONE

    stream = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": stream}
    live = _tables(policies=policies, **STREAM, LatestStreamArn="arn:stream")
    found = "policy of the stream: statement S (Allow * dynamodb:GetRecords) added"
    assert told(compared({"T": table}, [], **live)) == [("resource-policy-changed", found)]


def test_each_replica_of_a_table_is_compared(compared: Compare) -> None:
    given = {"PolicyDocument": _policy(_statement())}
    replicas: list[dict[str, Any]] = [
        {"Region": REGION, "ResourcePolicy": given},
        {"Region": "us-east-1"},
    ]
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": replicas}}
    there = [{"RegionName": name} for name in (REGION, "us-east-1", "ap-east-1")]
    live = _tables(policies={"Policy": json.dumps(_policy(_statement()))}, Replicas=there)
    findings = compared({"T": table}, [], **live)
    assert [(each.region, each.kind, each.found) for each in findings] == [
        (REGION, "configuration-changed", "Replicas: ap-east-1 added"),
        ("us-east-1", "configuration-changed", "Replicas: ap-east-1 added"),
        ("us-east-1", "resource-policy-changed", "policy: statement S (Allow * a) added"),
    ]
    unknown = {"Type": table["Type"], "Properties": {"Replicas": [{"Region": UNKNOWABLE}]}}
    assert told(compared({"T": unknown}, [], **live)) == [("cannot-tell", "unknown: Replicas")]


def _topic(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "get_topic_attributes": {"Attributes": {"Policy": json.dumps(_policy(*statements))}},
        "list_subscriptions_by_topic": {"Subscriptions": []},
    }


DEFAULT = _statement(
    "__default_statement_ID", Condition={"StringEquals": {"AWS:SourceOwner": NUMBER}}
)


def test_the_policy_that_sns_gives_is_none(compared: Compare) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
    assert compared({"T": topic}, [], **_topic(DEFAULT)) == []
    foreign = DEFAULT | {"Condition": {"StringEquals": {"AWS:SourceOwner": "999900001111"}}}
    [finding] = compared({"T": topic}, [], **_topic(foreign))
    assert finding.kind == "resource-policy-changed"


def test_a_policy_that_may_be_for_any_resource_cannot_be_told(compared: Compare) -> None:
    policy = {"Topics": [UNKNOWABLE], "PolicyDocument": _policy()}
    resources = {
        "T": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "P": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy},
    }
    assert told(compared(resources, [], **_topic())) == [("cannot-tell", "unknown: policy")]
    # Of several policies the one that was written last counts, which no template tells.
    known = policy | {"Topics": [{"Ref": "T"}]}
    resources["P"] = resources["Q"] = {"Type": "AWS::SNS::TopicPolicy", "Properties": known}
    assert told(compared(resources, [], **_topic())) == [("cannot-tell", "unknown: policy")]


@pytest.mark.parametrize(
    ("principal", "added"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", False),
        (f"arn:aws:iam::{NUMBER}:role/r", False),
        (f"arn:aws:sts::{NUMBER}:assumed-role/r/session", False),
        (f"arn:aws:iam::{NUMBER}:role/other", True),
        (f"arn:aws:iam::{NUMBER}:user/r", True),
        ("arn:aws:iam::999900001111:role/r", True),
        ("AROAEXAMPLE", True),
    ],
)
def test_grants_are_for_services_and_for_roles_of_the_assembly(
    compared: Compare, principal: str, added: bool
) -> None:
    root = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    grant = {"GrantId": "g", "GranteePrincipal": principal, "Operations": ["Encrypt", "Decrypt"]}
    role = {"RoleName": "r", "Arn": "a", "RolePolicyList": [], "AttachedManagedPolicies": []}
    found = compared(
        {
            "K": {"Type": "AWS::KMS::Key", "Properties": {}},
            "R": {"Type": "AWS::IAM::Role", "Properties": {}},
        },
        [],
        get_key_policy={"Policy": json.dumps(_policy(root))},
        list_grants={"Grants": [grant]},
        get_account_authorization_details={"RoleDetailList": [role], "Policies": []},
    )
    should = [("grant-added", f"grant g: {principal} may Decrypt, Encrypt")]
    assert told(found) == (should if added else [])


def test_a_secret_that_another_function_rotates_is_told(compared: Compare) -> None:
    resources: dict[str, Any] = {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {}}}
    live: dict[str, Any] = {
        "describe_secret": {"Name": "s", "RotationEnabled": True, "RotationLambdaARN": "arn:f"},
        "get_resource_policy": {},
    }
    found = [("configuration-changed", "RotationLambdaARN arn:f")]
    assert told(compared(resources, [], **live)) == found
    schedule = {"SecretId": {"Ref": "S"}, "RotationLambdaARN": "arn:f"}
    kind = "AWS::SecretsManager::RotationSchedule"
    resources["R"] = {"Type": kind, "Properties": schedule}
    assert compared(resources, [], **live) == []
    del schedule["RotationLambdaARN"]  # one that CloudFormation makes
    unknown = [("cannot-tell", "unknown: RotationLambdaARN")]
    assert told(compared(resources, [], **live)) == unknown


def _bucket(**answers: Any) -> dict[str, Any]:
    owner = {"ID": "owner"}
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    closed = {
        "get_bucket_policy": refused("NoSuchBucketPolicy"),
        "get_public_access_block": {"PublicAccessBlockConfiguration": dict.fromkeys(blocked, True)},
        "get_bucket_acl": {"Owner": owner, "Grants": [{"Grantee": owner, "Permission": "x"}]},
        "get_bucket_replication": refused("ReplicationConfigurationNotFoundError"),
        "get_bucket_logging": {},
        "list_bucket_inventory_configurations": {},
        "get_bucket_notification_configuration": {},
    }
    return closed | answers


def test_a_bucket_whose_template_says_nothing_is_closed(compared: Compare) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    assert compared({"B": bucket}, [], **_bucket()) == []
    none = refused("NoSuchPublicAccessBlockConfiguration")
    [finding] = compared({"B": bucket}, [], **_bucket(get_public_access_block=none))
    assert finding.found.startswith("BlockPublicAcls False; BlockPublicPolicy False")
    [finding] = compared({"B": bucket}, [], **_bucket(get_bucket_policy=refused("NoSuchBucket")))
    assert finding.kind == "resource-missing"


def test_what_a_template_says_of_a_bucket_is_as_deployed(compared: Compare) -> None:
    """In the words of the template and in those of S3."""
    function = {"LambdaFunctionArn": "arn:f", "Events": ["x"]}
    queue, topic = {"QueueArn": "arn:q"}, {"TopicArn": "arn:t"}
    destination = {"Bucket": "arn:aws:s3:::copy"}
    resources: dict[str, Any] = {
        "B": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "AccessControl": "LogDeliveryWrite",
                "InventoryConfigurations": [{"Destination": {"BucketArn": "arn:aws:s3:::lists"}}],
                "LoggingConfiguration": {"LogFilePrefix": "own"},
                "NotificationConfiguration": {
                    "QueueConfigurations": [{"Queue": "arn:q"}],
                    "TopicConfigurations": [{"Topic": "arn:t"}],
                },
                "ReplicationConfiguration": {
                    "Rules": [{"Status": "Enabled", "Destination": destination}]
                },
            },
        },
        "N": {
            "Type": "Custom::S3BucketNotifications",
            "Properties": {
                "BucketName": {"Ref": "B"},
                "NotificationConfiguration": {
                    "EventBridgeConfiguration": {},
                    "LambdaFunctionConfigurations": [function],
                },
            },
        },
    }
    lists = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::lists"}}
    live = _bucket(
        get_bucket_logging={"LoggingEnabled": {"TargetBucket": "b"}},
        get_bucket_notification_configuration={
            "EventBridgeConfiguration": {},
            "LambdaFunctionConfigurations": [function],
            "QueueConfigurations": [queue],
            "TopicConfigurations": [topic],
        },
        get_bucket_replication={
            "ReplicationConfiguration": {
                "Rules": [{"Status": "Enabled", "Destination": destination}]
            }
        },
        list_bucket_inventory_configurations={
            "InventoryConfigurationList": [{"Destination": lists}]
        },
    )
    assert compared(resources, [], **live) == []
    # Grants of a canned list are not worked out.
    live["get_bucket_acl"]["Grants"].append({"Grantee": {"ID": "other"}, "Permission": "READ"})
    assert told(compared(resources, [], **live)) == [("cannot-tell", "unknown: AccessControl")]


def _layer(**answers: Any) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{REGION}:{NUMBER}:layer:l:7"
    listed = [
        {"LogicalResourceId": "L", "PhysicalResourceId": arn},
        {"LogicalResourceId": "P", "PhysicalResourceId": "p"},
    ]
    return {"list_stack_resources": {"StackResourceSummaries": listed}} | answers


def test_who_may_have_a_layer_is_compared(compared: Compare) -> None:
    arn = f"arn:aws:lambda:{REGION}:{NUMBER}:layer:l:7"
    permission = {
        "LayerVersionArn": {"Ref": "L"},
        "Action": "lambda:GetLayerVersion",
        "Principal": "*",
        "OrganizationId": "o-abcdef1234",
    }
    resources = {
        "L": {"Type": "AWS::Lambda::LayerVersion", "Properties": {}},
        "P": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": permission},
    }
    bound = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}
    live = _statement(Action="lambda:GetLayerVersion", Resource=arn, Condition=bound)
    given = {"Policy": json.dumps(_policy(live))}
    assert compared(resources, [], **_layer(get_layer_version_policy=given)) == []
    [finding] = compared(resources, [], **_layer(get_layer_version_policy=GONE))
    assert finding.found == "policy: statement without Sid (Allow * lambda:GetLayerVersion) removed"


def test_who_may_sign_is_compared_and_whether_anybody_may(compared: Compare) -> None:
    permission: dict[str, Any] = {
        "ProfileName": "p",
        "Principal": "999900001111",
        "Action": "signer:StartSigningJob",
    }
    resources = {
        "P": {"Type": "AWS::Signer::SigningProfile", "Properties": {}},
        "Q": {"Type": "AWS::Signer::ProfilePermission", "Properties": permission},
        "R": {
            "Type": "AWS::Signer::ProfilePermission",
            "Properties": permission | {"ProfileName": "other"},
        },
    }
    there = {"principal": "999900001111", "action": "signer:StartSigningJob"}
    live = {
        "get_signing_profile": {"arn": "arn:p", "status": "Active"},
        "list_profile_permissions": {"permissions": [there]},
    }
    assert compared(resources, [], **live) == []
    live["get_signing_profile"] = {"arn": "arn:p", "status": "Canceled"}
    assert told(compared(resources, [], **live)) == [("signing-changed", "status Canceled")]
    live["get_signing_profile"] = {"arn": "arn:p"}
    permission["Principal"] = UNKNOWABLE
    assert told(compared(resources, [], **live)) == [("cannot-tell", "unknown: permissions")]


@pytest.mark.parametrize(
    ("physical", "asked"),
    [
        ("name", {"Name": "name"}),
        ("bus|name", {"Name": "name", "EventBusName": "bus"}),
        (f"arn:aws:events:{REGION}:{NUMBER}:rule/name", {"Name": "name"}),
        (
            f"arn:aws:events:{REGION}:{NUMBER}:rule/bus/name",
            {"Name": "name", "EventBusName": "bus"},
        ),
    ],
)
def test_a_rule_is_found_by_whatever_cloudformation_calls_it(
    compared: Compare, physical: str, asked: dict[str, str]
) -> None:
    def described(**parameters: str) -> dict[str, str]:
        assert parameters == asked
        return {"Arn": "arn:rule", "State": "ENABLED"}

    listed = [{"LogicalResourceId": "R", "PhysicalResourceId": physical}]
    rule = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": "arn:t"}]}}
    found = compared(
        {"R": rule},
        [],
        list_stack_resources={"StackResourceSummaries": listed},
        describe_rule=described,
        list_targets_by_rule={"Targets": [{"Arn": "arn:t"}]},
    )
    assert found == []


def _vpc(**answers: Any) -> dict[str, Any]:
    closed: dict[str, Any] = {
        "describe_vpc_endpoints": {"VpcEndpoints": []},
        "describe_route_tables": {"RouteTables": []},
    }
    return closed | answers


def test_what_the_assembly_attaches_to_a_vpc_is_wanted(compared: Compare) -> None:
    attachment: dict[str, Any] = {"VpcId": {"Ref": "V"}, "InternetGatewayId": {"Ref": "G"}}
    dhcp = {"VpcId": {"Ref": "V"}, "DhcpOptionsId": "dopt-1"}
    resources: dict[str, Any] = {
        "V": {"Type": "AWS::EC2::VPC", "Properties": {}},
        "G": {"Type": "AWS::EC2::InternetGateway", "Properties": {}},
        "A": {"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": attachment},
        "N": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "D": {"Type": "AWS::EC2::VPCDHCPOptionsAssociation", "Properties": dhcp},
    }
    attached = {"State": "available", "VpcId": "v"}
    servers = {"Key": "domain-name-servers", "Values": [{"Value": "10.0.0.2"}]}
    live = _vpc(
        describe_internet_gateways={
            "InternetGateways": [{"InternetGatewayId": "g", "Attachments": [attached]}]
        },
        describe_nat_gateways={
            "NatGateways": [
                {"NatGatewayId": "n", "VpcId": "v", "State": "available"},
                {"NatGatewayId": "before", "VpcId": "v", "State": "deleted"},
            ]
        },
        describe_vpc_peering_connections={
            "VpcPeeringConnections": [
                {
                    "VpcPeeringConnectionId": "pcx-1",
                    "AccepterVpcInfo": {"VpcId": "v"},
                    "Status": {"Code": "rejected"},
                }
            ]
        },
        describe_vpcs={"Vpcs": [{"VpcId": "v", "DhcpOptionsId": "dopt-1"}]},
        describe_dhcp_options={
            "DhcpOptions": [{"DhcpOptionsId": "dopt-1", "DhcpConfigurations": [servers]}]
        },
    )
    assert compared(resources, [], **live) == []
    # A gateway that is moved from another VPC is not wanted in this one.
    attachment["VpcId"] = "other"
    assert told(compared(resources, [], **live)) == [("gateway-added", "internet gateway in v")]
    del resources["D"]
    assert ("dns-changed", "DHCP options dopt-1 with the DNS servers 10.0.0.2") in told(
        compared(resources, [], **live)
    )


def test_what_every_vpc_has_is_no_change(compared: Compare) -> None:
    amazon = {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]}
    found = compared(
        {"V": {"Type": "AWS::EC2::VPC", "Properties": {}}},
        [],
        **_vpc(
            describe_vpcs={"Vpcs": [{"VpcId": "v", "DhcpOptionsId": "dopt-1"}]},
            describe_dhcp_options={
                "DhcpOptions": [{"DhcpOptionsId": "dopt-1", "DhcpConfigurations": [amazon]}]
            },
            list_resolver_rule_associations={
                "ResolverRuleAssociations": [
                    {
                        "Id": "rslvr-autodefined-assoc-v-internet-resolver",
                        "ResolverRuleId": "rslvr-autodefined-rr-internet-resolver",
                        "VPCId": "v",
                    }
                ]
            },
            list_hosted_zones_by_vpc={
                "HostedZoneSummaries": [
                    {
                        "HostedZoneId": "Z1",
                        "Name": "sts.eu-west-1.amazonaws.com.",
                        "Owner": {"OwningService": "vpce.amazonaws.com"},
                    }
                ]
            },
        ),
    )
    assert found == []


def test_settings_of_log_groups_and_mappings_that_are_gone(compared: Compare) -> None:
    resources: dict[str, Any] = {
        "G": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {}},
    }
    found = compared(resources, [], describe_log_groups={"logGroups": []})
    assert [(each.kind, each.expected) for each in found] == [
        ("resource-missing", "AWS::Logs::LogGroup"),
        ("resource-missing", "AWS::Lambda::EventSourceMapping"),
    ]


def test_copies_of_all_logs_that_a_template_makes_are_wanted(compared: Compare) -> None:
    resources: dict[str, Any] = {
        "G": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "P": {"Type": "AWS::Logs::AccountPolicy", "Properties": {"PolicyName": "ours"}},
    }
    policies = [{"policyName": name, "policyDocument": "{}"} for name in ("ours", "by-hand")]
    found = compared(
        resources,
        [],
        describe_log_groups={"logGroups": [{"logGroupName": "g"}]},
        describe_subscription_filters={"subscriptionFilters": []},
        describe_account_policies={"accountPolicies": policies},
    )
    assert [(each.kind, each.resource) for each in found] == [("subscription-changed", "by-hand")]


def test_a_queue_may_have_a_policy_in_line(compared: Compare) -> None:
    inline = {"Queue": {"Ref": "Q"}, "PolicyDocument": _policy(_statement())}
    resources: dict[str, Any] = {
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "P": {"Type": "AWS::SQS::QueueInlinePolicy", "Properties": inline},
    }
    live = {"QueueArn": "arn:q", "Policy": json.dumps(_policy(_statement()))}
    assert compared(resources, [], get_queue_attributes={"Attributes": live}) == []
    del resources["P"]
    [finding] = compared(resources, [], get_queue_attributes={"Attributes": live})
    assert finding.found == "policy: statement S (Allow * a) added"


def test_destinations_of_a_function_that_is_not_known_are_not_told(compared: Compare) -> None:
    arn = f"arn:aws:lambda:{REGION}:{NUMBER}:function:f"
    latest = {"FunctionName": "f", "PackageType": "Image", "Timeout": 3, "MemorySize": 128}
    config = {"FunctionName": UNKNOWABLE, "Qualifier": "$LATEST"}
    found = compared(
        {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Image"}},
            "C": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": config},
        },
        [Function(REGION, arn, latest, {"$LATEST": latest})],
        get_function_concurrency={},
        get_function_code_signing_config={},
    )
    assert told(found) == [("cannot-tell", "unknown: DestinationConfig")]


def test_what_is_attached_to_another_vpc_is_not_told(compared: Compare) -> None:
    found = compared(
        {"V": {"Type": "AWS::EC2::VPC", "Properties": {}}},
        [],
        **_vpc(
            describe_vpn_gateways={
                "VpnGateways": [
                    {"VpnGatewayId": "a", "VpcAttachments": [{"VpcId": "w", "State": "attached"}]},
                    {"VpnGatewayId": "b", "VpcAttachments": [{"VpcId": "v", "State": "detached"}]},
                ]
            },
            list_resolver_endpoints={"ResolverEndpoints": [{"Id": "e", "HostVPCId": "w"}]},
            list_resolver_rule_associations={
                "ResolverRuleAssociations": [{"Id": "a", "ResolverRuleId": "r", "VPCId": "w"}]
            },
            list_firewall_rule_group_associations={
                "FirewallRuleGroupAssociations": [
                    {"Id": "x", "FirewallRuleGroupId": "g", "Priority": 1, "Status": "DELETING"}
                ]
            },
        ),
    )
    assert found == []


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        ("configuration-changed", ["UpdateTable", "EnableKinesisStreamingDestination"]),
        ("configuration-changed", ["PutBucketReplication", "PutBucketPublicAccessBlock"]),
        ("configuration-changed", ["DeleteBucketPublicAccessBlock", "SetQueueAttributes"]),
        ("configuration-changed", ["UpdateEventSourceMapping20150331", "PutTargets"]),
        ("resource-policy-changed", ["PutBucketPolicy", "PutResourcePolicy", "PutKeyPolicy"]),
        ("resource-policy-changed", ["AddLayerVersionPermission20181031"]),
        ("gateway-added", ["AcceptVpcPeeringConnection", "AttachVpnGateway"]),
        ("subscription-changed", ["PutSubscriptionFilter", "DeleteSubscriptionFilter"]),
    ],
)
def test_calls_are_known_by_their_names_in_cloudtrail(kind: str, calls: list[str]) -> None:
    """The stand-in records no calls of S3, SQS and DynamoDB."""
    finding = Finding(kind, REGION, "x", "", "")
    assert [each for each in calls if not finding.is_brought_about_by(each)] == []
    assert not finding.is_brought_about_by("GetObject")
    assert kind in KINDS
