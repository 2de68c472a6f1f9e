"""Where the flow logs of a network may go."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from secure_lambda_constructs import IsolatedNetwork

from .conftest import Synthesize

Change = Callable[[cdk.Stack, IsolatedNetwork], Any]


@jsii.implements(cdk.IStableStringProducer)
class Later:
    def produce(self) -> str:
        return cdk.Fn.import_value("bucket-of-somebody")


def flow_log(stack: cdk.Stack, network: IsolatedNetwork, **properties: Any) -> ec2.CfnFlowLog:
    return ec2.CfnFlowLog(
        stack,
        "Extra",
        resource_id=network.vpc_id,
        resource_type="VPC",
        traffic_type="ALL",
        **properties,
    )


def bucket_in(scope: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(scope, "Logs", bucket_name="logs-of-the-network")


def other_stack(stack: cdk.Stack, account: str) -> cdk.Stack:
    env = cdk.Environment(account=account, region="eu-west-1")
    root = stack.node.root
    assert isinstance(root, cdk.App)
    return cdk.Stack(root, "Other", env=env)


KEPT: dict[str, Change] = {
    "new log group": lambda s, n: n.vpc.add_flow_log("FlowLog"),
    "bucket": lambda s, n: n.vpc.add_flow_log(
        "FlowLog", destination=ec2.FlowLogDestination.to_s3(bucket_in(s), "network")
    ),
    "bucket of another stack": lambda s, n: flow_log(
        s, n, log_destination=bucket_in(other_stack(s, "111122223333")).bucket_arn
    ),
    "log group by its name": lambda s, n: flow_log(s, n, log_group_name="flows"),
    "log group of the account": lambda s, n: flow_log(
        s,
        n,
        log_destination=logs.LogGroup.from_log_group_name(s, "Flows", "flows").log_group_arn,
    ),
    "another VPC's, made below the network": lambda s, n: ec2.CfnFlowLog(
        n,
        "Elsewhere",
        resource_id="vpc-0b",
        resource_type="VPC",
        log_destination="arn:aws:s3:::elsewhere",
    ),
}


def flow_logs_in(template: dict[str, Any]) -> int:
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    return kinds.count("AWS::EC2::FlowLog")


@pytest.mark.parametrize("name", KEPT)
def test_flow_log_in_the_account_stays(synthesize: Synthesize, name: str) -> None:
    assert flow_logs_in(synthesize(KEPT[name], region="eu-west-1")) == 1


@pytest.mark.parametrize("name", ["new log group", "bucket", "log group of the account"])
def test_it_stays_where_the_account_is_not_known(synthesize: Synthesize, name: str) -> None:
    assert flow_logs_in(synthesize(KEPT[name])) == 1


REFUSED: dict[str, tuple[Change, str]] = {
    "bucket that is not of the app": (
        lambda s, n: n.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_s3(s3.Bucket.from_bucket_name(s, "B", "loot")),
        ),
        "sends flow logs of the network to arn:Partition:s3:::loot, and",
    ),
    "bucket of another account": (
        lambda s, n: flow_log(
            s,
            n,
            log_destination=bucket_in(other_stack(s, "999988887777")).bucket_arn,
        ),
        "App/Extra sends flow logs of the network to ",
    ),
    "log group of another account": (
        lambda s, n: flow_log(
            s, n, log_destination="arn:aws:logs:eu-west-1:999988887777:log-group:loot"
        ),
        "App/Extra sends flow logs of the network to arn:aws:logs:eu-west-1:999988887777:log-group",
    ),
    "another account's role": (
        lambda s, n: flow_log(
            s,
            n,
            log_group_name="flows",
            deliver_cross_account_role="arn:aws:iam::999988887777:role/r",
        ),
        "App/Extra sends flow logs of the network to another account, and who reads them there",
    ),
    "delivery stream": (
        lambda s, n: flow_log(
            s, n, log_destination=firehose.CfnDeliveryStream(s, "Stream").attr_arn
        ),
        "App/Extra sends flow logs of the network to App/Stream, and who reads them there",
    ),
    "bucket whose name only ends like one of the app": (
        lambda s, n: flow_log(
            s, n, log_destination=f"arn:aws:s3:::loot-{bucket_in(s).bucket_name}"
        ),
        "App/Extra sends flow logs of the network to arn:aws:s3:::loot-, and who reads them there",
    ),
    "something that is made up later": (
        lambda s, n: flow_log(s, n, log_destination=cdk.Lazy.string(Later())),
        "App/Extra sends flow logs of the network to something that is known at deployment only",
    ),
    "parameter": (
        lambda s, n: flow_log(s, n, log_destination=cdk.CfnParameter(s, "Where").value_as_string),
        "App/Extra sends flow logs of the network to something that is known at deployment only",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_flow_log_elsewhere_is_refused(synthesize: Synthesize, name: str) -> None:
    change, message = REFUSED[name]
    with pytest.raises(RuntimeError) as caught:
        synthesize(change, region="eu-west-1")
    assert message in str(caught.value)
