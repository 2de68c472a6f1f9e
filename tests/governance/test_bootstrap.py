"""The bootstrap template that the pinned CDK CLI prints, hardened, and what its policies decide."""

import copy
import json
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_cli import CDK, cdk_environment
from secure_lambda_constructs import InvalidInputError
from secure_lambda_constructs.governance.bootstrap.proof import prove_closed
from secure_lambda_constructs.governance.bootstrap.shape import assumable_roles
from secure_lambda_constructs.governance.bootstrap.template import (
    BOOTSTRAP_VARIANT,
    harden_bootstrap_template,
)

from ..leaks.simulator import Simulator
from .decisions import ACCOUNT, DEVELOPER, Call, Guardrails, decide

_REPOSITORY = Path(__file__).resolve().parents[2]
_REGION = "eu-west-1"
_OTHER_ACCOUNT = "444455556666"
_DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/cicd/deploy"
_SYNTH = f"arn:aws:iam::{ACCOUNT}:role/synth"
_CENTRAL = f"arn:aws:iam::{_OTHER_ACCOUNT}:role/deploy"
_BUCKET = f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{_REGION}"
_PUBLISHER = f"cdk-hnb659fds-file-publishing-role-{ACCOUNT}-{_REGION}"

_Template = dict[str, Any]


