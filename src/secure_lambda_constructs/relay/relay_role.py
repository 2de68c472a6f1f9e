"""The execution role of a relay: its own log, the credentials of its routes, and nothing else."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..errors import InvalidInputError
from ..function.statements import (
    INTERFACE_ACTIONS,
    LOG_WRITES,
    network_interface_statements,
    own_logs_statements,
)
from ..function.trust import resource_of, trust_errors
from .findings import answer_role_findings

__all__ = ["RelayRole"]

_SECRET_READS = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
_PARAMETER_READS = ("ssm:GetParameter",)


class RelayRole(iam.Role):
    """An execution role without rights to data, whatever a policy of a resource would give it.

    The way out is the relay's, so it must not be able to fetch what could go out: a Deny leaves
    nothing but its log and the reading of credentials.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        log_group_arn: str,
        log_group_has_key: bool,
        in_vpc: bool,
    ) -> None:
        """Create the role.

        Args:
            scope: The relay.
            id: Its id.
            log_group_arn: ARN of the only log group it may write to, ending in `:*`.
            log_group_has_key: Whether the log group depends on a key of the app.
            in_vpc: Whether the relay is in a VPC, so that Lambda needs network interfaces.
        """
        self._granting = False
        super().__init__(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        resource = resource_of(self, known_to_be="without rights", kind="EgressRelayFunctions")
        self._resource = resource
        statements = _only(Stack.of(self).region if in_vpc else None)
        own_logs = own_logs_statements(log_group_arn)
        if log_group_has_key:
            # Inline, the statements would close a circle: role, log group, key, role.
            iam.CfnPolicy(
                self,
                "OwnLogs",
                policy_name="OwnLogs",
                policy_document={"Version": "2012-10-17", "Statement": own_logs},
                roles=[resource.ref],
            )
        else:
            statements += own_logs
        resource.policies = [
            iam.CfnRole.PolicyProperty(
                policy_name="Relay",
                policy_document={"Version": "2012-10-17", "Statement": statements},
            )
        ]
        answer_role_findings(self, in_vpc=in_vpc)

    @property
    def resource(self) -> iam.CfnRole:
        """The role's own resource."""
        return self._resource

    def read_credentials(self, sources: Sequence[Any]) -> None:
        """Let the relay read the credentials of its routes, and no others.

        Args:
            sources: The secrets and parameters.
        """
        with self._granting_credentials():
            for source in sources:
                # Of what the CDK grants for parameters, `NoData` leaves reading one.
                source.grant_read(self)

    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        """Refuse a grant, unless it is one of a route's credential.

        Args:
            statement: What is granted.

        Returns:
            That it was added.

        Raises:
            InvalidInputError: It is for anything else.
        """
        if not self._granting:
            got = json.dumps(statement.to_json(), default=str)
            raise InvalidInputError(
                "a relay has no rights but to read the credentials of its routes, since what it "
                "can read can leave; write credential=... in a RelayRoute, and have a "
                f"SignedVpcFunction do the rest (got {got})"
            )
        return super().add_to_principal_policy(statement)

    def attach_inline_policy(self, policy: iam.Policy) -> None:
        """Refuse a policy that is not the CDK's own for the credentials.

        Args:
            policy: The policy.

        Raises:
            InvalidInputError: It is another one.
        """
        if not self._granting:
            raise InvalidInputError(
                f"the policy {policy.node.path} cannot be attached to the role of a relay, which "
                "has no rights but to read the credentials of its routes; give it to a "
                "SignedVpcFunction"
            )
        super().attach_inline_policy(policy)

    def add_managed_policy(self, policy: iam.IManagedPolicy) -> None:
        """Refuse a managed policy.

        Args:
            policy: The policy.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(
            "a managed policy cannot be added to the role of a relay, which has no rights but to "
            "read the credentials of its routes; give it to a SignedVpcFunction"
        )

    def errors(self, trust: Any) -> list[str]:
        """Say what is wrong with the role when the app synthesizes.

        Args:
            trust: Its trust policy, made readable.

        Returns:
            One sentence for others than Lambda that may assume it.
        """
        return trust_errors(trust)

    @contextmanager
    def _granting_credentials(self) -> Iterator[None]:
        self._granting = True
        try:
            yield
        finally:
            self._granting = False


def _only(region: str | None) -> list[dict[str, Any]]:
    """What is denied whatever allows it, and what Lambda needs for a VPC in a region."""
    kept = [*_SECRET_READS, *_PARAMETER_READS, *LOG_WRITES, "kms:Decrypt"]
    through = ["secretsmanager.*.amazonaws.com*", "ssm.*.amazonaws.com*"]
    statements: list[dict[str, Any]] = [
        {
            # A policy of a table, a bucket or a queue could name this role; it would change
            # nothing.
            "Sid": "NoData",
            "Effect": "Deny",
            "NotAction": [*kept, *(() if region is None else INTERFACE_ACTIONS)],
            "Resource": "*",
        },
        {
            # A key of data is one too: only what Secrets Manager and Systems Manager decrypt for
            # the relay. https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
            "Sid": "OnlyKeysOfCredentials",
            "Effect": "Deny",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringNotLike": {"kms:ViaService": through}},
        },
    ]
    if region is not None:
        statements += network_interface_statements(region)
    return statements
