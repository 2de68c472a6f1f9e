"""Parameters of paths, queries, headers and forms: whether a value is as its route declares."""

import re
from datetime import date

from .patterns import compiled, pattern_problem
from .routes import Parameter

__all__ = ["check_parameter", "parameter_problem", "pattern_problem"]

_LONGEST = 4096  # a URL of all encoded characters is not much longer
_TEXT = re.compile(r"[ -~]*")
# Canonical, so that one number has one spelling; as long as the numbers of 64 bits.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_parameter(parameter: Parameter, value: str) -> bool:
    """Tell whether a value is as declared.

    Args:
        parameter: The declaration.
        value: What the caller sent, decoded.

    Returns:
        Whether it is, by its type: `text` is printable ASCII of at most `max_length` characters,
        `pattern` matches the whole value, `integer` is in decimal without leading zeros or a plus
        sign, and of at most 19 digits, `one_of` is one of the values, `uuid` is of the form
        8-4-4-4-12 (RFC 9562) in hexadecimal digits that are all lower or all upper case, `date` is
        a day of the calendar as `2026-11-28` (RFC 3339). A type that is not known takes nothing.

    Raises:
        ValueError: The declared pattern is no regular expression.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.parameters import check_parameter
        from secure_lambda_constructs.relay.handler.routes import Parameter

        assert check_parameter(Parameter("integer", minimum=1, maximum=100), "100")
        assert not check_parameter(Parameter("integer"), "+1")
        ```
    """
    match parameter.type:
        case "text":
            return len(value) <= parameter.max_length and bool(_TEXT.fullmatch(value))
        case "pattern":
            return (
                parameter.pattern is not None
                and len(value) <= parameter.max_length
                and bool(compiled(parameter.pattern).fullmatch(value))
            )
        case "integer":
            return bool(_INTEGER.fullmatch(value)) and _within(parameter, int(value))
        case "one_of":
            return value in parameter.values
        case "uuid":
            small = value.lower()
            return bool(_UUID.fullmatch(small)) and value in (small, small.upper())
        case "date":
            return bool(_DATE.fullmatch(value)) and _is_day(value)
    return False


def parameter_problem(parameter: Parameter) -> str | None:
    """Say why a declaration cannot be used.

    Args:
        parameter: The declaration.

    Returns:
        What is wrong, what was given and what to write instead, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.parameters import parameter_problem
        from secure_lambda_constructs.relay.handler.routes import Parameter

        assert parameter_problem(Parameter("pattern", pattern="ch_[0-9]{1,9}")) is None
        assert parameter_problem(Parameter("one_of")) is not None
        ```
    """
    low, high = parameter.minimum, parameter.maximum
    match parameter.type:
        case "text" | "pattern" if not 1 <= parameter.max_length <= _LONGEST:
            return (
                f"the longest value has {parameter.max_length} characters; write a number from 1 "
                f"to {_LONGEST}"
            )
        case "pattern":
            if parameter.pattern is None:
                return "there is no pattern; write a regular expression"
            return pattern_problem(parameter.pattern, longest=parameter.max_length)
        case "integer" if low is not None and high is not None and low > high:
            return (
                f"the least integer is {low}, the greatest {high}; write them the other way round"
            )
        case "one_of" if not parameter.values:
            return "there are no values; write those that it may have"
        case "text" | "integer" | "one_of" | "uuid" | "date":
            return None
    return f"the type is {parameter.type!r}; write text, pattern, integer, one_of, uuid or date"


def _within(parameter: Parameter, number: int) -> bool:
    low, high = parameter.minimum, parameter.maximum
    return (low is None or low <= number) and (high is None or number <= high)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
