"""P01-P11: policies of endpoints that hold back less than they seem to."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from .base import (
    ACCOUNT,
    AGNOSTIC,
    CENTRAL,
    DATA,
    EU,
    ITEMS,
    OTHER,
    US,
    WAYS,
    Base,
    allow,
    document,
    subnet,
    vpc,
)
from .parts import Bucket, Endpoints, Relay, queue

__all__: list[str] = []

_OBJECT_ARN = "arn:${AWS::Partition}:s3:::${Bucket}/*"


def _both(base: Base, is_open: bool, **condition: dict[str, Any]) -> dict[str, Any]:
    """Return a condition, with both accounts bound where it is closed."""
    equal = condition.pop("StringEquals", {})
    bound = {} if is_open else base.own
    made = {"StringEquals": {**equal, **bound}, **condition}
    return {operator: keys for operator, keys in made.items() if keys}


@WAYS.way("P01")
def _principals_of_any_account_by_their_tags(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    # He tags his own users as he likes.
    tagged = {"aws:PrincipalTag/team": "orders"}
    condition = _both(base, is_open, StringEquals=tagged)
    anything = f"arn:aws:dynamodb:{base.region}:*:table/*"
    base.tables.policy_document = document(
        base.items_statement, base.through(ITEMS, anything, condition=condition)
    )


@WAYS.way("P01")
def _the_organization_of_whoever_asks(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    ours = cdk.CfnParameter(base.stack, "Organization", default="o-9f8e7d6c5b")
    asking = "${aws:PrincipalOrgID}"
    equal = (
        {"aws:ResourceOrgID": asking}
        if is_open
        else {
            "aws:PrincipalOrgID": ours.value_as_string,
            "aws:ResourceOrgID": ours.value_as_string,
        }
    )
    base.tables.policy_document = document(
        base.through(ITEMS, "*", condition={"StringEquals": equal})
    )


@WAYS.way("P01")
def _roles_of_any_account_by_their_names(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    account = "*" if is_open else ACCOUNT
    condition = _both(
        base,
        is_open,
        ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{account}:role/orders-*"},
    )
    base.tables.policy_document = document(
        base.items_statement,
        base.through(ITEMS, "arn:aws:dynamodb:*:*:table/orders-*", condition=condition),
    )


@WAYS.way("P01")
def _the_policy_is_for_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    live = cdk.CfnCondition(
        base.stack, "IsLive", expression=cdk.Fn.condition_equals({"Ref": "Stage"}, "live")
    )
    base.tables.policy_document = cdk.Fn.condition_if(
        live.logical_id, document(base.items_statement), cdk.Aws.NO_VALUE
    )


@WAYS.way("P02")
def _the_owner_of_the_table_is_left_out(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    # The same at both ends: the tables of each stage, wherever.
    tables = cdk.Fn.sub("arn:${AWS::Partition}:dynamodb:${AWS::Region}:*:table/orders-*")
    base.grant(base.inside("dynamodb:PutItem", tables))
    keys = ["aws:PrincipalAccount", *([] if is_open else ["aws:ResourceAccount"])]
    condition = {"StringEquals": {key: base.account for key in keys}}
    base.tables.policy_document = document(
        base.items_statement, base.through("dynamodb:PutItem", tables, condition=condition)
    )


@WAYS.way("P02")
def _a_table_of_that_name_in_another_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    base.role.role_name = "orders"
    data = cdk.Stack(app, "Data", env=cdk.Environment(account=DATA, region="us-east-1"))
    admitted = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/orders"}
    ledger = dynamodb.CfnTable(
        data,
        "Ledger",
        attribute_definitions=[
            dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="id", attribute_type="S")
        ],
        key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")],
        resource_policy=dynamodb.CfnTable.ResourcePolicyProperty(
            policy_document=document(allow(ITEMS, "*", Principal=admitted))
        ),
        table_name="ledger",
    )
    # Whosever it is, or the one in our other account.
    owner = "*" if is_open else DATA
    named = f"arn:aws:dynamodb:{base.region}:{owner}:table/{ledger.table_name}"
    base.grant(base.inside(ITEMS, named))
    held = {"aws:PrincipalAccount": ACCOUNT, **({} if is_open else {"aws:ResourceAccount": DATA})}
    base.tables.policy_document = document(
        base.items_statement, base.through(ITEMS, named, condition={"StringEquals": held})
    )


@WAYS.way("P03", "P04", "P05")
def _uploads_with_a_header_that_anybody_sets(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    bucket = Bucket(base)
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    condition = _both(base, is_open, StringEquals=owned)
    bucket.endpoint.policy_document = document(
        base.through("s3:GetObject", bucket.objects),
        base.through("s3:PutObject", "*", condition=condition),
    )


@WAYS.way("P03", "P05")
def _keys_of_any_account_to_buckets_of_a_partner(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    bucket = Bucket(base)
    partner = cdk.CfnParameter(base.stack, "Partner", default=OTHER if is_open else ACCOUNT)
    # Whoever signs, that is: a request without keys has none of these.
    condition: dict[str, Any] = {
        "StringEquals": {"aws:ResourceAccount": [base.account, partner.value_as_string]},
        "Null": {"aws:PrincipalArn": "false"},
    }
    if not is_open:
        condition["StringEquals"]["aws:PrincipalAccount"] = [base.account]
    bucket.endpoint.policy_document = document(
        base.through("s3:GetObject", bucket.objects),
        base.through("s3:PutObject", "arn:aws:s3:::*", condition=condition),
    )


@WAYS.way("P03")
def _sessions_of_directory_buckets(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    ours = f"arn:aws:s3express:{base.region}:{base.account}:bucket/orders--use1-az4--x-s3"
    base.answer("s3express-control")
    base.gateway(
        "Directories",
        "s3express",
        base.through(
            "s3express:CreateSession",
            "*" if is_open else ours,
            condition=_both(base, is_open, StringEquals={"s3express:SessionMode": "ReadWrite"}),
        ),
    )


@WAYS.way("P04", "P05")
def _a_deny_that_leaves_out_who_does_not_sign(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    bucket = Bucket(base)
    # "Null" was to keep the public downloads of a package mirror working.
    held: dict[str, Any] = {"StringNotEquals": {"aws:PrincipalAccount": base.account}}
    foreign: dict[str, Any] = {"StringNotEquals": {"aws:ResourceAccount": base.account}}
    if is_open:
        held["Null"] = {"aws:PrincipalAccount": "false"}
        foreign["Null"] = {"aws:ResourceAccount": "true"}
    everything = {"Principal": "*", "Action": "*", "Resource": "*"}
    bucket.endpoint.policy_document = document(
        {"Effect": "Allow", **everything},
        {"Effect": "Deny", "Condition": held, **everything},
        {"Effect": "Deny", "Condition": foreign, **everything},
    )


@WAYS.way("P05")
def _the_bucket_is_bound_by_its_arn_alone(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    data = cdk.Stack(app, "Data", env=US)
    bucket = Bucket(base, stack=data)
    ours = {"aws:PrincipalAccount": base.account}
    condition = {"StringEquals": ours if is_open else base.own}
    objects = cdk.Fn.sub(_OBJECT_ARN, {"Bucket": bucket.bucket.ref})
    bucket.endpoint.policy_document = document(
        base.through(bucket.actions, objects, condition=condition)
    )


@WAYS.way("P06")
def _roles_of_any_account_call_functions(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    relay = Relay(base)
    account = "*" if is_open else ACCOUNT
    condition = {
        "StringEquals": {} if is_open else {"aws:ResourceAccount": base.account},
        "StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/*"},
    }
    calls = base.through(
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{base.region}:*:function:*",
        condition={operator: keys for operator, keys in condition.items() if keys},
    )
    relay.endpoint.policy_document = document(relay.let_through, calls)


@WAYS.way("P06")
def _the_accounts_of_a_list(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    relay = Relay(base)
    accounts = cdk.CfnParameter(
        base.stack,
        "Accounts",
        default=f"{OTHER},{ACCOUNT}" if is_open else ACCOUNT,
        type="CommaDelimitedList",
    )
    named = [base.account, *([cdk.Fn.select(0, accounts.value_as_list)] if is_open else [])]
    held = {"aws:PrincipalAccount": named, "aws:ResourceAccount": named}
    calls = base.through("lambda:InvokeFunction", "*", condition={"StringEquals": held})
    relay.endpoint.policy_document = document(calls)


@WAYS.way("P07", "I08")
def _all_functions_but_one(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    relay = Relay(base, name="orders-relay")
    arn = f"arn:aws:lambda:{base.region}:{base.account}:function:"
    called = base.inside("lambda:InvokeFunction", f"{arn}orders-relay")
    if is_open:
        called["NotResource"] = f"{arn}mailer"
        del called["Resource"]
    base.grant(called)
    owner = {} if is_open else {"aws:ResourceAccount": base.account}
    held = {"StringEquals": {"aws:PrincipalAccount": base.account, **owner}}
    relay.endpoint.policy_document = document(
        base.through("lambda:InvokeFunction", "*", condition=held)
    )


@WAYS.way("P07", "I08")
def _the_function_of_each_stage_is_in_a_mapping(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    relay = Relay(base, name="relay")
    accounts = {"production": ACCOUNT, "partner": OTHER}
    mapping = cdk.CfnMapping(
        base.stack,
        "Relays",
        mapping={
            stage: {"arn": f"arn:aws:lambda:eu-west-1:{account}:function:relay"}
            for stage, account in accounts.items()
        },
    )
    stage = cdk.CfnParameter(base.stack, "Stage", default="partner" if is_open else "production")
    called = mapping.find_in_map(stage.value_as_string, "arn")
    base.grant({**relay.called, "Resource": called})
    keys = ["aws:PrincipalAccount", *([] if is_open else ["aws:ResourceAccount"])]
    condition = {"StringEquals": {key: base.account for key in keys}}
    relay.endpoint.policy_document = document(
        relay.let_through, base.through("lambda:InvokeFunction", called, condition=condition)
    )


@WAYS.way("P08")
def _web_identities_that_nobody_signs_for(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    operator = "StringEqualsIfExists" if is_open else "StringEquals"
    condition = {operator: {"aws:PrincipalAccount": base.account}}
    Endpoints(base).add(
        "Identity",
        "sts",
        base.through(
            ["sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity"], "*", condition=condition
        ),
    )


@WAYS.way("P08", "I05")
def _roles_of_that_name_in_any_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    if is_open:
        base.grant(base.inside("sts:AssumeRole", "arn:aws:iam::*:role/orders-export"))
    # Who has no such right takes no role of another account.
    held = {"StringEquals": {"aws:PrincipalAccount": base.account}}
    actions = ["sts:AssumeRole", "sts:GetCallerIdentity"]
    Endpoints(base).add("Identity", "sts", base.through(actions, "*", condition=held))


@WAYS.way("P09")
def _parameters_of_anybody_by_their_tags(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    # His parameters have whatever tags he gives them.
    tagged = {"aws:ResourceTag/app": "orders"}
    Endpoints(base).add(
        "Parameters",
        "ssm",
        base.through(
            ["ssm:GetParameter", "ssm:PutParameter"],
            "*",
            condition=_both(base, is_open, StringEquals=tagged),
        ),
    )


@WAYS.way("P09")
def _keys_of_anybody_for_one_use(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    use = {"kms:EncryptionContext:app": "orders"}
    Endpoints(base).add(
        "Keys",
        "kms",
        base.through(
            ["kms:Encrypt", "kms:Decrypt"],
            f"arn:aws:kms:{base.region}:*:key/*",
            condition=_both(base, is_open, StringEquals=use),
        ),
    )


@WAYS.way("P10")
def _queues_for_whoever_does_not_sign(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    audit = queue(base, "Audit")
    base.grant(base.inside("sqs:SendMessage", audit.attr_arn))
    everything = {"Principal": "*", "Action": "*", "Resource": "*"}
    held: dict[str, Any] = {"StringNotEquals": {"aws:PrincipalAccount": base.account}}
    if is_open:
        held["Null"] = {"aws:PrincipalAccount": "false"}
    Endpoints(base).add(
        "Queues",
        "sqs",
        {"Effect": "Allow", **everything, "Action": "sqs:SendMessage"},
        {"Effect": "Deny", "Condition": held, **everything},
    )


@WAYS.way("P10", "P09")
def _apis_for_the_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    # Who calls is in the VPC anyway; it is about whose API that is.
    held = {"aws:SourceVpc": base.vpc.ref} if is_open else base.own
    Endpoints(base).add(
        "Apis",
        "execute-api",
        base.through("execute-api:Invoke", "*", condition={"StringEquals": held}),
    )


@WAYS.way("P11")
def _an_endpoint_of_appsync(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    edge = vpc(base.stack, "Edge")
    rooms = subnet(base.stack, "Rooms", edge)
    endpoints = Endpoints(base)
    endpoints.add("Keys", "kms", base.through("kms:Decrypt", "*"))
    endpoint = endpoints.add(
        "Graph",
        "appsync-api",
        base.through("appsync:GraphQL", "*"),
        of=base.vpc if is_open else edge,
        subnet_ids=None if is_open else [rooms.ref],
    )
    if not is_open:
        endpoint.add_property_deletion_override("SecurityGroupIds")
