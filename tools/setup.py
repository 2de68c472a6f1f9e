"""Makes the development environment: ``python3 tools/setup.py [--with local-aws|checkov]``.

It needs Python 3.11 or newer with pip, and a network for the first run. It brings everything
else, at the versions and hashes the repository records: uv, the Python packages
(``requirements/dev.txt``), Node.js with npm where the machine's is missing or past its end of
life (``requirements/node.txt``), the CDK CLI (``package-lock.json``) and, on request, the local
AWS stand-in and checkov. Everything goes into directories of the repository that git ignores.

A second run finds that nothing has changed and ends at once.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this runs on whatever Python the machine has)
    sys.exit(f"setup: Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}")

import argparse
import fcntl
import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from setup_node import link_wheel, maintained_node, unlink_wheel
from setup_steps import SetupError, Step, digest_of, run_command, run_step

__all__ = ["DevelopmentEnvironment", "main"]

# Increase it when what a step does changes while the files it depends on stay the same.
_REVISION = "1"

_NETWORK_HINT = (
    "check the network and run the same command again; it continues where it stopped. "
    "Behind a mirror, tell uv about it (UV_DEFAULT_INDEX): it does not read pip's settings"
)

_AWS_HINT = (
    "it runs on Linux on x86_64, on Python 3.11 (name one with `make ... PYTHON=python3.11`); "
    "if this is one, check the network and run the same command again"
)


class DevelopmentEnvironment:
    """The environment of one checkout, and the steps that make it."""

    def __init__(self, repository: Path, log: Callable[[str], None]) -> None:
        """Look at the machine; nothing is changed yet."""
        self._repository = repository
        self._log = log
        self._environment = repository / ".venv"
        self._bin = self._environment / "bin"
        self._python = self._bin / "python"
        self._uv = self._bin / "uv"
        self._modules = repository / "node_modules"
        # The interpreter outside of every virtual environment: ours may be the one that runs this.
        self._base_python = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
        self._machine_node = maintained_node(
            search_path=os.environ.get("PATH", os.defpath),
            ignore=[self._bin, self._modules / ".bin"],
        )

    def pending(self) -> list[str]:
        """Return the titles of the steps that `make` would run."""
        return [step.title for step in self._steps() if not step.is_done()]

    def make(self) -> None:
        """Run the steps that are needed.

        Raises:
            SetupError: A step failed.
        """
        for step in self._steps():
            run_step(step, self._log)

    def add_local_aws(self) -> None:
        """Install the local AWS stand-in, which decides itself what there is to do.

        Raises:
            SetupError: It failed.
        """
        location = self._repository / "tools" / "local_aws" / "install.py"
        spec = importlib.util.spec_from_file_location("local_aws_install", location)
        if spec is None or spec.loader is None or not location.is_file():
            raise SetupError(f"the installer of the local AWS stand-in is missing: {location}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        try:
            module.install(
                repository=self._repository,
                uv=self._uv,
                python=self._python,
                node_bin=self._node_directory(),
                log=self._log,
            )
        except module.InstallError as error:
            raise SetupError(f"the local AWS stand-in: {error}\nwhat to do: {_AWS_HINT}") from error

    def add_checkov(self) -> None:
        """Install checkov in an environment of its own, because its requirements exclude ours.

        Raises:
            SetupError: It failed.
        """
        requirements = self._repository / "requirements" / "checkov.txt"
        environment = self._repository / ".checkov"
        step = Step(
            title="checkov, in .checkov",
            stamp=environment / ".setup",
            digest=digest_of(
                *(_REVISION, str(self._base_python), sys.version, str(environment)), requirements
            ),
            makes=[environment / "bin" / "python", environment / "bin" / "checkov"],
            run=lambda: self._make_checkov(environment, requirements),
        )
        run_step(step, self._log)

    def _steps(self) -> Iterator[Step]:
        requirements = self._repository / "requirements"
        lists = [requirements / "dev.txt"]
        if self._machine_node is None:
            lists.append(requirements / "node.txt")
        # Each digest holds the one before it: what comes later is lost when the earlier is redone.
        python = digest_of(_REVISION, str(self._base_python), sys.version, str(self._environment))
        uv = digest_of(python, requirements / "uv.txt")
        packages = digest_of(uv, *lists)
        project = digest_of(packages, self._repository / "pyproject.toml")
        node = digest_of(
            _REVISION,
            *(self._repository / name for name in ("package.json", "package-lock.json", ".npmrc")),
            self._machine_node.version if self._machine_node else "wheel",
        )
        stamps = self._environment / ".setup"
        yield Step(
            title=f"Python environment .venv ({sys.version.split()[0]})",
            stamp=stamps / "python",
            digest=python,
            makes=[self._python],
            run=self._make_python,
        )
        yield Step(
            title="uv, the installer",
            stamp=stamps / "uv",
            digest=uv,
            makes=[self._uv],
            run=lambda: self._make_uv(requirements / "uv.txt"),
        )
        yield Step(
            title="Python packages" + ("" if self._machine_node else " and Node.js"),
            stamp=stamps / "packages",
            digest=packages,
            makes=[self._uv, self._bin / "pytest", *([] if self._machine_node else self._links())],
            run=lambda: self._make_packages(lists),
        )
        yield Step(
            title="this project, editable",
            stamp=stamps / "project",
            digest=project,
            makes=[],
            run=self._make_project,
        )
        yield Step(
            title="CDK CLI and test tools from npm",
            stamp=self._modules / ".setup",
            digest=node,
            makes=[self._modules / ".bin" / "cdk"],
            run=self._make_node_modules,
        )

    def _make_python(self) -> None:
        if self._environment.is_symlink() or self._environment.is_file():
            raise SetupError(f"{self._environment} is not a directory; move it away")
        if self._environment.exists():
            shutil.rmtree(self._environment)
        # Without pip: neither ensurepip (a package of its own on Debian) nor its time is needed.
        self._run(
            *(self._base_python, "-m", "venv", "--without-pip", self._environment),
            hint="see that this Python has its venv module and that the directory is writable",
        )

    def _make_uv(self, requirements: Path) -> None:
        self._run(
            *(self._base_python, "-m", "pip", "--python", self._python),
            *("install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary", ":all:", "--require-hashes", "-r", requirements),
            hint=f"see that `{self._base_python} -m pip --version` says 22.3 or newer, and that "
            "pip reaches its package index",
        )

    def _make_packages(self, lists: Sequence[Path]) -> None:
        self._run(
            *(self._uv, "pip", "sync", "--quiet", "--python", self._python, "--require-hashes"),
            *lists,
            hint=_NETWORK_HINT,
        )
        if self._machine_node is None:
            link_wheel(self._environment)
        else:
            unlink_wheel(self._environment)

    def _make_project(self) -> None:
        self._run(
            *(self._uv, "pip", "install", "--quiet", "--python", self._python),
            *("--offline", "--no-deps", "--no-build-isolation", "--editable", self._repository),
            hint="pyproject.toml is generated: see what `git diff pyproject.toml` shows",
        )

    def _make_node_modules(self) -> None:
        self._run(
            *(self._node_directory() / "npm", "ci", "--loglevel=error"),
            hint="check the network and npm's settings, and run the same command again",
        )

    def _make_checkov(self, environment: Path, requirements: Path) -> None:
        python = environment / "bin" / "python"
        if environment.is_symlink() or environment.is_file():
            raise SetupError(f"{environment} is not a directory; move it away")
        if environment.exists():
            shutil.rmtree(environment)
        self._run(
            *(self._uv, "venv", "--quiet", "--python", self._base_python, environment),
            hint="see that the directory is writable",
        )
        self._run(
            *(self._uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes"),
            requirements,
            hint=_NETWORK_HINT,
        )

    def _run(self, *command: str | Path, hint: str) -> None:
        path = [self._bin, self._node_directory()]
        run_command(command, directory=self._repository, path=path, hint=hint)

    def _node_directory(self) -> Path:
        return self._machine_node.directory if self._machine_node else self._bin

    def _links(self) -> list[Path]:
        return [self._bin / name for name in ("node", "npm", "npx")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the set-up and return the exit code: 0 done, 1 failed."""
    parser = argparse.ArgumentParser(
        prog="tools/setup.py", description="Make the development environment of this checkout."
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        default=[],
        choices=["checkov", "local-aws"],
        help="also install checkov, which lints the examples, or the local AWS stand-in, which the "
        "demo and the tests need",
    )
    options = parser.parse_args(arguments)
    started = time.monotonic()
    repository = Path(__file__).resolve().parent.parent
    try:
        with _one_at_a_time():
            environment = DevelopmentEnvironment(repository, _say)
            environment.make()
            if "local-aws" in options.extras:
                environment.add_local_aws()
            if "checkov" in options.extras:
                environment.add_checkov()
    except SetupError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; run the same command again to continue")
        return 130
    _say(f"ready ({time.monotonic() - started:.1f} s)")
    return 0


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let two targets started at the same time not work on the same directories."""
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another set-up of this checkout to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
