"""Whether policies allow a request.

See
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
and
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from .policies import CompiledPolicy, Policy, compiled_policy
from .principals import Reach
from .request import Caller, Kind, Request, caller_of
from .statements import PolicyType

__all__ = ["CompiledPolicies", "Decision", "Explanation", "PolicySet", "decide"]

# IAM lets this call pass whatever policies say: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_ALWAYS_ALLOWED: Final = "sts:getcalleridentity"


class Decision(Enum):
    """Whether a request is allowed."""

    ALLOWED = "allowed"
    DENIED = "denied"

    @property
    def is_open(self) -> bool:
        """Whether an attacker may count on it."""
        return self is Decision.ALLOWED


class Explanation(NamedTuple):
    """What a decision rests on.

    Attributes:
        is_explicit: Whether a Deny matches.
        statements: The statements as they are written: where a Deny matches, all the Denies that
            do; otherwise all the Allows that match or may match, also where they do not suffice.
    """

    decision: Decision
    is_explicit: bool
    statements: Sequence[object]


@dataclass(frozen=True, kw_only=True)
class PolicySet:
    """The policies that stand in the way of a request.

    Each is a document, or what `compiled_policy` made of some. Anything else is a policy that
    nobody can tell, and may allow everything; a policy that there is not is left out, or None.

    Args:
        identity: Those of the principal: its own, those attached to it, those of its groups. A
            service or a request without a signature has none, whatever is given.
        resource: That of the resource; for a role its trust, for a KMS key its key policy.
        boundary: The permissions boundary of the principal, in one part or more. Without one, None.
        service_control: The service control policies over the principal's account: for each level
            of the organization, from the root to the account, those attached to it. `FullAWSAccess`
            is not added.
        resource_control: The same of resource control policies over the account of the resource.
            `RCPFullAWSAccess`, which cannot be detached, is taken to be there.
        endpoint: That of the VPC endpoint on the way. Its principals are looked at.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import PolicySet

        everything = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
        }
        policies = PolicySet(identity=[everything], service_control=[[everything]])
        assert policies.boundary is None
        ```
    """

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Sequence[Policy] | None = None
    service_control: Sequence[Sequence[Policy]] = ()
    resource_control: Sequence[Sequence[Policy]] = ()
    endpoint: Policy | None = None


class CompiledPolicies:
    """A set of policies, read once to be asked about many requests.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import (
            CompiledPolicies,
            Decision,
            PolicySet,
            Request,
        )

        document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {
                    "Sid": "OutsideTheVpc",
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
                },
            ],
        }
        policies = CompiledPolicies(PolicySet(identity=[document]))
        request = Request(
            principal="arn:aws:sts::111122223333:assumed-role/orders/orders",
            action="s3:GetObject",
            resource="arn:aws:s3:::data/report.csv",
            context={},
            account="111122223333",
        )
        assert policies.decide(request) is Decision.DENIED
        explanation = policies.explain(request)
        assert explanation.is_explicit
        assert explanation.statements == [document["Statement"][1]]
        ```
    """

    def __init__(self, policies: PolicySet) -> None:
        """Read `policies`."""
        self._identity = compiled_policy(policies.identity, PolicyType.IDENTITY)
        self._resource = _one(policies.resource)
        self._endpoint = _one(policies.endpoint)
        self._boundary = (
            None
            if policies.boundary is None
            else compiled_policy(policies.boundary, PolicyType.IDENTITY)
        )
        self._service_control = [
            compiled_policy(level, PolicyType.IDENTITY) for level in policies.service_control
        ]
        self._resource_control = [
            compiled_policy(level, PolicyType.RESOURCE) for level in policies.resource_control
        ]

    def decide(self, request: Request) -> Decision:
        """Return whether the policies allow a request."""
        return Decision.ALLOWED if self._outcome(request) is True else Decision.DENIED

    def explain(self, request: Request) -> Explanation:
        """Return whether the policies allow a request, and by which statements."""
        outcome = self._outcome(request)
        caller = caller_of(request.principal)
        is_explicit = outcome is None
        found = [
            statement.source
            for policy in self._in_force(request, caller)
            for statement in policy.matching(
                request, caller, is_bounded=self._is_bounded(policy, caller)
            )
            if statement.is_allow is not is_explicit
        ]
        decision = Decision.ALLOWED if outcome is True else Decision.DENIED
        return Explanation(decision, is_explicit, found)

    def _in_force(self, request: Request, caller: Caller) -> Iterator[CompiledPolicy]:
        """Yield the policies that a request meets."""
        if self._endpoint is not None:
            yield self._endpoint
        if _is_always_allowed(request, caller):
            return
        # Neither kind limits the roles of services.
        # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        if not caller.is_service_linked:
            yield from self._resource_control
            if caller.has_identity:
                yield from self._service_control
        if self._resource is not None:
            yield self._resource
        if caller.has_identity:
            yield self._identity
            # The root user of an account cannot have a boundary.
            if self._boundary is not None and caller.kind is not Kind.ROOT:
                yield self._boundary

    def _is_bounded(self, policy: CompiledPolicy, caller: Caller) -> bool:
        """Tell whether a policy is the resource's, and the caller has a boundary."""
        has_boundary = self._boundary is not None and caller.has_identity
        return has_boundary and caller.kind is not Kind.ROOT and policy is self._resource

    def _outcome(self, request: Request) -> bool | None:
        """Return whether a request is allowed, None where a Deny matches."""
        caller = caller_of(request.principal)
        reach: dict[int, Reach] = {}
        for policy in self._in_force(request, caller):
            is_bounded = self._is_bounded(policy, caller)
            found = policy.find(request, caller, is_bounded=is_bounded)
            if found.denies:
                return None
            reach[id(policy)] = found.reach

        def allows(policy: CompiledPolicy | None) -> bool:
            # A policy that is not in force stops nothing.
            return policy is None or reach.get(id(policy), Reach.DIRECT) is not Reach.NOBODY

        if not allows(self._endpoint):
            return False
        if _is_always_allowed(request, caller):
            return True
        if not all(allows(level) for level in self._service_control):
            return False
        of_resource = Reach.NOBODY if self._resource is None else reach[id(self._resource)]
        if not caller.has_identity:
            return of_resource is not Reach.NOBODY
        of_boundary = allows(self._boundary)
        # The root user has every right in its own account.
        of_identity = caller.kind is Kind.ROOT or allows(self._identity)
        if caller.is_foreign(request.account):
            return of_resource is not Reach.NOBODY and of_identity and of_boundary
        if of_resource is Reach.DIRECT:
            return True
        if not of_boundary:
            return False
        if of_resource is Reach.ENTITY:
            return True
        if of_resource is Reach.NOBODY and self._must_be_trusted(request):
            return False
        return of_identity

    def _must_be_trusted(self, request: Request) -> bool:
        """Tell whether the policy of the resource must allow it, also within one account.

        That of a role says who may assume it, that of a KMS key who may use it, whatever the
        principal's own policies allow.
        https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
        """
        service = request.action.partition(":")[0].lower()
        if service == "kms":
            return ":key/" in request.resource
        return service == "sts" and self._resource is not None


