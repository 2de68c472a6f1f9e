"""The verdict on an app: each leak path, whether it is there, what opened it, what to write."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .leaks.case import Case
from .leaks.flows import broken_flows
from .leaks.paths import PATHS, SIGNING, LeakPath
from .leaks.questions import Evaluator
from .leaks.readable import readable
from .leaks.reasons import Reason, together
from .leaks.strangers import Retold, retold
from .model.world import World

__all__ = ["UNTOLD", "Finding", "PathVerdict", "Verdict", "judge"]

# The id under which resources that no template tells are open.
UNTOLD = "U01"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that opens a leak path.

    Attributes:
        path_id: Id of the leak path, such as `N04`.
        stack: The stack it is in; empty where that cannot be told.
        logical_id: The resource's logical id; empty where that cannot be told.
        construct_path: The construct's path in the app, or the resource's place in the template.
        reason: What makes it open: a sentence about the resource, without its name, with an
            example and the number of others like it.
        cause: The reason without the example. With the id of the path and the construct's path it
            stays the same until the cause is mended.
        acknowledged: The reason that the app gives for it, where it has acknowledged the finding.
    """

    path_id: str
    stack: str
    logical_id: str
    construct_path: str
    reason: str
    cause: str = ""
    acknowledged: str | None = None


@dataclass(frozen=True, kw_only=True)
class PathVerdict:
    """One leak path in an app.

    Attributes:
        id: Its id.
        title: What leads out.
        attack: What an attacker does, a sentence.
        mend: What to write instead, with the constructs of this library and without.
        present: Whether the app has what it leads through.
        findings: What opens it; empty where it is closed.
    """

    id: str
    title: str
    attack: str
    mend: str
    present: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All that is said of an app.

    Attributes:
        paths: Each of the 44 leak paths, in the order of the ids.
        broken: The legitimate requests that surely do not work, by the name of the flow.
        signing: The same for code signing, of every function and layer, whether it is one that
            data could leave by or not; and for resources that no template tells.
    """

    paths: tuple[PathVerdict, ...]
    broken: dict[str, tuple[str, ...]]
    signing: tuple[PathVerdict, ...] = ()

    @property
    def all(self) -> tuple[PathVerdict, ...]:
        """The leak paths, and then what is said beside them."""
        return (*self.paths, *self.signing)

    @property
    def open(self) -> tuple[PathVerdict, ...]:
        """Those of all that something opens which nobody has acknowledged."""
        return tuple(
            each for each in self.all if any(f.acknowledged is None for f in each.findings)
        )


def judge(world: World, evaluator: Evaluator, *, trusted_accounts: Collection[str] = ()) -> Verdict:
    """Look at every leak path of an app, at signing, and at the requests that must keep working.

    Args:
        world: All that the app's templates create.
        evaluator: Decides what policies allow.
        trusted_accounts: Accounts that are nobody else's, though none of the stacks is in them,
            such as the one that owns the signing profiles. None by default: an account that the
            templates name, and in which no stack is, may be the attacker's.

    Returns:
        The verdict. What opens a path in the same way is one finding for each resource.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluation import default_evaluator
        from secure_lambda_constructs.checks.judgement import judge
        from secure_lambda_constructs.checks.model.assembly import StackTemplate
        from secure_lambda_constructs.checks.model.world import World

        template = {
            "Resources": {
                "Report": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Code": {"ZipFile": "..."}},
                }
            }
        }
        stack = StackTemplate(
            name="Orders", account="111122223333", region="eu-west-1", template=template
        )
        verdict = judge(World([stack]), default_evaluator())
        unsigned = next(path for path in verdict.open if path.id == "S01")
        assert [finding.reason for finding in unsigned.findings] == [
            "has inline code, which nobody signs",
            "has no code signing config",
        ]
        ```
    """
    inside = {*trusted_accounts, *(source.account for source in world.sources)}
    judged = [
        (told, Case(told.world, evaluator, trusted_accounts=trusted_accounts))
        for told in retold(world, inside)
    ]
    told, case = judged[0]
    broken = {
        name: tuple(_said(readable(world, told.back(reason))) for reason in reasons)
        for name, reasons in broken_flows(case).items()
    }
    return Verdict(
        paths=_verdicts(judged, PATHS),
        broken=broken,
        signing=(*_verdicts(judged, SIGNING), _untold(world)),
    )


def _verdicts(
    judged: list[tuple[Retold, Case]], register: Mapping[str, LeakPath]
) -> tuple[PathVerdict, ...]:
    return tuple(
        PathVerdict(
            id=path_id,
            title=leak.title,
            attack=leak.attack,
            mend=leak.mend,
            present=any(leak.is_present(case) for _, case in judged),
            findings=tuple(
                _finding(path_id, reason)
                for reason in together(
                    readable(told.original, told.back(reason))
                    for told, case in judged
                    for reason in leak.check(case)
                )
            ),
        )
        for path_id, leak in sorted(register.items())
    )


def _untold(world: World) -> PathVerdict:
    """Return what is said of resources that nobody can tell: beside them nothing is closed."""
    return PathVerdict(
        id=UNTOLD,
        title="resources that no template tells",
        attack="What a macro, a module or another template creates leads out, and nobody has "
        "looked at it.",
        mend="Judge the template that CloudFormation made of it: aws cloudformation get-template "
        "--template-stage Processed; and put the template of a nested stack beside the others.",
        present=bool(world.gaps),
        findings=tuple(
            Finding(
                path_id=UNTOLD,
                stack=gap.stack,
                logical_id=gap.logical_id,
                construct_path=gap.construct_path,
                reason=gap.reason,
                cause=gap.reason,
            )
            for gap in world.gaps
        ),
    )


def _finding(path_id: str, reason: Reason) -> Finding:
    resource = reason.resource
    return Finding(
        path_id=path_id,
        stack="" if resource is None else resource.stack,
        logical_id="" if resource is None else resource.logical_id,
        construct_path="" if resource is None else resource.construct_path,
        reason=str(reason),
        cause=reason.text,
    )


def _said(reason: Reason) -> str:
    return str(reason) if reason.resource is None else f"{reason.resource.construct_path} {reason}"
