"""The role that a pipeline deploys with."""

import re
from collections.abc import Sequence

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from ...errors import InvalidInputError
from ...signing.identity import literal_or_none
from ...signing.members import ISigningBaseline
from ...signing.naming import REGION_PATTERN, check_account, check_literal
from ..arguments import check_list, check_policy_path, check_qualifier
from ..documents import refuse_too_long
from .closed_role import ClosedRole
from .trust import GitHubTrust, GitLabTrust
from .trust.provider import provider_for

__all__ = ["DeploymentRole"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_TRUST = 2_048
_ROLE_NAME = r"[\w+=,.@-]{1,64}"


class DeploymentRole(Construct):
    """A role that one repository's pipeline deploys with, and that can do nothing else.

    The job shows the token of its Git provider, and gets a session of this role for at most an
    hour: there is no key to keep, and none to steal. Who gets in is what `trust` says.

    The session may assume the bootstrap roles of the accounts and regions named, and sign with the
    baselines named. All else the role denies itself, whatever is attached to it later. What the
    stacks consist of is made by the CDK's bootstrap roles; what those may do is decided by `cdk
    bootstrap`.

    `cdk deploy --require-approval never` needs no other call than these. Comparing with what is
    deployed, as `cdk diff` does, and looking up values needs `lookups=True`.

    See <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html> and
    <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html>.

    Example:
        ```python
        from secure_lambda_constructs import DeploymentRole, GitHubTrust, SigningBaseline

        production = cdk.Environment(account="111122223333", region="eu-west-1")
        shop = cdk.Stack(app, "Shop", env=production)
        signing = SigningBaseline(shop, "Signing")
        deployment = DeploymentRole(
            cdk.Stack(app, "Pipeline", env=production),
            "Deployment",
            trust=GitHubTrust(
                owner="octo-org",
                owner_id=123456,
                repository="shop",
                repository_id=456789,
                branch="main",
                environment="production",
            ),
            signing=signing,
            bootstrapped=[production],
            role_name="shop-deployment",
        )
        cdk.CfnOutput(deployment, "Arn", value=deployment.role.role_arn)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        trust: GitHubTrust | GitLabTrust | Sequence[GitHubTrust | GitLabTrust],
        bootstrapped: Sequence[cdk.Environment],
        signing: ISigningBaseline | Sequence[ISigningBaseline] | None = None,
        qualifier: str = "hnb659fds",
        lookups: bool = False,
        container_images: bool = False,
        provider: iam.IOidcProvider | None = None,
        role_name: str | None = None,
        path: str = "/",
        permissions_boundary: iam.IManagedPolicy | None = None,
        max_session_duration: cdk.Duration | None = None,
    ) -> None:
        """Make the role, and the identity provider where the stack has none yet.

        Args:
            scope: The stack of the pipeline's own, or anything in it. In a stack whose code is
                signed the rights would come too late, and there is a warning.
            id: The id in the scope.
            trust: Whose jobs may use the role. Of several, all of one issuer, one must be met.
            bootstrapped: The accounts and regions to deploy to, all known before the deployment.
            signing: The baseline, or baselines, that the deployed code is signed with. By default
                the role signs nothing.
            qualifier: The qualifier of the bootstrap roles, as in `cdk bootstrap --qualifier`.
            lookups: Whether the lookup roles may be assumed. As `cdk bootstrap` makes them, they
                read everything in their account that needs no key of KMS: keep `cdk.context.json`
                in the repository instead. By default they may not.
            container_images: Whether the image publishing roles may be assumed. By default they may
                not: Lambda does not check the signature of an image.
            provider: The account's identity provider for that issuer, where there is one already:
                `iam.OidcProviderNative.from_oidc_provider_arn(...)`, or the `provider` of a
                DeploymentRole of another stack. By default the stack's own is used, or made.
            role_name: Its name. CloudFormation makes one up by default; policies that name the
                pipeline's role by its ARN need one that is known.
            path: The path of its name.
            permissions_boundary: A permissions boundary, where the account asks for one. By default
                there is none: the role denies itself more than a boundary would.
            max_session_duration: How long a session may last, 1 to 12 hours, by default an hour.
                A session of a bootstrap role ends after an hour in any case.

        Raises:
            InvalidInputError: One of them is not what it must be, or the policies are longer than
                IAM takes.
        """
        trusts = _checked_trusts(trust)
        _check_environments(bootstrapped)
        baselines = _checked_baselines(signing)
        check_qualifier(qualifier)
        check_policy_path("path", path)
        if role_name is not None:
            _check_role_name(role_name)
        _check_session(max_session_duration)
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self._provider = provider_for(self, trusts[0], provider)
        _refuse_long_trust(stack, trusts)
        arn = self._provider.oidc_provider_arn
        self._role = ClosedRole(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(
                *(iam.WebIdentityPrincipal(arn, trust.conditions()) for trust in trusts)
            ),
            provider_arn=arn,
            description=f"Deploys for {trusts[0].subject}",
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
            max_session_duration=max_session_duration or cdk.Duration.hours(1),
        )
        kinds = ["deploy", "file-publishing"]
        kinds += ["image-publishing"] if container_images else []
        kinds += ["lookup"] if lookups else []
        self._role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[
                    f"arn:{stack.partition}:iam::{account}:role/"
                    f"cdk-{qualifier}-{kind}-role-{account}-{region}"
                    for account, region in sorted({(e.account, e.region) for e in bootstrapped})
                    for kind in kinds
                ],
            )
        )
        for baseline in baselines:
            baseline.grant_sign(self._role)
        self._role.close()
        self.node.add_validation(_Unchanged(self._role))

    @property
    def role(self) -> iam.Role:
        """The role. It takes no more grants: what a job needs besides, another role must have."""
        return self._role

    @property
    def provider(self) -> iam.IOidcProvider:
        """The identity provider, to be given to a `DeploymentRole` of another stack."""
        return self._provider


@jsii.implements(IValidation)
class _Unchanged:
    """Looks when the app synthesizes whether the role is as it was made."""

    def __init__(self, role: ClosedRole) -> None:
        self._role = role

    def validate(self) -> list[str]:
        return self._role.errors()


def _checked_trusts(
    trust: GitHubTrust | GitLabTrust | Sequence[GitHubTrust | GitLabTrust],
) -> list[GitHubTrust | GitLabTrust]:
    trusts = [trust] if isinstance(trust, GitHubTrust | GitLabTrust) else trust
    if (
        not isinstance(trusts, list | tuple)
        or not trusts
        or not all(isinstance(item, GitHubTrust | GitLabTrust) for item in trusts)
    ):
        raise InvalidInputError(
            f"trust must be a GitHubTrust or a GitLabTrust, or a list of them, got {trust!r}: "
            "write for example trust=GitHubTrust(owner='octo-org', ..., branch='main')"
        )
    issuers = sorted({item.issuer for item in trusts})
    if len(issuers) > 1:
        raise InvalidInputError(
            f"the trusts of a role must be of one issuer, got {' and '.join(issuers)}: make a "
            "DeploymentRole for each"
        )
    return list(trusts)


def _check_environments(environments: Sequence[cdk.Environment]) -> None:
    check_list("bootstrapped", environments)
    for environment in environments:
        if not isinstance(environment, cdk.Environment):
            raise InvalidInputError(
                f"bootstrapped must be environments, got {environment!r}: write "
                "cdk.Environment(account='111122223333', region='eu-west-1')"
            )
        account, region = environment.account, environment.region
        if account is None or region is None:
            raise InvalidInputError(
                "bootstrapped must name the account and the region of each environment, got "
                f"account={account!r} and region={region!r}: the role may assume those roles alone"
            )
        check_account("the account of an environment", account)
        check_literal("the region of an environment", region)
        if re.fullmatch(REGION_PATTERN, region) is None:
            raise InvalidInputError(
                f"the region of an environment must be one such as 'eu-west-1', got {region!r}"
            )
    if not environments:
        raise InvalidInputError(
            "bootstrapped must name where the pipeline deploys to, got none: write "
            "[cdk.Environment(account='111122223333', region='eu-west-1')]"
        )


def _checked_baselines(
    signing: ISigningBaseline | Sequence[ISigningBaseline] | None,
) -> list[ISigningBaseline]:
    if signing is None:
        return []
    baselines: list[ISigningBaseline] = []
    for baseline in signing if isinstance(signing, Sequence) else (signing,):
        if not hasattr(type(baseline), "grant_sign"):
            raise InvalidInputError(
                f"signing must be a signing baseline or a list of them, got {baseline!r}: write "
                "signing=SigningBaseline(self, 'Signing')"
            )
        baselines.append(baseline)
    return baselines


def _check_role_name(name: str) -> None:
    check_literal("role_name", name)
    if re.fullmatch(_ROLE_NAME, name, re.ASCII) is None:
        raise InvalidInputError(
            f"role_name must be 1 to 64 letters, digits or any of +=,.@_-, got {name!r}"
        )


def _check_session(duration: cdk.Duration | None) -> None:
    if duration is None:
        return
    if not isinstance(duration, cdk.Duration):
        raise InvalidInputError(
            f"max_session_duration must be a Duration, got {duration!r}: write "
            "cdk.Duration.hours(1)"
        )
    if duration.is_unresolved():
        # The CDK would take the number that stands for it.
        raise InvalidInputError("max_session_duration must be a literal, got a token")
    hours = duration.to_hours(integral=False)
    if not 1 <= hours <= 12:
        raise InvalidInputError(f"max_session_duration must be 1 to 12 hours, got {hours:g} hours")


def _refuse_long_trust(stack: cdk.Stack, trusts: Sequence[GitHubTrust | GitLabTrust]) -> None:
    account = literal_or_none(stack.account) or "${AWS::AccountId}"
    host = trusts[0].issuer.removeprefix("https://")
    arn = f"arn:${{AWS::Partition}}:iam::{account}:oidc-provider/{host}"
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"Federated": arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": trust.conditions(),
        }
        for trust in trusts
    ]
    refuse_too_long(
        "the role's trust policy",
        {"Version": "2012-10-17", "Statement": statements},
        _MAX_TRUST,
        "make a second DeploymentRole for some of the trusts",
    )
