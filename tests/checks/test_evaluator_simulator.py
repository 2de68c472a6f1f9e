"""The evaluator against a simulator: the same decisions, but for limits that are told here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from secure_lambda_constructs.checks.evaluator import CompiledPolicies, PolicySet, Request

from .evaluator_cases import Case, cases
from .evaluator_policies import OBJECT, OTHER, OWN, SESSION, USER, allow, deny, document, request
from .evaluator_simulator import Peer


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


def _answer(case: Case) -> str:
    found = CompiledPolicies(case.policies).explain(case.request)
    if found.decision.is_open:
        return "Allowed"
    return "ExplicitlyDenied" if found.is_explicit else "ImplicitlyDenied"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=cases())
def test_the_decisions_are_the_same(peer: Peer, drawn: Case) -> None:
    """Some 2,600 cases: for each set of policies several requests."""
    asked = list(drawn.variants())
    said = peer.ask([case.written() for case in asked])
    for case, answer in zip(asked, said, strict=True):
        assert _answer(case) == answer, json.dumps(case.written())


def _case(statement: dict[str, Any], asked: Request | None = None, **policies: Any) -> Case:
    own = {"identity": [document(statement)], **policies}
    return Case(asked or request(), PolicySet(**own))


def _conditioned(condition: Any, context: dict[str, Any]) -> Case:
    return _case(allow(Condition=condition), request(context=context))


_QUEUE = f"arn:aws:sqs:us-east-2:{OWN}:bob-queue"
_ALIAS = f"arn:aws:lambda:eu-west-1:{OWN}:function:orders:live"
_KEY, _TAGS, _IP, _TIME = "aws:username", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime"
_NOON = "2026-01-01T12:00:00Z"

# Where the two differ: what it is, the case, and whether the simulator and the evaluator allow it.
# The evaluator has what AWS documents; where that leaves something open, it is taken for open.
_LIMITS: list[tuple[str, Case, bool, bool]] = [
    (
        "a range of all addresses",
        _conditioned({"IpAddress": {_IP: "0.0.0.0/0"}}, {_IP: "203.0.113.7"}),
        False,
        True,
    ),
    (
        "an IPv6 address in upper case",
        _conditioned({"IpAddress": {_IP: "2001:DB8::1"}}, {_IP: "2001:db8::1"}),
        False,
        True,
    ),
    (
        "seconds since 1970 are not milliseconds",
        _conditioned({"DateLessThan": {_TIME: "1900000000"}}, {_TIME: _NOON}),
        False,
        True,
    ),
    (
        "a line break in what a wildcard stands for",
        _conditioned({"StringLike": {_KEY: "*"}}, {_KEY: "two\nlines"}),
        False,
        True,
    ),
    (
        "an escaped character where there are no wildcards",
        _conditioned({"StringEquals": {_KEY: "${*}"}}, {_KEY: "*"}),
        False,
        True,
    ),
    (
        "a variable without a value is like nothing",
        _conditioned({"StringNotEquals": {_KEY: "${aws:userid}"}}, {_KEY: "bob"}),
        False,
        True,
    ),
    (
        "a variable in the account of an ARN that is compared",
        _conditioned(
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/*"}},
            {"aws:PrincipalArn": USER, "aws:PrincipalAccount": OWN},
        ),
        False,
        True,
    ),
    (
        "the old version of the language has no variables",
        Case(
            request(resource="arn:aws:s3:::data/bob", context={_KEY: "bob"}),
            PolicySet(
                identity=[
                    document(allow(Resource="arn:aws:s3:::data/${aws:username}"), version=None)
                ]
            ),
        ),
        True,
        False,
    ),
    (
        "a variable at the beginning of a name",
        _case(
            allow(Resource="arn:aws:sqs:us-east-2:*:${aws:username}-queue"),
            request(action="sqs:SendMessage", resource=_QUEUE, context={_KEY: "bob"}),
        ),
        False,
        True,
    ),
    (
        "the root user needs no policy",
        Case(request(principal=f"arn:aws:iam::{OWN}:root"), PolicySet()),
        False,
        True,
    ),
    (
        "the role of a service is below no control policy",
        _case(
            allow(),
            request(principal=f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForRDS/x"),
            service_control=[[document(deny())]],
        ),
        False,
        True,
    ),
    (
        "a resource control policy that begins as all ARNs do",
        _case(
            allow(),
            resource_control=[
                [document(deny(Action="s3:*", Principal="*", Resource="arn:aws:s3*"))]
            ],
        ),
        True,
        False,
    ),
    # What AWS does not tell, or not clearly.
    (
        "a wildcard that goes on past a colon",
        _case(
            allow(Resource="arn:aws:lambda:*:function:orders:live"),
            request(action="lambda:InvokeFunction", resource=_ALIAS),
        ),
        False,
        True,
    ),
    (
        "an exception with a variable that has no value",
        _case(allow(NotResource="arn:aws:s3:::data/${aws:username}/*")),
        False,
        True,
    ),
    (
        "a variable in another part of an ARN than the last",
        _case(
            allow(Resource="arn:aws:lambda:${aws:RequestedRegion}:*:function:orders:live"),
            request(
                action="lambda:InvokeFunction",
                resource=_ALIAS,
                context={"aws:RequestedRegion": "eu-west-1"},
            ),
        ),
        False,
        True,
    ),
    (
        "a default that is not set off by a space",
        _case(allow(Resource="arn:aws:s3:::data/${aws:username,'bob'}/*")),
        False,
        True,
    ),
    (
        "several values where no set is asked about",
        _conditioned({"StringEquals": {_TAGS: "a"}}, {_TAGS: ["a"]}),
        False,
        True,
    ),
    (
        "an absent key of which one value must hold if it exists",
        _conditioned({"ForAnyValue:StringEqualsIfExists": {_TAGS: "a"}}, {}),
        False,
        True,
    ),
    (
        "a key that is there and has no values",
        _conditioned({"Null": {_TAGS: "true"}}, {_TAGS: []}),
        False,
        True,
    ),
    (
        "a number that is none",
        _conditioned(
            {"NumericEquals": {"aws:MultiFactorAuthAge": "ten"}}, {"aws:MultiFactorAuthAge": "9"}
        ),
        False,
        True,
    ),
    (
        "an ARN that is none",
        _conditioned({"ArnLike": {"aws:PrincipalArn": "*"}}, {"aws:PrincipalArn": USER}),
        False,
        True,
    ),
    (
        "an operator that there is not",
        _conditioned({"StringIs": {_KEY: "bob"}}, {_KEY: "alice"}),
        False,
        True,
    ),
    (
        "part of an ARN in wildcards, as a principal",
        Case(
            request(account=OTHER),
            PolicySet(
                identity=[document(allow())],
                resource=document(allow(Principal={"AWS": f"arn:aws:iam::{OWN}:user/*"})),
            ),
        ),
        False,
        True,
    ),
    (
        "a canonical user",
        Case(
            request(account=OTHER, principal=SESSION),
            PolicySet(
                identity=[document(allow())],
                resource=document(allow(Principal={"CanonicalUser": "79a59df900b949e5"})),
            ),
        ),
        False,
        True,
    ),
]


@pytest.mark.parametrize(
    ("case", "theirs", "ours"),
    [limit[1:] for limit in _LIMITS],
    ids=[limit[0].replace(" ", "-") for limit in _LIMITS],
)
def test_where_the_two_differ(peer: Peer, case: Case, theirs: bool, ours: bool) -> None:
    [said] = peer.ask([case.written()])
    assert (said == "Allowed") is theirs
    assert (_answer(case) == "Allowed") is ours


def test_what_the_simulator_refuses_is_open(peer: Peer) -> None:
    """It does not decide what AWS would not take."""
    for statement in (
        allow(Action="GetObject"),
        allow(Conditions={"Bool": {"aws:SecureTransport": "true"}}),
        allow(Principal="*"),
        {"Effect": "allow", "Action": "*", "Resource": "*"},
    ):
        case = _case(statement)
        with pytest.raises(ValueError, match=r"policy\.errors"):
            peer.ask([case.written()])
        assert _answer(case) == "Allowed"


def test_the_simulator_is_asked_what_is_meant(peer: Peer) -> None:
    """A request that the simulator reads otherwise would be no comparison."""
    case = _case(allow(), request(context={"s3:no-such-key": "x"}))
    with pytest.raises(ValueError, match="no-such-key"):
        peer.ask([case.written()])
    assert case.written()["resource"] == OBJECT
