"""What teams ask of a function opens nothing: events, callers, versions, traces, a database."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from secure_lambda_constructs.checks.leaks.attackers import role_context
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import FLOWS
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths
from secure_lambda_constructs.checks.leaks.paths.databases import closed_databases, login_id
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.leaks.reasons import Reason
from secure_lambda_constructs.checks.model.physical import attribute
from secure_lambda_constructs.checks.model.world import Resource

from .holes import Draft
from .simulator import Simulator
from .synthesis import DATABASE, EVENTS, TRACED

JUDGED = [*EVENTS, *TRACED, *DATABASE]

# What Lambda does with the role, outside the function's network and without its ARN.
POLLS = {
    "AWS::SQS::Queue": ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    "AWS::Kinesis::Stream": ("kinesis:GetRecords", "kinesis:GetShardIterator"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb:GetRecords", "dynamodb:GetShardIterator"),
    "AWS::KMS::Key": ("kms:Decrypt",),
}
SENDS = {"AWS::SQS::Queue": ("sqs:SendMessage",), "AWS::KMS::Key": ("kms:GenerateDataKey",)}


@pytest.mark.parametrize("app", JUDGED)
@pytest.mark.parametrize("path_id", sorted(PATHS))
def test_closed(path_id: str, app: str, case_of: Callable[[str], Case]) -> None:
    leak = PATHS[path_id]
    case = case_of(app)
    # Traces leave because they were asked for, and nothing else does.
    wanted = (
        [Reason(function.resource, "sends traces") for function in case.functions]
        if path_id == "O02" and app in TRACED
        else []
    )
    assert leak.check(case) == wanted, f"{path_id} is open: {leak.title}"


@pytest.mark.parametrize("app", JUDGED)
@pytest.mark.parametrize("flow", FLOWS)
def test_the_flow_works(flow: str, app: str, case_of: Callable[[str], Case]) -> None:
    assert list(FLOWS[flow](case_of(app))) == []


@pytest.mark.parametrize("app", EVENTS)
def test_there_are_events_to_judge(app: str, case_of: Callable[[str], Case]) -> None:
    world = case_of(app).world
    assert len(world.of("AWS::Lambda::EventSourceMapping")) == 3
    assert len(world.of("AWS::Lambda::Permission")) >= 6
    assert len(world.of("AWS::Lambda::Alias")) == 1


@pytest.mark.parametrize("app", EVENTS)
def test_lambda_polls_and_sends_and_the_code_does_not(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    case = case_of(app)
    function = next(f for f in case.isolated if "Events" in f.path)

    def ask(action: str, resource: Resource, vpc: str | None, from_code: bool) -> Question:
        arn = str(resource.arn)
        if action.startswith("dynamodb:"):
            arn = str(attribute(resource, "StreamArn"))
        return Question(
            label=f"{'the code' if from_code else 'Lambda'} on {resource.path}",
            action=action,
            resource=arn,
            context=role_context(function, vpc=vpc, from_code=from_code),
            principal=function.session,
            identity=function.documents,
        )

    def used(queues: tuple[str, ...], actions: Mapping[str, tuple[str, ...]]) -> Iterator[Resource]:
        for resource in case.world.of(*actions):
            if resource.type != "AWS::SQS::Queue" or resource.logical_id.startswith(queues):
                yield resource

    pairs = [(a, r) for r in used(("Orders",), POLLS) for a in POLLS[r.type]]
    pairs += [(a, r) for r in used(("Done", "Failed"), SENDS) for a in SENDS[r.type]]
    by_lambda = [ask(action, resource, None, from_code=False) for action, resource in pairs]
    assert len(by_lambda) == 11
    assert set(simulator.decide(by_lambda)) == {Decision.ALLOWED}
    (vpc,) = function.vpc_ids
    by_code = [
        ask(action, resource, str(vpc), from_code=True)
        for action, resource in pairs
        # The table's key serves the code too: DynamoDB decrypts the items for it.
        if not action.startswith("kms:")
    ]
    assert set(simulator.decide(by_code)) == {Decision.DENIED}


@pytest.mark.parametrize("app", TRACED)
def test_traces_leave_through_lambdas_own_network(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    (function,) = case_of(app).isolated
    sent = [
        Question(
            label=function.path,
            action=action,
            resource="*",
            context=role_context(function, vpc=None),
            principal=function.session,
            identity=function.documents,
        )
        for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
    ]
    assert set(simulator.decide(sent)) == {Decision.ALLOWED}


@pytest.mark.parametrize("app", DATABASE)
def test_the_database_admits_the_named_user_only(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    case = case_of(app)
    (function,), databases = case.isolated, closed_databases(case)
    cluster, proxy = (
        str(login_id(next(d for d in databases if d.type == f"AWS::RDS::{kind}")))
        for kind in ("DBCluster", "DBProxy")
    )
    place = f"arn:aws:rds-db:{function.resource.region}:{function.resource.account}:dbuser:"
    decisions = simulator.decide(
        Question(
            label=function.path,
            action="rds-db:connect",
            resource=place + user,
            # RDS asks, and tells nothing of where the connection comes from.
            context=role_context(function, vpc=None),
            principal=function.session,
            identity=function.documents,
        )
        for name in (cluster, proxy, "cluster-OTHER")
        for user in (f"{name}/reports", f"{name}/admin")
    )
    allowed = [decision is Decision.ALLOWED for decision in decisions]
    assert allowed == [True, False, True, False, False, False]


def _public_address(draft: Draft) -> None:
    draft.first("AWS::RDS::DBInstance")["PubliclyAccessible"] = True


def _other_subnets(draft: Draft) -> None:
    draft.first("AWS::RDS::DBSubnetGroup")["SubnetIds"] = ["subnet-0other"]


def _open_to_addresses(draft: Draft) -> None:
    group = draft.first("AWS::RDS::DBCluster")["VpcSecurityGroupIds"][0]
    draft.add(
        "Planted",
        "AWS::EC2::SecurityGroupIngress",
        near="AWS::RDS::DBCluster",
        GroupId=group,
        IpProtocol="tcp",
        FromPort=5432,
        ToPort=5432,
        CidrIp="0.0.0.0/0",
    )


def _another_database(draft: Draft) -> None:
    draft.allow(
        "rds-db:connect",
        {"Fn::Sub": "arn:aws:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:cluster-OTHER/x"},
    )


@pytest.mark.parametrize(
    ("plant", "opens"),
    [
        # The group of a database that others reach is no endpoint of the function's either.
        (_public_address, {"I01", "I02", "N10"}),
        (_other_subnets, {"I01", "I02", "N10"}),
        (_open_to_addresses, {"I01", "I02", "N10"}),
        (_another_database, {"I01", "I02"}),
    ],
)
def test_a_login_that_opens_something_is_seen(
    plant: Callable[[Draft], None],
    opens: set[str],
    case_of: Callable[[str], Case],
    simulator: Simulator,
) -> None:
    draft = Draft(case_of(DATABASE[0]).world)
    plant(draft)
    assert set(open_paths(Case(draft.world(), simulator))) == opens


def _the_code_may_send_too(draft: Draft) -> None:
    for _, statement in draft.role_statements():
        if statement["Effect"] == "Allow":
            statement.get("Condition", {}).pop("Null", None)


def _no_tls(draft: Draft) -> None:
    for _, policy in draft.of("AWS::SQS::QueuePolicy"):
        policy["Properties"]["PolicyDocument"]["Statement"] = []


@pytest.mark.parametrize(
    ("plant", "opens"), [(_the_code_may_send_too, {"I07"}), (_no_tls, {"O01"})]
)
def test_an_event_path_that_opens_something_is_seen(
    plant: Callable[[Draft], None],
    opens: set[str],
    case_of: Callable[[str], Case],
    simulator: Simulator,
) -> None:
    draft = Draft(case_of(EVENTS[0]).world)
    plant(draft)
    assert set(open_paths(Case(draft.world(), simulator))) == opens
