"""Runs the code of the README, of the docs and of the docstrings as tests.

Every fenced ``python`` block is executed. The blocks of one Markdown file share their names, as
one program would; a docstring's block starts from the names that `_example_names` gives it. All
run in a directory that has a ``lambda`` folder, like a small project.
"""

import os
import shutil
import signal
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_plugins = ["local_aws.pytest_plugin"]

# Whoever starts the tests may have signals ignored (`nohup`, a shell's background job), and every
# process that the tests start and interrupt would inherit that.
if os.name == "posix":
    for _signal, _default in (
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
    ):
        if signal.getsignal(_signal) is signal.SIG_IGN:
            signal.signal(_signal, _default)

# The marks of files that take long, the longest first.
_SLOWEST = ("e2e", "long")

_HANDLER = "def handler(event, context):\n    return event\n"

# The CDK validates the templates of each app, by an engine that takes longer to start than the rest
# of a synth does. It only warns, unless a feature flag is set: tests that set the flag add the
# engine themselves, and the linting of the examples has it on.
os.environ["CDK_VALIDATION"] = "false"

# Where Python may not leave bytecode beside the sources (`PYTHONDONTWRITEBYTECODE`), each process
# that the tests start would compile the CDK anew, which takes longer than to synthesize an app.
_bytecode = Path(__file__).parent / ".cache" / "bytecode" if sys.dont_write_bytecode else None
if _bytecode is not None:
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(_bytecode)

# jsii resolves relative paths against the directory it was started in, whatever the directory is
# later, and it starts with the first import of aws_cdk: so that happens here, in the project that
# the examples take themselves to be in.
_project = tempfile.TemporaryDirectory(prefix="docs-")
_home = Path.cwd()
Path(_project.name, "lambda").mkdir()
Path(_project.name, "lambda", "index.py").write_text(_HANDLER)
os.chdir(_project.name)
cdk = import_module("aws_cdk")
os.chdir(_home)


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_xdist_auto_num_workers() -> int:
    """Say how many workers `auto` means: two more than cores, as deployments wait a lot."""
    return (os.cpu_count() or 1) + 2


def pytest_unconfigure() -> None:
    """Remove the project, and the bytecode of what was in temporary directories."""
    _project.cleanup()
    if _bytecode is not None:
        temporary = Path(tempfile.gettempdir()).relative_to("/")
        shutil.rmtree(_bytecode / temporary, ignore_errors=True)


def _enter_project(namespace: dict[str, Any]) -> None:
    os.chdir(_project.name)


def _leave_project(namespace: dict[str, Any]) -> None:
    os.chdir(_home)


def _enter_docstring(namespace: dict[str, Any]) -> None:
    _enter_project(namespace)
    namespace.update(_example_names())


def _example_names() -> dict[str, Any]:
    """Return the names that an example in a docstring may use without making them."""
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_

    app = cdk.App()
    stack = cdk.Stack(app, "Example", env=cdk.Environment(region="us-east-1"))
    return {
        "app": app,
        "cdk": cdk,
        "dynamodb": dynamodb,
        "ec2": ec2,
        "iam": iam,
        "lambda_": lambda_,
        "stack": stack,
    }


_markdown = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md"],
    setup=_enter_project,
    teardown=_leave_project,
)
_docstrings = Sybil(
    parsers=[PythonCodeBlockParser()],
    path="src",
    patterns=["*.py"],
    document_types={".py": PythonDocStringDocument},
    setup=_enter_docstring,
    teardown=_leave_project,
)
pytest_collect_file = (_markdown + _docstrings).pytest()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that the workers end together."""
    places: dict[Path, int] = {}
    for item in items:
        place = next((n for n, mark in enumerate(_SLOWEST) if item.get_closest_marker(mark)), 2)
        places[item.path] = min(place, places.get(item.path, place))
    items.sort(key=lambda item: places[item.path])


@pytest.fixture(autouse=True)
def _quiet_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a machine's end-of-life Node from printing its banner into every test."""
    monkeypatch.setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
