"""Which services an isolated network lets in, and what it carries to them."""

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_ec2 as ec2
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork
from secure_lambda_constructs.network.endpoint_actions import ALLOWED_SERVICES
from secure_lambda_constructs.network.refused_services import REFUSED_SERVICES
from secure_lambda_constructs.network.services import (
    Allowed,
    EndpointService,
    belongs_to_aws,
    endpoint_service,
    refusal,
)

from .conftest import Synthesize

_ACCOUNT = "111122223333"
# AWS's service authorization reference as data.
_REFERENCE = Path(__file__).parents[2] / "node_modules" / "@cloud-copilot" / "iam-data" / "data"
_ALLOWED = [
    pytest.param(service, allowed, id=f"{service.name}-{allowed.actions[0]}")
    for service in ALLOWED_SERVICES.values()
    for allowed in service.allowed
]
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1234"
_MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
_PROFILE = f"arn:aws:bedrock:us-east-1:{_ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0"
# What the SDK calls the services that it does not call as their endpoint is called.
_SDK_NAMES = {
    "kinesis-firehose": "firehose",
    "kinesis-streams": "kinesis",
    "monitoring": "cloudwatch",
    "sagemaker.runtime": "sagemaker-runtime",
    "states": "stepfunctions",
    "sync-states": "stepfunctions",
}


@cache
def reference(kind: str, service: str) -> dict[str, Any]:
    """What AWS documents about the actions or resource types of a service."""
    found: dict[str, Any] = json.loads((_REFERENCE / kind / f"{service}.json").read_text())
    return found


def documented(action: str) -> dict[str, Any]:
    """What AWS documents about an action."""
    service, _, name = action.partition(":")
    found: dict[str, Any] = reference("actions", service)[name.lower()]
    return found


def documented_arns(action: str, *, required: bool) -> list[str]:
    """ARNs of resources that an action works on, of any names."""
    service = action.partition(":")[0]
    return [
        re.sub(
            r"\$\{(\w+)\}",
            lambda part: {"Partition": "aws", "Region": "eu-west-1", "Account": _ACCOUNT}.get(
                part[1], "name"
            ),
            reference("resourceTypes", service)[kind["name"].lower()]["arn"],
        )
        for kind in documented(action)["resourceTypes"]
        if kind["required"] or not required
    ]


def written(name: Any) -> str:
    """A name of a template, with the suffix that it has in AWS's commercial partition."""
    if isinstance(name, str):
        return name
    return "".join(
        part if isinstance(part, str) else "amazonaws.com" for part in name["Fn::Join"][1]
    )


@pytest.mark.parametrize(("service", "allowed"), _ALLOWED)
def test_actions_use_what_is_there(service: EndpointService, allowed: Allowed) -> None:
    for action in allowed.actions:
        known = documented(action)
        assert f"{action.partition(':')[0]}:{known['name']}" == action
        assert known["accessLevel"] in ("Read", "List", "Write")


@pytest.mark.parametrize(("service", "allowed"), _ALLOWED)
def test_resources_are_those_of_the_actions(service: EndpointService, allowed: Allowed) -> None:
    patterns = allowed.arns(partition="aws", region="eu-west-1", account=_ACCOUNT)
    for action in allowed.actions:
        required = documented_arns(action, required=True)
        if patterns == ["*"]:
            # Whoever needs no ARN cannot be bound by one.
            assert not required
        elif patterns:
            # `events:PutEvents` names a bus, though it need not.
            arns = required or documented_arns(action, required=False)
            assert any(fnmatchcase(arn, pattern) for arn in arns for pattern in patterns)
    for pattern in patterns:
        if pattern != "*":
            assert any(
                fnmatchcase(arn, pattern)
                for action in allowed.actions
                for arn in documented_arns(action, required=False)
            ), pattern


@pytest.mark.parametrize(("service", "allowed"), _ALLOWED)
def test_resources_are_the_accounts_or_belong_to_aws(
    service: EndpointService, allowed: Allowed
) -> None:
    for pattern in allowed.arns(partition="aws", region="eu-west-1", account=_ACCOUNT):
        if allowed.bind_resource:
            assert pattern == "*" or pattern.split(":")[3:5] == ["eu-west-1", _ACCOUNT]
            assert not belongs_to_aws(pattern)
        else:
            assert belongs_to_aws(pattern)


def test_all_accounts_of_an_organization() -> None:
    (allowed,) = endpoint_service("sqs").allowed
    assert allowed.arns(partition="aws-cn", region="cn-north-1", account="*") == [
        "arn:aws-cn:sqs:cn-north-1:*:*"
    ]


