"""Databases: what a template says can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import Stack, check, resource
from .support import unique

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "rds.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def network() -> Resources:
    """A VPC of two subnets, with a group for whatever is in it."""
    vpc = {"Ref": "Vpc"}
    subnets = {
        f"Subnet{number}": resource(
            "AWS::EC2::Subnet",
            VpcId=vpc,
            CidrBlock=f"10.9.{number}.0/24",
            AvailabilityZone={"Fn::Select": [number, {"Fn::GetAZs": ""}]},
        )
        for number in range(2)
    }
    return {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
        "Group": resource("AWS::EC2::SecurityGroup", GroupDescription="d", VpcId=vpc),
        "Other": resource("AWS::EC2::SecurityGroup", GroupDescription="d", VpcId=vpc),
        **subnets,
    }


def cluster(**more: Any) -> Resources:
    """A cluster of Aurora without a password, of one instance."""
    given: dict[str, Any] = {
        "DBSubnetGroupName": {"Ref": "Subnets"},
        "DatabaseName": "users",
        "EnableIAMDatabaseAuthentication": True,
        "Engine": "aurora-postgresql",
        "EngineVersion": "17.7",
        "MasterUserAuthenticationType": "iam-db-auth",
        "MasterUsername": "postgres",
        "Port": 5432,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 2},
        "StorageEncrypted": True,
        "VpcSecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
    }
    return {
        "Subnets": resource(
            "AWS::RDS::DBSubnetGroup",
            DBSubnetGroupDescription="d",
            SubnetIds=[{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
        ),
        "Cluster": resource("AWS::RDS::DBCluster", **(given | more)),
        "Writer": resource(
            "AWS::RDS::DBInstance",
            DBClusterIdentifier={"Ref": "Cluster"},
            DBInstanceClass="db.serverless",
            Engine="aurora-postgresql",
            PromotionTier=0,
            PubliclyAccessible=False,
        ),
    }


def test_cluster(aws: LocalAws) -> None:
    rds = aws.client("rds")

    def read(ids: dict[str, str]) -> Any:
        (found,) = rds.describe_db_clusters(DBClusterIdentifier=ids["Cluster"])["DBClusters"]
        groups = {ids["Group"]: "Group", ids["Other"]: "Other"}
        assert found["IAMDatabaseAuthenticationEnabled"] is True
        assert found["StorageEncrypted"] is True
        assert found["DatabaseName"] == "users"
        assert [member["DBInstanceIdentifier"] for member in found["DBClusterMembers"]] == [
            ids["Writer"]
        ]
        return {
            "days": found["BackupRetentionPeriod"],
            "protected": found["DeletionProtection"],
            "groups": [groups[each["VpcSecurityGroupId"]] for each in found["VpcSecurityGroups"]],
            "capacity": found["ServerlessV2ScalingConfiguration"]["MaxCapacity"],
            "tags": {each["Key"]: each["Value"] for each in found["TagList"]},
        }

    stack = check(
        aws,
        network() | cluster(BackupRetentionPeriod=7, Tags=[{"Key": "a", "Value": "1"}]),
        network()
        | cluster(
            BackupRetentionPeriod=14,
            DeletionProtection=True,
            ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4},
            Tags=[{"Key": "a", "Value": "2"}],
            VpcSecurityGroupIds=[{"Fn::GetAtt": ["Other", "GroupId"]}],
        ),
        read,
        (
            {
                "days": 7,
                "protected": False,
                "groups": ["Group"],
                "capacity": 2.0,
                "tags": {"a": "1"},
            },
            {
                "days": 14,
                "protected": True,
                "groups": ["Other"],
                "capacity": 4.0,
                "tags": {"a": "2"},
            },
        ),
    )
    prefix = stack.name.lower()
    left = rds.describe_db_clusters()["DBClusters"] + rds.describe_db_instances()["DBInstances"]
    assert [each for each in left if prefix in str(each)] == []


def test_a_protected_cluster_stays(aws: LocalAws) -> None:
    stack = Stack(aws)
    assert stack.deploy(network() | cluster(DeletionProtection=True)) == "CREATE_COMPLETE"
    assert stack.delete() == "DELETE_FAILED"
    assert "Cannot delete protected Cluster" in stack.reasons()
    identifier = stack.ids()["Cluster"]
    aws.client("rds").modify_db_cluster(DBClusterIdentifier=identifier, DeletionProtection=False)
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_attributes_of_a_cluster(aws: LocalAws) -> None:
    stack = Stack(aws)
    attributes = ("Endpoint.Address", "Endpoint.Port", "ReadEndpoint.Address")
    outputs = {
        name.replace(".", ""): {"Value": {"Fn::GetAtt": ["Cluster", name]}}
        for name in (*attributes, "DBClusterResourceId")
    }
    assert stack.deploy(network() | cluster(), Outputs=outputs) == "CREATE_COMPLETE"
    found = stack.outputs()
    identifier = stack.ids()["Cluster"]
    assert found["EndpointPort"] == "5432"
    assert found["DBClusterResourceId"].startswith("cluster-")
    for output, infix in (("EndpointAddress", "cluster-"), ("ReadEndpointAddress", "cluster-ro-")):
        assert found[output].startswith(f"{identifier}.{infix}")
        assert found[output].endswith(".us-east-1.rds.amazonaws.com")
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_a_managed_password_is_a_secret(aws: LocalAws) -> None:
    stack = Stack(aws)
    managed = cluster(ManageMasterUserPassword=True)
    del managed["Cluster"]["Properties"]["MasterUserAuthenticationType"]
    outputs = {"Secret": {"Value": {"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}}}
    assert stack.deploy(network() | managed, Outputs=outputs) == "CREATE_COMPLETE", stack.reasons()
    arn = stack.outputs()["Secret"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId=arn)
    assert len(json.loads(secret["SecretString"])["password"]) >= 8
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_a_master_user_has_a_password_or_iam(aws: LocalAws) -> None:
    stack = Stack(aws)
    both = network() | cluster(ManageMasterUserPassword=True)
    assert stack.deploy(both) == "ROLLBACK_COMPLETE"
    assert "A master user with IAM authentication has no password" in stack.reasons()
    assert stack.delete() == "DELETE_COMPLETE"


def test_instance_by_itself(aws: LocalAws) -> None:
    rds = aws.client("rds")

    def read(ids: dict[str, str]) -> Any:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=ids["Database"])["DBInstances"]
        assert found["IAMDatabaseAuthenticationEnabled"] is True
        assert found["DBName"] == "users"
        assert found["PubliclyAccessible"] is False
        return found["AllocatedStorage"], found["MultiAZ"], found["DBInstanceClass"]

    def instance(storage: str, several: bool, size: str) -> Resources:
        return network() | {
            "Subnets": cluster()["Subnets"],
            "Database": resource(
                "AWS::RDS::DBInstance",
                AllocatedStorage=storage,
                DBInstanceClass=size,
                DBName="users",
                DBSubnetGroupName={"Ref": "Subnets"},
                EnableIAMDatabaseAuthentication=True,
                Engine="postgres",
                ManageMasterUserPassword=True,
                MasterUsername="postgres",
                MultiAZ=several,
                PubliclyAccessible=False,
                StorageEncrypted=True,
                VPCSecurityGroups=[{"Fn::GetAtt": ["Group", "GroupId"]}],
            ),
        }

    check(
        aws,
        instance("20", False, "db.t4g.micro"),
        instance("40", True, "db.m7g.large"),
        read,
        ((20, False, "db.t4g.micro"), (40, True, "db.m7g.large")),
    )


def test_proxy(aws: LocalAws) -> None:
    rds, name = aws.client("rds"), unique("proxy")

    def read(ids: dict[str, str]) -> Any:
        (found,) = rds.describe_db_proxies(DBProxyName=name)["DBProxies"]
        (group,) = rds.describe_db_proxy_target_groups(DBProxyName=name)["TargetGroups"]
        targets = rds.describe_db_proxy_targets(DBProxyName=name)["Targets"]
        assert [each["RdsResourceId"] for each in targets] == [ids["Cluster"]]
        assert found["Endpoint"].startswith(f"{name}.")
        return {
            "scheme": found["DefaultAuthScheme"],
            "secrets": [each["SecretArn"] for each in found["Auth"]],
            "tls": found["RequireTLS"],
            "idle": found["IdleClientTimeout"],
            "connections": group["ConnectionPoolConfig"]["MaxConnectionsPercent"],
        }

    def resources(pool: dict[str, int], **more: Any) -> Resources:
        return (
            network()
            | cluster()
            | {
                "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=_TRUST),
                "Proxy": resource(
                    "AWS::RDS::DBProxy",
                    DBProxyName=name,
                    EngineFamily="POSTGRESQL",
                    RoleArn={"Fn::GetAtt": ["Role", "Arn"]},
                    VpcSecurityGroupIds=[{"Fn::GetAtt": ["Group", "GroupId"]}],
                    VpcSubnetIds=[{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
                    **more,
                ),
                "Targets": resource(
                    "AWS::RDS::DBProxyTargetGroup",
                    ConnectionPoolConfigurationInfo=pool,
                    DBClusterIdentifiers=[{"Ref": "Cluster"}],
                    DBProxyName={"Ref": "Proxy"},
                    TargetGroupName="default",
                ),
            }
        )

    secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf"
    check(
        aws,
        resources({}, DefaultAuthScheme="IAM_AUTH", RequireTLS=True),
        resources(
            {"MaxConnectionsPercent": 50},
            Auth=[{"AuthScheme": "SECRETS", "IAMAuth": "REQUIRED", "SecretArn": secret}],
            IdleClientTimeout=60,
        ),
        read,
        (
            {
                "scheme": "IAM_AUTH",
                "secrets": [],
                "tls": True,
                "idle": 1800,
                "connections": 100,
            },
            {"scheme": "NONE", "secrets": [secret], "tls": False, "idle": 60, "connections": 50},
        ),
    )
    assert name not in str(rds.describe_db_proxies()["DBProxies"])


def test_a_proxy_needs_a_secret_or_iam(aws: LocalAws) -> None:
    stack = Stack(aws)
    resources = network() | {
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=_TRUST),
        "Proxy": resource(
            "AWS::RDS::DBProxy",
            DBProxyName=unique("proxy"),
            EngineFamily="POSTGRESQL",
            RoleArn={"Fn::GetAtt": ["Role", "Arn"]},
            VpcSubnetIds=[{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
        ),
    }
    assert stack.deploy(resources) == "ROLLBACK_COMPLETE"
    assert "Auth is required when DefaultAuthScheme" in stack.reasons()
    assert stack.delete() == "DELETE_COMPLETE"
