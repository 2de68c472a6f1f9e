"""The `payment_relay` example: a function without a way out charges cards through its relay."""

import base64
import io
import json
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import EXAMPLES, CdkProject
from local_aws import LocalAws

from ..relay.servers import Answer, Authority, HttpServer, Seen
from .conftest import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

_HOST = "api.payments.example"
_CARD = "tok_4242visa4242"
_SLOW_CARD = "tok_slow4242slow"
_SIGNATURE = "META_INF/aws_signer_signature_v1.0.SF"


class PaymentApi(HttpServer):
    """Charges once for each idempotency key, where its key is shown."""

    def __init__(self) -> None:
        self.key = "sk_first_c0ffee0001"
        super().__init__(_HOST, answer=self._charge, authority=Authority("Payment authority"))

    @property
    def certificate_authorities(self) -> str:
        assert self.authority is not None
        return self.authority.pem

    def _charge(self, seen: Seen) -> Answer:
        if seen.header("authorization") != f"Bearer {self.key}":
            return Answer(401, body=b'{"error": "who are you?"}')
        if seen.method == "GET":
            return _json(200, {"id": seen.target.rpartition("/")[2], "status": "succeeded"})
        charge = json.loads(seen.body)
        status = "pending" if charge["card"] == _SLOW_CARD else "succeeded"
        identity = "ch_" + str(seen.header("idempotency-key")).replace("-", "")
        return _json(201, {"id": identity, "status": status, "card": charge["card"], "fee": 35})


def _json(status: int, content: dict[str, Any]) -> Answer:
    return Answer(status, body=json.dumps(content).encode())


@dataclass(frozen=True)
class Shop:
    """The deployed example, and the payment API that it reaches."""

    deployed: Deployed
    api: PaymentApi
    options: tuple[str, ...]

    @property
    def aws(self) -> LocalAws:
        return self.deployed.aws

    @property
    def relay(self) -> str:
        """Name of the relay's function."""
        return str(self.deployed.outputs["RelayName"])

    def order(self, *, amount: int = 1999, card: str = _CARD) -> str:
        """Takes an order and returns its id."""
        order_id = str(uuid.uuid4())
        self.aws.client("dynamodb").put_item(
            TableName=self.deployed.outputs["TableName"],
            Item={
                "order_id": {"S": order_id},
                "status": {"S": "open"},
                "amount": {"N": str(amount)},
                "currency": {"S": "eur"},
                "card": {"S": card},
            },
        )
        return order_id

    def stored(self, order_id: str) -> dict[str, str]:
        """An order as the table has it."""
        item = self.aws.client("dynamodb").get_item(
            TableName=self.deployed.outputs["TableName"], Key={"order_id": {"S": order_id}}
        )["Item"]
        return {name: next(iter(value.values())) for name, value in item.items()}

    def pay(self, order_id: str) -> Any:
        """Invokes the closed function."""
        return self._invoke(self.deployed.outputs["FunctionName"], {"order_id": order_id})

    def ask_relay(self, method: str, url: str, *headers: tuple[str, str], body: bytes = b"") -> Any:
        """Invokes the relay with any request, as code that has taken over the function could."""
        event = {"version": 1, "method": method, "url": url, "headers": headers}
        return self._invoke(self.relay, event | {"body": base64.b64encode(body).decode()})

    def records(self, since: datetime, number: int) -> list[dict[str, Any]]:
        """The audit records of a time, which reach the log a moment after the answers."""
        deadline = time.monotonic() + 20
        while len(found := self._records(since)) < number and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def log(self) -> str:
        """All that is in the relay's log."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=self.deployed.outputs["RelayLogGroupName"])
        return "\n".join(event["message"] for page in found for event in page["events"])

    def archive(self) -> zipfile.ZipFile:
        """The relay's code, as it is deployed."""
        found = self.aws.client("lambda").get_function(FunctionName=self.relay)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(found["Code"]["Location"], timeout=30) as answer:
            return zipfile.ZipFile(io.BytesIO(answer.read()))

    def _records(self, since: datetime) -> list[dict[str, Any]]:
        lines = [line.strip() for line in self.log().splitlines()]
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [each for each in records if datetime.fromisoformat(each["time"]) >= since]

    def _invoke(self, name: str, event: dict[str, Any]) -> Any:
        answer = self.aws.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event).encode()
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content


