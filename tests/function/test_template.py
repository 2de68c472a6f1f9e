"""What a signed function deploys."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds

from .conftest import Template, World

SOURCE_VPC = {"StringEquals": {"aws:SourceVpc": {"Ref": "Network1C6012B5"}}}
CODE_ONLY = {"Null": {"lambda:SourceFunctionArn": "false"}}


def test_four_resources_with_locked_ids(article: Template) -> None:
    assert article.of("UserInfo") == {
        "UserInfoFunctionB2C19A87": "AWS::Lambda::Function",
        "UserInfoLogGroup159E645C": "AWS::Logs::LogGroup",
        "UserInfoRole3AFD0E8D": "AWS::IAM::Role",
        "UserInfoSecurityGroup807C0226": "AWS::EC2::SecurityGroup",
    }


def test_code_is_signed_and_nothing_else_is_accepted(article: Template) -> None:
    function = article.one("AWS::Lambda::Function")
    assert "Fn::ImportValue" in function["CodeSigningConfigArn"]
    assert set(function["Code"]) == {"S3Bucket", "S3Key"}
    assert "PackageType" not in function


def test_it_runs_in_the_network(article: Template) -> None:
    assert article.one("AWS::Lambda::Function")["VpcConfig"] == {
        "SecurityGroupIds": [{"Fn::GetAtt": ["UserInfoSecurityGroup807C0226", "GroupId"]}],
        "SubnetIds": [{"Ref": "NetworkSubnet18D1B2567"}, {"Ref": "NetworkSubnet29A0E8491"}],
    }


def test_it_reaches_the_table_and_nothing_else(article: Template) -> None:
    group = article.one("AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert set(rule) == {
        "Description",
        "DestinationPrefixListId",
        "FromPort",
        "IpProtocol",
        "ToPort",
    }
    assert "SecurityGroupIngress" not in group
    assert article.all("AWS::EC2::SecurityGroupEgress") == []


def test_it_logs_to_a_group_of_its_own(article: Template) -> None:
    assert article.one("AWS::Lambda::Function")["LoggingConfig"] == {
        "LogGroup": {"Ref": "UserInfoLogGroup159E645C"}
    }
    group = article.resources["UserInfoLogGroup159E645C"]
    assert group["Properties"] == {"RetentionInDays": 365}
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_no_trace_leaves(article: Template) -> None:
    assert "TracingConfig" not in article.one("AWS::Lambda::Function")


def test_role_outlives_the_function_and_the_firewall_precedes_it(article: Template) -> None:
    assert article.resources["UserInfoFunctionB2C19A87"]["DependsOn"] == [
        "NetworkDnsFirewallAssociation37FA3BA1",
        "UserInfoRole3AFD0E8D",
    ]


def test_only_lambda_assumes_the_role(article: Template) -> None:
    role = article.one("AWS::IAM::Role")
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ]
    assert "ManagedPolicyArns" not in role


def test_network_interfaces_are_for_lambda_itself(article: Template) -> None:
    allow = article.statement("NetworkInterfaces")
    assert allow["Action"] == [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    assert allow["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
    deny = article.statement("NoEniFromCode")
    assert (deny["Effect"], deny["Action"], deny["Resource"]) == ("Deny", "ec2:*", "*")
    assert deny["Condition"] == CODE_ONLY


def test_role_writes_to_its_own_log_group(article: Template) -> None:
    assert article.statement("OwnLogs") == {
        "Sid": "OwnLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": ["UserInfoLogGroup159E645C", "Arn"]},
    }
    assert article.statement("OnlyOwnLogs") == {
        "Sid": "OnlyOwnLogs",
        "Effect": "Deny",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "NotResource": {"Fn::GetAtt": ["UserInfoLogGroup159E645C", "Arn"]},
    }


def test_role_is_good_for_its_own_log_only_outside_the_vpc(article: Template) -> None:
    assert article.statement("NothingFromOutsideTheVpc") == {
        "Sid": "NothingFromOutsideTheVpc",
        "Effect": "Deny",
        "NotAction": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
        "Condition": {
            "BoolIfExists": {"aws:ViaAWSService": "false"},
            "StringNotEquals": {"aws:SourceVpc": {"Ref": "Network1C6012B5"}},
            **CODE_ONLY,
        },
    }


def test_role_hands_nothing_on(article: Template) -> None:
    deny = article.statement("NothingIsShared")
    assert (deny["Effect"], deny["Resource"]) == ("Deny", "*")
    assert "Condition" not in deny
    assert {"sts:*", "iam:*", "kms:CreateGrant", "dynamodb:Export*"} <= set(deny["Action"])


def test_read_grant_is_bound_to_the_vpc(article: Template) -> None:
    (statement,) = article.policy("Grants")
    assert statement["Condition"] == SOURCE_VPC
    assert {"dynamodb:GetItem", "dynamodb:Query"} <= set(statement["Action"])


def test_region_of_a_bound_stack_is_literal(code: Any) -> None:
    world = World(code, region="eu-west-1")
    world.function()
    template = world.template()
    assert template.statement("NetworkInterfaces")["Condition"] == {
        "StringEquals": {"aws:RequestedRegion": "eu-west-1"}
    }
    (rule,) = template.one("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
    assert rule["DestinationPrefixListId"] == "pl-6fa54006"


def test_options_reach_the_function(world: World) -> None:
    key = kms.Key(world.stack, "Key")
    world.function(
        description="reads users",
        function_name="user-info",
        environment={"STAGE": "prod", "ENV": "prod"},
        environment_encryption=key,
        timeout=cdk.Duration.seconds(10),
        memory_size=512,
        ephemeral_storage_size=cdk.Size.gibibytes(1),
        architecture=lambda_.Architecture.ARM_64,
        reserved_concurrent_executions=5,
        retry_attempts=0,
        max_event_age=cdk.Duration.minutes(5),
        vpc_subnets=ec2.SubnetSelection(subnets=world.network.subnets[:1]),
        log_retention=logs.RetentionDays.ONE_WEEK,
        log_removal_policy=cdk.RemovalPolicy.DESTROY,
        log_encryption_key=key,
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=lambda_.ApplicationLogLevel.WARN,
        system_log_level_v2=lambda_.SystemLogLevel.WARN,
    )
    template = world.template()
    function = template.one("AWS::Lambda::Function")
    expected = {
        "Architectures": ["arm64"],
        "Description": "reads users",
        "Environment": {"Variables": {"ENV": "prod", "STAGE": "prod"}},
        "EphemeralStorage": {"Size": 1024},
        "FunctionName": "user-info",
        "Handler": "index.handler",
        "KmsKeyArn": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
        "MemorySize": 512,
        "ReservedConcurrentExecutions": 5,
        "Runtime": "python3.13",
        "Timeout": 10,
    }
    assert {name: function[name] for name in expected} == expected
    assert function["LoggingConfig"] == {
        "ApplicationLogLevel": "WARN",
        "LogFormat": "JSON",
        "LogGroup": {"Ref": "UserInfoLogGroup159E645C"},
        "SystemLogLevel": "WARN",
    }
    assert function["VpcConfig"]["SubnetIds"] == [{"Ref": "NetworkSubnet18D1B2567"}]
    group = template.resources["UserInfoLogGroup159E645C"]
    assert group["DeletionPolicy"] == "Delete"
    assert group["Properties"] == {
        "KmsKeyId": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
        "RetentionInDays": 7,
    }
    invoke = template.one("AWS::Lambda::EventInvokeConfig")
    assert (invoke["MaximumRetryAttempts"], invoke["MaximumEventAgeInSeconds"]) == (0, 300)


def test_key_of_the_log_admits_this_accounts_logs_only(world: World) -> None:
    key = kms.Key(world.stack, "Key")
    for number in range(2):
        world.function(id=f"Fn{number}", log_encryption_key=key)
    policy = world.template().one("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (for_logs,) = [item for item in policy if "Service" in item["Principal"]]
    assert for_logs["Principal"] == {"Service": "logs.amazonaws.com"}
    arn = for_logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert arn["Fn::Join"][1][-2:] == [{"Ref": "AWS::AccountId"}, ":log-group:*"]


def test_is_a_grantable(world: World) -> None:
    function = world.function()
    assert function.grant_principal is function.role
    topic_like = iam.Grant.add_to_principal(
        grantee=function, actions=["sns:Publish"], resource_arns=["arn:aws:sns:*:*:t"]
    )
    assert topic_like.success
    assert world.template().policy("Grants")[0]["Action"] == "sns:Publish"


def test_is_connectable(world: World) -> None:
    function = world.function()
    database = rds.DatabaseCluster(
        world.stack,
        "Database",
        engine=rds.DatabaseClusterEngine.aurora_postgres(
            version=rds.AuroraPostgresEngineVersion.VER_16_6
        ),
        writer=rds.ClusterInstance.serverless_v2("Writer"),
        vpc=world.network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    database.connections.allow_default_port_from(function)
    world.network.allow_dns_names(database.cluster_endpoint.hostname)
    function.function.add_environment("HOST", database.cluster_endpoint.hostname)
    assert database.secret is not None
    database.secret.grant_read(function)
    template = world.template()
    assert template.circles() == []
    lists = template.all("AWS::Route53Resolver::FirewallDomainList")
    assert [{"Fn::GetAtt": ["DatabaseB269D8BB", "Endpoint.Address"]}] in [
        names["Domains"] for names in lists
    ]
    egress = template.one("AWS::EC2::SecurityGroupEgress")
    assert egress["GroupId"] == {"Fn::GetAtt": ["UserInfoSecurityGroup807C0226", "GroupId"]}
    assert egress["DestinationSecurityGroupId"] == {
        "Fn::GetAtt": ["DatabaseSecurityGroup5C91FDCB", "GroupId"]
    }
    ingress = template.one("AWS::EC2::SecurityGroupIngress")
    assert ingress["SourceSecurityGroupId"] == egress["GroupId"]


@pytest.mark.parametrize("first", ["function", "endpoint"])
def test_it_joins_the_group_that_leads_to_interface_endpoints(world: World, first: str) -> None:
    if first == "function":
        function = world.function()
    world.network.add_interface_endpoint(
        "Secrets", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER
    )
    if first == "endpoint":
        function = world.function()
    assert isinstance(function.current_version, lambda_.Version)
    template = world.template()
    groups = template.one("AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"]
    own, shared = (group["Fn::GetAtt"][0] for group in groups)
    assert own == "UserInfoSecurityGroup807C0226"
    (rule,) = [
        rule
        for rule in template.resources[shared]["Properties"]["SecurityGroupEgress"]
        if "DestinationSecurityGroupId" in rule
    ]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    # What is connected to the function is not opened to all functions of the network.
    assert len(function.connections.security_groups) == 1
    assert template.circles() == []


def test_parts_are_those_of_the_cdk(world: World) -> None:
    function = world.function()
    assert isinstance(function.function, lambda_.Function)
    assert isinstance(function.role, iam.Role)
    assert isinstance(function.log_group, logs.LogGroup)
    assert function.security_group.security_group_id in (
        function.connections.security_groups[0].security_group_id,
    )
    function.function.add_alias("live")
    assert world.template().one("AWS::Lambda::Alias")["Name"] == "live"


def test_name_of_images_is_that_of_the_cdk() -> None:
    assert lambda_.Handler.FROM_IMAGE == lambda_.Runtime.FROM_IMAGE.name == "FROM_IMAGE"
