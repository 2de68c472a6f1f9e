"""`CloudFormationExecutionPolicy`: what CloudFormation may do for a pipeline."""

import re
from collections.abc import Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...acknowledgements import acknowledge_cdk_nag, acknowledge_in_template
from ...errors import InvalidInputError
from ...signing.naming import check_literal
from ..arguments import (
    check_list,
    check_policy_name,
    check_policy_path,
    check_qualifier,
    check_role_arns,
)
from ..documents import PolicyDocument, refuse_too_long
from .execution_statements import GOVERNANCE, PASSED_TO, execution_statements

__all__ = ["CloudFormationExecutionPolicy"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_LIMIT = 6144
_LONGEST_PARTITION = "aws-us-gov"

_PATH_AND_NAME = re.compile(r"(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,128}", re.ASCII)
_SERVICE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_PRINCIPAL = re.compile(r"[a-z][a-z0-9.-]{1,80}\.amazonaws\.com(?:\.cn)?")
_CONFIG_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?:[a-z0-9-]+|\*):(?:\d{12}|\*):code-signing-config:(?:csc-[a-z0-9]+|\*)"
)

_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_A_POLICY = "a path and a name such as 'guardrails/DeveloperBoundary', without a slash before"

_CHECKOV = ("CKV_AWS_108", "CKV_AWS_109", "CKV_AWS_110", "CKV_AWS_111")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9*-]*:[0-9*]*:(?!\*+$)[\x21-\x7e]+")
_AN_ARN = "ARNs of resources, more than '*' at their end"

_WHAT_STACKS_MAKE = (
    "CloudFormation makes and changes what applications declare, under names that are not known "
    "before; what must not change is denied by name."
)


class CloudFormationExecutionPolicy(Construct):
    """The policy that the pipeline's CloudFormation deploys with, instead of AdministratorAccess.

    `cdk bootstrap` gives AdministratorAccess to the role that CloudFormation makes every change
    with, so whoever gets a template through the pipeline is an administrator: of the guardrails
    too. This policy lets a stack make what applications of this library are made of (see
    `SERVICES` in `governance.execution_statements`), and denies, whatever other policies the role
    has:

    - any change of the boundary, of this policy, of the bootstrap roles and of the roles named in
      `protected_roles`, of identity providers, IAM users and groups;
    - any change of the bootstrap stack, its assets and its version, and of what is named in
      `protected_resources`;
    - services of governance: Organizations, IAM Identity Center, CloudTrail and others;
    - giving a role to other services than `passed_to`, and the bootstrap roles to any;
    - functions without a code signing config, other code that is not signed, and functions that
      are public.

    Deploy it, with credentials of an administrator, before the account is bootstrapped with it:
    `cdk bootstrap --cloudformation-execution-policies ARN --custom-permissions-boundary NAME`. As
    the boundary, too, it holds what somebody attaches to the role later. See
    <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html>.

    Attributes:
        policy: The policy.

    Example:
        ```python
        from secure_lambda_constructs import CloudFormationExecutionPolicy

        execution = CloudFormationExecutionPolicy(
            stack,
            "Execution",
            services=["apigateway"],
            protected_roles=["arn:aws:iam::111122223333:role/deploy"],
        )
        cdk.CfnOutput(stack, "ExecutionPolicyArn", value=execution.policy.managed_policy_arn)
        ```
    """

    policy: iam.ManagedPolicy

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        policy_name: str = "CloudFormationExecution",
        path: str = "/",
        qualifier: str = "hnb659fds",
        toolkit_stack_name: str = "CDKToolkit",
        services: Sequence[str] = (),
        passed_to: Sequence[str] = PASSED_TO,
        protected_policies: Sequence[str] = ("DeveloperBoundary",),
        protected_roles: Sequence[str] = (),
        protected_resources: Sequence[str] = (),
        role_boundary: str | None = None,
        code_signing_config_arns: Sequence[str] | None = None,
    ) -> None:
        """Make the policy.

        Args:
            scope: The construct it belongs to.
            id: Its id there.
            policy_name: Its name.
            path: Its path.
            qualifier: The qualifier of the bootstrap.
            toolkit_stack_name: The name of the bootstrap stack.
            services: Prefixes of the services, as in IAM actions, that stacks may use besides,
                with all their actions: `apigateway`, `states`.
            passed_to: The services that a stack may give a role to; Lambda, RDS and VPC flow logs
                by default.
            protected_policies: Managed policies that no stack may change, by path and name, such
                as `guardrails/DeveloperBoundary`.
            protected_roles: ARNs of roles that no stack may change or give away: the pipeline's
                and the break-glass role. `*` may stand for the account and parts of the name.
            protected_resources: ARNs of other resources that no stack may change, such as the
                bucket of the trail, the topic and the rules of the change alarm, or a bootstrap
                bucket of another name; `*` may stand for the account and parts of the name. A
                bucket's objects are resources of their own: `arn:aws:s3:::trail/*`.
            role_boundary: A permissions boundary, by path and name, that a role must have before a
                stack may make it or give it permissions. Without it a stack can make a role that
                may do more than this policy.
            code_signing_config_arns: The only code signing configs a function may have, in whose
                ARNs `*` may stand for region, account and id; stacks cannot change them or the
                signing profiles then. Without it a function may have any, and a stack may make
                one.

        Raises:
            InvalidInputError: One of these is not what it should be, or the policy would be longer
                than IAM takes.
        """
        super().__init__(scope, id)
        document = self.document(
            policy_name=policy_name,
            path=path,
            qualifier=qualifier,
            toolkit_stack_name=toolkit_stack_name,
            services=services,
            passed_to=passed_to,
            protected_policies=protected_policies,
            protected_roles=protected_roles,
            protected_resources=protected_resources,
            role_boundary=role_boundary,
            code_signing_config_arns=code_signing_config_arns,
            partition=cdk.Aws.PARTITION,
        )
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=policy_name,
            path=path,
            description="What CloudFormation may do for a pipeline",
            document=iam.PolicyDocument.from_json(document),
        )
        _answer_findings(self.policy, document)

    @staticmethod
    def document(
        *,
        policy_name: str = "CloudFormationExecution",
        path: str = "/",
        qualifier: str = "hnb659fds",
        toolkit_stack_name: str = "CDKToolkit",
        services: Sequence[str] = (),
        passed_to: Sequence[str] = PASSED_TO,
        protected_policies: Sequence[str] = ("DeveloperBoundary",),
        protected_roles: Sequence[str] = (),
        protected_resources: Sequence[str] = (),
        role_boundary: str | None = None,
        code_signing_config_arns: Sequence[str] | None = None,
        partition: str = "aws",
    ) -> PolicyDocument:
        """Return the policy as JSON has it, for teams that make it in another way.

        Args:
            policy_name: As for the construct, like all that follow.
            path: Its path.
            qualifier: The qualifier of the bootstrap.
            toolkit_stack_name: The name of the bootstrap stack.
            services: Prefixes of further services.
            passed_to: The services that a stack may give a role to.
            protected_policies: Managed policies that no stack may change.
            protected_roles: Roles that no stack may change or give away.
            protected_resources: Other resources that no stack may change.
            role_boundary: The permissions boundary that roles must have.
            code_signing_config_arns: The only code signing configs a function may have.
            partition: The partition that ARNs are written with.

        Returns:
            The policy.

        Raises:
            InvalidInputError: One of these is not what it should be, or the policy would be longer
                than IAM takes.

        Example:
            ```python
            import json

            from secure_lambda_constructs import CloudFormationExecutionPolicy

            print(json.dumps(CloudFormationExecutionPolicy.document(services=["states"])))
            ```
        """
        check_policy_name("policy_name", policy_name)
        check_policy_path("path", path)
        check_qualifier(qualifier)
        check_literal("toolkit_stack_name", toolkit_stack_name)
        _check_texts("toolkit_stack_name", [toolkit_stack_name], _STACK, "a name of a stack")
        _check_services(services)
        _check_texts(
            "passed_to", passed_to, _PRINCIPAL, "service principals (lambda.amazonaws.com)"
        )
        _check_texts("protected_policies", protected_policies, _PATH_AND_NAME, _A_POLICY)
        check_role_arns("protected_roles", protected_roles)
        _check_texts("protected_resources", protected_resources, _ARN, _AN_ARN)
        if role_boundary is not None:
            _check_texts("role_boundary", [role_boundary], _PATH_AND_NAME, _A_POLICY)
        if code_signing_config_arns is not None:
            _check_configs(code_signing_config_arns)

        def written(partition: str) -> PolicyDocument:
            statements = execution_statements(
                partition=partition,
                policy=f"{path}{policy_name}".removeprefix("/"),
                qualifier=qualifier,
                toolkit_stack_name=toolkit_stack_name,
                services=services,
                passed_to=passed_to,
                protected_policies=protected_policies,
                protected_roles=protected_roles,
                protected_resources=protected_resources,
                role_boundary=role_boundary,
                code_signing_config_arns=code_signing_config_arns,
            )
            return {"Version": "2012-10-17", "Statement": statements}

        refuse_too_long(
            "the execution policy",
            written(_LONGEST_PARTITION),
            _LIMIT,
            "name fewer services, or roles by patterns",
        )
        return written(partition)


