"""A Lambda function that runs signed code only, and reaches nothing but what is granted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..network.environment import refuse_other_environment
from ..network.isolated_network import IsolatedNetwork
from ..signing.members import ISigningBaseline
from .arguments import (
    check_arguments,
    check_list,
    check_queue,
    selected_subnets,
    signed_code,
)
from .checked_function import CheckedFunction
from .closed_check import ClosedFunctionCheck
from .closed_functions import ClosedFunctionsCheck
from .environment import check_environment
from .findings import answer_function_findings
from .layers import check_layers
from .log_group import own_log_group
from .role import IsolatedRole

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

__all__ = ["SignedVpcFunction"]


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class SignedVpcFunction(Construct):
    """A signed function in an isolated network, with its role, security group and log group.

    Four CloudFormation resources, grants included; five with `log_encryption_key`. Grant to it,
    connect to it and extend it as to any function of the CDK; what that adds is bounded by the
    role's own Denies and by the network, and checked when the app synthesizes:

    - Lambda accepts only code that the baseline's profile, or a publisher that it trusts, signed.
      (With a baseline of `enforcement=WARN` it only counts other code.)
    - The code reaches the network's endpoints, and the security groups it was allowed to.
    - Outside the network the role's keys are good for writing to its own log group, and for
      nothing else. They cannot hand data or rights on.
    - It writes to no other log group, whatever is granted. No X-Ray trace leaves unless `tracing`
      asks for it.
    - Calls that failed go to encrypted queues of the own account only, and events come from there.

    Example:
        ```python
        from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

        user_info = SignedVpcFunction(
            stack,
            "UserInfo",
            signing=SigningBaseline(stack, "FunctionSigning"),
            network=IsolatedNetwork(stack, "FunctionNetwork"),
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset("lambda"),
        )
        users = dynamodb.TableV2(
            stack,
            "Users",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        users.grant_read_data(user_info)
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        signing: ISigningBaseline,
        network: IsolatedNetwork,
        runtime: lambda_.Runtime,
        handler: str,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion] = (),
        description: str | None = None,
        function_name: str | None = None,
        environment: Mapping[str, str] | None = None,
        environment_encryption: "kms.IKey | None" = None,
        environment_variables_that_may_load_code: Sequence[str] = (),
        timeout: Duration | None = None,
        memory_size: int | None = None,
        ephemeral_storage_size: Size | None = None,
        architecture: lambda_.Architecture | None = None,
        reserved_concurrent_executions: int | None = None,
        initial_policy: Sequence[iam.PolicyStatement] = (),
        events: Sequence[lambda_.IEventSource] = (),
        dead_letter_queue: "sqs.IQueue | None" = None,
        on_failure: lambda_.IDestination | None = None,
        on_success: lambda_.IDestination | None = None,
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        current_version_options: lambda_.VersionOptions | None = None,
        snap_start: lambda_.SnapStartConf | None = None,
        runtime_management_mode: lambda_.RuntimeManagementMode | None = None,
        recursive_loop: lambda_.RecursiveLoop | None = None,
        tenancy_config: lambda_.TenancyConfig | None = None,
        tracing: lambda_.Tracing | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
        log_removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        log_encryption_key: "kms.IKey | None" = None,
        logging_format: lambda_.LoggingFormat | None = None,
        application_log_level_v2: lambda_.ApplicationLogLevel | None = None,
        system_log_level_v2: lambda_.SystemLogLevel | None = None,
    ) -> None:
        """Create the function.

        Args:
            scope: The construct to create it in, in the network's stack or in another one.
            id: Its id. The ids of all its parts follow from it.
            signing: The baseline that signs the code.
            network: The network that it runs in.
            runtime: The runtime. Container images cannot be signed.
            handler: The method that Lambda calls.
            code: The code, unsigned or from `signing.signed(...)`. Inline code cannot be signed.
            layers: Layers signed by a publisher that the baseline trusts, 5 at most: a
                `lambda_.LayerVersion` with `code=signing.signed(...)`, or one of a baseline whose
                `signing_profile_version_arn` is among the `trusted_publishers` of this one. An
                imported layer is taken where there are any: who has signed it is known to Lambda
                alone, which refuses it at deployment if it was none of them. By default there are
                none. See
                <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>.
            description: What the console shows. By default nothing.
            function_name: The physical name. By default CloudFormation makes one.
            environment: Environment variables. By default there are none. Those that make the
                runtime load unsigned code, such as `NODE_OPTIONS`, are refused.
            environment_encryption: Key that encrypts the environment. By default a key of AWS's
                own does.
            environment_variables_that_may_load_code: Names of variables to accept although they
                make the runtime load code. By default none is accepted.
            timeout: After which Lambda stops it. By default 3 seconds.
            memory_size: Memory in MiB. By default 128.
            ephemeral_storage_size: Size of `/tmp`. By default 512 MiB.
            architecture: Of the processor. By default x86-64.
            reserved_concurrent_executions: How many may run at once, at most and at least. By
                default it shares the account's.
            initial_policy: Statements for the role, as `add_to_role_policy` takes them. By default
                it is granted nothing.
            events: Event sources. By default there are none. What they grant is for Lambda itself,
                which polls; the code cannot use it.
            dead_letter_queue: Where Lambda sends asynchronous calls that failed: an encrypted queue
                of the function's own account with `enforce_ssl`. The right to send belongs to
                Lambda, not to the code. By default they are dropped.
            on_failure: Where Lambda sends asynchronous calls that failed, with the reason: the
                destination of such a queue. By default nowhere. Adds a resource.
            on_success: Where Lambda sends asynchronous calls that succeeded, with the answer: the
                destination of such a queue. By default nowhere. Adds a resource.
            retry_attempts: How often Lambda tries an asynchronous call again, 0 to 2. By default
                twice. Adds a resource.
            max_event_age: How long Lambda keeps an asynchronous call. By default 6 hours. Adds a
                resource.
            current_version_options: Of the version that `current_version` makes. By default the
                version is deleted when the next one is there.
            snap_start: Whether new versions start from a snapshot of the initialized code. By
                default they do not. `environment_encryption` encrypts the snapshot too.
            runtime_management_mode: When Lambda updates the runtime. By default by itself.
            recursive_loop: Whether Lambda lets a loop through queues run on. By default it ends it.
            tenancy_config: Whether tenants get execution environments of their own. By default
                they share them.
            tracing: `Tracing.ACTIVE` for traces in X-Ray, of the calls that it samples;
                `PASS_THROUGH` for those that the caller samples. Lambda sends them out of its own
                network to the function's account, and the code writes into them. By default the
                role has no right to that, and no trace leaves.
            vpc_subnets: Which of the network's subnets it runs in. By default in all.
            log_retention: How long its log is kept. By default for one year.
            log_removal_policy: What becomes of the log group with the stack. By default it stays.
            log_encryption_key: Key that encrypts the log; a key of the same app gets the
                permission for CloudWatch Logs. Adds a resource: the role's right to write to the
                log is a policy of its own then. By default CloudWatch Logs encrypts the log with
                a key of its own.
            logging_format: Text or JSON. By default text.
            application_log_level_v2: From which level on the code's lines are kept, in JSON. By
                default from `INFO`.
            system_log_level_v2: From which level on Lambda's lines are kept, in JSON. By default
                from `INFO`.

        Raises:
            InvalidInputError: Something was given that would open the function.
        """
        check_arguments(signing, network, runtime, handler)
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        refuse_other_environment(network, stack, of="function")
        # Refuses code that is not there or cannot be signed before anything is created.
        signed = signed_code(signing, code)
        check_environment(
            {} if environment is None else environment, environment_variables_that_may_load_code
        )
        check_layers(layers, signed.signer)
        check_list("initial_policy", initial_policy)
        check_list("events", events)
        check_queue(dead_letter_queue)
        subnets = selected_subnets(network, vpc_subnets)
        super().__init__(scope, id)

        self._log_group = own_log_group(
            self,
            "LogGroup",
            retention=log_retention,
            removal_policy=log_removal_policy,
            encryption_key=log_encryption_key,
        )
        role = IsolatedRole(
            self,
            "Role",
            log_group_arn=self._log_group.log_group_arn,
            log_group_has_key=log_encryption_key is not None,
            region=network.region,
            vpc_id=network.vpc_id,
        )
        self._role = role
        own_group = network._groups.of_function(self, "SecurityGroup")
        self._security_group, self._security_group_id = own_group.group, own_group.id
        # Lambda removes the interfaces of a function after the function, with the rights of its
        # role, and the group cannot go before them: so the role has to go last (aws-cdk #6701).
        own_group.resource.node.add_dependency(role.resource)
        try:
            with role.granting_to_lambda_itself():
                function = CheckedFunction(
                    self,
                    "Function",
                    runtime=runtime,
                    handler=handler,
                    code=signed,
                    code_signing_config=signing.code_signing_config,
                    description=description,
                    function_name=function_name,
                    environment=environment,
                    environment_encryption=environment_encryption,
                    timeout=timeout,
                    memory_size=memory_size,
                    ephemeral_storage_size=ephemeral_storage_size,
                    architecture=architecture,
                    reserved_concurrent_executions=reserved_concurrent_executions,
                    dead_letter_queue=dead_letter_queue,
                    current_version_options=current_version_options,
                    snap_start=snap_start,
                    runtime_management_mode=runtime_management_mode,
                    recursive_loop=recursive_loop,
                    tenancy_config=tenancy_config,
                    tracing=tracing,
                    vpc=network.vpc,
                    vpc_subnets=ec2.SubnetSelection(subnets=subnets),
                    security_groups=[self._security_group],
                    role=role,
                    log_group=self._log_group,
                    logging_format=logging_format,
                    application_log_level_v2=application_log_level_v2,
                    system_log_level_v2=system_log_level_v2,
                )
        except RuntimeError:
            if signed.refusal is None:
                raise
            raise signed.refusal from None  # not as it came back from JavaScript
        function.allow_variables(environment_variables_that_may_load_code)
        function.allow_layers_of(signed.signer)
        if layers:
            function.add_layers(*layers)
        node = function.node
        # No code runs before the DNS firewall is attached, nor after it is detached.
        node.add_dependency(network.closed)
        self._resource = cast(lambda_.CfnFunction, node.default_child)
        self._function = function
        function.grant_through(role)
        role.in_use()
        # Only now: what is granted may write the role's ARN into the policy of a key.
        for statement in initial_policy:
            role.add_to_principal_policy(statement)
        if dead_letter_queue is not None:
            # The CDK grants the queue, and not its key.
            with role.granting_to_lambda_itself():
                dead_letter_queue.grant_send_messages(role)
        asynchronous = (on_failure, on_success, retry_attempts, max_event_age)
        if any(option is not None for option in asynchronous):
            function.configure_async_invoke(
                on_failure=on_failure,
                on_success=on_success,
                retry_attempts=retry_attempts,
                max_event_age=max_event_age,
            )
        for event in events:
            function.add_event_source(event)
        self._signing, self._network = signing, network
        self._subnets = subnets
        self._check = ClosedFunctionCheck(self, stack, role, self._resource)
        ClosedFunctionsCheck.add(network, self._check)
        answer_function_findings(
            self._resource,
            has_reserved_concurrency=reserved_concurrent_executions is not None,
            has_dead_letter_queue=dead_letter_queue is not None,
            has_key=environment_encryption is not None,
        )
        network.when_there_are_clients(self._join)

    @property
    def function(self) -> lambda_.Function:
        """The function itself: aliases, versions, event sources, metrics."""
        return self._function

    @property
    def signing(self) -> ISigningBaseline:
        """The baseline that signs its code, and its layers."""
        return self._signing

    @property
    def network(self) -> IsolatedNetwork:
        """The network that it runs in."""
        return self._network

    @property
    def current_version(self) -> lambda_.Version:
        """The version of the code and configuration as they are, for an alias.

        A deployment that changes either makes a new version; the first call adds a resource.
        """
        return self._function.current_version

    @property
    def role(self) -> iam.Role:
        """The execution role. Only Lambda can assume it."""
        return self._role

    @property
    def security_group(self) -> ec2.ISecurityGroup:
        """The function's own security group, for what `connections` opens to it.

        It has no ingress rule: nothing connects to a function. It leads to DynamoDB; what leads
        to the network's other endpoints is in a group that all functions have as well.
        """
        return self._security_group

    @property
    def log_group(self) -> logs.LogGroup:
        """The only log group that the function can write to."""
        return self._log_group

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal that grants are made to: the role."""
        return self._role

    @property
    def connections(self) -> ec2.Connections:
        """Network connections, for `database.connections.allow_default_port_from(fn)`.

        The code finds a database by its name, which the network's resolver must be told to
        answer: `network.allow_dns_names(database.cluster_endpoint.hostname)`.
        """
        return self._function.connections

    def _join(self, group_id: str) -> None:
        """Have a further security group, which leads to the endpoints of the network.

        The CDK is not told of it, or it would write this function's connections into a group that
        all functions have.
        """
        self._resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            security_group_ids=[self._security_group_id, group_id],
            subnet_ids=[subnet.subnet_id for subnet in self._subnets],
        )
        self._check.look_again()
