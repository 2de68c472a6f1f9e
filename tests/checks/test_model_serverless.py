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
from secure_lambda_constructs.checks.model.values import as_list
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
        (
            "Function",
            {"Events": {"E": {"Type": "SNS", "Properties": {"SqsSubscription": True}}}},
            "what SAM makes of SqsSubscription is not known here",
        ),
        ("StateMachine", {"Events": {"E": {}}}, "of a state machine is not known here"),
        ("Function", {"Fn::Transform": {"Name": "M"}}, "what SAM makes of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_understood_is_said(kind: str, properties: dict[str, Any], reason: str) -> None:
    (gap,) = _expanded(kind, properties).gaps
    assert gap.logical_id == "It"
    assert gap.construct_path == "App/It"
    assert reason in gap.reason


def _allowed(world: World) -> list[tuple[str, str]]:
    """Return the actions and the resources that the role of the function allows."""
    (role,) = (each for each in world.of("AWS::IAM::Role") if each.logical_id == "ItRole")
    return sorted(
        (action, resource)
        for document in role_documents(world, role)
        for statement in statements(document)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if not action.startswith("logs:")
    )


_TABLE = "arn:aws:dynamodb:us-east-1:444455556666:table/users"
_WRITES = ("dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (
            {"DynamoDBWritePolicy": {"TableName": "users"}},
            [(action, place) for action in _WRITES for place in (_TABLE, f"{_TABLE}/index/*")],
        ),
        ({"KMSDecryptPolicy": {"KeyId": {"Ref": "Given"}}}, [("kms:Decrypt", "*")]),
        (
            {"AWSSecretsManagerGetSecretValuePolicy": {"SecretArn": "arn:aws:sm:x"}},
            [("secretsmanager:GetSecretValue", "arn:aws:sm:x")],
        ),
        (
            {"EFSWriteAccessPolicy": {"FileSystem": "fs-1", "AccessPoint": "fsap-1"}},
            [
                (
                    f"elasticfilesystem:Client{action}",
                    "arn:aws:elasticfilesystem:us-east-1:444455556666:file-system/fs-1",
                )
                for action in ("Mount", "Write")
            ],
        ),
        ({"Fn::If": ["No", {"TextractPolicy": {}}, {"Ref": "AWS::NoValue"}]}, []),
        ({"Fn::If": ["Yes", {"TextractPolicy": {}}, "x"]}, [("textract:*", "*")]),
        ({"Fn::If": ["No", "AdministratorAccess", {"Ref": "AWS::NoValue"}]}, []),
        ({"Fn::If": ["Yes", "AdministratorAccess", {"Ref": "AWS::NoValue"}]}, [("*", "*")]),
    ],
    ids=range(8),
)
def test_a_policy_template_allows_what_sam_says(policy: Any, allowed: list[Any]) -> None:
    sections = {
        "Parameters": {"Given": {"Type": "String"}},
        "Conditions": {
            "No": {"Fn::Equals": ["a", "b"]},
            "Yes": {"Fn::Equals": ["a", "a"]},
        },
    }
    assert _allowed(_expanded("Function", {"Policies": [policy]}, **sections)) == sorted(allowed)


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ({"NewPolicy": {}}, "NewPolicy"),
        ({"KMSDecryptPolicy": {}}, "KMSDecryptPolicy"),
        ({"KMSDecryptPolicy": "key"}, "KMSDecryptPolicy"),
        ({"A": {}, "B": {}}, "A, B"),
        (7, "7"),
    ],
    ids=range(5),
)
def test_a_policy_template_that_is_not_known_may_allow_everything(policy: Any, named: str) -> None:
    world = _expanded("Function", {"Policies": policy})
    (role,) = world.of("AWS::IAM::Role")
    (made,) = role.get("Policies")
    reason = f"the SAM policy template {named} is not known here"
    assert made["PolicyDocument"] == Unknown(reason)
    assert ("*", "*") in _allowed(world)


def test_a_condition_on_the_file_system_is_kept() -> None:
    policy = {"EFSWriteAccessPolicy": {"FileSystem": "fs-1", "AccessPoint": {"Ref": "Point"}}}
    resources = {
        "It": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [policy]}},
        "Point": {"Type": "AWS::EFS::AccessPoint"},
    }
    world = _world({"Resources": resources})
    (role,) = world.of("AWS::IAM::Role")
    (point,) = world.of("AWS::EFS::AccessPoint")
    (made,) = role.get("Policies")
    (statement,) = made["PolicyDocument"]["Statement"]
    wanted = {"StringEquals": {"elasticfilesystem:AccessPointArn": point.arn}}
    assert statement["Condition"] == wanted


_SECRET = {"Type": "BASIC_AUTH", "URI": "secret"}
_REGISTRY = "arn:aws:glue:us-east-1:444455556666:registry/r"