@pytest.fixture(scope="module")
def shop(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("payment_relay") / "app"
    with PaymentApi() as api:
        project = CdkProject.copy_of(
            EXAMPLES / "payment_relay", directory, bootstrapped.environment()
        )
        authorities = directory.parent / "authorities.pem"
        authorities.write_text(api.certificate_authorities)
        trust = ("--context", f"paymentCertificateAuthorities={authorities}")
        outputs = project.deploy("Payments", options=trust)["Payments"]
        bootstrapped.client("secretsmanager").put_secret_value(
            SecretId=outputs["SecretArn"], SecretString=json.dumps({"api_key": api.key})
        )
        bootstrapped.set_internet({_HOST: ("127.0.0.1", api.port)})
        yield Shop(Deployed(bootstrapped, project, outputs), api, trust)
        bootstrapped.set_internet({})


def test_a_closed_function_charges_a_card(shop: Shop) -> None:
    before, order_id = len(shop.api.seen), shop.order()
    paid = {
        "order_id": order_id,
        "status": "paid",
        "charge_id": "ch_" + order_id.replace("-", ""),
    }
    assert shop.pay(order_id) == paid
    stored = shop.stored(order_id)
    assert (stored["status"], stored["charge_id"]) == ("paid", paid["charge_id"])
    (seen,) = shop.api.seen[before:]
    assert (seen.method, seen.target, seen.server_name) == ("POST", "/v1/charges", _HOST)
    assert json.loads(seen.body) == {"amount": 1999, "currency": "eur", "card": _CARD}
    assert dict(seen.headers) == {
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": f"Bearer {shop.api.key}",
        "content-length": str(len(seen.body)),
        "content-type": "application/json",
        "host": _HOST,
        "idempotency-key": order_id,
        "user-agent": "secure-lambda-relay/1",
    }
    assert shop.pay(order_id) == {"order_id": order_id, "status": "paid"}
    assert len(shop.api.seen) == before + 1


def test_it_asks_what_became_of_a_charge(shop: Shop) -> None:
    order_id = shop.order(card=_SLOW_CARD)
    assert shop.pay(order_id)["status"] == "pending"
    assert shop.pay(order_id)["status"] == "paid"
    last = shop.api.seen[-1]
    charge_id = shop.stored(order_id)["charge_id"]
    assert (last.method, last.target, last.body) == ("GET", f"/v1/charges/{charge_id}", b"")


@pytest.mark.parametrize(
    "order",
    [
        pytest.param({"amount": 5_000_000}, id="amount"),
        pytest.param({"card": "4242424242424242"}, id="number-of-a-card"),
        pytest.param({"card": "tok_" + "Zm9v" * 40}, id="long-token"),
    ],
)
def test_a_charge_that_no_route_allows_never_leaves(shop: Shop, order: dict[str, Any]) -> None:
    before, order_id = len(shop.api.seen), shop.order(**order)
    assert shop.pay(order_id) == {"order_id": order_id, "status": "open", "reason": "body_invalid"}
    assert shop.stored(order_id)["status"] == "open"
    assert len(shop.api.seen) == before


@pytest.mark.parametrize(
    ("method", "url", "code"),
    [
        ("POST", "https://attacker.example/v1/charges", "destination_not_allowed"),
        ("POST", f"https://{_HOST}.attacker.example/v1/charges", "destination_not_allowed"),
        ("GET", f"https://{_HOST}/v1/customers", "destination_not_allowed"),
        ("DELETE", f"https://{_HOST}/v1/charges", "destination_not_allowed"),
        ("GET", f"https://{_HOST}/v1/charges/ch_1?page=rows", "parameter_not_allowed"),
        ("GET", f"https://{_HOST}@attacker.example/v1/charges/ch_1", "malformed_request"),
        ("GET", "https://169.254.169.254/latest/meta-data", "malformed_request"),
    ],
)
def test_what_is_not_listed_is_refused(shop: Shop, method: str, url: str, code: str) -> None:
    before = len(shop.api.seen)
    error = shop.ask_relay(method, url)["error"]
    assert error["code"] == code
    assert error["retryable"] is False
    assert len(shop.api.seen) == before


def test_the_host_sees_nothing_that_a_caller_added(shop: Shop) -> None:
    answer = shop.ask_relay(
        "GET",
        f"https://{_HOST}/v1/charges/ch_1",
        ("Authorization", "Bearer sk_of_an_attacker"),
        ("Cookie", "stolen=rows"),
        ("X-Data", "rows"),
        ("User-Agent", "rows"),
    )
    assert answer["status"] == 200
    seen = shop.api.seen[-1]
    assert seen.header("authorization") == f"Bearer {shop.api.key}"
    assert "rows" not in str(seen.headers)
    assert {name for name, _ in seen.headers} == {
        *("accept", "accept-encoding", "authorization", "host", "user-agent")
    }


def test_the_caller_gets_no_more_than_the_route_hands_on(shop: Shop) -> None:
    body = {"amount": 100, "currency": "usd", "card": _CARD}
    answer = shop.ask_relay(
        "POST",
        f"https://{_HOST}/v1/charges",
        ("idempotency-key", str(uuid.uuid4())),
        ("content-type", "application/json"),
        body=json.dumps(body).encode(),
    )
    assert (answer["route"], answer["status"]) == ("charge", 201)
    assert json.loads(base64.b64decode(answer["body"])).keys() == {"id", "status"}
    assert shop.api.key not in json.dumps(answer)


def test_each_call_has_an_audit_record_and_none_has_data(shop: Shop) -> None:
    paid, refused = shop.order(), shop.order(amount=1)
    since = datetime.now(UTC)
    shop.pay(paid)
    shop.pay(refused)
    shop.ask_relay("GET", "https://attacker.example/rows")
    records = shop.records(since, 3)
    assert [(each["route"], each["outcome"], each["status"], each["code"]) for each in records] == [
        ("charge", "allowed", 201, None),
        ("charge", "refused", None, "body_invalid"),
        ("-", "refused", None, "destination_not_allowed"),
    ]
    for each in records:
        assert each["relay"] == shop.relay
        assert each["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Relay"], ["Relay", "Route"]]
    log = shop.log()
    for data in (_CARD, _SLOW_CARD, paid, refused, shop.api.key, "attacker", "rows"):
        assert data not in log


