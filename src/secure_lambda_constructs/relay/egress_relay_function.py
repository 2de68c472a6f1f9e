"""`EgressRelayFunction`: the one way out of a closed network, by declared routes alone."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from aws_cdk import Annotations, Duration, RemovalPolicy, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..errors import InvalidInputError
from ..function.log_group import own_log_group
from ..function.signed_vpc_function import SignedVpcFunction
from ..signing.members import ISigningBaseline
from .arguments import check_arguments
from .callers import Callers
from .closed_check import ClosedRelayCheck
from .findings import answer_function_findings
from .handler.responses import filter_seconds
from .handler.routes import Configuration
from .handler.secret_values import LONGEST_READ_SECONDS
from .handler_code import HANDLER, write_handler
from .relay_role import RelayRole
from .route_credentials import RouteCredentials
from .routes.route import RelayRoute

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from .egress_vpc import RelayEgressVpc

__all__ = ["REPORTS_ONLY", "EgressRelayFunction"]

REPORTS_ONLY = "secure-lambda-constructs:relayReportsOnly"
"""Key of the warning about a relay that lets everything pass."""

# What comes on top of a route's time: to write the record, to read a credential, and to filter the
# response.
_MARGIN = 1
# A caller waits for the relay, and cannot keep it busy for longer. The handler leaves less to the
# host then, so that there is time for the rest.
_LONGEST = 30


class EgressRelayFunction(Construct):
    """A signed function outside the VPC that makes the HTTPS calls of its routes, and no others.

    Functions of an isolated network call it through the network's Lambda endpoint. It matches the
    request to a route, puts it together anew, adds the credential, calls the host, and hands on
    what the route lets through. Each call leaves one audit record in the relay's log.

    - What it may do is in its signed code: nobody opens it by a change of configuration.
    - Its role reads the credentials of its routes and writes its log. Everything else is denied,
      so that what it has no rights to cannot leave through it.
    - It reaches public addresses alone, with the certificate of the listed name, follows no
      redirect, and gives up when the route's time or size is used up.
    - It is not told who calls, so that by default one function may.

    Example:
        ```python
        from aws_cdk import aws_secretsmanager as secretsmanager

        from secure_lambda_constructs import (
            EgressRelayFunction,
            IsolatedNetwork,
            RelayCredential,
            RelayRoute,
            SignedVpcFunction,
            SigningBaseline,
        )

        signing = SigningBaseline(stack, "RelaySigning")
        key = secretsmanager.Secret(stack, "RatesKey")
        relay = EgressRelayFunction(
            stack,
            "Relay",
            signing=signing,
            reserved_concurrent_executions=5,
            routes=[
                RelayRoute(
                    "rates",
                    method="GET",
                    host="api.example.com",
                    path="/v1/rates",
                    credential=RelayCredential.header("X-Api-Key", key),
                )
            ],
        )
        orders = SignedVpcFunction(
            stack,
            "Orders",
            signing=signing,
            network=IsolatedNetwork(stack, "OrdersNetwork"),
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset("lambda"),
        )
        relay.grant_invoke(orders)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        signing: ISigningBaseline,
        routes: Sequence[RelayRoute],
        reserved_concurrent_executions: int,
        report_only: bool = False,
        egress_vpc: "RelayEgressVpc | None" = None,
        callers_trust_each_other: bool = False,
        description: str | None = None,
        function_name: str | None = None,
        runtime: lambda_.Runtime | None = None,
        architecture: lambda_.Architecture | None = None,
        memory_size: int = 256,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
        log_removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        log_encryption_key: "kms.IKey | None" = None,
    ) -> None:
        """Create the relay.

        Args:
            scope: The construct to create it in: in the network's stack, in one that the network's
                depends on, or, with a `function_name`, in any stack of the account and region.
            id: Its id. The ids of all its parts follow from it.
            signing: The baseline that signs its code.
            routes: What it may do.
            reserved_concurrent_executions: How many calls run at once, which bounds what can leave
                in a time. It is taken from what all functions of the account share. 0 stops the
                relay.
            report_only: Whether what no route allows is let pass, over TLS to public addresses,
                and recorded as what would have been refused. For moving to a relay, not to stay:
                there is a warning. By default it is refused.
            egress_vpc: A VPC of its own whose fixed addresses a partner can list, paid by the hour
                and by traffic. By default the relay is in no VPC, and calls from addresses of AWS.
            callers_trust_each_other: Whether several functions may call it. It is not told which
                one does, so each could do in the other's name what the routes allow. By default
                one may, and each further one gets a relay of its own.
            description: What the console shows. By default nothing.
            function_name: The physical name. By default CloudFormation makes one.
            runtime: A runtime of Python, 3.11 at least. By default Python 3.14.
            architecture: Of the processor. By default x86-64.
            memory_size: Memory in MiB; the processor's share follows from it. By default 256.
            log_retention: How long the audit records are kept. By default for one year.
            log_removal_policy: What becomes of the log group with the stack. By default it stays.
            log_encryption_key: Key that encrypts the log; a key of the same app gets the
                permission for CloudWatch Logs. By default CloudWatch Logs encrypts it with a key
                of its own.

        Raises:
            InvalidInputError: Something was given that cannot be used, or would open the relay.
        """
        check_arguments(
            signing=signing,
            routes=routes,
            concurrency=reserved_concurrent_executions,
            memory_size=memory_size,
            runtime=runtime,
            egress_vpc=egress_vpc,
        )
        super().__init__(scope, id)

        self._routes = tuple(routes)
        self._memory_size = memory_size
        self._function_name = function_name
        self._egress_vpc = egress_vpc
        self._log_group = own_log_group(
            self,
            "LogGroup",
            retention=log_retention,
            removal_policy=log_removal_policy,
            encryption_key=log_encryption_key,
        )
        role = RelayRole(
            self,
            "Role",
            log_group_arn=self._log_group.log_group_arn,
            log_group_has_key=log_encryption_key is not None,
            in_vpc=egress_vpc is not None,
        )
        self._role = role
        credentials = RouteCredentials(routes)
        role.read_credentials(credentials.sources)
        with TemporaryDirectory(prefix="relay-") as folder:
            write_handler(
                Path(folder),
                Configuration(routes=credentials.routes, report_only=report_only),
                credentials.hooks,
            )
            # Staged into the assembly while the function is made, so that the folder can go.
            self._function = lambda_.Function(
                self,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_14 if runtime is None else runtime,
                handler=HANDLER,
                code=signing.signed(lambda_.Code.from_asset(folder)),
                code_signing_config=signing.code_signing_config,
                description=description,
                function_name=function_name,
                architecture=architecture,
                memory_size=memory_size,
                timeout=Duration.seconds(ceil(self.longest_call)),
                environment=credentials.environment,
                reserved_concurrent_executions=reserved_concurrent_executions,
                # An asynchronous call that failed would be made twice more.
                retry_attempts=0,
                max_event_age=Duration.seconds(60),
                role=role,
                log_group=self._log_group,
                vpc=None if egress_vpc is None else egress_vpc.vpc,
                vpc_subnets=None
                if egress_vpc is None
                else ec2.SubnetSelection(subnets=egress_vpc.subnets),
                security_groups=None if egress_vpc is None else [egress_vpc.security_group],
            )
        if egress_vpc is not None:
            self._function.node.add_dependency(egress_vpc.ready)
        resource = cast(lambda_.CfnFunction, self._function.node.default_child)
        answer_function_findings(resource, in_vpc=egress_vpc is not None)
        self._callers = Callers(self, several=callers_trust_each_other, report_only=report_only)
        self.node.add_validation(ClosedRelayCheck(self, role, resource, credentials.environment))
        if report_only:
            Annotations.of(self).add_warning_v2(
                REPORTS_ONLY,
                "the relay lets pass what no route allows, and only records it: data can leave to "
                "any public host; remove report_only=True when the audit records show no "
                "'would_refuse' any more",
            )

    @property
    def function(self) -> lambda_.Function:
        """The function itself: its name, its ARN, Lambda's metrics."""
        return self._function

    @property
    def function_name(self) -> str | None:
        """The physical name that it was given, or `None` where CloudFormation makes one."""
        return self._function_name

    @property
    def role(self) -> iam.Role:
        """The execution role. It takes no grants."""
        return self._role

    @property
    def log_group(self) -> logs.LogGroup:
        """The log group with the audit records."""
        return self._log_group

    @property
    def routes(self) -> list[RelayRoute]:
        """The routes."""
        return list(self._routes)

    @property
    def longest_call(self) -> float:
        """How long a call can take at most, in seconds, for the timeout of whoever calls."""
        return min(
            _LONGEST,
            max(
                route.route.timeout_seconds
                + (0 if route.credential is None else LONGEST_READ_SECONDS)
                + filter_seconds(route.route.response.max_bytes, self._memory_size)
                + _MARGIN
                for route in self._routes
            ),
        )

    @property
    def egress_vpc(self) -> "RelayEgressVpc | None":
        """The VPC that it calls from, or `None`."""
        return self._egress_vpc

    def grant_invoke(self, caller: SignedVpcFunction, *, client_layer: bool = True) -> None:
        """Let a function of an isolated network call the relay.

        All that takes: its role gets `lambda:InvokeFunction` on the relay, its network a Lambda
        endpoint (paid by the hour: `network.monthly_cost()`) that leads to the relay alone, its
        environment the variable `EGRESS_RELAY_HOSTS`, and itself a signed layer with the package
        `egress_relay`: an adapter for `requests`, transports for `httpx`, a pool for `urllib3`,
        and `egress_relay.call(...)`.

        Args:
            caller: The function.
            client_layer: Whether it gets the layer. By default a function of Python does; others,
                and those that keep their dependencies with their code, do without.

        Raises:
            InvalidInputError: It is no `SignedVpcFunction`, is of another account or region, is a
                further one where only one may call, or calls another relay for the same host.

        Example:
            ```python
            from secure_lambda_constructs import EgressRelayFunction, SignedVpcFunction

            def connect(relay: EgressRelayFunction, orders: SignedVpcFunction) -> None:
                relay.grant_invoke(orders)
            ```
        """
        self._callers.add(caller, client_layer=client_layer)

    def metric(self, name: str, *, route: str | None = None) -> "cloudwatch.Metric":
        """A metric that the relay's audit records are: `Calls`, `Refused`, `BytesOut`, ...

        Args:
            name: One of `Calls`, `Refused`, `Failed`, `WouldRefuse`, `BytesOut`, `BytesIn` and
                `Duration`.
            route: The name of a route. By default all of them together.

        Returns:
            The metric, summed over five minutes.

        Raises:
            InvalidInputError: There is no such metric or route.
        """
        from .alarms import relay_metric

        if route is not None:
            self._check_route(route)
        return relay_metric(self._function.function_name, name, route=route)

    def add_alarms(
        self,
        topic: "sns.ITopic",
        *,
        max_bytes_out: Size | Mapping[str, Size],
        period: Duration | None = None,
    ) -> None:
        """Have messages sent where calls are refused, or more leaves than should.

        One alarm for refused calls of the relay, and one for each route on the bytes that it sent.
        Each is charged by the month: <https://aws.amazon.com/cloudwatch/pricing/>.

        Args:
            topic: An SNS topic of the relay's account and region.
            max_bytes_out: The most that a route sends in a period, for each by its name, or the
                same for all.
            period: By default 5 minutes.

        Raises:
            InvalidInputError: The topic or the size cannot be used, or there are alarms already.
        """
        from .alarms import add_relay_alarms

        add_relay_alarms(
            self,
            topic,
            relay_name=self._function.function_name,
            routes=[route.name for route in self._routes],
            max_bytes_out=max_bytes_out,
            period=period,
        )

    def _check_route(self, name: str) -> None:
        """Refuse a route that there is not."""
        names = [route.name for route in self._routes]
        if name not in names:
            raise InvalidInputError(
                f"the relay {self.node.path} has no route {name!r}; write one of {', '.join(names)}"
            )
