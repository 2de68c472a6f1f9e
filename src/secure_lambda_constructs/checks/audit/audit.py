"""The audit of an account: the rules for all that is there, and the comparison with an assembly."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from .admitted import Own
from .assembly import read_assembly
from .baseline import Baseline, compare, expected_functions, read_baseline
from .calls import Account, UnreadError, at_once
from .changes_since import Made, changes_by_hand, find_changes
from .findings import AuditError, Finding, Gap
from .functions import Function, audit_function, list_functions
from .history import with_history
from .network import audit_network
from .roles import audit_boundaries

__all__ = ["Accepted", "Questions", "Report", "audit"]


class Accepted(NamedTuple):
    """Findings that are wanted.

    Attributes:
        kind: Their kind.
        resource: Their resource, in which `*` stands for any text.
    """

    kind: str
    resource: str

    def admits(self, finding: Finding) -> bool:
        """Tell whether a finding is one of them."""
        return finding.kind == self.kind and fnmatchcase(finding.resource, self.resource)


class Questions(NamedTuple):
    """What is to be found out.

    Attributes:
        regions: The regions; all that are enabled by default.
        baseline: The folder of the assembly that was deployed; without it only the rules that
            hold for every account count.
        boundary: The name or the ARN of the boundary that all roles must have; empty asks for none.
        organization: The id of the organization whose accounts count as own; empty for none.
        history: Whether to look up in CloudTrail who changed what.
        accepted: Findings that are wanted.
        since: The time since when to tell all changes of the assembly's resources, with its zone;
            `None` tells only what has led to a finding.
    """

    regions: tuple[str, ...] = ()
    baseline: Path | None = None
    boundary: str = ""
    organization: str = ""
    history: bool = True
    accepted: tuple[Accepted, ...] = ()
    since: datetime | None = None


class Report(NamedTuple):
    """What was found out.

    Attributes:
        account: The account.
        regions: The regions.
        functions: How many functions were looked at.
        findings: What is not as it should be.
        accepted: What is not, and is wanted.
        gaps: What could not be read.
        left_out: Names of stacks that are for other accounts or regions, with the reason.
        not_compared: How many resources the assembly has of each type that is not compared.
        changes: What has changed the assembly's resources since the time that was asked for.
    """

    account: str
    regions: list[str]
    functions: int
    findings: list[Finding]
    accepted: list[Finding]
    gaps: list[Gap]
    left_out: list[tuple[str, str]]
    not_compared: dict[str, int]
    changes: Sequence[Made]


def audit(account: Account, questions: Questions) -> Report:
    """Look at an account.

    Args:
        account: The connection.
        questions: What is to be found out.

    Returns:
        What was found out. What could not be read is part of it.

    Raises:
        AuditError: The assembly cannot be read, or is for other accounts and regions altogether.
    """
    stacks = read_assembly(questions.baseline) if questions.baseline else []
    regions = list(questions.regions) or _enabled_regions(account)
    baseline = read_baseline(account, stacks, regions)
    if stacks and len(baseline.left_out) == len(stacks):
        raise AuditError(
            f"{questions.baseline} has no stack for account {account.number} in "
            f"{', '.join(regions)}: check the credentials and --region, or leave --baseline out"
        )
    own = Own(account.number, questions.organization)
    found: list[Finding] = []
    functions: dict[str, list[Function]] = {}
    for region in regions:
        try:
            functions[region] = list_functions(account, region)
        except UnreadError:
            continue
        found += _audit_region(account, own, baseline, region, functions[region])
    found += compare(account, baseline, functions)
    if questions.boundary:
        with suppress(UnreadError):
            found += audit_boundaries(account, questions.boundary)
    changes = find_changes(account, baseline, questions.since) if questions.since else []
    found += changes_by_hand(changes)
    kept, accepted = _divided(_distinct(found), questions.accepted)
    if questions.history:
        kept = [with_history(account, each) for each in kept]
    count = sum(len(each) for each in functions.values())
    gaps = sorted(account.gaps)
    return Report(
        account.number,
        regions,
        count,
        kept,
        accepted,
        gaps,
        baseline.left_out,
        baseline.not_compared,
        changes,
    )


def _enabled_regions(account: Account) -> list[str]:
    """List the regions that are enabled for the account, which is what EC2 lists by default."""
    try:
        answer = account.ask(account.region, "ec2", "DescribeRegions", "the enabled regions")
    except UnreadError:
        return [account.region]
    return sorted(
        each["RegionName"]
        for each in answer["Regions"]
        if each.get("OptInStatus") != "not-opted-in"
    )


def _audit_region(
    account: Account,
    own: Own,
    baseline: Baseline,
    region: str,
    functions: Sequence[Function],
) -> list[Finding]:
    expected = expected_functions(baseline, region)
    found = at_once(
        lambda each: audit_function(account, own, each, expected.get(each.name)), functions
    )
    networks = {
        str(version["VpcConfig"]["VpcId"])
        for function in functions
        for version in function.versions.values()
        if (version.get("VpcConfig") or {}).get("VpcId")
    }
    deployed = {
        each.physical for each in baseline.resources(region) if each.type == "AWS::EC2::VPCEndpoint"
    }
    for vpc in sorted(networks):
        found.append(audit_network(account, own, region, vpc, deployed))
    return [each for part in found for each in part]


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what was found twice, and order the rest."""
    found = {(each.region, each.resource, each.kind, each.found): each for each in findings}
    return [found[key] for key in sorted(found)]


def _divided(
    findings: Iterable[Finding], accepted: Sequence[Accepted]
) -> tuple[list[Finding], list[Finding]]:
    kept: list[Finding] = []
    wanted: list[Finding] = []
    for finding in findings:
        (wanted if any(each.admits(finding) for each in accepted) else kept).append(finding)
    return kept, wanted
