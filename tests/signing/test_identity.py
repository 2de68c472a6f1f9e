"""The name under which signed code is published."""

import hashlib
from dataclasses import replace

import pytest

from secure_lambda_constructs.signing.identity import SigningIdentity

IDENTITY = SigningIdentity(
    profile_name="users",
    profile_owner=None,
    bucket_name="users-{account}-{region}",
    account=None,
    region=None,
    revision="",
    python="python3",
    baseline_stack="App-Signing",
)


@pytest.mark.parametrize(
    ("identity", "canonical"),
    [
        (
            IDENTITY,
            '{"asset":"1a2b","owner":null,"profile":"arn:${AWS::Partition}:signer:${AWS::Region}'
            ':${AWS::AccountId}:/signing-profiles/users","revision":""}',
        ),
        (
            replace(
                IDENTITY,
                account="111122223333",
                region="cn-north-1",
                profile_owner="444455556666",
                revision="2",
            ),
            '{"asset":"1a2b","owner":"444455556666","profile":"arn:${AWS::Partition}:signer:'
            'cn-north-1:444455556666:/signing-profiles/users","revision":"2"}',
        ),
    ],
)
def test_is_an_interface(identity: SigningIdentity, canonical: str) -> None:
    """Another one would sign everything anew in every app that takes the new release."""
    assert identity.asset_id("1a2b") == hashlib.sha256(canonical.encode()).hexdigest()


def test_does_not_depend_on_where_it_is_signed() -> None:
    moved = replace(IDENTITY, python="python4", bucket_name="other", baseline_stack="Other")
    assert moved.asset_id("1a2b") == IDENTITY.asset_id("1a2b")
