"""`RelayCredential`: what the relay adds to a request, and no caller sees."""

import ast
import keyword
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InvalidInputError
from ..handler.routes import Credential, CredentialSource
from .declared import header_names, known_text

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_ssm as ssm

    Source = secretsmanager.ISecret | ssm.IStringParameter

__all__ = ["RelayCredential"]

_NOT_FOR_HEADERS = frozenset(
    ("connection", "content-length", "content-type", "cookie", "host", "transfer-encoding")
)


class RelayCredential:
    """What proves to a host who calls, kept in Secrets Manager or Systems Manager.

    The relay reads it with its own role, keeps it for five minutes, and reads it anew when the
    host no longer takes it, so that a rotation needs no deployment. See
    <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html>.

    Example:
        ```python
        from aws_cdk import aws_secretsmanager as secretsmanager

        from secure_lambda_constructs import RelayCredential

        secret = secretsmanager.Secret(stack, "PaymentKey")
        credential = RelayCredential.bearer(secret, field="api_key")
        ```
    """

    def __init__(self, source: "Source", credential: Credential, hook: Path | None = None) -> None:
        """Wrap what the handler reads; the class methods make it.

        Args:
            source: Where it is kept.
            credential: The credential, as it is signed with the relay's code, save for the name of
                the environment variable, which the relay gives.
            hook: The file of its hook.
        """
        self._source = source
        self._credential = credential
        self._hook = hook

    @property
    def source(self) -> "Source":
        """The secret or parameter."""
        return self._source

    @property
    def credential(self) -> Credential:
        """The credential, as it is signed with the relay's code."""
        return self._credential

    @property
    def hook_file(self) -> Path | None:
        """The file of its hook, which is signed with the relay's code."""
        return self._hook

    @classmethod
    def bearer(cls, source: "Source", *, field: str | None = None) -> "RelayCredential":
        """`Authorization: Bearer ...`.

        Args:
            source: The secret or parameter.
            field: The member of the secret's JSON. By default its whole text.

        Returns:
            The credential.

        Raises:
            InvalidInputError: The source or the field cannot be used.

        Example:
            ```python
            from aws_cdk import aws_ssm as ssm

            from secure_lambda_constructs import RelayCredential

            parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
                stack, "BearerToken", parameter_name="/partner/token"
            )
            credential = RelayCredential.bearer(parameter)
            ```
        """
        return cls(source, Credential("bearer", _source(source), field=_field("field", field)))

    @classmethod
    def basic(
        cls,
        source: "Source",
        *,
        username_field: str = "username",
        password_field: str = "password",  # noqa: S107 - the name of a member
    ) -> "RelayCredential":
        """`Authorization: Basic ...`, with user name and password of one secret.

        Args:
            source: The secret, a JSON object with both.
            username_field: The member with the user's name. By default `username`.
            password_field: The member with the password. By default `password`.

        Returns:
            The credential.

        Raises:
            InvalidInputError: The source or a field cannot be used.

        Example:
            ```python
            from aws_cdk import aws_secretsmanager as secretsmanager

            from secure_lambda_constructs import RelayCredential

            secret = secretsmanager.Secret(stack, "PartnerLogin")
            credential = RelayCredential.basic(secret)
            ```
        """
        return cls(
            source,
            Credential(
                "basic",
                _source(source),
                field=known_text("password_field", password_field, example="password"),
                username_field=known_text("username_field", username_field, example="username"),
            ),
        )

    @classmethod
    def header(
        cls, name: str, source: "Source", *, field: str | None = None, prefix: str = ""
    ) -> "RelayCredential":
        """A header of any name, such as `X-Api-Key`.

        Args:
            name: Of the header.
            source: The secret or parameter.
            field: The member of the secret's JSON. By default its whole text.
            prefix: What stands before the value, such as `Token ` with its space. By default
                nothing does.

        Returns:
            The credential.

        Raises:
            InvalidInputError: One of them cannot be used.

        Example:
            ```python
            from aws_cdk import aws_secretsmanager as secretsmanager

            from secure_lambda_constructs import RelayCredential

            secret = secretsmanager.Secret(stack, "PartnerKey")
            credential = RelayCredential.header("X-Api-Key", secret, field="key")
            ```
        """
        (header,) = _headers("name", [name])
        if not (
            isinstance(prefix, str) and prefix.isascii() and (not prefix or prefix.isprintable())
        ):
            raise InvalidInputError(
                f"prefix is {prefix!r}; write printable ASCII, such as 'Token '"
            )
        return cls(
            source,
            Credential(
                "header", _source(source), field=_field("field", field), name=header, prefix=prefix
            ),
        )

    @classmethod
    def query(cls, name: str, source: "Source", *, field: str | None = None) -> "RelayCredential":
        """A key of the query. Hosts log queries: take a header where the host takes one.

        Args:
            name: Of the key.
            source: The secret or parameter.
            field: The member of the secret's JSON. By default its whole text.

        Returns:
            The credential.

        Raises:
            InvalidInputError: One of them cannot be used.

        Example:
            ```python
            from aws_cdk import aws_secretsmanager as secretsmanager

            from secure_lambda_constructs import RelayCredential

            secret = secretsmanager.Secret(stack, "MapKey")
            credential = RelayCredential.query("key", secret)
            ```
        """
        key = known_text("name", name, example="api_key")
        return cls(
            source, Credential("query", _source(source), field=_field("field", field), name=key)
        )

    @classmethod
    def hook(
        cls, source: "Source", *, file: str, function: str, headers: Sequence[str]
    ) -> "RelayCredential":
        """What a function of your own makes of the secret and the request: an HMAC, for example.

        The file is signed with the relay's code. It runs in the relay, with the standard library
        and boto3, and gets the request as it will be sent.

        Args:
            source: The secret or parameter, whose whole text the function gets.
            file: A Python file.
            function: The function in it, called as `function(request, secret)` with a
                `relay_handler.hooks.HookRequest`; it returns the headers to add, as a dictionary.
            headers: The only headers that it may add.

        Returns:
            The credential.

        Raises:
            InvalidInputError: The file is not there, is no Python, or has no such function; or a
                header cannot be used.

        Example:
            ```python
            from pathlib import Path

            from aws_cdk import aws_secretsmanager as secretsmanager

            from secure_lambda_constructs import RelayCredential

            Path("partner_hmac.py").write_text('''
            import hashlib
            import hmac


            def sign(request, secret):
                digest = hmac.new(secret.encode(), request.body, hashlib.sha256)
                return {"x-signature": digest.hexdigest()}
            ''')
            credential = RelayCredential.hook(
                secretsmanager.Secret(stack, "SigningKey"),
                file="partner_hmac.py",
                function="sign",
                headers=["x-signature"],
            )
            ```
        """
        path = Path(known_text("file", file, example="hooks/partner.py")).resolve()
        _check_hook(path, function)
        names = _headers("headers", headers)
        if not names:
            raise InvalidInputError(
                "headers is empty, and a hook can do nothing but add some; write "
                "headers=['x-signature']"
            )
        return cls(
            source,
            Credential("hook", _source(source), module=path.stem, function=function, headers=names),
            path,
        )


