"""What the service control policy denies, statement by statement.

Three groups, by who is excepted: nobody; those who keep the guardrails; those and the pipeline.
A condition that a request does not carry must not open anything, so limits on a value are written
with negated operators, which match when the key is missing. Nothing is exempted for calls that
a service makes on behalf of somebody: they carry that somebody's principal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..documents import PolicyDocument
from .actions import (
    ALARM,
    ASSET_WRITES,
    DEPLOYMENT,
    DETECTION,
    DNS,
    GATEWAYS,
    GUARDRAILS,
    IDENTITY_PROVIDERS,
    OTHER_LAMBDA_COMPUTE,
    ROLE_AND_POLICY_WRITES,
    ROLE_USES,
    ROUTES,
    SIGNING,
    WAYS_OUT,
)

__all__ = ["GuardrailNames", "guardrail_statements"]

_Condition: TypeAlias = dict[str, dict[str, str | list[str]]]
_On: TypeAlias = Mapping[str, str | list[str]]

_SERVICES = "*.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class GuardrailNames:
    """What the policy names. All of it is checked already.

    Attributes:
        code_signing_config_arns: The configs that functions may have.
        vpc_ids: The VPCs that functions may be in.
        subnet_ids: The subnets of them, where not every one will do.
        functions_outside_vpc: ARNs of functions that may be outside.
        egress_vpc_ids: VPCs that may have gateways and routes to the internet.
        trusted_accounts: Whose layers functions may have, and who may invoke them.
        pipeline: ARNs of the pipeline's roles, those of the CDK's bootstrap included.
        keepers: ARNs of the roles that may change the guardrails.
        governance: Those of them that nobody else may assume.
        kept_roles: ARNs of the roles that only keepers change.
        policies: ARNs of the managed policies that only keepers change.
        guard_tag_prefix: How the keys of guard tags begin.
        qualifier: Qualifier of the CDK's bootstrap.

    Example:
        ```python
        from secure_lambda_constructs.governance.organization.statements import GuardrailNames

        names = GuardrailNames(
            code_signing_config_arns=[
                "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0"
            ],
            vpc_ids=["vpc-0123456789abcdef0"],
            pipeline=["arn:aws:iam::*:role/deploy"],
            kept_roles=["arn:aws:iam::*:role/deploy"],
            policies=["arn:*:iam::*:policy/DeveloperBoundary"],
            guard_tag_prefix="lambda-governance:",
            qualifier="hnb659fds",
        )
        assert not names.keepers
        ```
    """

    code_signing_config_arns: Sequence[str]
    vpc_ids: Sequence[str]
    subnet_ids: Sequence[str] = ()
    functions_outside_vpc: Sequence[str] = ()
    egress_vpc_ids: Sequence[str] = ()
    trusted_accounts: Sequence[str] = ()
    pipeline: Sequence[str]
    keepers: Sequence[str] = ()
    governance: Sequence[str] = ()
    kept_roles: Sequence[str]
    policies: Sequence[str]
    guard_tag_prefix: str
    qualifier: str


def guardrail_statements(names: GuardrailNames) -> list[PolicyDocument]:
    """Return the statements of the policy.

    Args:
        names: What they name.

    Returns:
        The statements, each with a `Sid` of its own.

    Example:
        ```python
        from secure_lambda_constructs.governance.organization.statements import (
            guardrail_statements,
            GuardrailNames,
        )

        statements = guardrail_statements(
            GuardrailNames(
                code_signing_config_arns=[
                    "arn:aws:lambda:*:111122223333:code-signing-config:csc-0123456789abcdef0"
                ],
                vpc_ids=["vpc-0123456789abcdef0"],
                pipeline=["arn:aws:iam::*:role/deploy"],
                kept_roles=["arn:aws:iam::*:role/deploy"],
                policies=["arn:*:iam::*:policy/DeveloperBoundary"],
                guard_tag_prefix="lambda-governance:",
                qualifier="hnb659fds",
            )
        )
        assert {statement["Effect"] for statement in statements} == {"Deny"}
        ```
    """
    return [*_for_everybody(names), *_for_all_but_keepers(names), *_for_all_but_pipeline(names)]


def _for_everybody(names: GuardrailNames) -> list[PolicyDocument]:
    configs = list(names.code_signing_config_arns)
    in_vpc = ["lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"]
    # A policy variable stands for the account of whoever calls, in every account below the policy.
    accounts = ["${aws:PrincipalAccount}", *names.trusted_accounts]
    layers = [f"arn:*:lambda:*:{account}:layer:*" for account in accounts]
    invokers = [form for account in accounts for form in (account, f"arn:*:iam::{account}:*")]
    outside: dict[str, list[str]] = (
        {"NotResource": list(names.functions_outside_vpc)} if names.functions_outside_vpc else {}
    )
    statements = [
        _deny(
            "OnlySignedFunctions",
            ["lambda:CreateFunction", "lambda:PutFunctionCodeSigningConfig"],
            {"ArnNotLike": {"lambda:CodeSigningConfigArn": configs}},
        ),
        _deny(
            "SigningStaysAttached",
            ["lambda:DeleteFunctionCodeSigningConfig", "lambda:UpdateFunctionCodeSigningConfig"],
        ),
        _deny(
            "OnlyInTheVpc",
            in_vpc,
            {"StringNotEquals": {"lambda:VpcIds": list(names.vpc_ids)}},
            outside,
        ),
        _deny(
            "OnlyOurLayers",
            in_vpc,
            {"ForAnyValue:StringNotLike": {"lambda:Layer": layers}},
        ),
        _deny(
            "OnlySignedUrlCalls",
            ["lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"],
            {"StringNotEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        ),
        _deny(
            "NoForeignInvokers",
            ["lambda:AddPermission"],
            {"StringNotLike": {"lambda:Principal": [_SERVICES, *invokers]}},
        ),
        _deny("NoOtherLambdaCompute", OTHER_LAMBDA_COMPUTE),
        _deny(
            "OnlyEndpointsOfAws",
            ["ec2:CreateVpcEndpoint"],
            {"StringNotEquals": {"ec2:VpceServiceOwner": "amazon"}},
            {"Resource": "arn:*:ec2:*:*:vpc-endpoint/*"},
        ),
        _deny(
            "NoCloudShellInVpc",
            ["cloudshell:CreateEnvironment"],
            {"Null": {"cloudshell:VpcIds": "false"}},
        ),
        _deny("StayInOrganization", ["account:CloseAccount", "organizations:LeaveOrganization"]),
    ]
    if names.subnet_ids:
        subnets: _Condition = {
            "ForAnyValue:StringNotEquals": {"lambda:SubnetIds": list(names.subnet_ids)}
        }
        statements.append(_deny("OnlyInTheSubnets", in_vpc, subnets, outside))
    return statements


def _for_all_but_keepers(names: GuardrailNames) -> list[PolicyDocument]:
    alarm_tag = f"{names.guard_tag_prefix}guardrail"

    def deny(
        sid: str,
        actions: Sequence[str],
        condition: _Condition | None = None,
        on: _On | None = None,
    ) -> PolicyDocument:
        return _deny(sid, actions, {**(condition or {}), **_except(names.keepers)}, on)

    statements = [
        *_network(names),
        deny("AlarmKept", ALARM, {"Null": {f"aws:ResourceTag/{alarm_tag}": "false"}}),
        deny("AlarmTagKept", ["*"], {"ForAnyValue:StringEquals": {"aws:TagKeys": alarm_tag}}),
        deny(
            "RolesAndPoliciesKept",
            ROLE_AND_POLICY_WRITES,
            on={"Resource": [*names.kept_roles, *names.policies]},
        ),
        # Each statement repeats who is excepted, so what needs nothing else shares one.
        deny("GuardrailsKept", [*GUARDRAILS, *IDENTITY_PROVIDERS, *SIGNING, *DETECTION]),
    ]
    if names.governance:
        on = {"Resource": list(names.governance)}
        statements.append(deny("GovernanceRolesStayApart", ROLE_USES, on=on))
    return statements


def _network(names: GuardrailNames) -> list[PolicyDocument]:
    but_keepers = _except(names.keepers)
    if not names.egress_vpc_ids:
        closed = [*WAYS_OUT, *GATEWAYS, *ROUTES, "ec2:CreateInternetGateway", *DNS]
        return [_deny("NetworkStaysClosed", closed, but_keepers)]
    vpcs = list(names.egress_vpc_ids)
    # Each resource of a call is looked at on its own: a VPC says what its id is, subnets and route
    # tables say which VPC they are of, and the others nothing.
    of_vpcs = {"ec2:Vpc": [f"arn:*:ec2:*:*:vpc/{vpc}" for vpc in vpcs]}
    parts = [f"arn:*:ec2:*:*:{kind}/*" for kind in ("route-table", "subnet")]
    return [
        _deny("NetworkStaysClosed", [*WAYS_OUT, *DNS], but_keepers),
        _deny(
            "NoGatewayInOtherVpcs",
            GATEWAYS,
            {"StringNotEquals": {"ec2:VpcID": vpcs}, **but_keepers},
            {"Resource": "arn:*:ec2:*:*:vpc/*"},
        ),
        _deny(
            "NoRouteInOtherVpcs",
            ["ec2:CreateNatGateway", *ROUTES],
            {"ArnNotLike": {**of_vpcs, **but_keepers.get("ArnNotLike", {})}},
            {"Resource": parts},
        ),
    ]


def _for_all_but_pipeline(names: GuardrailNames) -> list[PolicyDocument]:
    excepted = _except([*names.pipeline, *names.keepers])
    cdk = f"cdk-{names.qualifier}"
    resources = [
        *names.pipeline,
        f"arn:*:s3:::{cdk}-assets-*",
        f"arn:*:ecr:*:*:repository/{cdk}-container-assets-*",
        f"arn:*:ssm:*:*:parameter/cdk-bootstrap/{names.qualifier}/*",
    ]
    return [
        _deny("OnlyThePipelineDeploys", DEPLOYMENT, excepted),
        _deny(
            "RolesAndAssetsOfThePipeline",
            [*ROLE_USES, *ASSET_WRITES],
            excepted,
            {"Resource": resources},
        ),
        _deny(
            "OnlyThePipelineSetsGuardTags",
            ["*"],
            {
                "ForAnyValue:StringLike": {"aws:TagKeys": f"{names.guard_tag_prefix}*"},
                **excepted,
            },
        ),
    ]


def _except(roles: Sequence[str]) -> _Condition:
    """Return the condition that holds for everybody but these roles."""
    return {"ArnNotLike": {"aws:PrincipalArn": list(roles)}} if roles else {}


def _deny(
    sid: str,
    actions: Sequence[str],
    condition: _Condition | None = None,
    on: _On | None = None,
) -> PolicyDocument:
    statement: PolicyDocument = {
        "Sid": sid,
        "Effect": "Deny",
        "Action": actions[0] if len(actions) == 1 else list(actions),
        **(on or {"Resource": "*"}),
    }
    if condition:
        statement["Condition"] = condition
    return statement
