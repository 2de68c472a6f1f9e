"""Stopped, killed, or out of space: one sentence, nothing left behind, and the job goes on.

`Site.refuses` checks the exit code, that there is one sentence and nothing on stdout, and that the
cache folder is gone with everything in it.
"""

import os
import signal
import sys
import time
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws

Site = Any  # the class in conftest.py

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def _wait_for_start(site: Site, operation: str = "StartSigningJob") -> None:
    deadline = time.monotonic() + 30
    while not site.aws.calls("signer", operation):
        assert time.monotonic() < deadline, "no signing job was started"
        time.sleep(0.05)


# --- the program is stopped -----------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_stopped_while_it_waits(site: Site, name: str) -> None:
    site.aws.set_job_outcome("endless", times=1)
    with site.start() as process:
        _wait_for_start(site, "DescribeSigningJob")
        assert site.content() == []  # nothing lies about while Signer works
        process.send_signal(getattr(signal, name))
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert output == ""
    assert errors == (
        f"cannot sign asset.code: stopped by {name}, and nothing was published: "
        "repeat the command, which goes on with the same signing job\n"
    )
    assert not site.result.parent.exists()


@posix
def test_killed_half_way_and_run_again(site: Site) -> None:
    (site.assembly / "asset.code" / "noise.bin").write_bytes(os.urandom(8_000_000))
    with site.start() as process:
        deadline = time.monotonic() + 30
        while not site.content():
            assert time.monotonic() < deadline, "no file was begun"
            time.sleep(0.001)
        process.kill()
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    left = site.content()
    assert left
    assert all(name.endswith(".tmp") for name in left)
    site.signs()  # checks that the result alone is there
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1


@posix
def test_killed_beside_a_living_one(site: Site) -> None:
    """One leads and the other waits; when the leader is killed, the other takes its place."""
    site.aws.set_signer(latency_seconds=3.0)
    with site.start() as first:
        _wait_for_start(site)
        second = site.start()
        time.sleep(0.5)
        first.kill()
        first.communicate(timeout=30)
    with second:
        output, errors = second.communicate(timeout=60)
    assert (second.returncode, errors) == (0, "")
    assert output == f"{site.result}\n"
    assert len(site.jobs()) == 1
    site.result.unlink()
    site.signs()
    assert len(site.jobs()) == 1


# --- the machine ----------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("limit", [1_000, 5_000])
def test_a_full_disk(site: Site, limit: int) -> None:
    """A limit on the size of files ends a write half-way, as a full disk does."""
    import resource

    (site.assembly / "asset.code" / "noise.bin").write_bytes(os.urandom(20_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    process = None
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        # Coverage, which starts in every Python of the tests, would meet the limit as well.
        without = {name: None for name in os.environ if name.startswith("COV")}
        process = site.start(environment=without)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with process:
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors.count("\n") == 1
    assert f"no space is left for {site.result.parent} (File too large)" in errors
    assert not site.result.parent.exists()


def test_debug_shows_the_traceback_before_the_sentence(site: Site) -> None:
    outcome = site.run(profile_name="Nobody", environment={"SECURE_LAMBDA_DEBUG": "1"})
    assert outcome.returncode == 1
    assert "Traceback (most recent call last)" in outcome.stderr
    assert outcome.stderr.splitlines()[-1].startswith("cannot sign asset.code: the signing profile")
