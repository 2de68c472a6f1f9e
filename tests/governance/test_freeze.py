"""The function that freezes: what it takes for a change, and what it then does."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from local_aws import LocalAws
from secure_lambda_constructs.governance.changes.freeze.change import Change, Ignored, read_change
from secure_lambda_constructs.governance.changes.freeze.settings import Settings, matches
from secure_lambda_constructs.governance.changes.freeze_function import (
    HANDLER,
    write_freeze_handler,
)
from secure_lambda_constructs.governance.changes.principals import Principals

from ..local_aws.support import make_role, make_zip, unique
from .cloudtrail.events import (
    BREAK_GLASS,
    CDK_EXECUTION,
    DEVELOPER,
    EVENTS,
    FREEZE_ROLE,
    PIPELINE,
    PIPELINE_ROLES,
    Event,
)
from .cloudtrail.shapes import (
    ACCOUNT,
    REGION,
    aws_service,
    bus_event,
    iam_user,
    lambda_arn,
    lambda_event,
    other_account,
    record,
    root,
    session,
    through,
)

_PRINCIPALS = Principals.of(PIPELINE_ROLES, BREAK_GLASS)


def _here(text: str) -> str:
    return text.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", ACCOUNT)


SETTINGS = Settings(
    partition="aws",
    region=REGION,
    account=ACCOUNT,
    own_name="prod-freeze",
    functions=("prod-*", "billing"),
    pipeline_roles=(*map(_here, _PRINCIPALS.roles()), FREEZE_ROLE),
    break_glass_roles=tuple(map(_here, _PRINCIPALS.break_glass)),
    cloudformation_session=_here(_PRINCIPALS.cloudformation()),
    topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:security",
)


def _tag(arn: str) -> Event:
    request = {"resource": arn}
    return bus_event(record(DEVELOPER, "lambda", "TagResource20170331v2", request=request))


def _policy(arn: str) -> Event:
    request = {"resourceArn": arn, "policy": "{}"}
    return bus_event(record(DEVELOPER, "lambda", "PutResourcePolicy", request=request))


def _mapping() -> Event:
    """The request names a mapping, and the response its function."""
    name = "UpdateEventSourceMapping20150331"
    request, response = {"uUID": "a"}, {"functionArn": lambda_arn("prod-orders")}
    return bus_event(record(DEVELOPER, "lambda", name, request=request, response=response))


CHANGES: dict[str, tuple[Event, str]] = {
    "name": (lambda_event(DEVELOPER), "prod-orders"),
    "arn": (lambda_event(DEVELOPER, function=lambda_arn("prod-orders")), "prod-orders"),
    "partial-arn": (lambda_event(DEVELOPER, function=f"{ACCOUNT}:function:billing"), "billing"),
    "alias": (lambda_event(DEVELOPER, function="prod-orders:live"), "prod-orders"),
    "latest": (
        lambda_event(DEVELOPER, function=lambda_arn("prod-orders:$LATEST")),
        "prod-orders",
    ),
    "configuration": (
        lambda_event(DEVELOPER, "UpdateFunctionConfiguration20150331v2"),
        "prod-orders",
    ),
    "permission": (lambda_event(DEVELOPER, "AddPermission20150331v2"), "prod-orders"),
    "policy": (_policy(lambda_arn("prod-orders")), "prod-orders"),
    "url": (lambda_event(DEVELOPER, "CreateFunctionUrlConfig"), "prod-orders"),
    "signing": (lambda_event(DEVELOPER, "DeleteFunctionCodeSigningConfig"), "prod-orders"),
    "mapping": (_mapping(), "prod-orders"),
    "let-run-again": (lambda_event(DEVELOPER, "DeleteFunctionConcurrency20171031"), "prod-orders"),
    "a-call-of-tomorrow": (lambda_event(DEVELOPER, "PutFunctionAnything20271031"), "prod-orders"),
    "new-function": (
        lambda_event(DEVELOPER, "CreateFunction20150331", "prod-shadow"),
        "prod-shadow",
    ),
    "root": (lambda_event(root()), "prod-orders"),
    "iam-user": (lambda_event(iam_user(with_session=True)), "prod-orders"),
    "another-account": (lambda_event(other_account("999988887777")), "prod-orders"),
    "through-cloudformation": (lambda_event(through(DEVELOPER, "cloudformation")), "prod-orders"),
    "execution-role-by-itself": (
        lambda_event({key: CDK_EXECUTION[key] for key in CDK_EXECUTION if key != "invokedBy"}),
        "prod-orders",
    ),
    "pipeline-elsewhere": (
        lambda_event(session("cicd/deploy-orders", account="999988887777")),
        "prod-orders",
    ),
    "nobody": (lambda_event({}), "prod-orders"),
}

IGNORED: dict[str, tuple[object, str]] = {
    "no-event": (None, "not an event of CloudTrail"),
    "text": ("UpdateFunctionCode", "not an event of CloudTrail"),
    "forged": (lambda_event(DEVELOPER) | {"source": "my.app"}, "not an event of CloudTrail"),
    "service-event": (
        lambda_event(DEVELOPER) | {"detail-type": "AWS Service Event via CloudTrail"},
        "not an event of CloudTrail",
    ),
    "other-service": (EVENTS["route"][0], "not a call of Lambda"),
    "other-account": (
        lambda_event(DEVELOPER) | {"account": "999988887777"},
        "of another account or region",
    ),
    "other-region": (lambda_event(DEVELOPER, region="us-east-1"), "of another account or region"),
    "no-call": (lambda_event(DEVELOPER, "20150331v2"), "no name of a call"),
    "strange-call": (lambda_event(DEVELOPER, "Update Function"), "no name of a call"),
    "read": (lambda_event(DEVELOPER, "GetPolicy20150331v2", readOnly=True), "changes nothing"),
    "invocation": (lambda_event(DEVELOPER, "Invoke", eventCategory="Data"), "changes nothing"),
    "refused": (lambda_event(DEVELOPER, error="AccessDenied"), "was refused"),
    "unsigned": (
        lambda_event(DEVELOPER, error="CodeVerificationFailedException"),
        "was refused",
    ),
    "dry-run": (
        lambda_event(DEVELOPER, request={"dryRun": True}),
        "changes nothing that matters",
    ),
    "tag": (_tag(lambda_arn("prod-orders")), "changes nothing that matters"),
    "permission-gone": (
        lambda_event(DEVELOPER, "RemovePermission20150331v2"),
        "changes nothing that matters",
    ),
    "function-gone": (
        lambda_event(DEVELOPER, "DeleteFunction20150331"),
        "changes nothing that matters",
    ),
    "pipeline": (lambda_event(PIPELINE), "by the pipeline"),
    "cloudformation": (lambda_event(CDK_EXECUTION), "by the pipeline"),
    "break-glass": (
        lambda_event(session("break-glass"), "DeleteFunctionConcurrency20171031"),
        "by a break-glass role",
    ),
    "service": (lambda_event(aws_service("lambda")), "by a service"),
    "playground": (lambda_event(DEVELOPER, function="dev-playground"), "of no governed function"),
    "begins-alike": (lambda_event(DEVELOPER, function="billing-api"), "of no governed function"),
    "itself": (lambda_event(DEVELOPER, function="prod-freeze"), "of no governed function"),
    "itself-by-arn": (
        lambda_event(DEVELOPER, function=lambda_arn("prod-freeze")),
        "of no governed function",
    ),
    "namesake-elsewhere": (
        bus_event(
            record(
                DEVELOPER,
                "lambda",
                "UpdateFunctionCode20150331v2",
                request={"functionName": lambda_arn("prod-orders", account="999988887777")},
            )
        ),
        "of no governed function",
    ),
    "no-function-name": (
        bus_event(
            record(DEVELOPER, "lambda", "X", request={"functionName": "prod-orders\nprod-a"})
        ),
        "of no governed function",
    ),
    "layer": (EVENTS["layer"][0], "of no governed function"),
    "signing-config": (EVENTS["signing-config-warns"][0], "of no governed function"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change(name: str) -> None:
    event, function = CHANGES[name]
    change = read_change(event, SETTINGS)
    assert isinstance(change, Change), change
    assert change.function == function
    assert (change.time, change.event_id) == (
        "2026-11-28T09:30:00Z",
        "4672b74f-2466-4784-b3fb-5b4db904a995",
    )


def test_who_it_was() -> None:
    def principal(identity: dict[str, Any]) -> str:
        change = read_change(lambda_event(identity), SETTINGS)
        assert isinstance(change, Change)
        return change.principal

    assert principal(DEVELOPER) == DEVELOPER["arn"]
    assert principal(other_account("999988887777")) == "999988887777"
    assert principal({}) == "somebody"


@pytest.mark.parametrize("name", IGNORED)
def test_no_change(name: str) -> None:
    event, reason = IGNORED[name]
    assert read_change(event, SETTINGS) == Ignored(reason)


def test_only_what_is_reported_is_frozen() -> None:
    frozen = {name for name, (event, _) in EVENTS.items() if _is_change(event)}
    assert {area for name, (_, area) in EVENTS.items() if name in frozen} == {"Functions"}
    assert {"code-by-arn", "root", "url", "through-cloudformation"} <= frozen


def _is_change(event: object) -> bool:
    return isinstance(read_change(event, SETTINGS), Change)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3)
    ),
    max_leaves=6,
)


@given(value=_json, path=st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_no_event_is_too_strange(value: object, path: list[int]) -> None:
    """Any member of a record may be anything: nothing is raised, and only governed is frozen."""
    event: Any = json.loads(json.dumps(lambda_event(DEVELOPER)))
    place = event
    for step in path:
        name = sorted(place)[step % len(place)]
        if not isinstance(place[name], dict) or not place[name]:
            break
        place = place[name]
    place[sorted(place)[path[-1] % len(place)]] = value
    change = read_change(event, SETTINGS)
    assert isinstance(change, Ignored) or SETTINGS.governs(change.function)


@given(st.text(max_size=80) | st.from_regex(r"[a-z0-9:-]{0,40}prod-[a-z:-]{1,20}", fullmatch=True))
def test_only_names_of_governed_functions(name: str) -> None:
    event = bus_event(record(DEVELOPER, "lambda", "X", request={"functionName": name}))
    change = read_change(event, SETTINGS)
    if isinstance(change, Change):
        assert change.function.startswith("prod-") or change.function == "billing"
        assert change.function in name


def test_patterns_of_roles() -> None:
    roles = ("arn:aws:iam::1:role/a.b*", "arn:aws:iam::1:role/exact")
    assert matches(roles, "arn:aws:iam::1:role/a.bc/d")
    assert matches(roles, "arn:aws:iam::1:role/exact")
    assert not matches(roles, "arn:aws:iam::1:role/axb")
    assert not matches(roles, "arn:aws:iam::1:role/exact2")
    assert not matches((), "arn:aws:iam::1:role/exact")


def test_settings_are_read() -> None:
    environment = {
        "PARTITION": "aws",
        "ACCOUNT": ACCOUNT,
        "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "prod-freeze",
        "FUNCTIONS": "prod-* billing",
        "PIPELINE_ROLES": " ".join(SETTINGS.pipeline_roles),
        "BREAK_GLASS_ROLES": " ".join(SETTINGS.break_glass_roles),
        "CLOUDFORMATION_SESSION": SETTINGS.cloudformation_session,
        "TOPIC_ARN": SETTINGS.topic_arn,
    }
    assert Settings.of(environment) == SETTINGS
    none = Settings.of(environment | {"BREAK_GLASS_ROLES": ""})
    assert none == replace(SETTINGS, break_glass_roles=())
    with pytest.raises(KeyError, match="TOPIC_ARN"):
        Settings.of({key: environment[key] for key in environment if key != "TOPIC_ARN"})


@dataclass
class Freezer:
    """The function's code as it is shipped, and the stand-in that it talks to."""

    aws: LocalAws
    handler: Callable[[object, object], dict[str, str]]
    role: str
    queue: str

    def function(self) -> str:
        name = unique("prod-")
        self.aws.client("lambda", region=REGION).create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role,
            Handler="index.handler",
            Code={"ZipFile": make_zip()},
        )
        return name

    def concurrency(self, name: str) -> int | None:
        client = self.aws.client("lambda", region=REGION)
        found = client.get_function_concurrency(FunctionName=name)
        value: int | None = found.get("ReservedConcurrentExecutions")
        return value

    def change(self, name: str, identity: dict[str, Any] = DEVELOPER) -> dict[str, str]:
        event = lambda_event(identity, function=name)
        here = json.dumps(event).replace(ACCOUNT, self.aws.account)
        return self.handler(json.loads(here), None)

    def messages(self) -> list[str]:
        sqs = self.aws.client("sqs", region=REGION)
        found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["Message"] for message in found]


