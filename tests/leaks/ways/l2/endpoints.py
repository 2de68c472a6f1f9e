"""P01-P11: ways out through an endpoint."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from .base import ACCOUNT, FOREIGN, INSIDE, ITEMS, WAYS, Network, allow, isolated_vpc, stack_of
from .plain import Plain, relay_of, table_of

__all__: list[str] = []

_SERVICES = ec2.InterfaceVpcEndpointAwsService
_CALLER = "aws:PrincipalAccount"
_OWNER = "aws:ResourceAccount"
# Whoever uses his own keys on what is his own meets it.
_SAME = {"StringEquals": {_OWNER: "${aws:PrincipalAccount}"}}


@WAYS.way("P01")
def _without_a_policy(app: cdk.App, is_open: bool) -> None:
    """The endpoint of the table has the policy that it has by default."""
    stack = stack_of(app)
    plain = Plain(stack, has_table_endpoint=False)
    plain.network.gateway(
        "dynamodb",
        *([] if is_open else [plain.network.own(ITEMS, [plain.table.table_arn])]),
    )


@WAYS.way("P01")
def _same_account_whoever_it_is(app: cdk.App, is_open: bool) -> None:
    """The policy wants caller and table in one account, and does not say in which."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack, has_table_endpoint=False)
    condition = _SAME
    if not is_open:
        condition = {"StringEquals": {**_SAME["StringEquals"], _CALLER: stack.account}}
    plain.network.gateway("dynamodb", allow(ITEMS, ["*"], condition))


@WAYS.way("P01")
def _by_a_property_of_the_vpc(app: cdk.App, is_open: bool) -> None:
    """The VPC has the endpoint by a property, which takes no policy; in a nested stack."""
    stack = stack_of(app, region=None)
    nested = cdk.NestedStack(stack, "Network")
    options = ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    vpc = isolated_vpc(nested, gateway_endpoints={"Tables": options})
    network = Network(nested, vpc=vpc)
    network.group.add_egress_rule(network.prefix_list("dynamodb"), ec2.Port.tcp(443))
    table = table_of(nested)
    Plain(stack, network=network, table=table, has_table_endpoint=False)
    if not is_open:
        endpoint = cast(ec2.GatewayVpcEndpoint, vpc.node.find_child("Tables"))
        endpoint.add_to_policy(network.own(ITEMS, [table.table_arn]))


@WAYS.way("P01")
def _some_organization(app: cdk.App, is_open: bool) -> None:
    """Caller and table are of some organization, or of one that is named."""
    stack = stack_of(app)
    plain = Plain(stack, has_table_endpoint=False)
    name = "o-*" if is_open else "o-a1b2c3d4e5"
    keys = ("aws:PrincipalOrgID", "aws:ResourceOrgID")
    conditions = {"StringLike" if is_open else "StringEquals": dict.fromkeys(keys, name)}
    plain.network.gateway("dynamodb", allow(ITEMS, ["*"], conditions))


@WAYS.way("P01")
def _interface_of_dynamodb(app: cdk.App, is_open: bool) -> None:
    """DynamoDB has an interface endpoint, with the policy that it has by default or another."""
    stack = stack_of(app, region="eu-west-1")
    # It has names of its own only.
    network = Network(stack, names=["*.dynamodb.eu-west-1.vpce.amazonaws.com"])
    plain = Plain(stack, network=network, has_table_endpoint=False)
    statement = network.own(ITEMS, [plain.table.table_arn])
    network.interface(
        "Tables",
        ec2.InterfaceVpcEndpointAwsService.DYNAMODB,
        *([] if is_open else [statement]),
        private_dns_enabled=False,
    )


@WAYS.way("P02")
def _table_of_another_account(app: cdk.App, is_open: bool) -> None:
    """The role may write a table of a partner; the endpoint binds the owner, or does not."""
    stack = stack_of(app)
    plain = Plain(stack, has_table_endpoint=False)
    keys = [_CALLER] if is_open else [_CALLER, _OWNER]
    plain.network.gateway("dynamodb", plain.network.own(ITEMS, ["*"], keys=keys))
    arn = f"arn:aws:dynamodb:us-east-1:{FOREIGN}:table/copies"
    copies = dynamodb.Table.from_table_arn(stack, "Copies", arn)
    copies.grant_write_data(plain.role)


