"""SAM: what the model makes of a template is what AWS's own translator makes of it.

`serverless/processed.json` is what aws-sam-translator 1.115.0 makes of `serverless/template.yaml`,
with the ARN of the managed policy `AWSLambdaRole` given to it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.model import Resource, StackTemplate, Unknown, World
from secure_lambda_constructs.checks.model.files import read_document
from secure_lambda_constructs.checks.model.policies import role_documents, statements
from secure_lambda_constructs.checks.model.views import Function

_FOLDER = Path(__file__).parent / "serverless"

# What the translator adds, and no leak path leads through.
_LEFT_OUT: dict[str, set[str]] = {
    "AWS::ApiGatewayV2::Api": {"Body"},
    "AWS::DynamoDB::Table": {"AttributeDefinitions", "BillingMode", "KeySchema"},
    "AWS::Lambda::Function": {"Tags"},
    "AWS::Logs::SubscriptionFilter": {"FilterPattern"},
    "AWS::S3::Bucket": {"NotificationConfiguration", "Tags"},
    "AWS::Scheduler::Schedule": {"FlexibleTimeWindow", "Name", "ScheduleExpression"},
    "AWS::StepFunctions::StateMachine": {"DefinitionS3Location", "Tags"},
}


def _world(template: dict[str, Any]) -> World:
    return World(
        [StackTemplate(name="App", account="444455556666", region="us-east-1", template=template)]
    )


@pytest.fixture(scope="module")
def ours() -> World:
    """The world of the template, as the model expands it."""
    return _world(read_document(_FOLDER / "template.yaml"))


@pytest.fixture(scope="module")
def theirs() -> World:
    """The world of the template, as AWS's translator expands it."""
    return _world(json.loads((_FOLDER / "processed.json").read_text()))


def _ids(world: World) -> set[str]:
    return {resource.logical_id for resource in world.resources}


