"""``examples/pipeline``: what its pipelines' files say is what the role trusts, and they work.

The commands of GitHub's file are run one after the other, as its runner would: each job in a folder
of its own, with what the job before it has uploaded, and without any credentials but a token. The
token is that of a server of this test, and the stand-in gives a session of the role for it without
looking at it: whether AWS would take it is judged by comparing what the file makes of the token
with the conditions of the role. Not run are the steps that reach package registries ("Install"; the
tools are those of this repository) and the actions, which are played. GitLab's commands are the
same text, which is compared.
"""

import json
import re
import runpy
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aws_cdk as cdk
import pytest
import yaml  # type: ignore[import-untyped]

from cdk_cli import EXAMPLES, CdkProject, bootstrap, cdk_environment
from local_aws import LocalAws

from ..docs.page import REPOSITORY, run

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

_EXAMPLE = EXAMPLES / "pipeline"
_WORKFLOWS = ".github/workflows"
_FILE = f"{_WORKFLOWS}/deploy.yml"

_ACCOUNT, _REGION = "111122223333", "eu-west-1"
_ISSUERS = {"github": "token.actions.githubusercontent.com", "gitlab": "gitlab.com"}

# What GitHub and GitLab run for pull requests with more rights than those have.
_STARTED_BY_STRANGERS = {"pull_request_target", "workflow_run", "issue_comment", "issues"}

_GITHUB_CONDITION = re.compile(r"github\.event_name == '(\w+)' && github\.ref == '([\w/]+)'")
_GITLAB_CONDITION = re.compile(r'\$CI_PIPELINE_SOURCE == "(\w+)" && \$CI_COMMIT_BRANCH == "(\w+)"')


def _workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load((_EXAMPLE / _FILE).read_text()))


def _gitlab() -> dict[str, Any]:
    return dict(yaml.safe_load((_EXAMPLE / ".gitlab-ci.yml").read_text()))


def _scripts(job: Mapping[str, Any]) -> dict[str, str]:
    """The commands of a job of GitHub by the names of the steps; of a name, they are the same."""
    found: dict[str, str] = {}
    for step in job["steps"]:
        if "run" in step:
            script = str(step["run"]).strip()
            assert found.setdefault(step["name"], script) == script, step["name"]
    return found


class Role:
    """The role of the stack `Pipeline`, as it is synthesized for one Git provider."""

    def __init__(self, provider: str, directory: Path) -> None:
        app = cdk.App(outdir=str(directory), context={"git-provider": provider})
        runpy.run_path(str(_EXAMPLE / "app.py"))["build"](app)
        app.synth()
        template = json.loads((directory / "Pipeline.template.json").read_text())
        stacks = json.loads((directory / "manifest.json").read_text())["artifacts"]
        self.deployed_with = {
            name: stacks[name]["properties"].get("assumeRoleArn")
            for name in ("Pipeline", "Shop", "Shop-Signing")
        }
        [self.properties] = [
            resource["Properties"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::IAM::Role"
        ]
        self.arn = f"arn:aws:iam::{_ACCOUNT}:role/{self.properties['RoleName']}"
        [statement] = self.properties["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Condition"]) == ["StringEquals"]
        prefix = f"{_ISSUERS[provider]}:"
        self.claims = {
            key.removeprefix(prefix): value
            for key, value in statement["Condition"]["StringEquals"].items()
        }


@pytest.fixture(scope="module")
def github_role(tmp_path_factory: pytest.TempPathFactory) -> Role:
    return Role("github", tmp_path_factory.mktemp("roles") / "github")


@pytest.fixture(scope="module")
def gitlab_role(tmp_path_factory: pytest.TempPathFactory) -> Role:
    return Role("gitlab", tmp_path_factory.mktemp("roles") / "gitlab")


def _audience(script: str) -> str:
    """The audience that a step asks GitHub for."""
    [audience] = re.findall(r"\$ACTIONS_ID_TOKEN_REQUEST_URL&audience=([\w.]+)", script)
    return str(audience)


