"""Developers in IAM Identity Center: no permission set without the boundary."""

import re
from typing import Any

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import (
    BoundaryReference,
    DeveloperAssignment,
    DeveloperPermissionSet,
    InvalidInputError,
)

from .boundaries import resolved, synthesized

_INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
_GROUP = "1a2b3c4d-0000-4000-8000-1234567890ab"
_ACCOUNT = "111122223333"


def _of_type(type_: str) -> dict[str, dict[str, Any]]:
    return {
        logical_id: resolved(entry["Properties"])
        for logical_id, entry in synthesized("default")["Resources"].items()
        if entry["Type"] == type_
    }


def _permission_set(name: str) -> dict[str, Any]:
    (properties,) = (
        entry for entry in _of_type("AWS::SSO::PermissionSet").values() if entry["Name"] == name
    )
    return properties


def _make(app: cdk.App | None = None, **arguments: Any) -> DeveloperPermissionSet:
    given = {"instance_arn": _INSTANCE, "boundary": BoundaryReference(), "assignments": []}
    stack = cdk.Stack(app or cdk.App(), "Developers")
    return DeveloperPermissionSet(stack, "Developers", **{**given, **arguments})


def test_developers_read_and_do_their_daily_work_by_default() -> None:
    properties = _permission_set("Developer")
    assert properties["ManagedPolicies"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert properties["InlinePolicy"]["Version"] == "2012-10-17"
    assert properties["SessionDuration"] == "PT4H"
    assert properties["PermissionsBoundary"] == {
        "CustomerManagedPolicyReference": {"Name": "DeveloperBoundary", "Path": "/"}
    }


def test_administrator_access_has_the_boundary_too() -> None:
    properties = _permission_set("DeveloperAdmin")
    assert properties["ManagedPolicies"] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert "InlinePolicy" not in properties
    assert properties["SessionDuration"] == "PT90M"
    assert properties["PermissionsBoundary"] == {
        "CustomerManagedPolicyReference": {"Name": "Elsewhere", "Path": "/x/"}
    }


def test_the_boundary_of_the_app_is_named_as_it_is() -> None:
    (developers,) = (
        entry["Properties"]
        for entry in synthesized("sandbox")["Resources"].values()
        if entry["Type"] == "AWS::SSO::PermissionSet" and entry["Properties"]["Name"] == "Developer"
    )
    assert developers["PermissionsBoundary"] == {
        "CustomerManagedPolicyReference": {"Name": "TeamBoundary", "Path": "/guardrails/"}
    }


def test_each_account_has_an_assignment_of_its_own() -> None:
    assignments = _of_type("AWS::SSO::Assignment")
    assert {(entry["TargetId"], entry["PrincipalId"]) for entry in assignments.values()} == {
        (_ACCOUNT, _GROUP),
        ("444455556666", _GROUP),
    }
    assert {entry["TargetType"] for entry in assignments.values()} == {"AWS_ACCOUNT"}
    assert {entry["PrincipalType"] for entry in assignments.values()} == {"GROUP"}
    assert {entry["InstanceArn"] for entry in assignments.values()} == {_INSTANCE}


def test_ids_do_not_depend_on_the_order_of_accounts() -> None:
    def ids(*accounts: str) -> set[str]:
        app = cdk.App()
        _make(app, assignments=[DeveloperAssignment(group_id=_GROUP, accounts=accounts)])
        return set(app.synth().get_stack_by_name("Developers").template["Resources"])

    assert ids(_ACCOUNT, "444455556666") == ids("444455556666", _ACCOUNT)


def test_a_user_may_be_named() -> None:
    assignment = DeveloperAssignment(user_id=f"1234567890-{_GROUP}", accounts=[_ACCOUNT])
    assert (assignment.principal_type, assignment.principal_id) == ("USER", f"1234567890-{_GROUP}")


def test_the_arn_may_be_known_later() -> None:
    made = _make(instance_arn=cdk.Fn.import_value("InstanceArn"))
    assert cdk.Token.is_unresolved(made.permission_set_arn)
    assert made.permission_set.name == "Developer"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"boundary": None}, "a permission set for developers needs their boundary, got None"),
        ({"boundary": "DeveloperBoundary"}, "write boundary=DeveloperBoundary(...)"),
        ({"instance_arn": "ssoins-1234"}, "instance_arn must be arn:aws:sso:::instance/ssoins-"),
        ({"name": "Our Developers"}, "name must be 1 to 32 letters"),
        ({"name": "D" * 33}, "name must be 1 to 32 letters"),
        ({"assignments": _GROUP}, "assignments must be a list"),
        ({"assignments": [_GROUP]}, "assignments must be a list of DeveloperAssignment(...)"),
        ({"session_duration": cdk.Duration.minutes(30)}, "one hour to twelve, in whole minutes"),
        ({"session_duration": cdk.Duration.hours(13)}, "got 780 minutes"),
        (
            {"assignments": [DeveloperAssignment(group_id=_GROUP, accounts=[_ACCOUNT])] * 2},
            f"is assigned twice in account {_ACCOUNT}",
        ),
    ],
    ids=[
        "no-boundary",
        "boundary-by-name",
        "instance",
        "name",
        "long-name",
        "no-list",
        "no-assignment",
        "short",
        "long",
        "twice",
    ],
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(message)):
        _make(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accounts": [_ACCOUNT]}, "an assignment is for one group or one user"),
        (
            {"accounts": [_ACCOUNT], "group_id": _GROUP, "user_id": _GROUP},
            "an assignment is for one group or one user",
        ),
        ({"accounts": [_ACCOUNT], "group_id": "developers"}, "must be named by its id"),
        ({"accounts": [], "group_id": _GROUP}, "must name at least one account"),
        ({"accounts": _ACCOUNT, "group_id": _GROUP}, "write [...] around it"),
        ({"accounts": ["*"], "group_id": _GROUP}, "an account id of 12 digits, got '*'"),
    ],
    ids=["nobody", "both", "name", "nowhere", "text", "everywhere"],
)
def test_refused_assignments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(message)):
        DeveloperAssignment(**arguments)
