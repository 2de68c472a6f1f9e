"""Actions that a team adds to its daily work: which of them would open the boundary itself."""

import fnmatch
import re
from collections.abc import Sequence

from ...errors import InvalidInputError
from ...signing.naming import check_literal
from ..arguments import check_list

__all__ = ["check_extra_actions"]

# Whoever may write with one of these reaches code, roles, policies, the network or the keys, and
# so everything: by itself, or with what is there already.
_GUARDED = frozenset(
    {
        "account",
        "cloudformation",
        "cloudtrail",
        "codebuild",
        "codepipeline",
        "codeconnections",
        "codestar-connections",
        "config",
        "ec2",
        "iam",
        "identitystore",
        "kms",
        "lambda",
        "organizations",
        "ram",
        "route53resolver",
        "servicecatalog",
        "signer",
        "sso",
        "sso-directory",
        "states",
        "sts",
    }
)
_READING = ("BatchGet", "Describe", "Get", "List", "Lookup", "Search", "Simulate", "Validate")
# What reads by its name, and hands out credentials or takes somebody else's work.
_HANDED_OUT = (
    "codeconnections:GetConnectionToken",
    "codeconnections:GetIndividualAccessToken",
    "codepipeline:GetJobDetails",
    "codepipeline:GetThirdPartyJobDetails",
    "codestar-connections:GetIndividualAccessToken",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ec2:GetLaunchTemplateData",
    "ec2:GetPasswordData",
    "ec2:GetVpnConnectionDeviceSampleConfiguration",
    "states:GetActivityTask",
    "sts:GetDelegatedAccessToken",
    "sts:GetFederationToken",
    "sts:GetServiceBearerToken",
    "sts:GetWebIdentityToken",
)
_PATTERN = re.compile(r"(?P<service>[a-z][a-z0-9-]*):(?P<name>[A-Z][A-Za-z0-9]*)\*?")


def check_extra_actions(actions: Sequence[str]) -> list[str]:
    """Refuse actions that would open the boundary, or that are none.

    Of the services that code, roles, policies, the network and the keys are governed by, only what
    reads is taken: to write there is what the boundary is against. To write with any other service
    is the team's own decision.

    Args:
        actions: The actions, such as `athena:GetQueryResults`; a `*` may stand at the end.

    Returns:
        The same actions, in their order, each once.

    Raises:
        InvalidInputError: One of them is no action, or opens the boundary.

    Example:
        ```python
        from secure_lambda_constructs.governance.developers.extra_actions import check_extra_actions

        assert check_extra_actions(["iot:ListThings"]) == ["iot:ListThings"]
        ```
    """
    check_list("extra_daily_actions", actions)
    for action in actions:
        check_literal("extra_daily_actions", action)
        match = _PATTERN.fullmatch(action)
        if match is None:
            raise InvalidInputError(
                "extra_daily_actions must be actions as AWS spells them, such as "
                f"'athena:GetQueryResults' or 'iot:List*', got {action!r}: name the service and "
                "the action, with a * at the end at most"
            )
        handed_out = any(fnmatch.fnmatchcase(name, action) for name in _HANDED_OUT)
        reads = match["name"].startswith(_READING) and not handed_out
        if match["service"] in _GUARDED and not reads:
            raise InvalidInputError(
                f"extra_daily_actions must not hold {action!r}: with {match['service']} a "
                "developer could change what the boundary is there to keep, so let the pipeline "
                "do it, or a role that is no developer's"
            )
    return list(dict.fromkeys(actions))
