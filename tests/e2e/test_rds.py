"""The `rds` example: signed functions read PostgreSQL through a proxy, with tokens of IAM."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdk_cli import EXAMPLES, CdkProject, cdk_environment
from local_aws import LocalAws
from local_aws.postgresql import NO_POSTGRESQL, postgresql_programs

from .conftest import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

needs_postgresql = pytest.mark.skipif(postgresql_programs() is None, reason=NO_POSTGRESQL)

_DISPOSABLE = ("--context", "disposable=true")
_ROW = {"user_id": "u-1", "name": "Aiko Tanaka"}


def install_driver(project: Path) -> None:
    """Do what the README's `pip install` does, with what the test environment has installed.

    It has the very versions: `test_the_tests_run_the_versions_of_the_example`.
    """
    target = project / "driver" / "python"
    for name in _pinned(project):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or []:
            if file.suffix == ".pyc" or ".." in file.parts:
                continue
            path = target / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(distribution.locate_file(file)), path)


def _pinned(project: Path) -> dict[str, str]:
    text = (project / "driver" / "requirements.txt").read_text()
    return dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    directory = tmp_path_factory.mktemp("rds") / "app"
    project = CdkProject.copy_of(EXAMPLES / "rds", directory, bootstrapped.environment())
    install_driver(directory)
    outputs = project.deploy("UserDatabase", options=_DISPOSABLE)["UserDatabase"]
    return Deployed(bootstrapped, project, outputs)


def invoke(deployed: Deployed, output: str, payload: dict[str, Any]) -> Any:
    answer = deployed.aws.client("lambda").invoke(
        FunctionName=deployed.outputs[output], Payload=json.dumps(payload).encode()
    )
    content = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, content
    return content


def test_the_tests_run_the_versions_of_the_example() -> None:
    pinned = _pinned(EXAMPLES / "rds")
    assert "pg8000" in pinned
    assert {name: importlib.metadata.version(name) for name in pinned} == pinned


def test_without_the_driver_there_is_a_warning(deployed: Deployed, tmp_path: Path) -> None:
    bare = tmp_path / "app"
    shutil.copytree(EXAMPLES / "rds", bare, ignore=shutil.ignore_patterns("python", "cdk.out"))
    environment = cdk_environment({"HOME": str(tmp_path), "CDK_OUTDIR": str(tmp_path / "out")})
    subprocess.run([sys.executable, "app.py"], cwd=bare, env=environment, check=True)
    for assembly, warnings in ((tmp_path / "out", 1), (deployed.project.directory / "cdk.out", 0)):
        metadata = (assembly / "UserDatabase.metadata.json").read_text()
        assert metadata.count("the driver is missing") == warnings


@needs_postgresql
def test_the_function_reads_its_row_through_the_proxy(deployed: Deployed) -> None:
    assert invoke(deployed, "PrepareFunctionName", {}) == {"prepared": True}
    assert invoke(deployed, "FunctionName", {"user_id": "u-1"}) == {"found": True, "user": _ROW}
    assert invoke(deployed, "FunctionName", {"user_id": "u-2"}) == {
        "found": False,
        "user_id": "u-2",
    }


@needs_postgresql
def test_preparing_again_changes_nothing(deployed: Deployed) -> None:
    assert invoke(deployed, "PrepareFunctionName", {}) == {"prepared": True}
    assert invoke(deployed, "PrepareFunctionName", {}) == {"prepared": True}
    assert invoke(deployed, "FunctionName", {"user_id": "u-1"}) == {"found": True, "user": _ROW}


def test_there_is_no_password(deployed: Deployed) -> None:
    rds = deployed.aws.client("rds")
    (proxy,) = rds.describe_db_proxies(DBProxyName="userdatabase-users")["DBProxies"]
    assert proxy["DefaultAuthScheme"] == "IAM_AUTH"
    assert proxy["Auth"] == []
    assert proxy["RequireTLS"] is True
    (cluster,) = _ours(rds.describe_db_clusters()["DBClusters"])
    assert cluster["IAMDatabaseAuthenticationEnabled"] is True
    assert "MasterUserSecret" not in cluster
    resources = json.loads(
        (deployed.project.directory / "cdk.out" / "UserDatabase.template.json").read_text()
    )["Resources"]
    assert [
        each for each in resources.values() if each["Type"] == "AWS::SecretsManager::Secret"
    ] == []


def test_functions_and_driver_are_signed(deployed: Deployed) -> None:
    client = deployed.aws.client("lambda")
    for output in ("FunctionName", "PrepareFunctionName"):
        name = deployed.outputs[output]
        function = client.get_function(FunctionName=name)["Configuration"]
        (layer,) = function["Layers"]
        assert layer["SigningProfileVersionArn"] == function["SigningProfileVersionArn"]


def test_it_is_destroyed(deployed: Deployed) -> None:
    deployed.project.run("destroy", "UserDatabase", "--force", *_DISPOSABLE)
    rds = deployed.aws.client("rds")
    assert _ours(rds.describe_db_proxies()["DBProxies"]) == []
    assert _ours(rds.describe_db_clusters()["DBClusters"]) == []
    assert _ours(rds.describe_db_instances()["DBInstances"]) == []
    stacks = deployed.aws.client("cloudformation").describe_stacks()["Stacks"]
    status = {stack["StackName"]: stack["StackStatus"] for stack in stacks}
    assert status["UserDatabase"] == "DELETE_COMPLETE"


def _ours(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the example: other tests share the stand-in."""
    return [each for each in found if "userdatabase" in str(each).lower()]
