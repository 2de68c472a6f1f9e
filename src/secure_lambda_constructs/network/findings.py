"""Answers to what linters find in a closed network, kept next to it."""

from constructs import Construct

from ..acknowledgements import acknowledge_cdk_nag

__all__ = ["answer_vpc_findings"]

_NO_FLOW_LOGS = (
    "Flow logs are charged by the volume, and there is no way out whose use they could show. "
    "network.vpc.add_flow_log(...) adds them."
)


def answer_vpc_findings(vpc: Construct) -> None:
    """Say why the VPC has no flow logs.

    Args:
        vpc: The VPC's resource.

    Example:
        ```python
        from secure_lambda_constructs.network.findings import answer_vpc_findings

        answer_vpc_findings(ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16"))
        ```
    """
    acknowledge_cdk_nag(vpc, {"AwsSolutions-VPC7": _NO_FLOW_LOGS})
