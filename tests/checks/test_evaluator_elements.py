"""Actions, resources and principals: what the patterns of a statement mean."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.evaluator import (
    UNKNOWN,
    CompiledPolicies,
    PolicySet,
    matches_action,
)
from secure_lambda_constructs.checks.evaluator.texts import expression

from .evaluator_policies import (
    OBJECT,
    OTHER,
    OWN,
    ROLE,
    SESSION,
    USER,
    allow,
    decided,
    deny,
    document,
    request,
)

_ALIAS = f"arn:aws:lambda:eu-west-1:{OWN}:function:orders:live"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("s3:*", True),
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:Get*", True),
        ("s3:?etObject", True),
        ("s3:G*t*t", True),
        ("*:*", True),
        ("s3:GetObject*", True),
        ("s3:GetObjects", False),
        ("s3:", False),
        ("s3-object-lambda:*", False),
        ("*:PutObject", False),
        # Not what AWS takes: without a service, or with part of one.
        ("GetObject", None),
        ("s3", None),
        ("**", None),
        ("s?:GetObject", None),
        ("x*:GetObject", False),
        (UNKNOWN, None),
    ],
)
def test_actions(pattern: Any, expected: bool | None) -> None:
    assert matches_action(pattern, "s3:GetObject") is expected
    assert _holds(Action=pattern) is expected
    opposite = None if expected is None else not expected
    assert _holds(NotAction=pattern) is opposite
    if expected is not None:
        assert _holds(Action=["ec2:*", pattern, "s3:Put*"]) is expected
    assert _holds(Action=["ec2:*", pattern, "s3:Get*"]) is True


def _holds(resource: str = OBJECT, **elements: Any) -> bool | None:
    """Whether a statement with these elements applies; None where it counts as whatever opens."""
    context = elements.pop("context", {})
    version = elements.pop("version", "2012-10-17")
    asked = request(resource=resource, context=context)
    allowed = decided(asked, identity=[document(allow(**elements), version=version)])
    denying = [document(deny(**elements), version=version), document(allow())]
    denied = not decided(asked, identity=denying)
    assert allowed or not denied
    return None if allowed and not denied else allowed


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", OBJECT, True),
        ("**", OBJECT, True),
        ("arn:aws:s3:::data/*", OBJECT, True),
        ("arn:aws:s3:::data/bob/*.csv", OBJECT, True),
        ("arn:aws:s3:::data/???/report.csv", OBJECT, True),
        ("arn:aws:s3:::d*v", OBJECT, True),
        ("arn:aws:s3:::*", OBJECT, True),
        ("arn:aws:s3:*:*:data/*", OBJECT, True),
        ("arn:aws:s3*", OBJECT, True),
        ("arn:*", OBJECT, True),
        ("ARN:aws:S3:::data/*", OBJECT, None),
        ("arn:aws:s3:::DATA/*", OBJECT, False),
        ("arn:aws:s3:::data", OBJECT, False),
        ("arn:aws:s3:::data/?ob", OBJECT, False),
        ("arn:aws-cn:s3:::data/*", OBJECT, False),
        (f"arn:aws:lambda:eu-west-1:{OWN}:function:orders:*", _ALIAS, True),
        (f"arn:aws:lambda:eu-west-1:{OWN}:function:*", _ALIAS, True),
        (f"arn:aws:lambda:*:{OWN}:function:*:live", _ALIAS, True),
        ("arn:aws:lambda:*", _ALIAS, True),
        (f"arn:aws:lambda:eu-west-1:{OWN[:6]}*", _ALIAS, True),
        (f"arn:aws:lambda:eu-west-1:{OWN}:function:orders", _ALIAS, False),
        # AWS says that a wildcard at the end of a part can go on past the colon, not that it does.
        ("arn:aws:lambda:*:function:orders:live", _ALIAS, None),
        (f"arn:aws:lambda:eu-west-1:{OWN}:*:live", _ALIAS, None),
        (f"arn:aws:lambda:eu-west-1:{OWN}:function?orders:live", _ALIAS, None),
        # Not what AWS takes.
        ("data/bob", OBJECT, None),
        ("", OBJECT, None),
        ("arn:aws:s3", OBJECT, None),
        (UNKNOWN, OBJECT, None),
        # A call that has no resource.
        ("*", "*", True),
        ("arn:*", "*", False),
        ("arn:aws:s3:::*", "*", False),
    ],
)
def test_resources(pattern: Any, resource: str, expected: bool | None) -> None:
    assert _holds(resource, Resource=pattern) is expected
    opposite = None if expected is None else not expected
    assert _holds(resource, NotResource=pattern) is opposite
    other = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    assert _holds(resource, Resource=[other, pattern]) is expected
    assert _holds(resource, NotResource=[other, pattern]) is opposite
    assert _holds(resource, Resource=[pattern, "*"]) is True


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("pattern", "context", "expected"),
    [
        ("arn:aws:s3:::data/${aws:username}/*", {"aws:username": "bob"}, True),
        ("arn:aws:s3:::data/${AWS:UserName}/*", {"aws:username": "bob"}, True),
        ("arn:aws:s3:::data/${aws:username}/*", {"aws:username": "alice"}, False),
        ("arn:aws:s3:::data/${aws:username}/*", {"aws:username": "*"}, False),
        ("arn:aws:s3:::data/${aws:username, 'bob'}/*", {}, True),
        ("arn:aws:s3:::data/${aws:username, '*'}/*", {}, False),
        (
            "arn:aws:s3:::data/${aws:PrincipalTag/my team}/*",
            {"aws:principaltag/My Team": "bob"},
            True,
        ),
        ("arn:aws:s3:::${*}ata/*", {}, False),
        ("arn:aws:s3:::data/${aws:username}/*", {"aws:username": UNKNOWN}, None),
        ("arn:aws:s3:::other/${aws:username}/*", {"aws:username": UNKNOWN}, False),
        # AWS takes variables only in the last part, and only so written.
        ("arn:aws:s3::${aws:PrincipalAccount}:data/*", {"aws:PrincipalAccount": OWN}, None),
        ("arn:aws:s3:::data/${aws:username,'bob'}/*", {}, None),
        ("arn:aws:s3:::other/${aws:username,'bob'}/*", {}, False),
    ],
)
def test_variables_in_resources(
    pattern: str, context: dict[str, Any], expected: bool | None
) -> None:
    assert _holds(Resource=pattern, context=context) is expected
    assert _holds(NotResource=pattern, context=context) is (
        None if expected is None else not expected
    )


def test_a_variable_without_a_value_means_no_resource() -> None:
    for context in ({}, {"aws:username": ""}, {"aws:username": ["bob"]}):
        pattern = "arn:aws:s3:::data/${aws:username}*"
        assert _holds(Resource=pattern, context=context) is False
        assert _holds(Resource=[pattern, "*"], context=context) is True
        assert _holds(NotResource=pattern, context=context) is None


def test_a_variable_is_filled_in_for_each_request() -> None:
    patterns = ["arn:aws:s3:::other/*", "arn:aws:s3:::data/${aws:username}/*"]
    policies = CompiledPolicies(PolicySet(identity=[document(allow(Resource=patterns))]))
    for name, expected in (("bob", True), ("alice", False), ("bob", True)):
        assert policies.decide(request(context={"aws:username": name})).is_open is expected


def test_the_old_version_has_no_variables() -> None:
    elements = {"Resource": "arn:aws:s3:::data/${aws:username}", "context": {"aws:username": "bob"}}
    for version in ("2008-10-17", None):
        literal = "arn:aws:s3:::data/${aws:username}"
        assert _holds("arn:aws:s3:::data/bob", **elements, version=version) is False
        assert _holds(literal, **elements, version=version) is True


@given(st.text("ab*?:", max_size=12), st.text("ab:", max_size=12))
def test_wildcards_are_those_of_a_regular_expression(pattern: str, text: str) -> None:
    """What is written so that it takes no time is the same as what is written plainly."""
    for one, within in ((".", 0), ("[^:]", -1)):
        plain = pattern.replace("*", f"{one}*").replace("?", one)
        expected = re.fullmatch(plain, text) is not None
        found = expression(((pattern, True),), within=within).fullmatch(text)
        assert (found is not None) is expected


def test_no_pattern_takes_long() -> None:
    pattern = "arn:aws:s3:::" + "a*" * 40 + "b"
    assert _holds("arn:aws:s3:::" + "a" * 2000, Resource=pattern) is False


def _means(element: str, written: Any, principal: str | None) -> bool | None:
    """Whether a statement of a resource's policy means a principal."""
    asked = request(principal=principal, account=OTHER)
    statement = {element: written, "Action": "*", "Resource": "*"}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    identity = [document(allow())]
    allowed = decided(asked, identity=identity, resource=document({"Effect": "Allow", **statement}))
    denied = not decided(
        asked, identity=identity, resource=document(everybody, {"Effect": "Deny", **statement})
    )
    return None if allowed and not denied else allowed


