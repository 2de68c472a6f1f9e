"""What the freezing function is told: the functions that it may freeze, and who may change them.

It comes from environment variables, since names are known only when the stack is deployed. They
widen nothing: the role freezes the same functions and no others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Settings", "matches"]


@dataclass(frozen=True)
class Settings:
    """What the function is told.

    Attributes:
        partition: Of the functions, such as `aws`.
        region: Of the functions.
        account: Of the functions.
        own_name: Name of this function, which it never freezes.
        functions: Names of the functions that it may freeze; `*` at the end stands for any text.
        pipeline_roles: ARNs of roles that may change them; `*` stands for any text.
        break_glass_roles: The same for roles whose changes are reported, and nothing more.
        cloudformation_session: How the ARN of the session begins in which CloudFormation deploys.
        topic_arn: Where to say what was done.
    """

    partition: str
    region: str
    account: str
    own_name: str
    functions: tuple[str, ...]
    pipeline_roles: tuple[str, ...]
    break_glass_roles: tuple[str, ...]
    cloudformation_session: str
    topic_arn: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read what the function is told.

        Args:
            environment: The environment variables; Lambda adds the region and the function's name.

        Returns:
            The settings.

        Raises:
            KeyError: A variable is missing.
        """
        return cls(
            partition=environment["PARTITION"],
            region=environment["AWS_REGION"],
            account=environment["ACCOUNT"],
            own_name=environment["AWS_LAMBDA_FUNCTION_NAME"],
            functions=tuple(environment["FUNCTIONS"].split()),
            pipeline_roles=tuple(environment["PIPELINE_ROLES"].split()),
            break_glass_roles=tuple(environment["BREAK_GLASS_ROLES"].split()),
            cloudformation_session=environment["CLOUDFORMATION_SESSION"],
            topic_arn=environment["TOPIC_ARN"],
        )

    def governs(self, name: str) -> bool:
        """Whether a function is one that may be frozen.

        Args:
            name: Its name.

        Returns:
            Not for this function itself.
        """
        return name != self.own_name and matches(self.functions, name)


def matches(patterns: tuple[str, ...], text: str) -> bool:
    """Whether a text is what a pattern says, in which `*` stands for any text.

    Args:
        patterns: The patterns.
        text: The text.

    Returns:
        Whether one of them is the whole text.
    """
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL)
        for pattern in patterns
    )
