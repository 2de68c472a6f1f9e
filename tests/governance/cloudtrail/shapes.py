"""Records of CloudTrail as EventBridge delivers them, in the shapes that AWS's have.

The shapes are those of AWS's own examples and of the records that stratus-red-team publishes of
its attacks (https://github.com/DataDog/stratus-red-team, docs/detonation-logs): which members
there are, how calls are spelled, where the name of a function is. Accounts, names and addresses
are made up.

- https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
- https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
"""

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ACCOUNT",
    "REGION",
    "Identity",
    "assumed",
    "aws_service",
    "bus_event",
    "iam_user",
    "lambda_arn",
    "lambda_event",
    "other_account",
    "record",
    "root",
    "session",
    "through",
]

ACCOUNT = "111122223333"
REGION = "eu-west-1"

Identity = dict[str, Any]


def session(role: str, name: str = "alice", *, account: str = ACCOUNT) -> Identity:
    """A session of a role, given by its path and name."""
    short = role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{short}/{name}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": short,
            },
            "attributes": {"creationDate": "2026-11-28T09:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def iam_user(name: str = "bob", *, with_session: bool = False) -> Identity:
    """A user with a key, or with temporary credentials of one, as in the console."""
    identity = {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": name,
    }
    attributes = {"creationDate": "2026-11-28T09:00:00Z", "mfaAuthenticated": "true"}
    return identity | ({"sessionContext": {"attributes": attributes}} if with_session else {})


def root() -> Identity:
    """The root user."""
    return {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "",
    }


def aws_service(name: str) -> Identity:
    """A service on its own."""
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def other_account(account: str) -> Identity:
    """A role of another account, of which the record says no more."""
    return {"type": "AWSAccount", "principalId": "AROAEXAMPLE:session", "accountId": account}


def through(identity: Identity, service: str) -> Identity:
    """The same caller, by a service that uses the caller's rights (forward access session)."""
    return identity | {"invokedBy": f"{service}.amazonaws.com"}


def assumed(role_arn: str, name: str = "AssumeRole") -> dict[str, Any]:
    """What differs in a record of somebody who becomes a role."""
    return {
        "name": name,
        "request": {"roleArn": role_arn, "roleSessionName": "session", "durationSeconds": 900},
        "response": {
            "assumedRoleUser": {"arn": role_arn, "assumedRoleId": "AROAEXAMPLE:session"},
            "credentials": {"accessKeyId": "ASIAEXAMPLE", "expiration": "Nov 28, 2026, 9:45:00 AM"},
        },
        "readOnly": True,
    }


def record(
    identity: Identity,
    service: str,
    name: str,
    *,
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    error: str | None = None,
    region: str = REGION,
    **more: Any,
) -> dict[str, Any]:
    """A record of one call."""
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": "2026-11-28T09:30:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": identity.get("invokedBy", "203.0.113.7"),
        "userAgent": identity.get("invokedBy", "aws-cli/2.31.0"),
        "requestParameters": None if request is None else dict(request),
        "responseElements": None if response is None else dict(response),
        "requestID": "ae683f5c-13be-4305-8267-0d2fc47dd663",
        "eventID": "4672b74f-2466-4784-b3fb-5b4db904a995",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if error is not None:
        found |= {"errorCode": error, "errorMessage": f"User: {identity.get('arn')} is not"}
    return found | more


def bus_event(detail: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A record as it comes to the event bus."""
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{str(detail['eventSource']).partition('.')[0]}",
        "account": ACCOUNT,
        "time": detail["eventTime"],
        "region": detail["awsRegion"],
        "resources": [],
        "detail": dict(detail),
        **more,
    }


def lambda_arn(name: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """The ARN of a function."""
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


def lambda_event(
    identity: Identity,
    name: str = "UpdateFunctionCode20150331v2",
    function: str = "prod-orders",
    **more: Any,
) -> dict[str, Any]:
    """A call about a function, given as the caller has given it."""
    request = {"functionName": function, **more.pop("request", {})}
    short = function.rpartition(":function:")[2].partition(":")[0]
    failed = more.get("error") is not None
    response = None if failed else {"functionName": short, "functionArn": lambda_arn(short)}
    return bus_event(record(identity, "lambda", name, request=request, response=response, **more))
