"""A Lambda function that runs signed code only, and reaches nothing but what is granted."""

from collections.abc import Mapping, Sequence

import jsii
from aws_cdk import ArnFormat, Duration, RemovalPolicy, Size, Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..errors import InvalidInputError
from ..network.isolated_network import IsolatedNetwork
from ..signing.members import ISigningBaseline
from ..signing.signed_code import SignedCode
from .closed_check import ClosedFunctionCheck
from .environment import CheckedFunction, check_environment
from .layers import check_layers
from .role import IsolatedRole

__all__ = ["SignedVpcFunction"]

# The value of `lambda_.Handler.FROM_IMAGE`, and the name of `lambda_.Runtime.FROM_IMAGE`.
_IMAGE = "FROM_IMAGE"


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
    - It writes to no other log group, whatever is granted. No X-Ray trace leaves besides (tracing
      is `PassThrough`).

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
        environment_encryption: kms.IKey | None = None,
        environment_variables_that_may_load_code: Sequence[str] = (),
        timeout: Duration | None = None,
        memory_size: int | None = None,
        ephemeral_storage_size: Size | None = None,
        architecture: lambda_.Architecture | None = None,
        reserved_concurrent_executions: int | None = None,
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
        log_removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        log_encryption_key: kms.IKey | None = None,
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
            retry_attempts: How often Lambda tries an asynchronous call again, 0 to 2. By default
                twice. Adds a resource.
            max_event_age: How long Lambda keeps an asynchronous call. By default 6 hours. Adds a
                resource.
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
        _check(signing, network, runtime, handler)
        _refuse_other_environment(network, Stack.of(scope))
        # Refuses code that is not there or cannot be signed before anything is created.
        signed = signing.signed(code)
        if not isinstance(signed, SignedCode):
            raise InvalidInputError(
                f"signing.signed(code) returned {_kind(signed)}, not signed code; write "
                "signing=SigningBaseline(...)"
            )
        check_environment(
            {} if environment is None else environment, environment_variables_that_may_load_code
        )
        check_layers(layers, signed.signer)
        subnets = _selected(network, vpc_subnets)
        super().__init__(scope, id)

        if log_encryption_key is not None:
            _allow_logs(log_encryption_key, Stack.of(self))
        self._log_group = logs.LogGroup(
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
        self._security_group = network.client_security_group(self, "SecurityGroup")
        try:
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
                retry_attempts=retry_attempts,
                max_event_age=max_event_age,
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
        # No code runs before the DNS firewall is attached, nor after it is detached.
        function.node.add_dependency(network.closed)
        self._function = function
        role.in_use()
        self.node.add_validation(ClosedFunctionCheck(self, role))

    @property
    def function(self) -> lambda_.Function:
        """The function itself: aliases, versions, event sources, metrics."""
        return self._function

    @property
    def role(self) -> iam.Role:
        """The execution role. Only Lambda can assume it."""
        return self._role

    @property
    def security_group(self) -> ec2.ISecurityGroup:
        """The security group. It has no ingress rule: nothing connects to a function."""
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


def _check(signing: object, network: object, runtime: object, handler: object) -> None:
    """Refuse what makes no closed function, before anything is created."""
    if not isinstance(network, IsolatedNetwork):
        raise InvalidInputError(
            f"network is {_kind(network)}, not an IsolatedNetwork, and nothing shows that it is "
            "closed; write network=IsolatedNetwork(self, 'Network')"
        )
    if not (hasattr(type(signing), "code_signing_config") and hasattr(type(signing), "signed")):
        raise InvalidInputError(
            f"signing is {_kind(signing)}, not a signing baseline; write "
            "signing=SigningBaseline(self, 'Signing')"
        )
    if handler == _IMAGE or (isinstance(runtime, lambda_.Runtime) and runtime.name == _IMAGE):
        raise InvalidInputError(
            "the runtime or handler is FROM_IMAGE: Lambda does not check the signature of a "
            "container image; write a runtime such as lambda_.Runtime.PYTHON_3_13 and "
            "code=lambda_.Code.from_asset(...)"
        )


def _refuse_other_environment(network: IsolatedNetwork, stack: Stack) -> None:
    """Refuse a network that a function of this stack cannot be in."""
    for what, own, there in (
        ("account", stack.account, network.account),
        ("region", stack.region, network.region),
    ):
        if there == own:  # saves questions to the CDK's process
            continue
        here, wanted = (None if Token.is_unresolved(item) else item for item in (there, own))
        # One known and one unknown are different as well: the CDK refers from one stack to
        # another only where both are bound to the same environment.
        if here == wanted:
            continue
        advice = f"a stack of {wanted}" if wanted else f"its stack, or bind both to one {what}"
        raise InvalidInputError(
            f"the network {network.node.path} is in {here or f'no known {what}'} and the function "
            f"in {wanted or f'no known {what}'}; write an IsolatedNetwork in {advice}"
        )


def _selected(network: IsolatedNetwork, selection: ec2.SubnetSelection | None) -> list[ec2.ISubnet]:
    """The subnets of the network that a selection means."""
    if selection is None:
        return network.subnets
    if not isinstance(selection, ec2.SubnetSelection):
        raise InvalidInputError(
            f"vpc_subnets is {_kind(selection)}; write ec2.SubnetSelection(subnets=[...]) with "
            "some of network.subnets"
        )
    kind = selection.subnet_type
    if kind not in (None, ec2.SubnetType.PRIVATE_ISOLATED):
        raise InvalidInputError(
            f"vpc_subnets selects subnets of type {kind.name}, and the network has isolated ones "
            "only; leave it out, or write vpc_subnets=ec2.SubnetSelection(subnets=[...]) with some "
            "of network.subnets"
        )
    own = {subnet.subnet_id for subnet in network.subnets}
    for subnet in selection.subnets or []:
        if subnet.subnet_id not in own:
            raise InvalidInputError(
                f"vpc_subnets names the subnet {subnet.node.path}, which is not one of the "
                "network's; write some of network.subnets, or leave it out"
            )
    selected: list[ec2.ISubnet] = network.vpc.select_subnets(
        subnets=selection.subnets,
        subnet_type=kind,
        subnet_group_name=selection.subnet_group_name,
        availability_zones=selection.availability_zones,
        one_per_az=selection.one_per_az,
        subnet_filters=selection.subnet_filters,
    ).subnets
    if not selected:
        raise InvalidInputError(
            "vpc_subnets selects none of the network's subnets; write some of network.subnets, or "
            "leave it out"
        )
    return selected


def _allow_logs(key: kms.IKey, stack: Stack) -> None:
    """Let CloudWatch Logs encrypt the log groups of the account with a key.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html. The group's
    own ARN cannot be named: the group needs the key first.
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("logs.amazonaws.com")],
            actions=[
                "kms:Decrypt*",
                "kms:Describe*",
                "kms:Encrypt*",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name="*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                }
            },
        )
    )


def _kind(value: object) -> str:
    """What a value is, in words."""
    name = type(value).__name__
    return "None" if value is None else f"an {name}" if name[0] in "AEIOU" else f"a {name}"
