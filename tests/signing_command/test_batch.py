"""Many assets at once, without AWS: what is shared, and what one does to the others."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs import SigningError
from secure_lambda_constructs.signing.command.assembly import Asset
from secure_lambda_constructs.signing.command.batch import Outcome, State, Task, sign_together
from secure_lambda_constructs.signing.command.traffic import StoppedError, Traffic
from secure_lambda_constructs.signing.command.workspace import Workspace

MakeRequest = Callable[..., Any]


def _published() -> bool:
    return True


@pytest.fixture
def make_task(assembly: Path, make_request: MakeRequest) -> Callable[..., Task]:
    def make(number: int, is_published: Callable[[], bool] = _published) -> Task:
        def no_aws() -> Any:
            raise SigningError("there is no AWS here")

        request = make_request(identity=f"{number:064x}")
        asset = Asset(assembly / "asset.code", assembly)
        return Task(request, asset, no_aws, is_published)

    return make


def _run(
    tasks: list[Task],
    assembly: Path,
    go_on: Callable[[Outcome], bool] = lambda outcome: True,
    **options: Any,
) -> list[Outcome]:
    outcomes: list[Outcome] = []

    def on_outcome(outcome: Outcome) -> bool:
        outcomes.append(outcome)
        return go_on(outcome)

    workspace = Workspace(assembly)
    with workspace.opened():
        sign_together(tasks, workspace, Traffic(4), on_outcome, **options)
    assert not workspace.folder.exists()
    return outcomes


def _unlucky() -> bool:
    raise KeyError("nobody thought of this")


def test_what_nobody_thought_of_fails_one_asset_only(
    assembly: Path, make_task: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    tasks = [make_task(0), make_task(1, _unlucky), make_task(2)]
    tasks[1] = tasks[1]._replace(request=tasks[1].request._replace(debug=True))
    outcomes = {outcome.task.request.identity[-1]: outcome for outcome in _run(tasks, assembly)}
    assert [outcomes[name].state for name in "012"] == [
        State.PUBLISHED,
        State.FAILED,
        State.PUBLISHED,
    ]
    assert outcomes["1"].reason.startswith("unexpected KeyError ('nobody thought of this'): repeat")
    assert "Traceback" in capfd.readouterr().err


def test_a_failure_is_told_with_its_reason(assembly: Path, make_task: Any) -> None:
    [outcome] = _run([make_task(0, lambda: False)], assembly)
    assert (outcome.state, outcome.reason) == (State.FAILED, "there is no AWS here")


def test_the_others_are_left_undone_when_told_so(assembly: Path, make_task: Any) -> None:
    tasks = [make_task(number) for number in range(50)]
    assert len(_run(tasks, assembly, lambda outcome: False)) == 1


def test_the_others_are_left_undone_when_patience_ends(assembly: Path, make_task: Any) -> None:
    began = time.monotonic()

    def slow() -> bool:
        time.sleep(1.5)
        return True

    outcomes = _run([make_task(0), make_task(1, slow)], assembly, patience=lambda: 0.2)
    assert [outcome.task.request.identity[-1] for outcome in outcomes] == ["0"]
    assert time.monotonic() - began < 5


def test_what_ends_a_program_ends_it_from_a_thread_too(assembly: Path, make_task: Any) -> None:
    def leave() -> bool:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        _run([make_task(0, leave)], assembly)


# --- traffic --------------------------------------------------------------------------------------


def test_others_learn_from_the_first_job_how_long_one_takes() -> None:
    traffic = Traffic(4)
    first = traffic.poll(time.monotonic() + 10)
    asked = [next(first) for _ in range(4)]
    first.close()  # the job has ended
    second = traffic.poll(time.monotonic() + 10)
    assert next(second) == pytest.approx(asked[-1], abs=0.15)
    assert next(second) - asked[-1] < 0.5, "a job that takes longer is asked about soon again"
    second.close()


def test_the_time_of_a_job_is_bounded_while_it_waits_for_the_first() -> None:
    traffic = Traffic(4)
    first = traffic.poll(time.monotonic() + 60)
    next(first)
    second = traffic.poll(time.monotonic() + 0.3)
    assert next(second) == pytest.approx(0.3, abs=0.2)
    first.close()
    second.close()


def test_nothing_begins_and_nothing_waits_after_a_stop() -> None:
    traffic = Traffic(4)
    polls = traffic.poll(time.monotonic() + 60)
    next(polls)
    traffic.stop()
    with pytest.raises(StoppedError):
        next(polls)
    with pytest.raises(StoppedError), traffic.transfer():
        pytest.fail("it went on")


def test_a_single_asset_has_no_patience_beyond_botocores() -> None:
    assert Traffic().may_repeat() is False
    assert Traffic(patient=True).may_repeat() is True


# --- the workspace --------------------------------------------------------------------------------


def test_what_a_thread_left_behind_is_removed(assembly: Path) -> None:
    workspace = Workspace(assembly)
    with workspace.opened():
        left = workspace.temporary()
        temporary = left.__enter__()
        assert temporary.path.exists()
    assert not temporary.path.exists()
    assert not workspace.folder.exists()
    left.__exit__(None, None, None)
