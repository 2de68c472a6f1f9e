"""Lambda refuses code that its code signing configuration does not accept."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws import LocalAws

from .conftest import MakeFunction
from .support import SIGNATURE_ENTRY, Signing, make_zip, refused, unique

pytestmark = pytest.mark.local_aws

REFUSED = "CodeVerificationFailedException"
SECOND = make_zip(("index.py", "def handler(event, context):\n    return 'second'\n"))


def _rewritten(
    archive: bytes, change: Callable[[list[tuple[zipfile.ZipInfo, bytes]]], None]
) -> bytes:
    """The archive with its entries changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        entries = [(info, source.read(info)) for info in source.infolist()]
    change(entries)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for info, body in entries:
            target.writestr(info, body)
    return made.getvalue()


def _changed_body(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    entries[0] = (entries[0][0], entries[0][1] + b"#")


def _added_entry(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    entries.append((zipfile.ZipInfo("sitecustomize.py"), b"import os"))


def _renamed_entry(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    entries[1][0].filename = "renamed.py"


def _other_order(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    entries[0], entries[1] = entries[1], entries[0]


def _removed_entry(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    del entries[1]


TAMPERED = [_changed_body, _added_entry, _renamed_entry, _other_order, _removed_entry]


def _two_files() -> bytes:
    return make_zip(("index.py", "def handler(event, context): return 1"), ("more.py", "y = 2"))


def _invoke(aws: LocalAws, function: dict[str, Any]) -> Any:
    answer = aws.client("lambda").invoke(FunctionName=function["FunctionName"])
    return json.load(answer["Payload"])


def test_unsigned_code_is_refused_on_create(signing: Signing, make_function: MakeFunction) -> None:
    with refused(REFUSED, match="Check the provided signature"):
        make_function(CodeSigningConfigArn=signing.config())


def test_signed_code_is_accepted_and_runs(signing: Signing, make_function: MakeFunction) -> None:
    job = signing.finish(signing.start(make_zip()))
    config = signing.config()
    made = make_function(signing.read(job), CodeSigningConfigArn=config)
    client = signing.aws.client("lambda")
    named = client.get_function_code_signing_config(FunctionName=made["FunctionName"])
    assert named["CodeSigningConfigArn"] == config
    published = client.publish_version(FunctionName=made["FunctionName"])
    found = client.get_function(FunctionName=made["FunctionName"])["Configuration"]
    for answer in (made, found, published):
        assert answer["SigningProfileVersionArn"] == signing.version_arn
        assert answer["SigningJobArn"].endswith(f":/signing-jobs/{job['jobId']}")
    assert _invoke(signing.aws, made) == "first"


def test_signed_object_in_s3_is_accepted(signing: Signing, make_function: MakeFunction) -> None:
    target = signing.finish(signing.start(make_zip()))["signedObject"]["s3"]
    made = make_function(
        Code={"S3Bucket": target["bucketName"], "S3Key": target["key"]},
        CodeSigningConfigArn=signing.config(),
    )
    assert _invoke(signing.aws, made) == "first"


def test_update_is_refused_and_the_old_code_answers(
    signing: Signing, make_function: MakeFunction
) -> None:
    made = make_function(signing.sign(make_zip()), CodeSigningConfigArn=signing.config())
    client = signing.aws.client("lambda")
    with refused(REFUSED):
        client.update_function_code(FunctionName=made["FunctionName"], ZipFile=SECOND)
    assert _invoke(signing.aws, made) == "first"
    client.update_function_code(FunctionName=made["FunctionName"], ZipFile=signing.sign(SECOND))
    client.get_waiter("function_updated_v2").wait(FunctionName=made["FunctionName"])
    assert _invoke(signing.aws, made) == "second"


def test_foreign_publisher_is_refused(signing: Signing, make_function: MakeFunction) -> None:
    foreign = Signing(signing.aws)
    with refused(REFUSED):
        make_function(foreign.sign(make_zip()), CodeSigningConfigArn=signing.config())
    make_function(
        foreign.sign(make_zip()),
        CodeSigningConfigArn=signing.config("Enforce", foreign.version_arn),
    )


def test_other_version_of_the_profile_is_refused(
    signing: Signing, make_function: MakeFunction
) -> None:
    config = signing.config()
    signing.signer.put_signing_profile(
        profileName=signing.profile, platformId="AWSLambda-SHA384-ECDSA"
    )
    with refused(REFUSED):
        make_function(signing.sign(make_zip()), CodeSigningConfigArn=config)


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
@pytest.mark.parametrize("change", TAMPERED)
def test_tampered_code_is_refused_also_with_warn(
    signing: Signing, make_function: MakeFunction, policy: str, change: Callable[..., None]
) -> None:
    tampered = _rewritten(signing.sign(_two_files()), change)
    with refused(REFUSED):
        make_function(tampered, CodeSigningConfigArn=signing.config(policy))


def test_recompressed_and_retimed_code_is_accepted(
    signing: Signing, make_function: MakeFunction
) -> None:
    def recompress(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
        for info, _ in entries:
            info.compress_type = zipfile.ZIP_DEFLATED
            info.date_time = (2001, 2, 3, 4, 5, 6)

    again = _rewritten(signing.sign(_two_files()), recompress)
    make_function(again, CodeSigningConfigArn=signing.config())


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
@pytest.mark.parametrize("forged", [b"no PEM", b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----"])
def test_broken_signature_file_is_invalid(
    signing: Signing, make_function: MakeFunction, policy: str, forged: bytes
) -> None:
    archive = make_zip(("index.py", "x = 1"), (SIGNATURE_ENTRY, forged))
    with refused("InvalidCodeSignatureException"):
        make_function(archive, CodeSigningConfigArn=signing.config(policy))


def test_flipped_bit_in_the_signature_is_invalid(
    signing: Signing, make_function: MakeFunction
) -> None:
    def flip(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
        info, body = entries[-1]
        # The signature ends the structure: the last full line of base64 lies in it.
        line = body.split(b"\n-----END")[0].splitlines()[-2]
        changed = (b"A" if line[:1] != b"A" else b"B") + line[1:]
        entries[-1] = (info, body.replace(line, changed))

    with refused("InvalidCodeSignatureException"):
        make_function(
            _rewritten(signing.sign(make_zip()), flip), CodeSigningConfigArn=signing.config()
        )


def test_unsigned_code_is_accepted_with_warn(signing: Signing, make_function: MakeFunction) -> None:
    made = make_function(CodeSigningConfigArn=signing.config("Warn"))
    assert "SigningJobArn" not in made
    assert _invoke(signing.aws, made) == "first"


def test_policy_is_warn_where_none_is_named(signing: Signing) -> None:
    made = signing.aws.client("lambda").create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [signing.version_arn]}
    )["CodeSigningConfig"]
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}


def test_revoked_signature_is_refused(signing: Signing, make_function: MakeFunction) -> None:
    job = signing.finish(signing.start(make_zip()))
    signing.signer.revoke_signature(jobId=job["jobId"], reason="leaked")
    with refused(REFUSED):
        make_function(signing.read(job), CodeSigningConfigArn=signing.config())


def _revoke_profile(signing: Signing, effective_time: datetime) -> None:
    signing.signer.revoke_signing_profile(
        profileName=signing.profile,
        profileVersion=signing.version_arn.rsplit("/", 1)[1],
        reason="leaked",
        effectiveTime=effective_time,
    )


@pytest.mark.parametrize(("hours_ago", "accepted"), [(1, False), (0, True)])
def test_revoked_profile_is_refused_from_its_time_on(
    signing: Signing, make_function: MakeFunction, hours_ago: int, accepted: bool
) -> None:
    signed = signing.sign(make_zip())
    time.sleep(1.1)  # Signer's times are whole seconds
    _revoke_profile(signing, datetime.now(UTC) - timedelta(hours=hours_ago))
    config = signing.config()
    if accepted:
        make_function(signed, CodeSigningConfigArn=config)
    else:
        with refused(REFUSED):
            make_function(signed, CodeSigningConfigArn=config)
    with refused("ValidationException", match="Revoked"):
        signing.start(make_zip())


def test_revocation_of_a_profile_begins_in_the_past_and_never_later(signing: Signing) -> None:
    now = datetime.now(UTC)
    with refused("ValidationException", match="future"):
        _revoke_profile(signing, now + timedelta(hours=1))
    _revoke_profile(signing, now - timedelta(hours=1))
    with refused("ValidationException", match="later"):
        _revoke_profile(signing, now)
    _revoke_profile(signing, now - timedelta(hours=2))


def test_attached_configuration_decides_from_the_next_deployment_on(
    signing: Signing, make_function: MakeFunction
) -> None:
    made, client = make_function(), signing.aws.client("lambda")
    client.put_function_code_signing_config(
        FunctionName=made["FunctionName"], CodeSigningConfigArn=signing.config()
    )
    assert _invoke(signing.aws, made) == "first"
    with refused(REFUSED):
        client.update_function_code(FunctionName=made["FunctionName"], ZipFile=SECOND)
    client.delete_function_code_signing_config(FunctionName=made["FunctionName"])
    client.update_function_code(FunctionName=made["FunctionName"], ZipFile=SECOND)


def test_dry_run_checks_and_changes_nothing(signing: Signing, make_function: MakeFunction) -> None:
    made = make_function(signing.sign(make_zip()), CodeSigningConfigArn=signing.config())
    client = signing.aws.client("lambda")
    with refused(REFUSED):
        client.update_function_code(FunctionName=made["FunctionName"], ZipFile=SECOND, DryRun=True)
    client.update_function_code(
        FunctionName=made["FunctionName"], ZipFile=signing.sign(SECOND), DryRun=True
    )
    assert _invoke(signing.aws, made) == "first"


def test_layers_are_checked_too(signing: Signing, make_function: MakeFunction) -> None:
    client, name = signing.aws.client("lambda"), unique("layer")

    def publish(archive: bytes) -> dict[str, Any]:
        return dict(client.publish_layer_version(LayerName=name, Content={"ZipFile": archive}))

    layer = make_zip(("python/shared.py", "ANSWER = 42"))
    unsigned, signed = publish(layer), publish(signing.sign(layer))
    assert signed["Content"]["SigningProfileVersionArn"] == signing.version_arn
    config = signing.config()
    code = signing.sign(
        make_zip(("index.py", "import shared\ndef handler(e, c):\n    return shared.ANSWER"))
    )
    with refused(REFUSED):
        make_function(code, CodeSigningConfigArn=config, Layers=[unsigned["LayerVersionArn"]])
    made = make_function(code, CodeSigningConfigArn=config, Layers=[signed["LayerVersionArn"]])
    assert _invoke(signing.aws, made) == 42
    listed = client.get_function_configuration(FunctionName=made["FunctionName"])["Layers"]
    assert [each["SigningJobArn"] for each in listed] == [signed["Content"]["SigningJobArn"]]
    with refused(REFUSED):
        client.update_function_configuration(
            FunctionName=made["FunctionName"], Layers=[unsigned["LayerVersionArn"]]
        )


def test_images_cannot_have_a_configuration(signing: Signing, make_function: MakeFunction) -> None:
    with refused("InvalidParameterValueException", match="image"):
        make_function(
            Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/a:b"},
            PackageType="Image",
            CodeSigningConfigArn=signing.config(),
        )


def test_configuration_that_is_not_there_is_refused(
    signing: Signing, make_function: MakeFunction
) -> None:
    gone = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"
    with refused("CodeSigningConfigNotFoundException"):
        make_function(CodeSigningConfigArn=gone)


def test_configuration_in_use_is_not_deleted(signing: Signing, make_function: MakeFunction) -> None:
    config = signing.config("Warn")
    make_function(CodeSigningConfigArn=config)
    with refused("ResourceConflictException"):
        signing.aws.client("lambda").delete_code_signing_config(CodeSigningConfigArn=config)
