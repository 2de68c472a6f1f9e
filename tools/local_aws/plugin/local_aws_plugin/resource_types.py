"""The CloudFormation resource types that our entry points name, in place of LocalStack's or new.

Each loads its module when a template first has it.
"""

from __future__ import annotations

import importlib
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
)

__all__ = [
    "Alarm",
    "Alias",
    "Bucket",
    "BucketPolicy",
    "CodeSigningConfig",
    "DatabaseCluster",
    "DatabaseInstance",
    "DatabaseProxy",
    "DatabaseProxyTargetGroup",
    "DatabaseSubnetGroup",
    "EventInvokeConfig",
    "FirewallDomainList",
    "FirewallRuleGroup",
    "FirewallRuleGroupAssociation",
    "FlowLog",
    "Function",
    "GlobalTable",
    "Key",
    "KeyAlias",
    "LogGroup",
    "LogResourcePolicy",
    "ManagedPolicy",
    "OidcProvider",
    "ProfilePermission",
    "QueryLoggingConfig",
    "QueryLoggingConfigAssociation",
    "Queue",
    "Role",
    "RouteTable",
    "Rule",
    "Secret",
    "SecretTargetAttachment",
    "SecurityGroup",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "SigningProfile",
    "Subnet",
    "Table",
    "TopicPolicy",
    "Vpc",
    "VpcEndpoint",
]


def _type(name: str, module: str, attribute: str) -> type:
    """A plug-in class for one resource type."""

    def load(self: Any, *args: Any, **kwargs: Any) -> None:
        self.factory = getattr(
            importlib.import_module(f"local_aws_plugin.cloudformation.{module}"), attribute
        )

    return type(
        attribute.replace("Provider", "Plugin"),
        (CloudFormationResourceProviderPlugin,),
        {"name": name, "load": load, "__module__": __name__},
    )


Alarm = _type("AWS::CloudWatch::Alarm", "alarms", "AlarmProvider")
Alias = _type("AWS::Lambda::Alias", "aliases", "AliasProvider")
Bucket = _type("AWS::S3::Bucket", "storage", "BucketProvider")
BucketPolicy = _type("AWS::S3::BucketPolicy", "storage", "BucketPolicyProvider")
CodeSigningConfig = _type(
    "AWS::Lambda::CodeSigningConfig", "functions", "CodeSigningConfigProvider"
)
DatabaseCluster = _type("AWS::RDS::DBCluster", "databases", "ClusterProvider")
DatabaseInstance = _type("AWS::RDS::DBInstance", "databases", "InstanceProvider")
DatabaseProxy = _type("AWS::RDS::DBProxy", "database_proxies", "ProxyProvider")
DatabaseProxyTargetGroup = _type(
    "AWS::RDS::DBProxyTargetGroup", "database_proxies", "TargetGroupProvider"
)
DatabaseSubnetGroup = _type("AWS::RDS::DBSubnetGroup", "databases", "SubnetGroupProvider")
EventInvokeConfig = _type("AWS::Lambda::EventInvokeConfig", "aliases", "EventInvokeConfigProvider")
FirewallDomainList = _type(
    "AWS::Route53Resolver::FirewallDomainList", "dns_firewall", "FirewallDomainListProvider"
)
FirewallRuleGroup = _type(
    "AWS::Route53Resolver::FirewallRuleGroup", "dns_firewall", "FirewallRuleGroupProvider"
)
FirewallRuleGroupAssociation = _type(
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
    "dns_firewall",
    "FirewallRuleGroupAssociationProvider",
)
FlowLog = _type("AWS::EC2::FlowLog", "network", "FlowLogProvider")
Function = _type("AWS::Lambda::Function", "functions", "FunctionProvider")
GlobalTable = _type("AWS::DynamoDB::GlobalTable", "tables", "GlobalTableProvider")
Key = _type("AWS::KMS::Key", "keys", "KeyProvider")
KeyAlias = _type("AWS::KMS::Alias", "keys", "AliasProvider")
LogGroup = _type("AWS::Logs::LogGroup", "logs", "LogGroupProvider")
LogResourcePolicy = _type("AWS::Logs::ResourcePolicy", "logs", "ResourcePolicyProvider")
ManagedPolicy = _type("AWS::IAM::ManagedPolicy", "identity", "ManagedPolicyProvider")
OidcProvider = _type("AWS::IAM::OIDCProvider", "identity", "OidcProvider")
ProfilePermission = _type("AWS::Signer::ProfilePermission", "signer", "ProfilePermissionProvider")
QueryLoggingConfig = _type(
    "AWS::Route53Resolver::ResolverQueryLoggingConfig",
    "dns_firewall",
    "QueryLoggingConfigProvider",
)
QueryLoggingConfigAssociation = _type(
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
    "dns_firewall",
    "QueryLoggingConfigAssociationProvider",
)
Queue = _type("AWS::SQS::Queue", "queues", "QueueProvider")
Role = _type("AWS::IAM::Role", "identity", "RoleProvider")
RouteTable = _type("AWS::EC2::RouteTable", "network", "RouteTableProvider")
Rule = _type("AWS::Events::Rule", "rules", "RuleProvider")
Secret = _type("AWS::SecretsManager::Secret", "secrets", "SecretProvider")
SecretTargetAttachment = _type(
    "AWS::SecretsManager::SecretTargetAttachment", "secrets", "SecretTargetAttachmentProvider"
)
SecurityGroup = _type("AWS::EC2::SecurityGroup", "security_groups", "SecurityGroupProvider")
SecurityGroupEgress = _type("AWS::EC2::SecurityGroupEgress", "security_groups", "EgressProvider")
SecurityGroupIngress = _type("AWS::EC2::SecurityGroupIngress", "security_groups", "IngressProvider")
SigningProfile = _type("AWS::Signer::SigningProfile", "signer", "SigningProfileProvider")
Subnet = _type("AWS::EC2::Subnet", "network", "SubnetProvider")
Table = _type("AWS::DynamoDB::Table", "tables", "TableProvider")
TopicPolicy = _type("AWS::SNS::TopicPolicy", "notifications", "TopicPolicyProvider")
Vpc = _type("AWS::EC2::VPC", "network", "VpcProvider")
VpcEndpoint = _type("AWS::EC2::VPCEndpoint", "network", "VpcEndpointProvider")
