"""What Lambda starts: freezes the function that an event says was changed, and tells the topic.

To freeze is to set the reserved concurrency to 0, which holds for all versions of the function
until it is taken back:
<https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>. To do it twice is
the same as once, so a failure is raised, and Lambda tries again.
"""

import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .change import Change, Ignored, read_change
from .settings import Settings

__all__ = ["handler"]

_PATIENT = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
_SUBJECT = "Function frozen after a change outside the pipeline"


def handler(event: object, context: object) -> dict[str, str]:
    """Answer one event.

    Args:
        event: What EventBridge sends.
        context: Lambda's.

    Returns:
        What was done, which is also the record in the log.
    """
    settings = Settings.of(os.environ)
    change = read_change(event, settings)
    if isinstance(change, Ignored):
        return _record(outcome="ignored", reason=change.reason)
    outcome = _freeze(change)
    record = _record(
        outcome=outcome,
        function=change.function,
        call=change.call,
        principal=change.principal,
        event_id=change.event_id,
        time=change.time,
    )
    boto3.client("sns", config=_PATIENT).publish(
        TopicArn=settings.topic_arn, Subject=_SUBJECT, Message=_message(change, outcome)
    )
    return record


def _freeze(change: Change) -> str:
    try:
        boto3.client("lambda", config=_PATIENT).put_function_concurrency(
            FunctionName=change.function, ReservedConcurrentExecutions=0
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            _record(outcome="failed", function=change.function, reason=str(error))
            raise
        return "gone"
    return "frozen"


def _message(change: Change, outcome: str) -> str:
    done = (
        "Its reserved concurrency is 0: whoever calls it is throttled."
        if outcome == "frozen"
        else "It is not there any more, so there is nothing to freeze."
    )
    return (
        f"The function {change.function} was changed outside the pipeline. {done}\n"
        f"What: {change.call}\n"
        f"Who: {change.principal}\n"
        f"When: {change.time}\n"
        f"Event: {change.event_id}\n\n"
        "Find out what was changed, have the pipeline deploy the function anew, and only then "
        "let it run again, as the pipeline or the break-glass role:\n"
        f"aws lambda delete-function-concurrency --function-name {change.function}\n"
    )


def _record(**fields: str) -> dict[str, str]:
    print(json.dumps(fields, sort_keys=True))
    return fields
