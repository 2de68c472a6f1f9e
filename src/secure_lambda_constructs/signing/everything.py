"""Signing each function and layer of an app that exists, whoever defined it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct, IValidation

from ..errors import InvalidInputError
from .everything_assembly import Expected, look_at_the_assembly
from .everything_code import FUNCTION, Code, StagedAssets, foreign_problem, kind_of, read_code
from .everything_skip import Skipped
from .publisher import hash_in_key
from .signed_code import NOT_ENFORCED, CodeSigner, signer_of

__all__ = ["sign_everything"]

# After the Aspects that change things (200, and 500 where nothing is said), before those that only
# read (1000): https://docs.aws.amazon.com/cdk/v2/guide/aspects.html
_PRIORITY = 800
# Whoever may assume a role of a function at the edge:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html
_EDGE = "edgelambda.amazonaws.com"


def sign_everything(
    scope: Construct,
    signer: CodeSigner,
    config_arn: str,
    skip: Sequence[Construct | str],
) -> None:
    """Sign all below a scope when the app synthesizes; see `ISigningBaseline.sign_everything`.

    Args:
        scope: App, Stage, stack or any construct.
        signer: What signs.
        config_arn: ARN of the code signing configuration; may be a token.
        skip: What is left as it is: constructs or their paths.

    Raises:
        InvalidInputError: The scope or what is skipped is none.

    Example:
        ```python
        from secure_lambda_constructs import SigningBaseline

        SigningBaseline(stack, "EverythingSigning").sign_everything(stack)
        ```
    """
    if not isinstance(scope, Construct):
        raise InvalidInputError(
            f"scope must be an app, a Stage, a stack or a construct, got {scope!r}: write "
            "signing.sign_everything(app)"
        )
    everything = _Everything(scope, signer, config_arn, Skipped(skip))
    parts = [node for node in scope.node.find_all() if isinstance(node, cdk.Stage)]
    if not isinstance(scope, cdk.Stage):
        everything.includes(scope, cast(cdk.Stage, cdk.Stage.of(scope)))
    # An Aspect does not go from a Stage into those below it.
    for stage in parts:
        everything.includes(stage, stage)


class _Signed(NamedTuple):
    """A function or layer with the name of its signed asset, and the configuration it has."""

    code: Code
    identity: str
    config_arn: str | None


class _Work(NamedTuple):
    """A stack with what was signed in it."""

    stack: cdk.Stack
    stage: str
    staged: StagedAssets
    twins: dict[str, tuple[str, str]]
    signed: list[_Signed]


@jsii.implements(cdk.IAspect)
class _Everything:
    """The Aspect."""

    def __init__(
        self, scope: Construct, signer: CodeSigner, config_arn: str, skipped: Skipped
    ) -> None:
        self.scope = scope
        self._signer = signer
        self._config_arn = config_arn
        self._skipped = skipped
        self._stages: set[str] = set()
        self._done: set[str] = set()
        self._staged: dict[str, StagedAssets] = {}
        self._work: dict[str, _Work] = {}
        self._stacks: dict[cdk.Stack, _Work] = {}
        self._replaced: dict[str, set[str]] = {}
        self._looks: dict[str, str] = {}
        self._problems: dict[str, list[tuple[IConstruct, str]]] = {}

    def includes(self, part: Construct, stage: cdk.Stage) -> None:
        """Visit a part of the scope that is within one Stage."""
        self._stages.add(stage.node.addr)
        cdk.Aspects.of(part).add(cast(cdk.IAspect, self), priority=_PRIORITY)
        part.node.add_validation(cast(IValidation, _LastPart(self, part, stage)))

    def visit(self, node: IConstruct) -> None:
        """Sign a construct, if it is a function or a layer."""
        kind = kind_of(node)
        if kind is not None:
            self._handle(node, kind, late=False)

    def finish(self, part: Construct, stage: cdk.Stage) -> Iterator[str]:
        """Sign what came after the Aspects, and say what could not be signed."""
        found = part.node.find_all()
        yield from self._sign_late(found)
        address = stage.node.addr
        work = [item for item in self._work.values() if item.stage == address]
        for node, problem in self._problems.get(address, ()):
            path = _path(node)
            yield f"{path} {problem}; or name it in skip=['{path}']"
        yield from _edge_problems(found, work)
        if part is self.scope:
            yield from self._skipped.unmatched(part)
        if work:
            expected = [item for each in work for item in _expected(each)]
            # An earlier synthesis may have ended before the last look.
            if address in self._looks:
                stage.node.try_remove_child(self._looks[address])
            self._looks[address] = look_at_the_assembly(
                stage, expected, self._replaced.get(address, ())
            )

    def _sign_late(self, found: Iterable[IConstruct]) -> Iterator[str]:
        unknown: set[str] = set()
        for node in found:
            kind = kind_of(node)
            stage = isinstance(node, cdk.Stage)
            if kind is None and not stage:
                continue
            key = _key(node)
            if stage and node.node.addr not in self._stages:
                yield (
                    f"{node.node.path} is a Stage that was made after sign_everything was called, "
                    "and nothing in it is signed; call sign_everything after the last Stage"
                )
                unknown.update(_key(inner) for inner in node.node.find_all())
            elif kind is not None and key not in self._done and key not in unknown:
                self._handle(node, kind, late=True)

    def _handle(self, node: IConstruct, kind: str, *, late: bool) -> None:
        key = _key(node)
        if key in self._done:
            return
        self._done.add(key)
        if self._skipped.skips(node):
            return
        work = self._work_in(cdk.Stack.of(node))
        try:
            self._sign(read_code(node, kind, work.stack), work, late=late)
        except InvalidInputError as refusal:
            self._problems.setdefault(work.stage, []).append((node, str(refusal)))

    def _sign(self, code: Code, work: _Work, *, late: bool) -> None:
        if code.problem is not None:
            raise InvalidInputError(f"cannot be signed: it {code.problem}")
        if code.config not in (None, self._config_arn):
            raise InvalidInputError(
                "has the code signing configuration of somebody else; remove it"
            )
        owner = signer_of(code.key, self._signer)
        if owner is not None and owner is not self._signer:
            raise InvalidInputError(
                f"is signed by another baseline, with the profile {owner.identity.profile_name}; "
                "give it the code as lambda_.Code.from_asset(...) returned it"
            )
        ready = owner is not None and (code.kind != FUNCTION or code.config is not None)
        if late and not ready and work.stack.nested_stack_parent is not None:
            raise InvalidInputError(
                "was made in a nested stack after the Aspects had run, when the stack's template "
                "was settled already; make it earlier"
            )
        identity = _hash(code.key) if owner is not None else self._signed_twin(code, work)
        config_arn = None
        if code.kind == FUNCTION:
            config_arn = self._config_arn if code.config or not late else self._late_config_arn()
            if code.config is None:
                code.verify_with(config_arn)
                if owner is not None:
                    cdk.Annotations.of(code.node).acknowledge_warning(NOT_ENFORCED)
        work.signed.append(_Signed(code, identity, config_arn))

    def _signed_twin(self, code: Code, work: _Work) -> str:
        """Point a resource to the signed twin of its asset."""
        twin = work.twins.get(code.key)
        if twin is None:
            staged = work.staged.try_find(code.key)
            if staged is None:
                raise InvalidInputError(f"cannot be signed: it {foreign_problem(code.key)}")
            try:
                publisher = self._signer.publisher_of(work.stack)
                location = publisher.publish(
                    staged.hash,
                    staged.path,
                    deploy_time=staged.deploy_time or None,
                    description=f"{_path_in_stack(code.node)} (signed)",
                )
            except InvalidInputError as refusal:
                raise InvalidInputError(f"cannot be signed: {refusal}") from refusal
            twin = work.twins[code.key] = (location.bucket_name, location.object_key)
            self._replaced.setdefault(work.stage, set()).add(staged.hash)
        code.replace(*twin)
        return _hash(twin[1])

    def _late_config_arn(self) -> str:
        """The configuration's ARN after the CDK has settled what refers to other stacks."""
        home = self._signer.home
        if home is None:
            return self._config_arn
        exported: str = home.stack.export_value(self._config_arn)
        return exported

    def _work_in(self, stack: cdk.Stack) -> _Work:
        work = self._stacks.get(stack)
        if work is None:
            address = stack.node.addr
            work = self._work.get(address)
            if work is None:
                stage = cast(cdk.Stage, cdk.Stage.of(stack))
                place = stage.node.addr
                staged = self._staged.setdefault(place, StagedAssets(stage))
                work = self._work[address] = _Work(stack, place, staged, {}, [])
            self._stacks[stack] = work
        return work


