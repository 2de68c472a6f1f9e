"""An account that is bootstrapped, and the example deployed to it: once for the whole run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdk_cli import EXAMPLES, CdkProject, bootstrap
from local_aws import LocalAws

__all__ = ["Deployed"]

APPS = Path(__file__).parent / "apps"


@dataclass(frozen=True)
class Deployed:
    """A project, the stand-in it is deployed to, and the outputs of its stack."""

    aws: LocalAws
    project: CdkProject
    outputs: dict[str, Any]


@pytest.fixture(scope="session")
def bootstrapped(local_aws: LocalAws) -> LocalAws:
    """The stand-in, bootstrapped by the real CLI."""
    bootstrap(local_aws.environment())
    return local_aws


@pytest.fixture(scope="session")
def user_info(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """``examples/user_info``, deployed by a plain ``cdk deploy UserInfo``."""
    directory = tmp_path_factory.mktemp("user_info") / "app"
    environment = bootstrapped.environment()
    project = CdkProject.copy_of(EXAMPLES / "user_info", directory, environment)
    outputs = project.deploy("UserInfo")
    return Deployed(bootstrapped, project, outputs["UserInfo"])