def test_a_rotated_key_needs_no_deployment(shop: Shop) -> None:
    assert shop.pay(shop.order())["status"] == "paid"
    shop.api.key = "sk_second_c0ffee0002"
    shop.aws.client("secretsmanager").put_secret_value(
        SecretId=shop.deployed.outputs["SecretArn"],
        SecretString=json.dumps({"api_key": shop.api.key}),
    )
    time.sleep(1.1)  # a key that was read just now is not read again
    for _ in range(2):
        assert shop.pay(shop.order())["status"] == "paid"


def test_the_relay_can_be_stopped(shop: Shop) -> None:
    client, before, order_id = shop.aws.client("lambda"), len(shop.api.seen), shop.order()
    client.put_function_concurrency(FunctionName=shop.relay, ReservedConcurrentExecutions=0)
    try:
        reason = {"order_id": order_id, "status": "open", "reason": "relay_throttled"}
        assert shop.pay(order_id) == reason
        assert len(shop.api.seen) == before
    finally:
        client.put_function_concurrency(FunctionName=shop.relay, ReservedConcurrentExecutions=5)
    assert shop.pay(order_id)["status"] == "paid"


def test_relay_and_client_are_signed(shop: Shop) -> None:
    client = shop.aws.client("lambda")
    relay = client.get_function(FunctionName=shop.relay)["Configuration"]
    charge = client.get_function(FunctionName=shop.deployed.outputs["FunctionName"])
    (layer,) = charge["Configuration"]["Layers"]
    profile = charge["Configuration"]["SigningProfileVersionArn"]
    assert relay["SigningProfileVersionArn"] == layer["SigningProfileVersionArn"] == profile
    arn = client.get_function_code_signing_config(FunctionName=shop.relay)["CodeSigningConfigArn"]
    config = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce"


def test_what_the_relay_may_do_is_in_its_signed_code(shop: Shop) -> None:
    with shop.archive() as archive:
        names = archive.namelist()
        declared = json.loads(archive.read("routes.json"))
    assert _SIGNATURE in names
    assert "relay_handler/main.py" in names
    assert [route["name"] for route in declared["routes"]] == ["charge", "charge_status"]
    assert {route["host"] for route in declared["routes"]} == {_HOST}
    relay = shop.aws.client("lambda").get_function_configuration(FunctionName=shop.relay)
    assert list(relay["Environment"]["Variables"].values()) == [shop.deployed.outputs["SecretArn"]]


def test_routes_that_nobody_signed_are_refused(shop: Shop) -> None:
    changed = io.BytesIO()
    with shop.archive() as archive, zipfile.ZipFile(changed, "w") as target:
        for name in archive.namelist():
            target.writestr(name, archive.read(name).replace(_HOST.encode(), b"attacker.example"))
    client = shop.aws.client("lambda")
    with pytest.raises(ClientError) as refusal:
        client.update_function_code(FunctionName=shop.relay, ZipFile=changed.getvalue())
    assert refusal.value.response["Error"]["Code"] == "CodeVerificationFailedException"
    assert shop.pay(shop.order())["status"] == "paid"
