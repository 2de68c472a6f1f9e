"""The world that the audit looks at, and how it is asked."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session

from cdk_cli import CdkProject, bootstrap
from local_aws import LocalAws
from secure_lambda_constructs.checks.audit.assembly import read_assembly
from secure_lambda_constructs.checks.audit.baseline import compare, read_baseline
from secure_lambda_constructs.checks.audit.findings import Finding
from secure_lambda_constructs.checks.audit.functions import Function
from secure_lambda_constructs.cli.main import main
from secure_lambda_constructs.signing.command.session import new_session

from .comparing import Compare, cloudformation, write
from .fake_account import REGION as FAKE_REGION
from .recorded import recorded_session
from .world import ACCOUNT, REGION, World

__all__ = ["Run"]

Run = Callable[..., tuple[str, str]]
_APP = Path(__file__).parent / "app"


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The app, deployed by the real CDK CLI to an account that has nothing else."""
    environment = local_aws.environment(account=ACCOUNT, region=REGION)
    bootstrap(environment)
    directory = tmp_path_factory.mktemp("audited") / "app"
    project = CdkProject.copy_of(_APP, directory, environment)
    outputs = project.deploy("Audited")["Audited"]
    names = str(outputs["OrdersName"]), str(outputs["RelayName"])
    world = World(local_aws, directory / "cdk.out", *names)
    # As deployed: what is looked up for the first time after a change would be something else.
    assert world.config
    assert world.configuration
    assert world.physical
    return world


_LOADER = Loader()


@pytest.fixture
def world(deployed: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world as it was deployed; what a test has changed is taken back."""
    aws = deployed.aws
    aws.clear_faults()
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in aws.environment(account=ACCOUNT, region=REGION).items():
        monkeypatch.setenv(name, value)
    # What is throttled for good shall not be waited for.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    # What botocore knows of the services is read once, not for each run.
    monkeypatch.setattr("botocore.session.create_loader", lambda path: _LOADER)
    # Nor is a client made anew where there is one: all are of the same account, with the same
    # settings.
    create = Session.create_client
    clients = deployed.clients

    def create_client(self: Session, service: str, **settings: Any) -> Any:
        key = service, settings.get("region_name")
        if key[1] is None:  # the tests' own
            return create(self, service, **settings)
        if key not in clients:
            clients[key] = create(self, service, **settings)
        return clients[key]

    monkeypatch.setattr(Session, "create_client", create_client)

    def with_recorded(region: str | None, *, at_once: int) -> tuple[Any, str]:
        session, known = new_session(region, at_once=at_once)
        return recorded_session(session, deployed.recorded, deployed.answered), known

    connecting = "secure_lambda_constructs.checks.audit.calls.new_session"
    monkeypatch.setattr(connecting, with_recorded)
    yield deployed
    aws.clear_faults()
    deployed.restore()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command, expect an exit code, and return what it printed."""

    def execute(*arguments: str, code: int = 0) -> tuple[str, str]:
        try:
            ended = main(["audit", *arguments])
        except SystemExit as stopped:
            ended = int(stopped.code or 0)
        output = capsys.readouterr()
        assert ended == code, output
        return output.out, output.err

    return execute


Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(world: World, run: Run) -> Look:
    """Audit the world against its assembly, and return what `--json` says."""

    def execute(*arguments: str, code: int = 1, baseline: bool = True) -> dict[str, Any]:
        options = ["--region", REGION, "--json"]
        options += ["--baseline", str(world.assembly)] if baseline else []
        return dict(json.loads(run(*options, *arguments, code=code)[0]))

    return execute


@pytest.fixture
def compared(tmp_path: Path) -> Compare:
    """Compare resources with what an account answers."""

    def execute(
        resources: dict[str, Any], functions: list[Function] | None = None, **answers: Any
    ) -> list[Finding]:
        template = {"Resources": resources}
        account = cloudformation(template, **answers)
        stacks = read_assembly(write(tmp_path / "cdk.out", template))
        baseline = read_baseline(account, stacks, [FAKE_REGION])
        assert baseline.left_out == []
        there = {FAKE_REGION: functions} if functions is not None else {}
        found = list(compare(account, baseline, there))
        assert [(gap.operation, gap.about) for gap in account.gaps] == []
        return found

    return execute
