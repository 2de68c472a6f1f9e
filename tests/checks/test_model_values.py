"""Parameters, conditions, functions, loops, macros: what is unknown is never relied on."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.model import Resource, StackTemplate, Unknown, World
from secure_lambda_constructs.checks.model.policies import principal_documents, statements
from secure_lambda_constructs.checks.model.views import Function, security_group_rules


def _source(name: str, template: dict[str, Any], **more: Any) -> StackTemplate:
    place = {"account": "444455556666", "region": "us-east-1", **more}
    return StackTemplate(name=name, template=template, **place)


def _world(template: dict[str, Any]) -> World:
    return World([_source("App", template)])


def _value(written: Any, **template: Any) -> Any:
    """Return what a value becomes beside the given sections of a template."""
    probe = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": written}}
    resources = {**template.pop("Resources", {}), "Probe": probe}
    world = _world({**template, "Resources": resources})
    return next(r for r in world.resources if r.logical_id == "Probe").get("Value")


# One parameter of each kind, and conditions that nobody can tell.
_PARAMETERS = {
    "Known": {"Type": "String", "Default": "a"},
    "Flag": {"Type": "String", "Default": True},
    "Count": {"Type": "Number", "Default": 2},
    "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>", "Default": "subnet-1,subnet-2"},
    "Given": {"Type": "String"},
    "Read": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"},
}
_CONDITIONS = {
    "Yes": {"Fn::Equals": [{"Ref": "Known"}, "a"]},
    "No": {"Fn::Not": [{"Condition": "Yes"}]},
    "Maybe": {"Fn::Equals": [{"Ref": "Given"}, "a"]},
    "Other": {"Fn::Equals": [{"Ref": "Given"}, "b"]},
    "Either": {"Fn::Or": [{"Condition": "Maybe"}, {"Condition": "Yes"}]},
    "Neither": {"Fn::And": [{"Condition": "Maybe"}, {"Condition": "No"}]},
    "Self": {"Fn::Not": [{"Condition": "Self"}]},
    "Text": "yes",
    "Listed": {"Fn::Equals": [{"Fn::Join": [",", {"Ref": "List"}]}, "a,b"]},
}
_SECTIONS = {"Parameters": _PARAMETERS, "Conditions": _CONDITIONS}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"Ref": "Known"}, "a"),
        ({"Ref": "Count"}, 2),
        ({"Ref": "List"}, ["a", "b"]),
        ({"Ref": "Subnets"}, ["subnet-1", "subnet-2"]),
        ({"Fn::Sub": "${Flag}-${Count}"}, "true-2"),
        ({"Fn::Join": ["", [{"Ref": "Flag"}, "x"]]}, "truex"),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": [{"Ref": "Count"}]}}, '{"a":[2]}'),
        ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::GetAZs": "eu-west-1"}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", 3, "4"]}]}, "10.0.0.16/28"),
        ({"Fn::Cidr": ["10.0.0.0/23", 1]}, ["10.0.0.0/24"]),
        ({"Fn::If": ["Yes", "a", {"Ref": "Given"}]}, "a"),
        ({"Fn::If": ["No", {"Ref": "Given"}, "b"]}, "b"),
        ({"Fn::If": ["Listed", "a", "b"]}, "a"),
        # Whichever it is, the value is the same.
        ({"Fn::If": ["Maybe", ["a"], [{"Ref": "Known"}]]}, ["a"]),
        ({"a": {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"Fn::If": ["Neither", 1, 2]}, 2),
        # With the transform AWS::LanguageExtensions.
        ({"Ref": {"Fn::Sub": "K${Known}nown"}}, Unknown("App has no Kanown")),
        ({"Ref": {"Fn::Join": ["", ["Kno", "wn"]]}}, "a"),
        ({"Fn::GetAtt": [{"Fn::Join": ["", ["Pro", "be"]]}, "Type"]}, "String"),
        ({"Fn::GetAtt": [{"Ref": "Given"}, "Arn"]}, Unknown("the parameter Given has no default")),
    ],
    ids=range(24),
)
def test_a_value_that_the_template_tells(written: Any, value: Any) -> None:
    assert _value(written, **_SECTIONS) == value


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"Ref": "Given"}, "the parameter Given has no default"),
        ({"Ref": "Read"}, "the parameter Read is read at deployment"),
        ({"Fn::If": ["Maybe", "a", "b"]}, "the parameter Given has no default"),
        ({"Fn::If": ["Maybe", {"Ref": "Given"}, {"Ref": "Given"}]}, "the parameter Given has no"),
        ({"Fn::If": ["Maybe", "a", {"Ref": "AWS::NoValue"}]}, "the parameter Given has no default"),
        ({"Fn::If": ["Self", "a", "b"]}, "condition Self refers to itself"),
        ({"Fn::If": ["Text", "a", "b"]}, "the condition Text is neither true nor false"),
        ({"Fn::If": ["Absent", "a", "b"]}, "App has no condition Absent"),
        ({"Fn::Sub": "${Given}"}, "the parameter Given has no default"),
        ({"Fn::Sub": "${List}"}, "List in Fn::Sub is no text"),
        ({"Fn::Join": [",", [["a"]]]}, "Fn::Join has a part that is no text"),
        ({"Fn::Join": [",", "a"]}, "Fn::Join has no list to join"),
        ({"Fn::Select": [3, {"Ref": "List"}]}, "Fn::Select finds no element 3"),
        ({"Fn::Select": [-1, {"Ref": "List"}]}, "Fn::Select finds no element -1"),
        ({"Fn::Select": [{"Ref": "Given"}, ["a"]]}, "the parameter Given has no default"),
        ({"Fn::Length": {"Ref": "Given"}}, "the parameter Given has no default"),
        ({"Fn::ToJsonString": [{"Ref": "Given"}]}, "the parameter Given has no default"),
        ({"Fn::Cidr": [{"Ref": "Given"}, 1, 8]}, "the parameter Given has no default"),
        ({"Fn::FindInMap": ["M", {"Ref": "Given"}, "x"]}, "the parameter Given has no default"),
        ({"Fn::FindInMap": ["M", "a", "y"]}, "the mapping M has no a y"),
        ({"Fn::FindInMap": ["N", "a", "x"]}, "a macro makes the mapping N"),
        ({"Fn::Transform": {"Name": "M"}}, "nobody can tell what Fn::Transform returns"),
        ({"a": 1, "Fn::Transform": {"Name": "M"}}, "nobody can tell what Fn::Transform returns"),
        ("a {{resolve:secretsmanager:x}}", "a {{resolve:secretsmanager:x}} is read at deployment"),
        ({"Fn::GetStackOutput": {"StackName": {"Ref": "Given"}, "OutputName": "x"}}, "which stack"),
        ({"Fn::GetStackOutput": {"StackName": "S", "OutputName": "x"}}, "no template is of the"),
        ({"Fn::GetStackOutput": "S"}, "nobody can tell which stack Fn::GetStackOutput reads"),
        ({"Fn::ImportValue": "x"}, "nothing exports x"),
        # What CloudFormation would refuse is not worth a traceback.
        ({"Fn::Join": "a"}, "Fn::Join of 'a' is not what CloudFormation takes"),
        ({"Fn::If": ["Yes", "a"]}, "Fn::If of"),
        ({"Fn::Select": []}, "Fn::Select of [] is not what CloudFormation takes"),
        ({"Fn::Select": ["x", ["a"]]}, "Fn::Select of ['x', ['a']] is not what"),
        ({"Fn::Cidr": ["x", 1, 8]}, "Fn::Cidr of"),
        ({"Fn::Cidr": [False, 1, 8]}, "Fn::Cidr of"),
        ({"Fn::GetAtt": "Vpc"}, "Fn::GetAtt of 'Vpc' is not what CloudFormation takes"),
        ({"Fn::FindInMap": ["M"]}, "Fn::FindInMap of ['M'] is not what CloudFormation takes"),
        ({"Ref": ["x"]}, "Ref of ['x'] is not what CloudFormation takes"),
    ],
    ids=range(37),
)
def test_a_value_that_nobody_can_tell(written: Any, reason: str) -> None:
    mappings = {"M": {"a": {"x": "y"}}, "N": {"a": {"Fn::Transform": {"Name": "M"}}}}
    value = _value(written, Mappings=mappings, **_SECTIONS)
    assert isinstance(value, Unknown)
    assert reason in value.reason


_WRITTEN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["a", "Probe", "Given", "${x}", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Ref", "Condition", "a", "Fn::ForEach::X", "Fn::Transform"]
                + [f"Fn::{name}" for name in ("And", "Base64", "Cidr", "Equals", "FindInMap")]
                + [f"Fn::{name}" for name in ("GetAZs", "GetAtt", "GetStackOutput", "If", "Sub")]
                + [f"Fn::{name}" for name in ("ImportValue", "Join", "Length", "Not", "Or")]
                + [f"Fn::{name}" for name in ("Select", "Split", "ToJsonString")]
            ),
            inner,
            max_size=2,
        )
    ),
    max_leaves=10,
)


@given(written=_WRITTEN)
def test_whatever_is_written_has_a_value(written: Any) -> None:
    value = _value(written, **_SECTIONS, Mappings={"a": {"a": {"a": "a"}}})
    assert [key for key in _keys(value) if key.startswith("Fn::")] == []


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        yield from _keys(list(value.values()))
    for item in value if isinstance(value, list) else []:
        yield from _keys(item)


def _conditional(kind: str, condition: str | None, **properties: Any) -> dict[str, Any]:
    under = {} if condition is None else {"Condition": condition}
    return {"Type": kind, "Properties": properties, **under}


_ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
_DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
_BOTH = {"Version": "2012-10-17", "Statement": [_ALLOW, _DENY]}


@pytest.mark.parametrize(
    ("role", "policy", "effects"),
    [
        (None, None, ["Allow", "Deny"]),
        (None, "Yes", ["Allow", "Deny"]),
        (None, "No", []),
        (None, "Maybe", ["Allow"]),
        # If the one is there, so is the other.
        ("Maybe", "Maybe", ["Allow", "Deny"]),
        ("Other", "Maybe", ["Allow"]),
        ("Maybe", None, ["Allow", "Deny"]),
    ],
    ids=["always", "surely", "never", "perhaps", "together", "apart", "role-only"],
)
@pytest.mark.parametrize("kind", ["Policy", "ManagedPolicy", "RolePolicy"])
def test_a_deny_that_may_not_be_there_does_not_count(
    kind: str, role: str | None, policy: str | None, effects: list[str]
) -> None:
    target = {"RoleName": {"Ref": "Role"}} if kind == "RolePolicy" else {"Roles": [{"Ref": "Role"}]}
    resources = {
        "Role": _conditional("AWS::IAM::Role", role),
        "Policy": _conditional(f"AWS::IAM::{kind}", policy, PolicyDocument=_BOTH, **target),
    }
    world = _world({"Resources": resources, **_SECTIONS})
    (found,) = world.of("AWS::IAM::Role")
    documents = principal_documents(world, found)
    assert [entry["Effect"] for doc in documents for entry in statements(doc)] == effects


def test_a_policy_for_two_roles_counts_only_if_both_are_there_with_it() -> None:
    resources = {
        "One": _conditional("AWS::IAM::Role", "Maybe"),
        "Two": _conditional("AWS::IAM::Role", None),
        "Policy": _conditional(
            "AWS::IAM::Policy",
            "Maybe",
            PolicyDocument=_BOTH,
            Roles=[{"Ref": "One"}, {"Ref": "Two"}],
        ),
    }
    (policy,) = _world({"Resources": resources, **_SECTIONS}).of("AWS::IAM::Policy")
    assert policy.get("PolicyDocument", "Statement") == [_ALLOW]
    resources["Policy"]["Properties"]["Roles"] = [{"Ref": "One"}, "two"]
    (named,) = _world({"Resources": resources, **_SECTIONS}).of("AWS::IAM::Policy")
    assert named.get("PolicyDocument", "Statement") == [_ALLOW]
    assert policy.uncertain == Unknown("the parameter Given has no default")


@pytest.mark.parametrize("kind", ["Policy", "ManagedPolicy", "RolePolicy"])
def test_a_policy_of_nobody_knows_whom_may_allow_but_denies_nothing(kind: str) -> None:
    of = {"Ref": "Given"}
    target = {"RoleName": of} if kind == "RolePolicy" else {"Roles": [of]}
    resources = {
        "Role": _conditional("AWS::IAM::Role", None),
        "User": _conditional("AWS::IAM::User", None),
        "Policy": _conditional(f"AWS::IAM::{kind}", None, PolicyDocument=_BOTH, **target),
    }
    world = _world({"Resources": resources, **_SECTIONS})
    (role,) = world.of("AWS::IAM::Role")
    (document,) = principal_documents(world, role)
    assert statements(document) == [_ALLOW]
    (user,) = world.of("AWS::IAM::User")
    assert principal_documents(world, user) == ()


def test_denies_of_a_resource_s_own_policy_count_if_the_resource_is_there() -> None:
    role = _conditional("AWS::IAM::Role", "Maybe", Policies=[{"PolicyDocument": _BOTH}])
    world = _world({"Resources": {"Role": role}, **_SECTIONS})
    (found,) = world.of("AWS::IAM::Role")
    (document,) = principal_documents(world, found)
    assert [entry["Effect"] for entry in statements(document)] == ["Allow", "Deny"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::S3::BucketPolicy", "PolicyDocument"),
        ("AWS::SQS::QueuePolicy", "PolicyDocument"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument"),
        ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
        ("AWS::Kinesis::ResourcePolicy", "ResourcePolicy"),
    ],
)
def test_a_policy_of_a_resource_closes_nothing_if_it_may_not_be_there(kind: str, name: str) -> None:
    resources = {
        "Maybe": _conditional(kind, "Maybe", **{name: _BOTH}),
        "Surely": _conditional(kind, "Yes", **{name: _BOTH}),
    }
    maybe, surely = _world({"Resources": resources, **_SECTIONS}).resources
    assert maybe.get(name, "Statement") == [_ALLOW]
    assert surely.get(name, "Statement") == [_ALLOW, _DENY]


def test_a_dns_firewall_that_may_not_be_there_closes_nothing() -> None:
    association = "AWS::Route53Resolver::FirewallRuleGroupAssociation"
    properties = {
        "FirewallRuleGroupId": "rslvr-frg-1",
        "MutationProtection": "ENABLED",
        "Priority": 101,
        "VpcId": "vpc-1",
    }
    resources = {"A": _conditional(association, "Maybe", **properties)}
    (found,) = _world({"Resources": resources, **_SECTIONS}).resources
    assert isinstance(found.get("FirewallRuleGroupId"), Unknown)
    assert isinstance(found.get("MutationProtection"), Unknown)
    # Beside its VPC it would be there whenever the VPC is.
    vpc = _conditional("AWS::EC2::VPC", "Maybe")
    resources = {"Vpc": vpc, "A": _conditional(association, "Maybe", **properties)}
    resources["A"]["Properties"]["VpcId"] = {"Fn::GetAtt": ["Vpc", "VpcId"]}
    beside = _world({"Resources": resources, **_SECTIONS}).resources[-1]
    assert beside.get("FirewallRuleGroupId") == "rslvr-frg-1"
    # Where it would be is told, so that it is seen.
    assert (found.get("VpcId"), found.get("Priority")) == ("vpc-1", 101)


def _nested_world(condition: str) -> World:
    inner = {
        "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
        "Conditions": {"Many": {"Fn::Equals": [{"Fn::Length": {"Ref": "Names"}}, 2]}},
        "Resources": {
            "Policy": _conditional("AWS::S3::BucketPolicy", "Many", PolicyDocument=_BOTH),
        },
        "Outputs": {"Gone": {"Condition": "Absent", "Value": "x"}},
    }
    stack = _conditional(
        "AWS::CloudFormation::Stack",
        condition,
        Parameters={"Names": {"Fn::Join": [",", ["a", "b"]]}},
    )
    outer = {"Resources": {"Inner": stack}, **_SECTIONS}
    return World(
        [
            _source("App", outer),
            _source("App-Inner", inner, parent=("App", "Inner")),
        ]
    )


def test_a_nested_stack_is_there_as_surely_as_its_resource() -> None:
    (surely,) = _nested_world("Yes").of("AWS::S3::BucketPolicy")
    (maybe,) = _nested_world("Maybe").of("AWS::S3::BucketPolicy")
    assert surely.uncertain is None
    assert surely.get("PolicyDocument", "Statement") == [_ALLOW, _DENY]
    assert maybe.uncertain == Unknown("the parameter Given has no default")
    assert maybe.get("PolicyDocument", "Statement") == [_ALLOW]
    assert _nested_world("No").resources == []


def _loop(body: dict[str, Any], over: Any = None) -> dict[str, Any]:
    return {"Fn::ForEach::Loop": ["Name", over or ["Jobs", "Mail.Box"], body]}


def test_a_loop_is_unrolled() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "q-${Name}"}}}
    output = {"Value": {"Fn::GetAtt": ["Queue&{Name}", "Arn"]}, "Export": {"Name": {"Ref": "Name"}}}
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {
            **_loop({"Queue&{Name}": queue}),
            "Probe": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Value": {"Fn::ImportValue": "Mail.Box"},
                    "Tags": {"fixed": "1", **_loop({"${Name}": {"Ref": "Name"}})},
                },
            },
        },
        "Outputs": _loop({"Out&{Name}": output}),
    }
    world = _world(template)
    assert world.gaps == ()
    assert [r.logical_id for r in world.resources] == ["QueueJobs", "QueueMailBox", "Probe"]
    probe = world.resources[-1]
    assert probe.get("Value") == "arn:aws:sqs:us-east-1:444455556666:q-Mail.Box"
    assert probe.get("Tags") == {"fixed": "1", "Jobs": "Jobs", "Mail.Box": "Mail.Box"}


def test_a_loop_in_a_loop_over_a_parameter() -> None:
    inner = {
        "Fn::ForEach::Inner": ["Y", {"Ref": "List"}, {"Q${X}${Y}": {"Type": "AWS::SQS::Queue"}}]
    }
    template = {"Resources": {"Fn::ForEach::Outer": ["X", ["1", "2"], inner]}, **_SECTIONS}
    assert [r.logical_id for r in _world(template).resources] == ["Q1a", "Q1b", "Q2a", "Q2b"]


@pytest.mark.parametrize(
    ("loop", "reason"),
    [
        (["X", {"Ref": "Given"}, {}], "Fn::ForEach::L runs over what nobody can tell"),
        (["X", ["a", {"Ref": "Given"}], {}], "Fn::ForEach::L runs over what nobody can tell"),
        (["X", ["a"]], "Fn::ForEach::L is not a loop"),
    ],
    ids=range(3),
)
def test_a_loop_over_what_nobody_can_tell(loop: Any, reason: str) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"Tags": {"Fn::ForEach::L": loop}}}
    template = {"Resources": {"Fn::ForEach::L": loop, "Queue": queue}, **_SECTIONS}
    world = _world(template)
    assert [(gap.logical_id, gap.reason) for gap in world.gaps] == [("", reason)]
    assert [resource.get("Tags") for resource in world.resources] == [Unknown(reason)]


@pytest.mark.parametrize(
    ("template", "logical_id", "reason"),
    [
        ({"Transform": "Own"}, "", "the macro Own may change all that the template creates"),
        ({"Transform": [{"Name": "AWS::Include"}]}, "", "the macro AWS::Include may change all"),
        ({"Fn::Transform": {"Name": "Own"}}, "", "Fn::Transform adds sections that"),
        ({"Resources": {"Fn::Transform": {"Name": "Own"}}}, "", "Fn::Transform adds resources"),
        ({"Resources": {"A": {"Type": "Own::Net::Vpc::MODULE"}}}, "A", "the module Own::Net::Vpc"),
        ({"Resources": {"A": {"Properties": {}}}}, "A", "it has no type"),
        ({"Resources": {"A": "x"}}, "A", "it has no type"),
        (
            {"Resources": {"A": {"Type": "AWS::SQS::Queue", "Fn::Transform": {}}}},
            "A",
            "a macro makes it",
        ),
        ({"Resources": {"A": {"Type": "AWS::CloudFormation::StackSet"}}}, "A", "a stack set"),
        (
            {
                "Resources": {
                    "A": {
                        "Type": "AWS::SecretsManager::RotationSchedule",
                        "Properties": {"HostedRotationLambda": {}},
                    }
                }
            },
            "A",
            "HostedRotationLambda adds a function",
        ),
    ],
    ids=range(10),
)
def test_resources_that_nobody_can_tell_are_a_gap(
    template: dict[str, Any], logical_id: str, reason: str
) -> None:
    (gap,) = _world({"Resources": {}, **template}).gaps
    assert (gap.stack, gap.logical_id) == ("App", logical_id)
    assert reason in gap.reason


def test_a_gap_that_is_surely_not_there_is_none() -> None:
    module = {"Type": "Own::Net::Vpc::MODULE", "Condition": "No"}
    assert _world({"Resources": {"A": module}, **_SECTIONS}).gaps == ()
    module["Condition"] = "Maybe"
    assert len(_world({"Resources": {"A": module}, **_SECTIONS}).gaps) == 1


def test_a_macro_makes_all_properties_unknown() -> None:
    properties = {"QueueName": "jobs", "Fn::Transform": {"Name": "Own"}}
    (queue,) = _world(
        {"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": properties}}}
    ).resources
    reason = Unknown("a macro makes the properties of App/A")
    assert queue.get("QueueName") == queue.get("RedrivePolicy") == reason


def _stages() -> Iterator[StackTemplate]:
    """Two stages that give their resources the same names, the second one without the Deny."""
    for scope, document in (("Dev", _BOTH), ("Prod", {**_BOTH, "Statement": [_ALLOW]})):
        resources = {
            "Role": _conditional("AWS::IAM::Role", None, RoleName="own"),
            "Policy": _conditional(
                "AWS::IAM::Policy", None, PolicyDocument=document, Roles=["own"]
            ),
            "Function": _conditional(
                "AWS::Lambda::Function",
                None,
                FunctionName="own",
                Role={"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/own"},
                CodeSigningConfigArn={"Fn::ImportValue": "name"},
            ),
        }
        outputs = {"Out": {"Value": scope, "Export": {"Name": "name"}}}
        template = {"Resources": resources, "Outputs": outputs}
        yield _source(f"{scope}/App", template, stack_name="App", scope=scope)


def test_of_the_same_names_the_nearest_one_is_meant() -> None:
    world = World(_stages())
    dev, prod = (Function(world, resource) for resource in world.of("AWS::Lambda::Function"))
    effects = [
        [entry["Effect"] for doc in function.documents for entry in statements(doc)]
        for function in (dev, prod)
    ]
    assert effects == [["Allow", "Deny"], ["Allow"]]
    assert [f.resource.get("CodeSigningConfigArn") for f in (dev, prod)] == ["Dev", "Prod"]
    assert [f.role.scope if f.role else "" for f in (dev, prod)] == ["Dev", "Prod"]
    assert world.find("own", "AWS::IAM::Role") is dev.role


def test_an_export_is_for_its_own_region() -> None:
    exporting = {"Resources": {}, "Outputs": {"O": {"Value": "v", "Export": {"Name": "n"}}}}
    probe = _conditional("AWS::SSM::Parameter", None, Value={"Fn::ImportValue": "n"})
    importing = {"Resources": {"Probe": probe}}
    world = World(
        [
            _source("A", exporting, region="eu-west-1"),
            _source("B", importing),
        ]
    )
    (found,) = world.resources
    assert found.get("Value") == Unknown("nothing exports n")
    assert world.exported("n") == "v"


def test_an_export_may_have_the_name_of_another() -> None:
    outputs = {
        "One": {"Value": "two", "Export": {"Name": "one"}},
        "Two": {"Value": "value", "Export": {"Name": {"Fn::ImportValue": "one"}}},
        "Three": {"Value": "value", "Export": {"Name": {"Ref": "Absent"}}},
        "Gone": {"Condition": "No", "Value": "x", "Export": {"Name": "gone"}},
    }
    world = _world({"Resources": {}, "Outputs": outputs, **_SECTIONS})
    assert world.exported("one") == "two"
    # Names that are made of exports are not followed.
    assert isinstance(world.exported("two"), Unknown)
    assert isinstance(world.exported("gone"), Unknown)


def test_the_output_of_a_stack_is_found_by_its_arn() -> None:
    arn = "arn:aws:cloudformation:us-east-1:444455556666:stack/App/1234"
    probe = {"Fn::GetStackOutput": {"StackName": arn, "OutputName": "Out"}}
    assert _value(probe, Outputs={"Out": {"Value": "v"}}) == "v"
    far = {"Fn::GetStackOutput": {"StackName": "App", "OutputName": "Out", "Region": "eu-west-1"}}
    assert isinstance(_value(far, Outputs={"Out": {"Value": "v"}}), Unknown)


def test_rules_of_a_group_stand_alone_or_not() -> None:
    rule = "AWS::EC2::SecurityGroupEgress"
    inline = [{"CidrIp": "10.0.0.0/8"}, {"Ref": "Given"}]
    resources = {
        "Group": _conditional("AWS::EC2::SecurityGroup", None, SecurityGroupEgress=inline),
        "Own": _conditional(rule, None, GroupId={"Ref": "Group"}, CidrIp="192.0.2.0/24"),
        "Other": _conditional(rule, None, GroupId="sg-1", CidrIp="198.51.100.0/24"),
        "Any": _conditional(rule, None, GroupId={"Ref": "Given"}, CidrIp="203.0.113.0/24"),
    }
    world = _world({"Resources": resources, **_SECTIONS})
    (group,) = world.of("AWS::EC2::SecurityGroup")
    rules = security_group_rules(world, group, "Egress")
    assert sorted(str(rule.get("CidrIp", rule.get("Unknown"))) for rule in rules) == [
        "10.0.0.0/8",
        "192.0.2.0/24",
        "203.0.113.0/24",
        "Unknown(reason='the parameter Given has no default')",
    ]
    assert security_group_rules(world, group, "Ingress") == []


@pytest.mark.parametrize(
    ("conditions", "is_sure"),
    [
        ((None, None), True),
        ((None, "Maybe"), False),
        (("Maybe", "Maybe"), True),
        (("Other", "Maybe"), False),
    ],
    ids=range(4),
)
def test_the_only_egress_rule_may_not_be_there(
    conditions: tuple[str | None, str | None], is_sure: bool
) -> None:
    """Then EC2 adds one to everywhere."""
    of_group, of_rule = conditions
    resources = {
        "Group": _conditional("AWS::EC2::SecurityGroup", of_group),
        "Out": _conditional(
            "AWS::EC2::SecurityGroupEgress", of_rule, GroupId={"Ref": "Group"}, CidrIp="10.0.0.0/8"
        ),
    }
    world = _world({"Resources": resources, **_SECTIONS})
    (group,) = world.of("AWS::EC2::SecurityGroup")
    rules = security_group_rules(world, group, "Egress")
    assert any("Unknown" in rule for rule in rules) != is_sure
    assert any(rule.get("CidrIp") == "10.0.0.0/8" for rule in rules)


def test_a_bound_on_retries_that_may_not_be_there_is_unknown() -> None:
    retries = {"MaximumRetryAttempts": 0, "Qualifier": "$LATEST"}
    resources = {
        "Own": _conditional("AWS::Lambda::Function", "Maybe"),
        "It": _conditional(
            "AWS::Lambda::EventInvokeConfig", "Maybe", FunctionName={"Ref": "Own"}, **retries
        ),
        "Other": _conditional(
            "AWS::Lambda::EventInvokeConfig", "Maybe", FunctionName="other", **retries
        ),
    }
    world = _world({"Resources": resources, **_SECTIONS})
    sure, unsure = world.of("AWS::Lambda::EventInvokeConfig")
    assert sure.get("MaximumRetryAttempts") == 0
    assert isinstance(unsure.get("MaximumRetryAttempts"), Unknown)


@pytest.mark.parametrize(
    ("arn", "allowed"),
    [
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents"),
        ("arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess", "xray:PutTraceSegments"),
        ("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess", "dynamodb:*"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "*"),
        # Somebody's own policy may be called like one of AWS's.
        ("arn:aws:iam::444455556666:policy/AWSXrayWriteOnlyAccess", "*"),
        ({"Ref": "Given"}, "*"),
    ],
    ids=range(6),
)
def test_a_managed_policy_allows_what_aws_says(arn: Any, allowed: str) -> None:
    role = _conditional("AWS::IAM::Role", None, ManagedPolicyArns=[arn])
    world = _world({"Resources": {"Role": role}, **_SECTIONS})
    (found,) = world.of("AWS::IAM::Role")
    ((document,),) = [principal_documents(world, found)]
    (statement,) = statements(document)
    assert allowed in statement["Action"]


def test_a_path_that_nobody_can_tell_is_no_part_of_an_arn() -> None:
    resources = {
        "A": _conditional("AWS::IAM::Role", None, RoleName="a", Path={"Ref": "Given"}),
        "B": _conditional("AWS::IAM::Role", None, RoleName="b", Path="/team/"),
        "C": _conditional("AWS::IAM::ManagedPolicy", None, ManagedPolicyName="c", Path="/team/"),
    }
    first, second, third = _world({"Resources": resources, **_SECTIONS}).resources
    assert isinstance(first.arn, Unknown)
    assert second.arn == "arn:aws:iam::444455556666:role/team/b"
    assert third.arn == "arn:aws:iam::444455556666:policy/team/c"


def test_types_are_found_in_the_order_of_the_template() -> None:
    resources = {
        "A": _conditional("AWS::SQS::Queue", None),
        "B": _conditional("AWS::SNS::Topic", None),
        "C": _conditional("AWS::SQS::Queue", None),
    }
    world = _world({"Resources": resources})

    def names(found: list[Resource]) -> list[str]:
        return [resource.logical_id for resource in found]

    assert names(world.of("AWS::SNS::Topic", "AWS::SQS::Queue")) == ["A", "B", "C"]
    assert names(world.of("AWS::SQS::Queue", "AWS::SQS::Queue")) == ["A", "C"]
    # The answer is the asker's own.
    world.of("AWS::SQS::Queue").clear()
    assert names(world.of("AWS::SQS::Queue")) == ["A", "C"]


def _in_region(region: str, written: Any) -> Any:
    probe = _conditional("AWS::SSM::Parameter", None, Value=written)
    queue = _conditional("AWS::SQS::Queue", None, QueueName="jobs")
    template = {
        "Resources": {"Probe": probe, "Queue": queue},
        "Mappings": {"M": {"a": {"arn": "arn:aws-cn:s3:::b"}}},
    }
    return World([_source("App", template, region=region)]).resources[0].get("Value")


_OWN_ARN = "arn:aws:sqs:{}:444455556666:jobs"


@pytest.mark.parametrize(
    ("region", "written", "value"),
    [
        ("us-east-1", "arn:aws:s3:::b", "arn:aws:s3:::b"),
        ("us-east-1", "arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b"),
        ("cn-north-1", "arn:aws-cn:s3:::b", "arn:aws:s3:::b"),
        # What does not exist there is not taken for what does.
        ("cn-north-1", "arn:aws:s3:::b", "arn:aws-elsewhere:s3:::b"),
        ("cn-north-1", "arn:*:s3:::b", "arn:*:s3:::b"),
        ("cn-north-1", {"Fn::Sub": "arn:aws-cn:s3:::${Queue}x"}, None),
        ("cn-north-1", {"Fn::Sub": "arn:${AWS::Partition}:s3:::b"}, "arn:aws:s3:::b"),
        ("cn-north-1", {"Fn::Sub": "${Queue.Arn}"}, _OWN_ARN.format("cn-north-1")),
        ("cn-north-1", {"Fn::Join": ["", ["arn:aws-cn:s3:::", "b"]]}, "arn:aws:s3:::b"),
        ("cn-north-1", {"Fn::FindInMap": ["M", "a", "arn"]}, "arn:aws:s3:::b"),
        ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn", "s3.cn-north-1.amazonaws.com"),
        ("us-gov-west-1", "arn:aws-us-gov:s3:::b", "arn:aws:s3:::b"),
        ("eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu", "s3.eusc-de-east-1.amazonaws.com"),
    ],
    ids=range(13),
)
def test_all_partitions_are_looked_at_as_one(region: str, written: Any, value: Any) -> None:
    if value is None:
        value = f"arn:aws:s3:::https://sqs.{region}.amazonaws.com/444455556666/jobsx"
    assert _in_region(region, written) == value
