"""That the fuzzers run, and find nothing in a short while; for longer, run them by hand."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

_REPOSITORY = Path(__file__).parents[3]


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it is there for Python 3.11 on Linux x86_64",
)
@pytest.mark.parametrize(("name", "runs"), [("fuzz_request", 50_000), ("fuzz_response", 20_000)])
def test_a_fuzzer_finds_nothing(name: str, runs: int, tmp_path: Path) -> None:
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", f"tests.relay.hostile.{name}", str(tmp_path / "corpus")),
            *(f"-runs={runs}", "-seed=1", f"-artifact_prefix={tmp_path}/"),
        ],
        cwd=_REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    assert f"Done {runs} runs" in outcome.stderr