_FEDERATED = f"arn:aws:sts::{OWN}:federated-user/bob"
_SAML = f"arn:aws:iam::{OWN}:saml-provider/corporate"
_SERVICE = "lambda.amazonaws.com"


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("*", {USER, ROLE, SESSION, _FEDERATED, _SAML, _SERVICE, None}),
        ({"AWS": "*"}, {USER, ROLE, SESSION, _FEDERATED, _SAML, _SERVICE, None}),
        ({"AWS": OWN}, {USER, ROLE, SESSION, _FEDERATED, _SAML}),
        ({"AWS": f"arn:aws:iam::{OWN}:root"}, {USER, ROLE, SESSION, _FEDERATED, _SAML}),
        ({"AWS": OTHER}, set()),
        ({"AWS": USER}, {USER, _FEDERATED}),
        ({"AWS": ROLE}, {ROLE, SESSION}),
        # The path of a role is not in the ARN of its sessions.
        ({"AWS": f"arn:aws:iam::{OWN}:role/team/orders"}, {SESSION}),
        ({"AWS": f"arn:aws:iam::{OWN}:role/orders2"}, set()),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/orders"}, set()),
        ({"AWS": f"arn:aws-cn:iam::{OWN}:role/orders"}, set()),
        ({"AWS": SESSION}, {SESSION}),
        ({"AWS": f"arn:aws:sts::{OWN}:assumed-role/orders/run-2"}, set()),
        ({"AWS": _FEDERATED}, {_FEDERATED}),
        ({"Service": _SERVICE}, {_SERVICE}),
        ({"Service": "s3.amazonaws.com"}, set()),
        ({"Federated": _SAML}, {_SAML}),
        ({"Federated": "accounts.google.com"}, set()),
        ({"AWS": [OTHER, USER], "Service": [_SERVICE]}, {USER, _FEDERATED, _SERVICE}),
    ],
)
def test_principals(written: Any, meant: set[str | None]) -> None:
    for principal in (USER, ROLE, SESSION, _FEDERATED, _SAML, _SERVICE, None):
        is_meant = principal in meant
        assert _means("Principal", written, principal) is is_meant, principal
        assert _means("NotPrincipal", written, principal) is not is_meant, principal