def test_policies_are_short_enough() -> None:
    for service in ALLOWED_SERVICES.values():
        text = json.dumps([(allowed.actions, allowed.resources) for allowed in service.allowed])
        # An endpoint's policy has 20,480 characters; the conditions take some of them.
        assert len(text) < 10_000, service.name


def test_services_have_the_names_of_the_cdk() -> None:
    services = ec2.InterfaceVpcEndpointAwsService
    names = {getattr(services, name).short_name for name in dir(services) if name.isupper()}
    # A misspelt one would refuse nothing. Those below the CDK does not know (yet).
    assert set(ALLOWED_SERVICES) <= names
    assert set(REFUSED_SERVICES) - names <= {
        "apigateway",
        "appsync",
        "artifact",
        "cloudfront",
        "cloudfront-keyvaluestore",
        "glacier",
        "route53",
        "scheduler",
        "sts-oidc",
        "syslog-logs",
    }


def test_network_lets_all_of_them_in(synthesize: Synthesize) -> None:
    services = ec2.InterfaceVpcEndpointAwsService
    by_name = {
        (service := getattr(services, name)).short_name: service
        for name in dir(services)
        if name.isupper()
    }
    function = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:Relay"

    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        for number, name in enumerate(ALLOWED_SERVICES):
            resources = [function] if name == "lambda" else None
            network.add_interface_endpoint(f"E{number}", by_name[name], resources=resources)

    # What the network itself finds open fails the synthesis.
    template = synthesize(change, region="us-east-1")
    resources = template["Resources"].values()
    policies = {
        resource["Properties"]["ServiceName"].rpartition("us-east-1.")[2]: resource["Properties"][
            "PolicyDocument"
        ]["Statement"]
        for resource in resources
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
        and resource["Properties"]["VpcEndpointType"] == "Interface"
    }
    assert set(policies) == set(ALLOWED_SERVICES)
    both = {"aws:PrincipalAccount": _ACCOUNT, "aws:ResourceAccount": _ACCOUNT}
    for name, statements in policies.items():
        for statement in statements:
            found = statement["Condition"]["StringEquals"]
            if name == "bedrock-runtime" and "foundation-model" in json.dumps(statement):
                assert found == {"aws:PrincipalAccount": _ACCOUNT}
            else:
                assert found == both
    names = {
        written(name)
        for resource in resources
        if resource["Type"] == "AWS::Route53Resolver::FirewallDomainList"
        for name in resource["Properties"]["Domains"]
    }
    for service in ALLOWED_SERVICES.values():
        assert names.issuperset(
            service.private_dns_names(region="us-east-1", suffix="amazonaws.com", account=_ACCOUNT)
        )


def test_no_service_is_both_let_in_and_refused() -> None:
    assert not set(ALLOWED_SERVICES) & set(REFUSED_SERVICES)


def host_called(service: EndpointService, region: str, operation: str, **arguments: Any) -> str:
    """The host that the SDK calls for an operation; nothing is sent."""
    client = boto3.client(
        _SDK_NAMES.get(service.name, service.name),
        region_name=region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    hosts: list[str] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        hosts.append(request.url.split("/")[2])
        return AWSResponse(request.url, 200, {}, _Empty())

    client.meta.events.register("before-send", answer)
    getattr(client, operation)(**arguments)
    return hosts[0]


class _Empty:
    """The body of an answer that says nothing."""

    def stream(self, **_: Any) -> list[bytes]:
        return [b"{}"]


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "amazonaws.com"),
        ("eu-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("name", sorted(ALLOWED_SERVICES))
def test_names_are_those_that_the_sdk_calls(name: str, region: str, suffix: str) -> None:
    service = ALLOWED_SERVICES[name]
    names = service.private_dns_names(region=region, suffix=suffix, account=_ACCOUNT)
    if name == "sync-states":
        machine = f"arn:aws:states:{region}:{_ACCOUNT}:stateMachine:Machine"
        host = host_called(service, region, "start_sync_execution", stateMachineArn=machine)
    else:
        client = boto3.client(
            _SDK_NAMES.get(name, name),
            region_name=region,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
        host = client.meta.endpoint_url.removeprefix("https://")
    assert host in names
    assert not [item for item in names if "*" in item or "{" in item]


def test_streams_called_by_arn_have_the_name_of_the_account() -> None:
    service = ALLOWED_SERVICES["kinesis-streams"]
    stream = f"arn:aws:kinesis:eu-west-1:{_ACCOUNT}:stream/Orders"
    names = service.private_dns_names(region="eu-west-1", suffix="amazonaws.com", account=_ACCOUNT)
    for operation, arguments in {
        "get_shard_iterator": {"ShardId": "0", "ShardIteratorType": "LATEST"},
        "describe_stream_summary": {},
    }.items():
        host = host_called(service, "eu-west-1", operation, StreamARN=stream, **arguments)
        assert host.startswith(_ACCOUNT)
        assert host in names


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "acm",
            "its endpoint carries every call, whatever the endpoint's policy says; leave it out",
        ),
        ("acm-pca", "it creates and changes resources"),
        ("appsync-api", "its endpoint carries every call"),
        ("codebuild", "it runs code outside of the network"),
        ("cognito-idp", "it takes calls that nobody has signed"),
        ("dynamodb", "the network has the gateway endpoint, which costs nothing"),
        ("ec2", "it would serve nobody but an attacker"),
        ("email-smtp", "it sends mail to anybody, and its endpoint has no policy at all"),
        ("execute-api", "each may answer calls that nobody has signed; call the function behind"),
        ("s3", r"a gateway endpoint costs nothing .* write network.add_s3_endpoint\(buckets="),
        ("sagemaker.runtime-fips", "its endpoint carries every call"),
        ("scheduler", "a schedule calls any API of AWS from outside of the network"),
        ("ssmmessages", "opens a shell inside"),
        ("vpce.us-east-1.vpce-svc-0123456789abcdef0", "a service of whoever owns it"),
        ("no-such-service", "nothing is known here about .* write one of appconfigdata, athena, "),
        ("kms-fips", "nothing is known here about whether its endpoint honours a policy"),
        ("com.amazonaws.us-east-1.kms", "nothing is known here about"),
        ("", "nothing is known here about"),
    ],
)
def test_refused(name: str, message: str) -> None:
    with pytest.raises(
        InvalidInputError,
        match=f"^{re.escape(name)} can have no interface endpoint in an isolated network, because "
        f".*{message}",
    ):
        endpoint_service(name)
    assert refusal(name) is not None


