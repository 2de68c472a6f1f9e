"""A VPC that was deployed before is looked up by the real CLI, closed, and used by a function."""

import json
from pathlib import Path

import pytest

from cdk_cli import EXAMPLES, CdkProject
from local_aws import LocalAws

from .conftest import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]


@pytest.fixture(scope="module")
def platform(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The network team's VPC."""
    directory = tmp_path_factory.mktemp("existing_vpc") / "app"
    project = CdkProject.copy_of(EXAMPLES / "existing_vpc", directory, bootstrapped.environment())
    outputs = project.deploy("Platform", options=["--exclusively"])
    return Deployed(bootstrapped, project, outputs["Platform"])


@pytest.fixture(scope="module")
def orders(platform: Deployed) -> Deployed:
    """The function in it, by a look-up."""
    vpc_id = platform.outputs["VpcId"]
    printed: list[str] = []
    outputs = platform.project.deploy(
        "Orders", options=["-c", f"vpc_id={vpc_id}"], on_line=printed.append
    )
    assert any("nobody sees at synth: routes to peering connections" in line for line in printed)
    return Deployed(platform.aws, platform.project, outputs["Orders"])


def test_function_is_in_the_vpc_that_was_there(platform: Deployed, orders: Deployed) -> None:
    vpc_id = platform.outputs["VpcId"]
    function = orders.aws.client("lambda").get_function(
        FunctionName=orders.outputs["FunctionName"]
    )["Configuration"]
    ec2 = orders.aws.client("ec2")
    found = ec2.describe_subnets(SubnetIds=function["VpcConfig"]["SubnetIds"])["Subnets"]
    assert [subnet["VpcId"] for subnet in found] == [vpc_id] * 2
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    (endpoint,) = ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-1.dynamodb"
    assert len(endpoint["RouteTableIds"]) == 2
    context = json.loads(Path(orders.project.directory, "cdk.context.json").read_text())
    assert any(vpc_id in key for key in context)


def test_function_reads_its_row(orders: Deployed) -> None:
    orders.aws.client("dynamodb").put_item(
        TableName=orders.outputs["TableName"], Item={"order_id": {"S": "o-1"}, "sum": {"S": "7"}}
    )
    answer = orders.aws.client("lambda").invoke(
        FunctionName=orders.outputs["FunctionName"], Payload=b'{"order_id": "o-1"}'
    )
    assert json.loads(answer["Payload"].read()) == {
        "found": True,
        "order": {"order_id": "o-1", "sum": "7"},
    }


def test_open_vpc_is_refused_before_anything_is_deployed(orders: Deployed) -> None:
    ec2 = orders.aws.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    with pytest.raises(Exception, match="has subnets with a route to an internet gateway"):
        orders.project.run("synth", "Orders", "-c", f"vpc_id={vpc_id}")
