"""What tables and buckets let in by policies of their own, whatever the role's policies say."""

from collections.abc import Iterator
from typing import Any

from ...model.policies import pessimistic, statements
from ...model.values import as_list, dig, strings
from ...model.views import Function
from ..case import Case
from ..questions import Question

__all__ = ["admissions", "is_admitted_by_name"]

_READ = "may read what admits its role by a policy of its own"

# The policy, what is read, its ARN, its account.
_Held = tuple[dict[str, Any], str, str, str]


def admissions(
    case: Case,
    function: Function,
    *,
    by_name: bool = False,
    text: str = _READ,
    vpc: str | None = None,
    from_code: bool = True,
) -> Iterator[Question]:
    """Yield `function` reading what has a policy of its own that allows something.

    Args:
        case: The app under judgement.
        function: The function.
        by_name: Leave out the policies that do not name its role, such as that of a website.
        text: Who does it, in a reason's words.
        vpc: The VPC that it reads from; None for the internet.
        from_code: Whether the keys are those of the function's code.
    """
    role = None if function.role is None else str(function.role.arn)
    for policy, action, arn, account in case.once(_held):
        if not by_name or role in set(strings(policy)):
            yield case.ask(
                function,
                action,
                arn,
                text,
                vpc=vpc,
                from_code=from_code,
                resource_policy=policy,
                account=account,
            )


def is_admitted_by_name(case: Case, function: Function) -> str | None:
    """Return what admits the role of `function` by name, and lets it read."""
    open_questions = case.still_open(admissions(case, function, by_name=True))
    return open_questions[0].detail if open_questions else None


def _held(case: Case) -> list[_Held]:
    written: list[tuple[Any, str, str, str]] = []
    for table in case.world.of("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        for owner in (table.properties, *as_list(table.get("Replicas"))):
            policy = dig(owner, "ResourcePolicy", "PolicyDocument")
            written.append((policy, "dynamodb:GetItem", str(table.arn), table.account))
    for found in case.world.of("AWS::S3::BucketPolicy"):
        bucket = case.world.find(found.get("Bucket"), "AWS::S3::Bucket", near=found)
        arn = "arn:aws:s3:::unknown" if bucket is None else bucket.arn
        written.append((found.get("PolicyDocument"), "s3:GetObject", f"{arn}/data", found.account))
    made = [
        (pessimistic(policy, of_resource=True), action, arn, account)
        for policy, action, arn, account in written
        if policy is not None
    ]
    # What only denies admits nobody.
    return [
        each
        for each in made
        if any(entry.get("Effect") == "Allow" for entry in statements(each[0]))
    ]
