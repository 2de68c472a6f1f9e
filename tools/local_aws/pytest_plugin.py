"""The fixture ``local_aws``: one stand-in for a whole test session, for each xdist worker.

    pytest_plugins = ["local_aws.pytest_plugin"]  # in the top conftest.py

Tests share it, so they use names of their own for what they make, and call
:meth:`~local_aws.LocalAws.clear_faults` and :meth:`~local_aws.LocalAws.reset_calls` where they set
or read these. A missing installation is made good; where that cannot be done the test fails and
says what to run. It is never a reason to skip.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from .controller import LocalAws
from .install import InstallError, install, is_current
from .process import REPOSITORY

__all__ = ["local_aws"]


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A running stand-in, shared by the session's tests."""
    _install_where_needed()
    with LocalAws.start(tmp_path_factory.mktemp("local-aws")) as aws:
        yield aws


def _install_where_needed() -> None:
    """Installs what is out of date, e.g. the plug-in after a change of its sources."""
    if is_current(REPOSITORY):
        return
    scripts = sysconfig.get_path("scripts")
    uv = shutil.which("uv", path=scripts) or shutil.which("uv")
    npm = shutil.which("npm", path=scripts) or shutil.which("npm")
    if uv is None or npm is None:
        pytest.fail(
            "the local AWS stand-in is not installed: run `make setup-local-aws`", pytrace=False
        )
    try:
        install(
            repository=REPOSITORY,
            uv=Path(uv),
            python=Path(sys.executable),
            node_bin=Path(npm).parent,
            log=lambda line: None,
        )
    except InstallError as error:
        pytest.fail(
            f"the local AWS stand-in cannot be installed, run `make setup-local-aws`: {error}",
            pytrace=False,
        )
