"""A pipeline's role: it deploys and signs, and no grant, policy or app gives it more."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from secure_lambda_constructs import (
    DeploymentRole,
    GitHubTrust,
    GitLabTrust,
    InvalidInputError,
    SigningBaseline,
)
from secure_lambda_constructs.checks.leaks.questions import ALLOW_ALL, Decision, Question
from secure_lambda_constructs.signing.command import permissions

from ..leaks.simulator import Simulator
from ..signing.support import function, recommended_flags, warnings_of

_ACCOUNT = "111122223333"
_PRODUCTION = cdk.Environment(account=_ACCOUNT, region="eu-west-1")
_ELSEWHERE = cdk.Environment(account="444455556666", region="us-east-1")
_SESSION = f"arn:aws:sts::{_ACCOUNT}:assumed-role/shop-deployment/GitHubActions"
_GITHUB = "https://token.actions.githubusercontent.com"


def _trust(**arguments: Any) -> GitHubTrust:
    values = {
        "owner": "octo-org",
        "owner_id": 65,
        "repository": "shop",
        "repository_id": 74,
        "branch": "main",
    }
    return GitHubTrust(**{**values, **arguments})


def _role(scope: cdk.Stack, id: str = "Deployment", **arguments: Any) -> DeploymentRole:
    values = {"trust": _trust(), "bootstrapped": [_PRODUCTION]}
    return DeploymentRole(scope, id, **{**values, **arguments})


class Synthesized:
    """An app with a signed stack and two roles of pipelines, synthesized once."""

    def __init__(self, directory: Path, context: Mapping[str, Any] | None = None) -> None:
        self._directory = directory
        app = cdk.App(outdir=str(directory), context=context)
        shop = cdk.Stack(app, "Shop", env=_PRODUCTION)
        self.signing = SigningBaseline(shop, "Signing", profile_name="shop")
        pipeline = cdk.Stack(app, "Pipeline", env=_PRODUCTION)
        self.trusts = [_trust(), _trust(branch=None, tag_pattern="v*")]
        _role(
            pipeline,
            trust=self.trusts,
            signing=self.signing,
            bootstrapped=[_PRODUCTION, _ELSEWHERE, _PRODUCTION],
            role_name="shop-deployment",
        )
        _role(pipeline, "Nightly", lookups=True, container_images=True, qualifier="other")
        app.synth()
        self.resources = self._read("Pipeline.template.json")["Resources"]

    def _read(self, name: str) -> Any:
        written = json.loads((self._directory / name).read_text(), object_hook=_resolve)
        return json.loads(json.dumps(written).replace("${AWS::Partition}", "aws"))

    def of(self, id: str, kind: str) -> dict[str, Any]:
        """The properties of one resource of a role."""
        [found] = [
            resource["Properties"]
            for name, resource in self.resources.items()
            if name.startswith(id) and resource["Type"] == kind
        ]
        return dict(found)

    def policies(self, id: str) -> tuple[dict[str, Any], ...]:
        """The policies of a role, with its Denies."""
        [closed] = self.of(id, "AWS::IAM::Role")["Policies"]
        granted = self.of(id, "AWS::IAM::Policy")
        return closed["PolicyDocument"], granted["PolicyDocument"]

    def bootstrap_roles(self) -> dict[str, str]:
        """The roles that the CLI assumes to deploy the stack, as the assembly names them."""
        stack = self._read("manifest.json")["artifacts"]["Shop"]["properties"]
        [file] = self._read("Shop.assets.json")["files"].values()
        [destination] = file["destinations"].values()
        return {
            "deploy": stack["assumeRoleArn"],
            "publish": destination["assumeRoleArn"],
            "lookup": stack["lookupRole"]["arn"],
        }


def _resolve(value: dict[str, Any]) -> Any:
    if value == {"Ref": "AWS::Partition"}:
        return "aws"
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(parts)
    return value


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return Synthesized(tmp_path_factory.mktemp("roles"))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(Path(__file__).parents[2]) as simulator:
        yield simulator


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Pipeline", env=_PRODUCTION)


def _app(stack: cdk.Stack) -> cdk.App:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return app


def _allowed(
    simulator: Simulator, policies: tuple[dict[str, Any], ...], action: str, resource: str
) -> bool:
    """Whether a session of the role may do it, the resource being open to everybody."""
    question = Question(
        label=f"{action} {resource}",
        action=action,
        resource=resource,
        context={},
        principal=_SESSION,
        identity=policies,
    )
    [decision] = simulator.decide([question])
    assert decision is not Decision.UNKNOWN, question
    return decision is Decision.ALLOWED


_BUCKET = "arn:aws:s3:::shop-signing-51872141-111122223333-eu-west-1"
_SIGNER = "arn:aws:signer:eu-west-1:111122223333:"


def _bootstrap(kind: str, account: str = _ACCOUNT, region: str = "eu-west-1") -> str:
    return f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-{region}"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sts:AssumeRole", _bootstrap("deploy")),
        ("sts:AssumeRole", _bootstrap("file-publishing")),
        ("sts:AssumeRole", _bootstrap("deploy", "444455556666", "us-east-1")),
        *((action, f"{_SIGNER}/signing-profiles/shop") for action in permissions.PROFILE_ACTIONS),
        *((action, f"{_SIGNER}/signing-jobs/1a2b") for action in permissions.JOB_ACTIONS),
        *((action, _BUCKET) for action in permissions.BUCKET_ACTIONS),
        *((action, f"{_BUCKET}/unsigned/a") for action in permissions.SOURCE_OBJECT_ACTIONS),
        *((action, f"{_BUCKET}/signed/a") for action in permissions.SIGNED_OBJECT_ACTIONS),
    ],
)
def test_deploys_and_signs(
    simulator: Simulator, synthesized: Synthesized, action: str, resource: str
) -> None:
    assert _allowed(simulator, synthesized.policies("DeploymentRole"), action, resource)


def test_assumes_what_the_cli_assumes(simulator: Simulator, synthesized: Synthesized) -> None:
    policies = synthesized.policies("DeploymentRole")
    for kind, arn in synthesized.bootstrap_roles().items():
        assert _allowed(simulator, policies, "sts:AssumeRole", arn) is (kind != "lookup"), arn


# `*` in a name is that of no role: what matches it would match a pattern in the policy.
@pytest.mark.parametrize(
    "attached", [(), (ALLOW_ALL,)], ids=["as made", "with AdministratorAccess"]
)
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sts:AssumeRole", _bootstrap("lookup")),
        ("sts:AssumeRole", _bootstrap("image-publishing")),
        ("sts:AssumeRole", _bootstrap("cfn-exec")),
        ("sts:AssumeRole", _bootstrap("deploy", region="us-east-1")),
        ("sts:AssumeRole", _bootstrap("deploy", "444455556666")),
        ("sts:AssumeRole", _bootstrap("deploy", "999900001111")),
        ("sts:AssumeRole", f"{_bootstrap('deploy')}-2"),
        ("sts:AssumeRole", f"arn:aws:iam::{_ACCOUNT}:role/break-glass"),
        ("sts:TagSession", _bootstrap("deploy")),
        ("sts:SetSourceIdentity", _bootstrap("deploy")),
        ("signer:StartSigningJob", f"{_SIGNER}/signing-profiles/other"),
        ("signer:PutSigningProfile", "*"),
        ("signer:RevokeSignature", f"{_SIGNER}/signing-jobs/1a2b"),
        ("s3:GetObject", f"{_BUCKET}/other/a"),
        ("s3:GetObject", "arn:aws:s3:::prod-customers/all.csv"),
        ("s3:PutBucketPolicy", _BUCKET),
        ("s3:DeleteObject", f"{_BUCKET}/signed/a"),
        ("iam:PassRole", _bootstrap("cfn-exec")),
        ("iam:PutRolePolicy", f"arn:aws:iam::{_ACCOUNT}:role/shop-deployment"),
        ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{_ACCOUNT}:role/shop-deployment"),
        (
            "cloudformation:UpdateStack",
            f"arn:aws:cloudformation:eu-west-1:{_ACCOUNT}:stack/Shop/1a2b",
        ),
        (
            "lambda:UpdateFunctionCode",
            f"arn:aws:lambda:eu-west-1:{_ACCOUNT}:function:prod-users",
        ),
        (
            "ssm:GetParameter",
            f"arn:aws:ssm:eu-west-1:{_ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version",
        ),
        ("dynamodb:Scan", f"arn:aws:dynamodb:eu-west-1:{_ACCOUNT}:table/prod-users"),
    ],
)
def test_does_nothing_else(
    simulator: Simulator,
    synthesized: Synthesized,
    attached: tuple[dict[str, Any], ...],
    action: str,
    resource: str,
) -> None:
    policies = (*synthesized.policies("DeploymentRole"), *attached)
    assert not _allowed(simulator, policies, action, resource)


def test_policy_of_a_resource_opens_nothing(simulator: Simulator, synthesized: Synthesized) -> None:
    """In its own account, a policy that names the session is enough, but for a Deny."""
    bucket = "arn:aws:s3:::prod-customers"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": _SESSION},
                "Action": "s3:GetObject",
                "Resource": f"{bucket}/*",
            }
        ],
    }

    def read(policies: tuple[dict[str, Any], ...]) -> Decision:
        question = Question(
            label="read",
            action="s3:GetObject",
            resource=f"{bucket}/all.csv",
            context={},
            principal=_SESSION,
            identity=policies,
            resource_policy=policy,
            account=_ACCOUNT,
        )
        [decision] = simulator.decide([question])
        return decision

    closed, granted = synthesized.policies("DeploymentRole")
    assert read((granted,)) is Decision.ALLOWED
    assert read((closed, granted)) is Decision.DENIED


def test_more_bootstrap_roles_are_asked_for(simulator: Simulator, synthesized: Synthesized) -> None:
    policies = synthesized.policies("Nightly")
    kinds = ["deploy", "file-publishing", "image-publishing", "lookup"]
    for kind in kinds:
        arn = _bootstrap(kind)
        assert not _allowed(simulator, policies, "sts:AssumeRole", arn)
        other = arn.replace("hnb659fds", "other")
        assert _allowed(simulator, policies, "sts:AssumeRole", other)
    assert not _allowed(
        simulator, policies, "signer:StartSigningJob", f"{_SIGNER}/signing-profiles/shop"
    )


def test_trust_is_what_the_trusts_say(synthesized: Synthesized) -> None:
    """`test_trust.py` shows what IAM makes of these conditions."""
    role = synthesized.of("DeploymentRole", "AWS::IAM::Role")
    [provider] = [
        name
        for name, resource in synthesized.resources.items()
        if resource["Type"] == "AWS::IAM::OIDCProvider"
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": {"Ref": provider}},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": trust.conditions(),
        }
        for trust in synthesized.trusts
    ]
    assert role["MaxSessionDuration"] == 3600
    assert "ManagedPolicyArns" not in role


def test_recommended_flags_change_nothing(synthesized: Synthesized, tmp_path: Path) -> None:
    flagged = Synthesized(tmp_path, recommended_flags())
    assert flagged.of("DeploymentRole", "AWS::IAM::Role") == synthesized.of(
        "DeploymentRole", "AWS::IAM::Role"
    )
    [_, granted] = flagged.policies("DeploymentRole")
    [_, before] = synthesized.policies("DeploymentRole")
    assert _rights(granted) == _rights(before)


def _rights(policy: dict[str, Any]) -> set[tuple[str, str]]:
    def listed(value: Any) -> list[str]:
        return value if isinstance(value, list) else [value]

    return {
        (action, resource)
        for statement in policy["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def test_ids_stay(synthesized: Synthesized) -> None:
    assert {name: resource["Type"] for name, resource in synthesized.resources.items()} == {
        "OidcProvidertokenactionsgithubusercontentcom9F707405": "AWS::IAM::OIDCProvider",
        "DeploymentRole27A8D055": "AWS::IAM::Role",
        "DeploymentRoleDefaultPolicy92788A06": "AWS::IAM::Policy",
        "NightlyRole954B33E9": "AWS::IAM::Role",
        "NightlyRoleDefaultPolicy9FF04A75": "AWS::IAM::Policy",
    }


def test_one_provider_takes_the_tokens_of_all_roles(stack: cdk.Stack) -> None:
    first = _role(stack)
    second = _role(stack, "Second", trust=_trust(audience="shop"))
    assert second.provider is first.provider
    resource = first.provider.node.default_child
    assert isinstance(resource, iam.CfnOIDCProvider)
    assert resource.client_id_list == ["sts.amazonaws.com", "shop"]
    assert resource.url == _GITHUB
    assert resource.thumbprint_list is None
    gitlab = GitLabTrust(project_path="octo/shop", project_id=20, branch="main")
    assert _role(stack, "GitLab", trust=gitlab).provider is not first.provider


def test_provider_that_exists_already(stack: cdk.Stack) -> None:
    arn = f"arn:aws:iam::{_ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    imported = iam.OidcProviderNative.from_oidc_provider_arn(stack, "Provider", arn)
    assert _role(stack, provider=imported).provider is imported
    other = cdk.Stack(_app(stack), "Other", env=_PRODUCTION)
    made = _role(other, "Made").provider
    third = _role(cdk.Stack(_app(stack), "Third", env=_PRODUCTION), provider=made)
    assert third.provider is made
    template = _app(stack).synth().get_stack_by_name("Third").template
    [role] = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert "Fn::" in str(statement["Principal"]["Federated"])


def test_second_provider_of_an_account_is_refused(stack: cdk.Stack) -> None:
    _role(stack)
    Construct(_app(stack), "Aside")
    stage = cdk.Stage(_app(stack), "Stage")
    with pytest.raises(InvalidInputError, match="the stack Pipeline makes the provider for"):
        _role(cdk.Stack(stage, "Second", env=_PRODUCTION))
    _role(cdk.Stack(stage, "Elsewhere", env=_ELSEWHERE))


def test_no_region_or_account_is_needed() -> None:
    stack = cdk.Stack(cdk.App(), "Anywhere")
    signing = SigningBaseline(stack, "Signing")
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "Pipelines")
    role = _role(
        cdk.Stack(_app(stack), "Pipeline"),
        signing=[signing],
        path="/cicd/",
        permissions_boundary=boundary,
        max_session_duration=cdk.Duration.hours(12),
    )
    _app(stack).synth()
    assert role.role.role_arn


def test_rights_that_come_too_late_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context):\n    return event\n")
    app = cdk.App()
    shop = cdk.Stack(app, "Shop", env=_PRODUCTION)
    signing = SigningBaseline(shop, "Signing")
    function(shop, signing, tmp_path)
    provider = _role(signing.stack, "InTime", signing=signing).provider
    _role(shop, "TooLate", signing=signing, provider=provider)
    [warning] = warnings_of(app, "Shop")
    assert "it comes too late" in warning
    assert warnings_of(app, "Shop-Signing") == []


def test_nothing_can_be_granted_to_it(stack: cdk.Stack) -> None:
    role = _role(stack).role
    with pytest.raises(RuntimeError, match="a permission cannot be added to a DeploymentRole"):
        s3.Bucket(stack, "Customers").grant_read(role)
    with pytest.raises(InvalidInputError, match="a permission cannot be added"):
        role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    with pytest.raises(InvalidInputError, match="a managed policy cannot be added"):
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess"))
    with pytest.raises(RuntimeError, match="a policy cannot be added"):
        iam.Policy(stack, "Policy").attach_to_role(role)


def _trust_everybody(role: iam.Role) -> None:
    assert role.assume_role_policy is not None
    role.assume_role_policy.add_statements(
        iam.PolicyStatement(
            actions=["sts:AssumeRole"], principals=[iam.AccountPrincipal("999900001111")]
        )
    )


def _drop_the_denies(role: iam.Role) -> None:
    resource = role.node.default_child
    assert isinstance(resource, iam.CfnRole)
    resource.policies = None


def _attach_by_arn(role: iam.Role) -> None:
    resource = role.node.default_child
    assert isinstance(resource, iam.CfnRole)
    resource.managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]


@pytest.mark.parametrize("change", [_trust_everybody, _drop_the_denies, _attach_by_arn])
def test_change_after_it_was_made_stops_the_synth(stack: cdk.Stack, change: Any) -> None:
    change(_role(stack).role)
    with pytest.raises(RuntimeError, match="were changed after it was made"):
        _app(stack).synth()


_FOREIGN = "arn:aws:iam::111122223333:oidc-provider/gitlab.com"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trust": []}, "trust must be a GitHubTrust or a GitLabTrust"),
        ({"trust": "repo:octo-org/shop:*"}, "trust must be a GitHubTrust or a GitLabTrust"),
        ({"trust": [_trust(), "*"]}, "trust must be a GitHubTrust or a GitLabTrust"),
        (
            {
                "trust": [
                    _trust(),
                    GitLabTrust(project_path="octo/shop", project_id=20, branch="main"),
                ]
            },
            "must be of one issuer, got https://gitlab.com and https://token.actions",
        ),
        ({"trust": [_trust(branch=f"release-{n}") for n in range(9)]}, "AWS takes 2048 at most"),
        ({"bootstrapped": []}, "bootstrapped must name where the pipeline deploys to"),
        ({"bootstrapped": _PRODUCTION}, "bootstrapped must be a list"),
        ({"bootstrapped": [_ACCOUNT]}, "bootstrapped must be environments"),
        (
            {"bootstrapped": [cdk.Environment(account=_ACCOUNT)]},
            "must name the account and the region",
        ),
        (
            {"bootstrapped": [cdk.Environment(account="*", region="eu-west-1")]},
            "the account of an environment must be an account id",
        ),
        (
            {"bootstrapped": [cdk.Environment(account=_ACCOUNT, region="*")]},
            "the region of an environment must be one such as",
        ),
        (
            {"bootstrapped": [cdk.Environment(account=cdk.Aws.ACCOUNT_ID, region="eu-west-1")]},
            "the account of an environment must be a literal",
        ),
        (
            {
                "bootstrapped": [
                    cdk.Environment(account=f"{n:012}", region="eu-west-1") for n in range(40)
                ]
            },
            "the role's policies together would have",
        ),
        ({"signing": "shop"}, "signing must be a signing baseline or a list of them"),
        ({"signing": ["shop"]}, "signing must be a signing baseline or a list of them"),
        ({"qualifier": "*"}, "qualifier must be one to ten letters"),
        ({"role_name": "deploy role"}, "role_name must be 1 to 64 letters"),
        ({"path": "cicd"}, "path must begin and end with a slash"),
        (
            {"max_session_duration": cdk.Duration.hours(13)},
            "max_session_duration must be 1 to 12 hours, got 13 hours",
        ),
        (
            {"max_session_duration": cdk.Duration.hours(cdk.Token.as_number({"Ref": "Hours"}))},
            "max_session_duration must be a literal, got a token",
        ),
        ({"max_session_duration": 3600}, "max_session_duration must be a Duration"),
        (
            {"max_session_duration": cdk.Duration.minutes(30)},
            "max_session_duration must be 1 to 12 hours, got 0.5 hours",
        ),
        ({"provider": "arn"}, "provider must be an OpenID Connect provider, got 'arn'"),
    ],
)
def test_refused(stack: cdk.Stack, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        _role(stack, **arguments)


def test_provider_that_does_not_fit_is_refused(stack: cdk.Stack) -> None:
    imported = iam.OidcProviderNative.from_oidc_provider_arn(stack, "Imported", _FOREIGN)
    with pytest.raises(InvalidInputError, match=r"provider is for tokens of gitlab\.com"):
        _role(stack, provider=imported)
    made = iam.OidcProviderNative(stack, "Made", url="https://gitlab.com", client_ids=["a"])
    with pytest.raises(InvalidInputError, match=r"provider is for tokens of gitlab\.com"):
        _role(stack, "Second", provider=made)
    right = iam.OidcProviderNative(stack, "Right", url=_GITHUB, client_ids=["a"])
    with pytest.raises(InvalidInputError, match=r"provider takes tokens for a, and the trust is"):
        _role(stack, "Third", provider=right)
