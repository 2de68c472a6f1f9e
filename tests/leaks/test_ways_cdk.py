"""Each leak path, opened and closed in apps that are written with the CDK's L1 and L2 classes."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from secure_lambda_constructs.checks.model.loading import load

from .ways.program import FORMS, synthesize_ways, ways_of
from .ways.verdicts import ALL_PATHS, assert_closed, assert_open

_WAYS = [(form, key) for form in FORMS for key in ways_of(form)]

Synthesized = Callable[[str], Path]


@pytest.fixture(scope="module")
def synthesized(assemblies: Path) -> Synthesized:
    """Return the folder of the cloud assemblies of a form."""
    return cache(lambda form: synthesize_ways(form, assemblies))


@pytest.mark.parametrize("form", FORMS)
def test_every_path_has_a_way(form: str) -> None:
    assert {way.path_id for way in ways_of(form).values()} == ALL_PATHS


@pytest.mark.parametrize(("form", "key"), _WAYS)
def test_what_is_open_is_seen(form: str, key: str, synthesized: Synthesized) -> None:
    assert_open(load([synthesized(form) / key / "open"]), ways_of(form)[key].opens)


@pytest.mark.parametrize(("form", "key"), _WAYS)
def test_what_is_closed_is_let_through_and_works(
    form: str, key: str, synthesized: Synthesized
) -> None:
    assert_closed(load([synthesized(form) / key / "closed"]), ways_of(form)[key].path_id)
