"""What a job that runs by night meets: time-outs, regions that are off, many functions, files."""

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.loaders import Loader

from secure_lambda_constructs.checks.audit import calls
from secure_lambda_constructs.checks.audit.calls import ELSEWHERE, Account, UnreadError
from secure_lambda_constructs.checks.audit.functions import list_functions
from secure_lambda_constructs.checks.audit.permissions import ACTIONS_BY_OPERATION
from secure_lambda_constructs.cli import audit as command
from secure_lambda_constructs.signing.command.aws import DeclinedError

from .conftest import Run
from .fake_account import NUMBER, REGION, account_with, refused
from .recorded import NOTHING


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of AWS; a test changes them."""
    answers: dict[str, Any] = {"list_functions": {"Functions": []}}
    monkeypatch.setattr(command, "connect", lambda region: account_with(**answers))
    return answers


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS takes connections, and never answers."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(calls, "_READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": NUMBER,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(name, value)
        yield


def test_what_never_answers_is_given_up(run: Run, silent: None) -> None:
    output, errors = run("--region", REGION, code=3)
    assert output == ""
    assert f"AWS in {REGION} could not be reached for GetCallerIdentity (Read timeout" in errors
    assert "check network, proxy and region, then repeat the command" in errors


def test_a_region_that_is_not_enabled_is_told(run: Run, connected: dict[str, Any]) -> None:
    connected["list_functions"] = refused("UnrecognizedClientException")
    output, errors = run("--region", "ap-east-1", code=3)
    assert "NOT COMPLETE: 1 call failed" in output
    assert (
        "AWS does not accept the credentials in ap-east-1 (UnrecognizedClientException): enable "
        "the region for the account, or name the others with --region"
    ) in errors
    # In the region of the environment it is the credentials.
    _, errors = run("--region", REGION, code=3)
    assert "AWS does not accept the credentials (UnrecognizedClientException): check them" in errors


_LOADER = Loader()


def _session(**answers: Any) -> Any:
    """A session of botocore that sends nothing; an answer may be a function of the parameters."""
    session: Any = botocore.session.Session()
    session.set_credentials("key", "secret")
    session.register_component("data_loader", _LOADER)

    def answer(model: Any, params: dict[str, Any], **event: Any) -> Any:
        given = answers[model.name]
        if callable(given):
            given = given(params)
        if isinstance(given, Exception):
            raise given
        return SimpleNamespace(status_code=200), given

    session.register("before-call", answer)
    return session


def _account(**answers: Any) -> Account:
    return Account(_session(**answers), NUMBER, "aws", REGION)


def test_a_thousand_functions_are_listed_page_by_page() -> None:
    asked: list[str] = []

    def page(request: dict[str, Any]) -> dict[str, Any]:
        begin = int(request["query_string"].get("Marker", 0))
        asked.append(str(begin))
        found = [
            {
                "FunctionName": f"f{number}",
                "FunctionArn": f"arn:aws:lambda:{REGION}:{NUMBER}:function:f{number}:$LATEST",
                "Version": "$LATEST",
            }
            for number in range(begin, begin + 50)
        ]
        more = {"NextMarker": str(begin + 50)} if begin < 950 else {}
        return {"Functions": found, **more}

    functions = list_functions(_account(ListFunctions=page), REGION)
    assert len({each.name for each in functions}) == 1000
    assert len(asked) == 20


@pytest.mark.parametrize(
    ("service", "operation", "items", "token", "parameters"),
    [
        (
            "logs",
            "DescribeAccountPolicies",
            "accountPolicies",
            "nextToken",
            {"policyType": "SUBSCRIPTION_FILTER_POLICY"},
        ),
        ("signer", "ListProfilePermissions", "permissions", "nextToken", {"profileName": "pp"}),
        (
            "s3",
            "ListBucketInventoryConfigurations",
            "InventoryConfigurationList",
            "NextContinuationToken",
            {"Bucket": "b"},
        ),
        (
            "route53",
            "ListHostedZonesByVPC",
            "HostedZoneSummaries",
            "NextToken",
            {"VPCId": "vpc-1", "VPCRegion": REGION},
        ),
    ],
)
def test_pages_without_a_paginator_of_botocore_are_read_too(
    service: str, operation: str, items: str, token: str, parameters: dict[str, Any]
) -> None:
    pages = iter([{items: [1], token: "t"}, {items: [2], token: "u"}, {}])
    account = _account(**{operation: lambda request: next(pages)})
    assert account.ask(REGION, service, operation, "x", **parameters)[items] == [1, 2]


def test_no_other_operation_has_pages_that_nobody_reads() -> None:
    """Whatever botocore's model says of tokens must be read by its paginators or by ours."""
    session = _session()
    services = {
        "CallerIdentity": "sts",
        "ListLinks": "oam",
        "ListServiceNetworkVpcAssociations": "vpc-lattice",
    }
    read = set()
    for operation, actions in ACTIONS_BY_OPERATION.items():
        for action in actions:
            prefix = action.split(":")[0]
            if operation == "ListHostedZonesByVPC" and prefix == "ec2":
                continue
            model: Any = session.get_service_model(services.get(operation, prefix))
            output = model.operation_model(operation).output_shape
            tokens = {name for name in output.members if "token" in name.lower()}
            tokens |= {name for name in output.members if name in ("NextMarker", "IsTruncated")}
            if tokens and operation != "GetObject":
                pages = session.get_paginator_model(model.service_name)
                try:
                    pages.get_paginator(operation)
                except ValueError:
                    read.add(operation)
    # Rules without a paginator are asked for by name, or answer no token in these calls.
    assert read - set(calls._PAGES) == set()


