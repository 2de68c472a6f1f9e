"""What the CDK CLI does during one deployment: it starts a command for each asset, some at once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from .many import Many

pytestmark = pytest.mark.local_aws

MakeMany = Any  # the fixture in conftest.py

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks on Windows")


def deploy(
    place: Many, numbers: "range | list[int]", at_once: int = 8
) -> "list[subprocess.CompletedProcess[str]]":
    """Run the commands of these assets, so many at once."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(place.run_one, numbers))


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_the_first_command_signs_for_all(many: MakeMany) -> None:
    place = many(6)
    outcome = place.run_one(4)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout == f"{place.result(4)}\n"
    assert place.signed() == set(range(6))
    assert len(place.jobs()) == 6
    # The manifests are the CLI's: it has read them already.
    assert all("executable" in source for source in place.sources().values())


@posix
def test_the_others_wait_for_it(many: MakeMany) -> None:
    place = many(20)
    place.aws.set_signer(latency_seconds=2.0)
    outcomes = deploy(place, range(20))
    assert [outcome.returncode for outcome in outcomes] == [0] * 20
    assert [outcome.stdout for outcome in outcomes] == [
        f"{place.result(number)}\n" for number in range(20)
    ]
    assert len(place.jobs()) == 20
    identities = place.aws.calls("sts", "GetCallerIdentity")
    assert len(identities) == 1, "more than one of them went to AWS"
    # One after the other in groups of 8 would have taken three times the latency at least.
    created = [job["createdAt"] for job in place.jobs()]
    assert max(created) - min(created) < timedelta(seconds=4)


def test_what_is_published_is_left_out(many: MakeMany) -> None:
    place = many(5)
    place.publish(0, 1, 2, 4)
    assert place.run_one(3).returncode == 0
    assert place.signed() == {3}
    assert len(place.jobs()) == 1


def test_who_cannot_see_what_is_published_signs_its_own_only(many: MakeMany) -> None:
    place = many(3)
    place.aws.add_fault(service="s3", operation="ListObjectsV2", kind="access_denied", times=None)
    assert place.run_one(1).returncode == 0
    assert place.signed() == {1}


def test_assets_of_another_baseline_are_left_alone(many: MakeMany) -> None:
    """Its profile may not exist yet."""
    place = many(4)
    second = place.manifests()[1]
    second.write_text(second.read_text().replace(place.profile, "NotYetDeployed"))
    mine = next(number for number in range(4) if place.identities[number] not in second.read_text())
    assert place.run_one(mine).returncode == 0
    assert len(place.signed()) == 2


def test_a_failure_of_another_asset_is_not_ours(many: MakeMany) -> None:
    place = many(3)
    (place.source(1) / "index.py").unlink()  # empty code is refused
    outcome = place.run_one(0)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert place.signed() == {0, 2}
    own = place.run_one(1)
    assert own.returncode == 1
    assert own.stderr.startswith("cannot sign asset.0001: ")


def test_what_all_would_fail_for_is_told_at_once(many: MakeMany) -> None:
    place = many(12)
    place.aws.client("signer").cancel_signing_profile(profileName=place.profile)
    outcome = place.run_one(5)
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "is canceled or revoked" in outcome.stderr
    assert place.signed() == set()
    assert not (place.assembly / "signed-assets").exists()


def test_manifests_that_cannot_be_read_do_not_matter(many: MakeMany) -> None:
    place = many(2)
    for path in place.manifests():
        path.write_text("{")
    assert place.run_one(0).returncode == 0
    assert place.signed() == {0}


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_the_leader_is_killed_and_another_one_takes_over(many: MakeMany, name: str) -> None:
    place = many(6)
    place.aws.set_signer(latency_seconds=3.0)
    with place.start_one(0) as leader:
        wait_for(lambda: place.aws.calls("signer", "StartSigningJob"))
        others = [place.start_one(number) for number in range(1, 6)]
        time.sleep(0.5)
        leader.send_signal(getattr(signal, name))
        leader.communicate(timeout=30)
    assert leader.returncode != 0
    for number, process in enumerate(others, start=1):
        with process:
            output, errors = process.communicate(timeout=90)
        assert (process.returncode, errors) == (0, "")
        assert output == f"{place.result(number)}\n"
    assert len(place.jobs()) == 6, "a killed leader's jobs were made again"
    assert place.run_one(0).returncode == 0
    assert len(place.jobs()) == 6
    assert place.left_over() == []


@posix
def test_a_leader_that_hangs_is_not_waited_for_beyond_the_bound(many: MakeMany) -> None:
    place = many(2)
    text = place.manifests()[0].read_text()
    assert '"60"' in text
    with place.start_one(0) as leader:
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            arguments = place.arguments(place.identities[1], "asset.0001")
            arguments[arguments.index("60")] = "3"
            outcome = subprocess.run(
                [sys.executable, "-m", "secure_lambda_constructs.signing.command", *arguments],
                cwd=place.assembly.parent,
                env={**os.environ, **place.aws.environment()},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            os.kill(leader.pid, signal.SIGCONT)
        leader.communicate(timeout=60)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert leader.returncode == 0


@posix
def test_a_batch_and_a_deployment_on_one_assembly(many: MakeMany) -> None:
    place = many(5)
    place.aws.set_signer(latency_seconds=2.0)
    with place.start("--json") as batch:
        wait_for(lambda: place.aws.calls("signer", "StartSigningJob"))
        outcomes = deploy(place, range(5))
        _, errors = batch.communicate(timeout=60)
    assert batch.returncode == 0, errors
    assert [outcome.returncode for outcome in outcomes] == [0] * 5
    assert len(place.jobs()) == 5


def test_without_locks_each_signs_its_own(many: MakeMany, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows and on some network file systems, where nobody could wait for a leader."""
    from secure_lambda_constructs.signing.command import leadership
    from secure_lambda_constructs.signing.command.arguments import parse_arguments
    from secure_lambda_constructs.signing.command.deployment import sign

    place = many(3)
    monkeypatch.setattr(leadership, "fcntl", None)
    monkeypatch.chdir(place.assembly.parent)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in place.aws.environment().items():
        monkeypatch.setenv(name, value)
    request = parse_arguments(place.arguments(place.identities[1], "asset.0001"))
    assert sign(request) == place.result(1)
    assert place.signed() == {1}
