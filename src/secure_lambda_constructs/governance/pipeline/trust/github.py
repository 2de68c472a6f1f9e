"""Jobs of GitHub Actions."""

import re

from ....errors import InvalidInputError
from .names import check_audience, check_id, check_name, ref_of
from .token_trust import TokenTrust

__all__ = ["GitHubTrust"]

_ISSUER = "https://token.actions.githubusercontent.com"
# Their claims have condition keys of AWS, not only `aud` and `sub`; the name of an enterprise may
# follow: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssts.html
_KNOWN_TO_AWS = re.compile(
    r"https://token\.actions\.(?:githubusercontent\.com(?:/[A-Za-z0-9-]{1,60})?"
    r"|[a-z0-9-]{1,60}\.ghe\.com)"
)
_SERVER = re.compile(r"https://[a-z0-9.-]{1,200}(?::[0-9]{1,5})?/_services/token")

_OWNER = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
_REPOSITORY = r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"
_WORKFLOW = r"[A-Za-z0-9._-]{1,100}\.ya?ml"
# Names of environments may have spaces and more. A colon is written %3A in a subject.
_ENVIRONMENT = r"(?! )[A-Za-z0-9 ._:/@+=#,()-]{1,255}(?<! )"

_WHERE_IDS_ARE = (
    "the command `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints owner_id and "
    "repository_id"
)


