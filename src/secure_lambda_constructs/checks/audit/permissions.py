"""The rights that the audit needs, all of them to read, and nothing more.

The tests compare them with the calls that the audit really makes, and with the policy that the
documentation shows. `sts:GetCallerIdentity` needs no right
(<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
"""

from typing import Any

__all__ = ["ACTIONS_BY_OPERATION", "read_only_policy"]

ACTIONS_BY_OPERATION: dict[str, tuple[str, ...]] = {
    "DescribeRegions": ("ec2:DescribeRegions",),
    "DescribeRouteTables": ("ec2:DescribeRouteTables",),
    "DescribeSecurityGroups": ("ec2:DescribeSecurityGroups",),
    "DescribeStacks": ("cloudformation:DescribeStacks",),
    "DescribeVpcEndpoints": ("ec2:DescribeVpcEndpoints",),
    "GetAccountAuthorizationDetails": ("iam:GetAccountAuthorizationDetails",),
    "GetAlias": ("lambda:GetAlias",),
    "GetCallerIdentity": (),
    "GetCodeSigningConfig": ("lambda:GetCodeSigningConfig",),
    "GetFirewallConfig": ("route53resolver:GetFirewallConfig",),
    "GetFirewallDomainList": ("route53resolver:GetFirewallDomainList",),
    "GetFunctionCodeSigningConfig": ("lambda:GetFunctionCodeSigningConfig",),
    "GetFunctionConcurrency": ("lambda:GetFunctionConcurrency",),
    "GetObject": ("s3:GetObject",),
    "GetPolicy": ("lambda:GetPolicy",),
    "GetSigningProfile": ("signer:GetSigningProfile",),
    "GetTemplate": ("cloudformation:GetTemplate",),
    "ListAliases": ("lambda:ListAliases",),
    "ListExports": ("cloudformation:ListExports",),
    "ListFirewallDomains": ("route53resolver:ListFirewallDomains",),
    "ListFirewallRuleGroupAssociations": ("route53resolver:ListFirewallRuleGroupAssociations",),
    "ListFirewallRules": ("route53resolver:ListFirewallRules",),
    "ListFunctionUrlConfigs": ("lambda:ListFunctionUrlConfigs",),
    "ListFunctions": ("lambda:ListFunctions",),
    "ListStackResources": ("cloudformation:ListStackResources",),
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
