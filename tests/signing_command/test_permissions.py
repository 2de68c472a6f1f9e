"""The rights that are listed are those that the program's calls need, no more and no less."""

from typing import Any

import pytest

from secure_lambda_constructs.signing.command import permissions

GROUPS = [
    permissions.BUCKET_ACTIONS,
    permissions.SOURCE_OBJECT_ACTIONS,
    permissions.SIGNED_OBJECT_ACTIONS,
    permissions.PROFILE_ACTIONS,
    permissions.JOB_ACTIONS,
]


def test_the_groups_are_what_the_operations_need() -> None:
    granted = {action for group in GROUPS for action in group}
    needed = {each for actions in permissions.ACTIONS_BY_OPERATION.values() for each in actions}
    assert granted == needed


@pytest.mark.parametrize("group", GROUPS)
def test_no_wildcards_and_no_repetition(group: tuple[str, ...]) -> None:
    assert group
    assert len(set(group)) == len(group)
    assert list(group) == sorted(group)
    assert not any("*" in action for action in group)


@pytest.mark.local_aws
def test_every_listed_operation_is_called_and_no_other(site: Any) -> None:
    """A first run, one that signs anew, and a failed job reach every call there is."""
    site.signs()
    site.result.unlink()
    s3 = site.aws.client("s3")
    for item in s3.list_objects_v2(Bucket=site.bucket, Prefix="signed/")["Contents"]:
        s3.delete_object(Bucket=site.bucket, Key=item["Key"])
    before = len(site.aws.calls())
    site.aws.reset_calls()
    assert before
    site.signs()
    called = {call["operation"] for call in site.aws.calls()}
    assert called == set(permissions.ACTIONS_BY_OPERATION)
