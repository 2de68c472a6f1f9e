"""`secure-lambda sign`: everything that is pending, in one go."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws

MakeMany = Any  # the fixture in conftest.py


def summary(outcome: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(outcome.stdout)
    return content


def test_everything_is_signed_and_the_manifests_name_the_results(many: MakeMany) -> None:
    place = many(7)
    outcome = place.run("--json")
    assert outcome.returncode == 0, outcome.stderr
    assert place.signed() == set(range(7))
    assert len(place.jobs()) == 7
    for number, identity in enumerate(place.identities):
        source = place.sources()[identity]
        assert set(source) == {"path", "packaging"}
        assert source["packaging"] == "file"
        [manifest] = [path for path in place.manifests() if identity in path.read_text()]
        assert (manifest.parent / source["path"]).resolve() == place.result(number).resolve()
    found = summary(outcome)
    assert found["assembly"] == str(place.assembly)
    assert (found["signed"], found["failed"], found["replaced"]) == (7, 0, 7)
    assert {asset["id"] for asset in found["assets"]} == set(place.identities)
    assert {asset["state"] for asset in found["assets"]} == {"signed"}
    assert place.left_over() == []


def test_destinations_and_other_assets_stay_as_they_were(many: MakeMany) -> None:
    place = many(2)
    before = {path: json.loads(path.read_text()) for path in place.manifests()}
    assert place.run().returncode == 0
    for path, old in before.items():
        new = json.loads(path.read_text())
        for identity in place.identities:
            for manifest in (old, new):
                if identity in manifest["files"]:
                    del manifest["files"][identity]["source"]
        assert new == old


def test_a_second_run_makes_no_call(many: MakeMany) -> None:
    place = many(3)
    place.run()
    place.aws.reset_calls()
    outcome = place.run("--json")
    assert outcome.returncode == 0
    assert place.aws.calls() == []
    assert summary(outcome)["replacedBefore"] == 3


def test_a_new_synthesis_on_the_same_machine_uses_the_cache(many: MakeMany) -> None:
    """`cdk synth` writes the manifests anew and leaves the folder of signed zips as it is."""
    place = many(3)
    fresh = {path: path.read_bytes() for path in place.manifests()}
    place.run()
    for path, content in fresh.items():
        path.write_bytes(content)
    place.aws.reset_calls()
    outcome = place.run("--json")
    assert (summary(outcome)["cached"], summary(outcome)["replaced"]) == (3, 3)
    assert place.aws.calls() == []


def test_what_is_published_already_is_not_signed_again(many: MakeMany) -> None:
    place = many(5)
    place.publish(0, 1, 3, 4)
    outcome = place.run("--json")
    assert outcome.returncode == 0, outcome.stderr
    assert (summary(outcome)["signed"], summary(outcome)["published"]) == (1, 4)
    assert place.signed() == {2}
    assert len(place.jobs()) == 1
    assert "executable" in place.sources()[place.identities[0]]


def test_unless_everything_is_asked_for(many: MakeMany) -> None:
    place = many(2)
    place.publish(0, 1)
    assert summary(place.run("--all", "--json"))["signed"] == 2
    assert place.signed() == {0, 1}


def test_who_cannot_see_what_is_published_signs(many: MakeMany) -> None:
    """A role that may only sign: it neither assumes the publishing role nor lists its bucket."""
    place = many(2)
    place.publish(0, 1)
    place.aws.add_fault(service="sts", operation="AssumeRole", kind="access_denied", times=None)
    place.aws.add_fault(service="s3", operation="ListObjectsV2", kind="access_denied", times=None)
    assert summary(place.run("--json"))["signed"] == 2


def test_the_callers_own_rights_may_do_where_the_role_is_denied(many: MakeMany) -> None:
    place = many(2)
    place.publish(0, 1)
    place.aws.add_fault(service="sts", operation="AssumeRole", kind="access_denied", times=None)
    assert summary(place.run("--json"))["published"] == 2


def test_an_empty_zip_does_not_count_as_published(many: MakeMany) -> None:
    """Nor does it for the CDK CLI, which would publish again."""
    place = many(1)
    place.aws.client("s3").put_object(
        Bucket=place.published, Key=f"{place.identities[0]}.zip", Body=b"0" * 22
    )
    assert summary(place.run("--json"))["signed"] == 1


def test_one_job_for_code_that_two_stacks_use(many: MakeMany) -> None:
    place = many(2)
    first, second = place.manifests()
    contents = [json.loads(path.read_text()) for path in (first, second)]
    [own] = [name for name in contents[0]["files"] if name != "template"]
    contents[1]["files"][own] = contents[0]["files"][own]
    second.write_text(json.dumps(contents[1]))
    found = summary(place.run("--json"))
    assert (found["signed"], found["replaced"]) == (2, 3)
    assert len(place.jobs()) == 2


def test_names_are_shown_in_plain_lines_without_a_terminal(many: MakeMany) -> None:
    outcome = many(3).run()
    lines = outcome.stderr.splitlines()
    assert lines[0] == "3 assets with code to sign"
    assert len(lines) == 4
    assert re.fullmatch(r"3/3 signed: asset\.000\d \(\d+\.\d s\)", lines[3])
    assert re.fullmatch(r"3 signed in \d+\.\d s \(.*cdk\.out\)\n", outcome.stdout)


def test_a_log_is_not_flooded(many: MakeMany) -> None:
    place = many(40)
    place.publish(*range(40))
    lines = place.run().stderr.splitlines()
    assert 10 <= len(lines) <= 12
    assert lines[-1].startswith("40/40 published already: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_a_bar_is_shown_on_a_terminal(many: MakeMany) -> None:
    place = many(3)
    primary, secondary = pty.openpty()
    termios.tcsetwinsize(secondary, (24, 100))
    shown: list[bytes] = []

    def read() -> None:
        try:
            while chunk := os.read(primary, 4096):
                shown.append(chunk)
        except OSError:
            return  # the other end is closed

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.run(
        [sys.executable, "-m", "secure_lambda_constructs.cli", "sign"],
        cwd=place.assembly.parent,
        env={**os.environ, **place.aws.environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=secondary,
        timeout=120,
        check=False,
    )
    os.close(secondary)
    reader.join(10)
    os.close(primary)
    assert process.returncode == 0
    text = b"".join(shown).decode()
    assert "signing:" in text
    assert re.search("[123]/3", text)


def test_another_account_is_told_and_the_own_one_is_done(many: MakeMany) -> None:
    place = many(4)
    path = place.manifests()[0]
    text = path.read_text()
    foreign = '"--account", "999999999999", "--bucket"'
    path.write_text(text.replace('"--bucket"', foreign))
    outcome = place.run("--json")
    assert outcome.returncode == 1
    assert (summary(outcome)["signed"], summary(outcome)["failed"]) == (2, 2)
    [sentence] = [line for line in outcome.stderr.splitlines() if "cannot sign" in line]
    assert "credentials are of account 000000000000, but the stack is for account 99" in sentence
    assert place.run("--account", "000000000000").returncode == 0


def test_an_assembly_that_lost_its_signed_zips_is_refused(many: MakeMany) -> None:
    place = many(2)
    place.run()
    shutil.rmtree(place.assembly / "signed-assets")
    outcome = place.run()
    assert outcome.returncode == 1
    assert "which is not there: hand on the whole folder of the cloud assembly" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{", "cannot be read"),
        ("[]", "is no manifest"),
    ],
)
def test_a_broken_manifest_is_named(many: MakeMany, content: str, part: str) -> None:
    place = many(2)
    path = place.manifests()[0]
    path.write_text(content)
    outcome = place.run()
    assert outcome.returncode == 1
    [sentence] = outcome.stderr.splitlines()
    assert f"{path} {part}" in sentence
    assert "synthesize the cloud assembly again" in sentence


def test_a_command_of_another_version_is_named(many: MakeMany) -> None:
    place = many(2)
    path = place.manifests()[0]
    path.write_text(path.read_text().replace('"--bucket"', '"--basket"'))
    outcome = place.run()
    assert outcome.returncode == 1
    assert "synthesize and sign with the same version" in outcome.stderr.splitlines()[-1]


def test_the_results_are_the_code_with_a_signature(many: MakeMany) -> None:
    place = many(1)
    code = place.source(0)
    shutil.rmtree(code)
    with zipfile.ZipFile(code, "w") as archive:  # a zip asset has no folder
        archive.writestr("index.py", "x = 1\n")
    assert place.run().returncode == 0
    with zipfile.ZipFile(place.result(0)) as archive:
        assert archive.read("index.py") == b"x = 1\n"


def test_what_was_left_unsigned_on_purpose_is_listed(many: MakeMany) -> None:
    place = many(1)
    manifest = json.loads((place.assembly / "manifest.json").read_text())
    note = "left out of sign_everything [ack: secure-lambda-constructs:unsigned]"
    entry = {"type": "aws:cdk:info", "data": note}
    more = {"/App/Second/Resource": [entry], "/App/Third": [{**entry, "data": "else"}]}
    (place.assembly / "More.metadata.json").write_text(json.dumps(more))
    manifest["artifacts"]["App"] = {
        "type": "aws:cloudformation:stack",
        "metadata": {"/App/First": [entry, {"type": "aws:cdk:logicalId", "data": "First"}]},
        "additionalMetadataFile": "More.metadata.json",
    }
    (place.assembly / "manifest.json").write_text(json.dumps(manifest))
    assert summary(place.run("--json"))["unsigned"] == ["App/First", "App/Second"]
    assert "left unsigned on purpose: App/Second\n" in place.run().stdout


def test_the_assembly_may_be_named(many: MakeMany, tmp_path: Path) -> None:
    place = many(1)
    place.assembly = place.assembly.rename(tmp_path / "elsewhere")
    (tmp_path / "project").mkdir(exist_ok=True)
    outcome = place.run("--assembly", str(place.assembly))
    assert outcome.returncode == 0, outcome.stderr
    assert place.signed() == {0}


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--concurrency", "0"], "a number from 1 to 256 expected, got '0'"),
        (["--concurrency", "many"], "a number from 1 to 256 expected, got 'many'"),
        (["--account", "1"], "an account of 12 digits expected, got '1'"),
        (["--conc", "2"], "unrecognized arguments: --conc 2"),
    ],
)
def test_wrong_options(many: MakeMany, options: list[str], part: str) -> None:
    outcome = many(1).run(*options)
    assert outcome.returncode == 2
    assert part in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_manifest_that_was_synthesized_anew_meanwhile_is_left_as_it_is(many: MakeMany) -> None:
    from secure_lambda_constructs.signing.command.manifests import Manifest

    place = many(2)
    [path, _] = place.manifests()
    manifest = Manifest(path)
    [listed] = manifest.listed
    anew = path.read_text().replace("--timeout", "--another")
    path.write_text(anew)
    assert manifest.replace({listed.request.identity: place.result(0)}) == 0
    assert path.read_text() == anew
