"""A machine that cannot run the tests on packets is told what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import requirements
from .requirements import missing


def test_a_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == "the program ip is missing (package iproute2)"


def test_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ip", "nft", "openssl"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert missing() == "only root can make network namespaces, and this user is not root"


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing() == "network namespaces are Linux's, this is darwin"


@pytest.fixture
def failing_namespace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the program says with which a namespace cannot be made."""
    told: list[str] = []

    def fail(name: str) -> None:
        raise subprocess.CalledProcessError(1, ["ip"], stderr=told[0])

    monkeypatch.setattr(requirements, "Namespace", fail)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("ip", "nft", "openssl"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    return told


def test_a_right(failing_namespace: list[str]) -> None:
    failing_namespace.append("mount --make-shared /run/netns failed: Operation not permitted\n")
    assert missing() == (
        "the right to make network namespaces is missing: "
        "mount --make-shared /run/netns failed: Operation not permitted"
    )


def test_a_fault_of_ours_is_no_reason_to_skip(failing_namespace: list[str]) -> None:
    failing_namespace.append('Object "nets" is unknown, try "ip help".\n')
    with pytest.raises(subprocess.CalledProcessError):
        missing()
