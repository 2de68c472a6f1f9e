"""Signed layers with the real CDK CLI: what Lambda takes, and what it refuses by hand."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from .conftest import APPS

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]


@dataclass(frozen=True)
class Layered:
    """The deployed function, and the profiles that its layers are signed with."""

    client: Any
    function: str
    own_profile: str
    vendor_profile: str

    @property
    def layers(self) -> list[dict[str, Any]]:
        configuration = self.client.get_function_configuration(FunctionName=self.function)
        return list(configuration["Layers"])

    def answer(self) -> object:
        answer = self.client.invoke(FunctionName=self.function)
        return json.loads(answer["Payload"].read())

    def use(self, *layers: str) -> None:
        self.client.update_function_configuration(FunctionName=self.function, Layers=list(layers))
        self.client.get_waiter("function_updated_v2").wait(FunctionName=self.function)

    @contextmanager
    def trusting(self, *profiles: str) -> Iterator[None]:
        """Let the code signing configuration trust other profiles for a while."""
        config = self.client.get_function_code_signing_config(FunctionName=self.function)
        arn = config["CodeSigningConfigArn"]
        before = self.client.get_code_signing_config(CodeSigningConfigArn=arn)
        publishers = before["CodeSigningConfig"]["AllowedPublishers"]
        allowed = {"SigningProfileVersionArns": list(profiles)}
        self.client.update_code_signing_config(CodeSigningConfigArn=arn, AllowedPublishers=allowed)
        try:
            yield
        finally:
            self.client.update_code_signing_config(
                CodeSigningConfigArn=arn, AllowedPublishers=publishers
            )


@pytest.fixture(scope="module")
def layered(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Layered:
    directory = tmp_path_factory.mktemp("layers") / "app"
    project = CdkProject.copy_of(APPS / "layers", directory, bootstrapped.environment())
    outputs = project.deploy("Layered")["Layered"]
    return Layered(
        bootstrapped.client("lambda"),
        outputs["FunctionName"],
        outputs["OwnProfile"],
        outputs["VendorProfile"],
    )


def test_each_layer_is_signed_by_its_profile_and_used(layered: Layered) -> None:
    signers = [layer["SigningProfileVersionArn"] for layer in layered.layers]
    assert signers == [layered.own_profile, layered.vendor_profile]
    assert layered.own_profile != layered.vendor_profile
    assert layered.answer() == ["own", "vendor"]


def test_a_layer_that_nobody_signed_is_refused(layered: Layered) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("python/own_layer.py", "NAME = 'leaked'")
    unsigned = layered.client.publish_layer_version(
        LayerName="layered-unsigned", Content={"ZipFile": content.getvalue()}
    )["LayerVersionArn"]
    before = [layer["Arn"] for layer in layered.layers]
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        layered.use(*before[1:], unsigned)
    assert [layer["Arn"] for layer in layered.layers] == before
    assert layered.answer() == ["own", "vendor"]


def test_a_layer_of_a_profile_that_is_not_trusted_is_refused(layered: Layered) -> None:
    own, vendor = (layer["Arn"] for layer in layered.layers)
    layered.use(own)
    with (
        layered.trusting(layered.own_profile),
        pytest.raises(ClientError, match="CodeVerificationFailedException"),
    ):
        layered.use(own, vendor)
    layered.use(own, vendor)
    assert layered.answer() == ["own", "vendor"]
