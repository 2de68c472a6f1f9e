"""Which names the resolver of an isolated network may answer besides those it needs itself.

A query carries data in the name it asks for, to whoever runs the name server of that name. So a
name must be AWS's own, and a wildcard must not cover names that every customer of AWS can make.
"""

import re
from typing import Any

from aws_cdk import Stack, Token
from aws_cdk.region_info import RegionInfo

from ..errors import InvalidInputError

__all__ = ["check_dns_name"]

# What `Ref: AWS::Region` and `Ref: AWS::URLSuffix` become here, and every other reference.
_REGION, _SUFFIX, _REFERENCE = "a-region-1", "amazonaws.com", "\0"
_PSEUDO = {"AWS::Region": _REGION, "AWS::URLSuffix": _SUFFIX}
_ANY_REGION = r"[a-z]{1,4}(?:-[a-z]+)+-\d+"

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
# In these zones of a region AWS makes the names of accounts and buckets, and answers for all.
_ZONES = "ddb|s3"
# Below the identifier that these services give an account (it has a digit), `abc123.REGION.rds`,
# are databases of that account only.
_CLUSTER = r"[a-z0-9-]*\d[a-z0-9-]*"
_DATABASES = "docdb|neptune|rds|redshift"


def check_dns_name(name: object, stack: Stack) -> None:
    """Refuse a name that somebody else could read queries of.

    Args:
        name: An exact name, `*.` and an exact name, or a reference to a name.
        stack: The stack of the network.

    Raises:
        InvalidInputError: The name is none, is not AWS's, or is a wildcard that is too wide.
    """
    if not isinstance(name, str):
        raise InvalidInputError(
            f"a DNS name must be a string, got {name!r}; write allow_dns_names('one', 'two')"
        )
    flat = _flat(stack.resolve(name)).lower()
    if flat == _REFERENCE:
        return
    region, suffixes = _here(stack)
    exact = flat.removeprefix("*.")
    suffix = next((item for item in suffixes if f".{exact}".endswith(f".{item}")), None)
    front = f".{exact}".removesuffix(f".{suffix}")[1:]
    if not _NAME.fullmatch(exact):
        reason = "is no DNS name; write an exact name, one with '*.' in front, or a reference alone"
    elif suffix is None:
        reason = (
            f"is not below {suffixes[0]}, so somebody else could read what is asked for; write "
            "the name of an AWS service or resource, or a reference to it"
        )
    elif flat != exact and not re.fullmatch(
        rf"(?:{_ZONES})\.{region}|{_CLUSTER}\.{region}\.(?:{_DATABASES})", front
    ):
        reason = (
            "covers names of other customers of AWS, or of other regions; write the exact name, "
            f"or what is in front of the region too, as in '*.abc123.us-east-1.rds.{suffix}'"
        )
    elif "." not in front:
        reason = (
            "is no name of a region; write the service's name there, such as "
            f"'sts.us-east-1.{suffix}'"
        )
    else:
        return
    raise InvalidInputError(f"the DNS name {name!r} {reason}")


def _here(stack: Stack) -> tuple[str, tuple[str, ...]]:
    """A pattern for the region of a stack, and the suffixes that AWS's names have there."""
    if Token.is_unresolved(stack.region):
        return _ANY_REGION, (_SUFFIX, f"{_SUFFIX}.cn")
    suffix = RegionInfo.get(stack.region).domain_suffix or _SUFFIX
    return f"(?:{re.escape(stack.region)}|{_REGION})", (suffix, _SUFFIX)


def _flat(value: Any) -> str:
    """A resolved name as one text."""
    match value:
        case str():
            return value
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(_flat(part) for part in parts)
        case {"Ref": str(name)} if name in _PSEUDO:
            return _PSEUDO[name]
    return _REFERENCE