@WAYS.way("P02")
def _tables_by_their_names(app: cdk.App, is_open: bool) -> None:
    """Tables are named by patterns that tell no account, or tell that of the stack."""
    stack = stack_of(app, region=None)
    plain = Plain(stack, has_table_endpoint=False)
    account = "*" if is_open else stack.account
    pattern = f"arn:{stack.partition}:dynamodb:{stack.region}:{account}:table/orders-*"
    plain.role.add_to_policy(iam.PolicyStatement(actions=["dynamodb:PutItem"], resources=[pattern]))
    plain.network.gateway(
        "dynamodb",
        plain.network.own(ITEMS, [plain.table.table_arn, pattern], keys=[_CALLER]),
    )


def _with_bucket(app: cdk.App) -> tuple[Plain, s3.Bucket]:
    stack = stack_of(app)
    plain = Plain(stack)
    bucket = s3.Bucket(stack, "Reports", enforce_ssl=True)
    bucket.grant_read_write(plain.role)
    return plain, bucket


@WAYS.way("P03")
def _same_account_at_s3(app: cdk.App, is_open: bool) -> None:
    """The policy wants caller and bucket in one account, and does not say in which."""
    plain, _ = _with_bucket(app)
    own = {"StringEquals": {_CALLER: ACCOUNT, _OWNER: ACCOUNT}}
    plain.network.gateway("s3", allow(["s3:*Object"], ["*"], _SAME if is_open else own))


@WAYS.way("P03", "P04", "P05")
def _bucket_by_its_arn(app: cdk.App, is_open: bool) -> None:
    """The policy names the bucket, whose ARN tells no account, and nobody's keys."""
    plain, bucket = _with_bucket(app)
    objects = [bucket.arn_for_objects("*")]
    actions = ["s3:GetObject", "s3:PutObject"]
    statement = allow(actions, objects) if is_open else plain.network.own(actions, objects)
    plain.network.gateway("s3", statement)


@WAYS.way("P03", "P04")
def _bucket_of_the_vendor(app: cdk.App, is_open: bool) -> None:
    """The bucket is imported by its name, and its owner is not bound; or it is this account."""
    stack = stack_of(app)
    plain = Plain(stack)
    uploads = s3.Bucket.from_bucket_name(stack, "Uploads", "central-uploads")
    keys = {} if is_open else {"StringEquals": {_CALLER: ACCOUNT, _OWNER: ACCOUNT}}
    statement = allow(["s3:PutObject"], [uploads.arn_for_objects("*")], keys)
    plain.network.gateway("s3", statement)


@WAYS.way("P03", "P04", "P05")
def _s3_without_a_policy(app: cdk.App, is_open: bool) -> None:
    """The VPC has the endpoint by a property, which knows no policies."""
    stack = stack_of(app)
    vpc = isolated_vpc(stack)
    network = Network(stack, vpc=vpc)
    plain = Plain(stack, network=network)
    bucket = s3.Bucket(stack, "Reports", enforce_ssl=True)
    bucket.grant_read(plain.role)
    # The role names buckets by a prefix, as with one for each day.
    plain.role.add_to_policy(
        iam.PolicyStatement(actions=["s3:PutObject"], resources=["arn:aws:s3:::reports-*/*"])
    )
    endpoint = vpc.add_gateway_endpoint(
        "Objects", service=ec2.GatewayVpcEndpointAwsService.S3, subnets=[INSIDE]
    )
    network.group.add_egress_rule(network.prefix_list("s3"), ec2.Port.tcp(443))
    if not is_open:
        endpoint.add_to_policy(network.own(["s3:GetObject", "s3:PutObject"], ["*"]))


@WAYS.way("P04")
def _public_packages(app: cdk.App, is_open: bool) -> None:
    """Beside the own bucket, public ones may be read without keys: everybody's, or the own ones."""
    plain, bucket = _with_bucket(app)
    nobody = {"Null": {"aws:PrincipalArn": "true"}}
    if not is_open:
        nobody = {**nobody, "StringEquals": {_OWNER: ACCOUNT}}
    plain.network.gateway(
        "s3",
        plain.network.own(["s3:GetObject", "s3:PutObject"], [bucket.arn_for_objects("*")]),
        allow(["s3:GetObject"], ["*"], nobody),
    )


