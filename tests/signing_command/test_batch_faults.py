"""A batch meets faults: it ends signed, or with a sentence and nothing half-done."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .many import Many

pytestmark = [pytest.mark.local_aws, pytest.mark.long]

MakeMany = Any  # the fixture in conftest.py

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def sentences(outcome: "subprocess.CompletedProcess[str]") -> list[str]:
    """What was said about failures; the lines of the progress apart."""
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("secure-lambda sign:")]
    assert not any("Traceback" in line for line in outcome.stderr.splitlines())
    return lines


def plain(place: Many) -> int:
    """How many assets the manifests name a signed zip for."""
    return sum("path" in source for source in place.sources().values())


def test_a_throttling_storm(many: MakeMany) -> None:
    """200 assets, a quota of jobs for each second, and at first not even that."""
    place = many(200)
    throttle = {"service": "signer", "operation": "StartSigningJob", "kind": "throttle"}
    place.aws.add_fault(**throttle, times=150)
    place.aws.add_fault(**throttle, times=None, per_second=20)
    outcome = place.run("--concurrency", "32")
    assert outcome.returncode == 0, outcome.stderr[-2000:]
    throttled = [call for call in place.aws.calls("signer", "StartSigningJob") if call["error"]]
    assert len(throttled) > 200
    assert len(place.signed()) == 200
    assert len(place.jobs()) == 200
    assert plain(place) == 200


def test_throttling_without_end(many: MakeMany, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once nothing has got through for a while; here for two seconds."""
    from secure_lambda_constructs.signing.command import traffic
    from secure_lambda_constructs.signing.command.whole_assembly import sign_assembly

    place = many(3)
    monkeypatch.setattr(traffic, "_PATIENCE_SECONDS", 2.0)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in place.aws.environment().items():
        monkeypatch.setenv(name, value)
    place.aws.add_fault(service="signer", operation="StartSigningJob", kind="throttle", times=None)
    report = sign_assembly(place.assembly, at_once=8)
    assert [asset.reason[:35] for asset in report.assets] == [
        "AWS throttles StartSigningJob (Thro"
    ] * 3
    assert len(place.aws.calls("signer", "StartSigningJob")) > 3
    assert place.left_over() == []
    assert plain(place) == 0


def test_a_job_that_fails_among_many(many: MakeMany) -> None:
    place = many(50)
    place.aws.set_job_outcome("fail", times=1)
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = sentences(outcome)
    assert re.search(r"cannot sign asset\.\d+: the signing job .* failed \(Signing job", sentence)
    assert len(place.signed()) == 49
    assert plain(place) == 49
    again = place.run("--json")
    assert again.returncode == 0
    assert len(place.jobs()) == 51
    assert plain(place) == 50
    assert place.left_over() == []


