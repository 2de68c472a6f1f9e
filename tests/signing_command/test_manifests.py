"""Reading and mending asset manifests, and who may do it."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs import SigningError
from secure_lambda_constructs.signing.command import leadership as module
from secure_lambda_constructs.signing.command.launcher import launch_command, signing_arguments
from secure_lambda_constructs.signing.command.leadership import Leadership
from secure_lambda_constructs.signing.command.manifests import Manifest, each_once, read_manifests

ARGUMENTS = ["--source", "asset.1", "--assembly", "cdk.out", "--id", "1" * 64]
ARGUMENTS += ["--profile-name", "P1", "--bucket", "b", "--baseline-stack", "S"]


def _write(path: Path, executable: list[str]) -> Manifest:
    entry = {"source": {"executable": executable}, "destinations": {}}
    path.write_text(json.dumps({"version": "55.0.0", "files": {"one": entry}}))
    return Manifest(path)


@pytest.mark.parametrize("windows", [False, True])
def test_the_commands_of_both_systems_are_known(windows: bool) -> None:
    command = launch_command("python3", ARGUMENTS, windows=windows)
    assert signing_arguments(command) == ARGUMENTS


@pytest.mark.parametrize("command", [[], ["make"], ["python", "-c", "print()"], ["sh", "-c"]])
def test_commands_of_others_are_none_of_ours(command: list[str]) -> None:
    assert signing_arguments(command) is None


def test_a_command_of_somebody_else_stays(tmp_path: Path) -> None:
    manifest = _write(tmp_path / "App.assets.json", ["make", "zip"])
    before = manifest.path.read_bytes()
    assert manifest.listed == []
    assert manifest.replace({"1" * 64: tmp_path / "x.zip"}) == 0
    assert manifest.path.read_bytes() == before


def test_a_manifest_that_cannot_be_replaced_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = _write(tmp_path / "App.assets.json", launch_command("python3", ARGUMENTS))
    before = manifest.path.read_bytes()

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        manifest.replace({"1" * 64: tmp_path / "x.zip"})
    assert manifest.path.read_bytes() == before
    assert os.listdir(tmp_path) == ["App.assets.json"]


def test_an_assembly_in_itself_is_refused(tmp_path: Path) -> None:
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"self": nested}}))
    with pytest.raises(SigningError, match="lists itself"):
        read_manifests(tmp_path)


def test_code_that_two_stacks_share_has_the_destinations_of_both(tmp_path: Path) -> None:
    """It is published only where it is at all of them."""
    manifests = []
    for stack in ("First", "Second", "Third"):
        path = tmp_path / f"{stack}.assets.json"
        place = {"bucketName": f"bucket-{stack.replace('Third', 'First')}", "objectKey": "key"}
        entry = {
            "source": {"executable": launch_command("python3", ARGUMENTS)},
            "destinations": {"here": place},
        }
        path.write_text(json.dumps({"files": {"one": entry}}))
        manifests.append(Manifest(path))
    [listed] = each_once(manifests).values()
    assert [each.bucket for each in listed.destinations] == ["bucket-First", "bucket-Second"]


# --- leadership -----------------------------------------------------------------------------------


def test_one_leads_at_a_time(tmp_path: Path) -> None:
    with Leadership(tmp_path) as first, Leadership(tmp_path) as second:
        assert first.take() is True
        assert first.take() is True
        assert second.take() is False
    with Leadership(tmp_path) as third:
        assert third.take() is True
    assert os.listdir(tmp_path) == []


def _failing(code: int) -> Any:
    class Locks:
        LOCK_EX = LOCK_NB = 0

        @staticmethod
        def flock(*_: Any) -> None:
            raise OSError(code, os.strerror(code))

    return Locks


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fcntl", _failing(errno.ENOLCK))
    with Leadership(tmp_path) as leadership:
        assert leadership.take() is None


def test_a_disk_that_fails_is_no_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "fcntl", _failing(errno.EIO))
    with pytest.raises(OSError, match="Input/output"), Leadership(tmp_path) as leadership:
        leadership.take()
