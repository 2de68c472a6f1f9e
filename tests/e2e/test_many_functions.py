"""``examples/many_functions`` with the real CDK CLI: twelve functions in three stacks."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cdk_cli import EXAMPLES, CdkProject
from local_aws import LocalAws

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

ORDERS = ("Create", "Get", "Find", "Change", "Cancel", "Count")
WORKERS = ("Paid", "Packed", "Shipped", "Delivered", "Returned", "Refunded")
KEY = {"customer": "c-1", "order": "o-1"}


@dataclass(frozen=True)
class Shop:
    """The deployed example."""

    aws: LocalAws
    outputs: dict[str, dict[str, str]]

    def name(self, function: str) -> str:
        stack = "ShopOrders" if function in ORDERS else "ShopWorkers"
        return self.outputs[stack][f"{function}Name"]

    def invoke(self, function: str, **event: Any) -> Any:
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.name(function), Payload=json.dumps(event).encode()
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def configurations(self) -> Iterator[dict[str, Any]]:
        client = self.aws.client("lambda")
        for function in (*ORDERS, *WORKERS):
            yield client.get_function(FunctionName=self.name(function))["Configuration"]


@pytest.fixture(scope="module")
def shop(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    directory = tmp_path_factory.mktemp("many_functions") / "app"
    environment = bootstrapped.environment()
    project = CdkProject.copy_of(EXAMPLES / "many_functions", directory, environment)
    bootstrapped.reset_calls()
    return Shop(bootstrapped, project.deploy())


def test_three_folders_are_three_signing_jobs(shop: Shop) -> None:
    assert len(shop.aws.calls("signer", "StartSigningJob")) == 3
    found = list(shop.configurations())
    assert len({function["FunctionName"] for function in found}) == 12
    # One job for the six functions of each stack, and one for the layer of both.
    assert len({function["SigningJobArn"] for function in found}) == 2
    assert len({function["Layers"][0]["SigningJobArn"] for function in found}) == 1


def test_all_are_in_the_one_network(shop: Shop) -> None:
    networks = {function["VpcConfig"]["VpcId"] for function in shop.configurations()}
    assert len(networks) == 1
    assert "" not in networks


def test_functions_of_one_stack_use_the_table(shop: Shop) -> None:
    created = shop.invoke("Create", **KEY, amount=3)
    assert created == {**KEY, "amount": 3, "status": "created"}
    assert shop.invoke("Get", **KEY) == created
    assert shop.invoke("Change", **KEY, amount=4)["amount"] == 4
    assert shop.invoke("Find", customer="c-1") == [{**created, "amount": 4}]
    assert shop.invoke("Count") == {"orders": 1}
    assert shop.invoke("Cancel", **KEY) == {"cancelled": True}
    assert shop.invoke("Get", **KEY) is None


def test_a_worker_of_the_other_stack_takes_a_message(shop: Shop) -> None:
    shop.invoke("Create", **KEY, amount=1)
    shop.aws.client("sqs").send_message(
        QueueUrl=shop.outputs["ShopWorkers"]["ShippedUrl"], MessageBody=json.dumps(KEY)
    )
    deadline = time.monotonic() + 30
    while shop.invoke("Get", **KEY)["status"] != "shipped":
        assert time.monotonic() < deadline, "the worker did not note it"
        time.sleep(0.5)
    shop.invoke("Cancel", **KEY)


def test_a_message_about_nothing_is_reported_as_failed(shop: Shop) -> None:
    record = {"messageId": "m-1", "body": json.dumps({"customer": "c-9", "order": "o-9"})}
    answer = shop.invoke("Refunded", Records=[record])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_the_table_is_protected_and_closed(shop: Shop) -> None:
    client = shop.aws.client("dynamodb")
    function = next(shop.configurations())
    table = client.describe_table(TableName=function["Environment"]["Variables"]["TABLE_NAME"])
    assert table["Table"]["DeletionProtectionEnabled"] is True
    policy = json.loads(
        client.get_resource_policy(ResourceArn=table["Table"]["TableArn"])["Policy"]
    )
    places = [s["Condition"]["StringNotEquals"]["aws:SourceVpc"] for s in policy["Statement"]]
    assert places == [function["VpcConfig"]["VpcId"]] * 2
