"""What the two fuzzers share: atheris, the handler on its own, and a folder of seeds."""

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["fuzz", "instrumented"]

_SOURCES = Path(__file__).parents[3] / "src"
_HANDLER = "secure_lambda_constructs.relay.handler"


@contextmanager
def instrumented() -> Iterator[None]:
    """Import the handler with counters in its code, which guide the fuzzer.

    The handler stands on its own, as it does in Lambda: what else the library imports, the CDK
    above all, is left out.
    """
    library = ModuleType("secure_lambda_constructs")
    library.__path__ = [str(_SOURCES / library.__name__)]
    sys.modules[library.__name__] = library
    with _atheris().instrument_imports(include=[_HANDLER]):
        yield


def fuzz(check: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Run a fuzzer as its command line says; it ends the process.

    The first argument is the folder of the corpus, into which the seeds are written. All others
    are libFuzzer's (https://llvm.org/docs/LibFuzzer.html#options).

    Args:
        check: Raises for an input that shows a fault.
        seeds: Inputs to begin with.
    """
    program, folder, *options = sys.argv
    corpus = Path(folder)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:20]).write_bytes(seed)
    atheris = _atheris()
    atheris.Setup([program, folder, *options], check)
    atheris.Fuzz()


def _atheris() -> Any:
    return importlib.import_module("atheris")