def test_a_service_that_a_region_lacks_is_no_gap() -> None:
    away = EndpointConnectionError(endpoint_url="https://vpc-lattice.aa-nowhere-1.amazonaws.com")
    account = _account(ListServiceNetworkVpcAssociations=away)
    service, operation = "vpc-lattice", "ListServiceNetworkVpcAssociations"
    with pytest.raises(DeclinedError, match=ELSEWHERE):
        account.ask("aa-nowhere-1", service, operation, "x", declined={ELSEWHERE})
    assert account.gaps == []
    # Where the region has it, or nobody expects that it may be missing, it is one.
    with pytest.raises(UnreadError, match="could not be reached"):
        account.ask("eu-west-1", service, operation, "x", declined={ELSEWHERE})
    with pytest.raises(UnreadError):
        account.ask("aa-nowhere-1", service, operation, "x")
    assert len(account.gaps) == 2


def test_what_the_stand_in_lacks_is_recorded_in_the_shapes_of_aws() -> None:
    session = _session()
    names = {"cloudwatch-logs": "logs"}
    for (service, operation), answer in NOTHING.items():
        model = session.get_service_model(names.get(service, service))
        shape: Any = model.operation_model(operation).output_shape
        assert set(answer) <= set(shape.members)
        assert all(shape.members[name].type_name == "list" for name in answer)


def test_the_result_is_written_whole_or_not_at_all(
    run: Run, connected: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.json"
    assert run("--region", REGION, "--json", "-o", str(file)) == ("", "")
    assert json.loads(file.read_text())["complete"] is True
    assert list(tmp_path.iterdir()) == [file]
    # What cannot be written is printed, so that the work is not lost, and is no clean result.
    before = file.read_text()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    output, errors = run("--region", REGION, "-o", str(file), code=3)
    assert output == f"account {NUMBER}: 0 functions, 1 region, 0 findings\n"
    assert errors == f"secure-lambda audit: {file} cannot be written: No space left on device\n"
    assert (file.read_text(), list(tmp_path.iterdir())) == (before, [file])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "/nowhere/x"], "/nowhere/x cannot be written: make its folder first"),
        (
            ["--changes-since", "24h"],
            "--changes-since takes --baseline: name the assembly that was deployed",
        ),
        (
            ["--changes-since", "24h", "--baseline", "x", "--no-history"],
            "--changes-since and --no-history exclude each other: leave one out",
        ),
        (["--changes-since", "soon"], "a time expected, such as 24h, 7d or 2026-11-28, got 'soon'"),
        (["--changes-since", "91d"], "a time of the last 90 days expected, which is what"),
        (["--changes-since", "2999-01-01"], "a time of the last 90 days expected, which is what"),
    ],
)
def test_what_would_fail_after_all_calls_is_refused_before_the_first(
    run: Run, arguments: list[str], sentence: str
) -> None:
    output, errors = run("--region", REGION, *arguments, code=2)
    assert sentence in errors
    assert (output, errors.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_time_may_be_a_span(text: str, before: timedelta) -> None:
    since = command._since(text)
    assert abs(datetime.now(UTC) - before - since) < timedelta(minutes=1)


def test_a_time_without_a_zone_is_in_utc() -> None:
    day = datetime.now(UTC).date() - timedelta(days=1)
    assert command._since(day.isoformat()) == datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert command._since(f"{day}T09:30+01:00").utcoffset() == timedelta(hours=1)
