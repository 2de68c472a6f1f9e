"""The checks in the synth of an app: a validation plugin of the CDK."""

import os
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from ..errors import InvalidInputError
from .acknowledged import PLUGIN_NAME, Acknowledgement
from .acknowledgement_sources import (
    acknowledged_in_metadata,
    acknowledged_in_stacks,
    acknowledgements_of_nodes,
    stack_paths,
)
from .baseline import Baseline, cause_of
from .evaluation import default_evaluator
from .formats.text import headline
from .judgement import Finding, PathVerdict
from .leaks.paths import PATHS, SIGNING
from .model.world import World
from .outcome import UNTOLD, Outcome, Standing, check, check_accounts, tool_version

__all__ = ["LeakChecks"]


@jsii.implements(cdk.IPolicyValidationPlugin)
class LeakChecks:
    """Fails the build where a leak path of the app is open, and says what opens it.

    The templates of all stacks are judged together, as the last step of the synthesis: each leak
    path of the threat model. Policies are evaluated, not matched against patterns, and what nobody
    can tell counts as open. A violation names the construct, what an attacker does, and what to
    write instead.

    What is right at a construct is acknowledged there, with a reason, as every finding of a
    validation plugin is: see
    <https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/Validations.html>. It holds for the
    construct and all below it. One without a reason, or without the name of the plugin, does not
    count; one that meets no finding is told as a warning.

    Example:
        ```python
        from secure_lambda_constructs.checks.leak_checks import LeakChecks

        cdk.Validations.of(app).add_plugins(LeakChecks())
        cdk.Validations.of(stack).acknowledge(
            cdk.Acknowledgment(id="LeakChecks::D01", reason="Nothing here reads data: SHOP-7.")
        )
        ```
    """

    def __init__(
        self, *, baseline: str | None = None, trusted_accounts: Sequence[str] = ()
    ) -> None:
        """Prepare the checks.

        Args:
            baseline: Path of the file that `secure-lambda check --write-baseline` wrote. What it
                names is told as a warning and does not fail the build. Nothing is, by default.
            trusted_accounts: Accounts of yours in which no stack of the app is, such as the one
                that owns the signing profiles: what the templates admit of them is let pass. None
                by default: an account that the templates name may be the attacker's. The account
                of a stack is told by `env`.

        Raises:
            InvalidInputError: The baseline cannot be read, or an account is none. Raised at once,
                not by the synthesis.
        """
        self._baseline = None if baseline is None else Baseline.read(Path(baseline))
        self._trusted_accounts = check_accounts("trusted_accounts", trusted_accounts)

    @property
    def name(self) -> str:
        """What stands before the ids in acknowledgements: `LeakChecks`."""
        return PLUGIN_NAME

    @property
    def version(self) -> str:
        """The version of this library."""
        return tool_version()

    @property
    def rule_ids(self) -> list[str]:
        """The ids of the leak paths, and of what else is looked at."""
        return sorted([*PATHS, *SIGNING, UNTOLD])

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge what was synthesized; the CDK calls it.

        Args:
            context: What the CDK hands to validation plugins.

        Returns:
            The report: without success where something is open.
        """
        template_paths = context.template_paths
        if not template_paths:
            return cdk.PolicyValidationPluginReport(success=True, violations=[])
        directory = _assembly_of(template_paths)
        world = World.of_assembly(directory)
        said = [*_above_the_stacks(context, directory), *acknowledged_in_stacks(directory)]
        outcome = check(
            world,
            default_evaluator(),
            inputs=[str(directory)],
            templates={s.name: s.file for s in world.sources if s.file is not None},
            acknowledgements=[*said, *acknowledged_in_metadata(world)],
            baseline=self._baseline,
            trusted_accounts=self._trusted_accounts,
        )
        by_the_cdk = [each for each in said if each.qualified]
        return cdk.PolicyValidationPluginReport(
            success=outcome.is_closed,
            violations=[*_violations(outcome, by_the_cdk), *_notes(outcome)],
            plugin_version=self.version,
            metadata={"verdict": headline(outcome)},
        )


def _assembly_of(template_paths: Iterable[str]) -> Path:
    """Return the folder of the assembly that all the templates are in, those of Stages too."""
    directory = Path(os.path.commonpath([Path(path).resolve().parent for path in template_paths]))
    for candidate in (directory, *directory.parents):
        if (candidate / "manifest.json").is_file():
            return candidate
    raise InvalidInputError(f"no manifest.json is in {directory}: add the plugin to an app")


def _above_the_stacks(
    context: cdk.IPolicyValidationContext, directory: Path
) -> Iterator[Acknowledgement]:
    """Yield what is acknowledged at the app, at Stages and at whatever else has stacks in it.

    That is in no file of the assembly. The app is not handed out by older releases of the CDK,
    2.257 for one: there, acknowledge at a stack.
    """
    root = getattr(context, "app_construct", None)
    if root is None:
        return
    above = {""}
    for path in stack_paths(directory):
        parts = path.split("/")[:-1]
        above.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    for path in sorted(above):
        construct: IConstruct | None = root
        for name in filter(None, path.split("/")):
            construct = None if construct is None else construct.node.try_find_child(name)
        if construct is not None:
            entries = [{"type": each.type, "data": each.data} for each in construct.node.metadata]
            yield from acknowledgements_of_nodes({path: entries}, path or "the app")


def _violations(
    outcome: Outcome, by_the_cdk: Sequence[Acknowledgement]
) -> Iterator[cdk.PolicyViolation]:
    """Yield one violation for each leak path and cause."""
    acknowledged = {each.rule for each in by_the_cdk}
    for path in outcome.verdict.all:
        together: defaultdict[tuple[str, str, str], list[Finding]] = defaultdict(list)
        for finding in path.findings:
            severity, remark = _severity(outcome, finding, by_the_cdk, acknowledged)
            together[cause_of(finding), severity, remark].append(finding)
        for (_, severity, remark), findings in together.items():
            yield cdk.PolicyViolation(
                rule_name=path.id,
                severity=severity,
                description=_sentence(path, findings[0], remark),
                fix=path.mend or None,
                violating_resources=[_resource(outcome, finding) for finding in findings],
                rule_metadata={"title": path.title, "attack": path.attack},
            )


def _severity(
    outcome: Outcome,
    finding: Finding,
    by_the_cdk: Sequence[Acknowledgement],
    acknowledged: Container[str],
) -> tuple[str, str]:
    """Return how severe a violation is for the CDK, and what is added to its description.

    The CDK takes away what is acknowledged to it, and lists it as such in its report. Older
    releases take the whole rule away, wherever it is acknowledged, save where it is fatal.
    """
    standing = outcome.standing(finding)
    if standing is Standing.KNOWN:
        return "warning", "in the baseline"
    if standing is Standing.NEW:
        return "fatal" if finding.path_id in acknowledged else "error", ""
    if any(each.covers(finding) for each in by_the_cdk if each.reason.strip()):
        return "error", ""
    return "info", f"acknowledged: {finding.acknowledged}"


def _sentence(path: PathVerdict, finding: Finding, remark: str) -> str:
    said = f"{path.id} {path.title}: {finding.reason}. {path.attack}"
    return f"{said} [{remark}]" if remark else said


def _resource(outcome: Outcome, finding: Finding) -> cdk.PolicyViolatingResource:
    template = outcome.template(finding)
    if template is not None and finding.logical_id:
        return cdk.PolicyViolatingResource(
            resource_logical_id=finding.logical_id, template_path=str(template), locations=[]
        )
    # Of no resource: what is acknowledged at the app alone.
    return cdk.PolicyViolatingResource(construct_path=finding.construct_path, locations=[])


def _notes(outcome: Outcome) -> Iterator[cdk.PolicyViolation]:
    """Yield what fails nothing: acknowledgements that do not count, and broken requests."""
    became = outcome.acknowledgements
    for each, sentence in became.refused:
        yield _note("refused-acknowledgement", sentence, each.at)
    for each in became.stale:
        yield _note(
            "stale-acknowledgement",
            f"{each.rule} is acknowledged, but nothing opens it: take the acknowledgement away",
            each.at,
        )
    for flow, reasons in outcome.verdict.broken.items():
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        yield _note(
            "broken-request", f"a legitimate request does not work: {flow}: {reasons[0]}{more}", ""
        )


def _note(rule: str, description: str, construct_path: str) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=rule,
        severity="warning",
        description=description,
        violating_resources=[
            cdk.PolicyViolatingResource(construct_path=construct_path, locations=[])
        ],
    )
