"""A role that has what it was given when it was made, and can never have more.

The rights are Allows in the role's default policy, as grants make them. Denies in the role itself
are their mirror image: of every other action, and of these actions on everything else. A Deny wins
over whatever is attached later, by this app or by anybody, and over a policy of a resource that
names the role or a session of it. See
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...errors import InvalidInputError
from ...function.trust import resource_of
from ..documents import refuse_too_long

__all__ = ["ClosedRole", "nothing_else", "spelled"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies
# of a role together.
_MAX_INLINE = 10_240


def spelled(value: Any) -> Any:
    """Return what a template has with references as `Fn::Sub` would spell them.

    Args:
        value: A resolved value.

    Returns:
        The same, with text for `Ref` and `Fn::Join`.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.closed_role import spelled

        assert spelled({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}]]}) == (
            "arn:${AWS::Partition}"
        )
        ```
    """
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return f"${{{value['Ref']}}}"
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(str(spelled(part)) for part in parts)
    return {key: spelled(item) for key, item in value.items()}


def nothing_else(allowed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the Denies that are the mirror image of Allows.

    Args:
        allowed: Statements with actions and resources, and without conditions.

    Returns:
        One Deny of all other actions, and one for each set of resources, of its actions elsewhere.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.closed_role import nothing_else

        [others, elsewhere] = nothing_else(
            [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:deploy"}]
        )
        assert others["NotAction"] == ["sts:AssumeRole"]
        assert elsewhere["NotResource"] == ["arn:deploy"]
        ```
    """
    resources: dict[str, dict[str, Any]] = {}
    for statement in allowed:
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                resources.setdefault(action, {})[json.dumps(spelled(resource))] = resource
    actions: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        actions.setdefault(tuple(sorted(resources[action])), []).append(action)
    others = {
        "Sid": "NothingElse",
        "Effect": "Deny",
        "NotAction": sorted(resources),
        "Resource": "*",
    }
    elsewhere = [
        {
            "Sid": f"NowhereElse{number}",
            "Effect": "Deny",
            "Action": group,
            "NotResource": [resources[group[0]][key] for key in keys],
        }
        for number, (keys, group) in enumerate(actions.items(), 1)
    ]
    return [others, *elsewhere]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class ClosedRole(iam.Role):
    """A role that takes grants until it is closed, and refuses them from then on.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.closed_role import ClosedRole

        role = ClosedRole(stack, "Closed", assumed_by=iam.AccountRootPrincipal())
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sts:AssumeRole"], resources=["arn:aws:iam::1:role/a"])
        )
        role.close()
        assert role.errors() == []
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        assumed_by: iam.IPrincipal,
        provider_arn: str = "",
        description: str | None = None,
        role_name: str | None = None,
        path: str | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        max_session_duration: Duration | None = None,
    ) -> None:
        """Make the role.

        Args:
            scope: The construct to create it in.
            id: Its id.
            assumed_by: Who may assume it.
            provider_arn: The identity provider in that.
            description: What it is for.
            role_name: Its name.
            path: The path of its name.
            permissions_boundary: Its permissions boundary.
            max_session_duration: How long a session may last.
        """
        self._closed = False
        self._provider_arn = provider_arn
        self._statements: list[iam.PolicyStatement] = []
        super().__init__(
            scope,
            id,
            assumed_by=assumed_by,
            description=description,
            role_name=role_name,
            path=path,
            permissions_boundary=permissions_boundary,
            max_session_duration=max_session_duration,
        )
        self._resource = resource_of(self, known_to_be="closed", kind="DeploymentRoles")

    def close(self) -> None:
        """Deny everything that was not granted so far.

        Raises:
            InvalidInputError: The policies are longer than IAM takes.
        """
        resolve = Stack.of(self).resolve
        allowed = [resolve(statement.to_json()) for statement in self._statements]
        denied = nothing_else(allowed)
        refuse_too_long(
            "the role's policies together",
            {"Version": "2012-10-17", "Statement": spelled([*allowed, *denied])},
            _MAX_INLINE,
            "make a DeploymentRole for each few environments, or for each baseline",
        )
        self._resource.policies = [
            iam.CfnRole.PolicyProperty(
                policy_name="NothingElse",
                policy_document={"Version": "2012-10-17", "Statement": denied},
            )
        ]
        self._as_made = self._properties()
        self._closed = True

    def errors(self) -> list[str]:
        """Say what was changed since the role was closed.

        Returns:
            One sentence, or none.
        """
        if self._properties() == self._as_made:
            return []
        return [
            "the trust or the policies of a DeploymentRole were changed after it was made, so that "
            "others might deploy: give it another trust instead, or make a role of your own"
        ]

    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        """Take a grant until the role is closed.

        Args:
            statement: What is granted.

        Returns:
            That it was added.

        Raises:
            InvalidInputError: The role is closed.
        """
        self._refuse_when_closed("a permission")
        self._statements.append(statement)
        return super().add_to_principal_policy(statement)

    def attach_inline_policy(self, policy: iam.Policy) -> None:
        """Take a policy until the role is closed.

        Args:
            policy: The policy.

        Raises:
            InvalidInputError: The role is closed.
        """
        # The CDK attaches the default policy once more whenever it grows.
        self._refuse_when_closed("a policy")
        super().attach_inline_policy(policy)

    def add_managed_policy(self, policy: iam.IManagedPolicy) -> None:
        """Refuse a managed policy: what it allows changes without this role.

        Args:
            policy: The policy.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(_nothing_for_it("a managed policy"))

    def _refuse_when_closed(self, what: str) -> None:
        if self._closed:
            raise InvalidInputError(_nothing_for_it(what))

    def _properties(self) -> str:
        resource = self._resource
        provider, *found = Stack.of(self).resolve(
            [
                self._provider_arn,
                resource.assume_role_policy_document,
                resource.managed_policy_arns,
                resource.policies,
            ]
        )
        # One of another stack is written in another way as soon as the app synthesizes.
        return json.dumps(found).replace(json.dumps(provider), "provider")


def _nothing_for_it(what: str) -> str:
    return (
        f"{what} cannot be added to a DeploymentRole, which signs, assumes the CDK's bootstrap "
        "roles and denies itself everything else: give it to a role of its own for the job that "
        "needs it"
    )
