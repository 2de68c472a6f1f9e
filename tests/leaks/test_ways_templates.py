"""Each leak path, opened and closed in an app that is written as templates which no CDK made."""

from pathlib import Path

import pytest

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.model.loading import load
from secure_lambda_constructs.checks.model.world import World

from .ways.templates import BREAKAGES, WAYS, template_of, write
from .ways.verdicts import ALL_PATHS, assert_closed, assert_open


def _world(key: str, state: str, folder: Path) -> World:
    way = WAYS[key]
    template = template_of(way.apps, *(way.open if state == "open" else way.closed))
    files = write(template, way.form, folder / state)
    return load(files, parameters=way.given.get(state), region=way.region)


def test_every_path_has_a_way() -> None:
    assert {way.path_id for way in WAYS.values()} == ALL_PATHS


@pytest.mark.parametrize("key", WAYS)
def test_what_is_open_is_seen(key: str, tmp_path: Path) -> None:
    assert_open(_world(key, "open", tmp_path), WAYS[key].opens)


@pytest.mark.parametrize("key", WAYS)
def test_what_is_closed_is_let_through_and_works(key: str, tmp_path: Path) -> None:
    assert_closed(_world(key, "closed", tmp_path), WAYS[key].path_id)


@pytest.mark.parametrize("key", BREAKAGES)
def test_closing_by_breaking_is_seen(key: str, tmp_path: Path) -> None:
    breakage = BREAKAGES[key]
    template = template_of(breakage.apps, breakage.change)
    world = load(write(template, breakage.form, tmp_path / "shop"))
    assert set(judge(world, default_evaluator()).broken) == breakage.breaks
