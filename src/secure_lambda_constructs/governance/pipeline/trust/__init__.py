"""What the token of a pipeline's job must say before AWS takes it: GitHub's and GitLab's."""

from .github import GitHubTrust
from .gitlab import GitLabTrust
from .token_trust import TokenTrust

__all__ = ["GitHubTrust", "GitLabTrust", "TokenTrust"]