def _sorted(value: Any) -> Any:
    """Bring into an order what has none: actions, statements, policies."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        made = [_sorted(item) for item in value]
        return made[0] if len(made) == 1 else sorted(made, key=repr)
    return value


def _of_role(role: Resource) -> dict[str, Any]:
    return {
        "boundary": role.get("PermissionsBoundary"),
        "trust": _sorted(statements(role.get("AssumeRolePolicyDocument"))),
        "managed": sorted(role.get("ManagedPolicyArns", default=[])),
        "inline": json.dumps(
            _sorted(
                [
                    statement
                    for policy in role.get("Policies", default=[])
                    for statement in statements(policy["PolicyDocument"])
                ]
            )
        ).lower(),
    }


def test_nothing_is_left_untold(ours: World) -> None:
    assert ours.gaps == ()


def test_the_same_resources_are_made(ours: World, theirs: World) -> None:
    # Public URLs have two permissions since 2025; either makes them public.
    left_out = {"MainURLInvokeAllowPublicAccess", "ServerlessHttpApiApiGatewayDefaultStage"}
    assert _ids(ours) == _ids(theirs) - left_out
    types = {resource.logical_id: resource.type for resource in theirs.resources}
    assert all(types[resource.logical_id] == resource.type for resource in ours.resources)


def test_the_same_properties_are_made(ours: World, theirs: World) -> None:
    known = {resource.logical_id: resource for resource in theirs.resources}
    different = [
        (resource.logical_id, name, resource.get(name), known[resource.logical_id].get(name))
        for resource in ours.resources
        if resource.type != "AWS::IAM::Role"
        for name in {**resource.properties, **known[resource.logical_id].properties}
        if name not in _LEFT_OUT.get(resource.type, ())
        and _sorted(resource.get(name)) != _sorted(known[resource.logical_id].get(name))
    ]
    # Any stage and path of the API may call; a rule's target has a name.
    assert {(logical_id, name) for logical_id, name, *_ in different} == {
        ("MainHourly", "Targets"),
        ("MainHttpPermission", "SourceArn"),
        ("MainRule", "Targets"),
    }


def test_the_same_roles_are_made(ours: World, theirs: World) -> None:
    of_theirs = {role.logical_id: _of_role(role) for role in theirs.of("AWS::IAM::Role")}
    assert {role.logical_id: _of_role(role) for role in ours.of("AWS::IAM::Role")} == of_theirs
    assert {"MainLaterRole", "MainRole", "MachineRole"} == set(of_theirs)


def _expanded(kind: str, properties: dict[str, Any], **sections: Any) -> World:
    resources = {"It": {"Type": f"AWS::Serverless::{kind}", "Properties": properties}}
    return _world({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **sections})


@pytest.mark.parametrize(
    ("kind", "properties", "reason"),
    [
        ("Connector", {"Source": {"Id": "A"}}, "what SAM makes of AWS::Serverless::Connector"),
        ("GraphQLApi", {}, "what SAM makes of AWS::Serverless::GraphQLApi is not known here"),
        ("Application", {"Location": {"ApplicationId": "x"}}, "nested stack is not here"),
        ("Application", {"Location": "./absent.yaml"}, "nested stack is not here"),
        ("Function", {"Events": {"E": {"Type": "New"}}}, "event of the type New is not known"),
        ("Function", {"Events": {"E": {}}}, "nobody can tell the event E"),
        ("Function", {"Events": {"E": {"Type": "MQ"}}}, "allows a function for an event of MQ"),
        (
            "Function",
            {"Events": {"E": {"Type": "SNS", "Properties": {"SqsSubscription": True}}}},
            "what SAM makes of SqsSubscription is not known here",
        ),
        ("StateMachine", {"Events": {"E": {}}}, "the events of a state machine is not known"),
        ("Function", {"Fn::Transform": {"Name": "M"}}, "what SAM makes of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_understood_is_said(kind: str, properties: dict[str, Any], reason: str) -> None:
    (gap,) = _expanded(kind, properties).gaps
    assert gap.logical_id == "It"
    assert gap.construct_path == "App/It"
    assert reason in gap.reason


def test_a_policy_template_may_allow_everything() -> None:
    world = _expanded("Function", {"Policies": [{"DynamoDBReadPolicy": {"TableName": "users"}}]})
    (role,) = world.of("AWS::IAM::Role")
    (policy,) = role.get("Policies")
    assert policy["PolicyDocument"] == Unknown(
        "the SAM policy template DynamoDBReadPolicy is not known here"
    )
    allowed = [entry["Action"] for doc in role_documents(world, role) for entry in statements(doc)]
    assert "*" in allowed


def test_a_resource_adds_to_the_globals() -> None:
    shared = {
        "Layers": ["shared"],
        "Timeout": 10,
        "Environment": {"Variables": {"A": "1", "B": "1"}},
        "VpcConfig": {"Ref": "Network"},
    }
    own = {
        "Layers": ["own"],
        "Timeout": 20,
        "Environment": {"Variables": {"B": "2"}},
        "VpcConfig": {"SubnetIds": ["subnet-1"]},
    }
    (function,) = _expanded("Function", own, Globals={"Function": shared}).of(
        "AWS::Lambda::Function"
    )
    assert function.get("Layers") == ["shared", "own"]
    assert function.get("Timeout") == 20
    assert function.get("Environment", "Variables") == {"A": "1", "B": "2"}
    assert function.get("VpcConfig") == {"SubnetIds": ["subnet-1"]}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"InlineCode": "x"}, {"ZipFile": "x"}),
        ({"ImageUri": "image"}, {"ImageUri": "image"}),
        ({"CodeUri": "s3://b/k/e/y"}, {"S3Bucket": "b", "S3Key": "k/e/y"}),
        ({"CodeUri": {"Bucket": "b", "Key": "k"}}, {"S3Bucket": "b", "S3Key": "k"}),
    ],
)
def test_the_code_of_a_function(written: dict[str, Any], code: dict[str, Any]) -> None:
    (function,) = _expanded("Function", written).of("AWS::Lambda::Function")
    assert function.get("Code") == code


def test_code_that_is_not_packed_is_unknown() -> None:
    (function,) = _expanded("Function", {"CodeUri": "src/"}).of("AWS::Lambda::Function")
    assert function.get("Code", "S3Key") == Unknown("the code is not packed yet")


def test_an_alias_a_layer_and_an_api() -> None:
    resources = {
        "Layer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "src"}},
        "Function": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "AutoPublishAlias": "live",
                "Layers": [{"Ref": "Layer"}],
                "Events": {"Get": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}}},
            },
        },
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "StageName": "v1",
                "Auth": {"ResourcePolicy": {"IpRangeWhitelist": ["192.0.2.0/24"]}},
                "EndpointConfiguration": {"Type": "PRIVATE", "VPCEndpointIds": ["vpce-1"]},
            },
        },
    }
    world = _world({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources})
    assert world.gaps == ()
    (layer,) = world.of("AWS::Lambda::LayerVersion")
    (function,) = world.of("AWS::Lambda::Function")
    (alias,) = world.of("AWS::Lambda::Alias")
    assert function.get("Layers") == [layer.id]
    assert alias.id == f"{function.arn}:live"
    apis = {api.logical_id: api for api in world.of("AWS::ApiGateway::RestApi")}
    own, implicit = apis["Api"], apis["ServerlessRestApi"]
    assert own.get("EndpointConfiguration") == {"Types": ["PRIVATE"], "VpcEndpointIds": ["vpce-1"]}
    assert isinstance(own.get("Policy"), Unknown)
    (permission,) = world.of("AWS::Lambda::Permission")
    assert str(implicit.id) in permission.get("SourceArn")


def test_a_function_of_sam_is_looked_at_like_any_other(ours: World) -> None:
    main, plain = (Function(ours, resource) for resource in ours.of("AWS::Lambda::Function"))
    assert main.role is not None
    assert main.role.logical_id == "MainRole"
    assert main.subnet_ids == ["subnet-1", "subnet-2"]
    assert plain.role is None
    assert main.resource.construct_path == "App/Main"


def test_what_a_macro_makes_stays_unknown() -> None:
    resource = {"Type": "AWS::Serverless::Function", "Fn::Transform": {"Name": "M"}}
    (gap,) = _world({"Resources": {"It": resource}}).gaps
    assert gap.reason == "a macro makes it"
