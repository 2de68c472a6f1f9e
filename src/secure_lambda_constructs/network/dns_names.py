"""Which names the resolver of an isolated network may answer besides those it needs itself.

A query carries data in the name it asks for, to whoever runs the name server of that name. So a
name must be AWS's own, and a wildcard must not cover names that every customer of AWS can make.
"""

import re
from typing import Any

from aws_cdk import Reference, Stack, Token, Tokenization
from aws_cdk.region_info import RegionInfo

from ..errors import InvalidInputError

__all__ = ["check_dns_name", "is_database_name"]

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
# What has the name of a database, and the attributes of it that are one.
_DATABASE_TYPES = re.compile(
    r"AWS::(?:(?:DocDB|Neptune|RDS)::DB(?:Cluster|Instance)|RDS::DBProxy(?:Endpoint)?"
    r"|Redshift::Cluster)"
)
_ADDRESS = re.compile(r"(?:Read)?Endpoint(?:\.Address)?")


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


def is_database_name(name: str, stack: Stack) -> bool:
    """Tell whether a name is that of a database, whose record AWS alone makes.

    Such a name is often a CNAME: that of a cluster leads to an instance, that of a proxy to a name
    of AWS PrivateLink that nobody knows before it is deployed. No setting of a database says where
    its name leads, so nobody can point it to a name server of his own.

    Args:
        name: A name that `check_dns_name` lets pass.
        stack: The stack of the network.

    Returns:
        Whether it is below the identifier of one account in the databases' zones of the stack's
        region, or a reference to the address of a database or proxy of the app. Of another
        reference nobody knows, so that it is none.
    """
    flat = _flat(stack.resolve(name)).lower()
    if flat == _REFERENCE:
        return _is_address_of_database(name)
    region, suffixes = _here(stack)
    zone = rf"{region}\.(?:{_DATABASES})\.(?:{'|'.join(map(re.escape, suffixes))})"
    return re.fullmatch(rf"(?:\*|{_LABEL})\.{_LABEL}\.{zone}", flat) is not None


def _is_address_of_database(name: str) -> bool:
    """Tell whether a token is the attribute of a database that has its name."""
    token = Tokenization.reverse_string(name).first_token
    if not isinstance(token, Reference) or not _ADDRESS.fullmatch(token.display_name):
        return False
    kind = getattr(token.target, "cfn_resource_type", "")
    return _DATABASE_TYPES.fullmatch(kind) is not None


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
