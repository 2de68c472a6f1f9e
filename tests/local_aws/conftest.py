"""A place to sign, and functions that are gone after the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_aws import LocalAws

from .support import Signing, make_role, make_zip, unique

MakeFunction = Callable[..., dict[str, Any]]


@pytest.fixture
def aws(local_aws: LocalAws) -> Iterator[LocalAws]:
    """The stand-in, without faults and calls of another test."""
    local_aws.clear_faults()
    local_aws.reset_calls()
    yield local_aws
    local_aws.clear_faults()


@pytest.fixture
def signing(aws: LocalAws) -> Signing:
    return Signing(aws)


@pytest.fixture(scope="session")
def role(local_aws: LocalAws) -> str:
    return make_role(local_aws)


@pytest.fixture
def make_function(aws: LocalAws, role: str) -> Iterator[MakeFunction]:
    """Creates a function; whatever differs from a plain Python one is given."""
    client, names = aws.client("lambda"), []

    def make(archive: bytes | None = None, **options: Any) -> dict[str, Any]:
        name = unique("function")
        given: dict[str, Any] = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": role,
            "Handler": "index.handler",
            "Code": {"ZipFile": archive or make_zip()},
        }
        made = client.create_function(**(given | options))
        names.append(name)
        return dict(made)

    yield make
    for name in names:
        client.delete_function(FunctionName=name)
