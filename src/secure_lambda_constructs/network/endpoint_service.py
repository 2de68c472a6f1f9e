"""What is known of one service that an isolated network may have an interface endpoint to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_cdk import Token

from ..errors import InvalidInputError

__all__ = ["Allowed", "EndpointService", "belongs_to_aws"]

_ACTION = re.compile(r"(?P<prefix>[a-z0-9-]+):[A-Za-z0-9]+")
# Actions that let others in, or send what comes later to somebody else.
_SHARES = re.compile(r".*:(?:.*(?:Permission|Policy|Grant)|Subscribe|Set\w+Attributes)")
_NO_RESOURCE = ("*",)
# A part may be a token, which has no colon, or what a template refers to.
_OF_AWS = re.compile(r"arn:[^:]+:bedrock:[^:]*::foundation-model/.+")


def belongs_to_aws(resource: str) -> bool:
    """Whether an ARN, or a pattern of ARNs, is of something that AWS itself owns.

    Nobody can receive anything by way of it, so that it needs no `aws:ResourceAccount`. An empty
    account alone does not say so: the ARN of everybody's bucket has none.

    Args:
        resource: The ARN. Its partition and region may be tokens.

    Returns:
        Whether it is a foundation model of Amazon Bedrock.
    """
    return _OF_AWS.fullmatch(resource) is not None


@dataclass(frozen=True)
class Allowed:
    """One Allow of an endpoint's policy."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """ARNs with `{partition}`, `{region}` and `{account}`; nothing where they must be given."""
    bind_resource: bool = True
    """Whether the resource is the perimeter's; what belongs to AWS has no account in its ARN."""

    def arns(self, *, partition: str, region: str, account: str) -> list[str]:
        """The resources in an account and region.

        Args:
            partition: The partition, or a token.
            region: The region, or a token.
            account: The account, a token, or `*` for all accounts of an organization.

        Returns:
            ARNs and patterns of them. Those that were given stay as they are.
        """
        names = {"{partition}": partition, "{region}": region, "{account}": account}
        arns: list[str] = []
        for resource in self.resources:
            for name, value in names.items():
                resource = resource.replace(name, value)
            arns.append(resource)
        return arns


@dataclass(frozen=True)
class EndpointService:
    """A service of AWS that code in an isolated network may call through an interface endpoint."""

    name: str
    """Its name in `com.amazonaws.REGION.NAME`."""
    allowed: tuple[Allowed, ...]
    dns_names: tuple[str, ...]
    """The names that SDKs call, with `{region}`, `{suffix}` and `{account}`: all are exact."""
    documentation: str
    """Where AWS says that the endpoint honours a policy."""
    policy_regions: frozenset[str] = frozenset()
    """The only regions where it does, or nothing where it does in all."""

    def private_dns_names(self, *, region: str, suffix: str, account: str) -> list[str]:
        """The names that the DNS firewall must answer for the endpoint to be found.

        Args:
            region: The region, or a token.
            suffix: The URL suffix of the partition, or a token.
            account: The account of the network, or a token.

        Returns:
            Exact names.
        """
        return [
            name.format(region=region, suffix=suffix, account=account) for name in self.dns_names
        ]

    def narrowed(
        self, actions: Sequence[str] | None = None, resources: Sequence[str] | None = None
    ) -> tuple[Allowed, ...]:
        """What the endpoint is to carry.

        Args:
            actions: The actions, of the service's own. By default those that code uses. One that is
                not among them needs `resources`.
            resources: ARNs, or patterns of ARNs. By default all resources of the kind in the
                perimeter. Actions that have no resource are not narrowed by them.

        Returns:
            The Allows of the policy, each with actions and resources.

        Raises:
            InvalidInputError: An action or resource cannot be used, or a resource is missing.

        Example:
            ```python
            from secure_lambda_constructs.network.services import endpoint_service

            key = "arn:aws:kms:us-east-1:111122223333:key/0123"
            (allowed,) = endpoint_service("kms").narrowed(["kms:Decrypt"], [key])
            assert allowed.actions == ("kms:Decrypt",)
            assert allowed.resources == (key,)
            ```
        """
        chosen = self.allowed if actions is None else self._with(actions)
        if resources is None:
            for allowed in chosen:
                if not allowed.resources:
                    raise InvalidInputError(
                        f"the endpoint of {self.name} carries {' and '.join(allowed.actions)} to "
                        "named resources only; write resources=[...] with their ARNs"
                    )
            return chosen
        return self._onto(chosen, resources)

    def _with(self, actions: Sequence[str]) -> tuple[Allowed, ...]:
        """The Allows for some actions."""
        own = {action.partition(":")[0] for item in self.allowed for action in item.actions}
        _check_list("actions", actions, f"{sorted(own)[0]}:ActionName")
        for action in actions:
            match = _ACTION.fullmatch(action)
            if match is None or match["prefix"] not in own:
                raise InvalidInputError(
                    f"the action {action!r} is no action that the endpoint of {self.name} could "
                    "carry; write whole names without a star, as in "
                    f"actions=[{self.allowed[0].actions[0]!r}]"
                )
            if _SHARES.fullmatch(action):
                raise InvalidInputError(
                    f"the action {action!r} gives others access, which code in an isolated network "
                    "must not do; leave it out, and grant access in the app"
                )
        chosen: list[Allowed] = []
        for item in self.allowed:
            kept = tuple(action for action in item.actions if action in actions)
            if kept:
                chosen.append(replace(item, actions=kept))
        known = {action for item in self.allowed for action in item.actions}
        others = tuple(action for action in actions if action not in known)
        return (*chosen, Allowed(others, ())) if others else tuple(chosen)

    def _onto(self, chosen: Sequence[Allowed], resources: Sequence[str]) -> tuple[Allowed, ...]:
        """Some Allows for the given resources only."""
        _check_list("resources", resources, "arn:...")
        narrowed: list[Allowed] = []
        unused = dict.fromkeys(resources)
        for item in chosen:
            if item.resources == _NO_RESOURCE:
                narrowed.append(item)
                continue
            fitting = tuple(arn for arn in resources if belongs_to_aws(arn) != item.bind_resource)
            for arn in fitting:
                unused.pop(arn, None)
            if fitting:
                narrowed.append(replace(item, resources=fitting))
        for arn in unused:
            raise InvalidInputError(
                f"none of the actions that the endpoint of {self.name} carries works on the "
                f"resource {arn!r}; leave it out of resources"
            )
        return tuple(narrowed)


def _check_list(what: str, values: Sequence[str], example: str) -> None:
    """Refuse what is no list of names.

    Args:
        what: The argument.
        values: Its value.
        example: What its elements look like.

    Raises:
        InvalidInputError: It is a single string, is empty, or has an element that says nothing.
    """
    if isinstance(values, str) or not values:
        raise InvalidInputError(f"{what} is {values!r}; write a list: {what}=[{example!r}]")
    for value in values:
        if isinstance(value, str) and Token.is_unresolved(value):
            continue
        if not isinstance(value, str) or (what == "resources" and not value.startswith("arn:")):
            raise InvalidInputError(
                f"{what} has {value!r}, which is no ARN; write the ARNs of the resources that code "
                f"may use, as in {what}=[{example!r}]"
                if what == "resources"
                else f"{what} has {value!r}, which is no string; write {what}=[{example!r}]"
            )
