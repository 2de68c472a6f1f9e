"""What `docs/signing.md` tells people to run: commands, and the steps of the pipelines' jobs.

Everything runs in a shell, with the real CDK CLI against the stand-in. Each job has a folder of its
own, and is handed what the job before it has uploaded. Not run is what reaches package registries:
the steps that are called "Install", GitLab's `before_script` and CodeBuild's phase `install`; the
tools are those of this repository. Nor are the actions that set up a machine or its credentials:
the credentials are the stand-in's, which checks no permissions, so "may not" is a service that
answers with AccessDenied.

The page's Python is run by Sybil, and here again as the app that is deployed.
"""

import ast
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from botocore.exceptions import ClientError

from cdk_cli import CDK, CdkProject, bootstrap
from local_aws import LocalAws

from .page import DOCS, REPOSITORY, CommandError, Section, commands, read_sections, run

_PAGE = DOCS / "signing.md"
_HELPERS = REPOSITORY / "tests" / "signing" / "test_everything_helpers.py"

# Accounts of their own, so that no function and no job of another test is there.
_ONE_JOB, _GITHUB, _GITLAB, _LAYERS = (f"5555666677{number}" for number in (70, 71, 72, 73))

# What sets up a machine or its credentials.
_SET_UP = {
    "actions/setup-node",
    "actions/setup-python",
    "aws-actions/configure-aws-credentials",
}

_local = pytest.mark.local_aws
_e2e = pytest.mark.e2e


def _section(title: str) -> Section:
    [section] = [each for each in read_sections(_PAGE) if each.title == title]
    return section


def _app(*blocks: str) -> str:
    """Make one program of blocks that go on from each other."""
    synth = "app.synth()\n"
    return "".join(block.replace(synth, "") for block in blocks) + synth


def _project(
    directory: Path, aws: LocalAws, account: str, app: str, settings: str = "{}"
) -> CdkProject:
    """Make a project of an app, in an account that is bootstrapped."""
    environment = aws.environment(account=account)
    bootstrap(environment)
    (directory / "lambda").mkdir(parents=True)
    (directory / "lambda" / "index.py").write_text(
        "def handler(event, context):\n    return {'echo': event}\n"
    )
    (directory / "app.py").write_text(app)
    (directory / "cdk.json").write_text(
        json.dumps({"app": "python app.py", **json.loads(settings)})
    )
    return CdkProject(directory, environment)


def _run_block(project: CdkProject, block: str, words: Mapping[str, str] | None = None) -> None:
    """Run each command of a block, and look for the lines that it is to print."""
    ran = 0
    for command, expected in commands(block):
        for word, value in (words or {}).items():
            command = command.replace(word, value)
        output = run(command, project.directory, project.environment)
        for line in expected:
            assert line in output.splitlines(), (command, output)
        ran += 1
    assert ran == block.count("$ ") > 0


def _functions(aws: LocalAws, account: str, stack: str) -> dict[str, str]:
    """Return the names of a stack's functions, by their logical ids."""
    client = aws.client("cloudformation", account=account)
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _assert_signed_and_answering(aws: LocalAws, account: str, stack: str) -> None:
    client = aws.client("lambda", account=account)
    [name] = _functions(aws, account, stack).values()
    configuration = client.get_function_configuration(FunctionName=name)
    assert f":{account}:/signing-jobs/" in configuration["SigningJobArn"]
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"]
    answer = client.invoke(FunctionName=name, Payload=b'"hello"')
    assert json.loads(answer["Payload"].read()) == {"echo": "hello"}


def _jobs(aws: LocalAws, account: str) -> int:
    pages = aws.client("signer", account=account).get_paginator("list_signing_jobs").paginate()
    return sum(len(page["jobs"]) for page in pages)


@contextmanager
def _denied(aws: LocalAws, service: str) -> Iterator[None]:
    """Have every call to a service answered with AccessDenied."""
    aws.add_fault(service=service, operation=None, kind="access_denied", times=None)
    try:
        yield
    finally:
        aws.clear_faults()


def _without_python(environment: Mapping[str, str], tools: Path) -> dict[str, str]:
    """Return an environment that has the CDK CLI and Node.js on its PATH, and no Python."""
    tools.mkdir()
    node, mktemp = shutil.which("node"), shutil.which("mktemp")
    assert node is not None
    assert mktemp is not None
    for name, program in (("node", node), ("mktemp", mktemp), ("cdk", str(CDK.resolve()))):
        (tools / name).symlink_to(program)
    limited = {**environment, "PATH": str(tools)}
    for absent in ("python", "python3", "secure-lambda"):
        run(f"! command -v {absent}", tools, limited)
    return limited


def test_each_block_that_is_not_python_is_run_here() -> None:
    found = {
        section.title: languages
        for section in read_sections(_PAGE)
        if (languages := [language for language, _ in section.blocks if language != "python"])
    }
    assert found == {
        "Layers of others": ["console", "console"],
        "One job": ["console"],
        "Two jobs, two roles": ["console", "yaml", "yaml"],
        "CDK Pipelines": ["console"],
        "Assemblies that travel": ["json"],
    }


