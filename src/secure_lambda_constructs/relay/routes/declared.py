"""What routes declare is signed with the relay's code, so all of it is known at synth."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Size, Token

from ...errors import InvalidInputError
from ..handler.headers import TOKEN, header_problem
from .parameter import RouteParameter

__all__ = [
    "LARGEST_BODY",
    "byte_count",
    "header_names",
    "header_parameters",
    "known_text",
    "named_parameters",
    "seconds",
    "texts",
]

# Lambda takes and gives 6 MB with a synchronous call, and a body is a third longer in base64:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_BODY = 4 * 1024 * 1024


def known_text(name: str, value: object, *, example: str) -> str:
    """Take a text that goes into the signed code.

    Args:
        name: Name of the argument.
        value: Its value.
        example: What one may write.

    Returns:
        The text.

    Raises:
        InvalidInputError: It is none, is empty, or is known at deployment only.
    """
    if not isinstance(value, str) or not value:
        raise InvalidInputError(f"{name} is {value!r}; write a text, such as {example!r}")
    if Token.is_unresolved(value):
        raise InvalidInputError(
            f"{name} is known at deployment only, and what a relay may do is signed with its code; "
            f"write a text, such as {example!r}"
        )
    return value


def texts(name: str, values: object, *, example: str) -> tuple[str, ...]:
    """Take several texts.

    Args:
        name: Name of the argument.
        values: Its value.
        example: One of them that one may write.

    Returns:
        The texts, each once.

    Raises:
        InvalidInputError: They are no list, or one of them cannot be used.
    """
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise InvalidInputError(f"{name} is {values!r}; write a list: {name}=[{example!r}]")
    return tuple(dict.fromkeys(known_text(name, value, example=example) for value in values))


def byte_count(name: str, size: object) -> int:
    """Take the limit of a body.

    Args:
        name: Name of the argument.
        size: Its value.

    Returns:
        The number of bytes.

    Raises:
        InvalidInputError: It is no size, none that is known, nothing, or more than 4 MiB.
    """
    if not isinstance(size, Size) or size.is_unresolved():
        raise InvalidInputError(f"{name} is {size!r}; write a size, such as Size.kibibytes(16)")
    count = int(size.to_bytes())
    if not 0 < count <= LARGEST_BODY:
        raise InvalidInputError(
            f"{name} is {count:,} bytes; write a size up to Size.mebibytes(4), which is what a "
            "synchronous call of Lambda carries"
        )
    return count


def seconds(name: str, duration: object, *, most: int) -> float:
    """Take a time.

    Args:
        name: Name of the argument.
        duration: Its value.
        most: The longest time, in seconds.

    Returns:
        The seconds.

    Raises:
        InvalidInputError: It is no duration, none that is known, or out of bounds.
    """
    if not isinstance(duration, Duration) or duration.is_unresolved():
        raise InvalidInputError(
            f"{name} is {duration!r}; write a duration, such as Duration.seconds(10)"
        )
    value = float(duration.to_seconds(integral=False))
    if not 0.1 <= value <= most:
        raise InvalidInputError(
            f"{name} is {value:g} seconds; write a duration from Duration.millis(100) to "
            f"Duration.seconds({most}), so that nobody keeps a relay busy"
        )
    return value


def header_names(name: str, values: object, *, example: str) -> tuple[str, ...]:
    """Take names of headers.

    Args:
        name: Name of the argument.
        values: Its value.
        example: One of them that one may write.

    Returns:
        The names in lower case, each once.

    Raises:
        InvalidInputError: One of them is no name of a header.
    """
    names = tuple(dict.fromkeys(text.lower() for text in texts(name, values, example=example)))
    for header in names:
        if not TOKEN.fullmatch(header):
            raise InvalidInputError(
                f"{name} has {header!r}, which is no name of a header; write one such as "
                f"{example!r}"
            )
    return names


def header_parameters(values: object) -> dict[str, RouteParameter]:
    """Take the headers that callers may set.

    Args:
        values: The value of `headers`.

    Returns:
        The parameters by their names in lower case.

    Raises:
        InvalidInputError: One of them is the relay's own, or cannot be used.
    """
    parameters = named_parameters("headers", values, example="idempotency-key")
    lower = {name.lower(): parameter for name, parameter in parameters.items()}
    if len(lower) != len(parameters):
        raise InvalidInputError("headers has a name twice; names of headers know no case")
    header_names("headers", list(lower), example="idempotency-key")
    for header in lower:
        problem = header_problem(header)
        if problem is not None:
            raise InvalidInputError(
                f"headers has what a caller may not set: {problem} (what proves who calls is "
                "written as credential=...)"
            )
    return lower


def named_parameters(name: str, values: object, *, example: str) -> dict[str, RouteParameter]:
    """Take parameters by their names.

    Args:
        name: Name of the argument.
        values: Its value.
        example: A name that one may write.

    Returns:
        The parameters.

    Raises:
        InvalidInputError: They are no mapping of names to parameters.
    """
    if not isinstance(values, Mapping):
        raise InvalidInputError(
            f"{name} is {values!r}; write {name}={{{example!r}: RouteParameter.text()}}"
        )
    for key, parameter in values.items():
        known_text(name, key, example=example)
        if not (key.isascii() and key.isprintable()):
            raise InvalidInputError(f"{name} has {key!r}; write a name of printable ASCII")
        if not isinstance(parameter, RouteParameter):
            raise InvalidInputError(
                f"{name}[{key!r}] is {parameter!r}; write what it may be, such as "
                "RouteParameter.text(max_length=64)"
            )
    return dict(values)