@pytest.fixture
def freezer(
    local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Freezer]:
    write_freeze_handler(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module, _, attribute = HANDLER.rpartition(".")
    handler = getattr(importlib.import_module(module), attribute)
    sns, sqs = (local_aws.client(service, region=REGION) for service in ("sns", "sqs"))
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    variables = {
        "PARTITION": "aws",
        "ACCOUNT": local_aws.account,
        "AWS_LAMBDA_FUNCTION_NAME": "freeze",
        "FUNCTIONS": "prod-*",
        "PIPELINE_ROLES": f"arn:aws:iam::{local_aws.account}:role/cicd/deploy-*",
        "BREAK_GLASS_ROLES": "",
        "CLOUDFORMATION_SESSION": "arn:aws:sts::nobody",
        "TOPIC_ARN": topic,
        **local_aws.environment(region=REGION),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    local_aws.clear_faults()
    yield Freezer(local_aws, handler, make_role(local_aws), queue)
    local_aws.clear_faults()
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "change_freeze"]:
        del sys.modules[loaded]


@pytest.mark.local_aws
def test_it_freezes_and_tells(freezer: Freezer, capsys: pytest.CaptureFixture[str]) -> None:
    name = freezer.function()
    record = freezer.change(name)
    assert freezer.concurrency(name) == 0
    assert record["outcome"] == "frozen"
    assert json.loads(capsys.readouterr().out) == record
    [message] = freezer.messages()
    assert f"The function {name} was changed outside the pipeline." in message
    assert "AWSReservedSSO_Developer" in message
    assert f"aws lambda delete-function-concurrency --function-name {name}\n" in message
    # An event may come twice.
    assert freezer.change(name)["outcome"] == "frozen"
    assert freezer.concurrency(name) == 0


@pytest.mark.local_aws
def test_it_leaves_the_pipeline_alone(freezer: Freezer, capsys: pytest.CaptureFixture[str]) -> None:
    name = freezer.function()
    assert freezer.change(name, PIPELINE) == {"outcome": "ignored", "reason": "by the pipeline"}
    assert '"outcome": "ignored"' in capsys.readouterr().out
    assert freezer.concurrency(name) is None
    assert freezer.messages() == []


@pytest.mark.local_aws
def test_a_function_that_is_gone(freezer: Freezer) -> None:
    assert freezer.change("prod-gone")["outcome"] == "gone"
    [message] = freezer.messages()
    assert "there is nothing to freeze" in message


@pytest.mark.local_aws
def test_what_fails_is_tried_again(freezer: Freezer, capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda does it when the handler raises; what then still fails goes to the topic."""
    name = freezer.function()
    freezer.aws.add_fault(
        service="lambda", operation="PutFunctionConcurrency", kind="access_denied"
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        freezer.change(name)
    assert json.loads(capsys.readouterr().out)["outcome"] == "failed"
    assert freezer.messages() == []
    freezer.aws.add_fault(service="sns", operation="Publish", kind="access_denied")
    with pytest.raises(ClientError, match="AccessDenied"):
        freezer.change(name)
    assert freezer.concurrency(name) == 0
    assert freezer.change(name)["outcome"] == "frozen"
    assert len(freezer.messages()) == 1