def test_role_trusts_the_job_that_deploys_on_github(github_role: Role) -> None:
    """Each condition is met by what the file says, and by nothing of it that is not tested."""
    job = _workflow()["jobs"]["deploy"]
    condition = _GITHUB_CONDITION.fullmatch(job["if"])
    assert condition is not None
    event, ref = condition.groups()
    assert event == "push"
    assert [f"refs/heads/{branch}" for branch in _workflow()[True]["push"]["branches"]] == [ref]
    repository = "octo-org@123456/shop@456789"
    assert github_role.claims == {
        "aud": _audience(_scripts(job)["Token"]),
        "sub": f"repo:{repository}:environment:{job['environment']}",
        "ref": ref,
        "job_workflow_ref": f"octo-org/shop/{_FILE}@{ref}",
    }
    assert job["env"]["AWS_ROLE_ARN"] == github_role.arn
    assert job["env"]["AWS_REGION"] == _REGION


def test_the_pipeline_cannot_deploy_its_own_role(github_role: Role) -> None:
    """No role of the bootstrap deploys it, and the pipeline's role may call nothing itself."""
    with_bootstrap = {name for name, role in github_role.deployed_with.items() if role is not None}
    assert with_bootstrap == {"Shop", "Shop-Signing"}


def test_role_trusts_the_job_that_deploys_on_gitlab(gitlab_role: Role) -> None:
    job = _gitlab()["deploy"]
    [rule] = job["rules"]
    condition = _GITLAB_CONDITION.fullmatch(rule["if"])
    assert condition is not None
    source, branch = condition.groups()
    [token] = job["id_tokens"].values()
    assert gitlab_role.claims == {
        "aud": token["aud"],
        "sub": f"project_path:octo-org/shop:ref_type:branch:ref:{branch}",
        "project_id": "20",
        "ref_protected": "true",
        "pipeline_source": source,
    }
    assert job["variables"]["AWS_ROLE_ARN"] == gitlab_role.arn
    assert job["variables"]["AWS_REGION"] == _REGION


def test_pull_requests_get_nothing_on_github() -> None:
    workflow = _workflow()
    assert set(workflow[True]) == {"pull_request", "push"}
    assert not set(workflow[True]) & _STARTED_BY_STRANGERS
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "build": {"contents": "read"},
        "deploy": {"contents": "read", "id-token": "write"},
    }
    assert [name for name, job in workflow["jobs"].items() if "if" not in job] == ["build"]
    assert set(workflow["jobs"]["build"]) == {"runs-on", "timeout-minutes", "permissions", "steps"}


def test_pull_requests_get_nothing_on_gitlab() -> None:
    pipeline = _gitlab()
    deploy = pipeline["deploy"]["rules"]
    assert pipeline["workflow"]["rules"] == [
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
        *deploy,
    ]
    assert set(pipeline) == {"workflow", "stages", "default", "build", "deploy"}
    assert set(pipeline["default"]) == {"image", "before_script"}
    assert set(pipeline["build"]) == {"stage", "timeout", "script", "artifacts"}


@pytest.mark.parametrize("path", [_FILE, ".gitlab-ci.yml"])
def test_there_are_no_secrets_and_no_caches(path: str) -> None:
    text = (_EXAMPLE / path).read_text()
    forbidden = (
        r"secrets|github\.token|GITHUB_TOKEN|CI_JOB_TOKEN|ACCESS_KEY|actions/cache|(?<!-)\bcache:"
    )
    assert re.findall(forbidden, text) == []


