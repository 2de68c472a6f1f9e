"""The identity provider in IAM that a trust needs: one for each issuer and account."""

from collections.abc import Iterator
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from ....errors import InvalidInputError
from ....signing.identity import literal_or_none
from .token_trust import TokenTrust

__all__ = ["provider_for"]


def provider_for(
    scope: Construct, trust: TokenTrust, given: iam.IOidcProvider | None
) -> iam.IOidcProvider:
    """Return the provider for a trust: the one given, that of the stack, or a new one.

    A new one is a resource of CloudFormation (`AWS::IAM::OIDCProvider`), not a function that calls
    IAM. It names no thumbprints: AWS checks an issuer's certificate by authorities that it trusts.
    See <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>.

    Args:
        scope: What needs it.
        trust: What it is for.
        given: A provider that exists already.

    Returns:
        The provider.

    Raises:
        InvalidInputError: The given one is none, or of another issuer, or not for the audience; or
            another stack of the app makes one for the same account.

    Example:
        ```python
        from secure_lambda_constructs import GitLabTrust
        from secure_lambda_constructs.governance.pipeline.trust.provider import provider_for

        trust = GitLabTrust(project_path="octo/shop", project_id=20, branch="main")
        assert provider_for(stack, trust, None) is provider_for(stack, trust, None)
        ```
    """
    if given is not None:
        _check_given(given, trust)
        return given
    stack = cdk.Stack.of(scope)
    id = f"OidcProvider-{_host(trust).replace('/', '-')}"
    existing = stack.node.try_find_child(id)
    if isinstance(existing, iam.OidcProviderNative):
        _add_audience(existing, trust.audience)
        return existing
    _refuse_second(stack, id, trust)
    return iam.OidcProviderNative(stack, id, url=trust.issuer, client_ids=[trust.audience])


def _host(trust: TokenTrust) -> str:
    return trust.issuer.removeprefix("https://")


def _check_given(provider: iam.IOidcProvider, trust: TokenTrust) -> None:
    if not hasattr(provider, "oidc_provider_arn"):
        raise InvalidInputError(
            f"provider must be an OpenID Connect provider, got {provider!r}: write "
            "iam.OidcProviderNative.from_oidc_provider_arn(self, 'Provider', '...')"
        )
    resource = provider.node.default_child
    if isinstance(resource, iam.CfnOIDCProvider):
        issuer = (resource.url or "").removeprefix("https://").rstrip("/")
    else:
        issuer = provider.oidc_provider_arn.partition(":oidc-provider/")[2]
    if issuer and not cdk.Token.is_unresolved(issuer) and issuer != _host(trust):
        raise InvalidInputError(
            f"provider is for tokens of {issuer}, and the trust for those of {_host(trust)}: give "
            "the provider of that issuer"
        )
    if isinstance(resource, iam.CfnOIDCProvider):
        audiences = resource.client_id_list or []
        if trust.audience not in audiences and not cdk.Token.is_unresolved(audiences):
            raise InvalidInputError(
                f"provider takes tokens for {', '.join(audiences) or 'nobody'}, and the trust is "
                f"for {trust.audience!r}: add that to its client_ids"
            )


def _add_audience(provider: iam.OidcProviderNative, audience: str) -> None:
    resource = cast(iam.CfnOIDCProvider, provider.node.default_child)
    audiences = resource.client_id_list or []
    if audience not in audiences:
        resource.client_id_list = [*audiences, audience]


def _refuse_second(stack: cdk.Stack, id: str, trust: TokenTrust) -> None:
    """An account takes one provider for each issuer, and says so only during the deployment."""
    account = literal_or_none(stack.account)
    for other in _stacks(stack.node.root):
        if (
            account is not None
            and literal_or_none(other.account) == account
            and other.node.try_find_child(id) is not None
        ):
            raise InvalidInputError(
                f"the stack {other.node.path} makes the provider for {trust.issuer} in the account "
                f"{account} already, and an account has one for each issuer: write provider=... "
                "with the provider of the DeploymentRole there"
            )


def _stacks(scope: IConstruct) -> Iterator[cdk.Stack]:
    for child in scope.node.children:
        if isinstance(child, cdk.Stack):
            yield child
        elif isinstance(child, cdk.Stage):
            yield from _stacks(child)
