"""Every parameter of the CDK's function is offered, set or left out, and the docs say which."""

import inspect
import re
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SignedVpcFunction

PAGE = Path(__file__).resolve().parents[2] / "docs" / "functions.md"
# What the function of the CDK has no word for.
OWN = {
    "environment_variables_that_may_load_code",
    "log_encryption_key",
    "network",
    "signing",
}


def keywords(callable_: object) -> set[str]:
    """The keyword-only parameters of an initializer."""
    assert callable(callable_)
    parameters = inspect.signature(callable_).parameters.values()
    return {item.name for item in parameters if item.kind is item.KEYWORD_ONLY}


def table() -> dict[str, str]:
    """What becomes of each parameter, by the table in the docs."""
    section = PAGE.read_text().partition("\n## Every parameter")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|(.*)\|$", section, re.MULTILINE)
    assert [name for name, _, _ in rows] == sorted({name for name, _, _ in rows})
    # What is not offered needs a reason.
    assert [name for name, fate, why in rows if fate != "offered" and not why.strip()] == []
    return {name: fate for name, fate, _ in rows}


def test_every_parameter_of_the_cdk_is_in_the_table() -> None:
    assert set(table()) == keywords(lambda_.FunctionProps.__init__)


def test_what_is_offered_is_a_parameter_and_nothing_else_is() -> None:
    offered = {name for name, fate in table().items() if fate == "offered"}
    assert keywords(SignedVpcFunction.__init__) == offered | OWN
    assert set(table().values()) == {"left out", "offered", "set"}


def test_each_parameter_has_its_place_in_the_docstring() -> None:
    documented = inspect.getdoc(SignedVpcFunction.__init__) or ""
    names = re.findall(r"^    (\w+): ", documented, re.MULTILINE)
    assert set(names) - {"scope", "id", "InvalidInputError"} == keywords(SignedVpcFunction.__init__)


def test_options_of_asynchronous_calls_are_the_cdks() -> None:
    assert keywords(lambda_.EventInvokeConfigOptions.__init__) <= keywords(
        SignedVpcFunction.__init__
    )