@pytest.mark.parametrize(
    ("kind", "properties", "allowed"),
    [
        (
            "MQ",
            {"Broker": "broker", "SourceAccessConfigurations": [_SECRET, {"Type": "VIRTUAL_HOST"}]},
            {("secretsmanager:GetSecretValue", "secret"), ("mq:DescribeBroker", "broker")},
        ),
        (
            "SelfManagedKafka",
            {
                "SourceAccessConfigurations": [
                    {"Type": "SASL_SCRAM_512_AUTH", "URI": "secret"},
                    {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
                    {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
                ],
                "SecretsManagerKmsKeyId": "key-1",
            },
            {
                ("secretsmanager:GetSecretValue", "secret"),
                ("ec2:CreateNetworkInterface", "*"),
                ("kms:Decrypt", "arn:aws:kms:us-east-1:444455556666:key/key-1"),
            },
        ),
        (
            "DocumentDB",
            {"Cluster": "cluster", "SourceAccessConfigurations": [_SECRET]},
            {
                ("secretsmanager:GetSecretValue", "secret"),
                ("rds:DescribeDBClusters", "cluster"),
                ("ec2:CreateNetworkInterface", "*"),
            },
        ),
        (
            "MSK",
            {
                "Stream": "cluster",
                "SchemaRegistryConfig": {
                    "SchemaRegistryURI": _REGISTRY,
                    "AccessConfigs": [{"Type": "BASIC_AUTH", "URI": "registry-secret"}],
                },
                "DestinationConfig": {"OnFailure": {"Type": "S3", "Destination": "bucket"}},
            },
            {
                ("secretsmanager:GetSecretValue", "registry-secret"),
                ("glue:GetRegistry", _REGISTRY),
                ("glue:GetSchemaVersion", "arn:aws:glue:us-east-1:444455556666:schema/r/*"),
                ("s3:PutObject", "bucket/*"),
                ("s3:ListBucket", "bucket"),
            },
        ),
        (
            "SQS",
            {
                "Queue": "queue",
                "DestinationConfig": {"OnFailure": {"Type": "SNS", "Destination": "topic"}},
            },
            {("sns:Publish", "topic")},
        ),
    ],
    ids=["MQ", "SelfManagedKafka", "DocumentDB", "MSK", "SQS"],
)
def test_an_event_gives_the_role_what_it_needs(
    kind: str, properties: dict[str, Any], allowed: set[tuple[str, str]]
) -> None:
    events = {"E": {"Type": kind, "Properties": properties}}
    world = _expanded("Function", {"Events": events})
    assert world.gaps == ()
    assert allowed <= set(_allowed(world))
    (mapping,) = world.of("AWS::Lambda::EventSourceMapping")
    assert "Type" not in mapping.get("DestinationConfig", "OnFailure", default={})


def test_a_secret_that_an_event_does_not_tell_may_be_any() -> None:
    events = {"E": {"Type": "MQ", "Properties": {"SourceAccessConfigurations": {"Ref": "Given"}}}}
    world = _expanded("Function", {"Events": events}, Parameters={"Given": {"Type": "String"}})
    assert ("secretsmanager:GetSecretValue", "*") in _allowed(world)


@pytest.mark.parametrize(
    ("kind", "made", "action"),
    [
        ("SQS", "AWS::SQS::Queue", "sqs:SendMessage"),
        ("SNS", "AWS::SNS::Topic", "sns:Publish"),
    ],
)
@pytest.mark.parametrize("written", [None, {"Fn::If": ["No", "arn", {"Ref": "AWS::NoValue"}]}])
def test_sam_makes_the_destination_that_is_not_told(
    kind: str, made: str, action: str, written: Any
) -> None:
    target = {"Type": kind, **({} if written is None else {"Destination": written})}
    config = {"DestinationConfig": {"OnSuccess": target}}
    conditions = {"No": {"Fn::Equals": ["a", "b"]}}
    world = _expanded("Function", {"EventInvokeConfig": config}, Conditions=conditions)
    (found,) = world.of(made)
    (invoked,) = world.of("AWS::Lambda::EventInvokeConfig")
    assert invoked.get("DestinationConfig", "OnSuccess", "Destination") == found.arn
    assert (action, found.arn) in _allowed(world)


def test_a_role_that_sam_makes_only_sometimes() -> None:
    role = {"Fn::If": ["No", "arn:aws:iam::444455556666:role/own", {"Ref": "AWS::NoValue"}]}
    world = _expanded("Function", {"Role": role}, Conditions={"No": {"Fn::Equals": ["a", "b"]}})
    (function,) = world.of("AWS::Lambda::Function")
    found = Function(world, function).role
    assert found is not None
    assert found.logical_id == "ItRole"


def test_what_starts_a_state_machine() -> None:
    events = {
        "Nightly": {
            "Type": "ScheduleV2",
            "Properties": {"ScheduleExpression": "rate(1 day)", "DeadLetterConfig": {"Arn": "q"}},
        },
        "Ordered": {
            "Type": "EventBridgeRule",
            "Properties": {"Pattern": {"source": ["shop"]}, "DeadLetterConfig": {"Type": "SQS"}},
        },
        "Own": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)", "RoleArn": "own"}},
        "Post": {"Type": "Api", "Properties": {"Path": "/", "Method": "post"}},
    }
    properties = {"Events": events, "Tracing": {"Enabled": True}}
    world = _expanded("StateMachine", properties)
    assert world.gaps == ()
    (machine,) = world.of("AWS::StepFunctions::StateMachine")
    roles = {role.logical_id: role for role in world.of("AWS::IAM::Role")}
    assert roles.keys() == {"ItRole", "ItNightlyRole", "ItOrderedRole", "ItPostRole"}
    for name, service in {
        "ItNightlyRole": "scheduler.amazonaws.com",
        "ItOrderedRole": "events.amazonaws.com",
        "ItPostRole": "apigateway.amazonaws.com",
    }.items():
        (trust,) = statements(roles[name].get("AssumeRolePolicyDocument"))
        assert trust["Principal"] == {"Service": [service]}
        first, *rest = statements(roles[name].get("Policies")[0]["PolicyDocument"])
        assert (first["Action"], first["Resource"]) == ("states:StartExecution", machine.arn)
        assert [entry["Resource"] for entry in rest] == (["q"] if "Nightly" in name else [])
    assert roles["ItRole"].get("ManagedPolicyArns") == [
        "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"
    ]
    targets = {rule.logical_id: rule.get("Targets")[0] for rule in world.of("AWS::Events::Rule")}
    (queue,) = world.of("AWS::SQS::Queue")
    assert targets["ItOrdered"]["DeadLetterConfig"] == {"Arn": queue.arn}
    assert targets["ItOwn"]["RoleArn"] == "own"


def test_codedeploy_has_a_role_of_its_own() -> None:
    preference = {"Type": "AllAtOnce"}
    world = _expanded("Function", {"Role": "own", "DeploymentPreference": preference})
    (role,) = world.of("AWS::IAM::Role")
    assert role.logical_id == "CodeDeployServiceRole"
    for changed in ({"Enabled": False}, {"Role": "theirs"}):
        properties = {"Role": "own", "DeploymentPreference": {**preference, **changed}}
        assert _expanded("Function", properties).of("AWS::IAM::Role") == []


@pytest.mark.parametrize(
    ("ignored", "subnets"),
    [("*", None), (["VpcConfig"], None), (["Timeout"], ["subnet-1"]), (None, ["subnet-1"])],
    ids=range(4),
)
def test_a_resource_may_leave_globals_out(ignored: Any, subnets: Any) -> None:
    shared = {"Function": {"VpcConfig": {"SubnetIds": ["subnet-1"]}, "Timeout": 3}}
    resource = {"Type": "AWS::Serverless::Function", "IgnoreGlobals": ignored}
    world = _world({"Resources": {"It": resource}, "Globals": shared})
    (function,) = world.of("AWS::Lambda::Function")
    assert function.get("VpcConfig", "SubnetIds") == subnets


@pytest.mark.parametrize("kind", ["AWS::Serverless::Function", "AWS::SNS::Topic"])
def test_what_connectors_allow_is_not_known(kind: str) -> None:
    connectors = {"Reads": {"Properties": {"Destination": {"Id": "T"}, "Permissions": ["Read"]}}}
    (gap,) = _world({"Resources": {"It": {"Type": kind, "Connectors": connectors}}}).gaps
    assert gap.logical_id == "It"
    assert gap.reason == "what SAM allows by the connectors of a resource is not known here"


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


def test_properties_that_only_sam_has() -> None:
    resources = {
        "It": {"Type": "AWS::Serverless::Function", "Properties": {"AutoPublishAlias": "live"}},
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1"}},
        "Probe": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Alias": {"Ref": "It.Alias"},
                "Version": {"Fn::Sub": "${It.Version}"},
                "Stage": {"Ref": "Api.Stage"},
                "Arn": {"Fn::GetAtt": ["It.Alias", "AliasArn"]},
            },
        },
    }
    world = _world({"Resources": resources})
    (function,) = world.of("AWS::Lambda::Function")
    (probe,) = world.of("AWS::SSM::Parameter")
    assert probe.properties == {
        "Alias": f"{function.arn}:live",
        "Version": f"{function.arn}:1",
        "Stage": "v1",
        "Arn": f"{function.arn}:live",
    }


def test_what_a_macro_makes_stays_unknown() -> None:
    resource = {"Type": "AWS::Serverless::Function", "Fn::Transform": {"Name": "M"}}
    (gap,) = _world({"Resources": {"It": resource}}).gaps
    assert gap.reason == "a macro makes it"
