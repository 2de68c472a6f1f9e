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
    "Alias",
    "Bucket",
    "BucketPolicy",
    "CodeSigningConfig",
    "FirewallDomainList",
    "FirewallRuleGroup",
    "FirewallRuleGroupAssociation",
    "FlowLog",
    "Function",
    "GlobalTable",
    "LogGroup",
    "ManagedPolicy",
    "OidcProvider",
    "ProfilePermission",
    "QueryLoggingConfig",
    "QueryLoggingConfigAssociation",
    "Role",
    "RouteTable",
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


Alias = _type("AWS::Lambda::Alias", "functions", "AliasProvider")
Bucket = _type("AWS::S3::Bucket", "storage", "BucketProvider")
BucketPolicy = _type("AWS::S3::BucketPolicy", "storage", "BucketPolicyProvider")
CodeSigningConfig = _type(
    "AWS::Lambda::CodeSigningConfig", "functions", "CodeSigningConfigProvider"
)
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
LogGroup = _type("AWS::Logs::LogGroup", "logs", "LogGroupProvider")
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
Role = _type("AWS::IAM::Role", "identity", "RoleProvider")
RouteTable = _type("AWS::EC2::RouteTable", "network", "RouteTableProvider")
SecurityGroup = _type("AWS::EC2::SecurityGroup", "security_groups", "SecurityGroupProvider")
SecurityGroupEgress = _type("AWS::EC2::SecurityGroupEgress", "security_groups", "EgressProvider")
SecurityGroupIngress = _type("AWS::EC2::SecurityGroupIngress", "security_groups", "IngressProvider")
SigningProfile = _type("AWS::Signer::SigningProfile", "signer", "SigningProfileProvider")
Subnet = _type("AWS::EC2::Subnet", "network", "SubnetProvider")
Table = _type("AWS::DynamoDB::Table", "tables", "TableProvider")
TopicPolicy = _type("AWS::SNS::TopicPolicy", "notifications", "TopicPolicyProvider")
Vpc = _type("AWS::EC2::VPC", "network", "VpcProvider")
VpcEndpoint = _type("AWS::EC2::VPCEndpoint", "network", "VpcEndpointProvider")