def _session(account: str, role: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/session"


# Who tries: the principal of the session, and the role that it is a session of.
_CALLERS = {
    "developer": (DEVELOPER, None),
    "pipeline": (_session(ACCOUNT, "deploy"), _DEPLOY),
    "same name, other path": (_session(ACCOUNT, "deploy"), f"arn:aws:iam::{ACCOUNT}:role/deploy"),
    "build": (_session(ACCOUNT, "codebuild"), f"arn:aws:iam::{ACCOUNT}:role/codebuild"),
    "function": (_session(ACCOUNT, "orders"), f"arn:aws:iam::{ACCOUNT}:role/orders"),
    "user": (f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:iam::{ACCOUNT}:user/bob"),
    "synth": (_session(ACCOUNT, "synth"), _SYNTH),
    "central pipeline": (_session(_OTHER_ACCOUNT, "deploy"), _CENTRAL),
    "central developer": (
        _session(_OTHER_ACCOUNT, "dev"),
        f"arn:aws:iam::{_OTHER_ACCOUNT}:role/dev",
    ),
    "stranger": (_session("999999999999", "deploy"), "arn:aws:iam::999999999999:role/deploy"),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(_REPOSITORY) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> _Template:
    """What the CDK CLI prints; not to be changed."""
    done = subprocess.run(
        [str(CDK), "--no-notices", "bootstrap", "--show-template", "--json"],
        cwd=tmp_path_factory.mktemp("empty"),
        env=cdk_environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def hardened(shown: _Template) -> _Template:
    return harden_bootstrap_template(shown, deployment_roles=[_DEPLOY])


def _resolved(template: _Template, value: Any, parameters: Mapping[str, str]) -> Any:
    """Return a part of the template as CloudFormation would have it, without `AWS::NoValue`."""
    found: dict[str, Any] = {
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": _REGION,
        "AWS::Partition": "aws",
    }
    for name, parameter in template["Parameters"].items():
        text = parameters.get(name, parameter.get("Default", ""))
        found[name] = text.split(",") if parameter["Type"] == "CommaDelimitedList" else text

    def go(part: Any) -> Any:
        match part:
            case {"Ref": name}:
                return found.get(name)
            case {"Fn::Sub": text}:
                named = {"StagingBucket.Arn": _BUCKET}
                named["FilePublishingRole.Arn"] = f"arn:aws:iam::{ACCOUNT}:role/{_PUBLISHER}"
                return re.sub(r"\$\{([^}]+)\}", lambda at: str({**found, **named}[at[1]]), text)
            case {"Fn::Join": [separator, parts]}:
                return separator.join(go(parts))
            case {"Fn::Equals": [one, other]}:
                return go(one) == go(other)
            case {"Fn::Not": [condition]}:
                return not go(condition)
            case {"Fn::If": [condition, one, other]}:
                return go(one if go(template["Conditions"][condition]) else other)
            case dict():
                made = {name: go(each) for name, each in part.items()}
                return {name: each for name, each in made.items() if each is not None}
            case list():
                return [each for each in map(go, part) if each is not None]
        return part

    return go(value)


def _call(caller: str, **values: Any) -> Call:
    principal, role = _CALLERS[caller]
    context = {"aws:PrincipalAccount": principal.split(":")[4]}
    if role is not None:
        context["aws:PrincipalArn"] = role
    return Call(
        id=caller,
        allowed=False,
        principal=principal,
        **{**values, "context": {**context, **values.get("context", {})}},
    )


def _who(
    simulator: Simulator,
    template: _Template,
    role: str,
    parameters: Mapping[str, str] | None = None,
    *,
    action: str = "sts:AssumeRole",
    context: Mapping[str, Any] | None = None,
) -> set[str]:
    """Return who of those that may do everything in their own account gets into a role."""
    properties = template["Resources"][role]["Properties"]
    trust = _resolved(template, properties["AssumeRolePolicyDocument"], parameters or {})
    name = _resolved(template, properties["RoleName"], parameters or {})
    calls = [
        _call(
            caller,
            action=action,
            resource=f"arn:aws:iam::{ACCOUNT}:role/{name}",
            resource_policy=trust,
            context=dict(context or {}),
        )
        for caller in _CALLERS
    ]
    decided = decide(simulator, Guardrails(), calls)
    return {caller for caller, allowed in zip(_CALLERS, decided, strict=True) if allowed}


_IN_THE_ACCOUNT = {
    caller for caller, (principal, _) in _CALLERS.items() if f"::{ACCOUNT}:" in principal
}


@pytest.mark.parametrize("role", assumable_roles())
def test_the_cdk_lets_the_whole_account_deploy(
    simulator: Simulator, shown: _Template, role: str
) -> None:
    assert _who(simulator, shown, role) == _IN_THE_ACCOUNT
    tagged = {"aws:TagKeys": ["team"]}
    found = _who(simulator, shown, role, action="sts:TagSession", context=tagged)
    assert found == _IN_THE_ACCOUNT


@pytest.mark.parametrize("role", assumable_roles())
def test_hardened_only_the_pipeline_gets_in(
    simulator: Simulator, hardened: _Template, role: str
) -> None:
    assert _who(simulator, hardened, role) == {"pipeline"}
    tagged = {"aws:TagKeys": ["team"]}
    assert _who(simulator, hardened, role, action="sts:TagSession", context=tagged) == set()
    deputized = {"sts:ExternalId": "1a2b"}
    assert _who(simulator, hardened, role, context=deputized) == set()


def test_a_whole_account_is_trusted_no_more(
    simulator: Simulator, shown: _Template, hardened: _Template
) -> None:
    trusted = {"TrustedAccounts": _OTHER_ACCOUNT, "TrustedAccountsForLookup": _OTHER_ACCOUNT}
    others = {"central pipeline", "central developer"}
    for role in assumable_roles():
        assert _who(simulator, shown, role, trusted) == _IN_THE_ACCOUNT | others
        assert _who(simulator, hardened, role, trusted) == {"pipeline"}


def test_a_role_of_another_account_needs_the_account_too(
    simulator: Simulator, shown: _Template
) -> None:
    template = harden_bootstrap_template(shown, deployment_roles=[_DEPLOY, _CENTRAL])
    both = {"pipeline", "central pipeline"}
    for role in assumable_roles():
        assert _who(simulator, template, role) == {"pipeline"}
        assert _who(simulator, template, role, {"TrustedAccounts": _OTHER_ACCOUNT}) == both
    trusted = {"TrustedAccountsForLookup": _OTHER_ACCOUNT}
    assert _who(simulator, template, "DeploymentActionRole", trusted) == {"pipeline"}
    assert _who(simulator, template, "LookupRole", trusted) == both


def test_one_template_for_many_accounts(simulator: Simulator, shown: _Template) -> None:
    template = harden_bootstrap_template(
        shown, deployment_roles=["arn:aws:iam::*:role/cicd/deploy", "arn:aws:iam::*:role/deploy"]
    )
    here = {"pipeline", "same name, other path"}
    assert _who(simulator, template, "DeploymentActionRole") == here
    trusted = {"TrustedAccounts": _OTHER_ACCOUNT}
    assert _who(simulator, template, "DeploymentActionRole", trusted) == {
        *here,
        "central pipeline",
    }


def test_a_role_that_only_looks_up(simulator: Simulator, shown: _Template) -> None:
    template = harden_bootstrap_template(shown, deployment_roles=(_DEPLOY,), lookup_roles=(_SYNTH,))
    found = {role: _who(simulator, template, role) for role in assumable_roles()}
    assert found.pop("LookupRole") == {"pipeline", "synth"}
    assert set(map(frozenset, found.values())) == {frozenset({"pipeline"})}


def test_the_execution_role_is_for_cloudformation(
    simulator: Simulator, hardened: _Template
) -> None:
    assert _who(simulator, hardened, "CloudFormationExecutionRole") == set()


@pytest.mark.parametrize(
    ("parameters", "policies"),
    [
        ({}, None),
        ({"TrustedAccounts": _OTHER_ACCOUNT}, None),
        ({"CloudFormationExecutionPolicies": "arn:1,arn:2"}, ["arn:1", "arn:2"]),
    ],
    ids=["none", "trusted", "two"],
)
def test_cloudformation_has_the_named_policies_alone(
    hardened: _Template, parameters: dict[str, str], policies: list[str] | None
) -> None:
    role = hardened["Resources"]["CloudFormationExecutionRole"]["Properties"]
    assert _resolved(hardened, role, parameters).get("ManagedPolicyArns") == policies


def test_the_cdk_lets_cloudformation_do_everything(shown: _Template) -> None:
    role = shown["Resources"]["CloudFormationExecutionRole"]["Properties"]
    assert _resolved(shown, role, {})["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/AdministratorAccess"
    ]


@pytest.mark.parametrize(
    ("arn", "taken"),
    [
        ("", False),
        ("AdministratorAccess", False),
        ("arn:aws:iam::aws:policy/AdministratorAccess", False),
        ("arn:aws-cn:iam::aws:policy/AdministratorAccess", False),
        (f"arn:aws:iam::{ACCOUNT}:policy/CloudFormationExecution", True),
        (f"arn:aws:iam::{ACCOUNT}:policy/guardrails/CloudFormationExecution", True),
        ("arn:aws:iam::aws:policy/PowerUserAccess", True),
    ],
    ids=lambda value: str(value) or "none",
)
def test_execution_policies_that_cloudformation_takes(
    hardened: _Template, arn: str, taken: bool
) -> None:
    parameter = hardened["Parameters"]["CloudFormationExecutionPolicies"]
    assert "Default" not in parameter
    assert (re.fullmatch(parameter["AllowedPattern"], arn) is not None) is taken


_WRITES = ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:DeleteObjectVersion")


def _objects(
    simulator: Simulator, template: _Template, action: str, callers: Mapping[str, str]
) -> set[str]:
    """Return which callers, by their roles' names, get at an object."""
    properties = template["Resources"]["StagingBucketPolicy"]["Properties"]
    calls = [
        Call(
            id=caller,
            action=action,
            resource=f"{_BUCKET}/1a2b.zip",
            allowed=False,
            principal=_session(ACCOUNT, role),
            resource_policy=_resolved(template, properties["PolicyDocument"], {}),
        )
        for caller, role in callers.items()
    ]
    decided = decide(simulator, Guardrails(), calls)
    return {caller for caller, allowed in zip(callers, decided, strict=True) if allowed}


_WRITERS = {
    "administrator": "Admin",
    "cleaner": "cleaner",
    "CloudFormation": f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{_REGION}",
    "deploy role": f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{_REGION}",
    "publisher": _PUBLISHER,
}


@pytest.mark.parametrize("action", _WRITES)
def test_assets_are_written_by_the_publisher(
    simulator: Simulator, shown: _Template, action: str
) -> None:
    template = harden_bootstrap_template(
        shown,
        deployment_roles=[_DEPLOY],
        bucket_writers=[f"arn:aws:iam::{ACCOUNT}:role/cleaner"],
    )
    assert _objects(simulator, shown, action, _WRITERS) == set(_WRITERS)
    assert _objects(simulator, template, action, _WRITERS) == {"publisher", "cleaner"}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"])
def test_assets_are_read_as_before(simulator: Simulator, hardened: _Template, action: str) -> None:
    assert _objects(simulator, hardened, action, _WRITERS) == set(_WRITERS)


def test_public_access_stays_blocked(hardened: _Template) -> None:
    assert hardened["Parameters"]["PublicAccessBlockConfiguration"]["AllowedValues"] == ["true"]


def test_the_variant_is_ours(hardened: _Template) -> None:
    variant = hardened["Parameters"]["BootstrapVariant"]
    assert variant["Default"] == BOOTSTRAP_VARIANT
    # The CLI would keep the old value otherwise, and overwrite the stack the next time.
    assert variant["AllowedValues"] == [BOOTSTRAP_VARIANT]
    assert "--no-previous-parameters" in variant["ConstraintDescription"]


def test_what_the_cdk_cli_reads_is_still_there(shown: _Template, hardened: _Template) -> None:
    assert {**hardened["Outputs"], **shown["Outputs"]} == hardened["Outputs"]
    assert set(shown["Parameters"]) - set(hardened["Parameters"]) == {"DenyExternalId"}
    assert hardened["Resources"]["CdkBootstrapVersion"] == shown["Resources"]["CdkBootstrapVersion"]


def test_what_was_given_stays_as_it_was(shown: _Template) -> None:
    before = json.dumps(shown)
    harden_bootstrap_template(shown, deployment_roles=[_DEPLOY])
    assert json.dumps(shown) == before


def test_cfn_lint_finds_nothing(hardened: _Template, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(hardened))
    done = subprocess.run(
        [str(Path(sysconfig.get_path("scripts"), "cfn-lint")), str(file)],
        cwd=tmp_path,
        env={**cdk_environment({}), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(template: Any) -> None:
        *parents, last = path
        for step in parents:
            template = template[step]
        if isinstance(template, list) and last == len(template):
            template.append(to)
        else:
            template[last] = to

    return change


def _without(*path: str) -> Callable[[Any], None]:
    def change(template: Any) -> None:
        *parents, last = path
        for step in parents:
            template = template[step]
        del template[last]

    return change


_TRUST = ("Resources", "LookupRole", "Properties", "AssumeRolePolicyDocument")
_OPEN = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
_ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("Resources", "Another", to=_ROLE), "resources that this release does not know: Ano"),
        (_set("Resources", "LookupRole", "Type", to="AWS::IAM::User"), "not know: LookupRole"),
        (_set("Resources", "LookupRole", to=None), "not know: LookupRole"),
        (_without("Resources", "StagingBucketPolicy"), "lacks resources .*: StagingBucketPolicy"),
        (_without("Parameters", "DenyExternalId"), "lacks parameters .*: DenyExternalId"),
        (_without("Conditions", "HasTrustedAccounts"), "lacks conditions .*: HasTrustedAccounts"),
        (_without("Outputs"), "no bootstrap template"),
        (
            _set("Resources", "CdkBootstrapVersion", "Properties", "Value", to="latest"),
            "version must be a number, got 'latest'",
        ),
        (_set("Parameters", "BootstrapVariant", "Default", to="Ours"), "of the variant 'Ours'"),
        (
            _set("Parameters", "BootstrapVariant", "Default", to=BOOTSTRAP_VARIANT),
            "hardened already",
        ),
        (_set(*_TRUST, "Statement", 0, to=_OPEN), "LookupRole has a part that this release"),
        (_set(*_TRUST, "Statement", 6, to=_OPEN), "LookupRole has a part that this release"),
        (_set(*_TRUST, "Statement", to=_OPEN), "LookupRole has a part that this release"),
        (_set(*_TRUST, "Id", to="x"), "LookupRole has a part that this release"),
        (_set(*_TRUST, to="text"), "LookupRole has a part that this release"),
        (_set(*_TRUST, "Statement", 0, "Effect", to="Deny"), "does not know: .*Deny"),
        (_set(*_TRUST, "Statement", 0, "NotPrincipal", to="x"), "does not know: .*NotPrincipal"),
        (_set(*_TRUST, "Statement", 0, "Action", to="sts:*"), "does not know: .*sts:\\*"),
        (
            _set(*_TRUST, "Statement", 0, "Condition", to={"Bool": {"x": "true"}}),
            "does not know: .*Bool",
        ),
        (_set(*_TRUST, "Statement", 2, "Fn::If", 0, to="Other"), "does not know: .*Other"),
        (_set(*_TRUST, "Statement", 2, "Fn::If", 2, to=_OPEN), "does not know: .*AWS': '\\*'"),
        (
            _set(
                *("Resources", "CloudFormationExecutionRole", "Properties"),
                *("AssumeRolePolicyDocument", "Statement", 0, "Principal"),
                to={"AWS": {"Ref": "AWS::AccountId"}},
            ),
            "CloudFormationExecutionRole would be open by",
        ),
        (
            _set(
                *("Resources", "DeploymentActionRole", "Properties", "ManagedPolicyArns"),
                to=["arn:aws:iam::aws:policy/AdministratorAccess"],
            ),
            "DeploymentActionRole would have AdministratorAccess",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_shape_is_refused(
    shown: _Template, change: Callable[[Any], None], message: str
) -> None:
    template = copy.deepcopy(shown)
    change(template)
    with pytest.raises(InvalidInputError, match=message):
        harden_bootstrap_template(template, deployment_roles=[_DEPLOY])


@pytest.mark.parametrize("text", [[], "text", None, {}], ids=str)
def test_what_is_no_template_is_refused(text: Any) -> None:
    with pytest.raises(InvalidInputError, match="no bootstrap template"):
        harden_bootstrap_template(text, deployment_roles=[_DEPLOY])


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"deployment_roles": []}, "deployment_roles names no role, so nobody could deploy"),
        ({"deployment_roles": _DEPLOY}, "deployment_roles must be a list"),
        ({"deployment_roles": ["deploy"]}, "deployment_roles must be ARNs of roles"),
        ({"deployment_roles": [f"arn:aws:iam::{ACCOUNT}:root"]}, "must be ARNs of roles"),
        ({"deployment_roles": ["arn:aws:iam::*:role/deploy-*"]}, "must name each role in full"),
        ({"deployment_roles": ["arn:aws:iam::*:role/d?ploy"]}, "must name each role in full"),
        ({"lookup_roles": ["arn:aws:iam::*:role/*/dev"]}, "lookup_roles must name each role"),
        ({"bucket_writers": ["arn:aws:iam::*:role/x*"]}, "bucket_writers must name each role"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_roles_that_are_refused(shown: _Template, roles: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        harden_bootstrap_template(shown, **{"deployment_roles": [_DEPLOY], **roles})


_JSON: st.SearchStrategy[Any] = st.sampled_from(
    [
        "*",
        "Allow",
        "sts:AssumeRole",
        "sts:*",
        {"Ref": "TrustedAccounts"},
        {"AWS": "*"},
        [],
        {},
        None,
    ]
)


@settings(deadline=None)
@given(data=st.data())
def test_whatever_is_changed_in_a_trust_policy_opens_nothing(
    shown: _Template, data: st.DataObject
) -> None:
    template = copy.deepcopy(shown)
    name = data.draw(st.sampled_from(assumable_roles()))
    part: Any = template["Resources"][name]["Properties"]
    key: Any = "AssumeRolePolicyDocument"
    while isinstance(part[key], dict | list) and part[key] and data.draw(st.booleans()):
        part = part[key]
        key = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else range(len(part))))
    part[key] = data.draw(_JSON)
    try:
        made = harden_bootstrap_template(template, deployment_roles=[_DEPLOY])
    except InvalidInputError:
        return
    closed = harden_bootstrap_template(shown, deployment_roles=[_DEPLOY])
    trust = made["Resources"][name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    known = closed["Resources"][name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [statement for statement in trust if statement not in known] == []


_CLOSED: dict[str, Any] = {
    **_OPEN,
    "Condition": {"ArnEquals": {"aws:PrincipalArn": [_DEPLOY]}, "Null": {"sts:ExternalId": "true"}},
}


@pytest.mark.parametrize(
    "statement",
    [
        "text",
        _OPEN,
        {**_CLOSED, "Effect": "Deny"},
        {**_CLOSED, "Action": "sts:*"},
        {**_CLOSED, "Principal": "*"},
        {**_CLOSED, "Principal": {"AWS": "*", "Federated": "x"}},
        {**_CLOSED, "Condition": {"Null": {"sts:ExternalId": "true"}}},
        {**_CLOSED, "Condition": {**_CLOSED["Condition"], "ArnEquals": {"aws:PrincipalArn": []}}},
        {
            **_CLOSED,
            "Condition": {**_CLOSED["Condition"], "ArnEquals": {"aws:PrincipalArn": [_SYNTH]}},
        },
        {"Fn::If": ["Anything", _CLOSED, _OPEN]},
        {"Fn::If": ["Anything", {"Fn::If": ["Other", _OPEN, _CLOSED]}, {"Ref": "AWS::NoValue"}]},
    ],
    ids=str,
)
def test_the_proof_sees_what_is_open(statement: Any) -> None:
    def template(*statements: Any) -> _Template:
        properties = {"AssumeRolePolicyDocument": {"Statement": list(statements)}}
        return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}

    prove_closed(template(_CLOSED, {"Fn::If": ["A", _CLOSED, _CLOSED]}), {"Role": [_DEPLOY]})
    with pytest.raises(InvalidInputError, match="the role Role would be open by"):
        prove_closed(template(_CLOSED, statement), {"Role": [_DEPLOY]})
