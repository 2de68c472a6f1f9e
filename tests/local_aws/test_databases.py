"""PostgreSQL behind the endpoints of databases: TLS and a token of IAM, or no session."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pg8000.native
import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from local_aws import LocalAws
from local_aws.postgresql import NO_POSTGRESQL, postgresql_programs

from .conftest import MakeFunction
from .stacks import Stack
from .support import make_zip, unique, wait_for
from .test_resources_databases import cluster, network

pytestmark = [
    pytest.mark.local_aws,
    pytest.mark.skipif(postgresql_programs() is None, reason=NO_POSTGRESQL),
]

_PORT = 5432


@dataclass(frozen=True)
class Deployed:
    """A deployed cluster, and what its functions know of it."""

    aws: LocalAws
    stack: Stack
    host: str
    files: Path

    @property
    def address(self) -> str:
        """Where the endpoint is on this machine."""
        return str(json.loads((self.files / "names.json").read_text())[self.host])

    def token(self, user: str, **other: Any) -> str:
        """A token as an SDK makes it."""
        given = {"DBHostname": self.host, "Port": _PORT, "DBUsername": user} | other
        return str(self.aws.client("rds").generate_db_auth_token(**given))

    @contextmanager
    def connect(
        self, user: str, password: str, *, name: str | None = None, tls: bool = True
    ) -> Iterator[pg8000.native.Connection]:
        """Connects as a function would, only that the address is looked up here."""
        trust = ssl.create_default_context(cafile=str(self.files / "root.pem"))
        with closing(_Sockets(self.address, trust)) as sockets:
            yield pg8000.native.Connection(
                user,
                host=name or self.host,
                sock=sockets.plain,
                ssl_context=sockets if tls else False,
                database="users",
                password=password,
            )


class _Sockets:
    """A connection, and a TLS context that remembers it: the driver leaves it open when refused."""

    def __init__(self, address: str, trust: ssl.SSLContext) -> None:
        self.plain = self._last = socket.create_connection((address, _PORT), timeout=20)
        self._trust = trust

    def wrap_socket(self, sock: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        self._last = wrapped = self._trust.wrap_socket(sock, server_hostname=server_hostname)
        return wrapped

    def close(self) -> None:
        self._last.close()
        self.plain.close()


@pytest.mark.usefixtures("local_aws")  # which installs it where that is needed
def test_a_stand_in_that_is_stopped_leaves_no_database(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as aws:
        aws.client("rds").create_db_cluster(
            DBClusterIdentifier="users",
            Engine="aurora-postgresql",
            MasterUserAuthenticationType="iam-db-auth",
            MasterUsername="postgres",
        )
        assert _running(tmp_path) > 1
    wait_for(lambda: _running(tmp_path) == 0)


def _running(folder: Path) -> int:
    """How many processes have their working directory below a folder."""
    found = 0
    for process in Path("/proc").iterdir():
        try:
            found += str(folder / "databases") in str((process / "cwd").readlink())
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[Deployed]:
    stack = Stack(local_aws)
    outputs = {"Host": {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]}}}
    assert stack.deploy(network() | cluster(), Outputs=outputs) == "CREATE_COMPLETE"
    files = local_aws.log_file.parent / "databases"
    yield Deployed(local_aws, stack, stack.outputs()["Host"], files)
    if stack.status() != "DELETE_COMPLETE":
        assert stack.delete() == "DELETE_COMPLETE", stack.reasons()


def test_a_token_opens_a_session(deployed: Deployed) -> None:
    with deployed.connect("postgres", deployed.token("postgres")) as database:
        assert database.run("SELECT current_user, current_database()") == [["postgres", "users"]]


def test_each_name_of_a_cluster_leads_to_it(deployed: Deployed) -> None:
    names = json.loads((deployed.files / "names.json").read_text())
    identifier = deployed.stack.ids()["Cluster"]
    writer = deployed.stack.ids()["Writer"]
    assert len(names) == len(set(names.values()))
    prefixes = sorted(name.split(".")[0] for name in names)
    assert prefixes == sorted([identifier, identifier, writer])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"DBUsername": "somebody"}, "the token is for the user somebody, not for postgres"),
        ({"DBHostname": "other.example.com"}, "the token is for other.example.com:5432, not for"),
        ({"Port": 5433}, "5433, not for"),
        ({"Region": "eu-central-1"}, "not for rds-db in us-east-1"),
    ],
)
def test_a_token_for_something_else_is_refused(
    deployed: Deployed, change: dict[str, Any], reason: str
) -> None:
    token = deployed.token("postgres", **change)
    with pytest.raises(DatabaseError, match=reason), deployed.connect("postgres", token):
        pass


def test_a_changed_token_is_refused(deployed: Deployed) -> None:
    token = deployed.token("postgres")
    changed = token[:-1] + ("0" if token[-1] != "0" else "1")
    refused = pytest.raises(DatabaseError, match="the token's signature does not match")
    with refused, deployed.connect("postgres", changed):
        pass


def test_a_token_of_yesterday_is_refused(deployed: Deployed) -> None:
    host, _, query = deployed.token("postgres").partition("X-Amz-Date=2")
    refused = pytest.raises(DatabaseError, match="good for fifteen minutes")
    with refused, deployed.connect("postgres", f"{host}X-Amz-Date=1{query}"):
        pass


def test_keys_of_nobody_are_refused(deployed: Deployed) -> None:
    rds = deployed.aws.client("rds", account="AKIAIOSFODNN7EXAMPLE")
    token = rds.generate_db_auth_token(DBHostname=deployed.host, Port=_PORT, DBUsername="postgres")
    refused = pytest.raises(DatabaseError, match="nobody has the key AKIAIOSFODNN7EXAMPLE")
    with refused, deployed.connect("postgres", token):
        pass


def test_a_password_is_refused(deployed: Deployed) -> None:
    refused = pytest.raises(DatabaseError, match="the password is not a token of IAM")
    with refused, deployed.connect("postgres", "secret"):
        pass


def test_without_tls_there_is_no_session(deployed: Deployed) -> None:
    refused = pytest.raises(DatabaseError, match="only with SSL")
    with refused, deployed.connect("postgres", deployed.token("postgres"), tls=False):
        pass


def test_the_certificate_is_of_the_name(deployed: Deployed) -> None:
    refused = pytest.raises(ssl.SSLCertVerificationError, match=r"other\.example\.com")
    token = deployed.token("postgres")
    with refused, deployed.connect("postgres", token, name="other.example.com"):
        pass


def test_only_members_of_rds_iam_log_in(deployed: Deployed) -> None:
    user = unique("user")
    with deployed.connect("postgres", deployed.token("postgres")) as database:
        database.run(f"CREATE ROLE {user} LOGIN")
        refused = pytest.raises(DatabaseError, match=r"pg_hba\.conf rejects")
        with refused, deployed.connect(user, deployed.token(user)):
            pass
        database.run(f"GRANT rds_iam TO {user}")
        with deployed.connect(user, deployed.token(user)) as own:
            assert own.run("SELECT current_user") == [[user]]
        database.run(f"DROP ROLE {user}")


def test_the_administrator_of_rds_is_nobody_s(deployed: Deployed) -> None:
    refused = pytest.raises(DatabaseError, match="reserved")
    with refused, deployed.connect("rdsadmin", deployed.token("rdsadmin")):
        pass


def test_a_function_finds_the_database_by_its_name(
    deployed: Deployed, make_function: MakeFunction
) -> None:
    source = """
import socket, ssl

def handler(event, context):
    with socket.create_connection((event["host"], 5432), timeout=10) as plain:
        plain.sendall(bytes([0, 0, 0, 8, 4, 210, 22, 47]))
        assert plain.recv(1) == b"S"
        with ssl.create_default_context().wrap_socket(plain, server_hostname=event["host"]) as tls:
            return tls.version()
"""
    name = make_function(make_zip(("index.py", source)))["FunctionName"]
    payload = json.dumps({"host": deployed.host}).encode()
    answer = deployed.aws.client("lambda").invoke(FunctionName=name, Payload=payload)
    assert json.load(answer["Payload"]) == "TLSv1.3"


def test_a_deleted_database_listens_no_longer(deployed: Deployed) -> None:
    address = deployed.address
    token = deployed.token("postgres")
    with deployed.connect("postgres", token) as session:
        assert deployed.stack.delete() == "DELETE_COMPLETE", deployed.stack.reasons()
        with pytest.raises((DatabaseError, InterfaceError)):
            session.run("SELECT 1")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, _PORT), timeout=5)
    assert json.loads((deployed.files / "names.json").read_text()) == {}
    assert [path for path in deployed.files.iterdir() if path.is_dir()] == []