@pytest.mark.parametrize("name", sorted(REFUSED_SERVICES))
def test_refusals_say_why_and_what_instead(name: str) -> None:
    refused = refusal(name)
    assert refused is not None
    assert not refused.reason.endswith((".", " "))
    assert refused.instead.split()[0] in ("call", "leave", "let", "print", "put", "write")


@pytest.mark.parametrize(
    "name", [cdk.Fn.import_value("Service"), None, 7], ids=["ref", "none", "number"]
)
def test_service_that_is_not_known_at_synth_is_refused(name: Any) -> None:
    with pytest.raises(InvalidInputError, match="not known at synth; write a name such as"):
        endpoint_service(name)


@pytest.mark.parametrize("region", ["us-west-2", "mx-central-1"])
def test_region_in_which_policies_are_not_documented_is_refused(region: str) -> None:
    with pytest.raises(
        InvalidInputError, match=f"kinesis-streams can have no .* in {region}, because AWS does not"
    ):
        endpoint_service("kinesis-streams", region=region)


# A token's text differs from process to process, and workers compare the names of the tests.
@pytest.mark.parametrize(
    "region", ["eu-west-1", None, cdk.Aws.REGION], ids=["known", "none", "ref"]
)
def test_region_in_which_they_are_is_fine(region: str | None) -> None:
    assert endpoint_service("kinesis-streams", region=region).name == "kinesis-streams"


def test_by_default_everything_that_code_uses() -> None:
    service = endpoint_service("secretsmanager")
    assert service.narrowed() == service.allowed


def test_some_actions() -> None:
    chosen = endpoint_service("states").narrowed(
        ["states:SendTaskSuccess", "states:StartExecution"]
    )
    assert [allowed.actions for allowed in chosen] == [
        ("states:StartExecution",),
        ("states:SendTaskSuccess",),
    ]
    assert [allowed.resources for allowed in chosen] == [
        ("arn:{partition}:states:{region}:{account}:stateMachine:*",),
        ("*",),
    ]


def test_some_resources() -> None:
    (allowed,) = endpoint_service("kms").narrowed(resources=[_KEY])
    assert allowed.resources == (_KEY,)
    assert allowed.bind_resource
    assert allowed.arns(partition="aws", region="us-east-1", account=_ACCOUNT) == [_KEY]


def test_resources_that_are_references() -> None:
    reference_to_key = cdk.Fn.import_value("Key")
    (allowed,) = endpoint_service("kms").narrowed(resources=[reference_to_key])
    assert allowed.arns(partition="aws", region="us-east-1", account=_ACCOUNT) == [reference_to_key]


def test_actions_without_a_resource_stay_as_they_are() -> None:
    machine = f"arn:aws:states:us-east-1:{_ACCOUNT}:stateMachine:Machine"
    chosen = endpoint_service("states").narrowed(
        ["states:SendTaskSuccess", "states:StartExecution"], [machine]
    )
    assert [allowed.resources for allowed in chosen] == [(machine,), ("*",)]


