"""The settings with which AWS is called, made once for all clients of a run."""

import os
from typing import Any

__all__ = ["new_session"]

_ATTEMPTS = 6
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_CONNECTIONS = 10


def new_session(region: str | None, *, at_once: int = 1) -> tuple[Any, str]:
    """Make a session of botocore whose clients all have the same settings.

    botocore is used without boto3, whose resources and transfer manager would only cost time.
    Retries are botocore's standard mode with 6 attempts, unless the user's environment or
    configuration says otherwise
    (<https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html>).

    Args:
        region: The region; that of the environment or the configuration where it is `None`.
        at_once: How many calls may be under way at the same time.

    Returns:
        The session, and the region, which is empty where none is known.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.session import new_session

        session, region = new_session("eu-west-1")
        assert region == "eu-west-1"
        ```
    """
    import botocore.session
    from botocore.config import Config

    session: Any = botocore.session.Session()
    # botocore itself does not read AWS_REGION, which the other SDKs and the CDK CLI use.
    known = region or os.environ.get("AWS_REGION") or session.get_config_variable("region") or ""
    mode = session.get_config_variable("retry_mode")
    attempts = session.get_config_variable("max_attempts")
    retries: Any = {
        # "legacy" is botocore's default; it neither knows all throttling codes nor backs off well.
        "mode": "standard" if mode in (None, "legacy") else mode,
        "total_max_attempts": int(attempts or _ATTEMPTS),
    }
    session.set_default_client_config(
        Config(
            region_name=known or None,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries=retries,
            max_pool_connections=max(at_once, _CONNECTIONS),
            user_agent_extra="secure-lambda-constructs",
        )
    )
    return session, str(known)
