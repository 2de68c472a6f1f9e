"""The managed prefix list of a gateway endpoint's service, as a security group rule needs it.

CloudFormation has no attribute that gives the id, and a look-up without credentials leaves
`pl-xxxxxxxx` in the template. So the id comes, in this order, from the caller, from a look-up
that an earlier synth left in `cdk.context.json`, from the table in `prefix_list_ids`, or not at
all.
"""

import re
from typing import Any, cast

from aws_cdk import Aws, CfnMapping, ContextProvider, Stack, Token
from constructs import Construct

from ..errors import InvalidInputError
from .prefix_list_ids import KNOWN_PREFIX_LISTS

__all__ = ["KNOWN_PREFIX_LISTS", "PrefixList", "check_prefix_list_id"]

_ID = re.compile(r"pl-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d+")
_MAPPING_ID = "SecureLambdaPrefixLists"


class PrefixList:
    """The prefix list of one service, for use in one or many stacks of one region."""

    def __init__(self, scope: Construct, service: str, explicit_id: str | None) -> None:
        """Find the prefix list of a service in the region of a stack.

        Args:
            scope: The construct whose stack tells the region.
            service: The service's name in `com.amazonaws.REGION.SERVICE`.
            explicit_id: The id the caller gave, or `None`.

        Raises:
            InvalidInputError: The id given is none, or the region is known and its id is not.
        """
        check_prefix_list_id(service, explicit_id)
        self._service = service
        self._tokens: dict[Stack, str] = {}
        stack = Stack.of(scope)
        region = stack.region
        if explicit_id is not None:
            self._id: str | None = explicit_id
        elif Token.is_unresolved(region):
            self._id = None
        else:
            self._id = _from_context(stack, region, service) or KNOWN_PREFIX_LISTS.get(
                (region, service)
            )
            if self._id is None:
                if not _REGION.fullmatch(region):
                    raise InvalidInputError(
                        f"{region!r} is no region of AWS as far as known, so the managed prefix "
                        f"list of {service} there is not known; write the region of the stack as "
                        "in env=cdk.Environment(region='us-east-1'), or "
                        f"{service}_prefix_list_id='pl-...' if there is such a region"
                    )
                raise InvalidInputError(
                    f"the id of the managed prefix list of {service} in {region} is not known; "
                    f"write {service}_prefix_list_id='pl-...' with the id that "
                    f"{_command(service, region)} prints"
                )

    def id_for(self, scope: Construct) -> str:
        """The id as the template of a construct's stack can say it.

        A stack that is bound to no region gets a mapping over the known regions. In any other
        region CloudFormation then refuses the deployment ("Unable to get mapping") before it
        creates anything, so that no rule is ever written for a list that is not the service's.

        Args:
            scope: The construct that uses the id. A mapping cannot be referenced from another
                stack, so each stack has its own.

        Returns:
            A literal id, or a token that becomes `Fn::FindInMap`.
        """
        if self._id is not None:
            return self._id
        stack = Stack.of(scope)
        if stack not in self._tokens:
            mapping = stack.node.try_find_child(_MAPPING_ID)
            if mapping is None:
                mapping = CfnMapping(stack, _MAPPING_ID, mapping=_mapping())
            self._tokens[stack] = cast(CfnMapping, mapping).find_in_map(Aws.REGION, self._service)
        return self._tokens[stack]


def check_prefix_list_id(service: str, given: str | None) -> None:
    """Refuse what is no id of a prefix list.

    Args:
        service: The service's name in `com.amazonaws.REGION.SERVICE`.
        given: The id that the caller gave, or `None`.

    Raises:
        InvalidInputError: It is none.
    """
    if given is not None and not Token.is_unresolved(given) and not _ID.fullmatch(given):
        raise InvalidInputError(
            f"{service}_prefix_list_id is {given!r}, which is no prefix list id; write the "
            f"'pl-...' that {_command(service, 'REGION')} prints"
        )


def _mapping() -> dict[str, dict[str, str]]:
    """The table in the shape of a CloudFormation mapping: region, then service."""
    mapping: dict[str, dict[str, str]] = {}
    for (region, service), prefix_list_id in KNOWN_PREFIX_LISTS.items():
        mapping.setdefault(region, {})[service] = prefix_list_id
    return mapping


def _from_context(stack: Stack, region: str, service: str) -> str | None:
    """What an earlier `ec2.PrefixList.from_lookup` of this list left in the context, if it did.

    `from_lookup` itself would ask for a look-up where there is none, and put a dummy id into the
    template meanwhile; only its cache key is computed here.
    """
    if Token.is_unresolved(stack.account):
        return None
    key = ContextProvider.get_key(
        stack,
        provider="cc-api-provider",
        props={
            "typeName": "AWS::EC2::PrefixList",
            "propertyMatch": {"PrefixListName": f"com.amazonaws.{region}.{service}"},
            "propertiesToReturn": ["PrefixListId"],
            "expectedMatchCount": "exactly-one",
        },
    ).key
    found: Any = stack.node.try_get_context(key)
    match found:
        case [{"PrefixListId": str(prefix_list_id)}] if _ID.fullmatch(prefix_list_id):
            return prefix_list_id
    return None


def _command(service: str, region: str) -> str:
    """The command that prints the id, as a sentence can quote it."""
    return (
        f"`aws ec2 describe-managed-prefix-lists --region {region} --filters "
        f"Name=prefix-list-name,Values=com.amazonaws.{region}.{service}`"
    )