def _listens(pid: int) -> bool:
    """Whether the program catches SIGTERM: before that, it is only Python that is starting."""
    status = Path(f"/proc/{pid}/status").read_text()
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and sends POSIX signals")
@pytest.mark.parametrize(
    "moment", ["start", "GetCallerIdentity", "PutObject", "DescribeSigningJob"]
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_stopped_at_any_moment(many: MakeMany, name: str, moment: str) -> None:
    place = many(8)
    place.aws.set_signer(latency_seconds=1.5)
    with place.start() as process:
        deadline = time.monotonic() + 60
        while moment == "start" and not _listens(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        while moment != "start" and not [
            call for call in place.aws.calls() if call["operation"] == moment
        ]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(getattr(signal, name))
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors.splitlines()[-1].startswith(f"secure-lambda sign: stopped by {name}")
    assert "Traceback" not in errors
    assert place.left_over() == []
    assert plain(place) in (0, 8)
    again = place.run()
    assert again.returncode == 0, again.stderr
    assert len(place.jobs()) == 8, "the second run made jobs again"
    assert plain(place) == 8


@posix
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment(many: MakeMany, seed: int) -> None:
    place = many(6)
    with place.start() as process:
        time.sleep(0.2 + seed * 0.15)
        process.kill()
        process.communicate(timeout=60)
    assert plain(place) in (0, 3, 6)  # each manifest is written in one step
    again = place.run()
    assert again.returncode == 0, again.stderr
    assert plain(place) == 6
    assert place.signed() == set(range(6))
    assert len(place.jobs()) == 6
    assert [path for path in place.left_over() if "signed-assets" in path] == []


@posix
def test_a_full_disk(many: MakeMany) -> None:
    """A limit on the size of files ends a write half-way, as a full disk does."""
    import resource

    place = many(4)
    (place.source(2) / "noise.bin").write_bytes(os.urandom(60_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
        # Coverage, which starts in every Python of the tests, would meet the limit as well.
        without: dict[str, str | None] = {n: None for n in os.environ if n.startswith("COV")}
        process = place.start(environment=without)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot sign asset.0002: no space is left for" in errors
    assert place.signed() == {0, 1, 3}
    assert plain(place) == 3
    assert place.left_over() == []
    assert place.run().returncode == 0


@posix
def test_a_manifest_that_does_not_fit_on_the_disk(many: MakeMany) -> None:
    import resource

    place = many(4)
    texts = [path.read_text() for path in place.manifests()]
    limit = min(len(text) for text in texts) // 8
    assert place.run().returncode == 0
    for path, text in zip(place.manifests(), texts, strict=True):
        path.write_text(text)  # as a new synthesis would; the signed zips are there
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        without: dict[str, str | None] = {n: None for n in os.environ if n.startswith("COV")}
        process = place.start(environment=without)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no space is left" in errors
    assert [path.read_text() for path in place.manifests()] == texts
    assert place.left_over() == []


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a read-only file system")
def test_a_read_only_assembly(many: MakeMany) -> None:
    """Root writes into read-only folders; a read-only mount refuses everybody."""
    place = many(2)
    mount = ["mount", "--bind", str(place.assembly), str(place.assembly)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting needs root and a kernel that allows it")
    try:
        subprocess.run(
            ["mount", "-o", "remount,ro,bind", str(place.assembly)], check=True, timeout=30
        )
        batch, one = place.run(), place.run_one(0)
    finally:
        subprocess.run(["umount", str(place.assembly)], check=True, timeout=30)
    for outcome in (batch, one):
        assert outcome.returncode == 1
        assert "signed-assets cannot be written (Read-only file system)" in outcome.stderr
        assert "make the cloud assembly writable" in outcome.stderr
    assert place.jobs() == []
    assert plain(place) == 0


def test_a_read_only_assembly_that_is_signed_already(many: MakeMany) -> None:
    place = many(2)
    assert place.run().returncode == 0
    for path in (place.assembly, place.assembly / "signed-assets"):
        path.chmod(0o555)
    try:
        assert place.run().returncode == 0
        assert place.run_one(1).stdout == f"{place.result(1)}\n"
    finally:
        for path in (place.assembly, place.assembly / "signed-assets"):
            path.chmod(0o755)


def test_the_profile_is_cancelled_between_two_deployments(many: MakeMany) -> None:
    place = many(3)
    place.publish(0, 1)
    place.aws.client("signer").cancel_signing_profile(profileName=place.profile)
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = sentences(outcome)
    assert f"the signing profile {place.profile} is canceled or revoked" in sentence
    assert "give the baseline in the stack App-Signing a profile of another name" in sentence
    assert plain(place) == 0


def test_the_profile_is_revoked_between_two_deployments(many: MakeMany) -> None:
    place = many(1)
    signer = place.aws.client("signer")
    version = signer.get_signing_profile(profileName=place.profile)["profileVersion"]
    signer.revoke_signing_profile(
        profileName=place.profile, profileVersion=version, reason="leaked", effectiveTime=0
    )
    outcome = place.run()
    assert outcome.returncode == 1
    assert "is canceled or revoked" in sentences(outcome)[0]


def test_a_clock_that_is_wrong(many: MakeMany) -> None:
    place = many(4)
    place.aws.add_fault(service="sts", operation=None, kind="clock_skew", times=None)
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = sentences(outcome)
    assert "does not accept the clock of this machine" in sentence
    assert "asset.0000" in sentence
    assert len(place.aws.calls("sts", "GetCallerIdentity")) <= 6, "asked again for each asset"


def test_a_signed_object_that_is_replaced_before_it_is_fetched(many: MakeMany) -> None:
    place = many(3)
    assert place.run().returncode == 0
    fetched = place.result(1)
    other = place.result(2).read_bytes()
    shutil.rmtree(place.assembly)
    identities = place.identities
    place.identities = []
    place.write()
    # The same code and identities again, as on another machine of the pipeline.
    for path in place.manifests():
        text = path.read_text()
        for old, new in zip(place.identities, identities, strict=True):
            text = text.replace(old, new)
        path.write_text(text)
    place.identities = identities
    s3 = place.aws.client("s3")
    listed = s3.list_objects_v2(Bucket=place.bucket, Prefix=f"signed/{identities[1]}/")
    [item] = listed["Contents"]
    s3.put_object(Bucket=place.bucket, Key=item["Key"], Body=other)  # signed, but other code
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = sentences(outcome)
    assert "cannot sign asset.0001: the signed object s3://" in sentence
    assert "is not the code that was sent" in sentence
    assert not fetched.exists()
    assert place.signed() == {0, 2}
    assert place.run().returncode == 0


@posix
def test_two_jobs_of_a_pipeline_on_one_assembly(many: MakeMany) -> None:
    place = many(6)
    place.aws.set_signer(latency_seconds=2.0)
    with place.start() as first, place.start() as second:
        outputs = [process.communicate(timeout=90) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert any("another program signs this assembly: waiting" in errors for _, errors in outputs)
    assert len(place.jobs()) == 6
    assert plain(place) == 6


def test_a_missing_right_is_told_once_for_all(many: MakeMany) -> None:
    place = many(9)
    place.aws.add_fault(
        service="signer", operation="StartSigningJob", kind="access_denied", times=None
    )
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = sentences(outcome)
    assert "asset.0000, " in sentence
    assert "and 4 more: AWS denied StartSigningJob" in sentence


def test_no_credentials(many: MakeMany) -> None:
    place = many(30)
    began = time.monotonic()
    without = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    outcome = place.run(environment=without)
    assert outcome.returncode == 1
    assert "no AWS credentials were found" in sentences(outcome)[0]
    assert time.monotonic() - began < 20
    assert "Contents" not in place.aws.client("s3").list_objects_v2(Bucket=place.bucket)
