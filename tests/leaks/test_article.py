"""The article's own stack, judged by the same checks: what they find there is known.

The threat model counts 22 of the 30 paths that are present in it as closed. It does not say which
eight are open; these are the ones its table of controls names as missing from the article.
"""

from collections.abc import Callable

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths, present_paths

from .synthesis import ARTICLE

# No S3, Lambda or other interface endpoint, and no relay: nothing to leave by.
ABSENT = {f"P{n:02}" for n in range(3, 12)} | {f"R{n:02}" for n in range(1, 6)}

OPEN = {
    "D01": "no DNS firewall",
    "I01": "the rights to make network interfaces hold everywhere",
    "I02": "the rights to make network interfaces hold everywhere",
    "I03": "the code may make network interfaces",
    "I06": "the role may write to every group of /aws/lambda/",
    "N09": "the CDK's security group lets everything out",
    "N10": "the CDK's security group lets everything out",
    "P01": "the endpoint has the default policy",
}


@pytest.fixture(scope="module")
def article(case_of: Callable[[str], Case]) -> Case:
    return case_of(ARTICLE)


def test_the_known_holes_are_found_and_no_other(article: Case) -> None:
    assert set(open_paths(article)) == set(OPEN)


def test_22_of_the_30_present_paths_are_closed(article: Case) -> None:
    present = set(present_paths(article))
    assert present == set(PATHS) - ABSENT
    assert len(present) == 30
    assert len(present - set(open_paths(article))) == 22
    assert {e.service for e in article.endpoints} == {"dynamodb"}
    assert article.outside == []
