"""The role of a signed function: closed, and whole from the start.

What a grant adds lands in an *inline* policy of the role. So the permissions exist exactly as
long as the role does: before the function is created and until after it is deleted (a separate
policy that goes first leaves Lambda without the right to delete the function's network
interfaces, aws-cdk #6701), and they cost no resource of their own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, cast

from aws_cdk import Intrinsic, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..errors import InvalidInputError
from .findings import answer_role_findings
from .statements import (
    any_database,
    exempt_actions,
    isolation_policy,
    only_by_lambda_itself,
    only_from_the_vpc,
    own_logs_statements,
)
from .trust import resource_of, trust_errors

__all__ = ["IsolatedRole"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies
# of a role together, white space not counted.
_MAX_INLINE = 10_240
# A reference still has a quarter of its final length when it is granted.
_SURELY_SMALL = 1_500
# What a reference becomes at deployment is not known; most are ARNs.
_REFERENCE = 90
_PSEUDO = {
    "AWS::AccountId": 12,
    "AWS::Partition": 6,
    "AWS::Region": 14,
    "AWS::URLSuffix": 13,
}

_LOGINS = {"rds-db:connect"}


@cache
def _lambda() -> iam.ServicePrincipal:
    """Lambda as a principal, the same for all roles."""
    return iam.ServicePrincipal("lambda.amazonaws.com")


@lru_cache(maxsize=64)
def _isolation(region: str, vpc_id: str, exempt: frozenset[str]) -> Sequence[Intrinsic]:
    """What isolates the roles of a network: each statement crosses to the CDK's process once."""
    policy = isolation_policy(region=region, vpc_id=vpc_id, exempt=exempt)
    return [Intrinsic(statement) for statement in policy["Statement"]]


class _Fragment(iam.PrincipalPolicyFragment):
    """A principal as policies write it, which tells when one does.

    Who writes it asks for both halves. Some grants only have a look at one: those of DynamoDB at
    the principal, to see whether it is a service, those of functions at the conditions.
    """

    def __init__(self, role: "IsolatedRole", arn: str) -> None:
        self._role = role
        self._principal = {"AWS": [arn]}
        self._asked: set[str] = set()
        super().__init__(self._principal)

    @property
    def principal_json(self) -> Mapping[str, list[str]]:
        self._note("principal")
        return self._principal

    @property
    def conditions(self) -> Mapping[str, Any]:
        self._note("conditions")
        return {}

    def _note(self, half: str) -> None:
        self._asked.add(half)
        if len(self._asked) == 2:
            self._role._move_grants()


