"""What developers can do below their boundary, decided by a real evaluator on the catalogue."""

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import BoundaryReference, DeveloperBoundary, InvalidInputError
from secure_lambda_constructs.governance.documents import document_size

from ..docs.page import DOCS, commands, read_sections
from ..leaks.simulator import Simulator
from ..signing.support import recommended_flags
from .boundaries import NAMINGS, catalogue_of, resolved, synthesized
from .decisions import ACCOUNT, Call, Guardrails, decide, misses
from .scores import ARTICLE, boundary_of, identity_of, in_resource_policies, scores

_GOVERNED = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:prod-orders"


def _stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Guardrails")


def _call(action: str, resource: str = "*", **context: Any) -> Call:
    return Call(id=action, action=action, resource=resource, allowed=True, context=context)


def _allowed(simulator: Simulator, boundary: Mapping[str, Any], *calls: Call) -> list[bool]:
    return decide(simulator, Guardrails(boundary=boundary), calls)


def _statements(document: Mapping[str, Any]) -> list[str]:
    """Return the statements in an order of their own, and so their lists."""

    def sorted_lists(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: sorted_lists(entry) for key, entry in sorted(value.items())}
        return sorted(value) if isinstance(value, list) else value

    return sorted(json.dumps(sorted_lists(entry)) for entry in document["Statement"])


@pytest.mark.parametrize("name", NAMINGS)
class TestOnTheCatalogue:
    def test_every_attack_is_denied_and_every_daily_call_allowed(
        self, name: str, simulator: Simulator
    ) -> None:
        calls = catalogue_of(NAMINGS[name])
        assert sum(not call.allowed for call in calls) == 1843
        assert sum(call.allowed for call in calls) == 295
        missed = misses(simulator, Guardrails(boundary=boundary_of(name)), calls)
        assert missed.attacks == []
        assert missed.daily == []

    def test_the_permission_sets_own_policy_is_enough_for_the_daily_work(
        self, name: str, simulator: Simulator
    ) -> None:
        guardrails = Guardrails(boundary=boundary_of(name), identity=identity_of(name))
        daily = [call for call in catalogue_of(NAMINGS[name]) if call.allowed]
        assert misses(simulator, guardrails, daily).daily == []


def test_the_boundary_holds_where_a_resource_policy_names_the_session(
    simulator: Simulator,
) -> None:
    named = in_resource_policies(catalogue_of(NAMINGS["default"]))
    assert len(named) > 1400
    assert misses(simulator, Guardrails(boundary=boundary_of("default")), named).attacks == []


def test_an_allow_list_would_not_hold_there(simulator: Simulator) -> None:
    named = in_resource_policies(catalogue_of(NAMINGS["default"]))[::50]
    (daily,) = (entry for entry in boundary_of("default")["Statement"] if "NotAction" in entry)
    as_allow_list = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": daily["NotAction"], "Resource": "*"}],
    }
    allowed = decide(simulator, Guardrails(boundary=as_allow_list), named)
    assert sum(allowed) > len(named) / 2


def test_the_articles_boundary_is_far_from_it(simulator: Simulator) -> None:
    missed = misses(simulator, Guardrails(boundary=ARTICLE), catalogue_of(NAMINGS["default"]))
    assert len(missed.attacks) > 1700


def test_the_permission_sets_own_policy_stands_where_the_boundary_falls(
    simulator: Simulator,
) -> None:
    missed = misses(
        simulator, Guardrails(identity=identity_of("default")), catalogue_of(NAMINGS["default"])
    )
    # What only conditions of the boundary stop: names in other accounts, a shell in the VPC, a tag.
    assert {line.split()[2] for line in missed.attacks} == {
        "cloudshell:CreateEnvironment",
        "dynamodb:TagResource",
        "events:PutEvents",
        "kinesis:PutRecord",
        "lambda:GetFunction",
        "lambda:InvokeFunction",
        "lambda:TagResource",
        "s3:PutObject",
        "sns:Publish",
        "sqs:SendMessage",
        "tag:TagResources",
    }


def test_the_page_says_what_the_evaluator_says(simulator: Simulator) -> None:
    sections = read_sections(DOCS / "governance.md")
    (section,) = (each for each in sections if each.title == "How well it holds")
    printed = {
        command: lines for block in section.all("console") for command, lines in commands(block)
    }
    assert list(scores(simulator)) == printed[".venv/bin/python -m tests.governance"]


