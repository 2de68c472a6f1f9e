"""A DynamoDB table whose items are read and written from an isolated network only."""

from collections.abc import Sequence

from aws_cdk import CfnTag, RemovalPolicy, Stack, Token
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..errors import InvalidInputError
from .closed_table_check import ClosedTableCheck
from .environment import refuse_other_environment
from .isolated_network import IsolatedNetwork
from .outside_principals import outside_principal_arns
from .table_policies import key_actions, only_from_the_network, only_through_dynamodb

__all__ = ["IsolatedTable"]


class IsolatedTable(Construct):
    """A table that only code in the network reads and writes, with a key, and kept for good.

    A `dynamodb.TableV2` (`.table`), a KMS key that is good for DynamoDB alone, point-in-time
    recovery, deletion protection, and a resource policy with two Denies. Whatever anybody's own
    policies allow, `AdministratorAccess` included, DynamoDB refuses

    - the reads and the copies of the table (`GetItem`, `BatchGetItem`, `Query`, `Scan`, PartiQL
      `SELECT`, the export to S3, the restore of a point in time, the streaming to Kinesis), and
    - the writes (`PutItem`, `UpdateItem`, `DeleteItem`, `BatchWriteItem`, the other PartiQL
      statements, the conditions of transactions)

    that do not come out of the network's VPC: those of a developer in the console, for example.
    Writes are refused as well because one can return the item that it replaces, and because what
    is written is input of the code inside. Tables are described, changed and deleted as ever:
    CloudFormation, and whoever looks at the table's metrics or settings, needs no network.

    What the policy does not see, and whom to trust with it instead:

    - `dynamodb:PutResourcePolicy` and `DeleteResourcePolicy`: who may change the policy can admit
      himself. Leave both to the role that deploys.
    - Backups. Who may restore one (`dynamodb:RestoreTableFromBackup`,
      `RestoreTableFromAwsBackup`) gets a table without the policy: that of a table is not one of
      its backups. Making backups is not refused, or the table could lose them.
    - The table's stream, if `dynamo_stream` asks for one, or somebody turns one on who may update
      the table. Its records are items. Lambda reads them outside any VPC with the role of the
      function, and no documented condition key tells Lambda from a person: grant
      `dynamodb:GetRecords` to such roles alone.

    What reads tables from AWS's own networks (DAX, Athena, Glue, zero-ETL integrations, replicas
    in other regions) is refused, and replicas by the check at synth as well: a policy holds in its
    own region.

    See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
    for what such a policy can do, and
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html for
    what it cannot.

    The network is recognized by its VPC (`aws:SourceVpc`, which is there when a call came through
    an endpoint) and not by the endpoint: the VPC has one endpoint of DynamoDB, no other is let in,
    and an endpoint gets another id whenever it is replaced.

    Example:
        ```python
        from secure_lambda_constructs import IsolatedNetwork, IsolatedTable

        users = IsolatedTable(
            stack,
            "Users",
            network=IsolatedNetwork(stack, "TableNetwork"),
            partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
        )
        reader = iam.Role(
            stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        users.table.grant_read_data(reader)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        network: IsolatedNetwork,
        partition_key: dynamodb.Attribute,
        billing: dynamodb.Billing | None = None,
        dynamo_stream: dynamodb.StreamViewType | None = None,
        encryption_key: kms.IKey | None = None,
        global_secondary_indexes: Sequence[dynamodb.GlobalSecondaryIndexPropsV2] | None = None,
        local_secondary_indexes: Sequence[dynamodb.LocalSecondaryIndexProps] | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        sort_key: dynamodb.Attribute | None = None,
        table_name: str | None = None,
        time_to_live_attribute: str | None = None,
        warm_throughput: dynamodb.WarmThroughput | None = None,
        contributor_insights_specification: dynamodb.ContributorInsightsSpecification | None = None,
        deletion_protection: bool = True,
        point_in_time_recovery_specification: (
            dynamodb.PointInTimeRecoverySpecification | None
        ) = None,
        table_class: dynamodb.TableClass | None = None,
        tags: Sequence[CfnTag] | None = None,
        principals_that_may_read_from_outside: Sequence[iam.IPrincipal] = (),
        principals_that_may_write_from_outside: Sequence[iam.IPrincipal] = (),
    ) -> None:
        """Create the table.

        Args:
            scope: The construct to create it in, in the network's stack or in another one of the
                same account and region. The stack must be bound to a region.
            id: Its id. The ids of all its parts follow from it.
            network: The network that its items are read and written from.
            partition_key: The attribute of the partition key.
            billing: The billing mode. By default on demand.
            dynamo_stream: What the table's stream tells of a change. By default there is no
                stream. See the class for who can read one.
            encryption_key: The key that encrypts the table. By default one is made, which is
                rotated each year, costs $1 a month, and can be used through DynamoDB only.
            global_secondary_indexes: The global secondary indexes. By default there are none. The
                policy holds for indexes as well.
            local_secondary_indexes: The local secondary indexes. By default there are none.
            removal_policy: What becomes of the table, and of the key that was made for it, with
                the stack. By default both stay.
            sort_key: The attribute of the sort key. By default there is none.
            table_name: The physical name. By default CloudFormation makes one.
            time_to_live_attribute: The attribute by which items expire. By default none do.
            warm_throughput: Reads and writes per second that the table is ready for from the
                start. By default what DynamoDB gives every table.
            contributor_insights_specification: Whether CloudWatch shows the keys that are used
                most. By default it does not: keys are data, and end up in its console.
            deletion_protection: Whether DynamoDB refuses to delete the table. By default it does,
                for CloudFormation as well.
            point_in_time_recovery_specification: How many days back the table can be restored to
                any second. By default 35.
            table_class: The table class. By default standard.
            tags: Tags of the table. By default those of the stack alone.
            principals_that_may_read_from_outside: Roles or users of the account that the first
                Deny leaves out: a role for emergencies, one that restores. They still need the
                permission. An `iam.ArnPrincipal` may have wildcards in the name, as for a role of
                IAM Identity Center. By default nobody.
            principals_that_may_write_from_outside: The same for the second Deny: a role that
                loads or repairs data. By default nobody.

        Raises:
            InvalidInputError: The network is none or elsewhere, the stack has no region, or a
                principal is not a role or user.
        """
        stack = Stack.of(scope)
        _check(network, stack)
        readers = outside_principal_arns(
            "principals_that_may_read_from_outside", principals_that_may_read_from_outside, stack
        )
        writers = outside_principal_arns(
            "principals_that_may_write_from_outside", principals_that_may_write_from_outside, stack
        )
        super().__init__(scope, id)
        denies = only_from_the_network(network.vpc_id, readers, writers)
        self._encryption_key = encryption_key or kms.Key(
            self,
            "Key",
            description=f"Encrypts the table {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal_policy,
            policy=only_through_dynamodb(stack),
        )
        self._table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=partition_key,
            billing=billing,
            dynamo_stream=dynamo_stream,
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(self._encryption_key),
            global_secondary_indexes=global_secondary_indexes,
            local_secondary_indexes=local_secondary_indexes,
            removal_policy=removal_policy,
            sort_key=sort_key,
            table_name=table_name,
            time_to_live_attribute=time_to_live_attribute,
            warm_throughput=warm_throughput,
            contributor_insights_specification=contributor_insights_specification,
            deletion_protection=deletion_protection,
            point_in_time_recovery_specification=point_in_time_recovery_specification
            or dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            resource_policy=iam.PolicyDocument(statements=denies),
            table_class=table_class,
            tags=tags,
        )
        self.node.add_validation(ClosedTableCheck(self, denies))

    @property
    def table(self) -> dynamodb.TableV2:
        """The table itself: grants, indexes, metrics."""
        return self._table

    @property
    def encryption_key(self) -> kms.IKey:
        """The key that encrypts the table."""
        return self._encryption_key

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Grant some actions on the table and its indexes, and what they need of the key.

        `table.grant_read_data(...)` and its like do so as well; `table.grant(...)` leaves the key
        out, and DynamoDB then refuses the call. See
        https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_dynamodb.TableV2.html.

        Args:
            grantee: The function, or another principal of the account.
            *actions: The actions, as `dynamodb:GetItem`.

        Returns:
            The grant on the table.

        Example:
            ```python
            from secure_lambda_constructs import IsolatedNetwork, IsolatedTable

            orders = IsolatedTable(
                stack,
                "Orders",
                network=IsolatedNetwork(stack, "OrdersNetwork"),
                partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            )
            clerk = iam.Role(
                stack, "Clerk", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
            )
            orders.grant(clerk, "dynamodb:GetItem", "dynamodb:UpdateItem")
            ```
        """
        self._encryption_key.grant(grantee, *key_actions(actions))
        return self._table.grant(grantee, *actions)


def _check(network: object, stack: Stack) -> None:
    """Refuse what makes no closed table, before anything is created."""
    if not isinstance(network, IsolatedNetwork):
        raise InvalidInputError(
            f"network is {network!r}, not an IsolatedNetwork, and nothing shows that it is closed; "
            "write network=IsolatedNetwork(self, 'Network')"
        )
    if Token.is_unresolved(stack.region):
        raise InvalidInputError(
            f"the stack {stack.node.path} is bound to no region, and the CDK writes the key of a "
            "table only into the template of a known one; write env=cdk.Environment(region=...) "
            "where the stack is made"
        )
    refuse_other_environment(network, stack, of="table")
