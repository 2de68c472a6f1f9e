"""The command in the asset manifest: it starts the program, or says in a sentence why not."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from secure_lambda_constructs.signing.command.launcher import launch_command

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs /bin/sh")
SOURCES = Path(__file__).parents[2] / "src"
VARIANTS = [pytest.param(False, marks=posix), True]
REMEDY = "set the context key secure-lambda-constructs:python or the parameter python="


def _run(
    command: list[str], directory: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        command,
        cwd=directory,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr.strip()


@posix
def test_the_form_of_the_command() -> None:
    command = launch_command("python3", ["--source", "it's $HOME `here`"])
    assert command[:2] == ["/bin/sh", "-c"]
    assert command[3:] == ["secure-lambda-sign", "python3", "--source", "it's $HOME `here`"]
    assert all(isinstance(part, str) for part in command)


@pytest.mark.parametrize("windows", VARIANTS)
def test_it_starts_the_program_with_its_arguments(windows: bool, tmp_path: Path) -> None:
    result = _run(launch_command(sys.executable, ["--help"], windows=windows), tmp_path)
    assert result.returncode == 0, result.stderr
    assert "usage: secure-lambda-sign" in result.stdout


@pytest.mark.parametrize("windows", VARIANTS)
def test_arguments_arrive_as_they_are(windows: bool, tmp_path: Path) -> None:
    source = 'it\'s "$HOME" `id` a\tb \\ *'
    options = ["--assembly", "x", "--id", "0" * 64, "--profile-name", "P", "--bucket", "b"]
    arguments = ["--source", source, *options, "--baseline-stack", "S"]
    result = _run(launch_command(sys.executable, arguments, windows=windows), tmp_path)
    assert result.returncode == 1
    sentence = _one_sentence(result)
    assert 'cannot sign it\'s "$HOME" `id` a b \\ *: the cloud assembly with' in sentence


@posix
@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox", "zsh", "ksh"])
def test_every_shell_understands_it(shell: str, tmp_path: Path) -> None:
    places = [Path(folder, shell) for folder in ("/bin", "/usr/bin", "/usr/local/bin")]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        pytest.skip(f"the shell {shell} is not installed")
    prefix = [str(found), "sh"] if shell == "busybox" else [str(found)]
    good = [*prefix, *launch_command(sys.executable, ["--help"])[1:]]
    assert _run(good, tmp_path).returncode == 0
    bad = [*prefix, *launch_command("/no/python", [])[1:]]
    assert _run(bad, tmp_path).returncode == 127


@posix
@pytest.mark.parametrize("python", ["/no/such/python3", "no-such-python"])
def test_a_missing_interpreter(python: str, tmp_path: Path) -> None:
    result = _run(launch_command(python, ["--source", "x"]), tmp_path)
    assert result.returncode == 127
    assert _one_sentence(result) == (
        f"cannot sign: there is no Python interpreter {python} here: {REMEDY}"
    )


@posix
def test_an_interpreter_whose_target_is_gone(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(tmp_path / "uninstalled")
    result = _run(launch_command(str(tmp_path / "python"), []), tmp_path)
    assert result.returncode == 127
    assert "there is no Python interpreter" in _one_sentence(result)


@posix
def test_an_interpreter_is_found_on_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "my-python").symlink_to(sys.executable)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    result = _run(
        launch_command("my-python", ["--help"]), tmp_path, PATH=path, PYTHONPATH=str(SOURCES)
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("windows", VARIANTS)
def test_a_missing_package(windows: bool, tmp_path: Path) -> None:
    """An environment of its own has none of our packages."""
    environment = tmp_path / "bare"
    venv.create(environment, symlinks=True)
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    result = _run(launch_command(str(python), [], windows=windows), tmp_path, PYTHONPATH="")
    assert result.returncode == 1
    sentence = _one_sentence(result)
    assert f"secure-lambda-constructs is not installed for {python}" in sentence
    assert "pip install it where the assets are published" in sentence


@posix
def test_a_missing_boto3_is_named(assembly: Path, identity: str) -> None:
    environment = assembly.parent / "bare"
    venv.create(environment, symlinks=True)
    options = ["--assembly", "cdk.out", "--id", identity, "--profile-name", "P", "--bucket", "b"]
    result = _run(
        launch_command(
            str(environment / "bin" / "python"),
            ["--source", "asset.code", *options, "--baseline-stack", "S"],
        ),
        assembly.parent,
        PYTHONPATH=str(SOURCES),
    )
    assert result.returncode == 1
    assert "the Python package botocore is missing" in _one_sentence(result)
    assert not (assembly / "signed-assets").exists()


@posix
def test_another_missing_module_is_not_hidden(tmp_path: Path) -> None:
    """A defect must not be taken for a missing installation."""
    broken = tmp_path / "broken" / "secure_lambda_constructs" / "signing" / "command"
    broken.mkdir(parents=True)
    for folder in (broken, broken.parent, broken.parent.parent):
        (folder / "__init__.py").touch()
    (broken / "main.py").write_text("import no_such_module\n")
    result = _run(launch_command(sys.executable, []), tmp_path, PYTHONPATH=str(tmp_path / "broken"))
    assert result.returncode == 1
    assert "No module named 'no_such_module'" in result.stderr


@posix
def test_too_old_a_python(tmp_path: Path) -> None:
    """The version is patched, since no old interpreter is at hand."""
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 1, 'final', 0)")
    result = _run(launch_command(sys.executable, ["--help"]), tmp_path, PYTHONPATH=str(folder))
    assert result.returncode == 1
    sentence = _one_sentence(result)
    assert "is Python 3.9 and 3.11 is the oldest that will do" in sentence
    assert REMEDY in sentence


@pytest.mark.parametrize("windows", VARIANTS)
@pytest.mark.parametrize(
    "module", ["boto3", "botocore", "argparse", "zipfile", "secure_lambda_constructs"]
)
def test_the_working_directory_cannot_take_over(
    module: str, windows: bool, assembly: Path, identity: str
) -> None:
    """A project with a file of that name must not run it with the signer's credentials."""
    mark = assembly.parent / "taken-over"
    (assembly.parent / f"{module}.py").write_text(f"open({str(mark)!r}, 'w')\n")
    options = ["--assembly", "cdk.out", "--id", identity, "--profile-name", "P", "--bucket", "b"]
    result = _run(
        launch_command(
            sys.executable,
            ["--source", "asset.code", *options, "--baseline-stack", "S"],
            windows=windows,
        ),
        assembly.parent,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_REGION="us-east-1",
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_CONFIG_FILE=os.devnull,
    )
    assert result.returncode == 1
    assert "no AWS credentials were found" in _one_sentence(result)
    assert not mark.exists()


@posix
def test_the_control_a_plain_start_is_taken_over(tmp_path: Path) -> None:
    """Shows that the test above can fail."""
    (tmp_path / "argparse.py").write_text("raise SystemExit('taken over')\n")
    result = _run(
        [sys.executable, "-c", "import secure_lambda_constructs.signing.command.main"], tmp_path
    )
    assert "taken over" in result.stderr


def test_the_program_survives_the_shells_quotes() -> None:
    script = launch_command("python3", [])[2]
    assert script.count("'") == 2
