"""The function that freezes others: its code, its role, and what it is told."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ...errors import InvalidInputError
from ...function.log_group import own_log_group
from ...function.statements import own_logs_statements
from ...signing.members import ISigningBaseline
from ..arguments import check_list
from .findings import answer_freeze_findings, answer_role_findings
from .principals import Principals, filled

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

__all__ = ["HANDLER", "FreezeFunction", "check_freeze_functions", "write_freeze_handler"]

_PACKAGE = "change_freeze"
HANDLER = f"{_PACKAGE}.main.handler"
"""What Lambda calls."""

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}|[A-Za-z0-9][A-Za-z0-9_-]{0,62}[-_]\*")


def check_freeze_functions(functions: object) -> None:
    """Refuse what names no functions, or all of them.

    Args:
        functions: The functions, or their names.

    Raises:
        InvalidInputError: It is no list, or one of them is no function and no name.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.freeze_function import (
            check_freeze_functions,
        )

        check_freeze_functions(["prod-orders", "prod-billing-*"])
        ```
    """
    check_list("freeze_functions", functions)
    for function in cast("list[object]", functions):
        if isinstance(function, str):
            if _NAME.fullmatch(function) is None:
                raise InvalidInputError(
                    "freeze_functions must be functions, or names of functions, at whose end -* "
                    f"may stand for the rest, got {function!r}: write for example 'prod-*'"
                )
        elif isinstance(function, lambda_.Version | lambda_.Alias):
            raise InvalidInputError(
                "freeze_functions must be functions, since all versions of one are frozen at once, "
                f"got the version or alias {function.node.path}: write the function itself"
            )
        elif not (
            hasattr(type(function), "function_arn") and hasattr(type(function), "grant_invoke")
        ):
            raise InvalidInputError(
                f"freeze_functions must be functions or their names, got {function!r}: write "
                "[orders.function] for a SignedVpcFunction, or ['prod-*']"
            )


def write_freeze_handler(folder: Path) -> None:
    """Write the code of the function.

    Args:
        folder: An empty folder.
    """
    package = folder / _PACKAGE
    package.mkdir()
    for module in sorted((Path(__file__).parent / "freeze").glob("*.py")):
        shutil.copyfile(module, package / module.name)


class FreezeFunction(Construct):
    """A signed function that sets the reserved concurrency of others to 0, and nothing else.

    It is in no VPC. Its role may do just that with the functions that it is given, write its own
    log, and publish to the topic.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        functions: Sequence["lambda_.IFunction | str"],
        principals: Principals,
        signing: ISigningBaseline,
        topic: "sns.ITopic",
        log_retention: logs.RetentionDays,
    ) -> None:
        """Make it.

        Args:
            scope: The alarm.
            id: Its id.
            functions: What it may freeze, checked before.
            principals: Whose changes do not freeze a function.
            signing: Signs its code.
            topic: Where it says what it did, and where its failures go.
            log_retention: How long its log is kept.
        """
        from aws_cdk import aws_lambda_destinations as destinations

        super().__init__(scope, id)
        stack = Stack.of(self)
        log_group = own_log_group(
            self,
            "LogGroup",
            retention=log_retention,
            removal_policy=RemovalPolicy.RETAIN,
            encryption_key=None,
        )
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        arns = [_arn(stack, function) for function in functions]
        for statement in (
            {
                "Sid": "FreezeGoverned",
                "Effect": "Allow",
                "Action": "lambda:PutFunctionConcurrency",
                "Resource": arns,
            },
            *own_logs_statements(log_group.log_group_arn),
        ):
            self._role.add_to_policy(iam.PolicyStatement.from_json(statement))
        topic.grant_publish(self._role)
        answer_role_findings(
            self._role, [name for name in functions if isinstance(name, str) and "*" in name]
        )
        with TemporaryDirectory() as folder:
            write_freeze_handler(Path(folder))
            # Staged into the assembly while the function is made, so that the folder can go.
            self._function = lambda_.Function(
                self,
                "Function",
                description="Freezes functions that were changed outside the pipeline",
                runtime=lambda_.Runtime.PYTHON_3_14,
                handler=HANDLER,
                code=signing.signed(lambda_.Code.from_asset(folder)),
                code_signing_config=signing.code_signing_config,
                memory_size=256,
                timeout=Duration.seconds(60),
                environment={
                    "PARTITION": stack.partition,
                    "ACCOUNT": stack.account,
                    "FUNCTIONS": " ".join(map(_name, functions)),
                    # And itself, which the rule leaves out as well.
                    "PIPELINE_ROLES": " ".join(
                        [filled(stack, " ".join(principals.roles())), self._role.role_arn]
                    ),
                    "BREAK_GLASS_ROLES": filled(stack, " ".join(principals.break_glass)),
                    "CLOUDFORMATION_SESSION": filled(stack, principals.cloudformation()),
                    "TOPIC_ARN": topic.topic_arn,
                },
                retry_attempts=2,
                on_failure=destinations.SnsDestination(topic),
                role=self._role,
                log_group=log_group,
            )
        answer_freeze_findings(cast(lambda_.CfnFunction, self._function.node.default_child))

    @property
    def function(self) -> lambda_.Function:
        """The function."""
        return self._function

    @property
    def role(self) -> iam.Role:
        """Its role."""
        return self._role


def _name(function: "lambda_.IFunction | str") -> str:
    return function if isinstance(function, str) else function.function_name


def _arn(stack: Stack, function: "lambda_.IFunction | str") -> str:
    """The ARN of a function, or of all whose names begin so."""
    if not isinstance(function, str):
        return function.function_arn
    return stack.format_arn(
        service="lambda",
        resource="function",
        resource_name=function,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
