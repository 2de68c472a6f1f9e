"""Who can change what is asked of each policy in the templates, not read off its words."""

from typing import Any

import pytest

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.questions import Decision
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.checks.report.data import Ceiling, Guardrails
from secure_lambda_constructs.checks.report.guardrails import guardrails_of

from .apps import Granting

_CODE = "change a function's code"
_READ = "read a table"
_ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_DENY = {"Effect": "Deny", "Action": "lambda:UpdateFunction*", "Resource": "*"}
_GITHUB = "token.actions.githubusercontent.com"


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _asked(**resources: dict[str, Any]) -> Guardrails:
    stack = StackTemplate(
        name="Account",
        account="111122223333",
        region="us-east-1",
        template={"Resources": resources},
    )
    return guardrails_of(Case(World([stack]), default_evaluator()))


def _made(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _role(principal: Any = None, **properties: Any) -> dict[str, Any]:
    entry = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": principal or {"Service": "lambda.amazonaws.com"},
        **properties.pop("_trust", {}),
    }
    return _made("IAM::Role", AssumeRolePolicyDocument=_document(entry), **properties)


def _only(guardrails: Guardrails) -> Ceiling:
    (ceiling,) = guardrails.ceilings
    return ceiling


def test_a_boundary_is_known_by_what_it_bounds() -> None:
    found = _asked(
        Boundary=_made("IAM::ManagedPolicy", PolicyDocument=_document(_ALLOW, _DENY)),
        Developer=_role(PermissionsBoundary={"Ref": "Boundary"}),
    )
    ceiling = _only(found)
    assert (ceiling.kind, ceiling.note) == ("permissions boundary", "bounds Account/Developer")
    assert ceiling.answers[_CODE] is True
    assert ceiling.answers[_READ] is False
    assert found.missing == ("a service control policy", "a role of a pipeline")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/guardrails/", "permissions boundary"),
        ("/", "managed policy that nothing here attaches"),
    ],
    ids=["same path", "another path"],
)
def test_a_boundary_of_a_permission_set_is_known_by_its_name(path: str, kind: str) -> None:
    found = _asked(
        Boundary=_made(
            "IAM::ManagedPolicy",
            ManagedPolicyName="Developers",
            Path="/guardrails/",
            PolicyDocument=_document(_ALLOW, _DENY),
        ),
        Developers=_made(
            "SSO::PermissionSet",
            PermissionsBoundary={
                "CustomerManagedPolicyReference": {"Name": "Developers", "Path": path}
            },
        ),
    )
    assert _only(found).kind == kind


def test_a_policy_that_refuses_and_is_attached_to_nothing_is_asked() -> None:
    found = _asked(Execution=_made("IAM::ManagedPolicy", PolicyDocument=_document(_ALLOW, _DENY)))
    assert _only(found).note == "holds for whoever is given it"
    assert "a permissions boundary" not in found.missing


@pytest.mark.parametrize(
    "policy",
    [
        _made("IAM::ManagedPolicy", PolicyDocument=_document(_ALLOW)),
        _made("IAM::ManagedPolicy", PolicyDocument=_document(_DENY), Roles=["somebody"]),
    ],
    ids=["refuses nothing", "attached"],
)
def test_other_managed_policies_are_no_ceilings(policy: dict[str, Any]) -> None:
    found = _asked(Policy=policy)
    assert found.ceilings == ()
    assert "a permissions boundary" in found.missing


def test_a_managed_policy_of_a_role_is_no_ceiling() -> None:
    found = _asked(
        Policy=_made("IAM::ManagedPolicy", PolicyDocument=_document(_ALLOW, _DENY)),
        Role=_role(ManagedPolicyArns=[{"Ref": "Policy"}]),
    )
    assert found.ceilings == ()


@pytest.mark.parametrize(
    ("statements", "refused"),
    [((_DENY,), False), ((_ALLOW, _DENY), False), (({**_ALLOW, "Action": "s3:*"},), True)],
    ids=["denies alone", "allows all", "allows some"],
)
def test_a_control_policy_is_asked(statements: tuple[dict[str, Any], ...], refused: bool) -> None:
    found = _asked(
        Policy=_made(
            "Organizations::Policy",
            Type="SERVICE_CONTROL_POLICY",
            TargetIds=["ou-ab12-1", "ou-ab12-2"],
            Content=_document(*statements),
        ),
        Tags=_made("Organizations::Policy", Type="TAG_POLICY", Content={}),
    )
    ceiling = _only(found)
    assert ceiling.kind == "service control policy"
    assert ceiling.note.startswith("for ou-ab12-1, ou-ab12-2;")
    assert ceiling.answers[_CODE] is True
    assert ceiling.answers[_READ] is refused


