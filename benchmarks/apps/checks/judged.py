"""The apps of the synthesis benchmark, with the leak checks in their synthesis or without.

``python judged.py APP COUNT CODE`` synthesizes one as its own program does; with
``--leak-checks`` at the end the templates are judged too.
"""

import sys
from importlib import import_module
from pathlib import Path

import aws_cdk as cdk

__all__ = ["main"]

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "synth"))


def main() -> None:
    """Synthesize."""
    name, count, code, *options = sys.argv[1:]
    app = cdk.App()
    builder = import_module(name)
    if name == "plain":
        builder.build(app, int(count), Path(code), sign_everything=False)
    else:
        builder.build(app, int(count), Path(code))
    if "--leak-checks" in options:
        from secure_lambda_constructs.checks.leak_checks import LeakChecks

        cdk.Validations.of(app).add_plugins(LeakChecks())
    app.synth()


if __name__ == "__main__":
    main()