class IsolatedRole(iam.Role):
    """An execution role that no grant can open.

    A grant is an inline statement. There is one exception: as soon as the ARN of the role is
    written into a policy of a resource, such as a KMS key, that resource depends on the role, and
    an inline statement about anything behind it would close a circle (role, secret, key, role:
    what `secret.grant_read` makes of a secret with its own key). From then on the grants of this
    role are an `AWS::IAM::Policy`, as those of any role of the CDK; what isolates the role stays
    inline.

    The statements about the log group are inline too, unless a key of the app encrypts it: then
    the group depends on the key, and would close the circle when the key's policy names the role
    (key, role, log group, key). They are a policy below the role in that case, so that what
    depends on the role, as the function does, waits for them as well.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        log_group_arn: str,
        log_group_has_key: bool,
        region: str,
        vpc_id: str,
    ) -> None:
        """Create the role.

        Args:
            scope: The construct to create it in.
            id: Its id.
            log_group_arn: ARN of the only log group it may write to, ending in `:*`.
            log_group_has_key: Whether the log group depends on a key.
            region: The region of the function.
            vpc_id: The VPC that the function's code calls from.
        """
        self._vpc_id, self._region = vpc_id, region
        self._exempt: set[str] = set()
        self._for_lambda = False
        self._any_database: list[Any] = []
        self._granted: list[iam.PolicyStatement] = []
        self._granted_characters = 0
        self._grants: iam.PolicyDocument | None = None
        self._moved = False
        # Before this is set, who reads the ARN is the function that the role is made for.
        self._in_use = False
        super().__init__(scope, id, assumed_by=_lambda())
        own_logs = own_logs_statements(log_group_arn)
        self._inline_logs = [] if log_group_has_key else own_logs
        resource = resource_of(self, known_to_be="closed", kind="SignedVpcFunctions")
        self._resource = resource
        self._write_policies()
        answer_role_findings(self)
        self._logs_apart: dict[str, Any] | None = None
        if log_group_has_key:
            self._logs_apart = {"Version": "2012-10-17", "Statement": own_logs}
            iam.CfnPolicy(
                self,
                "OwnLogs",
                policy_name="OwnLogs",
                policy_document=self._logs_apart,
                roles=[resource.ref],
            )

    @property
    def resource(self) -> iam.CfnRole:
        """The role's own resource, with the rights that no other policy holds."""
        return self._resource

    def in_use(self) -> None:
        """Say that the function exists: whoever asks for the ARN from now on passes it on."""
        self._in_use = True

    @property
    def role_arn(self) -> str:
        """The ARN. See the class for what happens when it is read."""
        self._move_grants()
        return super().role_arn

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        """The role as the principal of a policy."""
        return _Fragment(self, super().role_arn)

    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        """Grant something to the role. This is what all grants of the CDK call.

        Allows of actions on the items of DynamoDB tables get the condition `aws:SourceVpc`: the
        role's keys open no table from anywhere else.

        Args:
            statement: What is granted.

        Returns:
            That it was added, with the role as what to depend on.
        """
        shown: dict[str, Any] = statement.to_json()
        self._granted_characters += len(json.dumps(shown, default=str))
        conditions = self._conditions(shown)
        if conditions is not None:
            # A copy: the statement may be its maker's, who may add it to other roles.
            statement = statement.copy(conditions=conditions)
        if self._moved:
            super().add_to_principal_policy(statement)
        else:
            self._granted.append(statement)
            if self._grants is None:
                self._grants = iam.PolicyDocument(minimize=True, statements=[statement])
                self._write_policies()
            else:
                self._grants.add_statements(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=self)

    @contextmanager
    def granting_to_lambda_itself(self) -> Iterator[None]:
        """Take what is granted meanwhile for what Lambda needs to poll, or to send to, queues.

        The code gets none of it: these rights hold only for calls without the function's ARN.
        """
        before, self._for_lambda = self._for_lambda, True
        try:
            yield
        finally:
            self._for_lambda = before

    def attach_inline_policy(self, policy: iam.Policy) -> None:
        """Attach a policy; one that a function made for a statement is taken over as a grant.

        Args:
            policy: The policy. One that somebody made on purpose stays a resource of its own. Its
                statements get no condition; the role's Denies hold for them.
        """
        statements = _statements_of_a_function(policy)
        if statements is None:
            in_use, self._in_use = self._in_use, False
            super().attach_inline_policy(policy)
            self._in_use = in_use
            return
        for statement in statements:
            self.add_to_principal_policy(iam.PolicyStatement.from_json(statement))

    def add_managed_policy(self, policy: iam.IManagedPolicy) -> None:
        """Refuse a managed policy: AWS, or whoever owns it, may change it at any time.

        Args:
            policy: The policy.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(
            "a managed policy cannot be added to the role of a SignedVpcFunction: what it allows "
            "changes without a deployment; write what the function needs as a grant, or as "
            "function.add_to_role_policy(iam.PolicyStatement(...))"
        )

    def errors(self, trust: Any) -> list[str]:
        """Say what is wrong with the role when the app synthesizes.

        Args:
            trust: Its trust policy, made readable.

        Returns:
            One sentence for others than Lambda that may assume it, one for logins to whatever
            database, and one for inline policies that are more than IAM takes.
        """
        return [*trust_errors(trust), *self._database_errors(), *self._size_errors()]

    def _database_errors(self) -> list[str]:
        """Whether the role may log in, from anywhere, to databases that nobody named."""
        if not (self._exempt & _LOGINS and self._any_database):
            return []
        return [
            "the role may log in to databases that are not named (rds-db:connect on "
            f"{json.dumps(self._resolve(self._any_database[0]))}), such as one that the internet "
            "reaches; write database.grant_connect(function, 'user') for each"
        ]

    def _size_errors(self) -> list[str]:
        """Whether the inline policies are more than IAM takes."""
        # To resolve them costs a crossing to the CDK's process, and few roles come near.
        if self._moved or self._granted_characters < _SURELY_SMALL:
            return []
        policies = self._resolve(self._resource.policies)
        size = sum(_size(policy["policyDocument"]) for policy in policies)
        if self._logs_apart is not None:
            size += _size(self._resolve(self._logs_apart))
        if size <= _MAX_INLINE:
            return []
        return [
            f"the inline policies of the role have about {size:,} characters, and IAM takes "
            f"{_MAX_INLINE:,}; grant fewer or wider things (a prefix instead of single ARNs), or "
            "split the function"
        ]

    def _conditions(self, shown: Mapping[str, Any]) -> dict[str, Any] | None:
        """The conditions that a granted statement needs, or `None` if it stays as it is."""
        exempt = exempt_actions(shown) - self._exempt
        if exempt:
            self._exempt |= exempt
            self._write_policies()
        if any_database(shown, self._resolve):
            self._any_database.append(shown.get("Resource", "*"))
        if self._for_lambda:
            conditions = only_by_lambda_itself(shown)
            if conditions is not None:
                return conditions
        return only_from_the_vpc(shown, self._vpc_id, self._resolve)

    def _write_policies(self) -> None:
        """Write the inline policies: what isolates the role, and what was granted."""
        isolation = _isolation(self._region, self._vpc_id, frozenset(self._exempt))
        documents: dict[str, Any] = {
            "Isolation": {
                "Version": "2012-10-17",
                "Statement": [*isolation, *self._inline_logs],
            }
        }
        if self._grants is not None:
            documents["Grants"] = self._grants
        self._resource.policies = [
            iam.CfnRole.PolicyProperty(policy_name=name, policy_document=document)
            for name, document in documents.items()
        ]

    def _resolve(self, value: Any) -> Any:
        """Make the references in a value readable."""
        return Stack.of(self).resolve(value)

    def _move_grants(self) -> None:
        """Put what was granted, and what will be, into a policy of its own."""
        if self._moved or not self._in_use:
            return
        self._moved = True
        self._grants = None
        self._write_policies()
        for statement in self._granted:
            super().add_to_principal_policy(statement)


def _statements_of_a_function(policy: iam.Policy) -> list[dict[str, Any]] | None:
    """The statements of a policy that `function.add_to_role_policy` made, or `None`.

    With the flag `@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy` it makes one for each
    statement. Without it, it makes one where a list that is known only at deployment would meet
    another list; that must stay a policy of its own.
    """
    if not policy.node.id.startswith("inlinePolicyAddedToExecutionRole-"):
        return None
    document = policy.document.to_json()
    if "#{Token[" in json.dumps(document):
        return None
    return cast(list[dict[str, Any]], document["Statement"])


def _size(value: Any) -> int:
    """About how many characters a resolved part of a policy has at deployment."""
    match value:
        case str():
            return len(value) + 2
        case {"Fn::Join": [str(separator), [*parts]]}:
            return sum(_size(part) - 2 + len(separator) for part in parts) + 2
        case {"Ref": str(name)}:
            return _PSEUDO.get(name, _REFERENCE) + 2
        case dict() if len(value) == 1 and next(iter(value)).startswith("Fn::"):
            return _REFERENCE + 2
        case dict():
            return 1 + sum(_size(key) + 2 + _size(item) for key, item in value.items())
        case list():
            return 1 + sum(1 + _size(item) for item in value)
    return len(json.dumps(value))
