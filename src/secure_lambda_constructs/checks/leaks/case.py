"""The stack under judgement: its functions, network and endpoints, and the evaluator.

What is judged is what the templates create, and nothing is taken for closed that they do not
tell. Not looked at, each because it could only close more: network ACLs and organization policies.
Not to be seen in a template: what is added to the account later, covert timing, and what the
function's callers do with its answers.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

from ..model.policies import pessimistic, role_documents
from ..model.values import Unknown, as_list
from ..model.views import Endpoint, Function
from ..model.world import Resource, World
from .attackers import role_context
from .decisions import Decisions
from .egress import is_only_a_way_out
from .questions import Decision, Evaluator, KnownAction, Question, reason_of
from .reasons import Reason, told

__all__ = ["Case"]

_T = TypeVar("_T")


class Case:
    """One world, and what the checks of several groups ask about it."""

    def __init__(
        self, world: World, evaluator: Evaluator, *, trusted_accounts: Iterable[str] = ()
    ) -> None:
        """Judge `world`, asking `evaluator` about policies.

        Args:
            world: All that the app's templates create.
            evaluator: Decides what policies allow.
            trusted_accounts: Accounts that are nobody else's, though no stack is in them.
        """
        self.world = world
        self.evaluator = evaluator
        self._trusted = frozenset(trusted_accounts)
        self.decisions = Decisions(evaluator)
        self._made: dict[Callable[[Case], Any], Any] = {}
        self._documents: dict[str | None, tuple[dict[str, Any], ...]] = {}
        self._expanded: dict[str, list[KnownAction]] = {}
        self._contexts: dict[tuple[Any, ...], dict[str, Any]] = {}

    def once(self, make: Callable[["Case"], _T]) -> _T:
        """Return what `make` returns for this case, which is made when it is first asked for."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(_T, self._made[make])

    def still_open(self, questions: Iterable[Question]) -> list[Reason]:
        """Return a reason for each question that is not denied."""
        asked = list(questions)
        return [
            reason_of(question, decision)
            for question, decision in zip(asked, self.decisions.on(asked), strict=True)
            if decision.is_open
        ]

    def denied(self, questions: Iterable[Question]) -> list[Reason]:
        """Return a reason for each question whose answer is not a plain yes."""
        asked = list(questions)
        return [
            Reason(
                question.about,
                f"{question.label}, which is denied",
                f"{question.action} on {question.resource} is {decision.value}",
            )
            for question, decision in zip(asked, self.decisions.on(asked), strict=True)
            if decision is not Decision.ALLOWED
        ]

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the IAM actions that match `pattern`, asking the evaluator once."""
        if pattern not in self._expanded:
            self._expanded[pattern] = self.evaluator.expand(pattern)
        return self._expanded[pattern]

    def ask(
        self,
        function: Function,
        action: str,
        resource: str,
        label: str,
        *,
        vpc: str | None,
        from_code: bool = True,
        owner: str | None = None,
        context: dict[str, Any] | None = None,
        about: Resource | None = None,
        **policies: Any,
    ) -> Question:
        """Return the question whether the role of `function` may do something.

        Args:
            function: The function whose role it is.
            action: What is asked for.
            resource: The ARN of what it is asked of.
            label: Who does it, in a reason's words.
            vpc: The VPC the request comes out of; None for the internet.
            from_code: Whether the keys are those of the function's code.
            owner: The account that owns the resource; by default the one that its ARN or its
                bucket tells, or else the function's own.
            context: Further condition keys.
            about: What opens a path if it is not denied; the function by default.
            **policies: What else stands in the way, as `Question` takes it.
        """
        owner = self._owner_of(resource) if owner is None else owner
        endpoint = self.once(_endpoint_ids).get((vpc, action.partition(":")[0]))
        key = (function.path, vpc, endpoint, from_code, owner)
        if key not in self._contexts:
            self._contexts[key] = role_context(
                function, vpc=vpc, endpoint=endpoint, from_code=from_code, owner=owner
            )
        base = self._contexts[key]
        return Question(
            label=label + self.guess_about(function),
            action=action,
            resource=resource,
            context=base if context is None else {**base, **context},
            principal=function.session,
            identity=self.documents_of(function.role),
            boundary=self.boundary_of(function.role),
            about=function.resource if about is None else about,
            **policies,
        )

    def _owner_of(self, arn: str) -> str | None:
        """Return the account of ours that something is of; None where the ARN tells none."""
        if arn.startswith("arn:aws:s3:::"):
            bucket = self.world.find(arn.partition("/")[0], "AWS::S3::Bucket")
            return None if bucket is None else bucket.account
        parts = arn.split(":")
        return parts[4] if len(parts) > 5 and parts[4] in self.inside_accounts else None

    def guess_about(self, function: Function) -> str:
        """Return what to add to a reason about the role of `function` that nobody knows fully."""
        if function.role is not None:
            return self.guess_about_role(function.role)
        said = self.told_arn(function.resource.get("Role"))
        return f" (no template creates it, so it counts as one that may do everything: {said})"

    def guess_about_role(self, role: Resource) -> str:
        """Return what to add to a reason about `role` that nobody knows fully."""
        lost = self.once(_unknown_policies).get(role.path)
        return "" if lost is None else f" (what {lost} allows is not known, so it is everything)"

    def role_said(self, function: Function) -> str:
        """Return how the function names its role, as a reason says it."""
        return self.told_arn(function.resource.get("Role"))

    def told_arn(self, arn: Any) -> str:
        """Return an ARN as a reason says it, with a word on an account that is nobody's."""
        parts = arn.split(":") if isinstance(arn, str) else []
        account = parts[4] if len(parts) > 5 else ""
        if not account.isdigit() or account in self.inside_accounts:
            return told(arn)
        return f"{arn}, of {account}, which counts as somebody else's: no stack is bound to it"

    def documents_of(self, role: Resource | None) -> tuple[dict[str, Any], ...]:
        """Return the policies of `role`; a role that no template creates may do everything."""
        key = None if role is None else role.path
        if key not in self._documents:
            self._documents[key] = role_documents(self.world, role)
        return self._documents[key]

    def boundary_of(self, role: Resource | None) -> tuple[dict[str, Any], ...] | None:
        """Return the boundary of `role`; one that no template creates bounds nothing."""
        return None if role is None else self.once(_boundaries).get(role.path)

    @cached_property
    def functions(self) -> list[Function]:
        """Every function."""
        return [Function(self.world, r) for r in self.world.of("AWS::Lambda::Function")]

    @cached_property
    def isolated(self) -> list[Function]:
        """The functions that are inside a VPC which is more than a way out for relays."""
        outside = {function.path for function in self.outside}
        return [function for function in self.functions if function.path not in outside]

    @cached_property
    def outside(self) -> list[Function]:
        """The functions that are in no VPC, or in one that has nothing in it but a way out."""
        return [
            function
            for function in self.functions
            if not function.subnet_ids or is_only_a_way_out(self, function)
        ]

    @cached_property
    def unseen(self) -> list[Function]:
        """The isolated functions in a VPC that no template creates, of which nothing is known."""
        return [
            function
            for function in self.isolated
            if not any(self.vpc(vpc_id) is not None for vpc_id in function.vpc_ids)
        ]

    @cached_property
    def vpc_ids(self) -> list[str]:
        """The VPCs that the isolated functions are in."""
        return sorted({str(vpc) for function in self.isolated for vpc in function.vpc_ids})

    def vpc(self, vpc_id: Any) -> Resource | None:
        """Return the VPC of that id, None if no template creates it."""
        return self.world.find(vpc_id, "AWS::EC2::VPC")

    @cached_property
    def accounts(self) -> set[str]:
        """The accounts that the stacks are deployed to."""
        return {source.account for source in self.world.sources}

    @cached_property
    def subnets(self) -> list[Resource]:
        """The subnets of the isolated functions."""
        found = [s for function in self.isolated for s in function.subnets if s is not None]
        return list({subnet.path: subnet for subnet in found}.values())

    @cached_property
    def route_table_ids(self) -> list[Any]:
        """The route tables of those subnets."""
        ours = {subnet.id for subnet in self.subnets}
        return [
            association.get("RouteTableId")
            for association in self.world.of("AWS::EC2::SubnetRouteTableAssociation")
            if self.is_ours(association.get("SubnetId"), ours)
        ]

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints in the VPCs of the isolated functions."""
        found = self.world.of("AWS::EC2::VPCEndpoint")
        return [Endpoint(r) for r in found if self.is_ours(r.get("VpcId"), self.vpc_ids)]

    def endpoints_of(self, *services: str) -> list[Endpoint]:
        """Return the endpoints of the given services."""
        return [endpoint for endpoint in self.endpoints if endpoint.service in services]

    def is_ours(self, value: Any, ours: Iterable[Any]) -> bool:
        """Tell whether `value` names one of `ours`, or nobody can tell."""
        # What is no text is no id; nobody can tell what is meant by it.
        return any(not isinstance(item, str) or item in ours for item in as_list(value))

    @cached_property
    def inside_accounts(self) -> set[str]:
        """The accounts that the stacks are deployed to, and those that are trusted."""
        return self.accounts | self._trusted

    def is_own_account(self, arn: Any) -> bool:
        """Tell whether `arn` is surely of an account of the stacks, or of a trusted one."""
        parts = arn.split(":") if isinstance(arn, str) else []
        return len(parts) > 4 and parts[4] in self.inside_accounts


# Services whose endpoints are called otherwise than their actions.
_ENDPOINTS = {
    "ecr": "ecr.api",
    "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams",
    "cloudwatch": "monitoring",
}


def _endpoint_ids(case: Case) -> dict[tuple[str | None, str], str]:
    """The endpoints by their VPC and the service as actions name it."""
    found: dict[tuple[str | None, str], str] = {}
    services = {endpoint: service for service, endpoint in _ENDPOINTS.items()}
    for endpoint in case.endpoints:
        called = str(endpoint.service)
        service = services.get(called, called.partition("-fips")[0])
        found.setdefault((str(endpoint.resource.get("VpcId")), service), str(endpoint.resource.id))
    return found


_EVERYTHING = pessimistic(None)["Statement"]


def _unknown_policies(case: Case) -> dict[str, str]:
    """What is not known of the policies of the roles, by the path of the role."""
    found: dict[str, str] = {}
    for role in case.world.of("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User"):
        if not any(d["Statement"] == _EVERYTHING for d in case.documents_of(role)):
            continue
        arns = as_list(role.get("ManagedPolicyArns"))
        # The documents of the managed policies are the last ones.
        of_arns = case.documents_of(role)[-len(arns) :] if arns else ()
        lost = [
            f"the managed policy {told(arn)}"
            for arn, document in zip(arns, of_arns, strict=False)
            if document["Statement"] == _EVERYTHING
            and case.world.find(arn, "AWS::IAM::ManagedPolicy") is None
        ]
        unresolved = [
            f"a policy {told(policy)}"
            for policy in as_list(role.get("Policies"))
            if isinstance(policy, Unknown)
        ]
        if lost or unresolved:
            found[role.path] = (lost or unresolved)[0]
    return found


def _boundaries(case: Case) -> dict[str, tuple[dict[str, Any], ...]]:
    found: dict[str, tuple[dict[str, Any], ...]] = {}
    for role in case.world.of("AWS::IAM::Role", "AWS::IAM::User"):
        policy = case.world.find(
            role.get("PermissionsBoundary"), "AWS::IAM::ManagedPolicy", near=role
        )
        if policy is not None:
            found[role.path] = (pessimistic(policy.get("PolicyDocument")),)
    return found
