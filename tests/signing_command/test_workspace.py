"""Results appear whole or not at all, and nothing else stays behind."""

import errno
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from secure_lambda_constructs.signing.command import workspace as module
from secure_lambda_constructs.signing.command.workspace import TemporaryFile, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def _content(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_result_is_published_whole(workspace: Workspace) -> None:
    result = workspace.result("1a2b")
    with workspace.opened(), workspace.temporary() as temporary:
        temporary.file.write(b"signed")
        assert not result.exists()
        temporary.publish(result)
    assert result.read_bytes() == b"signed"
    assert _content(workspace.folder) == ["1a2b.zip"]


def test_a_result_replaces_an_older_one(workspace: Workspace) -> None:
    result = workspace.result("1a2b")
    for content in (b"old", b"new"):
        with workspace.opened(), workspace.temporary() as temporary:
            temporary.file.write(content)
            temporary.publish(result)
    assert result.read_bytes() == b"new"


def test_nothing_is_left_of_a_failure(workspace: Workspace, tmp_path: Path) -> None:
    def work() -> None:
        with workspace.opened(), workspace.temporary() as temporary:
            temporary.file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert _content(tmp_path) == []


def test_a_failure_keeps_the_results_of_others(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    workspace.result("other").write_bytes(b"signed")
    with pytest.raises(ZeroDivisionError), workspace.opened(), workspace.temporary():
        raise ZeroDivisionError
    assert _content(workspace.folder) == ["other.zip"]


def test_a_full_disk_leaves_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    def work() -> None:
        with workspace.opened(), workspace.temporary() as temporary:
            temporary.publish(workspace.result("1a2b"))

    with pytest.raises(OSError, match="No space"):
        work()
    assert _content(tmp_path) == []


_HOLDER = """
    import sys
    from pathlib import Path
    from secure_lambda_constructs.signing.command.workspace import Workspace

    workspace = Workspace(Path(sys.argv[1]))
    with workspace.opened(), workspace.temporary() as temporary:
        print(temporary.path, flush=True)
        sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot kill without a trace")
def test_a_killed_process_leaves_a_file_that_the_next_one_clears(workspace: Workspace) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_HOLDER), str(workspace.folder.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        left_over = Path(holder.stdout.readline().strip())
        with workspace.opened():
            assert left_over.exists()  # it is being worked on
        holder.kill()
    assert left_over.exists()
    with workspace.opened():
        assert not left_over.exists()
    assert not workspace.folder.exists()


def test_without_locks_only_age_counts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_lock", lambda file: None)
    workspace.folder.mkdir()
    young, old = workspace.folder / "young.tmp", workspace.folder / "old.tmp"
    young.touch()
    old.touch()
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(old, (two_days_ago, two_days_ago))
    with workspace.opened(), workspace.temporary():
        assert young.exists()
        assert not old.exists()


def test_windows_locks_nothing_and_closes_before_renaming(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "fcntl", None)
    workspace.folder.mkdir()
    old = workspace.folder / "old.tmp"
    old.touch()
    os.utime(old, (0, 0))
    with workspace.opened(), workspace.temporary() as temporary:
        temporary.file.write(b"signed")
        temporary.publish(workspace.result("1a2b"))
        assert temporary.file.closed
    assert _content(workspace.folder) == ["1a2b.zip"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_will_do(
    code: int, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(code, "no locks")

    monkeypatch.setattr("fcntl.flock", refuse)
    with workspace.opened(), workspace.temporary() as temporary:
        temporary.publish(workspace.result("1a2b"))
    assert _content(workspace.folder) == ["1a2b.zip"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
def test_other_trouble_with_locks_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OSError, match="input/output"), workspace.opened(), workspace.temporary():
        pass
    assert not workspace.folder.exists()


def test_a_folder_that_another_process_removed_is_made_again(workspace: Workspace) -> None:
    with workspace.opened():
        workspace.folder.rmdir()
        with workspace.temporary() as temporary:
            assert temporary.path.exists()
    assert not workspace.folder.exists()


def test_a_file_that_was_taken_for_a_left_over_is_made_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(module, "_lock", lambda file: next(answers, True))
    with workspace.opened(), workspace.temporary() as temporary:
        assert _content(workspace.folder) == [temporary.path.name]


def test_discarding_twice_is_harmless(tmp_path: Path) -> None:
    temporary = TemporaryFile(tmp_path / "file.tmp")
    temporary.discard()
    temporary.discard()
    assert _content(tmp_path) == []