def _source(source: object) -> CredentialSource:
    if hasattr(source, "secret_arn"):
        return CredentialSource("secrets_manager", "")
    if hasattr(source, "parameter_arn"):
        return CredentialSource("ssm", "")
    raise InvalidInputError(
        f"a credential is kept in {source!r}; write a secret of Secrets Manager "
        "(secretsmanager.Secret) or a parameter of Systems Manager (ssm.StringParameter)"
    )


def _field(name: str, field: str | None) -> str | None:
    return None if field is None else known_text(name, field, example="api_key")


def _headers(argument: str, names: Sequence[str]) -> tuple[str, ...]:
    headers = header_names(argument, names, example="x-api-key")
    for header in headers:
        if header in _NOT_FOR_HEADERS:
            raise InvalidInputError(
                f"{argument} has {header!r}, which is no header for a credential; write one such "
                "as 'x-api-key'"
            )
    return headers


def _check_hook(path: Path, function: object) -> None:
    """Refuse a hook that could not be called."""
    if path.suffix != ".py" or not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise InvalidInputError(
            f"file is {path.name!r}; write a Python file that can be imported, such as "
            "'hooks/partner.py'"
        )
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"file is {path.name!r}, which cannot be read: {error}") from None
    except (SyntaxError, ValueError) as error:
        raise InvalidInputError(f"file is {path.name!r}, which is no Python: {error}") from None
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if function not in names:
        raise InvalidInputError(
            f"function is {function!r}, and {path.name} has "
            f"{', '.join(names) or 'no function'}; write the name of one that is defined there"
        )
