"""What the tests of the project share: where it is, and the wheel in an environment of its own."""

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def package(repository: Path) -> Path:
    """The folder of the library's source."""
    return repository / "src" / "secure_lambda_constructs"


@pytest.fixture(scope="session")
def uv() -> Path:
    """The uv of the development environment."""
    return Path(sysconfig.get_path("scripts")) / "uv"


@pytest.fixture(scope="session")
def distribution(repository: Path, uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds the wheel and the sdist, built as `make build` builds them."""
    directory = tmp_path_factory.mktemp("distribution")
    command = [uv, "build", "--quiet", "--offline", "--no-build-isolation"]
    command += ["--python", sys.executable, "--out-dir", directory, repository]
    subprocess.run([str(part) for part in command], check=True)
    return directory


@pytest.fixture(scope="session")
def wheel(distribution: Path) -> Path:
    """The built wheel."""
    (path,) = distribution.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed_python(wheel: Path, uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the library from its wheel.

    The library's dependencies are those of the development environment, found through a path
    file. The path file of the editable installation is not followed from there, so that the
    source of the checkout cannot be imported.
    """
    environment = tmp_path_factory.mktemp("installed") / "environment"
    python = environment / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--offline", "--python", sys.executable, environment],
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel],
    ):
        subprocess.run([str(part) for part in command], check=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="session")
def run_installed(
    installed_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Return a function that runs code in the wheel's environment and returns what it printed."""
    directory = tmp_path_factory.mktemp("elsewhere")

    def run(code: str) -> str:
        done = subprocess.run(
            [str(installed_python), "-P", "-W", "error", "-c", code],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
