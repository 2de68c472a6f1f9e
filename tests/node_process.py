"""A program of Node.js that answers each line of JSON with another one."""

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["NodeProcess"]


class NodeProcess:
    """The process; use it as a context manager."""

    def __init__(self, script: Path, modules: Path) -> None:
        """Start `script`, which takes `modules`, the directory that has ``node_modules``.

        Raises:
            FileNotFoundError: Node.js or the simulator of IAM is not installed.
        """
        node = shutil.which("node")
        if node is None or not (modules / "node_modules/@cloud-copilot/iam-simulate").is_dir():
            raise FileNotFoundError(
                f"node and @cloud-copilot/iam-simulate are needed in {modules}; run tools/setup.py"
            )
        self._process = subprocess.Popen(
            [node, str(script), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        # It ends when its input does; leaving the block closes the pipes and waits.
        self._process.__exit__(kind, error, traceback)

    def exchange(self, message: object) -> Any:
        """Return the answer to a message."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process has no pipes")
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())
