"""The texts of secrets: read when first needed, kept for a while, read anew when they change."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .refusals import Code, Refusal
from .routes import CredentialSource

__all__ = ["LONGEST_READ_SECONDS", "AwsReader", "Secret", "SecretValues"]

_CONNECT_SECONDS = 1
_READ_SECONDS = 2
_ATTEMPTS = 2
_BACK_OFF_SECONDS = 1

LONGEST_READ_SECONDS = _ATTEMPTS * (_CONNECT_SECONDS + _READ_SECONDS) + _BACK_OFF_SECONDS
"""How long an `AwsReader` takes at most, as long as the names of AWS are resolved."""

_KEPT_SECONDS = 300.0
_GRACE_SECONDS = 300.0
# While AWS does not answer, not every call waits for it: the text that is at hand serves.
_PAUSE_SECONDS = 10.0
# Of a text that was read just now nothing newer is to be expected.
_FRESH_SECONDS = 1.0

_CODE_LENGTH = 64


class Secret:
    """The text of a secret, which shows itself only to whoever asks for it.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.secret_values import Secret

        secret = Secret("sk_placeholder")
        assert "sk_placeholder" not in f"{secret!r} {secret}"
        assert secret.reveal() == "sk_placeholder"
        ```
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap a text.

        Args:
            text: The text.
        """
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(...)"


class AwsReader:
    """Reads from Secrets Manager and from the parameter store of Systems Manager.

    The clients are made when they are first needed. They give up after 1 second to connect and 2
    to read, try twice, and go through no proxy that the environment names. See
    <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html> and
    <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.secret_values import AwsReader, SecretValues

        values = SecretValues(read=AwsReader())
        ```
    """

    def __init__(self) -> None:
        """Set up; nothing is imported or called."""
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def load(self) -> None:
        """Import boto3 ahead of the first read. Nothing is called.

        Example:
            ```python
            import sys

            from secure_lambda_constructs.relay.handler.secret_values import AwsReader

            AwsReader().load()
            assert "boto3" in sys.modules
            ```
        """
        import boto3  # noqa: F401
        from botocore.config import Config  # noqa: F401

    def __call__(self, service: str, name: str) -> str:
        """Read a text.

        Args:
            service: `secrets_manager` or `ssm`.
            name: ARN of the secret; name or ARN of the parameter.

        Returns:
            The text.

        Raises:
            Refusal: CREDENTIAL_UNAVAILABLE: the secret is binary.
            Exception: Whatever boto3 raises.
        """
        if service == "ssm":
            client = self._client("ssm")
            return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        answer = self._client("secretsmanager").get_secret_value(SecretId=name)
        if "SecretBinary" in answer:
            raise Refusal(
                Code.CREDENTIAL_UNAVAILABLE, "the secret is binary; keep a text or JSON in it"
            )
        return str(answer["SecretString"])

    def _client(self, name: str) -> Any:
        # A session may not be shared by threads while it makes clients.
        with self._lock:
            if name not in self._clients:
                import boto3
                from botocore.config import Config

                config = Config(
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                    # Empty, not absent: botocore would otherwise ask the environment.
                    proxies={},
                )
                self._clients[name] = boto3.session.Session().client(name, config=config)
            return self._clients[name]


_Moment = tuple[float, float]


class _Kept:
    """One text that is kept, and when it was read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.secret: Secret | None = None
        self.read_at: _Moment = (0.0, 0.0)
        self.failed_at: _Moment | None = None


class SecretValues:
    """Keeps what was read for 5 minutes, and for another 5 while it cannot be read anew.

    Any number of threads may ask at once; a text is read by one of them.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.routes import CredentialSource
        from secure_lambda_constructs.relay.handler.secret_values import SecretValues

        values = SecretValues(
            read=lambda service, name: f"text of {name}", environment={"PAYMENT_KEY": "payment-key"}
        )
        source = CredentialSource("secrets_manager", environment="PAYMENT_KEY")
        assert values.value(source).reveal() == "text of payment-key"
        ```
    """

    def __init__(
        self,
        *,
        read: Callable[[str, str], str] | None = None,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up; nothing is read.

        Args:
            read: Reads a text, given the service and the name. By default an `AwsReader` does.
            environment: Where the names of secrets are. By default the process's environment.
            clock: Seconds that only grow.
            wall_clock: A second opinion on how old a text is: the first clock may stand still while
                Lambda has the environment frozen.
        """
        self._read = AwsReader() if read is None else read
        self._environment = os.environ if environment is None else environment
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._kept: dict[CredentialSource, _Kept] = {}

    def value(self, source: CredentialSource) -> Secret:
        """Return the text of a secret.

        Args:
            source: Where it is kept.

        Returns:
            The text, which is at most 5 minutes old, or 10 where it could not be read anew.

        Raises:
            Refusal: CREDENTIAL_UNAVAILABLE: it cannot be read.
        """
        kept = self._entry(source)
        with kept.lock:
            secret, age = kept.secret, self._seconds_since(kept.read_at)
            if secret is not None and age < _KEPT_SECONDS:
                return secret
            may_serve = secret is not None and age < _KEPT_SECONDS + _GRACE_SECONDS
            failed_at = kept.failed_at
            paused = failed_at is not None and self._seconds_since(failed_at) < _PAUSE_SECONDS
            if secret is not None and may_serve and paused:
                return secret
            try:
                return self._renew(kept, source)
            except Refusal:
                kept.failed_at = self._moment()
                if secret is None or not may_serve:
                    raise
                return secret

    def renewed(self, source: CredentialSource, used: Secret) -> Secret | None:
        """Look whether a secret that a host did not take has been rotated.

        Args:
            source: Where it is kept.
            used: The text that the host did not take.

        Returns:
            The new text, or `None` where there is none, where the one that is kept was read within
            the last second, or where it cannot be read now.
        """
        kept = self._entry(source)
        with kept.lock:
            if kept.secret is not None and kept.secret != used:
                return kept.secret  # another thread was here first
            if self._seconds_since(kept.read_at) <= _FRESH_SECONDS:
                return None
            try:
                secret = self._renew(kept, source)
            except Refusal:
                return None
            return secret if secret != used else None

    def _entry(self, source: CredentialSource) -> _Kept:
        with self._lock:
            return self._kept.setdefault(source, _Kept())

    def _moment(self) -> _Moment:
        return self._clock(), self._wall_clock()

    def _seconds_since(self, moment: _Moment) -> float:
        now = self._moment()
        return max(now[0] - moment[0], now[1] - moment[1])

    def _renew(self, kept: _Kept, source: CredentialSource) -> Secret:
        """Read, and keep what was read."""
        name = self._environment.get(source.environment)
        if not name:
            raise Refusal(
                Code.CREDENTIAL_UNAVAILABLE,
                f"the environment variable {source.environment}, which names the secret, is not "
                "set",
            )
        try:
            kept.secret = Secret(self._read(source.service, name))
        except Refusal:
            raise
        except Exception as error:
            problem = _cause(error)
        else:
            kept.read_at = self._moment()
            kept.failed_at = None
            return kept.secret
        # Outside of the handler, so that the failure does not hang on this one: botocore quotes an
        # answer that it cannot parse, which may be the secret's.
        raise Refusal(Code.CREDENTIAL_UNAVAILABLE, f"the secret could not be read: {problem}")


def _cause(error: Exception) -> str:
    """The code with which AWS declined, or the kind of another failure."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = response.get("Error", {}).get("Code", "")
        if isinstance(code, str) and code.isalnum() and len(code) <= _CODE_LENGTH:
            return code
    return type(error).__name__