def test_where_a_control_policy_is_attached_may_not_be_told() -> None:
    content = _document(_DENY)
    found = _asked(
        Policy=_made("Organizations::Policy", Type="SERVICE_CONTROL_POLICY", Content=content)
    )
    assert "where it is attached is not told" in _only(found).note


@pytest.mark.parametrize(
    ("assumed", "said"),
    [
        (
            ["arn:aws:iam::1:role/cdk-hnb659fds-deploy-role-1-us-east-1"],
            "the roles of the CDK's bootstrap cdk-hnb659fds-deploy-role-1-us-east-1",
        ),
        (["arn:aws:iam::1:role/x", "arn:aws:iam::1:role/y"], "the roles x, y"),
        (
            [f"arn:aws:iam::1:role/{name}" for name in "vwxyz"],
            "the roles v, w, x and 2 more",
        ),
    ],
    ids=["bootstrap", "others", "many"],
)
def test_a_role_of_a_pipeline_is_asked(assumed: list[str], said: str) -> None:
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": assumed}
    found = _asked(
        Provider=_made("IAM::OIDCProvider", Url=f"https://{_GITHUB}"),
        Pipeline=_role(
            {"Federated": {"Ref": "Provider"}},
            _trust={
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{_GITHUB}:sub": ["repo:a/b:x", "repo:a/b:y"]},
                    "Bool": {"aws:SecureTransport": {"Ref": "Nobody"}},
                },
            },
            Policies=[{"PolicyName": "Assume", "PolicyDocument": _document(allow)}],
        ),
    )
    ceiling = _only(found)
    assert said in ceiling.note
    # A role may do what its own policies allow.
    assert set(ceiling.answers.values()) == {True}
    (trust,) = found.trusts
    assert trust.role == "Account/Pipeline"
    assert trust.principal.startswith("federated: ")
    assert trust.conditions == (
        "Bool aws:SecureTransport = not told",
        f"StringEquals {_GITHUB}:sub = repo:a/b:x or repo:a/b:y",
    )


def test_a_role_of_a_pipeline_without_rights() -> None:
    found = _asked(Pipeline=_role({"Federated": f"arn:aws:iam::1:oidc-provider/{_GITHUB}"}))
    assert _only(found).note == "its own policies"
    (trust,) = found.trusts
    assert trust.principal == f"federated: arn:aws:iam::1:oidc-provider/{_GITHUB}"
    assert trust.conditions == ()


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        ({"AWS": "arn:aws:iam::999988887777:root"}, ["AWS: arn:aws:iam::999988887777:root"]),
        ({"AWS": [{"Ref": "Nobody"}, "1"]}, ["AWS: somebody who is not told", "AWS: 1"]),
        ("*", ["everybody"]),
        ({"Ref": "Nobody"}, ["somebody who is not told"]),
        ({"Federated": {"Ref": "Nobody"}}, ["federated: an identity provider"]),
        ({"Service": "lambda.amazonaws.com"}, []),
    ],
    ids=["account", "unknown and account", "everybody", "unknown", "provider", "service"],
)
def test_who_may_assume_a_role(principal: Any, said: list[str]) -> None:
    assert [trust.principal for trust in _asked(Role=_role(principal)).trusts] == said


def test_a_denied_trust_is_none() -> None:
    entry = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    role = _made("IAM::Role", AssumeRolePolicyDocument=_document(entry))
    assert _asked(Role=role).trusts == ()


class _Undecided(Granting):
    def decide(self, questions: Any) -> list[Decision]:
        return [Decision.UNKNOWN for _ in questions]


def test_what_cannot_be_decided_is_said() -> None:
    policy = _made("IAM::ManagedPolicy", PolicyDocument=_document(_ALLOW, _DENY))
    stack = StackTemplate(
        name="Account", account="1", region="x", template={"Resources": {"Policy": policy}}
    )
    (ceiling,) = guardrails_of(Case(World([stack]), _Undecided())).ceilings
    assert set(ceiling.answers.values()) == {None}