def _check_services(services: Sequence[str]) -> None:
    _check_texts("services", services, _SERVICE, "prefixes of services as IAM actions have them")
    if refused := sorted({*services} & {*GOVERNANCE, "iam"}):
        raise InvalidInputError(
            f"services must not name {', '.join(refused)}: what decides who may do what, or sees "
            "who did what, is not for an application's stacks; deploy it with an administrator's "
            "credentials"
        )


def _check_configs(arns: Sequence[str]) -> None:
    what = "ARNs of code signing configs (arn:aws:lambda:REGION:ACCOUNT:code-signing-config:csc-ID)"
    _check_texts("code_signing_config_arns", arns, _CONFIG_ARN, what)
    if not arns:
        raise InvalidInputError(
            "code_signing_config_arns names no config, so that no function could be made: write "
            "at least one, or leave it out to take any"
        )


def _check_texts(what: str, values: Sequence[str], pattern: re.Pattern[str], wanted: str) -> None:
    check_list(what, values)
    for value in values:
        check_literal(what, value)
        if pattern.fullmatch(value) is None:
            raise InvalidInputError(f"{what} must be {wanted}, got {value!r}")


def _answer_findings(policy: iam.ManagedPolicy, document: PolicyDocument) -> None:
    """Say why the policy has wildcards: at the policy, for the wildcards it has."""
    allowed = [part for part in document["Statement"] if part["Effect"] == "Allow"]
    wildcards = [
        f"{kind}::{value}"
        for kind in ("Action", "Resource")
        for value in dict.fromkeys(value for part in allowed for value in part[kind])
        if "*" in value
    ]
    # cdk-nag spells a reference <AWS::Partition>.
    partition = cdk.Aws.PARTITION
    acknowledge_cdk_nag(
        policy,
        {
            f"AwsSolutions-IAM5[{each.replace(partition, '<AWS::Partition>')}]": _WHAT_STACKS_MAKE
            for each in wildcards
        },
    )
    resource = cast(iam.CfnManagedPolicy, policy.node.default_child)
    acknowledge_in_template(resource, checkov=dict.fromkeys(_CHECKOV, _WHAT_STACKS_MAKE))