def _is_always_allowed(request: Request, caller: Caller) -> bool:
    is_signed = caller.kind is not Kind.ANONYMOUS
    return is_signed and request.action.lower() == _ALWAYS_ALLOWED


def _one(policy: Policy | None) -> CompiledPolicy | None:
    return None if policy is None else compiled_policy([policy], PolicyType.RESOURCE)


def decide(request: Request, policies: PolicySet) -> Decision:
    """Return whether policies allow a request.

    Whoever asks the same policies more than once reads them once: `CompiledPolicies`.

    A statement that only may match, because AWS would refuse it, or because something in it or in
    the request is not known, counts where it allows and does not count where it denies. So an
    answer that is `DENIED` is sure, as far as the policies and the request are told.

    Args:
        request: The request.
        policies: All the policies in its way.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import Decision, PolicySet, Request, decide

        def allow(**elements: str) -> dict[str, object]:
            statement = {"Effect": "Allow", "Resource": "*", **elements}
            return {"Version": "2012-10-17", "Statement": statement}

        request = Request(
            principal="arn:aws:iam::444455556666:user/mallory",
            action="s3:GetObject",
            resource="arn:aws:s3:::data/report.csv",
            context={},
            account="111122223333",
        )
        own = [allow(Action="s3:*")]
        assert decide(request, PolicySet(identity=own)) is Decision.DENIED
        shared = allow(Action="s3:Get*", Principal="*")
        assert decide(request, PolicySet(identity=own, resource=shared)) is Decision.ALLOWED
        ```
    """
    return CompiledPolicies(policies).decide(request)
