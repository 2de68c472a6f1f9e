"""Synthesizes the apps under judgement, each once for all workers of a test run."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = [
    "AGNOSTIC",
    "ARTICLE",
    "BOUND",
    "DATABASE",
    "ENDPOINTS",
    "EVENTS",
    "EXAMPLE_EXISTING_VPC",
    "EXAMPLE_MANY_FUNCTIONS",
    "EXAMPLE_PAYMENT_RELAY",
    "EXAMPLE_RDS",
    "EXISTING_VPC",
    "FLAGGED",
    "ISOLATED_TABLE",
    "ISOLATED_TABLE_APART",
    "JUDGED",
    "ORGANIZATION",
    "RELAY",
    "RELAYS",
    "RELAY_IN_VPC",
    "REPOSITORY",
    "THREE_STACKS",
    "TITLES",
    "TRACED",
    "TWO_RELAYS",
    "shared_folder",
    "synthesize",
]

REPOSITORY = Path(__file__).resolve().parents[2]
_EXAMPLES = REPOSITORY / "examples"
_VARIANTS = Path(__file__).parent / "apps" / "variants.py"
_FEATURES = Path(__file__).parent / "apps" / "features.py"

# The example, as the CDK CLI has it synthesized for an account and a region.
BOUND = "bound"
# The example's stack without either, with all recommended feature flags, and the others of
# `variants.py`.
AGNOSTIC = "agnostic"
FLAGGED = "flagged"
THREE_STACKS = "three_stacks"
ARTICLE = "article"
# Those of `isolated_tables.py`.
ISOLATED_TABLE = "isolated_table"
ISOLATED_TABLE_APART = "isolated_table_three_stacks"
# Those of `features.py`: each in one stack, and in three.
EVENTS = ("events_one_stack", "events_three_stacks")
TRACED = ("traced_one_stack", "traced_three_stacks")
DATABASE = ("database_one_stack", "database_three_stacks")
# Those of `networks.py`.
ENDPOINTS = "endpoints"
ORGANIZATION = "organization"
EXISTING_VPC = "existing_vpc"
# Those of `relays.py`.
RELAY = "relay_one_stack"
RELAY_IN_VPC = "relay_egress_vpc"
TWO_RELAYS = "relay_two_relays"
# The other examples, bound to a region.
EXAMPLE_MANY_FUNCTIONS = "example_many_functions"
EXAMPLE_RDS = "example_rds"
EXAMPLE_EXISTING_VPC = "example_existing_vpc"
EXAMPLE_PAYMENT_RELAY = "example_payment_relay"

# All that have a relay.
RELAYS = [
    EXAMPLE_PAYMENT_RELAY,
    RELAY,
    "relay_three_stacks",
    "relay_by_name",
    RELAY_IN_VPC,
    TWO_RELAYS,
]

# All that must be closed and must work.
JUDGED = [
    BOUND,
    AGNOSTIC,
    FLAGGED,
    THREE_STACKS,
    ISOLATED_TABLE,
    ISOLATED_TABLE_APART,
    ENDPOINTS,
    ORGANIZATION,
    EXISTING_VPC,
    EXAMPLE_MANY_FUNCTIONS,
    EXAMPLE_RDS,
    EXAMPLE_EXISTING_VPC,
    *RELAYS,
]

# What each is, as the command says it.
TITLES = {
    ARTICLE: "the article's stack",
    BOUND: "the example",
    AGNOSTIC: "the example, bound to no region",
    FLAGGED: "the example, all recommended feature flags",
    EXAMPLE_MANY_FUNCTIONS: "the example with many functions",
    EXAMPLE_RDS: "the example with a database",
    EXAMPLE_EXISTING_VPC: "the example in an existing VPC",
    EXAMPLE_PAYMENT_RELAY: "the example with a relay",
    THREE_STACKS: "three stacks with keys",
    ISOLATED_TABLE: "an isolated table",
    ISOLATED_TABLE_APART: "an isolated table, three stacks",
    ENDPOINTS: "all endpoints",
    ORGANIZATION: "all endpoints, an organization",
    EXISTING_VPC: "an existing VPC",
    RELAY: "a relay",
    "relay_three_stacks": "a relay, three stacks",
    "relay_by_name": "a relay, known by its name",
    RELAY_IN_VPC: "a relay in a VPC with fixed addresses",
    TWO_RELAYS: "two relays",
    EVENTS[0]: "events and callers",
    EVENTS[1]: "events and callers, three stacks",
    TRACED[0]: "traces",
    TRACED[1]: "traces, three stacks",
    DATABASE[0]: "a database",
    DATABASE[1]: "a database, three stacks",
}


def shared_folder(base: Path) -> Path:
    """Return where the assemblies are made, the same for all workers; `base` is pytest's folder."""
    folder = (base.parent if base.name.startswith("popen-") else base) / "leaks"
    folder.mkdir(exist_ok=True)
    return folder


def synthesize(name: str, shared: Path) -> Path:
    """Return the cloud assembly called `name`, made below `shared` by the first one that asks.

    The programs run in an empty directory without credentials, as they would anywhere.

    Raises:
        RuntimeError: The program failed; the message has its output.
    """
    program = "example" if name == BOUND else "variants"
    if name in (*EVENTS, *TRACED, *DATABASE):
        program = "features"
    output = shared / program
    with (shared / f"{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / f"{program}.done"
        if not done.exists():
            shutil.rmtree(output, ignore_errors=True)
            (output / "cwd").mkdir(parents=True)
            if program == "example":
                bound = {"CDK_DEFAULT_ACCOUNT": "444455556666", "CDK_DEFAULT_REGION": "us-east-1"}
                arguments = [str(_EXAMPLES / "user_info" / "app.py")]
                _run(arguments, output / "cwd", {**bound, "CDK_OUTDIR": str(output / BOUND)})
            elif program == "features":
                _run([str(_FEATURES), str(output)], output / "cwd", {})
            else:
                _run([str(_VARIANTS), str(output), str(_EXAMPLES)], output / "cwd", {})
            done.touch()
    return output / name


def _run(arguments: list[str], directory: Path, variables: dict[str, str]) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
    silent = {
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        # What is judged is judged here.
        "CDK_VALIDATION": "false",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**kept, **silent, **variables, "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} does not synthesize:\n{done.stdout}{done.stderr}")
