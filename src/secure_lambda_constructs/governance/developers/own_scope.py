"""What developers may do in their own scope: with what bears their prefix, and nothing else.

Each action is in the list of daily work, so that it is not refused outright, and in a statement
that refuses it for every other resource. They are named so that no neighbour comes along: sending a
message, and not the policy of the queue; an item of a table, and not its export.
"""

from collections.abc import Mapping

__all__ = ["OWN_SCOPE", "SCOPED_READS", "own_scope_arns"]

OWN_SCOPE: Mapping[str, str] = {
    "cloudwatch": "DeleteAlarms PutMetricAlarm",
    "dynamodb": "*Item Query Scan *TagResource",
    "events": "PutEvents",
    "kinesis": "GetRecords GetShard* PutRecord*",
    "lambda": "Invoke* *TagResource",
    "logs": "*TagResource",
    "s3": "*tObject DeleteObject",
    "secretsmanager": "GetSecretValue",
    "sns": "Publish",
    "sqs": "*Message *TagQueue",
    "ssm": "GetParameter* PutParameter",
    "states": "St*Execution",
}
"""Patterns of actions by service, divided by spaces."""

SCOPED_READS: Mapping[str, str] = {"lambda": "GetFunction"}
"""What the daily work lets in by a pattern, and only the developers' own scope may show."""


def own_scope_arns(account: str, prefix: str, data_path: str) -> list[str]:
    """Return the ARNs of what is the developers' own.

    Args:
        account: The account: the same names in another one are not the developers' own.
        prefix: What the names begin with.
        data_path: What the names of secrets and parameters begin with.

    Returns:
        The ARNs, with wildcards, for the partition too. Those of S3 have no account, so a statement
        of its own asks for it.

    Example:
        ```python
        from secure_lambda_constructs.governance.developers.own_scope import own_scope_arns

        arns = own_scope_arns("111122223333", "dev-", "dev/")
        assert "arn:*:lambda:*:111122223333:function:dev-*" in arns
        ```
    """
    resources = {
        "cloudwatch": [f"alarm:{prefix}*"],
        "dynamodb": [f"table/{prefix}*"],
        "events": [f"event-bus/{prefix}*"],
        "kinesis": [f"stream/{prefix}*"],
        "lambda": [f"function:{prefix}*"],
        "logs": [f"log-group:/aws/lambda/{prefix}*"],
        "secretsmanager": [f"secret:{data_path}*"],
        "sns": [f"{prefix}*"],
        "sqs": [f"{prefix}*"],
        "ssm": [f"parameter/{data_path}*"],
        "states": [f"stateMachine:{prefix}*", f"execution:{prefix}*"],
    }
    arns = [
        f"arn:*:{service}:*:{account}:{resource}"
        for service, names in resources.items()
        for resource in names
    ]
    return [*arns, f"arn:*:s3:::{prefix}*"]