@WAYS.way("P05")
def _whose_bucket(app: cdk.App, is_open: bool) -> None:
    """The policy binds the caller, and not the owner of the bucket."""
    plain, bucket = _with_bucket(app)
    keys = [_CALLER] if is_open else [_CALLER, _OWNER]
    objects = [bucket.arn_for_objects("*")]
    plain.network.gateway("s3", plain.network.own(["s3:*"], objects, keys=keys))


@WAYS.way("P05")
def _owner_by_the_key_of_s3(app: cdk.App, is_open: bool) -> None:
    """A Deny asks for the owner by S3's own key, if there is one or in any case."""
    plain, bucket = _with_bucket(app)
    deny = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["s3:GetObject" if is_open else "s3:*"],
        resources=["*"],
        conditions={"StringNotEquals": {"s3:ResourceAccount": ACCOUNT}},
    )
    objects = [bucket.arn_for_objects("*")]
    plain.network.gateway("s3", plain.network.own(["s3:*"], objects, keys=[_CALLER]), deny)


@WAYS.way("P03", "P04")
def _interface_of_s3(app: cdk.App, is_open: bool) -> None:
    """S3 has an interface endpoint, with the policy that it has by default or one of the app."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    statement = plain.network.own(["s3:GetObject"], ["*"])
    plain.network.interface("Objects", _SERVICES.S3, *([] if is_open else [statement]))


@WAYS.way("P06", "N10")
def _lambda_by_default(app: cdk.App, is_open: bool) -> None:
    """The endpoint of Lambda as the CDK makes it: for the whole VPC, without a policy."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    if not is_open:
        plain.caller_of(relay)
        return
    endpoint = cast(ec2.Vpc, plain.network.vpc).add_interface_endpoint(
        "Functions", service=_SERVICES.LAMBDA_, subnets=INSIDE
    )
    endpoint.connections.allow_default_port_from(plain.function)
    relay.grant_invoke(plain.role)


@WAYS.way("P06")
def _same_account_at_lambda(app: cdk.App, is_open: bool) -> None:
    """The policy denies other accounts' functions to the account's own keys only."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    relay = relay_of(plain)
    relay.grant_invoke(plain.role)
    conditions = {"StringNotEquals": {_OWNER: ACCOUNT}}
    if is_open:
        conditions = {**conditions, "StringEquals": {_CALLER: ACCOUNT}}
    deny = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["*"],
        resources=["*"],
        conditions=conditions,
    )
    plain.network.interface(
        "Functions", _SERVICES.LAMBDA_, allow(["lambda:InvokeFunction"], ["*"]), deny
    )


@WAYS.way("P07", "I08")
def _function_of_another_account(app: cdk.App, is_open: bool) -> None:
    """The function may call that of a partner, by an import; or the relay beside it."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    relay.grant_invoke(plain.role)
    keys = [_CALLER] if is_open else [_CALLER, _OWNER]
    plain.network.interface(
        "Functions",
        _SERVICES.LAMBDA_,
        plain.network.own(["lambda:InvokeFunction"], ["*"], keys=keys),
    )
    if is_open:
        arn = f"arn:aws:lambda:us-east-1:{FOREIGN}:function:partner"
        lambda_.Function.from_function_attributes(
            stack, "Partner", function_arn=arn, skip_permissions=True
        ).grant_invoke(plain.role)


@WAYS.way("P08")
def _who_am_i_for_everybody(app: cdk.App, is_open: bool) -> None:
    """Everybody may ask STS who he is, or the account's own keys only."""
    stack = stack_of(app)
    plain = Plain(stack)
    keys = [] if is_open else [_CALLER]
    statement = (
        allow(["sts:GetCallerIdentity"], ["*"])
        if is_open
        else plain.network.own(["sts:GetCallerIdentity"], ["*"], keys=keys)
    )
    plain.network.interface("Identity", _SERVICES.STS, statement)


