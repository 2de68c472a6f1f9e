"""DeveloperBoundary: what a developer cannot do, whatever his own policies say."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...errors import InvalidInputError
from ...signing.identity import literal_or_none
from ...signing.naming import check_account
from ..arguments import check_prefix, check_qualifier
from ..documents import PolicyDocument, refuse_too_long
from .boundary_reference import BoundaryReference
from .findings import answer_boundary_findings
from .statements import BOUNDARY_LIMIT, boundary_document

__all__ = ["DeveloperBoundary"]

_DESCRIPTION = "What developers cannot do, whatever their own policies say"
# As `Fn::Sub` spells it.
_ACCOUNT = "${AWS::AccountId}"
_QUALIFIER = "hnb659fds"
_WHAT = "the developer boundary"
_NO_ROOM = (
    "take something out of extra_daily_actions, name services nobody uses in without_services, or "
    "shorten the prefixes"
)


class DeveloperBoundary(Construct):
    """A permissions boundary for developers, even those with AdministratorAccess.

    A customer managed policy for `DeveloperPermissionSet`, or for any role or user. Below it a
    developer reads logs, metrics, traces, events and the settings of what runs; works with what
    bears the developers' prefix: invokes such functions, sends and receives such messages, reads
    and writes such items, objects and parameters; and asks for support. All else is refused, by
    explicit Denies, so that no resource policy that names the developer's session is a way around
    it. See <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.

    `docs/developer-boundary.md` says for each statement what it stops and what it costs. What
    developers do with services that the daily work does not name is refused too.

    The policy must be in each account that the permission set is assigned in, under the same name
    and path: <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html>.

    Example:
        ```python
        from secure_lambda_constructs import DeveloperBoundary

        boundary = DeveloperBoundary(stack, "DeveloperBoundary")
        role = iam.Role(stack, "Developer", assumed_by=iam.AccountRootPrincipal())
        iam.PermissionsBoundary.of(role).apply(boundary.managed_policy)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        policy_name: str = "DeveloperBoundary",
        policy_path: str = "/",
        developer_prefix: str = "dev-",
        data_path: str | None = None,
        guard_tag_prefix: str = "lambda-governance:",
        qualifier: str | None = None,
        extra_daily_actions: Sequence[str] = (),
        without_services: Sequence[str] = (),
    ) -> None:
        """Make the policy.

        Args:
            scope: The stack of the account, or a construct in it.
            id: The construct's id.
            policy_name: Name of the policy. An account has one of that name.
            policy_path: Path of the policy.
            developer_prefix: What the names of the developers' own functions, tables, buckets,
                queues, topics, streams, event buses, workflows, alarms and key aliases begin with.
                Nothing of production may begin with it, and no bucket that the pipeline reads.
            data_path: What the names of the developers' own secrets and parameters begin with. By
                default the prefix with a slash in place of its last character: `dev/`.
            guard_tag_prefix: What the keys of the tags begin with that no developer may set or
                remove, on any resource. Give governed resources such tags, and policies may
                trust them.
            qualifier: The qualifier of `cdk bootstrap`, whose bucket and roles must not bear the
                developers' prefix. By default that of the stack.
            extra_daily_actions: Actions that are daily work in this team, such as
                `athena:GetQueryResults`, on all resources. They are reviewed by nobody but you.
            without_services: Services of the daily work that nobody uses, such as `bedrock`: it
                makes room, and what is not used is not open.

        Raises:
            InvalidInputError: A name is none, a prefix would let in more than it says, an action
                would open the boundary, a service is not part of the daily work, or the policy has
                more than 6,144 characters; the message has the count.
        """
        reference = BoundaryReference(
            policy_name=policy_name,
            policy_path=policy_path,
            developer_prefix=developer_prefix,
            data_path=data_path,
            extra_daily_actions=extra_daily_actions,
            without_services=without_services,
        )
        stack = cdk.Stack.of(scope)
        _check_names(
            reference,
            guard_tag_prefix,
            qualifier or stack.synthesizer.bootstrap_qualifier or _QUALIFIER,
        )
        account = literal_or_none(stack.account)
        # Once as it can be counted, and once as the CDK fills it in.
        counted = _render(reference, guard_tag_prefix, account or _ACCOUNT)
        refuse_too_long(_WHAT, counted, BOUNDARY_LIMIT, _NO_ROOM)
        document = _render(reference, guard_tag_prefix, account or cdk.Aws.ACCOUNT_ID)

        super().__init__(scope, id)
        self._reference = reference
        self._policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=policy_name,
            path=policy_path,
            description=_DESCRIPTION,
            document=iam.PolicyDocument.from_json(document),
        )
        answer_boundary_findings(self._policy)

    @property
    def managed_policy(self) -> iam.ManagedPolicy:
        """The policy."""
        return self._policy

    @property
    def reference(self) -> BoundaryReference:
        """The boundary as a permission set names it: the same in every account."""
        return self._reference

    @staticmethod
    def document(
        *,
        account: str,
        developer_prefix: str = "dev-",
        data_path: str | None = None,
        guard_tag_prefix: str = "lambda-governance:",
        qualifier: str = _QUALIFIER,
        extra_daily_actions: Sequence[str] = (),
        without_services: Sequence[str] = (),
    ) -> PolicyDocument:
        """Return the policy as JSON has it, for accounts that the CDK does not deploy to.

        Args:
            account: The account. `${AWS::AccountId}` may stand for it in a template of
                CloudFormation, inside of `Fn::Sub`.
            developer_prefix: As of the construct.
            data_path: As of the construct.
            guard_tag_prefix: As of the construct.
            qualifier: As of the construct; that of an ordinary `cdk bootstrap` by default.
            extra_daily_actions: As of the construct.
            without_services: As of the construct.

        Returns:
            The policy.

        Raises:
            InvalidInputError: As of the construct; and the account is none.

        Example:
            ```python
            import json

            from secure_lambda_constructs import DeveloperBoundary

            document = DeveloperBoundary.document(account="111122223333")
            assert len(json.dumps(document, separators=(",", ":"))) <= 6144
            ```
        """
        if account != _ACCOUNT:
            check_account("account", account)
        reference = BoundaryReference(
            developer_prefix=developer_prefix,
            data_path=data_path,
            extra_daily_actions=extra_daily_actions,
            without_services=without_services,
        )
        _check_names(reference, guard_tag_prefix, qualifier)
        document = _render(reference, guard_tag_prefix, account)
        refuse_too_long(_WHAT, document, BOUNDARY_LIMIT, _NO_ROOM)
        return document


def _check_names(boundary: BoundaryReference, guard_tag_prefix: str, qualifier: str) -> None:
    check_prefix("guard_tag_prefix", guard_tag_prefix)
    check_qualifier(qualifier)
    bucket = f"cdk-{qualifier}-assets-"
    if bucket.startswith(boundary.developer_prefix):
        raise InvalidInputError(
            f"developer_prefix {boundary.developer_prefix!r} is the beginning of the name of the "
            f"CDK's bucket, {bucket}…: developers could replace what the pipeline deploys, so "
            "write another prefix"
        )


def _render(boundary: BoundaryReference, guard_tag_prefix: str, account: str) -> PolicyDocument:
    return boundary_document(
        account=account,
        developer_prefix=boundary.developer_prefix,
        data_path=boundary.own_data_path,
        guard_tag_prefix=guard_tag_prefix,
        extra_daily_actions=boundary.extra_daily_actions,
        without_services=boundary.without_services,
    )
