"""What the tests of the project share: where it is, and the wheel in an environment of its own."""

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


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


def _required(name: str, found: dict[str, metadata.Distribution]) -> None:
    """Add a distribution, and all that it declares to need, to those that were found."""
    distribution = metadata.distribution(name)
    key = canonicalize_name(name)
    if key in found:
        return
    found[key] = distribution
    for line in distribution.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _required(requirement.name, found)


@pytest.fixture(scope="session")
def installed_python(wheel: Path, uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel and what the wheel declares to need.

    The dependencies are links to those of the development environment, so that nothing is
    downloaded; a package that the wheel does not declare is not there.
    """
    environment = tmp_path_factory.mktemp("installed") / "environment"
    python = environment / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--offline", "--python", sys.executable, environment],
        [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel],
    ):
        subprocess.run([str(part) for part in command], check=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    found: dict[str, metadata.Distribution] = {}
    for name in ("aws-cdk-lib", "boto3", "constructs", "jsii"):
        _required(name, found)
    for distribution in found.values():
        files = distribution.files
        assert files, distribution.name
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(distribution.locate_file(top))))
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