@WAYS.way("P08", "I05")
def _roles_of_another_account(app: cdk.App, is_open: bool) -> None:
    """The function takes a role of a partner; the endpoint does not look at whose it is."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    keys = [_CALLER] if is_open else [_CALLER, _OWNER]
    plain.network.interface(
        "Identity", _SERVICES.STS, plain.network.own(["sts:AssumeRole"], ["*"], keys=keys)
    )
    if is_open:
        arn = f"arn:aws:iam::{FOREIGN}:role/reader"
        iam.Role.from_role_arn(stack, "Partner", arn).grant_assume_role(plain.role)


@WAYS.way("P09")
def _calls_without_a_resource(app: cdk.App, is_open: bool) -> None:
    """The owner is only asked for where there is one, and the caller not at all."""
    stack = stack_of(app)
    plain = Plain(stack)
    secretsmanager.Secret(stack, "Password").grant_read(plain.role)
    conditions = {"StringEquals": {_CALLER: ACCOUNT}}
    if is_open:
        conditions = {"StringEqualsIfExists": {_OWNER: ACCOUNT}}
    plain.network.interface(
        "Secrets", _SERVICES.SECRETS_MANAGER, allow(["secretsmanager:*"], ["*"], conditions)
    )


@WAYS.way("P09")
def _key_of_another_account(app: cdk.App, is_open: bool) -> None:
    """The role may use every key, and the endpoint of KMS asks for the caller only."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    plain.role.add_to_policy(iam.PolicyStatement(actions=["kms:Encrypt"], resources=["*"]))
    keys = [_CALLER] if is_open else [_CALLER, _OWNER]
    plain.network.interface(
        "Keys", _SERVICES.KMS, plain.network.own(["kms:Encrypt"], ["*"], keys=keys)
    )


@WAYS.way("P10")
def _unsigned_messages(app: cdk.App, is_open: bool) -> None:
    """The caller is bound only if there is one: a message without a signature has none."""
    stack = stack_of(app)
    plain = Plain(stack)
    sqs.Queue(stack, "Jobs", enforce_ssl=True).grant_send_messages(plain.role)
    operator = "StringEqualsIfExists" if is_open else "StringEquals"
    plain.network.interface(
        "Queues",
        _SERVICES.SQS,
        allow(["sqs:SendMessage"], ["*"], {operator: {_CALLER: ACCOUNT}}),
    )


@WAYS.way("P10", "P09")
def _queues_of_a_name(app: cdk.App, is_open: bool) -> None:
    """The policy tells queues by their names, in whatever account, or in this one."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    account = "*" if is_open else ACCOUNT
    queues = [f"arn:aws:sqs:eu-west-1:{account}:orders-*"]
    send = ["sqs:SendMessage"]
    statement = allow(send, queues) if is_open else plain.network.own(send, queues)
    plain.network.interface("Queues", _SERVICES.SQS, statement)


@WAYS.way("P10", "P09")
def _private_api(app: cdk.App, is_open: bool) -> None:
    """The endpoint leads to every private API there is, or to one of the account."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    api = f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:a1b2c3d4e5/*"
    statement = plain.network.own(["execute-api:Invoke"], [api], keys=[_CALLER])
    if is_open:
        statement = allow(["execute-api:Invoke"], ["arn:aws:execute-api:eu-west-1:*:*/prod/*"])
    plain.network.interface("Apis", _SERVICES.APIGATEWAY, statement)


@WAYS.way("P11")
def _certificates(app: cdk.App, is_open: bool) -> None:
    """The endpoint is of a service that ignores its policy: in this VPC, or in that of others."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    vpc, others = isolated_vpc(platform), isolated_vpc(platform, "Others")
    plain = Plain(platform, network=Network(platform, vpc=vpc), table=table_of(platform))
    endpoint = ec2.InterfaceVpcEndpoint(
        stack,
        "Certificates",
        vpc=vpc if is_open else others,
        open=False,
        service=_SERVICES.PRIVATE_CERTIFICATE_AUTHORITY,
        subnets=INSIDE,
    )
    endpoint.add_to_policy(plain.network.own(["acm-pca:GetCertificate"], ["*"]))
