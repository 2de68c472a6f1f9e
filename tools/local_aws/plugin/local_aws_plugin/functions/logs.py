"""Sends a function's log lines to the log group that the function names.

LocalStack keeps ``LoggingConfig.LogGroup`` but writes to ``/aws/lambda/<name>``. It asks one method
for the group and offers no hook there, hence the one patch of this module.
"""

from __future__ import annotations

from typing import Any

from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

__all__ = ["log_group_of", "use_configured_log_groups"]


def log_group_of(function_version: Any) -> str:
    """The log group that a function version writes to."""
    configured = (function_version.config.logging_config or {}).get("LogGroup")
    return str(configured or f"/aws/lambda/{function_version.id.function_name}")


def use_configured_log_groups() -> None:
    """Makes LocalStack use the configured log groups."""
    ExecutionEnvironment.get_log_group_name = lambda self: log_group_of(self.function_version)
