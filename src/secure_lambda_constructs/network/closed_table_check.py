"""What is refused on an isolated table when the app synthesizes.

`users.table` is there to be used as any table; what its methods made of it is looked at last. Raw
overrides (`add_property_override`) are not visible here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import IValidation

if TYPE_CHECKING:
    from .isolated_table import IsolatedTable

__all__ = ["ClosedTableCheck"]


@jsii.implements(IValidation)
class ClosedTableCheck:
    """Says what opens a table."""

    def __init__(self, table: "IsolatedTable", denies: Sequence[iam.PolicyStatement]) -> None:
        """Check a table.

        Args:
            table: The table.
            denies: What its resource policy must have.
        """
        self._resource = cast(dynamodb.CfnGlobalTable, table.table.node.default_child)
        self._stack = Stack.of(table)
        self._region = self._stack.region
        # As they are now: the objects are in the table's policy, and can be changed there.
        self._denies = [deny.to_json() for deny in denies]

    def validate(self) -> list[str]:
        """Look at the table's resource.

        Returns:
            One sentence for each thing that opens it.
        """
        properties, denies = self._stack.resolve([self._resource._cfn_properties, self._denies])
        # The first is the table itself.
        replicas: list[dict[str, Any]] = sorted(
            properties["replicas"], key=lambda replica: bool(replica["region"] != self._region)
        )
        reasons = [*_replica_reasons(replicas), *_policy_reasons(replicas[0], denies)]
        return [f"{self._resource.node.path} {reason}" for reason in reasons]


def _policy_reasons(table: Mapping[str, Any], denies: list[dict[str, Any]]) -> Iterator[str]:
    """What the policy allows, or denies no more."""
    statements = _statements(table.get("resourcePolicy"))
    present = [_in_order(statement) for statement in statements]
    if any(_in_order(deny) not in present for deny in denies):
        yield (
            "has another resource policy than it was made with, so that its items could be used "
            "from outside the network; remove the Aspect or assignment that sets it, and add "
            "statements with table.add_to_resource_policy(...)"
        )
    stream = (table.get("replicaStreamSpecification") or {}).get("resourcePolicy")
    for statement in (*statements, *_statements(stream)):
        if statement.get("Effect") == "Allow":
            yield (
                f"lets {statement.get('Principal')} use it by its resource policy; remove the "
                "grant or statement, and grant to a role of the own account: "
                "users.table.grant_read_data(fn)"
            )


def _replica_reasons(replicas: list[dict[str, Any]]) -> Iterator[str]:
    """What copies the items to where the policy does not hold."""
    for replica in replicas[1:]:
        yield (
            f"has a replica in {replica['region']}, where the network is not; remove it, or make "
            "an IsolatedNetwork and an IsolatedTable in that region"
        )
    for replica in replicas:
        if replica.get("kinesisStreamSpecification"):
            yield (
                "copies its items to a Kinesis stream, which everybody reads who may read the "
                "stream; remove it, and write dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE"
            )
        if not (replica.get("sseSpecification") or {}).get("kmsMasterKeyId"):
            yield "is not encrypted with a key of the account any more; remove what changed that"


def _statements(policy: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The statements of a policy, if there is one."""
    statements: list[dict[str, Any]] = ((policy or {}).get("policyDocument") or {}).get(
        "Statement", []
    )
    return statements


def _in_order(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement with its actions in one order, which the CDK may change."""
    actions = statement.get("Action", [])
    return {**statement, "Action": sorted([actions] if isinstance(actions, str) else actions)}
