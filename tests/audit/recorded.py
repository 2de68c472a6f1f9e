"""Answers to the calls that the stand-in does not have, in the shapes that AWS documents.

They are given before botocore sends anything; what is sent goes to the stand-in.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

__all__ = ["NOTHING", "recorded_session"]

NOTHING: dict[tuple[str, str], dict[str, Any]] = {
    ("cloudwatch-logs", "DescribeAccountPolicies"): {"accountPolicies": []},
    ("ec2", "DescribeClientVpnEndpoints"): {"ClientVpnEndpoints": []},
    ("ec2", "DescribeLocalGatewayRouteTableVpcAssociations"): {
        "LocalGatewayRouteTableVpcAssociations": []
    },
    ("oam", "ListLinks"): {"Items": []},
    ("vpc-lattice", "ListServiceNetworkVpcAssociations"): {"items": []},
}
"""What AWS answers where there is nothing, by service and operation."""


def recorded_session(
    session: Any, answers: dict[tuple[str, str], dict[str, Any]], called: set[str]
) -> Any:
    """Give a session of botocore the answers.

    Args:
        session: The session.
        answers: The answers, which a test may change.
        called: Receives the operations that were answered.
    """

    def answering(key: tuple[str, str]) -> Callable[..., Any]:
        def answer(**event: Any) -> Any:
            called.add(key[1])
            return SimpleNamespace(status_code=200), dict(answers[key])

        return answer

    for key in NOTHING:
        session.register(f"before-call.{'.'.join(key)}", answering(key))
    return session