def test_actions_are_those_of_this_repository_at_their_commits() -> None:
    def used(path: Path) -> set[str]:
        return set(re.findall(r"uses: (\S+)", path.read_text()))

    ours = set().union(*(used(path) for path in (REPOSITORY / _WORKFLOWS).glob("*.yml")))
    found = used(_EXAMPLE / _FILE)
    assert [name for name in found if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", name)] == []
    assert len(found) == 5
    assert found <= ours


def test_one_deployment_at_a_time() -> None:
    job = _workflow()["jobs"]["deploy"]
    assert job["concurrency"] == {"group": "production", "cancel-in-progress": False}
    job = _gitlab()["deploy"]
    assert (job["resource_group"], job["interruptible"]) == ("production", False)


def test_tools_are_pinned() -> None:
    package = json.loads((_EXAMPLE / "package.json").read_text())
    lock = json.loads((_EXAMPLE / "package-lock.json").read_text())["packages"]
    ours = json.loads((REPOSITORY / "package-lock.json").read_text())["packages"]
    assert lock[""]["devDependencies"] == package["devDependencies"]
    assert lock["node_modules/aws-cdk"] == ours["node_modules/aws-cdk"]
    assert package["devDependencies"] == {"aws-cdk": ours["node_modules/aws-cdk"]["version"]}
    jobs = _workflow()["jobs"]
    installs = {_scripts(job)["Install"] for job in jobs.values()}
    installs.add("\n".join(_gitlab()["default"]["before_script"]))
    [install] = installs
    assert install.splitlines() == [
        "python -m pip install --require-hashes --only-binary :all: --requirement requirements.txt",
        "npm ci --ignore-scripts",
    ]


def test_gitlab_runs_the_same_commands() -> None:
    """All but those that get the token, which are each provider's own."""
    jobs, pipeline = _workflow()["jobs"], _gitlab()
    build = _scripts(jobs["build"])
    assert pipeline["build"]["script"] == [build["Synthesize"], build["Pack"]]
    deploy = _scripts(jobs["deploy"])
    [token] = pipeline["deploy"]["id_tokens"]
    assert pipeline["deploy"]["script"] == [
        deploy["Unpack"],
        "umask 077",
        'export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"',
        f'printf \'%s\' "${token}" > "$AWS_WEB_IDENTITY_TOKEN_FILE"',
        deploy["Deploy the profile"],
        deploy["Sign"],
        deploy["Deploy"],
    ]
    [artifact] = pipeline["build"]["artifacts"]["paths"]
    assert artifact == "assembly.tar"
    assert pipeline["stages"] == [pipeline[name]["stage"] for name in ("build", "deploy")]
    assert (jobs["deploy"]["needs"], pipeline["deploy"]["needs"]) == ("build", ["build"])


@dataclass
class TokenServer:
    """Gives tokens as GitHub does, and remembers for whom."""

    url: str
    bearer: str = "a token of the runner"
    audiences: list[str] = field(default_factory=list)


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            known = self.headers["Authorization"] == f"Bearer {served.bearer}"
            self.send_response(200 if known and asked["api-version"] == ["2.0"] else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"count": 1, "value": "a.b.c"}).encode())
            served.audiences += asked["audience"]

        def log_message(self, format: str, *values: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = TokenServer(f"http://127.0.0.1:{server.server_port}/token?api-version=2.0")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


class Runner:
    """Plays GitHub's runner: the commands are run, and the actions played."""

    def __init__(self, repository: Path, scratch: Path) -> None:
        self._repository = repository
        self._scratch = scratch
        self._storage = scratch / "artifacts"

    def run(self, name: str, environment: Mapping[str, str]) -> list[str]:
        """Run a job, and return the names of the steps that were commands."""
        workflow = _workflow()
        job = workflow["jobs"][name]
        assert workflow["defaults"]["run"]["shell"] == "bash"
        directory, variables = self._scratch / name, self._scratch / f"{name}.env"
        directory.mkdir()
        variables.touch()
        given = {
            **environment,
            **{key: _evaluated(value) for key, value in job.get("env", {}).items()},
            "RUNNER_TEMP": str(self._scratch),
            "GITHUB_ENV": str(variables),
        }
        ran = []
        for step in job["steps"]:
            if "uses" in step:
                self._act(step["uses"].split("@")[0], step["with"], directory)
            elif step["name"] == "Install":
                (directory / "node_modules").symlink_to(REPOSITORY / "node_modules")
            else:
                lines = variables.read_text().splitlines()
                added = dict(line.split("=", 1) for line in lines)
                run(f"set -o pipefail\n{step['run']}", directory, {**given, **added})
                ran.append(step["name"])
        return ran

    def _act(self, action: str, options: Mapping[str, Any], directory: Path) -> None:
        match action:
            case "actions/checkout":
                assert options["persist-credentials"] is False
                only = options.get("sparse-checkout", "").split()
                if not only:
                    shutil.copytree(self._repository, directory, dirs_exist_ok=True)
                for name in only:
                    assert name.startswith("/")
                    shutil.copy(self._repository / name[1:], directory)
            case "actions/upload-artifact":
                self._storage.mkdir()
                shutil.copyfile(directory / options["path"], self._storage / options["path"])
            case "actions/download-artifact":
                shutil.copytree(self._storage, directory, dirs_exist_ok=True)
            case "actions/setup-node":
                # The cache of a package manager is one that pull requests may write to.
                assert options["package-manager-cache"] is False
            case _:
                assert action == "actions/setup-python"


def _evaluated(value: str) -> str:
    return value.replace("${{ github.run_id }}", "4711")


def test_commands_of_the_readme_and_of_github_deploy_the_shop(
    local_aws: LocalAws, token_server: TokenServer, tmp_path: Path
) -> None:
    """The platform team's command in a new account, from the assembly of `build`; then `deploy`."""
    administrator = local_aws.environment(account=_ACCOUNT, region=_REGION)
    repository = tmp_path / "repository"
    CdkProject.copy_of(_EXAMPLE, repository, administrator)
    # What the README's command would make of it.
    (repository / "requirements.txt").touch()
    nobody = {key: value for key, value in administrator.items() if "ACCESS_KEY" not in key}
    runner = Runner(repository, tmp_path)

    local_aws.reset_calls()
    assert runner.run("build", cdk_environment(nobody)) == ["Synthesize", "Pack"]
    assert local_aws.calls() == []

    readme = (_EXAMPLE / "README.md").read_text()
    assert re.findall(r"^ +\$ cdk deploy (.+)$", readme, re.MULTILINE) == ["Pipeline"]
    CdkProject(tmp_path / "build", administrator).deploy("Pipeline", options=["--app", "cdk.out"])
    bootstrap(administrator)

    github = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": token_server.url,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token_server.bearer,
    }
    assert runner.run("deploy", cdk_environment({**nobody, **github})) == [
        *("Unpack", "Token", "Deploy the profile", "Sign", "Token", "Deploy")
    ]
    assert token_server.audiences == ["sts.amazonaws.com"] * 2
    assert not (tmp_path / "deploy" / "app.py").exists()
    sessions = local_aws.calls("sts", "AssumeRoleWithWebIdentity")
    assert [call["status"] for call in sessions] == [200] * 3
    [job] = local_aws.calls("signer", "StartSigningJob")
    assert job["account"] == _ACCOUNT

    def client(service: str) -> Any:
        return local_aws.client(service, account=_ACCOUNT, region=_REGION)

    [stack] = client("cloudformation").describe_stacks(StackName="Shop")["Stacks"]
    [name] = [each["OutputValue"] for each in stack["Outputs"]]
    configuration = client("lambda").get_function_configuration(FunctionName=name)
    assert f":{_ACCOUNT}:/signing-jobs/" in configuration["SigningJobArn"]
    order = {"lines": [{"quantity": 2, "price": 995}, {"quantity": 1, "price": 10}]}
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(order))
    assert json.load(answer["Payload"]) == {"total": 2000}