def test_models_of_aws_and_of_the_account_are_kept_apart() -> None:
    chosen = endpoint_service("bedrock-runtime").narrowed(
        ["bedrock:InvokeModel"], [_MODEL, _PROFILE]
    )
    assert [(allowed.bind_resource, allowed.resources) for allowed in chosen] == [
        (False, (_MODEL,)),
        (True, (_PROFILE,)),
    ]


def test_model_alone_admits_no_resource_of_an_account() -> None:
    (allowed,) = endpoint_service("bedrock-runtime").narrowed(resources=[_MODEL])
    assert (allowed.bind_resource, allowed.resources) == (False, (_MODEL,))


def test_model_of_the_cdk_belongs_to_aws() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    model = bedrock.FoundationModel.from_foundation_model_id(
        stack, "Model", bedrock.FoundationModelIdentifier.AMAZON_TITAN_TEXT_LITE_V1
    )
    assert belongs_to_aws(model.model_arn)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:s3:::bucket",
        "arn:aws:ssm:us-east-1::parameter/aws/service",
        "arn:aws:bedrock:us-east-1:111122223333:custom-model/x::foundation-model/y",
        "arn:aws:bedrock:*:*:foundation-model/*",
        "*",
    ],
)
def test_what_does_not_belong_to_aws(resource: str) -> None:
    assert not belongs_to_aws(resource)


def test_function_must_be_named() -> None:
    service = endpoint_service("lambda")
    with pytest.raises(
        InvalidInputError,
        match=r"the endpoint of lambda carries lambda:InvokeFunction to named resources only; "
        r"write resources=\[\.\.\.\] with their ARNs",
    ):
        service.narrowed()
    function = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:Relay"
    assert service.narrowed(resources=[function]) == (
        Allowed(("lambda:InvokeFunction",), (function,)),
    )


def test_further_action_needs_a_resource() -> None:
    service = endpoint_service("sts")
    with pytest.raises(InvalidInputError, match="carries sts:AssumeRole to named resources only"):
        service.narrowed(["sts:AssumeRole"])
    role = f"arn:aws:iam::{_ACCOUNT}:role/Reader"
    assert service.narrowed(["sts:GetCallerIdentity", "sts:AssumeRole"], [role]) == (
        Allowed(("sts:GetCallerIdentity",), ("*",)),
        Allowed(("sts:AssumeRole",), (role,)),
    )


@pytest.mark.parametrize("action", ["sqs:*", "sqs:Send*", "sns:Publish", "SendMessage", "*", ""])
def test_action_that_the_endpoint_cannot_carry_is_refused(action: str) -> None:
    with pytest.raises(
        InvalidInputError,
        match=f"the action '{re.escape(action)}' is no action that the endpoint of sqs could "
        r"carry; write whole names without a star, as in actions=\['sqs:ChangeMessageVisibility'\]",
    ):
        endpoint_service("sqs").narrowed([action])


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("kms", "kms:CreateGrant"),
        ("kms", "kms:PutKeyPolicy"),
        ("secretsmanager", "secretsmanager:PutResourcePolicy"),
        ("sns", "sns:Subscribe"),
        ("sqs", "sqs:AddPermission"),
        ("sqs", "sqs:SetQueueAttributes"),
    ],
)
def test_action_that_gives_others_access_is_refused(name: str, action: str) -> None:
    with pytest.raises(InvalidInputError, match=f"the action '{action}' gives others access"):
        endpoint_service(name).narrowed([action], ["arn:aws:x:us-east-1:111122223333:y"])


@pytest.mark.parametrize("actions", ["kms:Decrypt", []])
def test_actions_that_are_no_list_are_refused(actions: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"actions is .*; write a list: actions=\['kms:"):
        endpoint_service("kms").narrowed(actions)


def test_action_that_is_no_string_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="actions has 7, which is no string"):
        endpoint_service("kms").narrowed([7])  # type: ignore[list-item]


@pytest.mark.parametrize("resources", [_KEY, []])
def test_resources_that_are_no_list_are_refused(resources: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"resources is .*; write a list: resources=\["):
        endpoint_service("kms").narrowed(resources=resources)


@pytest.mark.parametrize("resource", ["*", "alias/app", 7])
def test_resource_that_is_no_arn_is_refused(resource: Any) -> None:
    with pytest.raises(
        InvalidInputError, match=r"resources has .*, which is no ARN; write the ARNs"
    ):
        endpoint_service("kms").narrowed(resources=[resource])


@pytest.mark.parametrize(("name", "resource"), [("textract", _KEY), ("kms", _MODEL)])
def test_resource_that_no_action_works_on_is_refused(name: str, resource: str) -> None:
    with pytest.raises(
        InvalidInputError,
        match=f"none of the actions that the endpoint of {name} carries works on the resource",
    ):
        endpoint_service(name).narrowed(resources=[resource])
