"""The service control policy: what nobody in an account can do, the pipeline included."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from aws_cdk import Token
from aws_cdk import aws_organizations as organizations
from constructs import Construct

from ...errors import InvalidInputError
from ...signing.naming import ACCOUNT_PATTERN, REGION_PATTERN, check_account
from ..arguments import (
    check_list,
    check_policy_name,
    check_prefix,
    check_qualifier,
    check_role_arns,
)
from ..documents import PolicyDocument, refuse_too_long
from .statements import GuardrailNames, guardrail_statements

__all__ = ["GuardrailScp"]

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_LONGEST = 10_240

_PARTITION = r"(?:aws[a-z-]*|\*)"
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html
_CONFIG = (
    rf"arn:{_PARTITION}:lambda:(?:{REGION_PATTERN}|\*):{ACCOUNT_PATTERN}:"
    r"code-signing-config:csc-[a-z0-9]{17}"
)
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, and wildcards after the
# first letter.
_FUNCTION_NAME = r"[A-Za-z0-9_][A-Za-z0-9_*?-]{0,63}"
_FUNCTION = (
    rf"(?:arn:{_PARTITION}:lambda:(?:{REGION_PATTERN}|\*):(?:{ACCOUNT_PATTERN}|\*):function:)?"
    rf"{_FUNCTION_NAME}"
)
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
_TARGET = rf"r-[0-9a-z]{{4,32}}|ou-[0-9a-z]{{4,32}}-[0-9a-z]{{8,32}}|{ACCOUNT_PATTERN}"
_POLICY = r"(?:[\x21-\x29\x2b-\x2e\x30-\x3e\x40-\x7e]+/)*[\w+=,.@-]{1,128}"
_HEXADECIMAL = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"


class GuardrailScp(Construct):
    """A service control policy that holds for every principal of an account.

    It has three parts. Nobody makes or changes a function without your code signing config,
    outside your VPC, with foreign layers, a public URL or a foreign invoker. Nobody but the
    break-glass role, and `governance_roles` where you name some, loosens signing, the network, the
    DNS firewall, detection, identity providers, the boundary, or the roles and policies that all
    this rests on: the pipeline does not either. And nobody but the pipeline, and those, deploys,
    uses the pipeline's roles or writes what the CDK deploys from.

    Deploy it in the management account of the organization, or in an account that is a delegated
    administrator for its policies, where service control policies are enabled. Whoever has no CDK
    there renders the same policy with `document`. All names in it are literals, because the
    deployment there knows nothing of the other accounts. It does not hold for the management
    account itself, nor for service-linked roles. See
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html.

    Example:
        ```python
        from secure_lambda_constructs import GuardrailScp

        GuardrailScp(
            stack,
            "Guardrail",
            code_signing_config_arns=[
                "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0"
            ],
            vpc_ids=["vpc-0123456789abcdef0"],
            pipeline_roles=["arn:aws:iam::111122223333:role/deploy"],
            break_glass_role="arn:aws:iam::*:role/break-glass",
            functions_outside_vpc=["payment-relay"],
            target_ids=["ou-ab12-11111111"],
        )
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code_signing_config_arns: Sequence[str],
        vpc_ids: Sequence[str],
        pipeline_roles: Sequence[str],
        break_glass_role: str | None = None,
        governance_roles: Sequence[str] = (),
        functions_outside_vpc: Sequence[str] = (),
        egress_vpc_ids: Sequence[str] = (),
        subnet_ids: Sequence[str] = (),
        trusted_accounts: Sequence[str] = (),
        guardrail_policies: Sequence[str] = ("DeveloperBoundary",),
        guard_tag_prefix: str = "lambda-governance:",
        qualifier: str = "hnb659fds",
        policy_name: str = "LambdaGuardrail",
        target_ids: Sequence[str] = (),
    ) -> None:
        """Create the policy.

        Args:
            scope: Parent construct, in a stack of the management account.
            id: Construct id.
            code_signing_config_arns: The code signing configs that functions may have, each
                written out. `*` may stand for the region.
            vpc_ids: The VPCs that functions may be in, of all accounts below the policy.
            pipeline_roles: ARNs of the roles that deploy and sign; `*` may stand for the account
                and a part of the name. The roles that the CDK's bootstrap makes with `qualifier`
                are added. Name here as well the role of a function that stops functions, as that
                of an alarm: reserved concurrency counts as a deployment.
            break_glass_role: ARN of the one role that may change the guardrails in an emergency.
                By default there is none, and only a change of this policy lets anybody.
            governance_roles: ARNs of roles that deploy the guardrails, such as those of
                CloudFormation StackSets or of AWS Control Tower. By default there are none.
                Nobody but they and the break-glass role may assume them.
            functions_outside_vpc: Names or ARNs of functions that may be outside of the VPC:
                relays, and the function of an alarm that stops functions. By default there are
                none.
            egress_vpc_ids: VPCs that may have internet gateways, NAT gateways and routes, such as
                that of a `RelayEgressVpc`. By default none may.
            subnet_ids: The subnets that functions may be in, where the VPCs have others as well.
                By default all subnets of `vpc_ids` will do.
            trusted_accounts: Further accounts whose layers functions may have and whose
                principals may invoke functions. By default that is each function's own account.
            guardrail_policies: Managed policies that only the break-glass role and
                `governance_roles` may change, as in an ARN: a name with its path in front, such
                as `guardrails/DeveloperBoundary`. By default `DeveloperBoundary`.
            guard_tag_prefix: How the keys of guard tags begin. What has the tag `guardrail` with
                this prefix, of the alarm above all, is kept from change.
            qualifier: Qualifier of the CDK's bootstrap.
            policy_name: Name of the policy in the organization.
            target_ids: Roots, organizational units and accounts that it is attached to. By default
                it is attached to nothing.

        Raises:
            InvalidInputError: An argument is none of what it must be, or a token, or the policy
                would be longer than the 10,240 characters that Organizations takes.
        """
        super().__init__(scope, id)
        _refuse_tokens("policy_name", [policy_name])
        check_policy_name("policy_name", policy_name)
        _check_all(
            "target_ids", target_ids, _TARGET, "a root, an organizational unit or an account"
        )
        self._document = GuardrailScp.document(
            code_signing_config_arns=code_signing_config_arns,
            vpc_ids=vpc_ids,
            pipeline_roles=pipeline_roles,
            break_glass_role=break_glass_role,
            governance_roles=governance_roles,
            functions_outside_vpc=functions_outside_vpc,
            egress_vpc_ids=egress_vpc_ids,
            subnet_ids=subnet_ids,
            trusted_accounts=trusted_accounts,
            guardrail_policies=guardrail_policies,
            guard_tag_prefix=guard_tag_prefix,
            qualifier=qualifier,
        )
        # Given as an object, it is written without white space by CloudFormation's handler, and
        # its drift can be detected, which it cannot for text:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-organizations-policy.html
        self._policy = organizations.CfnPolicy(
            self,
            "Policy",
            name=policy_name,
            description="Functions stay signed and isolated, and only the pipeline changes them.",
            type="SERVICE_CONTROL_POLICY",
            content=self._document,
            target_ids=list(dict.fromkeys(target_ids)) or None,
        )

    @property
    def policy(self) -> organizations.CfnPolicy:
        """The policy's resource."""
        return self._policy

    @property
    def policy_document(self) -> PolicyDocument:
        """The policy as it is written in JSON."""
        return self._document

    @staticmethod
    def document(
        *,
        code_signing_config_arns: Sequence[str],
        vpc_ids: Sequence[str],
        pipeline_roles: Sequence[str],
        break_glass_role: str | None = None,
        governance_roles: Sequence[str] = (),
        functions_outside_vpc: Sequence[str] = (),
        egress_vpc_ids: Sequence[str] = (),
        subnet_ids: Sequence[str] = (),
        trusted_accounts: Sequence[str] = (),
        guardrail_policies: Sequence[str] = ("DeveloperBoundary",),
        guard_tag_prefix: str = "lambda-governance:",
        qualifier: str = "hnb659fds",
    ) -> PolicyDocument:
        """Render the policy, for teams that attach it without the CDK.

        White space counts when a policy is saved by the CLI or an API, so write it without:
        `json.dumps(document, separators=(",", ":"))`.

        Args:
            code_signing_config_arns: As of the construct, as is everything else.
            vpc_ids: As of the construct.
            pipeline_roles: As of the construct.
            break_glass_role: As of the construct.
            governance_roles: As of the construct.
            functions_outside_vpc: As of the construct.
            egress_vpc_ids: As of the construct.
            subnet_ids: As of the construct.
            trusted_accounts: As of the construct.
            guardrail_policies: As of the construct.
            guard_tag_prefix: As of the construct.
            qualifier: As of the construct.

        Returns:
            The policy.

        Raises:
            InvalidInputError: As of the construct.

        Example:
            ```python
            import json

            from secure_lambda_constructs import GuardrailScp

            config = "csc-0123456789abcdef0"
            document = GuardrailScp.document(
                code_signing_config_arns=[
                    f"arn:aws:lambda:eu-west-1:111122223333:code-signing-config:{config}"
                ],
                vpc_ids=["vpc-0123456789abcdef0"],
                pipeline_roles=["arn:aws:iam::111122223333:role/deploy"],
            )
            assert len(json.dumps(document, separators=(",", ":"))) < 10_240
            ```
        """
        _check_all(
            "code_signing_config_arns",
            code_signing_config_arns,
            _CONFIG,
            "the ARN of a code signing config, in which * may stand for the region only",
        )
        _check_all("vpc_ids", vpc_ids, rf"vpc-{_HEXADECIMAL}", "the id of a VPC, vpc-...")
        _check_all(
            "egress_vpc_ids", egress_vpc_ids, rf"vpc-{_HEXADECIMAL}", "the id of a VPC, vpc-..."
        )
        _check_all(
            "subnet_ids", subnet_ids, rf"subnet-{_HEXADECIMAL}", "the id of a subnet, subnet-..."
        )
        _check_all(
            "functions_outside_vpc",
            functions_outside_vpc,
            _FUNCTION,
            "the name or the ARN of a function, without a wildcard at the beginning of its name",
        )
        _check_all(
            "guardrail_policies",
            guardrail_policies,
            _POLICY,
            "the name of a managed policy, with its path before it and no slash at the beginning",
        )
        _refuse_tokens("trusted_accounts", trusted_accounts)
        check_list("trusted_accounts", trusted_accounts)
        for account in trusted_accounts:
            check_account("trusted_accounts", account)
        _check_some("code_signing_config_arns", code_signing_config_arns)
        _check_some("vpc_ids", vpc_ids)
        _check_some("guardrail_policies", guardrail_policies)
        _check_roles(pipeline_roles, break_glass_role, governance_roles)
        _refuse_tokens("guard_tag_prefix", [guard_tag_prefix])
        check_prefix("guard_tag_prefix", guard_tag_prefix)
        _refuse_tokens("qualifier", [qualifier])
        check_qualifier(qualifier)
        for vpc in vpc_ids:
            if vpc in egress_vpc_ids:
                raise InvalidInputError(
                    f"egress_vpc_ids must be other VPCs than vpc_ids, got {vpc!r} in both: a "
                    "gateway there would lead every function out, so give relays a VPC of their own"
                )
        cdk_roles = f"arn:*:iam::*:role/cdk-{qualifier}-*"
        keepers = _unique([*([break_glass_role] if break_glass_role else []), *governance_roles])
        pipeline = _unique([cdk_roles, *pipeline_roles])
        _refuse_keepers_in_pipeline(keepers, pipeline)
        names = GuardrailNames(
            code_signing_config_arns=_unique(code_signing_config_arns),
            vpc_ids=_unique(vpc_ids),
            subnet_ids=_unique(subnet_ids),
            functions_outside_vpc=_unique(
                name if name.startswith("arn:") else f"arn:*:lambda:*:*:function:{name}"
                for name in functions_outside_vpc
            ),
            egress_vpc_ids=_unique(egress_vpc_ids),
            trusted_accounts=_unique(trusted_accounts),
            pipeline=pipeline,
            keepers=keepers,
            governance=_unique(governance_roles),
            kept_roles=_unique([*pipeline, *keepers]),
            policies=_unique(f"arn:*:iam::*:policy/{name}" for name in guardrail_policies),
            guard_tag_prefix=guard_tag_prefix,
            qualifier=qualifier,
        )
        document: PolicyDocument = {
            "Version": "2012-10-17",
            "Statement": guardrail_statements(names),
        }
        refuse_too_long(
            "the service control policy",
            document,
            _LONGEST,
            "name fewer accounts, and make one policy for each organizational unit",
        )
        return document


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _refuse_tokens(what: str, values: Sequence[object]) -> None:
    for value in values:
        if isinstance(value, str) and "${Token[" in value and Token.is_unresolved(value):
            raise InvalidInputError(
                f"{what} must be literals, got a value that is known only during the deployment: "
                "the policy is deployed in the management account, which does not know what other "
                "accounts have, so write the text itself"
            )


def _check_all(what: str, values: Sequence[str], pattern: str, wanted: str) -> None:
    check_list(what, values)
    _refuse_tokens(what, values)
    for value in values:
        if not isinstance(value, str) or re.fullmatch(pattern, value, re.ASCII) is None:
            raise InvalidInputError(f"each of {what} must be {wanted}, got {value!r}")


def _check_some(what: str, values: Sequence[str]) -> None:
    if not values:
        raise InvalidInputError(
            f"{what} must have at least one entry, got none: without one the policy would let "
            "nothing be deployed, or keep nothing"
        )


def _check_roles(
    pipeline_roles: Sequence[str], break_glass_role: str | None, governance_roles: Sequence[str]
) -> None:
    for what, roles in (
        ("pipeline_roles", pipeline_roles),
        ("break_glass_role", [] if break_glass_role is None else [break_glass_role]),
        ("governance_roles", governance_roles),
    ):
        check_list(what, roles)
        _refuse_tokens(what, roles)
        check_role_arns(what, roles)
    _check_some("pipeline_roles", pipeline_roles)
    for role in pipeline_roles:
        if "AWSReservedSSO_" in role:
            raise InvalidInputError(
                f"pipeline_roles must be roles that no person signs in to, got {role!r}, which IAM "
                "Identity Center makes for people: name it in governance_roles if it deploys the "
                "guardrails"
            )


def _refuse_keepers_in_pipeline(keepers: Sequence[str], pipeline: Sequence[str]) -> None:
    for keeper in keepers:
        for role in pipeline:
            if all(map(_overlap, keeper.split(":"), role.split(":"))):
                raise InvalidInputError(
                    "break_glass_role and governance_roles must be other roles than the "
                    f"pipeline's, got {keeper!r}, while {role!r} counts as the pipeline: it could "
                    "change the guardrails that it is held to, so write a name that matches none"
                )


@cache
def _overlap(one: str, other: str) -> bool:
    """Whether some text matches both, where `*` and `?` in them are wildcards."""
    if one[:1] == "*":
        return _overlap(one[1:], other) or (other != "" and _overlap(one, other[1:]))
    if other[:1] == "*":
        return _overlap(other, one)
    if one == "" or other == "":
        return one == other
    return (one[0] == other[0] or "?" in (one[0], other[0])) and _overlap(one[1:], other[1:])
