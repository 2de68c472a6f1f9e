"""Holes in the endpoints' policies, and endpoints that should not be there."""

import copy
from typing import Any

from .draft import Draft, hole

__all__: list[str] = []

_ENDPOINT = "AWS::EC2::VPCEndpoint"
_VPC = "AWS::EC2::VPC"
_REGION = {"Ref": "AWS::Region"}
_ACCOUNT = {"Ref": "AWS::AccountId"}
_LOOT = "arn:aws:lambda:*:*:function:*"


def _policy(*conditions: dict[str, Any]) -> dict[str, Any]:
    everything: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
    }
    if conditions:
        everything["Condition"] = conditions[0]
    return {"Version": "2012-10-17", "Statement": [everything]}


_OF_OUR_PRINCIPALS = _policy({"StringEquals": {"aws:PrincipalAccount": _ACCOUNT}})
_OF_OUR_RESOURCES = _policy({"StringEqualsIfExists": {"aws:ResourceAccount": _ACCOUNT}})
_SIGNED_BY_ANYBODY = _policy({"Null": {"aws:PrincipalAccount": "false"}})
_UNSIGNED_ONLY = _policy({"Null": {"aws:PrincipalAccount": "true"}})


def _add(draft: Draft, service: str, policy: dict[str, Any] | None, kind: str) -> None:
    properties = {} if policy is None else {"PolicyDocument": policy}
    draft.add(
        f"{service.replace('-', '').title()}Endpoint",
        _ENDPOINT,
        near=_VPC,
        ServiceName={"Fn::Join": ["", ["com.amazonaws.", _REGION, f".{service}"]]},
        VpcEndpointType=kind,
        VpcId=draft.ref(_VPC),
        **properties,
    )


def _gateway(draft: Draft, policy: dict[str, Any] | None) -> None:
    _add(draft, "s3", policy, "Gateway")


def _interface(draft: Draft, service: str, policy: dict[str, Any] | None = None) -> None:
    _add(draft, service, policy, "Interface")


@hole("P01")
def _the_default_policy(draft: Draft) -> None:
    del draft.first(_ENDPOINT)["PolicyDocument"]


@hole("P01")
def _no_account_conditions(draft: Draft) -> None:
    for statement in draft.endpoint_statements():
        statement.pop("Condition", None)
        statement["Resource"] = "*"


@hole("P01")
def _the_resource_is_whoever_asks(draft: Draft) -> None:
    # Worthless: the attacker's keys on the attacker's table satisfy it.
    for statement in draft.endpoint_statements():
        statement["Condition"] = {
            "StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
        }
        statement["Resource"] = "*"


@hole("P01")
def _calls_without_a_resource_pass(draft: Draft) -> None:
    first = copy.deepcopy(_OF_OUR_RESOURCES["Statement"][0])
    draft.endpoint_statements().append(first)


@hole("P02")
def _the_role_and_the_endpoint_name_every_table(draft: Draft) -> None:
    draft.endpoint_statements().append(_OF_OUR_PRINCIPALS["Statement"][0])
    draft.allow(
        "dynamodb:PutItem",
        "arn:aws:dynamodb:*:*:table/*",
        StringEquals={"aws:SourceVpc": draft.ref(_VPC)},
    )


@hole("P02")
def _the_role_writes_to_one_foreign_table(draft: Draft) -> None:
    foreign = "arn:aws:dynamodb:us-east-1:999988887777:table/loot"
    draft.endpoint_statements().append({**_OF_OUR_PRINCIPALS["Statement"][0], "Resource": foreign})
    draft.allow("dynamodb:UpdateItem", foreign, StringEquals={"aws:SourceVpc": draft.ref(_VPC)})


@hole("P02")
def _the_role_does_everything_with_tables_that_are_not_named(draft: Draft) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "NotAction": "dynamodb:DeleteTable",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": _ACCOUNT}},
    }
    draft.endpoint_statements().append(statement)
    draft.allow(
        ["dynamodb:Put*", "dynamodb:BatchWrite*"],
        "*",
        StringEquals={"aws:SourceVpc": draft.ref(_VPC)},
    )


@hole("P03", "P04")
def _an_s3_endpoint_with_the_default_policy(draft: Draft) -> None:
    _gateway(draft, None)


@hole("P03")
def _an_s3_endpoint_for_everybody_who_signs(draft: Draft) -> None:
    _gateway(draft, _SIGNED_BY_ANYBODY)


@hole("P04")
def _an_s3_endpoint_for_unsigned_requests(draft: Draft) -> None:
    _gateway(draft, _UNSIGNED_ONLY)


@hole("P05")
def _the_role_writes_to_every_bucket(draft: Draft) -> None:
    _gateway(draft, _OF_OUR_PRINCIPALS)
    draft.allow(
        "s3:PutObject",
        "arn:aws:s3:::*/*",
        StringEquals={"aws:SourceVpc": draft.ref(_VPC)},
    )


@hole("P06")
def _a_lambda_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "lambda")


@hole("P07", "I08")
def _the_role_invokes_every_function(draft: Draft) -> None:
    _interface(draft, "lambda", _OF_OUR_PRINCIPALS)
    draft.allow("lambda:InvokeFunction", _LOOT)


@hole("P07", "I08")
def _the_role_invokes_one_foreign_function(draft: Draft) -> None:
    _interface(draft, "lambda", _OF_OUR_PRINCIPALS)
    draft.allow(
        "lambda:Invoke*",
        "arn:aws:lambda:us-east-1:999988887777:function:loot",
        StringEquals={"aws:SourceVpc": draft.ref(_VPC)},
    )


@hole("P08")
def _an_sts_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "sts")


@hole("P08")
def _an_sts_endpoint_bound_only_where_there_is_a_resource(draft: Draft) -> None:
    _interface(draft, "sts", _OF_OUR_RESOURCES)


@hole("P09")
def _a_kms_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "kms")


@hole("P09")
def _a_logs_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "logs")


@hole("P09")
def _an_endpoint_of_a_service_nobody_judged(draft: Draft) -> None:
    _interface(draft, "bedrock-runtime")


@hole("P10")
def _a_queue_endpoint_for_unsigned_requests(draft: Draft) -> None:
    _interface(draft, "sqs", _UNSIGNED_ONLY)


@hole("P09", "P10")
def _a_queue_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "sqs")


@hole("P09", "P10")
def _an_api_endpoint_with_the_default_policy(draft: Draft) -> None:
    _interface(draft, "execute-api")


@hole("P09", "P10")
def _a_syslog_endpoint(draft: Draft) -> None:
    _interface(draft, "syslog-logs", _OF_OUR_PRINCIPALS)


@hole("P11")
def _an_endpoint_that_ignores_its_policy_for_certificates(draft: Draft) -> None:
    _interface(draft, "acm-pca", _OF_OUR_PRINCIPALS)


@hole("P11")
def _an_endpoint_that_ignores_its_policy_for_reports(draft: Draft) -> None:
    _interface(draft, "artifact", _OF_OUR_PRINCIPALS)


@hole("P11")
def _an_endpoint_that_ignores_its_policy(draft: Draft) -> None:
    _interface(draft, "appsync", _OF_OUR_PRINCIPALS)
