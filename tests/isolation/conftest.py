"""The example, deployed, for tests on packets; and what makes them impossible on a machine."""

from dataclasses import dataclass

import pytest

from cdk_cli import EXAMPLES, CdkProject, bootstrap
from local_aws import LocalAws

from .deployed import read_function
from .model import Function
from .requirements import missing

__all__ = ["Deployed"]


@dataclass(frozen=True)
class Deployed:
    """The deployed example, with a row in its table."""

    aws: LocalAws
    function: Function
    row: dict[str, str]

    def variables(self, certificate: object) -> dict[str, str]:
        """The credentials that Lambda gives the function, and whom it trusts."""
        return {
            "AWS_ACCESS_KEY_ID": self.aws.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_CA_BUNDLE": str(certificate),
        }


@pytest.fixture(scope="session")
def packets() -> None:
    """Skip where no packets can be sent through rules of our own."""
    reason = missing()
    if reason is not None:
        pytest.skip(f"isolation cannot be shown on packets here: {reason}")


@pytest.fixture(scope="session")
def user_info(
    packets: None, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """``examples/user_info``, deployed by a plain ``cdk deploy UserInfo``."""
    environment = local_aws.environment()
    bootstrap(environment)
    directory = tmp_path_factory.mktemp("user_info") / "app"
    project = CdkProject.copy_of(EXAMPLES / "user_info", directory, environment)
    outputs = project.deploy("UserInfo")["UserInfo"]
    row = {"user_id": "u-1", "name": "Aiko Tanaka"}
    local_aws.client("dynamodb").put_item(
        TableName=outputs["TableName"], Item={name: {"S": value} for name, value in row.items()}
    )
    return Deployed(local_aws, read_function(local_aws, outputs["FunctionName"]), row)
