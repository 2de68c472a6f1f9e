"""`grant_sign` gives exactly what the signing program uses."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import ISigningBaseline, SigningBaseline
from secure_lambda_constructs.signing.command import permissions
from secure_lambda_constructs.signing.stacks import depend_on

from .support import function, new_app, only, recommended_flags, synthesize, warnings_of

ARN = "arn:aws:iam::111122223333:role/pipeline"
ENVIRONMENT = cdk.Environment(account="111122223333", region="eu-central-1")


def role_in(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Deployer", assumed_by=iam.AccountRootPrincipal())


def rights(template: dict[str, Any]) -> dict[str, set[str]]:
    """Return the actions by resource, with references spelled as `Fn::Sub` would."""
    found: dict[str, set[str]] = {}
    policy = only(template, "AWS::IAM::Policy")["Properties"]["PolicyDocument"]
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert "Condition" not in statement
        actions = statement["Action"]
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            spelled = found.setdefault(spell(resource), set())
            spelled.update([actions] if isinstance(actions, str) else actions)
    return found


def spell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"${{{value['Ref']}}}"
    separator, parts = value["Fn::Join"]
    return str(separator).join(spell(part) for part in parts)


@pytest.mark.parametrize("flags", [False, True])
def test_rights(tmp_path: Path, flags: bool) -> None:
    app = new_app(tmp_path, **(recommended_flags() if flags else {}))
    stack = cdk.Stack(app, "App", env=ENVIRONMENT)
    SigningBaseline(stack, "Signing", profile_name="users").grant_sign(role_in(stack))
    bucket = "arn:${AWS::Partition}:s3:::app-signing-074483a5-111122223333-eu-central-1"
    signer = "arn:${AWS::Partition}:signer:eu-central-1:111122223333:"
    assert rights(synthesize(app).template("App")) == {
        f"{signer}/signing-profiles/users": set(permissions.PROFILE_ACTIONS),
        f"{signer}/signing-jobs/*": set(permissions.JOB_ACTIONS),
        bucket: set(permissions.BUCKET_ACTIONS),
        f"{bucket}/unsigned/*": set(permissions.SOURCE_OBJECT_ACTIONS),
        f"{bucket}/signed/*": set(permissions.SIGNED_OBJECT_ACTIONS),
    }


def test_every_operation_of_the_program_is_covered(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing").grant_sign(role_in(stack))
    granted = set().union(*rights(synthesize(stack).template("App")).values())
    needed = {action for actions in permissions.ACTIONS_BY_OPERATION.values() for action in actions}
    assert granted == needed


def test_account_and_region_of_the_deployment(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing", profile_name="users").grant_sign(role_in(stack))
    resources = set(rights(synthesize(stack).template("App")))
    assert (
        "arn:${AWS::Partition}:signer:${AWS::Region}:${AWS::AccountId}:/signing-profiles/users"
        in resources
    )


def test_role_of_a_stack_that_comes_first(app: cdk.App, code: Path) -> None:
    """A reference to the companion would be a cycle here."""
    roles, stack = cdk.Stack(app, "Roles"), cdk.Stack(app, "App")
    signing = SigningBaseline(stack, "Signing")
    role = role_in(roles)
    function(stack, signing, code)
    depend_on(signing.stack, roles, "for this test")
    signing.grant_sign(role)
    assert synthesize(app).artifact("Roles")["dependencies"] == ["Roles.assets"]


def test_grant_says_whether_it_worked(stack: cdk.Stack) -> None:
    signing = SigningBaseline(stack, "Signing")
    assert signing.grant_sign(role_in(stack)).success is True
    nobody = iam.ServicePrincipal("codebuild.amazonaws.com")
    assert signing.grant_sign(nobody).success is False


def test_role_that_is_made_elsewhere(stack: cdk.Stack) -> None:
    """With `customize_roles` the CDK makes no policies, so there is nothing to explain."""
    iam.Role.customize_roles(stack)
    SigningBaseline(stack, "Signing").grant_sign(role_in(stack))
    assert "Resources" not in synthesize(stack).template("App")


def test_wildcards_are_explained_to_linters(stack: cdk.Stack) -> None:
    signing = SigningBaseline(stack, "Signing", profile_name="users")
    signing.grant_sign(role_in(stack))
    metadata = synthesize(stack).read("App.metadata.json")["/App/Deployer/DefaultPolicy"]
    explained = {
        rule: reason
        for entry in metadata
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    }
    jobs = "arn:<AWS::Partition>:signer:<AWS::Region>:<AWS::AccountId>:/signing-jobs/*"
    reason = explained[f"AwsSolutions::AwsSolutions-IAM5[Resource::{jobs}]"]
    assert "has no id before it runs" in reason
    assert len(explained) == 3


class TestOrder:
    """A policy in a stack whose code is signed comes too late, which is said in a warning."""

    @pytest.mark.parametrize("function_first", [True, False])
    @pytest.mark.parametrize("kind", ["imported role", "role", "user", "managed policy", "policy"])
    def test_too_late(self, stack: cdk.Stack, code: Path, function_first: bool, kind: str) -> None:
        signing = SigningBaseline(stack, "Signing")
        nested = cdk.NestedStack(stack, "Nested")
        if function_first:
            function(nested, signing, code)
        signing.grant_sign(grantee_in(stack, kind))
        if not function_first:
            function(nested, signing, code)
        function(stack, signing, code)
        [warning] = warnings_of(stack, "App")
        assert "the right to sign code of the stack App is granted in that same stack" in warning
        assert "write iam.Role.from_role_arn(signing.stack, ...)" in warning

    def test_what_the_warning_says_to_write(self, app: cdk.App, code: Path) -> None:
        stack, own = cdk.Stack(app, "App"), cdk.Stack(app, "Own")
        signing = SigningBaseline(stack, "Signing")
        signing.grant_sign(iam.Role.from_role_arn(signing.stack, "Pipeline", ARN))
        signing.grant_sign(role_in(own))
        function(stack, signing, code)
        assembly = synthesize(app)
        assert [warnings_of(app, name) for name in ("App", "App-Signing", "Own")] == [[]] * 3
        assert (
            rights(assembly.template("App-Signing")).keys()
            == rights(assembly.template("Own")).keys()
        )
        assert assembly.artifact("App-Signing")["dependencies"] == ["App-Signing.assets"]

    def test_imported_baseline(self, stack: cdk.Stack, code: Path) -> None:
        config = "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:csc-"
        signing: ISigningBaseline = SigningBaseline.from_attributes(
            stack,
            "Signing",
            code_signing_config_arn=config + "0123456789abcdef0",
            signing_profile_name="users",
            staging_bucket_name="users-{account}-{region}",
        )
        function(stack, signing, code)
        signing.grant_sign(role_in(stack))
        [warning] = warnings_of(stack, "App")
        assert "make or import the role in a stack of its own, deployed before" in warning
        assert "signing.stack" not in warning

    def test_no_policy_no_warning(self, stack: cdk.Stack, code: Path) -> None:
        signing = SigningBaseline(stack, "Signing")
        function(stack, signing, code)
        signing.grant_sign(iam.ArnPrincipal(ARN))
        signing.grant_sign(iam.Role.from_role_arn(stack, "Role", ARN, mutable=False))
        assert warnings_of(stack, "App") == []


def grantee_in(stack: cdk.Stack, kind: str) -> iam.IGrantable:
    match kind:
        case "imported role":
            return iam.Role.from_role_arn(stack, "Pipeline", ARN)
        case "role":
            return role_in(stack)
        case "user":
            return iam.User(stack, "User")
        case "managed policy":
            return iam.ManagedPolicy(stack, "ManagedPolicy")
        case _:
            return iam.Policy(stack, "Policy", users=[iam.User(stack, "User")])
