"""Functions outside a VPC find the names that a test gives, and no function finds anything else."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_aws import LocalAws, LocalAwsError

from .conftest import MakeFunction
from .support import make_zip

pytestmark = pytest.mark.local_aws

_NAME = "api.partner.example"

_CODE = """
import socket, sys

def handler(event, context):
    try:
        return sys.modules[__name__].__dict__[event[0]](*event[1:])
    except OSError as error:
        return type(error).__name__

def look_up(host):
    found = socket.getaddrinfo(host, 443, socket.AF_INET, socket.SOCK_STREAM)
    return [address[0] for _, _, _, _, address in found]

def read(host, port):
    with socket.create_connection((host, port), timeout=5) as connection:
        return connection.recv(100).decode()

def read_by_name(host, port):
    with socket.socket() as connection:
        connection.settimeout(5)
        connection.connect((host, port))
        return connection.recv(100).decode()
"""


@contextmanager
def _server(text: str) -> Iterator[int]:
    """Says one thing to whoever connects, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(text.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def no_internet(aws: LocalAws) -> Iterator[None]:
    yield
    aws.set_internet({})


@pytest.fixture
def outside(aws: LocalAws, make_function: MakeFunction, no_internet: None) -> Any:
    return _caller(aws, make_function(make_zip(("index.py", _CODE))))


@pytest.fixture
def inside(aws: LocalAws, make_function: MakeFunction, no_internet: None) -> Any:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="inside", Description="inside")
    network = {"SubnetIds": [subnet], "SecurityGroupIds": [group["GroupId"]]}
    return _caller(aws, make_function(make_zip(("index.py", _CODE)), VpcConfig=network))


def _caller(aws: LocalAws, made: dict[str, Any]) -> Any:
    client = aws.client("lambda")

    def call(*event: object) -> Any:
        answer = client.invoke(FunctionName=made["FunctionName"], Payload=json.dumps(event))
        assert "FunctionError" not in answer
        return json.load(answer["Payload"])

    return call


def test_a_name_leads_to_the_server_of_the_test(aws: LocalAws, outside: Any) -> None:
    with _server("hello") as port:
        aws.set_internet({_NAME: ("127.0.0.1", port)})
        (address,) = outside("look_up", _NAME)
        assert address.startswith("93.184.216.")
        assert outside("look_up", _NAME.upper() + ".") == [address]
        for read in ("read", "read_by_name"):
            assert outside(read, _NAME, 443) == "hello"
            assert outside(read, address, 443) == "hello"


def test_only_the_port_of_https_is_open(aws: LocalAws, outside: Any) -> None:
    with _server("hello") as port:
        aws.set_internet({_NAME: ("127.0.0.1", port)})
        assert outside("read", _NAME, 80) == "OSError"


def test_names_have_addresses_of_their_own(aws: LocalAws, outside: Any) -> None:
    with _server("first") as first, _server("second") as second:
        aws.set_internet({_NAME: ("127.0.0.1", first), "other.example": ("127.0.0.1", second)})
        assert outside("read", _NAME, 443) == "first"
        assert outside("read", "other.example", 443) == "second"
        assert outside("look_up", _NAME) != outside("look_up", "other.example")


def test_a_warm_function_finds_names_where_they_lead_now(aws: LocalAws, outside: Any) -> None:
    assert outside("look_up", _NAME) == "gaierror"
    with _server("first") as first, _server("second") as second:
        aws.set_internet({_NAME: ("127.0.0.1", first)})
        address = outside("look_up", _NAME)
        assert outside("read", _NAME, 443) == "first"
        aws.set_internet({_NAME: ("127.0.0.1", second)})
        assert outside("read", _NAME, 443) == "second"
        assert outside("look_up", _NAME) == address
    aws.set_internet({})
    assert outside("look_up", _NAME) == "gaierror"
    assert outside("read", address[0], 443) == "OSError"


@pytest.mark.parametrize("host", ["one.one.one.one", "1.1.1.1", "8.8.8.8", "2606:4700::1111"])
def test_nothing_else_can_be_reached(outside: Any, inside: Any, host: str) -> None:
    for function in (outside, inside):
        assert function("read", host, 443) in ("gaierror", "OSError")


def test_a_function_in_a_vpc_finds_no_such_name(aws: LocalAws, inside: Any, outside: Any) -> None:
    with _server("hello") as port:
        aws.set_internet({_NAME: ("127.0.0.1", port)})
        (address,) = outside("look_up", _NAME)
        assert inside("look_up", _NAME) == "gaierror"
        assert inside("read", address, 443) == "OSError"


@pytest.mark.parametrize("to", [("93.184.216.34", 443), ("127.0.0.1", 0), ("localhost", 443)])
def test_only_this_machine_can_be_the_internet(aws: LocalAws, to: tuple[str, int]) -> None:
    with pytest.raises(LocalAwsError, match=f"{_NAME} must lead to an address such as 127.0.0.1"):
        aws.set_internet({_NAME: to})
