"""`secure-lambda revoke`: takes a signature or a version of the signing profile back.

What it says about Lambda rests on
<https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>: signatures are
checked when code is deployed and never later, and a revoked one blocks under `Enforce` only.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from ..errors import RevocationError
from ..signing.command.revocation import (
    ProfileVersion,
    SigningJob,
    State,
    look_up,
    parse_job,
    parse_profile_version,
    revoke,
)
from ..signing.command.revocation_calls import Calls, connect
from ..signing.command.signed_functions import SignedFunction, find_signed_functions, signed_at

__all__ = ["add_arguments", "run"]

_T = TypeVar("_T")

_EFFECTS = {
    "Enforce": "Enforce: refused",
    "Warn": "Warn: accepted with a warning",
    None: "no code signing config: not checked",
}
_NEXT = """\
Lambda checks signatures when code is deployed, so what is deployed keeps running.
To stop a function now, all its versions: aws lambda put-function-concurrency \
--function-name NAME --reserved-concurrent-executions 0
To bring it back: sign its code anew (another {anew}), deploy it, then \
aws lambda delete-function-concurrency --function-name NAME"""


class _Report(NamedTuple):
    subject: SigningJob | ProfileVersion
    state: State
    called: bool
    affected: list[SignedFunction]
    spared: list[SignedFunction]
    effective: datetime | None
    place: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes to its parser.

    Args:
        parser: The parser of the command.

    Example:
        ```python
        import argparse

        from secure_lambda_constructs.cli.revoke import add_arguments

        parser = argparse.ArgumentParser()
        add_arguments(parser)
        assert parser.parse_args(["--job", "0a1b-2c3d"]).job.identifier == "0a1b-2c3d"
        ```
    """
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument(
        "--job",
        type=_argument(parse_job),
        help="the signing job whose signature is revoked: its id, or its ARN as Lambda reports it",
    )
    subject.add_argument(
        "--profile-version",
        type=_argument(parse_profile_version),
        metavar="ARN",
        help="the version of a signing profile whose signatures are revoked, by its ARN",
    )
    parser.add_argument(
        "--reason", type=_argument(_reason), help="why, at most 500 characters; Signer keeps it"
    )
    parser.add_argument(
        "--effective-time",
        type=_argument(_time),
        metavar="TIME",
        help="signatures that the version made from then on are revoked, for example "
        "2026-11-28T09:30:00Z (default: now, so that those it has made stay valid)",
    )
    parser.add_argument(
        "--region", type=_argument(_region), help="region (default: of the ARN, else AWS_REGION)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--dry-run", action="store_true", help="change nothing, list what would be refused"
    )
    how.add_argument("--yes", action="store_true", help="revoke, which cannot be undone")


def run(options: argparse.Namespace) -> int:
    """Look up, list the functions, and with `--yes` revoke.

    Args:
        options: What the parser made of the arguments.

    Returns:
        0 where it is revoked, by this call or before, and after `--dry-run`; 1 where nothing was
        done for want of `--yes`.

    Raises:
        RevocationError: Where Signer or Lambda refuses, or there is nothing to revoke.
    """
    subject = options.job or options.profile_version
    region = _checked_region(options, subject)
    calls = connect(region)
    asked: datetime | None = options.effective_time
    if asked is not None and asked > calls.time:
        raise RevocationError(
            f"--effective-time {asked.isoformat()} is in the future (AWS has "
            f"{calls.time.isoformat()}): a revocation begins now or earlier"
        )
    state = look_up(calls, subject)
    # A revocation can be made to begin earlier, never later.
    done = bool(state.revoked) and (
        asked is None or state.effective is None or state.effective <= asked
    )
    effective = state.effective if done else asked
    affected, spared = _divided(calls, subject, effective)
    called = options.yes and not done
    if called:
        state = revoke(calls, subject, state, options.reason, asked or calls.time)
    report = _Report(subject, state, called, affected, spared, effective, calls.place)
    print(json.dumps(_data(report), indent=2) if options.json else _text(report))
    if options.yes or options.dry_run or done:
        return 0
    print(
        "secure-lambda revoke: nothing was revoked: repeat the command with --yes and --reason, "
        "or with --dry-run to look only",
        file=sys.stderr,
    )
    return 1


