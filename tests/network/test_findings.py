"""What a network says to linters."""

import aws_cdk as cdk

from secure_lambda_constructs import IsolatedNetwork

_RULES = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY


def test_missing_flow_logs_are_answered_for_at_the_vpc_alone() -> None:
    network = IsolatedNetwork(cdk.Stack(cdk.App(), "App"), "Network")
    vpc = network.node.find_child("Resource")
    [answers] = [entry.data for entry in vpc.node.metadata if entry.type == _RULES]
    assert list(answers) == ["AwsSolutions::AwsSolutions-VPC7"]
    assert [entry for entry in network.node.metadata if entry.type == _RULES] == []
