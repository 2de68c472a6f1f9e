"""Orders are paid at an API of the internet, by a function that has no way to the internet.

Run ``python app.py`` to synthesize it (no credentials needed), ``cdk deploy`` to deploy it.
"""

import os
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from secure_lambda_constructs import (
    EgressRelayFunction,
    IsolatedNetwork,
    RelayCredential,
    RelayRoute,
    RequestBody,
    ResponseFilter,
    RouteParameter,
    SignedVpcFunction,
    SigningBaseline,
)

HERE = Path(__file__).resolve().parent

HOST = "api.payments.example"
CHARGE = {
    "type": "object",
    "properties": {
        # In cents; nobody is charged more than 2,000.00 at once.
        "amount": {"type": "integer", "minimum": 50, "maximum": 200_000},
        "currency": {"enum": ["eur", "usd"]},
        # What the payment API's own form made of the card. A number of a card does not fit.
        "card": {"type": "string", "pattern": "^tok_[A-Za-z0-9]{8,32}$", "maxLength": 36},
    },
    "required": ["amount", "currency", "card"],
    "additionalProperties": False,
}


class PaymentsStack(cdk.Stack):
    """Orders in a closed network, the function that pays them, and its only way out."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        signing = SigningBaseline(self, "Signing")
        network = IsolatedNetwork(self, "Network")

        orders = dynamodb.TableV2(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        # Until somebody puts the key in, as README.md says, the relay finds none and calls nobody.
        key = secretsmanager.Secret(self, "PaymentKey", description="Key of the payment API")
        acknowledge(key)

        charge = SignedVpcFunction(
            self,
            "Charge",
            signing=signing,
            network=network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_asset(str(HERE / "charge")),
            timeout=cdk.Duration.seconds(30),
            environment={"TABLE_NAME": orders.table_name},
        )
        orders.grant(charge, "dynamodb:GetItem", "dynamodb:UpdateItem")

        relay = EgressRelayFunction(
            self,
            "PaymentRelay",
            signing=signing,
            reserved_concurrent_executions=5,
            routes=routes(
                RelayCredential.bearer(key, field="api_key"),
                # Only where the payment API's certificate is not one of a public authority.
                self.node.try_get_context("paymentCertificateAuthorities"),
            ),
        )
        relay.grant_invoke(charge)

        cdk.CfnOutput(self, "FunctionName", value=charge.function.function_name)
        cdk.CfnOutput(self, "RelayName", value=relay.function.function_name)
        cdk.CfnOutput(self, "RelayLogGroupName", value=relay.log_group.log_group_name)
        cdk.CfnOutput(self, "SecretArn", value=key.secret_arn)
        cdk.CfnOutput(self, "TableName", value=orders.table_name)


def routes(credential: RelayCredential, certificate_authorities: str | None) -> list[RelayRoute]:
    """All that can be done outside: charge a card, and ask what became of the charge."""
    response = ResponseFilter(
        max_size=cdk.Size.kibibytes(16),
        content_types=["application/json"],
        fields=["id", "status"],
    )
    return [
        RelayRoute(
            "charge",
            method="POST",
            host=HOST,
            path="/v1/charges",
            headers={"idempotency-key": RouteParameter.uuid()},
            body=RequestBody.json(schema=CHARGE, max_size=cdk.Size.kibibytes(2)),
            credential=credential,
            response=response,
            timeout=cdk.Duration.seconds(10),
            # The payment API charges once for each idempotency key.
            idempotent=True,
            certificate_authorities=certificate_authorities,
        ),
        RelayRoute(
            "charge_status",
            method="GET",
            host=HOST,
            path="/v1/charges/{charge_id}",
            path_parameters={"charge_id": RouteParameter.pattern("ch_[A-Za-z0-9]{1,32}")},
            credential=credential,
            response=response,
            timeout=cdk.Duration.seconds(5),
            certificate_authorities=certificate_authorities,
        ),
    ]


def acknowledge(key: secretsmanager.Secret) -> None:
    """Say to linters why something is as it is."""
    rotation = "The payment API makes the key: it is rotated there, and the new one put in here."
    cdk.Validations.of(key).acknowledge(
        cdk.Acknowledgment(id="AwsSolutions::AwsSolutions-SMG4", reason=rotation)
    )
    resource = cast(secretsmanager.CfnSecret, key.node.default_child)
    encryption = "A key of one's own costs by the month; no other account is to read the secret."
    resource.add_metadata("checkov", {"skip": [{"id": "CKV_AWS_149", "comment": encryption}]})


def build(app: cdk.App) -> PaymentsStack:
    """Add the stack to `app`, in the account and region the CDK CLI names."""
    return PaymentsStack(
        app,
        "Payments",
        env=cdk.Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
        ),
    )


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
