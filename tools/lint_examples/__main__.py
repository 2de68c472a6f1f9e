"""The command: ``python -m lint_examples [--write] [EXAMPLE ...]``."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from cdk_cli import EXAMPLES

from .assembly import Assembly
from .cdk_nag import cdk_nag_result
from .cfn_lint import cfn_lint_result
from .checkov import checkov_result
from .model import LintError, Result
from .page import page_with_table, table
from .synthesis import synthesize
from .templates import write_templates

__all__ = ["lint", "main"]

_REPOSITORY = Path(__file__).resolve().parents[2]
_PAGE = _REPOSITORY / "docs" / "lints.md"
_CHECKOV = _REPOSITORY / ".checkov" / "bin" / "checkov"


def lint(examples: Sequence[Path], scratch: Path, *, checkov: Path) -> Result:
    """Synthesize some examples and run the linters on all of them.

    Args:
        examples: The folders of the examples; each has an ``app.py``.
        scratch: An empty directory.
        checkov: The program.

    Returns:
        What was found, what was acknowledged, and which examples could not be judged.

    Raises:
        LintError: A linter does not run.
    """
    with ThreadPoolExecutor(cpu_count()) as pool:
        made = [
            pool.submit(synthesize, example, scratch / "cdk" / example.name) for example in examples
        ]
        results, assemblies = [], []
        for synthesis in made:
            try:
                path = synthesis.result()
            except LintError as error:
                results.append(Result(failures=[str(error)]))
            else:
                assemblies.append(Assembly(path.name, path))
        if assemblies:
            templates = write_templates(assemblies, scratch / "templates")
            linters = [
                pool.submit(checkov_result, templates, program=checkov),
                pool.submit(cfn_lint_result, templates),
            ]
            results += [cdk_nag_result(assembly) for assembly in assemblies]
            results += [linter.result() for linter in linters]
    return Result.joined(results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong and return the exit code: 0 nothing, 1 something."""
    names = sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))
    parser = argparse.ArgumentParser(prog="lint_examples", description="Lint the examples.")
    parser.add_argument("example", nargs="*", default=[], help="its folder's name (default: all)")
    parser.add_argument("--write", action="store_true", help="write the list in docs/lints.md")
    options = parser.parse_args(arguments)
    unknown = sorted({*options.example} - {*names})
    if unknown:
        parser.error(f"there is no example {', '.join(unknown)}; there are {', '.join(names)}")
    if options.example and options.write:
        parser.error("--write lists what all examples need; write no names")
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="lint-") as scratch:
            examples = [EXAMPLES / name for name in options.example or names]
            result = lint(examples, Path(scratch), checkov=_CHECKOV)
        sentences = [*result.failures, *(finding.sentence() for finding in result.findings)]
        if not options.example and not result.failures:
            sentences += result.stale()
            sentences += _page_errors(table(result.rows(), names), write=options.write)
    except LintError as error:
        print(error, file=sys.stderr)
        return 1
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    seconds = time.monotonic() - started
    print(
        f"{len(examples)} examples: {len(result.findings)} findings, "
        f"{len(result.rows())} acknowledged with a reason ({seconds:.0f} s)"
    )
    return 1 if sentences else 0


def _page_errors(content: str, *, write: bool) -> list[str]:
    """Compare the list of the page with what it should be, or write it."""
    before = _PAGE.read_text()
    after = page_with_table(before, content)
    if after == before:
        return []
    if write:
        _PAGE.write_text(after)
        return []
    return [
        f"{_PAGE.relative_to(_REPOSITORY)}: the list is not what was acknowledged; run: "
        "make lint-examples LINT_OPTIONS=--write"
    ]


if __name__ == "__main__":
    sys.exit(main())