@pytest.mark.parametrize(
    ("written", "principal", "expected"),
    [
        # Wildcards in an ARN, the identifiers of what was deleted, canonical users.
        ({"AWS": f"arn:aws:iam::{OWN}:user/*"}, USER, None),
        ({"AWS": f"arn:aws:iam::{OWN}:user/*"}, ROLE, False),
        ({"AWS": f"arn:aws:iam::{OWN}:role/ord*"}, SESSION, None),
        ({"AWS": f"arn:aws:sts::{OWN}:assumed-role/orders/*"}, SESSION, None),
        ({"AWS": "arn:aws:iam::*:root"}, USER, None),
        ({"AWS": "AROAEXAMPLEEXAMPLE"}, SESSION, None),
        ({"AWS": "AROAEXAMPLEEXAMPLE"}, None, False),
        ({"AWS": "AROAEXAMPLEEXAMPLE"}, _SERVICE, False),
        ({"CanonicalUser": "79a59df900b949e5"}, USER, None),
        ({"CanonicalUser": "79a59df900b949e5"}, None, False),
        ({"Service": "*.amazonaws.com"}, _SERVICE, None),
        ({"Service": "*"}, USER, False),
        ({"Federated": "*"}, _SAML, None),
        ({"aws": USER}, USER, None),
        ({"AWS": UNKNOWN}, USER, None),
        ({"AWS": [UNKNOWN, USER]}, USER, True),
        ({}, USER, None),
        (USER, USER, None),
        (UNKNOWN, USER, None),
        (None, USER, None),
    ],
)
def test_principals_that_nobody_can_tell(
    written: Any, principal: str | None, expected: bool | None
) -> None:
    assert _means("Principal", written, principal) is expected
    opposite = None if expected is None else not expected
    assert _means("NotPrincipal", written, principal) is opposite


def test_a_principal_that_nobody_can_tell_may_be_anybody() -> None:
    unknown = "arn:aws:iam::${Account}:role/orders"
    for written in ({"AWS": ROLE}, {"AWS": OTHER}, {"Service": _SERVICE}, {"Federated": _SAML}):
        assert _means("Principal", written, unknown) is None
        assert _means("NotPrincipal", written, unknown) is None
    assert _means("Principal", "*", unknown) is True
    asked = request(principal=unknown)
    assert decided(asked, identity=[document(allow())])
    assert decided(asked, resource=document(allow(Principal={"AWS": ROLE})))
    assert not decided(asked)
    assert not decided(asked, identity=[document(allow(), deny())])


def test_an_account_that_nobody_can_tell_may_be_the_own() -> None:
    asked = request(account=None)
    assert decided(asked, identity=[document(allow())])
    assert decided(asked, resource=document(allow(Principal={"AWS": USER})))
    assert not decided(asked, resource=document(allow(Principal={"AWS": OWN})))


def test_web_identities() -> None:
    for principal in ("accounts.google.com", "cognito-identity.amazonaws.com"):
        assert _means("Principal", {"Federated": principal}, principal) is True
        assert _means("Principal", {"AWS": OWN}, principal) is False
