"""The distribution: what it holds, and that the library works from it."""

import email.parser
import email.policy
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

_DEPENDENCIES = [
    "aws-cdk-lib<3,>=2.257",
    "boto3<2,>=1.40",
    "constructs<11,>=10.5",
    "jsii<2,>=1.130",
    "tqdm<5,>=4.66",
]
# To check templates that are YAML.
_EXTRA = "pyyaml<7,>=6; extra == 'checks'"


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> EmailMessage:
    """The wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode()
    message = email.parser.Parser(policy=email.policy.default).parsestr(text)
    assert isinstance(message, EmailMessage)
    return message


def test_wheel_holds_the_package_and_its_metadata_only(names: list[str], package: Path) -> None:
    tops = {name.split("/")[0] for name in names}
    assert sorted(tops)[0] == "secure_lambda_constructs"
    assert len(tops) == 2, tops
    (information,) = tops - {"secure_lambda_constructs"}
    assert information.endswith(".dist-info")
    source = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith("secure_lambda_constructs/")} == source


def test_wheel_is_typed_and_carries_its_license(names: list[str]) -> None:
    assert "secure_lambda_constructs/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_wheel_names_version_2_4_of_the_metadata(metadata: EmailMessage) -> None:
    assert metadata["Metadata-Version"] == "2.4"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_wheel_depends_on_five_packages(metadata: EmailMessage) -> None:
    assert sorted(metadata.get_all("Requires-Dist", [])) == sorted([*_DEPENDENCIES, _EXTRA])


def test_wheel_is_found_by_those_who_look_for_it(metadata: EmailMessage) -> None:
    classifiers = metadata.get_all("Classifier", [])
    assert {"Framework :: AWS CDK :: 2", "Typing :: Typed"} <= set(classifiers)
    assert "code-signing" in metadata["Keywords"]


def test_wheel_has_the_version_of_the_project(wheel: Path, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert wheel.name == f"secure_lambda_constructs-{project['version']}-py3-none-any.whl"


def test_sdist_holds_what_builds_the_wheel_and_no_more(distribution: Path) -> None:
    (path,) = distribution.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
        information = [name for name in archive.getnames() if name.endswith("/PKG-INFO")]
        content = archive.extractfile(information[0])
        assert content is not None
        assert content.readline() == b"Metadata-Version: 2.4\n"
    assert tops - {".gitignore"} == {
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
        "src",
    }


def test_library_is_imported_from_the_wheel(
    run_installed: Callable[[str], str], repository: Path
) -> None:
    printed = run_installed("import secure_lambda_constructs as library; print(library.__file__)")
    assert "site-packages" in printed
    assert not Path(printed.strip()).is_relative_to(repository)


def test_the_wheel_brings_the_command_line(run_installed: Callable[[str], str]) -> None:
    printed = run_installed(
        "import os, subprocess, sys\n"
        "program = os.path.join(os.path.dirname(sys.executable), 'secure-lambda')\n"
        "print(subprocess.check_output([program, '--help'], text=True))"
    )
    assert "sign the pending assets of a cloud assembly" in printed


def test_every_public_name_is_imported_from_the_wheel(run_installed: Callable[[str], str]) -> None:
    printed = run_installed(
        "import secure_lambda_constructs as library\n"
        "print([name for name in library.__all__ if getattr(library, name) is None])"
    )
    assert printed == "[]\n"


def test_the_wheel_finds_only_what_it_declares(run_installed: Callable[[str], str]) -> None:
    printed = run_installed(
        "import importlib.util as util\n"
        "print([name for name in ('pytest', 'hypothesis', 'projen') if util.find_spec(name)])"
    )
    assert printed == "[]\n"


_APP = """
import aws_cdk as cdk, json, pathlib, subprocess
from aws_cdk import aws_lambda as lambda_
from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

pathlib.Path("lambda").mkdir()
pathlib.Path("lambda/index.py").write_text("def handler(event, context): return event")
app = cdk.App(outdir="cdk.out")
stack = cdk.Stack(app, "App", env=cdk.Environment(region="us-east-1"))
SignedVpcFunction(
    stack,
    "Function",
    signing=SigningBaseline(stack, "Signing"),
    network=IsolatedNetwork(stack, "Network"),
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_asset("lambda"),
)
app.synth()
files = json.loads(pathlib.Path("cdk.out/App.assets.json").read_text())["files"].values()
[command] = [file["source"]["executable"] for file in files if "executable" in file["source"]]
done = subprocess.run(command, env={"AWS_EC2_METADATA_DISABLED": "true"}, capture_output=True)
print(done.returncode, done.stdout, done.stderr.decode())
"""


def test_an_app_synthesizes_with_the_wheel_and_its_command_runs(
    run_installed: Callable[[str], str],
) -> None:
    """The command gets as far as the credentials, which the machine of a test does not have."""
    printed = run_installed(_APP)
    assert printed.startswith("1 b'' "), printed
    assert "credentials" in printed
    assert len(printed.strip().splitlines()) == 1
