"""Answers to what linters find in a `ChangeAlarm`, kept next to it."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from ...acknowledgements import acknowledge_cdk_nag, acknowledge_in_template
from ...function.findings import ROLE_NAMED_TWICE
from ...signing.identity import literal_or_none

__all__ = ["answer_freeze_findings", "answer_queue_findings", "answer_role_findings"]

_OUTSIDE_THE_VPC = (
    "It calls Lambda and SNS, and has rights to nothing else, so it has nothing to do in a VPC: "
    "there, endpoints to both would have to be paid by the hour."
)
_NO_RESERVED_CONCURRENCY = (
    "Reserved concurrency is taken from what all functions of the account share. Events are kept "
    "and tried again where there is none left."
)
_FAILURES_TO_THE_TOPIC = (
    "An event that could not be dealt with goes to the topic, by a destination."
)
_NO_KEY_FOR_VARIABLES = (
    "The environment has names and ARNs, and no secrets. Lambda encrypts it in any case."
)
_NO_KEY_FOR_EVENTS = (
    "SQS encrypts the queue with a key of its own. It keeps records of CloudTrail, which have no "
    "secrets."
)
_IS_THE_DEAD_LETTER_QUEUE = "It is the dead-letter queue."
_NAMES_BY_THEIR_BEGINNING = (
    "The functions that may be frozen are known by how their names begin. The one right is to set "
    "their reserved concurrency."
)
_FORMS_OF_ONE_RIGHT = (
    "The CDK's grants of a key write it so, for the key of the topic. It is all forms of one right."
)


def answer_queue_findings(queue: sqs.Queue) -> None:
    """Say why the queue for what could not be delivered is as it is.

    Args:
        queue: The queue.

    Example:
        ```python
        from aws_cdk import aws_sqs as sqs

        from secure_lambda_constructs.governance.changes.findings import answer_queue_findings

        answer_queue_findings(sqs.Queue(stack, "Undelivered", enforce_ssl=True))
        ```
    """
    acknowledge_cdk_nag(queue, {"AwsSolutions-SQS3": _IS_THE_DEAD_LETTER_QUEUE})
    resource = cast(sqs.CfnQueue, queue.node.default_child)
    acknowledge_in_template(resource, checkov={"CKV_AWS_27": _NO_KEY_FOR_EVENTS})


def answer_freeze_findings(function: lambda_.CfnFunction) -> None:
    """Say why the freezing function does without what other functions have.

    Args:
        function: The function's resource.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.findings import answer_freeze_findings

        code = lambda_.CfnFunction.CodeProperty(zip_file="")
        answer_freeze_findings(lambda_.CfnFunction(stack, "Freeze", code=code, role="arn"))
        ```
    """
    acknowledge_in_template(
        function,
        checkov={
            "CKV_AWS_115": _NO_RESERVED_CONCURRENCY,
            "CKV_AWS_116": _FAILURES_TO_THE_TOPIC,
            "CKV_AWS_117": _OUTSIDE_THE_VPC,
            "CKV_AWS_173": _NO_KEY_FOR_VARIABLES,
        },
        cfn_lint={"W3005": ROLE_NAMED_TWICE},
    )


def answer_role_findings(role: iam.Role, prefixes: Sequence[str]) -> None:
    """Say why the role has a right to functions by how their names begin.

    Args:
        role: The role.
        prefixes: How the names begin.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.findings import answer_role_findings

        role = iam.Role(stack, "FreezeRole", assumed_by=iam.AccountRootPrincipal())
        answer_role_findings(role, ["prod-*"])
        ```
    """
    stack = Stack.of(role)
    arns = [
        f"arn:<AWS::Partition>:lambda:{_spelled(stack.region, 'Region')}:"
        f"{_spelled(stack.account, 'AccountId')}:function:{prefix}"
        for prefix in prefixes
    ]
    acknowledge_cdk_nag(
        role,
        {
            **{f"AwsSolutions-IAM5[Resource::{arn}]": _NAMES_BY_THEIR_BEGINNING for arn in arns},
            "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": _FORMS_OF_ONE_RIGHT,
        },
    )


def _spelled(value: str, name: str) -> str:
    """A value as cdk-nag spells it where it is known only when the stack is deployed."""
    return literal_or_none(value) or f"<AWS::{name}>"
