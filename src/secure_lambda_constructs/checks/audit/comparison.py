"""Collecting what differs between a template and what is there, and what cannot be told."""

from collections.abc import Iterable
from typing import Any

from .deployed import Resource
from .findings import Finding
from .intrinsics import has_unknown

__all__ = ["Comparison", "listed"]


class Comparison:
    """Holds a resource against its template, property by property.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.comparison import Comparison
        from secure_lambda_constructs.checks.audit.deployed import Resource

        function = Resource("App", "F", "f", "AWS::Lambda::Function", {"Timeout": 3}, "App/F")
        comparison = Comparison(function, "us-east-1", "arn:aws:lambda:us-east-1:1:function:f")
        comparison.check("Timeout", 3, 900)
        (finding,) = comparison.findings("configuration-changed")
        assert (finding.expected, finding.found) == ("Timeout 3", "Timeout 900")
        ```
    """

    def __init__(
        self, resource: Resource, region: str, identifier: str, trail: tuple[str, ...] = ()
    ) -> None:
        """Set up.

        Args:
            resource: The resource.
            region: Its region.
            identifier: Its ARN, or its id where it has none.
            trail: Names under which CloudTrail may know it; its physical id and `identifier` by
                default.
        """
        self._resource = resource
        self._region = region
        self._identifier = identifier
        self._trail = trail or tuple(dict.fromkeys([resource.physical, identifier]))
        self._expected: list[str] = []
        self._found: list[str] = []
        self._unknown: list[str] = []

    def check(self, name: str, expected: Any, found: Any, *, default: Any = None) -> None:
        """Compare a property.

        Args:
            name: What it is called.
            expected: What the template says; `None` where it says nothing.
            found: What is there; `None` where nothing is.
            default: What nothing stands for.
        """
        expected = default if expected is None else expected
        found = default if found is None else found
        if has_unknown(expected):
            self.cannot_tell(name)
        elif _comparable(expected) != _comparable(found):
            self.differs(f"{name} {_shown(expected)}", f"{name} {_shown(found)}")

    def check_set(self, name: str, expected: Iterable[Any], found: Iterable[Any]) -> None:
        """Compare a property whose values have no order, and tell what was added and removed.

        Args:
            name: What it is called.
            expected: What the template says.
            found: What is there.
        """
        wanted = list(expected)
        if has_unknown(wanted):
            self.cannot_tell(name)
            return
        was, now = {str(each) for each in wanted}, {str(each) for each in found}
        if was - now:
            self.differs(f"{name}: {listed(was - now)}", f"{name}: {listed(was - now)} removed")
        if now - was:
            self.differs("", f"{name}: {listed(now - was)} added")

    def differs(self, expected: str, found: str) -> None:
        """Take notice of a difference.

        Args:
            expected: What should be there, in words; may be empty.
            found: What is there, in words; may be empty.
        """
        self._expected += [expected] if expected else []
        self._found += [found] if found else []

    def cannot_tell(self, name: str) -> None:
        """Take notice of a property that cannot be compared.

        Args:
            name: What it is called, and why, if that is known.
        """
        self._unknown.append(name)

    def findings(self, kind: str, calls: tuple[str, ...] = ()) -> list[Finding]:
        """Return what was found: at most one finding of the kind, and one of what is unknown.

        Args:
            kind: The kind of a difference.
            calls: The calls that bring it about, where they are not all of the kind.
        """
        found = []
        if self._expected or self._found:
            expected = "; ".join(self._expected) or "as in the template"
            found.append(self._finding(kind, expected, "; ".join(self._found), calls))
        if self._unknown:
            what = f"unknown: {', '.join(self._unknown)}"
            found.append(self._finding("cannot-tell", "as in the template", what))
        return found

    def _finding(
        self, kind: str, expected: str, found: str, calls: tuple[str, ...] = ()
    ) -> Finding:
        return Finding(
            kind,
            self._region,
            self._identifier,
            expected,
            found,
            self._resource.path,
            self._trail,
            calls=calls,
        )


def listed(values: Iterable[str]) -> str:
    """Name values in one order.

    Args:
        values: The values.
    """
    return ", ".join(sorted(values))


def _comparable(value: Any) -> Any:
    """Texts of numbers and of truths are what CloudFormation takes them for."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
