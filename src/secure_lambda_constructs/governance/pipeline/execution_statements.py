"""What CloudFormation may do for a pipeline, and what nobody may do through it."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["GOVERNANCE", "PASSED_TO", "SERVICES", "execution_statements"]

SERVICES: Mapping[str, str] = {
    "application-autoscaling": "*",
    # CloudFormation asks for it where it makes a flow log.
    "autoscaling": "DescribeTags",
    # Nested stacks.
    "cloudformation": (
        "CreateStack DeleteStack Describe* GetStackPolicy GetTemplate* ListStack*"
        " SetStackPolicy UpdateStack UpdateTerminationProtection"
    ),
    "cloudwatch": "*",
    "dynamodb": "*",
    # VPCs and what is in them; no instances, and no way to other networks but the internet
    # gateway and the NAT gateways that a relay may have.
    "ec2": (
        "AllocateAddress AssociateNatGatewayAddress AssociateRouteTable AssociateSubnetCidrBlock"
        " AttachInternetGateway AuthorizeSecurityGroup* CreateFlowLogs CreateInternetGateway"
        " CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags"
        " CreateVpc CreateVpcEncryptionControl CreateVpcEndpoint DeleteFlowLogs"
        " DeleteInternetGateway DeleteNatGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup"
        " DeleteSubnet DeleteTags DeleteVpc DeleteVpcEncryptionControl DeleteVpcEndpoints Describe*"
        " DetachInternetGateway DisassociateAddress DisassociateNatGatewayAddress"
        " DisassociateRouteTable DisassociateSubnetCidrBlock GetManagedPrefixListEntries"
        " ModifySecurityGroupRules ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint"
        " ModifyVpcTenancy ReleaseAddress ReplaceRoute ReplaceRouteTableAssociation"
        " RevokeSecurityGroup* UpdateSecurityGroupRuleDescriptions*"
    ),
    "events": "*Rule* *Tag* *Targets*",
    "iam": (
        "*RolePolicy CreatePolicy CreatePolicyVersion CreateRole CreateServiceLinkedRole"
        " DeletePolicy DeletePolicyVersion DeleteRole DeleteRolePermissionsBoundary Get* List*"
        " PutRolePermissionsBoundary SetDefaultPolicyVersion TagPolicy TagRole UntagPolicy"
        " UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
    ),
    "kms": "*",
    "lambda": "*",
    "logs": "*",
    "rds": "*",
    "route53resolver": "*Firewall* *QueryLog* *Tag*",
    "s3": "*",
    "secretsmanager": "*",
    "signer": "*",
    "sns": "*",
    "sqs": "*",
    # Parameters, that of the bootstrap's version among them.
    "ssm": "*Parameter* *Tags*",
}
"""Patterns of actions by service, divided by spaces: what stacks with this library's constructs
need. IAM's `PassRole` has a statement of its own."""

PASSED_TO = ("lambda.amazonaws.com", "rds.amazonaws.com", "vpc-flow-logs.amazonaws.com")
"""The services that a stack may give a role to."""

GOVERNANCE = (
    "access-analyzer",
    "account",
    "cloudtrail",
    "config",
    "guardduty",
    "identitystore",
    "organizations",
    "securityhub",
    "sso",
    "sso-directory",
    "sts",
)
"""Services that decide who may do what, or see who did what: not for an application's stacks."""

_READS = ["cloudformation:Describe*", "s3:Get*", "s3:List*", "ssm:Get*"]
_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


