"""A `ChangeAlarm`, deployed: a change is reported and the function frozen, within moments here.

The records of CloudTrail are put on the default event bus as CloudTrail would, since the stand-in
records nothing. The tests are the steps of one story, in their order.
"""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from ..governance.cloudtrail.events import CDK_EXECUTION, DEVELOPER
from ..governance.cloudtrail.shapes import (
    ACCOUNT,
    REGION,
    bus_event,
    lambda_arn,
    lambda_event,
    record,
    session,
)
from .conftest import APPS, Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

FUNCTION = "prod-orders"


@pytest.fixture(scope="module")
def watched(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    directory = tmp_path_factory.mktemp("change_alarm") / "app"
    project = CdkProject.copy_of(APPS / "change_alarm", directory, bootstrapped.environment())
    outputs = project.deploy("Watched")["Watched"]
    return Deployed(bootstrapped, project, outputs)


def happens(watched: Deployed, event: dict[str, Any]) -> None:
    """Puts a record on the bus, as one of the stand-in's account and region."""
    written = json.dumps(event).replace(ACCOUNT, watched.aws.account)
    here = json.loads(written.replace(REGION, watched.aws.region))
    answer = watched.aws.client("events").put_events(
        Entries=[
            {
                "Source": here["source"],
                "DetailType": here["detail-type"],
                "Detail": json.dumps(here["detail"]),
            }
        ]
    )
    assert answer["FailedEntryCount"] == 0


def messages(watched: Deployed, number: int) -> list[str]:
    """The next messages of the topic, or fewer, where not so many come."""
    client, url = watched.aws.client("sqs"), watched.outputs["InboxUrl"]
    found: list[str] = []
    deadline = time.monotonic() + 15
    while len(found) < number and time.monotonic() < deadline:
        answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return sorted(found)


def lines(message: str) -> list[str]:
    """The lines of a rule's message, each of which EventBridge puts into quotation marks."""
    text: str = json.loads(message)
    return [line.strip('"') for line in text.splitlines()]


def concurrency(watched: Deployed) -> int | None:
    found = watched.aws.client("lambda").get_function_concurrency(FunctionName=FUNCTION)
    value: int | None = found.get("ReservedConcurrentExecutions")
    return value


def call(watched: Deployed) -> Any:
    answer = watched.aws.client("lambda").invoke(FunctionName=FUNCTION, Payload=b'"hello"')
    return json.loads(answer["Payload"].read())


def let_run(watched: Deployed) -> None:
    watched.aws.client("lambda").delete_function_concurrency(FunctionName=FUNCTION)


def test_the_pipeline_changes_it(watched: Deployed) -> None:
    for identity in (session("deploy"), CDK_EXECUTION):
        happens(watched, lambda_event(identity, function=FUNCTION))
    happens(watched, lambda_event(DEVELOPER, function="dev-playground"))
    # What comes later is there first, so nothing is on its way any more.
    happens(watched, bus_event(record(DEVELOPER, "cloudtrail", "StopLogging")))
    [message] = messages(watched, 1)
    assert "What: StopLogging of cloudtrail.amazonaws.com" in message
    assert concurrency(watched) is None
    assert call(watched) == "hello"


def test_an_attempt_is_reported_and_freezes_nothing(watched: Deployed) -> None:
    happens(watched, lambda_event(DEVELOPER, function=FUNCTION, error="AccessDenied"))
    [message] = messages(watched, 1)
    assert lines(message) == [
        "A change outside the pipeline: a function, a layer, a code signing configuration or who "
        "may call.",
        "What: UpdateFunctionCode20150331v2 of lambda.amazonaws.com",
        f"Function: {FUNCTION}",
        f"Who: AssumedRole {DEVELOPER['arn'].replace(ACCOUNT, watched.aws.account)} of account "
        f"{watched.aws.account}",
        "By way of: ",
        "From: 203.0.113.7",
        f"Where: account {watched.aws.account}, {watched.aws.region}",
        "When: 2026-11-28T09:30:00Z",
        "Refused with (if nothing, it was done): AccessDenied",
        f"aws cloudtrail lookup-events --region {watched.aws.region} --lookup-attributes "
        "AttributeKey=EventId,AttributeValue=4672b74f-2466-4784-b3fb-5b4db904a995",
    ]
    assert concurrency(watched) is None


def test_a_change_freezes_the_function(watched: Deployed) -> None:
    happens(watched, lambda_event(DEVELOPER, function=lambda_arn(FUNCTION)))
    reported, frozen = messages(watched, 2)
    assert lines(reported)[2].endswith(f":function:{FUNCTION}")
    assert frozen.startswith(f"The function {FUNCTION} was changed outside the pipeline.")
    assert concurrency(watched) == 0
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        call(watched)
    let_run(watched)
    assert call(watched) == "hello"


def test_the_freezing_function_is_signed(watched: Deployed) -> None:
    client = watched.aws.client("lambda")
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    [name] = [each for each in names if each.startswith("Watched-ChangesFreeze")]
    assert "SigningJobArn" in client.get_function(FunctionName=name)["Configuration"]