@pytest.mark.parametrize("index", range(1, 8))
def test_every_statement_earns_its_place(index: int, simulator: Simulator) -> None:
    boundary = boundary_of("default")
    statements = list(boundary["Statement"])
    assert len(statements) == 8
    del statements[index]
    extra = [
        Call(
            id="api-keys",
            action="apigateway:GET",
            resource=f"arn:aws:apigateway:eu-west-1::{path}",
            allowed=False,
        )
        for path in ("/apikeys", "/apikeys/a1b2c3", "/usageplans/a1b2c3/keys/d4e5f6")
    ]
    calls = [call for call in catalogue_of(NAMINGS["default"]) if not call.allowed] + extra
    weakened = Guardrails(boundary={**boundary, "Statement": statements})
    assert misses(simulator, weakened, calls).attacks != []
    assert misses(simulator, Guardrails(boundary=boundary), extra).attacks == []


class TestScope:
    def test_names_only_begin_with_the_prefix(self, simulator: Simulator) -> None:
        functions = ("device-keys", "prod-dev-orders", "dev", "dev-orders", "Dev-orders")
        calls = [
            _call("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}")
            for name in functions
        ]
        allowed = _allowed(simulator, boundary_of("default"), *calls)
        assert dict(zip(functions, allowed, strict=True)) == {
            "device-keys": False,
            "prod-dev-orders": False,
            "dev": False,
            "dev-orders": True,
            "Dev-orders": False,
        }

    def test_an_alias_named_like_the_developers_own_opens_no_governed_function(
        self, simulator: Simulator
    ) -> None:
        call = _call("lambda:InvokeFunction", f"{_GOVERNED}:dev-alias")
        assert _allowed(simulator, boundary_of("default"), call) == [False]

    def test_the_same_name_in_another_account_is_not_the_developers_own(
        self, simulator: Simulator
    ) -> None:
        queue = "arn:aws:sqs:eu-west-1:999988887777:dev-queue"
        drop = _call("s3:GetObject", "arn:aws:s3:::dev-drop/x")
        foreign = {"aws:ResourceAccount": "999988887777"}
        calls = [
            Call(id="queue", action="sqs:SendMessage", resource=queue, allowed=False),
            Call(
                id="bucket",
                action=drop.action,
                resource=drop.resource,
                allowed=False,
                context=foreign,
            ),
            drop,
        ]
        assert _allowed(simulator, boundary_of("default"), *calls) == [False, False, True]

    @pytest.mark.parametrize(
        ("aliases", "allowed"),
        [
            (None, False),
            (["alias/prod-orders"], False),
            (["alias/device"], False),
            (["alias/dev-orders"], True),
            (["alias/aws/secretsmanager"], True),
        ],
        ids=["none", "prod", "device", "dev", "aws"],
    )
    def test_keys_are_known_by_their_aliases(
        self, aliases: list[str] | None, allowed: bool, simulator: Simulator
    ) -> None:
        context = {} if aliases is None else {"kms:ResourceAliases": aliases}
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/aaaaaaaa-0000-4000-8000-000000000001"
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            call = Call(id=action, action=action, resource=key, allowed=allowed, context=context)
            assert _allowed(simulator, boundary_of("default"), call) == [allowed]

    def test_guard_tags_are_nobodys(self, simulator: Simulator) -> None:
        function = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:dev-orders"
        guard = {"aws:TagKeys": ["cost-center", "lambda-governance:tier"]}
        calls = [
            Call(id=action, action=action, resource=function, allowed=False, context=guard)
            for action in ("lambda:TagResource", "lambda:UntagResource")
        ]
        own = _call("lambda:TagResource", function, **{"aws:TagKeys": ["cost-center"]})
        assert _allowed(simulator, boundary_of("default"), *calls, own) == [False, False, True]


class TestTheConstruct:
    def test_it_is_what_the_document_says(self) -> None:
        assert boundary_of("default") == DeveloperBoundary.document(account=ACCOUNT)
        arguments = {
            key: value
            for key, value in NAMINGS["government"].arguments.items()
            if not key.startswith("policy")
        }
        assert boundary_of("government") == DeveloperBoundary.document(account=ACCOUNT, **arguments)

    def test_the_document_may_be_for_a_template(self) -> None:
        document = DeveloperBoundary.document(account="${AWS::AccountId}")
        filled = json.dumps(document).replace("${AWS::AccountId}", ACCOUNT)
        assert json.loads(filled) == boundary_of("default")

    def test_flags_of_the_cdk_do_not_change_it(self) -> None:
        app = cdk.App(context=recommended_flags())
        stack = cdk.Stack(app, "Guardrails")
        DeveloperBoundary(stack, "Boundary")
        (policy,) = (
            entry
            for entry in app.synth().get_stack_by_name("Guardrails").template["Resources"].values()
            if entry["Type"] == "AWS::IAM::ManagedPolicy"
        )
        written = resolved(policy["Properties"]["PolicyDocument"])
        assert _statements(written) == _statements(boundary_of("default"))

    def test_names_and_ids_are_stable(self) -> None:
        resources = synthesized("default")["Resources"]
        assert {
            (logical_id, entry["Type"], entry["Properties"].get("ManagedPolicyName"))
            for logical_id, entry in resources.items()
            if entry["Type"].startswith("AWS::IAM")
        } == {("BoundaryPolicyC4AA4EBF", "AWS::IAM::ManagedPolicy", "DeveloperBoundary")}

    def test_it_is_a_boundary_for_roles(self) -> None:
        stack = _stack()
        boundary = DeveloperBoundary(stack, "Boundary")
        role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        iam.PermissionsBoundary.of(role).apply(boundary.managed_policy)
        assert boundary.reference == BoundaryReference()

    def test_every_naming_leaves_room_for_longer_names(self) -> None:
        for name in NAMINGS:
            assert document_size(boundary_of(name)) <= 6144 - 30, name

    def test_what_nobody_uses_is_not_open(self, simulator: Simulator) -> None:
        call = _call("bedrock:ListFoundationModels")
        without = DeveloperBoundary.document(account=ACCOUNT, without_services=["bedrock"])
        assert _allowed(simulator, boundary_of("default"), call) == [True]
        assert _allowed(simulator, without, call) == [False]

    def test_what_a_team_adds_is_open(self, simulator: Simulator) -> None:
        call = _call("iot:ListThings")
        added = DeveloperBoundary.document(account=ACCOUNT, extra_daily_actions=["iot:List*"])
        assert _allowed(simulator, boundary_of("default"), call) == [False]
        assert _allowed(simulator, added, call) == [True]


