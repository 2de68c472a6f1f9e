"""The command line: what it takes, and the one line it answers with where it is wrong."""

import pytest

from secure_lambda_constructs.signing.command.arguments import parse_arguments

REQUIRED = {
    "--source": "asset.code",
    "--assembly": "cdk.out",
    "--id": "ab" * 32,
    "--profile-name": "Profile",
    "--bucket": "code-{account}-{region}",
    "--baseline-stack": "App-Signing",
}


def _line(**changes: str | None) -> list[str]:
    options = dict(REQUIRED)
    for name, value in changes.items():
        option = "--" + name.replace("_", "-")
        options.pop(option, None)
        if value is not None:
            options[option] = value
    return [part for pair in options.items() for part in pair]


@pytest.fixture(autouse=True)
def _no_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECURE_LAMBDA_DEBUG", raising=False)


def test_the_least_that_is_needed() -> None:
    request = parse_arguments(_line())
    assert request.source == "asset.code"
    assert request.assembly == "cdk.out"
    assert request.identity == "ab" * 32
    assert request.profile_name == "Profile"
    assert request.profile_owner is None
    assert request.bucket_template == "code-{account}-{region}"
    assert request.account is None
    assert request.region is None
    assert request.baseline_stack == "App-Signing"
    assert request.timeout_seconds == 300
    assert not request.debug


def test_everything() -> None:
    request = parse_arguments(
        [
            "--debug",
            *_line(
                account="111122223333",
                region="eu-west-1",
                profile_owner="444455556666",
                timeout="2.5",
            ),
        ]
    )
    assert request.account == "111122223333"
    assert request.region == "eu-west-1"
    assert request.profile_owner == "444455556666"
    assert request.timeout_seconds == 2.5
    assert request.debug


def test_debug_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURE_LAMBDA_DEBUG", "1")
    assert parse_arguments(_line()).debug


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"source": None}, "--source"),
        ({"source": "."}, "a name inside the assembly expected, got '.'"),
        ({"source": ""}, "a name inside the assembly expected, got ''"),
        ({"source": "asset/.."}, "a name inside the assembly expected"),
        ({"id": "AB" * 32}, "64 hexadecimal digits expected"),
        ({"id": "../../etc/passwd"}, "64 hexadecimal digits expected"),
        ({"account": "1234"}, "an account of 12 digits expected, got '1234'"),
        ({"profile_owner": "me"}, "an account of 12 digits expected"),
        ({"timeout": "0"}, "a number of seconds above 0 expected, got '0'"),
        ({"timeout": "inf"}, "a number of seconds above 0 expected"),
        ({"timeout": "soon"}, "a number of seconds above 0 expected"),
        ({"profile": "x"}, "unrecognized arguments"),  # no abbreviation of --profile-name
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    changes: dict[str, str | None], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(_line(**changes))
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert complaint in output.err