def execution_statements(
    *,
    partition: str,
    policy: str,
    qualifier: str,
    toolkit_stack_name: str,
    services: Sequence[str],
    passed_to: Sequence[str],
    protected_policies: Sequence[str],
    protected_roles: Sequence[str],
    protected_resources: Sequence[str],
    role_boundary: str | None,
    code_signing_config_arns: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """Return the statements of the policy that CloudFormation deploys with.

    See `CloudFormationExecutionPolicy` for what the arguments mean.

    Args:
        partition: The partition that ARNs are written with.
        policy: Path and name of the policy itself, without the slash before.
        qualifier: Of the bootstrap.
        toolkit_stack_name: Of the bootstrap.
        services: Prefixes of further services.
        passed_to: The services that a role may be given to.
        protected_policies: Paths and names of policies that must not change.
        protected_roles: ARNs of roles that must not change.
        protected_resources: ARNs of other resources that must not change.
        role_boundary: Path and name of the boundary that every role must have, if there is one.
        code_signing_config_arns: The code signing configs to use; any, without them.

    Returns:
        The statements.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.execution_statements import (
            execution_statements,
        )

        statements = execution_statements(
            partition="aws",
            policy="Execution",
            qualifier="hnb659fds",
            toolkit_stack_name="CDKToolkit",
            services=[],
            passed_to=["lambda.amazonaws.com"],
            protected_policies=[],
            protected_roles=[],
            protected_resources=[],
            role_boundary=None,
            code_signing_config_arns=None,
        )
        assert statements[0]["Effect"] == "Allow"
        ```
    """
    iam = f"arn:{partition}:iam::*"
    boundary = [] if role_boundary is None else [f"{iam}:policy/{role_boundary}"]
    cdk_roles = [f"{iam}:role/cdk-{qualifier}-*", *protected_roles]
    policies = [f"{iam}:policy/{name}" for name in (policy, *protected_policies)]
    principals = [
        *dict.fromkeys([*policies, *boundary]),
        *cdk_roles,
        *(f"{iam}:{kind}/*" for kind in ("group", "oidc-provider", "saml-provider", "user")),
    ]
    passed = {"StringEquals": {"iam:PassedToService": list(passed_to)}}
    to_cloudformation = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    statements = [
        _statement("Services", "Allow", _actions(services)),
        _statement("PassRoles", "Allow", ["iam:PassRole"], condition=passed),
        # A nested stack is deployed with the same role, which is passed to it.
        _statement(
            "PassToNestedStacks",
            "Allow",
            ["iam:PassRole"],
            [f"{iam}:role/cdk-{qualifier}-cfn-exec-role-*"],
            {"StringEquals": to_cloudformation},
        ),
        {
            "Sid": "GovernanceStays",
            "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*", "iam:PassRole"],
            "Resource": principals,
        },
        _statement(
            "GovernanceIsNotPassed",
            "Deny",
            ["iam:PassRole"],
            cdk_roles,
            {"StringNotEquals": to_cloudformation},
        ),
        {
            "Sid": "ProtectedStays",
            "Effect": "Deny",
            "NotAction": _READS,
            "Resource": [
                f"arn:{partition}:cloudformation:*:*:stack/{toolkit_stack_name}/*",
                f"arn:{partition}:ecr:*:*:repository/cdk-{qualifier}-*",
                f"arn:{partition}:s3:::cdk-{qualifier}-assets-*",
                f"arn:{partition}:ssm:*:*:parameter/cdk-bootstrap/*",
                *protected_resources,
            ],
        },
        _statement("NotForStacks", "Deny", [f"{service}:*" for service in GOVERNANCE]),
        _statement(
            "NoAdministrators",
            "Deny",
            ["iam:AttachRolePolicy"],
            condition={
                "ArnEquals": {
                    "iam:PolicyARN": [
                        f"arn:{partition}:iam::aws:policy/{name}" for name in _ADMINISTRATORS
                    ]
                }
            },
        ),
        *_code_statements(code_signing_config_arns),
        *(_boundary_statements(boundary) if boundary else []),
    ]
    return statements


def _actions(services: Sequence[str]) -> list[str]:
    whole = {f"{service}:*" for service in services}
    listed = {
        f"{service}:{pattern}"
        for service, patterns in SERVICES.items()
        if f"{service}:*" not in whole
        for pattern in patterns.split()
    }
    return sorted(whole | listed)


def _code_statements(config_arns: Sequence[str] | None) -> list[dict[str, Any]]:
    key = "lambda:CodeSigningConfigArn"
    # Both hold where there is no config: a negated operator matches a key that is missing.
    other: dict[str, Any] = (
        {"Null": {key: "true"}} if config_arns is None else {"ArnNotLike": {key: list(config_arns)}}
    )
    uses = ["lambda:CreateFunction", "lambda:PutFunctionCodeSigningConfig"]
    never = [
        "lambda:*CapacityProvider*",
        "lambda:*Microvm*",
        "lambda:*NetworkConnector*",
        "lambda:DeleteFunctionCodeSigningConfig",
    ]
    if config_arns is not None:
        never += [
            "lambda:CreateCodeSigningConfig",
            "lambda:DeleteCodeSigningConfig",
            "lambda:UpdateCodeSigningConfig",
            "signer:AddProfilePermission",
            "signer:CancelSigningProfile",
            "signer:PutSigningProfile",
            "signer:RemoveProfilePermission",
        ]
    public = {
        "PublicUrls": ("lambda:*FunctionUrlConfig", {"lambda:FunctionUrlAuthType": "NONE"}),
        "PublicFunctions": ("lambda:AddPermission", {"lambda:Principal": "*"}),
    }
    return [
        _statement("UnsignedCode", "Deny", uses, condition=other),
        _statement("OtherCode", "Deny", never),
        *(
            _statement(sid, "Deny", [action], condition={"StringEquals": value})
            for sid, (action, value) in public.items()
        ),
    ]


def _boundary_statements(boundary: list[str]) -> list[dict[str, Any]]:
    changes = [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
    ]
    other = {"ArnNotLike": {"iam:PermissionsBoundary": boundary}}
    return [
        _statement("RolesHaveTheBoundary", "Deny", changes, condition=other),
        _statement("AndKeepIt", "Deny", ["iam:DeleteRolePermissionsBoundary"]),
    ]


def _statement(
    sid: str,
    effect: str,
    actions: Sequence[str],
    resources: Sequence[str] = ("*",),
    condition: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": effect,
        "Action": list(actions),
        "Resource": list(resources),
    }
    return statement if condition is None else {**statement, "Condition": dict(condition)}
