"""`RouteParameter`: what a caller may fill in."""

from ...errors import InvalidInputError
from ..handler.patterns import pattern_problem
from ..handler.routes import Parameter

__all__ = ["RouteParameter"]

_LONGEST = 1024
_INTEGER_BITS = 63


class RouteParameter:
    """What a parameter of a path, a query, a header or a form may be.

    What callers can fill in is what they can carry out. So each parameter is as narrow as it can
    be: a choice, a number, an identifier; a text only where nothing else will do.

    Example:
        ```python
        from secure_lambda_constructs import RouteParameter

        charge = RouteParameter.pattern("ch_[A-Za-z0-9]{1,32}")
        page = RouteParameter.integer(minimum=1, maximum=1000)
        order = RouteParameter.one_of("asc", "desc")
        ```
    """

    def __init__(self, parameter: Parameter) -> None:
        """Wrap what the handler reads; the class methods make it.

        Args:
            parameter: The parameter, as it is signed with the relay's code.
        """
        self._parameter = parameter

    @property
    def parameter(self) -> Parameter:
        """The parameter, as it is signed with the relay's code."""
        return self._parameter

    @classmethod
    def text(cls, *, max_length: int = 128) -> "RouteParameter":
        """Any printable ASCII.

        Args:
            max_length: The most characters, up to 1,024. By default 128.

        Returns:
            The parameter.

        Raises:
            InvalidInputError: The length cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            description = RouteParameter.text(max_length=40)
            ```
        """
        return cls(Parameter("text", max_length=_length(max_length)))

    @classmethod
    def pattern(cls, pattern: str, *, max_length: int = 128) -> "RouteParameter":
        """What a regular expression matches as a whole.

        Args:
            pattern: The expression, in the syntax of Python's `re`. Refused is what may take the
                relay's time: repeated groups, look-around and back references.
            max_length: The most characters, up to 1,024. By default 128.

        Returns:
            The parameter.

        Raises:
            InvalidInputError: The pattern or the length cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            currency = RouteParameter.pattern("[A-Z]{3}")
            ```
        """
        length = _length(max_length)
        if not isinstance(pattern, str):
            raise InvalidInputError(f"pattern is {pattern!r}; write a text, such as '[A-Z]{{3}}'")
        problem = pattern_problem(pattern, longest=length)
        if problem is not None:
            raise InvalidInputError(problem)
        return cls(Parameter("pattern", pattern=pattern, max_length=length))

    @classmethod
    def integer(cls, *, minimum: int, maximum: int) -> "RouteParameter":
        """A whole number, written without a plus sign or leading zeros.

        Args:
            minimum: The least one.
            maximum: The greatest one.

        Returns:
            The parameter.

        Raises:
            InvalidInputError: The bounds cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            limit = RouteParameter.integer(minimum=1, maximum=100)
            ```
        """
        for name, bound in (("minimum", minimum), ("maximum", maximum)):
            if not _is_integer(bound) or abs(bound) >= 2**_INTEGER_BITS:
                raise InvalidInputError(
                    f"{name} is {bound!r}; write a whole number of at most {_INTEGER_BITS} bits"
                )
        if minimum > maximum:
            raise InvalidInputError(
                f"minimum is {minimum} and maximum {maximum}, so that no number fits; write "
                f"integer(minimum={maximum}, maximum={minimum})"
            )
        return cls(Parameter("integer", minimum=minimum, maximum=maximum))

    @classmethod
    def one_of(cls, *values: str) -> "RouteParameter":
        """One of some values.

        Args:
            *values: The values, of printable ASCII. A single one is a constant.

        Returns:
            The parameter.

        Raises:
            InvalidInputError: There is no value, or one of them cannot be used.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            version = RouteParameter.one_of("2026-11-01")
            ```
        """
        if not values:
            raise InvalidInputError("one_of has no value; write one_of('asc', 'desc')")
        for value in values:
            if not (isinstance(value, str) and value.isascii() and value.isprintable()):
                raise InvalidInputError(
                    f"one_of has {value!r}; write texts of printable ASCII: one_of('asc', 'desc')"
                )
            _length(len(value) or 1)
        return cls(Parameter("one_of", values=tuple(dict.fromkeys(values))))

    @classmethod
    def uuid(cls) -> "RouteParameter":
        """A UUID with its hyphens, such as `6f1c1f6e-8a41-4f0f-8a3b-0d5f6f0c8a11`.

        Returns:
            The parameter.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            key = RouteParameter.uuid()
            ```
        """
        return cls(Parameter("uuid"))

    @classmethod
    def date(cls) -> "RouteParameter":
        """A day, such as `2026-11-28`.

        Returns:
            The parameter.

        Example:
            ```python
            from secure_lambda_constructs import RouteParameter

            day = RouteParameter.date()
            ```
        """
        return cls(Parameter("date"))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _length(length: int) -> int:
    """Take a number of characters."""
    if not _is_integer(length) or not 1 <= length <= _LONGEST:
        raise InvalidInputError(
            f"a parameter of {length!r} characters was asked for; write 1 to {_LONGEST:,}"
        )
    return length
