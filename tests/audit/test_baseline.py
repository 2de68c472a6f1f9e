"""What a template says against what AWS answers, where a deployment would take too long."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.audit.assembly import read_assembly
from secure_lambda_constructs.checks.audit.attributes import attribute_of
from secure_lambda_constructs.checks.audit.baseline import compare, read_baseline
from secure_lambda_constructs.checks.audit.functions import Function
from secure_lambda_constructs.checks.audit.intrinsics import UNKNOWN

from .comparing import Compare, cloudformation, told, write
from .fake_account import NUMBER, REGION, account_with, refused

GONE = refused("ResourceNotFoundException")
ARN = f"arn:aws:lambda:{REGION}:{NUMBER}:function:f"
UNKNOWABLE = {"Fn::GetAtt": ["Nothing", "Known"]}


def test_stages_are_read_and_other_places_are_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "cdk.out", {"Resources": {}})
    stage = write(folder / "stage", {"Resources": {}}, environment="aws://999900001111/eu-west-1")
    write(folder / "far", {"Resources": {}}, environment=f"aws://{NUMBER}/us-west-2")
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("stage", "far"):
        manifest["artifacts"][name] = {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": name},
        }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    stacks = read_assembly(folder)
    assert [(each.account, each.region, each.folder.name) for each in stacks] == [
        ("", "", "cdk.out"),
        ("999900001111", "eu-west-1", "stage"),
        (NUMBER, "us-west-2", "far"),
    ]
    assert stacks[1].folder == stage
    baseline = read_baseline(cloudformation({"Resources": {}}), stacks, [REGION])
    assert [each.name for each in baseline.stacks] == ["App"]
    assert [why for _, why in baseline.left_out] == [
        "it is for account 999900001111",
        "it is for us-west-2, which is not audited",
    ]


def test_a_stack_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    template: dict[str, Any] = {"Resources": {}}
    stacks = read_assembly(write(tmp_path / "cdk.out", template))
    account = cloudformation(template, describe_stacks=refused("AccessDenied"))
    assert read_baseline(account, stacks, [REGION]).stacks == []
    assert [gap.operation for gap in account.gaps] == ["DescribeStacks"]
    # Without the deployed template the rest is compared all the same.
    account = cloudformation(template, get_template=refused("AccessDenied"))
    assert read_baseline(account, stacks, [REGION]).stacks[0].findings == []
    assert [gap.operation for gap in account.gaps] == ["GetTemplate"]


def test_a_stack_that_was_only_planned_is_missing(tmp_path: Path) -> None:
    template = {"Resources": {"One": {"Type": "AWS::IAM::Role"}}}
    planned = {"StackId": "i", "StackName": "App", "StackStatus": "REVIEW_IN_PROGRESS"}
    account = cloudformation(template, describe_stacks={"Stacks": [planned]})
    stacks = read_assembly(write(tmp_path / "cdk.out", template))
    [stack] = read_baseline(account, stacks, [REGION]).stacks
    assert told(stack.findings) == [("stack-missing", "REVIEW_IN_PROGRESS")]


def test_a_template_that_is_not_ascii_is_not_another_one(tmp_path: Path) -> None:
    stacks = read_assembly(write(tmp_path / "cdk.out", {"Resources": {}, "Description": "für"}))
    template: dict[str, Any] = {"Resources": {}}
    bodies: list[tuple[Any, list[str]]] = [
        (template | {"Description": "f?r"}, []),
        (template | {"Description": "fur"}, ["stack-changed"]),
        ("Resources: {}", ["stack-changed"]),
    ]
    for body, kinds in bodies:
        account = cloudformation(template, get_template={"TemplateBody": body})
        found = read_baseline(account, stacks, [REGION]).stacks[0].findings
        assert [each.kind for each in found] == kinds


def test_parameters_and_conditions_are_those_of_the_deployed_stack(tmp_path: Path) -> None:
    template = {
        "Parameters": {
            "Plain": {"Type": "String"},
            "Many": {"Type": "CommaDelimitedList"},
            "Hidden": {"Type": "String", "NoEcho": True},
        },
        "Conditions": {
            "Never": {"Fn::Equals": ["a", "b"]},
            "Unclear": {"Fn::Equals": [{"Ref": "Hidden"}, "b"]},
        },
        "Resources": {
            "One": {
                "Type": "AWS::Test::One",
                "Properties": {
                    "Plain": {"Ref": "Plain"},
                    "Many": {"Ref": "Many"},
                    "Hidden": {"Ref": "Hidden"},
                    "Other": {"Fn::GetAtt": ["NotMade", "Arn"]},
                },
            },
            "Metadata": {"Type": "AWS::CDK::Metadata"},
            "Left": {"Type": "AWS::Test::One", "Condition": "Never"},
            "NotMade": {"Type": "AWS::Test::One", "Condition": "Unclear"},
        },
    }
    stacks = read_assembly(write(tmp_path / "cdk.out", template))
    [stack] = read_baseline(cloudformation(template), stacks, [REGION]).stacks
    [one] = stack.resources
    assert one.properties == {
        "Plain": "a,b",
        "Many": ["a", "b"],
        "Hidden": UNKNOWN,
        "Other": UNKNOWN,
    }
    assert [(each.kind, each.path) for each in stack.findings] == [("cannot-tell", "App/NotMade")]


def test_nested_stacks_are_read_by_their_templates(tmp_path: Path) -> None:
    folder = tmp_path / "cdk.out"
    nested = {"Type": "AWS::CloudFormation::Stack"}
    named = nested | {"Metadata": {"aws:asset:path": "Inner.json", "aws:cdk:path": "App/Inner"}}
    template = {"Resources": {"Inner": named, "Foreign": nested}}
    stacks = read_assembly(write(folder, template))
    (folder / "Inner.json").write_text(json.dumps({"Resources": {"Deep": {"Type": "A::B::C"}}}))
    physical = {"Inner": "inner-stack", "Foreign": "foreign-stack", "Deep": "deep"}

    def resources(StackName: str) -> dict[str, Any]:
        names = ["Inner", "Foreign"] if StackName == "App" else ["Deep"]
        return {
            "StackResourceSummaries": [
                {"LogicalResourceId": name, "PhysicalResourceId": physical[name]} for name in names
            ]
        }

    account = cloudformation(
        template, list_stack_resources=resources, get_template=refused("AccessDenied")
    )
    [stack] = read_baseline(account, stacks, [REGION]).stacks
    assert [(each.path, each.physical) for each in stack.resources] == [("App/Inner/Deep", "deep")]
    assert told(stack.findings) == [("cannot-tell", "its template is not named in the assembly")]


@pytest.mark.parametrize(
    ("kind", "physical", "name", "expected"),
    [
        ("AWS::EC2::VPC", "vpc-1", "VpcId", "vpc-1"),
        ("AWS::EC2::VPC", "vpc-1", "DefaultSecurityGroup", "sg-1"),
        ("AWS::EC2::VPC", "vpc-2", "DefaultSecurityGroup", UNKNOWN),
        ("AWS::IAM::Role", "r", "Arn", "arn:aws:iam::1:role/path/r"),
        ("AWS::IAM::Role", "missing", "Arn", UNKNOWN),
        ("AWS::SNS::Topic", "arn:aws:sns:x:1:t", "TopicName", "t"),
        ("AWS::SNS::Topic", "arn:aws:sns:x:1:t", "TopicArn", "arn:aws:sns:x:1:t"),
        ("AWS::SQS::Queue", "https://sqs/1/q", "Arn", f"arn:aws:sqs:{REGION}:{NUMBER}:q"),
        ("AWS::SQS::Queue", "https://sqs/1/q", "QueueName", "q"),
        ("AWS::SQS::Queue", "https://sqs/1/q", "Odd", UNKNOWN),
        ("AWS::S3::Bucket", "b", "Arn", "arn:aws:s3:::b"),
        ("AWS::Logs::LogGroup", "g", "Arn", f"arn:aws:logs:{REGION}:{NUMBER}:log-group:g:*"),
        ("AWS::Lambda::Version", f"{ARN}:7", "Version", "7"),
        ("AWS::Signer::SigningProfile", "p", "ProfileVersionArn", "arn:p/1"),
        ("AWS::Signer::SigningProfile", "p", "ProfileVersion", "1"),
        ("AWS::Signer::SigningProfile", "gone", "ProfileVersion", UNKNOWN),
        ("AWS::CloudFormation::Stack", "inner", "Outputs.Name", "value"),
        ("AWS::CloudFormation::Stack", "inner", "Outputs.Odd", UNKNOWN),
        ("AWS::CloudFormation::Stack", "gone", "Outputs.Name", UNKNOWN),
        ("AWS::Odd::Type", "x", "Arn", UNKNOWN),
        ("AWS::Odd::Type", "arn:x", "Arn", "arn:x"),
    ],
)
def test_attributes_follow_from_ids_or_are_asked_for(
    kind: str, physical: str, name: str, expected: Any
) -> None:
    outputs = [{"OutputKey": "Name", "OutputValue": "value"}]
    version = {"profileVersionArn": "arn:p/1", "profileVersion": "1"}
    missing, stacks = refused("ValidationError"), {"Stacks": [{"Outputs": outputs}]}
    account = account_with(
        describe_security_groups={
            "SecurityGroups": [
                {"GroupId": "sg-0", "GroupName": "other", "VpcId": "vpc-1"},
                {"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1"},
            ]
        },
        get_account_authorization_details={
            "RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::1:role/path/r"}],
            "Policies": [],
        },
        get_signing_profile=lambda profileName: GONE if profileName == "gone" else version,
        describe_stacks=lambda StackName: missing if StackName == "gone" else stacks,
    )
    assert attribute_of(account, REGION, kind, physical, name) == expected


def test_an_attribute_that_cannot_be_asked_for_is_unknown() -> None:
    account = account_with(get_account_authorization_details=refused("AccessDenied"))
    assert attribute_of(account, REGION, "AWS::IAM::Role", "r", "Arn") is UNKNOWN
    assert [gap.operation for gap in account.gaps] == ["GetAccountAuthorizationDetails"]


_EMPTY: dict[str, Any] = {
    "describe_vpc_endpoints": {"VpcEndpoints": []},
    "describe_security_groups": {"SecurityGroups": []},
    "describe_route_tables": {"RouteTables": []},
    "get_account_authorization_details": {"RoleDetailList": [], "Policies": []},
    "get_alias": GONE,
    "get_code_signing_config": GONE,
    "list_firewall_rule_group_associations": {"FirewallRuleGroupAssociations": []},
}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::EC2::SecurityGroup", {}),
        ("AWS::EC2::VPCEndpoint", {}),
        ("AWS::IAM::ManagedPolicy", {}),
        ("AWS::IAM::Role", {}),
        ("AWS::Lambda::Alias", {"FunctionName": "f", "Name": "live"}),
        ("AWS::Lambda::CodeSigningConfig", {}),
        ("AWS::Lambda::Function", {}),
        ("AWS::Lambda::Version", {}),
        ("AWS::Route53Resolver::FirewallRuleGroupAssociation", {"VpcId": "vpc-1"}),
    ],
)
def test_what_is_gone_is_missing(compared: Compare, kind: str, properties: dict[str, Any]) -> None:
    [finding] = compared({"One": {"Type": kind, "Properties": properties}}, [], **_EMPTY)
    assert (finding.kind, finding.expected, finding.path) == ("resource-missing", kind, "App/One")


@pytest.mark.parametrize(
    ("kind", "properties", "unknown"),
    [
        ("AWS::EC2::VPCEndpoint", {"PolicyDocument": UNKNOWABLE}, "PolicyDocument"),
        ("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [UNKNOWABLE]}, "Ingress"),
        (
            "AWS::IAM::Role",
            {"Policies": [{"PolicyName": UNKNOWABLE}], "AssumeRolePolicyDocument": UNKNOWABLE},
            "AssumeRolePolicyDocument, Policies",
        ),
        ("AWS::Lambda::Alias", {"FunctionName": UNKNOWABLE, "Name": "live"}, "FunctionName"),
        ("AWS::Route53Resolver::FirewallDomainList", {}, "Domains (the template names a file)"),
        ("AWS::Route53Resolver::FirewallDomainList", {"Domains": [UNKNOWABLE]}, "Domains"),
        (
            "AWS::Route53Resolver::FirewallRuleGroup",
            {"FirewallRules": [UNKNOWABLE]},
            "FirewallRules",
        ),
        (
            "AWS::Route53Resolver::FirewallRuleGroupAssociation",
            {"VpcId": UNKNOWABLE},
            "VpcId",
        ),
    ],
)
def test_what_cannot_be_told_is_a_finding_of_its_own(
    compared: Compare, kind: str, properties: dict[str, Any], unknown: str
) -> None:
    role = {
        "RoleName": "one",
        "Arn": "arn:role",
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
    }
    answers: dict[str, Any] = {
        "describe_vpc_endpoints": {
            "VpcEndpoints": [{"VpcEndpointId": "one", "VpcId": "v", "State": "available"}]
        },
        "describe_security_groups": {
            "SecurityGroups": [
                {
                    "GroupId": "one",
                    "IpPermissionsEgress": [
                        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                    ],
                }
            ]
        },
        "get_account_authorization_details": {"RoleDetailList": [role], "Policies": []},
        "get_firewall_domain_list": {"FirewallDomainList": {}},
        "list_firewall_domains": {"Domains": []},
    }
    found = compared({"One": {"Type": kind, "Properties": properties}}, [], **answers)
    assert told(found) == [("cannot-tell", f"unknown: {unknown}")]


def _live(**configuration: Any) -> Function:
    latest = {
        "FunctionName": "f",
        "Version": "$LATEST",
        "PackageType": "Image",
        "Timeout": 3,
        "MemorySize": 128,
        **configuration,
    }
    return Function(REGION, ARN, latest, {"$LATEST": latest, "7": latest})


_CLOSED: dict[str, Any] = {
    "get_function_concurrency": {},
    "get_function_code_signing_config": {},
}


def test_defaults_stand_for_what_a_template_leaves_out(compared: Compare) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Image"}}
    assert compared({"F": function}, [_live()], **_CLOSED) == []
    mounted = [{"Arn": "fs", "LocalMountPath": "/mnt/x", "More": 1}]
    found = compared({"F": function}, [_live(FileSystemConfigs=mounted, Timeout=4)], **_CLOSED)
    assert [each.kind for each in found] == ["configuration-changed"]
    assert found[0].expected == "Timeout 3; FileSystemConfigs none"


def test_variables_that_lambda_may_not_decrypt_cannot_betold(compared: Compare) -> None:
    variables = {"Variables": {"A": "a"}}
    properties: dict[str, Any] = {"PackageType": "Image", "Environment": variables}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    denied = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}}
    [finding] = compared({"F": function}, [_live(Environment=denied)], **_CLOSED)
    assert finding.kind == "cannot-tell"
    assert "it takes kms:Decrypt" in finding.found


def test_nothing_is_said_of_functions_that_could_not_be_listed(compared: Compare) -> None:
    resources = {
        "F": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "V": {"Type": "AWS::Lambda::Version", "Properties": {}},
    }
    assert compared(resources) == []


@pytest.mark.parametrize("logical", ["FCurrentVersion0123", "Old"])
def test_only_a_version_of_the_current_code_is_compared(
    compared: Compare, tmp_path: Path, logical: str
) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "inline"}}}
    version = {"Type": "AWS::Lambda::Version", "Properties": {}}
    listed = [
        {"LogicalResourceId": "F", "PhysicalResourceId": "f"},
        {"LogicalResourceId": logical, "PhysicalResourceId": f"{ARN}:7"},
    ]
    found = compared(
        {"F": function, logical: version},
        [_live(PackageType="Zip")],
        list_stack_resources={"StackResourceSummaries": listed},
        **_CLOSED,
    )
    code = ("cannot-tell", "unknown: CodeSha256 (the template names no object)")
    assert told(found) == [code] * (2 if logical != "Old" else 1)


def test_permissions_and_urls_that_are_unknown_hide_nothing(compared: Compare) -> None:
    image = {"Type": "AWS::Lambda::Function", "Properties": {"PackageType": "Image"}}
    resources = {
        "F": image,
        "P": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"FunctionName": UNKNOWABLE, "Principal": "*", "Action": "a"},
        },
        "U": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"TargetFunctionArn": f"{NUMBER}:function:f", "AuthType": "AWS_IAM"},
        },
    }
    found = compared(resources, [_live()], **_CLOSED)
    assert told(found) == [("cannot-tell", "unknown: the permissions of the function")]


def test_code_that_cannot_be_read_istold(compared: Compare) -> None:
    code = {"S3Bucket": "b", "S3Key": "k"}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}}
    found = compared(
        {"F": function}, [_live(PackageType="Zip")], get_object=refused("NoSuchKey"), **_CLOSED
    )
    assert told(found) == [("cannot-tell", "unknown: CodeSha256 (the code s3://b/k is gone)")]


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield from iter(lambda: self.read(3), b"")


_SHA256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="  # of the text abc


@pytest.mark.parametrize(
    ("checksum", "digest"),
    [
        ({}, _SHA256),
        ({"ChecksumSHA256": "of S3"}, "of S3"),
        ({"ChecksumSHA256": "of S3", "ChecksumType": "FULL_OBJECT"}, "of S3"),
        ({"ChecksumSHA256": "of S3-2", "ChecksumType": "COMPOSITE"}, _SHA256),
        ({"ChecksumSHA256": "of S3-2"}, _SHA256),
    ],
)
def test_code_is_read_where_s3_does_not_know_its_hash(
    compared: Compare, checksum: dict[str, str], digest: str
) -> None:
    code = {"S3Bucket": "b", "S3Key": "k"}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}}
    answers = _CLOSED | {"get_object": {"Body": _Body(b"abc"), **checksum}}
    same = _live(PackageType="Zip", CodeSha256=digest)
    assert compared({"F": function}, [same], **answers) == []
    answers["get_object"] = {"Body": _Body(b"abc"), **checksum}
    found = compared({"F": function}, [_live(PackageType="Zip", CodeSha256="odd")], **answers)
    assert [(each.kind, each.expected, each.found) for each in found] == [
        ("code-changed", f"CodeSha256 {digest}", "CodeSha256 odd")
    ]


def test_code_that_is_throttled_is_told_and_a_gap(tmp_path: Path) -> None:
    code = {"S3Bucket": "b", "S3Key": "k"}
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}}}}
    account = cloudformation(template, get_object=refused("SlowDown"), **_CLOSED)
    stacks = read_assembly(write(tmp_path / "cdk.out", template))
    baseline = read_baseline(account, stacks, [REGION])
    [finding] = compare(account, baseline, {REGION: [_live(PackageType="Zip")]})
    assert "AWS throttles it (SlowDown): repeat the command with --resume FILE" in finding.found
    assert [gap.operation for gap in account.gaps] == ["GetObject"]


def test_weights_of_an_alias_are_compared(compared: Compare) -> None:
    weights = [{"FunctionVersion": "2", "FunctionWeight": 0.1}]
    alias: dict[str, Any] = {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "FunctionName": ARN,
            "Name": "live",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        },
    }
    live = {"AliasArn": f"{ARN}:live", "FunctionVersion": "1"}
    routing = {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}}
    assert compared({"A": alias}, [], get_alias=live | routing) == []
    found = compared({"A": alias}, [], get_alias=live)
    assert told(found) == [("configuration-changed", "RoutingConfig: 2=0.1 removed")]
    unknown = alias["Properties"] | {"RoutingConfig": UNKNOWABLE}
    found = compared({"A": alias | {"Properties": unknown}}, [], get_alias=live)
    assert told(found) == [("cannot-tell", "unknown: RoutingConfig")]


def test_objects_and_lists_that_are_unknown_as_a_whole_aretold(compared: Compare) -> None:
    names = ["Environment", "VpcConfig", "Layers", "LoggingConfig", "Timeout"]
    properties = {name: UNKNOWABLE for name in names} | {"PackageType": "Image"}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    found = compared({"F": function}, [_live()], **_CLOSED)
    assert told(found) == [
        (
            "cannot-tell",
            "unknown: Timeout, Environment, SubnetIds, SecurityGroupIds, Ipv6AllowedForDualStack, "
            "Layers, LoggingConfig.LogFormat, LoggingConfig.LogGroup",
        )
    ]
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": UNKNOWABLE}}
    live = {"RoleName": "r", "Arn": "a", "RolePolicyList": [], "AttachedManagedPolicies": []}
    details = {"RoleDetailList": [live], "Policies": []}
    found = compared({"R": role}, [], get_account_authorization_details=details)
    assert told(found) == [("cannot-tell", "unknown: Policies")]


def test_policies_of_other_resources_belong_to_the_role(compared: Compare) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    resources = {
        "R": role,
        "P": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "p", "PolicyDocument": document, "Roles": ["r"]},
        },
        "M": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": document, "Roles": ["r"]},
        },
    }
    live = {
        "RoleName": "r",
        "Arn": "arn:role",
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document}],
        "AttachedManagedPolicies": [{"PolicyArn": "m"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "limit"},
    }
    versions = [
        {"IsDefaultVersion": False, "Document": {}},
        {"IsDefaultVersion": True, "Document": document},
    ]
    policy = {"Arn": "m", "PolicyVersionList": versions}

    def details(**policies: Any) -> dict[str, Any]:
        found = {"RoleDetailList": [live | policies], "Policies": [policy]}
        return {"get_account_authorization_details": found}

    found = compared(resources, [], **details())
    assert told(found) == [("role-changed", "PermissionsBoundary limit")]
    other = [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]
    found = compared(resources, [], **details(RolePolicyList=other, PermissionsBoundary=None))
    assert told(found) == [("role-changed", "another policy p")]


def test_an_interface_endpoint_is_compared_as_far_as_the_template_goes(compared: Compare) -> None:
    properties: dict[str, Any] = {
        "VpcEndpointType": "Interface",
        "SubnetIds": ["s"],
        "PrivateDnsEnabled": True,
    }
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}
    live = {
        "VpcEndpointId": "e",
        "VpcId": "v",
        "State": "Available",
        "SubnetIds": ["s"],
        "Groups": [{"GroupId": "sg-of-the-vpc"}],
        "PrivateDnsEnabled": True,
    }
    answers = {"describe_vpc_endpoints": {"VpcEndpoints": [live]}}
    assert compared({"E": endpoint}, [], **answers) == []
    named = endpoint | {"Properties": properties | {"SecurityGroupIds": ["sg-1"]}}
    [finding] = compared({"E": named}, [], **answers)
    assert finding.found == (
        "SecurityGroupIds: sg-1 removed; SecurityGroupIds: sg-of-the-vpc added"
    )


def test_rules_are_told_by_what_they_let_through(compared: Compare) -> None:
    rules = [
        {"IpProtocol": "6", "FromPort": 443, "ToPort": 443, "SourcePrefixListId": "pl-1"},
        {"IpProtocol": "-1", "CidrIpv6": "::/0"},
    ]
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": rules}}
    tcp = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    live = {
        "GroupId": "g",
        "IpPermissions": [
            tcp | {"PrefixListIds": [{"PrefixListId": "pl-1"}]},
            {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        ],
        # What EC2 adds, because the template says nothing of the way out.
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }
    groups = {"describe_security_groups": {"SecurityGroups": [live]}}
    assert compared({"G": group}, [], **groups) == []
    live["IpPermissions"] = [tcp | {"ToPort": 444, "PrefixListIds": [{"PrefixListId": "pl-1"}]}]
    [finding] = compared({"G": group}, [], **groups)
    assert finding.found == (
        "Ingress: all traffic ::/0, tcp 443 pl-1 removed; Ingress: tcp 443-444 pl-1 added"
    )


def test_routes_of_the_template_and_inside_are_wanted(compared: Compare) -> None:
    resources = {
        "V": {"Type": "AWS::EC2::VPC", "Properties": {}},
        "R": {
            "Type": "AWS::EC2::Route",
            "Properties": {"RouteTableId": "rtb-1", "DestinationCidrBlock": "10.1.0.0/16"},
        },
    }
    routes = [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"},
        {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1"},
        {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"},
        {"DestinationCidrBlock": "10.2.0.0/16", "State": "blackhole"},
    ]
    tables = [
        {"RouteTableId": "rtb-1", "VpcId": "v", "Routes": routes},
        {"RouteTableId": "rtb-2", "VpcId": "w", "Routes": routes},
    ]
    answers = _EMPTY | {"describe_route_tables": {"RouteTables": tables}}
    assert told(compared(resources, [], **answers)) == [
        ("route-added", "::/0 through eigw-1"),
        ("route-added", "10.2.0.0/16 through nothing"),
    ]
