"""Jobs of GitLab CI/CD."""

from collections.abc import Sequence

from ....errors import InvalidInputError
from ...arguments import check_list
from .names import check_audience, check_id, check_name, ref_of
from .token_trust import TokenTrust

__all__ = ["GitLabTrust"]

_GITLAB_COM = "https://gitlab.com"
_ISSUER = (
    r"https://[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._-]{1,60})*"
)
_PROJECT_PATH = r"(?:[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}/)+[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}"

# https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable, less those
# that a merge request starts or may stand behind (a child of its pipeline is a parent_pipeline).
_SOURCES = ("api", "pipeline", "push", "schedule", "trigger", "web")


class GitLabTrust(TokenTrust):
    """Trusts the jobs of one GitLab project that run for one protected branch or tag.

    The subject of a job's token is `project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH`, unless
    the project was set to another form, which gets nothing. A path can be given up and taken by
    somebody else, and a subject does not say who started the pipeline. So three more claims are
    tested, for which AWS has condition keys at GitLab.com: `project_id`, which a project keeps for
    its lifetime; `ref_protected`, so that only those can run the job who may push or merge to the
    branch; and `pipeline_source`, which keeps the pipelines of merge requests out. See
    <https://docs.gitlab.com/ci/secrets/id_token_authentication/>,
    <https://docs.gitlab.com/ci/cloud_services/aws/> and
    <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssts.html>.

    Subjects have no environment. Protect it, and the branch, in GitLab.

    Example:
        ```python
        from secure_lambda_constructs import GitLabTrust

        trust = GitLabTrust(project_path="octo/shop", project_id=20, branch="main")
        assert trust.subject == "project_path:octo/shop:ref_type:branch:ref:main"
        ```
    """

    def __init__(
        self,
        *,
        project_path: str,
        project_id: int | str | None = None,
        branch: str | None = None,
        tag: str | None = None,
        tag_pattern: str | None = None,
        pipeline_sources: Sequence[str] | None = None,
        path_only: bool = False,
        audience: str = "sts.amazonaws.com",
        issuer: str = _GITLAB_COM,
    ) -> None:
        """Say which jobs.

        Args:
            project_path: The project with all its groups, `GROUP/PROJECT`, spelled as GitLab does.
            project_id: The project's id, as its page and `GET /projects/GROUP%2FPROJECT` show it.
            branch: The branch that the pipeline runs for, a protected one; one of these three is
                needed.
            tag: The tag, a protected one.
            tag_pattern: The beginning of tags with a `*`, such as `v*`. Whoever may create such a
                protected tag may deploy, from any commit.
            pipeline_sources: What may have started the pipeline: any of `push` (the default, to
                a branch or of a tag), `web`, `schedule`, `api`, `trigger` and `pipeline`. Whoever
                starts one by hand or by a token can set variables of its jobs.
            path_only: The issuer is no GitLab.com, so that AWS tests only `aud` and `sub`: neither
                the project's id, nor whether the branch is protected, nor what started the
                pipeline.
            audience: What the job asks for as `aud` of its `id_tokens`.
            issuer: Address of the GitLab instance, which AWS must be able to reach.

        Raises:
            InvalidInputError: A name is none, or a pattern; no id is given, or no ref or several;
                or AWS cannot test for that issuer what is asked for.
        """
        wanted = "the path of one project with its groups, such as 'group/project'"
        check_name("project_path", project_path, _PROJECT_PATH, wanted)
        wanted = "the address of a GitLab instance without a slash at the end, such as "
        check_name("issuer", issuer, _ISSUER, f"{wanted}{_GITLAB_COM}")
        check_audience(audience)
        kind, name, is_pattern = ref_of(branch, tag, tag_pattern)
        claims: dict[str, str | Sequence[str]] = {}
        if issuer == _GITLAB_COM:
            if path_only:
                raise InvalidInputError(
                    "path_only is for instances of your own: AWS tests the project's id of "
                    "GitLab.com, so leave path_only out"
                )
            where = "the project's page shows it, and so does GET /projects/GROUP%2FPROJECT"
            claims["project_id"] = check_id("project_id", project_id, where)
            claims["ref_protected"] = "true"
            claims["pipeline_source"] = _checked_sources(pipeline_sources)
        else:
            _refuse_elsewhere(issuer, project_id, pipeline_sources, path_only)
        super().__init__(
            issuer=issuer,
            audience=audience,
            subject=f"project_path:{project_path}:ref_type:{kind}:ref:{name}",
            claims=claims,
            patterns=frozenset({"sub"} if is_pattern else ()),
        )


def _checked_sources(sources: Sequence[str] | None) -> str | list[str]:
    if sources is None:
        return "push"
    check_list("pipeline_sources", sources)
    if not sources or not set(sources) <= set(_SOURCES):
        raise InvalidInputError(
            f"pipeline_sources must be some of {', '.join(_SOURCES)}, got {list(sources)!r}: the "
            "pipelines of merge requests, and what they start, get nothing"
        )
    return sorted(set(sources))


def _refuse_elsewhere(issuer: str, project_id: object, sources: object, path_only: bool) -> None:
    given = {"project_id": project_id, "pipeline_sources": sources}
    named = [what for what, value in given.items() if value is not None]
    if named:
        raise InvalidInputError(
            f"{' and '.join(named)} cannot be tested: AWS tests nothing but the audience and the "
            f"subject of {issuer}; leave it out and write path_only=True"
        )
    if not path_only:
        raise InvalidInputError(
            f"AWS tests nothing but the audience and the subject of {issuer}, which has the "
            "project's path and no id: write path_only=True, and see that no path is given up and "
            "taken by others, and that the branch is protected"
        )
