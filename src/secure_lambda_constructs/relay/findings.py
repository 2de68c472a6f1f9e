"""Answers to what linters find in a relay, kept next to it."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from ..acknowledgements import acknowledge_cdk_nag, acknowledge_in_template
from ..function.findings import ROLE_NAMED_TWICE

__all__ = ["answer_function_findings", "answer_role_findings"]

_NETWORK_INTERFACES = (
    "Lambda makes, lists and deletes a function's network interfaces with the function's role, and "
    "one that is not made yet has no ARN. The role denies all of EC2 to the function's code."
)
_NO_DEAD_LETTER_QUEUE = (
    "A relay is called by those who wait for its answer. An asynchronous call is not tried again, "
    "and not kept anywhere."
)
_OUTSIDE_THE_VPC = (
    "A relay is the one function that reaches the internet, and nothing else: it has no rights to "
    "data, so it has nothing to do in a VPC. egress_vpc gives it one with fixed addresses."
)
_NO_KEY_FOR_VARIABLES = (
    "The environment names where the credentials are kept, and holds none. Lambda encrypts it in "
    "any case."
)


def answer_role_findings(role: iam.Role, *, in_vpc: bool) -> None:
    """Say why the role has a permission on all resources.

    Args:
        role: The execution role.
        in_vpc: Whether the relay is in a VPC; without one there is no such permission.

    Example:
        ```python
        from secure_lambda_constructs.relay.findings import answer_role_findings

        principal = iam.ServicePrincipal("lambda.amazonaws.com")
        answer_role_findings(iam.Role(stack, "RelayRole", assumed_by=principal), in_vpc=True)
        ```
    """
    if in_vpc:
        acknowledge_cdk_nag(role, {"AwsSolutions-IAM5[Resource::*]": _NETWORK_INTERFACES})


def answer_function_findings(function: lambda_.CfnFunction, *, in_vpc: bool) -> None:
    """Say why the relay does without what other functions have.

    Args:
        function: The relay's resource.
        in_vpc: Whether it is in a VPC.

    Example:
        ```python
        from secure_lambda_constructs.relay.findings import answer_function_findings

        function = lambda_.CfnFunction(
            stack, "Relay", code=lambda_.CfnFunction.CodeProperty(zip_file=""), role="arn"
        )
        answer_function_findings(function, in_vpc=False)
        ```
    """
    checkov = {"CKV_AWS_116": _NO_DEAD_LETTER_QUEUE, "CKV_AWS_173": _NO_KEY_FOR_VARIABLES}
    if not in_vpc:
        checkov["CKV_AWS_117"] = _OUTSIDE_THE_VPC
    acknowledge_in_template(function, checkov=checkov, cfn_lint={"W3005": ROLE_NAMED_TWICE})