@jsii.implements(IValidation)
class _LastPart:
    """What is done when a part of the scope is validated: after the Aspects and all they made."""

    def __init__(self, everything: _Everything, part: Construct, stage: cdk.Stage) -> None:
        self._everything = everything
        self._part = part
        self._stage = stage

    def validate(self) -> list[str]:
        """Return one sentence for each construct that cannot be signed."""
        return list(self._everything.finish(self._part, self._stage))


def _expected(work: _Work) -> Iterator[Expected]:
    """What a stack's template should say."""
    if not work.signed:
        return
    ids, configs = work.stack.resolve(
        [
            [signed.code.node.logical_id for signed in work.signed],
            # A resolved list has no gaps.
            [signed.config_arn or "" for signed in work.signed],
        ]
    )
    template = work.stack.template_file
    for logical_id, config, signed in zip(ids, configs, work.signed, strict=True):
        code = signed.code
        wanted = config if code.kind == FUNCTION else None
        yield Expected(code.node, template, logical_id, code.kind, signed.identity, wanted)


def _edge_problems(found: Iterable[IConstruct], work: Iterable[_Work]) -> Iterator[str]:
    """Say which of the signed functions run at the edge.

    Lambda@Edge copies a version of a function to other regions. AWS documents code signing for
    the function's own region only, so nothing would be known of the copies.
    """
    roles = [node for node in found if isinstance(node, iam.CfnRole)]
    if not roles:
        return
    documents = cdk.Stack.of(roles[0]).resolve([role.assume_role_policy_document for role in roles])
    edge = [
        _reference(cdk.Stack.of(role), role.attr_arn)
        for role, document in zip(roles, documents, strict=True)
        if _EDGE in str(document)
    ]
    for each in work if edge else ():
        for signed in each.signed:
            if _reference(each.stack, signed.code.role) in edge:
                path = _path(signed.code.node)
                yield (
                    f"{path} cannot be signed: it runs at the edge, as {_EDGE} may assume its "
                    f"role, and AWS documents no code signing for Lambda@Edge; name it in "
                    f"skip=['{path}']"
                )


def _reference(stack: cdk.Stack, value: object) -> tuple[str, object]:
    """What a value is in the template of a stack."""
    return stack.node.addr, stack.resolve(value)


def _key(node: IConstruct) -> str:
    """What tells constructs apart.

    Python may be handed another object for the same construct each time. `node.addr` would take
    two crossings; the reference that jsii keeps for itself takes none. Were it to change, a
    construct would be looked at twice, which does no harm.
    """
    reference = getattr(getattr(node, "__jsii_ref__", None), "ref", None)
    return reference if isinstance(reference, str) else str(node.node.addr)


def _hash(key: str) -> str:
    """The hash in the key of an object that is known to be an asset."""
    return cast(tuple[str, str], hash_in_key(key))[0]


def _path(node: IConstruct) -> str:
    """The path of what the resource was made by."""
    return node.node.path.removesuffix("/Resource")


def _path_in_stack(node: IConstruct) -> str:
    return cdk.Names.stack_relative_construct_path(node).removesuffix("/Resource")
