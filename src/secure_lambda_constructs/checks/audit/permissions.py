"""The rights that the audit needs, all of them to read, and nothing more.

The tests compare them with the calls that the audit really makes, and with the policy that the
documentation shows. `sts:GetCallerIdentity` needs no right
(<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
"""

from typing import Any

__all__ = ["ACTIONS_BY_OPERATION", "read_only_policy"]

ACTIONS_BY_OPERATION: dict[str, tuple[str, ...]] = {
    "DescribeAccountPolicies": ("logs:DescribeAccountPolicies",),
    "DescribeCarrierGateways": ("ec2:DescribeCarrierGateways",),
    "DescribeClientVpnEndpoints": ("ec2:DescribeClientVpnEndpoints",),
    "DescribeDhcpOptions": ("ec2:DescribeDhcpOptions",),
    "DescribeEgressOnlyInternetGateways": ("ec2:DescribeEgressOnlyInternetGateways",),
    "DescribeInternetGateways": ("ec2:DescribeInternetGateways",),
    "DescribeKinesisStreamingDestination": ("dynamodb:DescribeKinesisStreamingDestination",),
    "DescribeLocalGatewayRouteTableVpcAssociations": (
        "ec2:DescribeLocalGatewayRouteTableVpcAssociations",
    ),
    "DescribeLogGroups": ("logs:DescribeLogGroups",),
    "DescribeNatGateways": ("ec2:DescribeNatGateways",),
    "DescribeRegions": ("ec2:DescribeRegions",),
    "DescribeRouteTables": ("ec2:DescribeRouteTables",),
    "DescribeRule": ("events:DescribeRule",),
    "DescribeSecret": ("secretsmanager:DescribeSecret",),
    "DescribeSecurityGroups": ("ec2:DescribeSecurityGroups",),
    "DescribeStacks": ("cloudformation:DescribeStacks",),
    "DescribeSubscriptionFilters": ("logs:DescribeSubscriptionFilters",),
    "DescribeTable": ("dynamodb:DescribeTable",),
    "DescribeTransitGatewayVpcAttachments": ("ec2:DescribeTransitGatewayVpcAttachments",),
    "DescribeVpcEndpoints": ("ec2:DescribeVpcEndpoints",),
    "DescribeVpcPeeringConnections": ("ec2:DescribeVpcPeeringConnections",),
    "DescribeVpcs": ("ec2:DescribeVpcs",),
    "DescribeVpnGateways": ("ec2:DescribeVpnGateways",),
    "GetAccountAuthorizationDetails": ("iam:GetAccountAuthorizationDetails",),
    "GetAlias": ("lambda:GetAlias",),
    "GetBucketAcl": ("s3:GetBucketAcl",),
    "GetBucketLogging": ("s3:GetBucketLogging",),
    "GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
    "GetBucketPolicy": ("s3:GetBucketPolicy",),
    "GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "GetCallerIdentity": (),
    "GetCodeSigningConfig": ("lambda:GetCodeSigningConfig",),
    "GetFirewallConfig": ("route53resolver:GetFirewallConfig",),
    "GetFirewallDomainList": ("route53resolver:GetFirewallDomainList",),
    "GetFunctionCodeSigningConfig": ("lambda:GetFunctionCodeSigningConfig",),
    "GetFunctionConcurrency": ("lambda:GetFunctionConcurrency",),
    "GetKeyPolicy": ("kms:GetKeyPolicy",),
    "GetLayerVersionPolicy": ("lambda:GetLayerVersionPolicy",),
    "GetObject": ("s3:GetObject",),
    "GetPolicy": ("lambda:GetPolicy",),
    "GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "GetQueueAttributes": ("sqs:GetQueueAttributes",),
    "GetResourcePolicy": ("dynamodb:GetResourcePolicy", "secretsmanager:GetResourcePolicy"),
    "GetSigningProfile": ("signer:GetSigningProfile",),
    "GetTemplate": ("cloudformation:GetTemplate",),
    "GetTopicAttributes": ("sns:GetTopicAttributes",),
    "ListAliases": ("lambda:ListAliases",),
    "ListBucketInventoryConfigurations": ("s3:GetInventoryConfiguration",),
    "ListEventSourceMappings": ("lambda:ListEventSourceMappings",),
    "ListExports": ("cloudformation:ListExports",),
    "ListFirewallDomains": ("route53resolver:ListFirewallDomains",),
    "ListFirewallRuleGroupAssociations": ("route53resolver:ListFirewallRuleGroupAssociations",),
    "ListFirewallRules": ("route53resolver:ListFirewallRules",),
    "ListFunctionEventInvokeConfigs": ("lambda:ListFunctionEventInvokeConfigs",),
    "ListFunctionUrlConfigs": ("lambda:ListFunctionUrlConfigs",),
    "ListFunctions": ("lambda:ListFunctions",),
    "ListGrants": ("kms:ListGrants",),
    "ListHostedZonesByVPC": ("route53:ListHostedZonesByVPC", "ec2:DescribeVpcs"),
    "ListLinks": ("oam:ListLinks",),
    "ListProfilePermissions": ("signer:ListProfilePermissions",),
    "ListResolverEndpoints": ("route53resolver:ListResolverEndpoints",),
    "ListResolverRuleAssociations": ("route53resolver:ListResolverRuleAssociations",),
    "ListServiceNetworkVpcAssociations": ("vpc-lattice:ListServiceNetworkVpcAssociations",),
    "ListStackResources": ("cloudformation:ListStackResources",),
    "ListSubscriptionsByTopic": ("sns:ListSubscriptionsByTopic",),
    "ListTargetsByRule": ("events:ListTargetsByRule",),
    "LookupEvents": ("cloudtrail:LookupEvents",),
}
"""Each operation that the audit calls, with the actions that AWS checks for it."""

# Code that the CDK published: the buckets of `cdk bootstrap`. Nothing else is read from S3.
_PUBLISHED = "arn:{partition}:s3:::cdk-*-assets-{account}-*/*"


def read_only_policy(*, account: str, partition: str = "aws") -> dict[str, Any]:
    """Return the IAM policy that the audit needs.

    Its first statement is on all resources: the audit looks for what nobody has named yet, and
    most of these actions know no resource
    (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>).
    None of them reads code, data or secrets; code is read from the buckets of the CDK alone.

    Args:
        account: The account that is audited.
        partition: Its partition.

    Returns:
        The policy, as a document.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.permissions import read_only_policy

        policy = read_only_policy(account="111122223333")
        assert policy["Statement"][1]["Action"] == "s3:GetObject"
        ```
    """
    actions = {each for needed in ACTIONS_BY_OPERATION.values() for each in needed}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadTheAccount",
                "Effect": "Allow",
                "Action": sorted(actions - {"s3:GetObject"}),
                "Resource": "*",
            },
            {
                "Sid": "ReadPublishedCode",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": _PUBLISHED.format(partition=partition, account=account),
            },
        ],
    }
