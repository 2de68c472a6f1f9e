"""How the policies in the way of a request are put together, and what nobody can read."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.checks.evaluator import (
    UNKNOWN,
    CompiledPolicies,
    Decision,
    PolicySet,
    PolicyType,
    compiled_policy,
    decide,
)

from .evaluator_policies import (
    OBJECT,
    OTHER,
    OWN,
    ROLE,
    SESSION,
    USER,
    allow,
    decided,
    deny,
    document,
    request,
)

_SERVICE = "lambda.amazonaws.com"
_ROOT = f"arn:aws:iam::{OWN}:root"
_FEDERATED = f"arn:aws:sts::{OWN}:federated-user/bob"
_ALL = document(allow())
_READ = document(allow(Action="s3:GetObject"))
_OTHERS = document(allow(Action="ec2:*"))
_NO_READ = document(allow(), deny(Action="s3:Get*"))


def _admitting(principal: Any, *more: Any) -> dict[str, Any]:
    return document(allow(Principal=principal), *more)


_DENYING = document(deny(Principal="*"))


def test_nothing_is_allowed_by_itself() -> None:
    assert not decided()
    assert not decided(identity=[document()])
    assert decided(identity=[document(), _READ])
    assert not decided(identity=[_READ, _NO_READ])


def test_examples_of_the_user_guide() -> None:
    """See the page on evaluation within an account: the user reads and writes his own logs."""
    bucket = "arn:aws:s3:::carlossalazar-logs"
    carlos = f"arn:aws:iam::{OWN}:user/carlossalazar"
    identity = document(
        allow(Action=["s3:ListBucketVersions", "s3:ListBucket"], Resource="arn:aws:s3:::*"),
        allow(Action="s3:*Object*", Resource=f"{bucket}/*"),
        deny(Action="s3:*", Resource="arn:aws:s3:::*log*"),
    )
    asked = request(principal=carlos, action="s3:PutObject", resource=f"{bucket}/a")
    assert not decided(asked, identity=[identity])
    assert decided(
        request(principal=carlos, action="s3:ListBucket", resource="arn:aws:s3:::other"),
        identity=[identity],
    )


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
@pytest.mark.parametrize(
    ("caller", "named", "alone", "below"),
    [
        (USER, USER, True, True),
        (USER, "*", True, True),
        (USER, OWN, False, False),
        (USER, _ROOT, False, False),
        (SESSION, SESSION, True, True),
        (SESSION, "*", True, True),
        # A boundary that allows nothing limits what is given to the role, not to its session.
        (SESSION, ROLE, True, False),
        (ROLE, ROLE, True, False),
        (SESSION, OWN, False, False),
        (_FEDERATED, _FEDERATED, True, True),
        (_FEDERATED, USER, True, False),
        (USER, ROLE, False, False),
    ],
)
def test_policies_of_resources_in_the_account(
    caller: str, named: str, alone: bool, below: bool
) -> None:
    """`alone`: whether it suffices; `below`: also below a boundary without the right."""
    asked = request(principal=caller)
    resource = _admitting({"AWS": named})
    assert decided(asked, resource=resource) is alone
    assert decided(asked, resource=resource, boundary=[_OTHERS]) is below
    assert decided(asked, resource=resource, boundary=[_ALL]) is alone
    assert decided(asked, resource=resource, identity=[_READ])
    assert not decided(asked, resource=resource, identity=[_NO_READ])
    assert not decided(asked, resource=resource, boundary=[_NO_READ])
    assert not decided(asked, resource=_admitting({"AWS": named}, deny(Principal="*")))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
@pytest.mark.parametrize("caller", [USER, ROLE, SESSION, _FEDERATED])
@pytest.mark.parametrize("named", ["*", OWN, "itself"])
def test_resources_of_another_account(caller: str, named: str) -> None:
    asked = request(principal=caller, account=OTHER)
    resource = _admitting({"AWS": caller if named == "itself" else named})
    assert not decided(asked, identity=[_ALL])
    assert not decided(asked, resource=resource)
    assert not decided(asked, resource=resource, identity=[_OTHERS])
    assert not decided(asked, resource=_admitting({"AWS": OTHER}), identity=[_ALL])
    assert not decided(asked, resource=resource, identity=[_NO_READ])
    assert not decided(asked, resource=resource, identity=[_ALL], boundary=[_OTHERS])
    assert decided(asked, resource=resource, identity=[_READ])
    assert decided(asked, resource=resource, identity=[_READ], boundary=[_READ])


def test_boundaries() -> None:
    assert decided(identity=[_ALL], boundary=[_READ])
    assert decided(identity=[_ALL], boundary=[_OTHERS, _READ])
    assert not decided(identity=[_ALL], boundary=[_OTHERS])
    assert not decided(identity=[_ALL], boundary=[_NO_READ])
    assert not decided(identity=[_ALL], boundary=[])
    assert not decided(boundary=[_ALL])


def test_a_boundary_and_a_deny_with_not_principal() -> None:
    """Such a Deny means every principal with a boundary, also the one that it leaves out."""
    resource = document(allow(Principal="*"), deny(NotPrincipal={"AWS": USER}))
    assert decided(resource=resource)
    assert not decided(resource=resource, boundary=[_ALL])
    assert not decided(request(principal=SESSION), resource=resource)
    assert not decided(request(principal=_SERVICE), resource=resource)
    # So it is with the policy of a resource, and with principals that can have a boundary.
    own = {"identity": [_ALL], "boundary": [_ALL]}
    assert decided(**own, endpoint=resource)
    spared = document(allow(Principal="*"), deny(NotPrincipal={"AWS": _ROOT, "Service": _SERVICE}))
    for caller in (_ROOT, _SERVICE):
        assert decided(request(principal=caller), resource=spared, boundary=[_ALL])


def test_not_principal_with_an_allow() -> None:
    resource = document(allow(NotPrincipal={"AWS": OTHER}))
    for caller, below in ((USER, True), (SESSION, True), (ROLE, False)):
        asked = request(principal=caller)
        assert decided(asked, resource=resource)
        assert decided(asked, resource=resource, boundary=[_OTHERS]) is below


def test_service_control_policies() -> None:
    own = {"identity": [_READ]}
    assert decided(**own, service_control=[[_ALL], [_ALL]])
    assert decided(**own, service_control=[[_OTHERS, _ALL]])
    # Each level must allow it.
    assert not decided(**own, service_control=[[_ALL], [_OTHERS]])
    assert not decided(**own, service_control=[[_ALL], []])
    assert not decided(**own, service_control=[[_ALL, _NO_READ]])
    assert not decided(service_control=[[_ALL]])
    # They limit what a resource gives to a principal of the account, and no others.
    for caller, expected in ((USER, False), (SESSION, False), (_SERVICE, True), (None, True)):
        asked = request(principal=caller)
        policies = {"resource": _admitting("*"), "service_control": [[_OTHERS]]}
        assert decided(asked, **policies) is expected
    root = request(principal=_ROOT)
    assert decided(root)
    assert not decided(root, service_control=[[_OTHERS]])


@pytest.mark.parametrize(
    "caller",
    [
        f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForRDS/session",
        f"arn:aws:iam::{OWN}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
    ],
)
def test_roles_of_services_are_not_limited(caller: str) -> None:
    asked = request(principal=caller)
    guarded = {"service_control": [[_NO_READ]], "resource_control": [[_DENYING]]}
    assert decided(asked, identity=[_READ], **guarded)
    assert not decided(asked, identity=[_NO_READ], **guarded)


def test_resource_control_policies() -> None:
    for caller in (USER, SESSION, _ROOT, _SERVICE, None):
        asked = request(principal=caller)
        policies = {"identity": [_ALL], "resource": _admitting("*")}
        assert decided(asked, **policies, resource_control=[[], []])
        assert not decided(asked, **policies, resource_control=[[], [_DENYING]])


def test_endpoints() -> None:
    own = {"identity": [_READ]}
    assert decided(**own, endpoint=_admitting("*"))
    assert decided(**own, endpoint=_admitting({"AWS": USER}))
    assert not decided(**own, endpoint=_admitting({"AWS": ROLE}))
    assert not decided(**own, endpoint=_DENYING)
    assert not decided(**own, endpoint=document())
    # It gives nothing by itself.
    assert not decided(endpoint=_admitting("*"))
    unsigned = request(principal=None)
    assert decided(unsigned, resource=_admitting("*"), endpoint=_admitting("*"))
    assert not decided(
        unsigned, resource=_admitting("*"), endpoint=_admitting({"AWS": "*"}, deny(Principal="*"))
    )
    assert not decided(unsigned, resource=_admitting("*"), endpoint=_admitting({"AWS": OWN}))


def test_services_and_unsigned_requests_have_the_resource_alone() -> None:
    for account in (OWN, OTHER):
        service = request(principal=_SERVICE, account=account)
        assert decided(service, resource=_admitting({"Service": _SERVICE}))
        assert not decided(service, resource=_admitting({"Service": "s3.amazonaws.com"}))
        assert not decided(service, identity=[_ALL])
        unsigned = request(principal=None, account=account)
        assert decided(unsigned, resource=_admitting("*"), identity=[_NO_READ])
        assert not decided(unsigned, resource=_admitting({"AWS": OWN}))
        assert not decided(unsigned, identity=[_ALL])


def test_the_root_user_has_every_right_in_its_account() -> None:
    root = request(principal=_ROOT)
    assert decided(root)
    assert decided(root, boundary=[_OTHERS])
    assert not decided(root, resource=_DENYING)
    assert not decided(request(principal=_ROOT, account=OTHER))
    assert decided(request(principal=_ROOT, account=OTHER), resource=_admitting({"AWS": OWN}))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
def test_a_role_says_who_may_assume_it() -> None:
    target = f"arn:aws:iam::{OWN}:role/target"

    def trust(principal: Any, action: str = "sts:AssumeRole") -> dict[str, Any]:
        return document(allow(Principal=principal, Action=action, Resource=None))

    asked = request(principal=SESSION, action="sts:AssumeRole", resource=target)
    assert decided(asked, resource=trust({"AWS": ROLE}))
    assert decided(asked, resource=trust({"AWS": SESSION}))
    assert not decided(asked, resource=trust({"AWS": OWN}))
    assert decided(asked, resource=trust({"AWS": OWN}), identity=[_ALL])
    assert not decided(asked, resource=trust({"AWS": USER}), identity=[_ALL])
    assert not decided(asked, resource=trust({"AWS": OTHER}), identity=[_ALL])
    federated = "sts:AssumeRoleWithWebIdentity"
    provider = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
    token = request(principal=provider, action=federated, resource=target)
    assert decided(token, resource=trust({"Federated": provider}, federated))
    assert not decided(token, resource=trust({"Federated": provider}))
    assert not decided(token, resource=trust({"AWS": OWN}, federated))


# https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
def test_a_kms_key_says_who_may_use_it() -> None:
    key = f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd"
    asked = request(action="kms:Decrypt", resource=key)
    assert not decided(asked, identity=[_ALL])
    assert not decided(asked, identity=[_ALL], resource=_admitting({"AWS": ROLE}))
    assert decided(asked, identity=[_ALL], resource=_admitting({"AWS": _ROOT}))
    assert not decided(asked, resource=_admitting({"AWS": _ROOT}))
    assert decided(asked, resource=_admitting({"AWS": USER}))
    assert decided(request(action="kms:ListKeys", resource="*"), identity=[_ALL])


# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
def test_who_one_is_can_always_be_asked() -> None:
    asked = request(action="sts:GetCallerIdentity", resource="*")
    refused = document(deny())
    assert decided(asked)
    assert decided(asked, identity=[refused], boundary=[refused], service_control=[[refused]])
    assert decided(asked, identity=[refused], endpoint=_admitting("*"))
    assert not decided(asked, endpoint=_DENYING)
    assert not decided(asked, endpoint=document(allow(Principal="*", Action="sts:AssumeRole")))
    assert not decided(request(action="sts:GetCallerIdentity", resource="*", principal=None))


_UNREADABLE: list[tuple[str, Any]] = [
    ("nothing", None),
    ("text", "{}"),
    ("token", UNKNOWN),
    ("no statement", {"Version": "2012-10-17"}),
    ("other spelling", {"Version": "2012-10-17", "statement": [allow()]}),
    ("statement", {"Version": "2012-10-17", "Statement": UNKNOWN}),
    ("effect", document({"Effect": UNKNOWN, "Action": "*", "Resource": "*"})),
    ("no effect", document({"Action": "*", "Resource": "*"})),
    ("effect in lower case", document({"Effect": "deny", "Action": "*", "Resource": "*"})),
]


@pytest.mark.parametrize(
    "unreadable", [each for _, each in _UNREADABLE], ids=[name for name, _ in _UNREADABLE]
)
def test_a_policy_that_cannot_be_read_may_allow_everything(unreadable: Any) -> None:
    assert decided(identity=[unreadable])
    assert decided(identity=[_ALL], boundary=[unreadable])
    assert decided(identity=[_ALL], service_control=[[unreadable]])
    assert decided(identity=[_ALL], resource_control=[[unreadable]])
    # Without a policy of the resource, None; so what is unknown there is said otherwise.
    if unreadable is not None:
        assert decided(resource=unreadable)
        assert decided(request(account=OTHER), identity=[_ALL], resource=unreadable)
        assert decided(identity=[_ALL], endpoint=unreadable)
    # What is read beside it stays.
    assert not decided(identity=[unreadable, _NO_READ])


def test_a_statement_that_cannot_be_read_may_allow_everything() -> None:
    assert decided(identity=[document(allow(Action="ec2:*"), UNKNOWN)])
    assert decided(resource=document(allow(Action="ec2:*", Principal="*"), "statement"))
    assert not decided(identity=[document(deny(), UNKNOWN)])


_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("an element that there is not", {"Conditions": {"Bool": {"aws:SecureTransport": "true"}}}),
    ("both of two opposites", {"Action": "s3:*", "NotAction": "ec2:*"}),
    ("no action", {"Action": None}),
    ("no resource", {"Resource": None}),
    ("a principal", {"Principal": "*"}),
    ("an unknown operator", {"Condition": {"StringIs": {"aws:username": "bob"}}}),
    ("an unknown action", {"Action": ["ec2:*", UNKNOWN]}),
    ("an action that is a token", {"Action": {"Ref": "Action"}}),
    ("an unknown resource", {"Resource": UNKNOWN}),
    ("an unknown exception", {"NotResource": UNKNOWN}),
]


@pytest.mark.parametrize("flaw", [each for _, each in _FLAWS], ids=[name for name, _ in _FLAWS])
def test_flaws_of_a_statement(flaw: dict[str, Any]) -> None:
    """An Allow with one counts as matching, a Deny does not."""
    assert decided(identity=[document(allow(**flaw))])
    assert decided(identity=[document(allow(), deny(**flaw))])
    assert decided(identity=[_ALL], boundary=[document(allow(**flaw))])
    assert decided(identity=[_ALL], service_control=[[_ALL, document(deny(**flaw))]])


def test_flaws_of_a_resource_policy() -> None:
    for flaw in ({"Principal": UNKNOWN}, {}, {"Principal": "*", "NotPrincipal": {"AWS": USER}}):
        assert decided(resource=document(allow(**flaw)))
        assert decided(resource=document(allow(Principal="*"), deny(**flaw)))


@pytest.mark.parametrize("version", ["2013-01-01", UNKNOWN, 2012], ids=repr)
def test_a_version_that_there_is_not(version: Any) -> None:
    written = {"Version": version, "Statement": [deny()]}
    assert decided(identity=[_ALL, written])
    assert decided(identity=[{"Version": version, "Statement": [allow()]}])
    flawed = {"Version": "2012-10-17", "Comment": "mine", "Statement": [deny()]}
    assert decided(identity=[_ALL, flawed])


def test_what_is_surely_not_meant_stays_so() -> None:
    """An unknown part of a statement opens nothing that another part of it excludes."""
    unknown = {"Condition": {"StringIs": {"aws:username": "bob"}}}
    assert not decided(identity=[document(allow(Action="ec2:*", **unknown))])
    assert not decided(identity=[document(allow(Resource=f"{OBJECT}x", **unknown))])
    assert not decided(resource=document(allow(Principal={"AWS": ROLE}, **unknown)))
    condition = {**unknown["Condition"], "Bool": {"aws:SecureTransport": "true"}}
    assert not decided(identity=[document(allow(Condition=condition))])
    # And a Deny with an unknown part denies what the known part surely means.
    assert not decided(identity=[_ALL, document(deny(Action=[UNKNOWN, "s3:*"]))])
    assert not decided(identity=[_ALL, document(deny(Resource=[UNKNOWN, "*"]))])


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        ["*", "s3:*", "arn:aws:s3:::*", "${", "${a:b, 'c'}", "Allow", "Deny", "AWS", "2012-10-17"]
    ),
    st.just(UNKNOWN),
)
_ELEMENTS = ["Statement", "Effect", "Action", "NotAction", "Resource", "NotPrincipal", "Condition"]
_OPERATORS = ["StringLike", "NumericEquals", "ForAllValues:IpAddress", "Null", "s3:prefix"]
_NAMES = st.sampled_from([*_ELEMENTS, *_OPERATORS, "Principal", "AWS", "Service"])
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(_NAMES, _ANYTHING, max_size=5), _ANYTHING)
def test_nothing_that_is_written_stops_it(statement: dict[str, Any], anything: Any) -> None:
    """And what may be a Deny, but is not surely one, takes nothing away."""
    unreadable = document({"Action": "*", "Resource": "*", **statement, "Other": anything})
    context = {"s3:prefix": anything, "a:b": "c"}
    for policy in (unreadable, document(statement), anything):
        policies = PolicySet(
            identity=[_ALL, policy],
            resource=policy,
            boundary=[policy],
            service_control=[[policy]],
            resource_control=[[policy]],
            endpoint=policy,
        )
        CompiledPolicies(policies).explain(request(context=context))
    assert decided(request(context=context), identity=[_ALL, unreadable])


def test_documents_as_aws_takes_them() -> None:
    assert decided(identity=[{"Statement": allow()}])
    assert decided(identity=[{"Id": "x", "Version": "2012-10-17", "Statement": [allow(Sid="A")]}])
    assert not decided(identity=[document(allow(Action=[]))])
    assert decided(identity=[document(allow(NotAction=[]))])


def test_what_a_decision_rests_on() -> None:
    read, write, stop = allow(Sid="Read"), allow(Sid="Write", Action="s3:Put*"), deny(Sid="Stop")
    elsewhere = allow(Sid="Elsewhere", Resource=f"{OBJECT}x")
    policies = PolicySet(identity=[document(read, write, elsewhere)])
    found = CompiledPolicies(policies).explain(request())
    assert found == (Decision.ALLOWED, False, [read])
    found = CompiledPolicies(PolicySet(identity=[document(read, stop)])).explain(request())
    assert found == (Decision.DENIED, True, [stop])
    # An Allow that does not suffice.
    policies = PolicySet(identity=[document(read)], boundary=[_OTHERS])
    found = CompiledPolicies(policies).explain(request())
    assert found == (Decision.DENIED, False, [read])
    assert CompiledPolicies(PolicySet()).explain(request()) == (Decision.DENIED, False, [])
    bounded = document(deny(NotPrincipal={"AWS": USER}))
    policies = PolicySet(resource=bounded, boundary=[document(read)])
    found = CompiledPolicies(policies).explain(request())
    assert found == (Decision.DENIED, True, bounded["Statement"])
    open_, closed = Decision.ALLOWED, Decision.DENIED
    assert open_.is_open
    assert not closed.is_open


def test_compiled_policies_are_taken_for_documents() -> None:
    identity = compiled_policy([_ALL], PolicyType.IDENTITY)
    endpoint = compiled_policy([_DENYING], PolicyType.RESOURCE)
    assert decided(identity=[identity])
    assert decided(identity=[_OTHERS, identity], boundary=[identity], service_control=[[identity]])
    assert not decided(identity=[identity], endpoint=endpoint)
    assert compiled_policy([identity], PolicyType.IDENTITY) is identity
    with pytest.raises(
        ValueError,
        match=r"a policy compiled as PolicyType\.IDENTITY stands where one of "
        r"PolicyType\.RESOURCE must: compile its document again",
    ):
        decide(request(), PolicySet(resource=identity))


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    """Also when more is asked than is kept."""
    statement = allow(Action="s3:Get*", Resource="arn:aws:s3:::data/1*")
    policies = CompiledPolicies(PolicySet(identity=[document(statement)]))
    for _ in range(2):
        for number in range(8400):
            asked = request(
                action=f"s3:Get{number}" if number % 2 else f"s3:Put{number}",
                resource=f"arn:aws:s3:::data/{number}",
            )
            expected = number % 2 == 1 and str(number).startswith("1")
            assert (policies.decide(asked) is Decision.ALLOWED) is expected


def test_compiled_policies_are_used_again() -> None:
    """A hundred thousand questions are asked of an app with hundreds of functions."""
    vpc = {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}
    arn = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}
    statements = [
        allow(Action=["dynamodb:Query", "dynamodb:*Item"], Resource="arn:aws:dynamodb:*:*:table/x"),
        *(allow(Action=f"s3:{name}*", Resource="arn:aws:s3:::data/*") for name in ("Get", "Put")),
        *(allow(Action=f"{service}:*") for service in ("logs", "sqs", "xray")),
        deny(Condition=vpc),
        deny(NotAction=["logs:*", "xray:*"], Condition=arn),
        deny(Action=["iam:*", "sts:*"]),
        deny(NotResource=["arn:aws:s3:::data/*", "arn:aws:dynamodb:*:*:table/*"]),
    ]
    policies = CompiledPolicies(
        PolicySet(identity=[document(*statements)], endpoint=_admitting("*"))
    )
    context = {"aws:SourceVpc": "vpc-1", "aws:PrincipalArn": ROLE, "aws:SecureTransport": "true"}
    asked = [
        request(principal=SESSION, action=action, resource=resource, context=context)
        for action, resource in (
            ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/x"),
            ("s3:GetObject", OBJECT),
            ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OWN}:jobs"),
        )
    ]
    first = [policies.decide(each) for each in asked]
    assert first == [Decision.ALLOWED, Decision.ALLOWED, Decision.DENIED]
    # What was read once is used again, and says the same.
    assert [policies.decide(each) for each in asked] == first