def test_the_table_has_each_helper_of_the_tests() -> None:
    [helpers] = [
        node.value
        for node in ast.parse(_HELPERS.read_text()).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "HELPERS"
    ]
    assert isinstance(helpers, ast.Dict)
    tried = [ast.literal_eval(key) for key in helpers.keys if key is not None]
    page = _PAGE.read_text()
    assert tried
    assert [name for name in tried if f"| `{name}` | signed" not in page] == []


@_e2e
@_local
def test_one_job(local_aws: LocalAws, tmp_path: Path) -> None:
    """`cdk deploy` signs, by the interpreter that the context names."""
    app = _section("Signed when it is published").only("python")
    settings = _section("Assemblies that travel").only("json")
    project = _project(tmp_path / "app", local_aws, _ONE_JOB, app, settings)
    _run_block(project, _section("One job").only("console"))
    _assert_signed_and_answering(local_aws, _ONE_JOB, "Orders")
    manifest = json.loads((project.directory / "cdk.out" / "Orders.assets.json").read_text())
    [command] = [
        each["source"]["executable"]
        for each in manifest["files"].values()
        if "executable" in each["source"]
    ]
    assert "python3" in command


class _GitHub:
    """Runs the jobs of a workflow."""

    def __init__(self, project: CdkProject, storage: Path) -> None:
        self._project = project
        self._storage = storage

    def run(self, job: Mapping[str, Any], directory: Path, environment: Mapping[str, str]) -> int:
        """Run a job in a new folder, and return how many of its steps were commands."""
        directory.mkdir(parents=True)
        ran = 0
        for step in job["steps"]:
            if "run" in step:
                if step["name"] != "Install":
                    run(step["run"], directory, environment)
                    ran += 1
                continue
            action, options = step["uses"].split("@")[0], step.get("with", {})
            if action == "actions/checkout":
                shutil.copytree(self._project.directory, directory, dirs_exist_ok=True)
            elif action == "actions/upload-artifact":
                self._upload(directory / options["path"], self._storage / options["name"], options)
            elif action == "actions/download-artifact":
                shutil.copytree(self._storage / options["name"], directory / options["path"])
            else:
                assert action in _SET_UP, f"an action that no test knows: {action}"
        return ran

    def _upload(self, source: Path, target: Path, options: Mapping[str, Any]) -> None:
        """Keep a folder as the action does: without hidden files, and without permissions."""
        hidden = None if options.get("include-hidden-files") else shutil.ignore_patterns(".*")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=hidden, copy_function=shutil.copyfile)


@_e2e
@_local
def test_two_jobs_of_github(local_aws: LocalAws, tmp_path: Path) -> None:
    """The first job cannot deploy, the second one can neither sign nor run Python."""
    section = _section("Two jobs, two roles")
    workflow = yaml.safe_load(section.all("yaml")[0])
    sign, deploy = workflow["jobs"]["sign"], workflow["jobs"]["deploy"]
    assert deploy["needs"] == "sign"
    app = _section("Signed when it is published").only("python")
    settings = _section("Assemblies that travel").only("json")
    project = _project(tmp_path / "app", local_aws, _GITHUB, app, settings)
    _run_block(project, section.only("console"))
    github = _GitHub(project, tmp_path / "artifacts")
    limited = _without_python(project.environment, tmp_path / "bin")

    # The control: without the first job the second one fails.
    shutil.copytree(project.directory / "cdk.out", tmp_path / "artifacts" / "assembly")
    with pytest.raises(CommandError, match="there is no Python interpreter python3 here"):
        github.run(deploy, tmp_path / "too early", limited)
    shutil.rmtree(project.directory / "cdk.out")

    with _denied(local_aws, "cloudformation"):
        assert github.run(sign, tmp_path / "sign", project.environment) == 2
    assert _jobs(local_aws, _GITHUB) == 1
    with _denied(local_aws, "signer"):
        with pytest.raises(ClientError, match="AccessDenied"):
            _jobs(local_aws, _GITHUB)
        assert github.run(deploy, tmp_path / "deploy", limited) == 1
    _assert_signed_and_answering(local_aws, _GITHUB, "Orders")

    # Nothing has changed: nothing is signed.
    with _denied(local_aws, "signer"):
        github.run(sign, tmp_path / "sign again", project.environment)
        github.run(deploy, tmp_path / "deploy again", limited)
    assert _jobs(local_aws, _GITHUB) == 1


