"""Answers to what linters find in a closed function, kept next to it."""

from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from ..acknowledgements import acknowledge_cdk_nag, acknowledge_in_template

__all__ = [
    "ROLE_NAMED_TWICE",
    "answer_function_findings",
    "answer_log_group_findings",
    "answer_role_findings",
]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
_NETWORK_INTERFACES = (
    "Lambda makes, lists and deletes a function's network interfaces with the function's role. To "
    "list them knows no resource, and one that is not made yet has no ARN. They are bound to the "
    "region, and the role denies all of EC2 to the function's code."
)
_FORMS_OF_ONE_RIGHT = (
    "The CDK's grants of a key write it so. It is all forms of one right, with and without "
    "plaintext, from and to, on that one key."
)
_NO_RESERVED_CONCURRENCY = (
    "Reserved concurrency is taken from what all functions of the account share, so only the app "
    "can say how much: reserved_concurrent_executions."
)
_NO_DEAD_LETTER_QUEUE = (
    "A dead-letter queue is for asynchronous calls, and keeps what they carry, so only the app can "
    "say whether there is one: dead_letter_queue."
)
_NO_KEY_FOR_VARIABLES = (
    "Lambda encrypts environment variables in any case. environment_encryption names a key of the "
    "account instead, which is charged by the month. They are no place for secrets."
)
_NO_KEY_FOR_LOGS = (
    "CloudWatch Logs encrypts log groups in any case. log_encryption_key names a key of the "
    "account instead, which is charged by the month."
)
ROLE_NAMED_TWICE = (
    "The CDK lets every function depend on its role, which the function refers to as well. The "
    "order is the same without it, and nobody can leave it out."
)


def answer_role_findings(role: iam.Role) -> None:
    """Say why the role has a permission on all resources, and may get wildcards by grants.

    Args:
        role: The execution role.

    Example:
        ```python
        from secure_lambda_constructs.function.findings import answer_role_findings

        principal = iam.ServicePrincipal("lambda.amazonaws.com")
        answer_role_findings(iam.Role(stack, "Role", assumed_by=principal))
        ```
    """
    acknowledge_cdk_nag(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": _NETWORK_INTERFACES,
            "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": _FORMS_OF_ONE_RIGHT,
            "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": _FORMS_OF_ONE_RIGHT,
        },
    )


def answer_function_findings(
    function: lambda_.CfnFunction,
    *,
    has_reserved_concurrency: bool,
    has_dead_letter_queue: bool,
    has_key: bool,
) -> None:
    """Say why the function does without what only some functions need.

    Args:
        function: The function's resource.
        has_reserved_concurrency: Whether it has that, so that nothing needs to be said of it.
        has_dead_letter_queue: Whether it has one.
        has_key: Whether a key of the account encrypts its environment variables.

    Example:
        ```python
        from secure_lambda_constructs.function.findings import answer_function_findings

        function = lambda_.CfnFunction(
            stack, "Function", code=lambda_.CfnFunction.CodeProperty(zip_file=""), role="arn"
        )
        answer_function_findings(
            function, has_reserved_concurrency=False, has_dead_letter_queue=True, has_key=False
        )
        ```
    """
    checkov = {
        "CKV_AWS_115": None if has_reserved_concurrency else _NO_RESERVED_CONCURRENCY,
        "CKV_AWS_116": None if has_dead_letter_queue else _NO_DEAD_LETTER_QUEUE,
        "CKV_AWS_173": None if has_key else _NO_KEY_FOR_VARIABLES,
    }
    acknowledge_in_template(
        function,
        checkov={check: reason for check, reason in checkov.items() if reason},
        cfn_lint={"W3005": ROLE_NAMED_TWICE},
    )


def answer_log_group_findings(log_group: logs.LogGroup) -> None:
    """Say why the log group is encrypted with no key of the account.

    Args:
        log_group: The function's log group.

    Example:
        ```python
        from aws_cdk import aws_logs as logs

        from secure_lambda_constructs.function.findings import answer_log_group_findings

        answer_log_group_findings(logs.LogGroup(stack, "LogGroup"))
        ```
    """
    resource = cast(logs.CfnLogGroup, log_group.node.default_child)
    acknowledge_in_template(resource, checkov={"CKV_AWS_158": _NO_KEY_FOR_LOGS})
