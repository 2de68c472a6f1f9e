"""How the condition operators compare one value of a request with one of a policy.

See
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, TypeVar

from .request import Request
from .texts import expression, text_of
from .truth import Truth

__all__ = ["OPERATORS", "Comparison", "Operator"]

Comparison: TypeAlias = Callable[[str, Request], Truth]
"""Tells whether a value of a request is as a value of a policy has it."""

_T = TypeVar("_T")


class Operator(NamedTuple):
    """A condition operator.

    Attributes:
        compare: Takes a value of a policy, and whether variables are filled in, and returns the
            comparison with it.
        is_negated: Whether none of the values may match.
    """

    compare: Callable[[str, bool], Comparison]
    is_negated: bool = False


def _equals(fold: bool) -> Callable[[str, bool], Comparison]:
    def compare(written: str, variables: bool) -> Comparison:
        text = text_of(written, variables=variables)
        if text.is_static and not text.is_malformed:
            known = "".join(part for part, _ in text.fixed)
            folded = known.lower()
            if fold:
                return lambda value, _: value.lower() == folded
            return lambda value, _: value == known

        def test(value: str, request: Request) -> Truth:
            pieces = text.filled(request)
            if pieces is None:
                return False
            unknown = text.is_unknown(request)
            if unknown:
                return None if expression(pieces, fold=fold).fullmatch(value) else False
            known = "".join(part for part, _ in pieces)
            return value.lower() == known.lower() if fold else value == known

        return test

    return compare


def _like(written: str, variables: bool) -> Comparison:
    text = text_of(written, variables=variables)
    if text.is_static and not text.is_malformed:
        fits = expression(text.fixed).fullmatch
        return lambda value, _: fits(value) is not None

    def test(value: str, request: Request) -> Truth:
        pieces = text.filled(request)
        if pieces is None or not expression(pieces).fullmatch(value):
            return False
        return None if text.is_unknown(request) else True

    return test


def _arn(written: str, variables: bool) -> Comparison:
    # `ArnEquals` and `ArnLike` are the same. Each of the six parts is compared by itself, and the
    # last one goes on to the end.
    text = text_of(written, variables=variables)

    def test(value: str, request: Request) -> Truth:
        pieces = text.filled(request)
        if pieces is None:
            return False
        if text.is_unknown(request):
            return None
        if sum(part.count(":") for part, _ in pieces) < 5 or value.count(":") < 5:
            return None
        return expression(pieces, within=5).fullmatch(value) is not None

    return test


def _bool(written: str, variables: bool) -> Comparison:
    text = text_of(written, variables=variables)

    def test(value: str, request: Request) -> Truth:
        pieces = text.filled(request)
        if pieces is None:
            return False
        known = "".join(part for part, _ in pieces).lower()
        if known not in ("true", "false") or value.lower() not in ("true", "false"):
            return None
        return value.lower() == known

    return test


def _typed(
    parse: Callable[[str], _T | None], holds: Callable[[_T, _T], bool]
) -> Callable[[str, bool], Comparison]:
    """Compare values that have a type; what has not the type is unknown."""

    def compare(written: str, _: bool) -> Comparison:
        known = parse(written)
        if known is None:
            return lambda value, request: None
        wanted: _T = known

        def test(value: str, _: Request) -> Truth:
            asked = parse(value)
            return None if asked is None else holds(asked, wanted)

        return test

    return compare


_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def _number(text: str) -> Decimal | None:
    return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None


# https://www.w3.org/TR/NOTE-datetime: a time of day has a time zone.
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}))?)?"
)
# Seconds since 1970: fewer digits could be a year, more would be milliseconds.
_EPOCH = re.compile(r"[0-9]{5,11}")


@lru_cache(maxsize=1024)
def _date(text: str) -> Decimal | None:
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, time = found[1], found[2], found[3] or "01", found[4]
    try:
        date = datetime.fromisoformat(f"{year}-{month}-{day}{time or 'T00:00:00Z'}")
    except ValueError:
        return None
    return Decimal((date - _START) // timedelta(microseconds=1)) / 1_000_000


_START = datetime(1970, 1, 1, tzinfo=UTC)


class _Network(NamedTuple):
    version: int
    first: int
    last: int


@lru_cache(maxsize=1024)
def _network(text: str) -> _Network | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    first, last = network.network_address, network.broadcast_address
    return _Network(network.version, int(first), int(last))


def _is_in(asked: _Network, known: _Network) -> bool:
    return (
        asked.version == known.version and known.first <= asked.first and asked.last <= known.last
    )


def _binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


_ORDER: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}


def _ordered(type_: str, parse: Callable[[str], Decimal | None]) -> Mapping[str, Operator]:
    found = {f"{type_}{name}": Operator(_typed(parse, holds)) for name, holds in _ORDER.items()}
    negated = Operator(_typed(parse, _ORDER["equals"]), is_negated=True)
    return {**found, f"{type_}notequals": negated}


OPERATORS: Final[Mapping[str, Operator]] = {
    "stringequals": Operator(_equals(fold=False)),
    "stringnotequals": Operator(_equals(fold=False), is_negated=True),
    "stringequalsignorecase": Operator(_equals(fold=True)),
    "stringnotequalsignorecase": Operator(_equals(fold=True), is_negated=True),
    "stringlike": Operator(_like),
    "stringnotlike": Operator(_like, is_negated=True),
    "arnequals": Operator(_arn),
    "arnnotequals": Operator(_arn, is_negated=True),
    "arnlike": Operator(_arn),
    "arnnotlike": Operator(_arn, is_negated=True),
    "bool": Operator(_bool),
    "binaryequals": Operator(_typed(_binary, bytes.__eq__)),
    "ipaddress": Operator(_typed(_network, _is_in)),
    "notipaddress": Operator(_typed(_network, _is_in), is_negated=True),
    **_ordered("numeric", _number),
    **_ordered("date", _date),
}
"""The operators but `Null`, by their names in lower case."""