def _argument(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    # argparse shows an ArgumentTypeError as "argument --x: <text>", and no other exception.
    def convert(text: str) -> _T:
        try:
            return parse(text)
        except RevocationError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _reason(text: str) -> str:
    # https://docs.aws.amazon.com/signer/latest/api/API_RevokeSignature.html
    if not 1 <= len(text) <= 500:
        raise RevocationError(f"1 to 500 characters expected, got {len(text)}")
    return text


def _region(text: str) -> str:
    if re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", text) is None:
        raise RevocationError(f"a region expected, for example eu-west-1, got {text!r}")
    return text


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = datetime.min
    if time.tzinfo is None:
        raise RevocationError(
            f"a time with a time zone expected, for example 2026-11-28T09:30:00Z, got {text!r}"
        )
    return time.astimezone(UTC).replace(microsecond=0)  # Signer takes whole seconds


def _checked_region(
    options: argparse.Namespace, subject: SigningJob | ProfileVersion
) -> str | None:
    if options.yes and not options.reason:
        raise RevocationError("--yes needs --reason: say why, Signer keeps it with the revocation")
    if options.job and options.effective_time:
        raise RevocationError(
            "--effective-time goes with --profile-version only: the signature of a job is revoked "
            "as a whole"
        )
    region: str | None = options.region
    if region and subject.region and region != subject.region:
        raise RevocationError(
            f"the ARN is of {subject.region}, but --region is {region}: leave --region out"
        )
    return region or subject.region


def _divided(
    calls: Calls, subject: SigningJob | ProfileVersion, effective: datetime | None
) -> tuple[list[SignedFunction], list[SignedFunction]]:
    """Part the functions into those whose signature would be revoked, and those it leaves valid."""
    found = find_signed_functions(calls, subject.signed)
    if isinstance(subject, SigningJob):
        return found, []
    if effective is None:
        return [], found
    times = {job: signed_at(calls, job) for job in {each.job_arn for each in found}}
    # A signature of an unknown time may be one of those.
    spared = {job for job, time in times.items() if time is not None and time < effective}
    return (
        [each for each in found if each.job_arn not in spared],
        [each for each in found if each.job_arn in spared],
    )


def _data(report: _Report) -> dict[str, Any]:
    return {
        "subject": report.subject.title,
        "place": report.place,
        "revoked": report.state.revoked,
        "revokedNow": report.called,
        "effectiveTime": report.effective.isoformat() if report.effective else None,
        "note": report.state.note,
        "affected": [_entry(each) for each in report.affected],
        "stillValid": [_entry(each) for each in report.spared],
    }


def _entry(function: SignedFunction) -> dict[str, str | None]:
    return {
        "function": function.name,
        "arn": function.arn,
        "version": function.version,
        "layer": function.layer or None,
        "signingJobArn": function.job_arn,
        "enforcement": function.enforcement,
    }


def _text(report: _Report) -> str:
    subject, state = report.subject, report.state
    if report.called:
        verdict = "is revoked now" if state.revoked else "was revoked: Signer accepted it"
    elif state.revoked:
        verdict = "is revoked already, nothing was called"
    else:
        verdict = "may be revoked or not" if state.revoked is None else "is not revoked"
    lines = [f"{subject.title} {verdict}", f"({state.note})" if state.note else ""]
    if report.affected:
        lines.append(f"what bears its signature in {report.place}, at its next deployment:")
        lines += _rows(report.affected)
    if report.spared:
        time = f"before {report.effective.isoformat()}" if report.effective else "up to now"
        lines.append(f"signed by it {time}, which stays valid, in {report.place}:")
        lines += _rows(report.spared, effects=False)
    if not report.affected and not report.spared:
        lines.append(f"no function of {report.place} bears its signature")
    anew = "`signing_revision`" if isinstance(subject, SigningJob) else "`profile_name`"
    lines.append(_NEXT.format(anew=f"{anew} of the baseline"))
    return "\n".join(line for line in lines if line)


def _rows(functions: Sequence[SignedFunction], *, effects: bool = True) -> list[str]:
    return [
        "  "
        + "  ".join(
            [
                each.arn.removesuffix(f":{each.version}"),
                each.version,
                f"by the layer {each.layer}" if each.layer else "by its code",
                *([_EFFECTS[each.enforcement]] if effects else ()),
            ]
        )
        for each in functions
    ]