@_e2e
@_local
def test_two_jobs_of_gitlab(local_aws: LocalAws, tmp_path: Path) -> None:
    section = _section("Two jobs, two roles")
    pipeline = yaml.safe_load(section.all("yaml")[1])
    sign, deploy = pipeline["sign"], pipeline["deploy"]
    assert pipeline["stages"] == [sign["stage"], deploy["stage"]]
    assert deploy["needs"] == ["sign"]
    app = _section("Signed when it is published").only("python")
    settings = _section("Assemblies that travel").only("json")
    project = _project(tmp_path / "app", local_aws, _GITLAB, app, settings)
    _run_block(project, section.only("console"))
    shutil.rmtree(project.directory / "cdk.out")

    def run_job(job: Mapping[str, Any], directory: Path, environment: Mapping[str, str]) -> None:
        # The lines of a job share one shell. Keys win over a token in all of AWS's SDKs.
        tokens = dict.fromkeys(job["id_tokens"], "a token of GitLab")
        extra = {"TMPDIR": str(tmp_path), **tokens, **job["variables"]}
        run("\n".join(job["script"]), directory, {**environment, **extra})

    shutil.copytree(project.directory, tmp_path / "sign")
    with _denied(local_aws, "cloudformation"):
        run_job(sign, tmp_path / "sign", project.environment)
    assert deploy["variables"]["GIT_STRATEGY"] == "none"
    (tmp_path / "deploy").mkdir()
    for path in sign["artifacts"]["paths"]:
        shutil.copytree(tmp_path / "sign" / path, tmp_path / "deploy" / path)
    limited = _without_python(project.environment, tmp_path / "bin")
    with _denied(local_aws, "signer"):
        run_job(deploy, tmp_path / "deploy", limited)
    _assert_signed_and_answering(local_aws, _GITLAB, "Orders")


@_e2e
@_local
def test_cdk_pipelines(local_aws: LocalAws, tmp_path: Path) -> None:
    """The step that publishes signs, as CodeBuild would run it, and what follows need not.

    `cdk publish-assets` takes the place of `cdk-assets`, the same library with a command line of
    its own, which the step would install.
    """
    section = _section("CDK Pipelines")
    app = section.only("python")
    account = "123456789012"
    project = _project(tmp_path / "app", local_aws, account, app)
    _run_block(project, section.only("console"))
    assembly = project.directory / "cdk.out"
    template = json.loads((assembly / "Delivery.template.json").read_text())
    [phases] = [
        yaml.safe_load(path.read_text())["phases"] for path in assembly.glob("buildspec-*.yaml")
    ]
    assert phases["install"]["commands"][0] == "pip install secure-lambda-constructs"
    [publish] = phases["build"]["commands"]
    assert publish.startswith('cdk-assets --path "assembly-Prod/ProdOrders')
    assert _may_start_jobs(template, "PipelineAssetsFileRole")

    # CodePipeline hands on what is in the assembly's folder, and steps run in it.
    artifact = tmp_path / "artifact"
    shutil.copytree(assembly, artifact)
    before = _jobs(local_aws, account)
    run(
        "cdk publish-assets --unstable=publish-assets --app . Prod/Orders",
        artifact,
        project.environment,
    )
    assert _jobs(local_aws, account) == before + 1
    limited = _without_python(project.environment, tmp_path / "bin")
    with _denied(local_aws, "signer"):
        run("cdk deploy --app . 'Prod/*' --require-approval never", artifact, limited)
    _assert_signed_and_answering(local_aws, account, "Prod-Orders")


def _may_start_jobs(template: Mapping[str, Any], role: str) -> bool:
    """Whether a policy of a role lets it sign, with one profile only."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] != "AWS::IAM::Policy" or role not in str(properties["Roles"]):
            continue
        for statement in properties["PolicyDocument"]["Statement"]:
            if statement["Action"] == "signer:StartSigningJob":
                return "/signing-profiles/Prod_Orders_Signing_" in str(statement["Resource"])
    return False


@_e2e
@_local
def test_layers(local_aws: LocalAws, tmp_path: Path) -> None:
    """An own layer and one of somebody else, signed anew; Lambda refuses it as it was."""
    others = _section("Layers of others")
    app = _app(
        _section("Signed when it is published").only("python"),
        _section("Layers").only("python"),
        others.all("python")[1],
    )
    project = _project(tmp_path / "app", local_aws, _LAYERS, app)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "aws").symlink_to(REPOSITORY / ".local-aws" / "venv" / "bin" / "aws")
    project.environment["PATH"] += os.pathsep + str(tools)
    own = project.directory / "layer" / "python"
    own.mkdir(parents=True)
    (own / "own.py").write_text("NAME = 'own'\n")
    (project.directory / "lambda" / "index.py").write_text(
        "def handler(event, context):\n"
        "    import own, theirs\n\n"
        "    return [own.NAME, theirs.NAME]\n"
    )
    client = local_aws.client("lambda", account=_LAYERS)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("python/theirs.py", "NAME = 'theirs'\n")
    theirs = client.publish_layer_version(
        LayerName="theirs", Content={"ZipFile": content.getvalue()}
    )["LayerVersionArn"]

    for block in others.all("console"):
        _run_block(project, block, {"LAYER": theirs})
    project.deploy("Orders")

    [name] = [
        name
        for logical_id, name in _functions(local_aws, _LAYERS, "Orders").items()
        if logical_id.startswith("Export")
    ]
    layers = client.get_function_configuration(FunctionName=name)["Layers"]
    assert len(layers) == 2
    assert [layer for layer in layers if "SigningProfileVersionArn" not in layer] == []
    answer = client.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == ["own", "theirs"]
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        client.update_function_configuration(FunctionName=name, Layers=[theirs])
