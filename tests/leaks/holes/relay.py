"""Holes in a relay: a function outside the VPC that the isolated one calls.

The example has none, so that a good one is planted first; that one alone opens nothing.
"""

import copy
from typing import Any

from .draft import FUNCTION, Draft, hole

__all__: list[str] = []

_NAME = "Relay"


def _statement(actions: Any, resources: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _relay(draft: Draft) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Plant a good relay; return the properties of it and the statements of its role."""
    signing = draft.function()["CodeSigningConfigArn"]
    code = draft.function()["Code"]
    group = draft.add("RelayLogs", "AWS::Logs::LogGroup")
    secret = draft.add("RelaySecret", "AWS::SecretsManager::Secret")
    writes = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statements = [
        _statement(writes, {"Fn::GetAtt": [group["Ref"], "Arn"]}),
        _statement("secretsmanager:GetSecretValue", secret),
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    role = draft.add(
        "RelayRole",
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=copy.deepcopy(draft.role()[1]["AssumeRolePolicyDocument"]),
        Policies=[{"PolicyName": "relay", "PolicyDocument": document}],
    )
    properties: dict[str, Any] = {
        "Code": code,
        "CodeSigningConfigArn": signing,
        "LoggingConfig": {"LogGroup": group},
        "ReservedConcurrentExecutions": 2,
        "Role": {"Fn::GetAtt": [role["Ref"], "Arn"]},
        "Timeout": 10,
    }
    draft.add(_NAME, FUNCTION, near="AWS::IAM::Role", **properties)
    draft.add(
        "RelayOnce",
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": _NAME},
        MaximumRetryAttempts=0,
        Qualifier="$LATEST",
    )
    draft.allow("lambda:InvokeFunction", _arn())
    draft.add(
        "LambdaEndpoint",
        "AWS::EC2::VPCEndpoint",
        near="AWS::EC2::VPC",
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.lambda"},
        VpcEndpointType="Interface",
        VpcId=draft.ref("AWS::EC2::VPC"),
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    **_statement("lambda:InvokeFunction", _arn()),
                    "Principal": "*",
                    "Condition": {
                        "StringEquals": {
                            "aws:PrincipalAccount": {"Ref": "AWS::AccountId"},
                            "aws:ResourceAccount": {"Ref": "AWS::AccountId"},
                        }
                    },
                }
            ],
        },
    )
    (planted,) = [r["Properties"] for name, r in draft.of(FUNCTION) if name == _NAME]
    return planted, statements


def _arn() -> dict[str, list[str]]:
    return {"Fn::GetAtt": [_NAME, "Arn"]}


@hole()
def _harmless_a_good_relay(draft: Draft) -> None:
    _relay(draft)


@hole("R01")
def _an_unsigned_relay(draft: Draft) -> None:
    relay, _ = _relay(draft)
    del relay["CodeSigningConfigArn"]


@hole("R01")
def _a_relay_in_a_container(draft: Draft) -> None:
    relay, _ = _relay(draft)
    relay["PackageType"] = "Image"


@hole("N01", "R02", "R05")
def _a_relay_that_reads_the_table(draft: Draft) -> None:
    _, statements = _relay(draft)
    table = draft.att("AWS::DynamoDB::GlobalTable", "Arn")
    statements.append(_statement("dynamodb:GetItem", table))


@hole("R03")
def _a_relay_with_a_url(draft: Draft) -> None:
    _relay(draft)
    draft.add("RelayUrl", "AWS::Lambda::Url", TargetFunctionArn=_arn(), AuthType="AWS_IAM")


@hole("R03")
def _a_relay_that_a_service_calls(draft: Draft) -> None:
    _relay(draft)
    draft.add(
        "RelayPermission",
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=_arn(),
        Principal="events.amazonaws.com",
        SourceArn={"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/own"},
    )


@hole("R03")
def _a_relay_with_two_callers(draft: Draft) -> None:
    _relay(draft)
    document = {"Version": "2012-10-17", "Statement": [_statement("lambda:*", _arn())]}
    draft.add(
        "OtherRole",
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=copy.deepcopy(draft.role()[1]["AssumeRolePolicyDocument"]),
        Policies=[{"PolicyName": "call", "PolicyDocument": document}],
    )


@hole("R04")
def _a_relay_without_a_bound(draft: Draft) -> None:
    relay, _ = _relay(draft)
    del relay["ReservedConcurrentExecutions"]


@hole("R04")
def _a_relay_that_runs_for_long(draft: Draft) -> None:
    relay, _ = _relay(draft)
    relay["Timeout"] = 900


@hole("R05")
def _a_relay_that_reads_every_secret(draft: Draft) -> None:
    _, statements = _relay(draft)
    statements.append(_statement("secretsmanager:GetSecretValue", "*"))


@hole("R05")
def _a_relay_that_logs_everywhere(draft: Draft) -> None:
    _, statements = _relay(draft)
    statements[0]["Resource"] = "*"


@hole("R05")
def _a_relay_that_sends_mail(draft: Draft) -> None:
    _, statements = _relay(draft)
    statements.append(_statement("ses:SendEmail", "*"))
