"""Code to sign, and an app with one stack for it."""

from pathlib import Path

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import SigningBaseline

from .support import new_app


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "code"
    directory.mkdir()
    (directory / "index.py").write_text("def handler(event, context):\n    return event\n")
    return directory


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    return new_app(tmp_path)


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "App")


@pytest.fixture
def signing(stack: cdk.Stack) -> SigningBaseline:
    return SigningBaseline(stack, "Signing")