_LONG_LIST = [f"iot:Describe{'Something' * 3}{index}" for index in range(20)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy_name": "Developer Boundary"}, "policy_name must be 1 to 128 letters"),
        ({"policy_path": "guardrails"}, "policy_path must begin and end with a slash"),
        ({"developer_prefix": "dev"}, "without it 'dev' would also be the beginning of"),
        ({"developer_prefix": ""}, "developer_prefix must be letters, digits and hyphens"),
        ({"developer_prefix": "*-"}, "got '*-'"),
        ({"developer_prefix": "dev?-"}, "got 'dev?-'"),
        ({"developer_prefix": "cdk-"}, "is the beginning of the name of the CDK's bucket"),
        (
            {"developer_prefix": "cdk-team-", "qualifier": "team"},
            "cdk-team-assets-…: developers could replace",
        ),
        ({"data_path": "prod"}, "data_path must be letters"),
        ({"guard_tag_prefix": "*"}, "guard_tag_prefix must be letters"),
        ({"qualifier": "far-too-long-a-name"}, "as `cdk bootstrap --qualifier` takes it"),
        ({"extra_daily_actions": "iot:ListThings"}, "write [...] around it"),
        ({"extra_daily_actions": ["*"]}, "extra_daily_actions must be actions as AWS spells"),
        ({"extra_daily_actions": ["iot:*"]}, "with a * at the end at most"),
        ({"extra_daily_actions": ["iot:*Things"]}, "got 'iot:*Things'"),
        ({"extra_daily_actions": ["iam:CreateRole"]}, "must not hold 'iam:CreateRole'"),
        ({"extra_daily_actions": ["lambda:Update*"]}, "must not hold 'lambda:Update*'"),
        ({"extra_daily_actions": ["sts:AssumeRole"]}, "with sts a developer could change"),
        ({"extra_daily_actions": ["sts:Get*"]}, "must not hold 'sts:Get*'"),
        ({"extra_daily_actions": ["ec2:GetP*"]}, "must not hold 'ec2:GetP*'"),
        ({"without_services": ["athena", "quantum"]}, "of the daily work, got quantum: write some"),
        ({"extra_daily_actions": _LONG_LIST}, "AWS takes 6144 at most: take something out of"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(message)):
        DeveloperBoundary(_stack(), "Boundary", **arguments)


def test_a_refused_boundary_leaves_nothing_behind() -> None:
    stack = _stack()
    with pytest.raises(InvalidInputError):
        DeveloperBoundary(stack, "Boundary", developer_prefix="dev")
    DeveloperBoundary(stack, "Boundary")


def test_the_count_of_what_does_not_fit_is_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        DeveloperBoundary.document(account=ACCOUNT, extra_daily_actions=_LONG_LIST)
    told = int(re.findall(r"would have (\d+) characters", str(caught.value))[0])
    shortest = DeveloperBoundary.document(account=ACCOUNT)
    added = sum(len(f'"{action}",') for action in _LONG_LIST)
    assert told == len(json.dumps(shortest, separators=(",", ":"))) + added


def test_a_document_is_for_one_account() -> None:
    with pytest.raises(InvalidInputError, match="account must be an account id of 12 digits"):
        DeveloperBoundary.document(account="1234")


def test_a_token_is_no_name() -> None:
    with pytest.raises(InvalidInputError, match="must be a literal"):
        DeveloperBoundary(_stack(), "Boundary", developer_prefix=cdk.Aws.STACK_NAME)
