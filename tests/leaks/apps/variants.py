"""Synthesizes everything but the example as it stands: ``python variants.py OUTPUT EXAMPLES``.

One program for all of them, because most of the time goes into starting the CDK.
"""

import importlib.util
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import aws_cdk as cdk

HERE = Path(__file__).resolve().parent


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"leaks_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"cannot load {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _recommended_flags() -> dict[str, Any]:
    """Return the feature flags that `cdk init` would write, out of the CDK's own package."""
    (package,) = Path(cdk.__file__).parent.glob("_jsii/aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/recommended-feature-flags.json")
        if file is None:
            raise SystemExit(f"no recommended feature flags in {package}")
        flags: dict[str, Any] = json.load(file)
        return flags


def main(output: Path, examples: Path) -> None:
    """Write the cloud assemblies to directories of `output`."""
    article = cdk.App(outdir=str(output / "article"))
    _module(HERE / "article" / "stack.py").ArticleStack(article, "Article")
    article.synth()

    # The example's stack without an account or a region.
    agnostic = cdk.App(outdir=str(output / "agnostic"))
    example_app = _module(examples / "user_info" / "app.py")
    example_app.UserInfoStack(agnostic, "UserInfo")
    agnostic.synth()

    # As the CLI has it synthesized in a project of `cdk init`; no account is named.
    flagged = cdk.App(outdir=str(output / "flagged"), context=_recommended_flags())
    example_app.build(flagged)
    if hasattr(cdk, "CloudFormationValidatePlugin"):
        # One of the flags makes an error of what the CDK finds in a template.
        cdk.Validations.of(flagged).add_plugins(cdk.CloudFormationValidatePlugin())
    flagged.synth()

    for name in ("many_functions", "rds", "existing_vpc", "payment_relay"):
        other = cdk.App(outdir=str(output / f"example_{name}"))
        _module(examples / name / "app.py").build(other)
        other.synth()

    three_stacks = cdk.App(outdir=str(output / "three_stacks"))
    _module(HERE / "three_stacks.py").build(three_stacks)
    three_stacks.synth()

    tables = _module(HERE / "isolated_tables.py")
    for name, build in (
        ("isolated_table", tables.one_stack),
        ("isolated_table_three_stacks", tables.three_stacks),
    ):
        with_table = cdk.App(outdir=str(output / name))
        build(with_table)
        with_table.synth()

    networks = _module(HERE / "networks.py")
    for name in ("endpoints", "organization", "existing_vpc"):
        with_network = cdk.App(outdir=str(output / name))
        getattr(networks, name)(with_network)
        with_network.synth()

    relays = _module(HERE / "relays.py")
    for name in ("one_stack", "three_stacks", "by_name", "egress_vpc", "two_relays"):
        with_relay = cdk.App(outdir=str(output / f"relay_{name}"))
        getattr(relays, name)(with_relay)
        with_relay.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
