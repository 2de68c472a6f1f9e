"""What a trust is, whoever issues the token."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ....errors import InvalidInputError

__all__ = ["Conditions", "TokenTrust"]

Conditions: TypeAlias = dict[str, dict[str, str | list[str]]]
"""Conditions of a policy: operator, key, and the value or values."""

# A subject is of one repository, whose name has no wildcard, and says what ran in it.
_SUBJECT = re.compile(
    r"(?:repo:[^:/*?$]+/[^:/*?$]+:(?:ref:refs/(?:heads|tags)/|environment:)"
    r"|project_path:[^:*?$]+/[^:/*?$]+:ref_type:(?:branch|tag):ref:)[^:*?$]+\*?"
)


class TokenTrust:
    """What the token of a job must say: from whom, for whom, of which repository and ref.

    All of it must be so. `GitHubTrust` and `GitLabTrust` write it.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        subject: str,
        claims: Mapping[str, str | Sequence[str]],
        patterns: frozenset[str],
    ) -> None:
        """Set up.

        Args:
            issuer: Address of who issues the token, with `https://`.
            audience: What its `aud` must be.
            subject: What its `sub` must be.
            claims: What other claims must be; one of several, where they are.
            patterns: Which of the claims, `sub` among them, end in a wildcard.

        Raises:
            InvalidInputError: The subject is not that of one repository.
        """
        if _SUBJECT.fullmatch(subject) is None or (subject.endswith("*") and "sub" not in patterns):
            raise InvalidInputError(
                f"the subject of a trust must be of one repository and one ref, got {subject!r}: "
                "one that other repositories could meet would let their jobs deploy"
            )
        self._issuer, self._audience, self._subject = issuer, audience, subject
        self._claims = {"aud": audience, "sub": subject, **claims}
        self._patterns = patterns

    @property
    def issuer(self) -> str:
        """Address of who issues the token, with `https://`."""
        return self._issuer

    @property
    def audience(self) -> str:
        """What `aud` of the token must be: for whom it is."""
        return self._audience

    @property
    def subject(self) -> str:
        """What `sub` of the token must be: the repository, and what runs in it."""
        return self._subject

    def conditions(self) -> Conditions:
        """Return the conditions of the role's trust policy.

        Returns:
            All of them must hold; each claim is in the token, or there is no access.

        Example:
            ```python
            from secure_lambda_constructs import GitLabTrust

            trust = GitLabTrust(project_path="octo/shop", project_id=20, branch="main")
            assert trust.conditions()["StringEquals"]["gitlab.com:project_id"] == "20"
            ```
        """
        prefix = self._issuer.removeprefix("https://")
        found: Conditions = {}
        for claim, value in self._claims.items():
            operator = "StringLike" if claim in self._patterns else "StringEquals"
            found.setdefault(operator, {})[f"{prefix}:{claim}"] = (
                value if isinstance(value, str) else list(value)
            )
        return found
