"""`secure-lambda audit` against an app that was deployed and then changed by hand."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from secure_lambda_constructs.checks.audit.calls import _DENIED, Account
from secure_lambda_constructs.checks.audit.findings import KINDS
from secure_lambda_constructs.checks.audit.permissions import ACTIONS_BY_OPERATION

from .changes import ALONE, CHANGES, SECRET
from .conftest import Look, Run
from .data_changes import DATA_CHANGES
from .world import ACCOUNT, REGION, World

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]


def test_nothing_is_found_in_what_was_deployed(world: World, look: Look, run: Run) -> None:
    found = look(code=0)
    assert (found["findings"], found["unread"], found["complete"]) == ([], [], True)
    assert found["functions"] == 2
    assert [each["stack"] for each in found["leftOut"]] == ["Elsewhere"]
    # Without the assembly nobody knows that the relay is one.
    found = look(baseline=False)
    assert [(each["kind"], each["resource"]) for each in found["findings"]] == [
        ("outside-network", world.arn(world.relay))
    ]
    relay = f"outside-network={world.arn('*Relay*')}"
    accepted = look("--accept", relay, code=0, baseline=False)
    assert accepted["findings"] == []
    assert [each["kind"] for each in accepted["accepted"]] == ["outside-network"]


@pytest.mark.parametrize("name", ALONE)
def test_a_change_by_hand_is_found_and_nothing_else(world: World, look: Look, name: str) -> None:
    change = CHANGES[name]
    change.make(world)
    findings = look()["findings"]
    assert {each["kind"] for each in findings} == set(change.found), findings
    for each in findings:
        part, call = change.found[each["kind"]]
        assert part in each["found"]
        assert each["changed"]["call"].startswith(call), each
        assert each["changed"]["by"] == f"arn:aws:iam::{ACCOUNT}:root"
        assert each["remedy"] == KINDS[each["kind"]].remedy
    assert SECRET not in json.dumps(findings)


class _Expected(NamedTuple):
    name: str
    kind: str
    resource: str
    found: tuple[str, ...]
    call: str

    def is_met_by(self, finding: dict[str, Any]) -> bool:
        return (
            finding["kind"] == self.kind
            and finding["resource"].endswith(self.resource)
            and all(part in finding["found"] for part in self.found)
        )


def _change_all(world: World) -> Iterator[_Expected]:
    """Make all changes that can be made at once, and yield what must be found."""
    for name, each in DATA_CHANGES.items():
        yield _Expected(name, each.kind, each.make(world), each.found, each.call)
    for name, change in CHANGES.items():
        if name not in ALONE:
            change.make(world)
            for kind, (part, call) in change.found.items():
                yield _Expected(name, kind, "", (part,), call)


def test_all_other_changes_are_found_and_told_when_they_are_taken_back(
    world: World, look: Look
) -> None:
    began = datetime.now(UTC).isoformat()
    expected = list(_change_all(world))
    report = look()
    assert report["unread"] == []
    left, wrong = report["findings"], []
    for each in expected:
        found = [finding for finding in left if each.is_met_by(finding)]
        left = [finding for finding in left if finding not in found]
        calls = [(finding["changed"] or {}).get("call", "") for finding in found]
        as_expected = [bool(call) is bool(each.call) for call in calls] == [True]
        if not as_expected or not calls[0].startswith(each.call):
            wrong.append((each, found))
    assert (wrong, left) == ([], [])
    # Taken back, nothing differs; but the calls are known.
    world.restore()
    report = look("--changes-since", began)
    assert {each["kind"] for each in report["findings"]} == {"changed-by-hand"}
    told = {each["path"]: each for each in report["findings"]}
    layer = told["Audited/Greeting/Resource"]
    assert re.fullmatch(
        r"AddLayerVersionPermission 20\S+ by arn:aws:iam::222233334444:root; "
        r"RemoveLayerVersionPermission 20\S+ by arn:aws:iam::222233334444:root",
        layer["found"],
    )
    assert layer["changed"]["call"] == "RemoveLayerVersionPermission"
    assert {"Audited/Key/Resource", "Audited/Alarms/Resource", "Audited/Token/Resource"} <= set(
        told
    )
    events = {each["eventId"] for each in report["changes"]}
    assert layer["changed"]["eventId"] in events
    assert {each["byCloudFormation"] for each in report["changes"]} == {False}


def test_every_kind_of_change_was_made() -> None:
    found = {kind for change in CHANGES.values() for kind in change.found}
    found |= {change.kind for change in DATA_CHANGES.values()}
    # These are in tests of their own.
    alone = {"cannot-tell", "changed-by-hand", "stack-changed", "stack-missing"}
    assert set(KINDS) - found == alone


@pytest.fixture
def copy(world: World, tmp_path: Path) -> Path:
    """A copy of the assembly, to be changed."""
    return Path(shutil.copytree(world.assembly, tmp_path / "cdk.out"))


def _rewrite(path: Path, change: Any) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_another_template_is_found_and_what_it_says_is_compared(look: Look, copy: Path) -> None:
    def change(template: dict[str, Any]) -> None:
        for each in template["Resources"].values():
            if each["Metadata"]["aws:cdk:path"] == "Audited/Orders/Function/Resource":
                each["Properties"]["Timeout"] = 7
                each["Properties"]["Handler"] = {"Fn::GetAtt": ["Nothing", "Known"]}
                each["Properties"]["Environment"]["Variables"]["GREETING"] = "{{resolve:ssm:x}}"

    _rewrite(copy / "Audited.template.json", change)
    found = look("--baseline", str(copy), "--no-history")["findings"]
    assert {(each["kind"], each["found"]) for each in found if each["kind"] != "stack-changed"} == {
        ("configuration-changed", "Timeout 3"),
        ("cannot-tell", "unknown: Handler, Environment.GREETING"),
    }
    [changed] = [each for each in found if each["kind"] == "stack-changed"]
    assert changed["path"] == "Audited"
    assert changed["found"].startswith("another template, deployed 20")
    assert (changed["changed"], changed["note"]) == (None, None)


def test_a_stack_that_is_not_deployed_is_found(look: Look, copy: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["artifacts"]["Audited"]["properties"]["stackName"] = "Never"

    _rewrite(copy / "manifest.json", change)
    found = look("--baseline", str(copy))["findings"]
    # What only the stack could say is missing with it.
    assert {each["kind"] for each in found} == {"stack-missing", "outside-network"}
    [missing] = [each for each in found if each["kind"] == "stack-missing"]
    assert (missing["resource"], missing["found"]) == ("Never", "not deployed")
    assert missing["note"] == "no such call in CloudTrail's event history, which goes back 90 days"


def test_code_is_compared_with_what_was_published(world: World, look: Look, copy: Path) -> None:
    # Without the signed zips, by the published objects; without those nobody can tell.
    shutil.rmtree(copy / "signed-assets")
    world.aws.reset_calls()
    assert look("--baseline", str(copy), code=0)["findings"] == []
    assert len(world.aws.calls("s3", "GetObject")) == 2
    world.aws.add_fault(service="s3", operation="GetObject", kind="access_denied", times=None)
    found = look("--baseline", str(copy), "--no-history")["findings"]
    assert {each["kind"] for each in found} == {"cannot-tell"}
    assert {each["resource"] for each in found} == {
        world.arn(world.orders),
        f"{world.arn(world.orders)}:1",
        world.arn(world.relay),
    }
    for each in found:
        assert "cannot be read: it takes s3:GetObject there" in each["found"]
    # The same code that was signed twice: the published object counts.
    world.aws.clear_faults()
    (copy / "signed-assets").mkdir()
    for path in world.assembly.joinpath("signed-assets").iterdir():
        (copy / "signed-assets" / path.name).write_bytes(path.read_bytes() + b"signed anew")
    assert look("--baseline", str(copy), code=0)["findings"] == []


def test_regions_are_looked_at_one_by_one_or_all(world: World, run: Run) -> None:
    name = world.create_function("eu-west-1")
    relay = ["--accept", f"outside-network={world.arn(world.relay)}", "--no-history"]
    text, _ = run(*relay, "--region", REGION)
    assert text.startswith(f"account {ACCOUNT}: 2 functions, 1 region, 0 findings, 1 accepted")
    text, _ = run(*relay, "--region", REGION, "--region", "eu-west-1", code=1)
    assert "3 functions, 2 regions, 3 findings" in text
    assert f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}" in text
    text, _ = run(*relay, code=1)
    assert f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}" in text


def test_what_is_found_reads_well(world: World, run: Run) -> None:
    CHANGES["no-signing-config"].make(world)
    text, errors = run("--region", REGION, "--baseline", str(world.assembly), code=1)
    assert errors == ""
    lines = text.splitlines()
    changed = lines.pop(9)
    assert lines == [
        f"account {ACCOUNT}: 2 functions, 1 region, 1 finding",
        "not looked at: the stack Elsewhere: it is for account 999900001111",
        "not compared: 2 AWS::EC2::Subnet",
        "",
        "no-signing-config: function without a code signing config",
        f"  where      {REGION}  {world.arn(world.orders)}",
        "  construct  Audited/Orders/Function/Resource",
        "  expected   a code signing config",
        "  found      none",
        "",
        "what to do",
        f"  no-signing-config  {KINDS['no-signing-config'].remedy}",
    ]
    assert re.fullmatch(
        r"  changed    20[0-9T:+-]+  DeleteFunctionCodeSigningConfig  "
        rf"by arn:aws:iam::{ACCOUNT}:root",
        changed,
    )


def test_a_role_without_the_boundary_is_found(world: World, look: Look) -> None:
    boundary = ["--boundary", "AuditedBoundary", "--no-history"]
    bootstrap = f"boundary-missing=arn:aws:iam::{ACCOUNT}:role/cdk-*"
    assert look(*boundary, "--accept", bootstrap, code=0)["findings"] == []
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    for path in ("/", "/aws-service-role/"):
        name = f"by-hand{len(path)}"
        world.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document)
        world.then(world.iam.delete_role, RoleName=name)
    found = look(*boundary, "--accept", bootstrap)["findings"]
    assert [(each["resource"], each["found"]) for each in found] == [
        (f"arn:aws:iam::{ACCOUNT}:role/by-hand1", "no boundary")
    ]


def test_it_goes_on_where_it_was_throttled(
    world: World, run: Run, look: Look, tmp_path: Path
) -> None:
    CHANGES["configuration"].make(world)
    kept = tmp_path / "audit.resume"
    world.aws.add_fault(service="cloudtrail", kind="throttle", times=None)
    arguments = ["--region", REGION, "--baseline", str(world.assembly), "--resume", str(kept)]
    text, errors = run(*arguments, code=3)
    assert "NOT COMPLETE: 2 calls failed" in text, errors
    assert "changed    CloudTrail could not be read" in text
    assert "LookupEvents failed on the changes of " in errors
    assert "AWS throttles it (ThrottlingException): repeat the command with --resume FILE" in errors
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    assert SECRET not in kept.read_text()
    world.aws.clear_faults()
    world.aws.reset_calls()
    text, errors = run(*arguments, code=1)
    assert errors == ""
    assert "UpdateFunctionConfiguration20150331v2  by arn:aws:iam::" in text
    # Asked anew: who is calling, what may hold secrets and is never kept, and what was missing.
    assert {call["operation"] for call in world.aws.calls()} == {
        "GetCallerIdentity",
        "DescribeStacks",
        "GetTemplate",
        "ListExports",
        "ListFunctions",
        "LookupEvents",
    }
    assert not kept.exists()


def test_a_short_throttling_is_waited_out(world: World, look: Look) -> None:
    world.aws.add_fault(service="lambda", operation="ListFunctions", kind="throttle", times=1)
    assert look(code=0)["complete"] is True


@pytest.mark.parametrize(
    "denied",
    [
        [("cloudformation", "DescribeStacks"), ("lambda", "ListFunctions")],
        [
            ("ec2", "DescribeInternetGateways"),
            ("iam", "GetAccountAuthorizationDetails"),
            ("kms", "ListGrants"),
            ("lambda", "GetFunctionCodeSigningConfig"),
            ("route53resolver", "ListFirewallRules"),
            ("s3", "GetBucketPolicy"),
        ],
    ],
    ids=["lists", "details"],
)
def test_what_could_not_be_read_is_told_and_never_passed_over(
    world: World, look: Look, denied: list[tuple[str, str]]
) -> None:
    for service, operation in denied:
        world.aws.add_fault(service=service, operation=operation, kind="access_denied", times=None)
    found = look("--accept", "outside-network=*", code=3)
    assert found["complete"] is False
    assert {each["operation"] for each in found["unread"]} == {name for _, name in denied}
    for each in found["unread"]:
        [action] = ACTIONS_BY_OPERATION[each["operation"]]
        needs = f"AWS denied it: the caller in account {ACCOUNT} needs {action}"
        assert (each["region"], each["reason"]) == (REGION, needs)
    # The rest was looked at all the same, and nothing was taken for a change.
    assert {each["kind"] for each in found["findings"]} <= {"cannot-tell"}


def test_every_listed_operation_is_called_and_no_other(
    world: World, run: Run, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, set[str]] = {}
    ask = Account._asked

    def watched(*given: Any) -> Any:
        operation, declined = given[3], given[5]
        asked.setdefault(operation, set()).update(declined)
        return ask(*given)

    monkeypatch.setattr(Account, "_asked", watched)
    shutil.rmtree(copy / "signed-assets")
    CHANGES["configuration"].make(world)
    world.aws.reset_calls()
    run("--baseline", str(copy), "--boundary", "AuditedBoundary", code=1)
    called = {call["operation"] for call in world.aws.calls()} | world.answered
    assert called == set(ACTIONS_BY_OPERATION)
    # A right that is missing is a gap, whatever the call: nobody takes the refusal for an answer.
    # Of published code it is a finding, `cannot-tell`.
    assert {name for name, codes in asked.items() if codes & _DENIED} == {"GetObject"}


def test_a_run_that_is_stopped_goes_on_later(world: World, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "audit.resume"
    arguments = ["--region", REGION, "--accept", "outside-network=*", "--resume", str(kept)]
    world.aws.add_fault(
        service="lambda", operation="ListAliases", kind="slow", times=None, seconds=1.5
    )
    program = [sys.executable, "-m", "secure_lambda_constructs.cli", "audit", *arguments]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(400):
            if kept.exists() and "ListFunctionUrlConfigs" in kept.read_text():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    sentence = "stopped by SIGTERM: repeat the command, with --resume FILE"
    assert errors == f"secure-lambda audit: {sentence}\n"
    world.aws.clear_faults()
    world.aws.reset_calls()
    run(*arguments)
    assert world.aws.calls("lambda", "ListAliases") != []
    assert world.aws.calls("lambda", "GetFunctionCodeSigningConfig") == []