class GitHubTrust(TokenTrust):
    """Trusts the jobs of one GitHub repository that run for one branch, tag or environment.

    The token that GitHub gives a job says in its subject, `sub`, what runs:

    - `repo:OWNER@OWNER_ID/REPO@REPO_ID:ref:refs/heads/BRANCH` with immutable subjects, as every
      repository has that was made, renamed or transferred after 15 July 2026, or that opted in;
    - `repo:OWNER/REPO:ref:refs/heads/BRANCH` in older repositories, with `name_only_subject=True`.
      A name can be given up and taken by somebody else, so the ids are tested in this case too, by
      condition keys of their own;
    - `...:environment:NAME` where the job names an environment, whatever ref it runs for. The ref
      is tested besides.

    A pull request has another subject, `...:pull_request`, or another ref, and a fork has other
    ids: their jobs get nothing. See <https://docs.github.com/en/actions/reference/security/oidc>,
    and for the condition keys
    <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>.

    Example:
        ```python
        from secure_lambda_constructs import GitHubTrust

        trust = GitHubTrust(
            owner="octo-org",
            owner_id=123456,
            repository="shop",
            repository_id=456789,
            branch="main",
            environment="production",
        )
        assert trust.subject == "repo:octo-org@123456/shop@456789:environment:production"
        ```
    """

    def __init__(
        self,
        *,
        owner: str,
        repository: str,
        owner_id: int | str | None = None,
        repository_id: int | str | None = None,
        branch: str | None = None,
        tag: str | None = None,
        tag_pattern: str | None = None,
        environment: str | None = None,
        workflow: str | None = None,
        name_only_subject: bool = False,
        audience: str = "sts.amazonaws.com",
        issuer: str = _ISSUER,
    ) -> None:
        """Say which jobs.

        Args:
            owner: The user or organization, spelled as GitHub does: IAM minds the case.
            repository: The repository's name, without the owner.
            owner_id: The owner's id. `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints
                both ids. They are never given again, whatever becomes of the names.
            repository_id: The repository's id.
            branch: The branch that the workflow runs for; one of these three is needed.
            tag: The tag.
            tag_pattern: The beginning of tags with a `*`, such as `v*`. Whoever may push such a
                tag may deploy, from any commit: protect those tags with a ruleset.
            environment: The environment that the job names. By default the job names none; one
                that does has another subject and gets nothing.
            workflow: The file in `.github/workflows` that the job is in, such as `deploy.yml`, as
                it is on that very ref. By default any workflow of the ref may use the role, also
                one that a pull request starts there (`pull_request_target`). Jobs of a reusable
                workflow of another repository get nothing with it.
            name_only_subject: The repository's subjects have names without ids.
            audience: What the job asks for as the audience. The default is that of
                `aws-actions/configure-aws-credentials`.
            issuer: Who issues the tokens: by default GitHub for everybody, with the name of your
                enterprise added (`https://token.actions.githubusercontent.com/octocat-inc`) for it
                alone, `https://token.actions.SUBDOMAIN.ghe.com` with data residency. Of a GitHub
                Enterprise Server (`https://HOSTNAME/_services/token`) AWS tests nothing but `aud`
                and `sub`, and its subjects have no ids: there, ids, environment and workflow are
                left out, and `name_only_subject=True` says so.

        Raises:
            InvalidInputError: A name is none, or a pattern; no id is given, or no ref or several;
                or AWS cannot test for that issuer what is asked for.
        """
        check_name("owner", owner, _OWNER, "the name of a GitHub user or organization")
        check_name("repository", repository, _REPOSITORY, "a repository's name without its owner")
        check_audience(audience)
        kind, name, is_pattern = ref_of(branch, tag, tag_pattern)
        ref = f"refs/{'heads' if kind == 'branch' else 'tags'}/{name}"
        claims: dict[str, str] = {}
        if _known_to_aws(issuer):
            ids = (
                check_id("owner_id", owner_id, _WHERE_IDS_ARE),
                check_id("repository_id", repository_id, _WHERE_IDS_ARE),
            )
            if name_only_subject:
                claims["repository_owner_id"], claims["repository_id"] = ids
        else:
            given = {
                "owner_id": owner_id,
                "repository_id": repository_id,
                "environment": environment,
                "workflow": workflow,
            }
            _refuse_on_a_server(
                [what for what, value in given.items() if value is not None], name_only_subject
            )
            ids = ("", "")
        if name_only_subject:
            source = f"repo:{owner}/{repository}"
        else:
            source = f"repo:{owner}@{ids[0]}/{repository}@{ids[1]}"
        context = f"ref:{ref}"
        if environment is not None:
            wanted = "the name of one environment, in ASCII letters, digits and punctuation"
            check_name("environment", environment, _ENVIRONMENT, wanted)
            context = f"environment:{environment.replace(':', '%3A')}"
            claims["ref"] = ref
        if workflow is not None:
            wanted = "the name of one file of .github/workflows, such as 'deploy.yml'"
            check_name("workflow", workflow, _WORKFLOW, wanted)
            claims["job_workflow_ref"] = f"{owner}/{repository}/.github/workflows/{workflow}@{ref}"
        with_ref = {"sub"} if environment is None else {"ref"}
        super().__init__(
            issuer=issuer,
            audience=audience,
            subject=f"{source}:{context}",
            claims=claims,
            patterns=frozenset({*with_ref, "job_workflow_ref"} if is_pattern else ()),
        )


def _known_to_aws(issuer: str) -> bool:
    """Whether AWS has keys for all claims of an issuer; refuse one that is not GitHub's."""
    wanted = (
        f"{_ISSUER}, the same with /ENTERPRISE, https://token.actions.SUBDOMAIN.ghe.com, or "
        "https://HOSTNAME/_services/token of a GitHub Enterprise Server"
    )
    check_name("issuer", issuer, rf"{_KNOWN_TO_AWS.pattern}|{_SERVER.pattern}", wanted)
    return _KNOWN_TO_AWS.fullmatch(issuer) is not None


def _refuse_on_a_server(given: list[str], name_only_subject: bool) -> None:
    if given:
        raise InvalidInputError(
            f"{' and '.join(given)} cannot be tested: AWS tests nothing but the audience and the "
            "subject of a GitHub Enterprise Server; leave it out, and name the branch or tag"
        )
    if not name_only_subject:
        raise InvalidInputError(
            "a GitHub Enterprise Server has no immutable subjects: write name_only_subject=True, "
            "and see that no name of an owner or repository is given up and taken by others"
        )
