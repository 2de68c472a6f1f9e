"""A finding says what one resource does; every path says what is done with it, and the mend."""

import re
from collections.abc import Callable
from importlib import import_module

import pytest

import secure_lambda_constructs as library
from secure_lambda_constructs.checks.judgement import Finding, judge
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, SIGNING, LeakPath
from secure_lambda_constructs.checks.leaks.reasons import Reason, grouped, told
from secure_lambda_constructs.checks.leaks.register import path
from secure_lambda_constructs.checks.model.values import Unknown

from .simulator import Simulator
from .synthesis import ARTICLE

ALL = {**PATHS, **SIGNING}


@pytest.mark.parametrize("path_id", sorted(ALL))
def test_every_path_says_what_is_done_and_what_to_write(path_id: str) -> None:
    leak = ALL[path_id]
    # One sentence, with a subject of its own.
    assert re.fullmatch(r"[A-Z].*\w\.", leak.attack), leak.attack
    assert ". " not in leak.attack
    assert leak.mend[0].isupper()
    assert leak.mend.endswith(".")
    assert "  " not in leak.mend
    # Said for those who use the library, and for those who do not.
    own = r"Isolated|SignedVpc|EgressRelay|CodeSigningInjector"
    assert re.search(own, leak.mend), leak.mend


def test_an_id_is_taken_once() -> None:
    register: dict[str, LeakPath] = {}
    make = path("X01", "x", attack="", mend="", register=register)
    check = make(lambda case: [])
    assert register["X01"].check is check
    with pytest.raises(ValueError, match="two checks for X01"):
        make(lambda case: [])


def test_one_cause_is_one_reason_with_the_number_of_the_others() -> None:
    found = [
        Reason(None, "lets out", "80"),
        Reason(None, "lets out", "80"),
        Reason(None, "is open"),
        Reason(None, "lets out", "443"),
        Reason(None, "lets out", "22"),
    ]
    assert list(map(str, grouped(found))) == ["lets out: 80 (and 2 more)", "is open"]


def test_what_is_unknown_says_why() -> None:
    assert told(Unknown("parameter X has no default")) == (
        "something unknown (parameter X has no default)"
    )
    assert told("vpc-1") == "vpc-1"


def test_a_finding_names_its_resource(case_of: Callable[[str], Case], simulator: Simulator) -> None:
    case = case_of(ARTICLE)
    verdict = judge(case.world, simulator)
    by_id = {each.id: each for each in verdict.paths}
    (endpoint,) = case.endpoints
    (found,) = by_id["P01"].findings
    assert found == Finding(
        path_id="P01",
        stack=endpoint.resource.stack,
        logical_id=endpoint.resource.logical_id,
        construct_path=endpoint.resource.construct_path,
        reason=found.reason,
        cause="lets keys of another account through to what is that account's",
    )
    assert re.fullmatch(r".*: dynamodb:\w+ on .* \(and \d+ more\)", found.reason)
    assert found.reason.startswith(found.cause)
    assert (by_id["P01"].attack, by_id["P01"].mend) == (PATHS["P01"].attack, PATHS["P01"].mend)


def test_hundreds_of_questions_are_a_few_findings(
    case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    verdict = judge(case_of(ARTICLE).world, simulator)
    assert {each.id: len(each.findings) for each in verdict.open} == {
        "D01": 1,
        "I01": 1,
        "I02": 1,
        "I03": 1,
        "I06": 1,
        "N09": 1,
        "N10": 1,
        "P01": 1,
    }


_OURS = re.compile(r"\b((?:Signed|Isolated|Egress|CodeSigning)[A-Z]\w+)(?:\.(\w+))?")
_CDKS = re.compile(r"\b(ec2|iam|kms|lambda_|logs|route53resolver|sqs)\.(\w+)(?:\.(\w+))?")


@pytest.mark.parametrize("path_id", sorted(ALL))
def test_what_a_mend_names_exists(path_id: str) -> None:
    mend = ALL[path_id].mend
    for module, name, member in _CDKS.findall(mend):
        found = getattr(import_module(f"aws_cdk.aws_{module.rstrip('_')}"), name)
        assert not member or hasattr(found, member), f"{module}.{name}.{member}"
    for name, member in _OURS.findall(_CDKS.sub("", mend)):
        found = getattr(library, name)
        assert not member or hasattr(found, member), f"{name}.{member}"
