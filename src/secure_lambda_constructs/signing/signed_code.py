"""`SignedCode`: a `lambda_.Code` that is signed while it is published."""

import os
from collections.abc import Sequence
from weakref import WeakSet

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .grant_order import GrantOrder
from .identity import SigningIdentity, grant_sign, literal_or_none
from .publisher import CodePublisher, check_exists, check_source, hash_in_key
from .stacks import Home, depend_on, same, surroundings

__all__ = ["NOT_ENFORCED", "CodeSigner", "SignedCode", "signer_of"]

NOT_ENFORCED = "secure-lambda-constructs:signedCodeNotEnforced"
"""Key of the warning about signed code without a code signing configuration."""

_signers: WeakSet["CodeSigner"] = WeakSet()


def signer_of(object_key: object, own: "CodeSigner") -> "CodeSigner | None":
    """Find the baseline that signs an object.

    Args:
        object_key: The object's key. Only a literal can be one that was made here.
        own: Whom to ask first: baselines of several Stages may sign the same with one name.

    Returns:
        The signer of that baseline, or `None` where none in this process signs it.

    Example:
        ```python
        from secure_lambda_constructs import SigningBaseline
        from secure_lambda_constructs.signing.signed_code import signer_of

        signed = SigningBaseline(stack, "Signing").signed(lambda_.Code.from_asset("lambda"))
        assert signer_of("somewhere/code.zip", signed.signer) is None
        ```
    """
    found = hash_in_key(object_key) if isinstance(object_key, str) else None
    if found is None:
        return None
    return next((signer for signer in (own, *_signers) if signer.has_signed(found[0])), None)


class CodeSigner:
    """Signs code of any stack with one identity; a baseline has one.

    Example:
        ```python
        from secure_lambda_constructs import SigningBaseline

        signed = SigningBaseline(stack, "Signer").signed(lambda_.Code.from_asset("lambda"))
        publisher = signed.signer.publisher(stack)
        ```
    """

    def __init__(self, identity: SigningIdentity, home: Home | None) -> None:
        """Set up.

        Args:
            identity: Who signs.
            home: What makes profile and bucket, or `None` where they exist already.
        """
        self.identity = identity
        self.trusted_publishers: Sequence[str] = ()
        """ARNs of profile versions that the baseline trusts besides its own; may be tokens."""
        self.profile_version_arn: str | None = None
        """ARN of the version of its own profile, where that is known; may be a token."""
        self._home = home
        own_stack = "a stack of its own, deployed before and not dependent on it"
        self._order = GrantOrder(
            f"make or import the role in {own_stack}"
            if home is None
            else "write iam.Role.from_role_arn(signing.stack, ...) with the signing baseline, or "
            f"make the role in {own_stack}"
        )
        self._publishers: dict[cdk.Stack, CodePublisher] = {}
        self._publishers_by_address: dict[str, CodePublisher] = {}
        _signers.add(self)

    @property
    def home(self) -> Home | None:
        """What makes profile and bucket, or `None` where they exist already."""
        return self._home

    def has_signed(self, identity: str) -> bool:
        """Tell whether a signed asset is one of this signer's.

        Args:
            identity: What the asset is called; see `SigningIdentity.asset_id`.

        Returns:
            Whether it was signed for any stack.
        """
        publishers = self._publishers_by_address.values()
        return any(identity in publisher.identities for publisher in publishers)

    def signed(self, code: lambda_.Code) -> "SignedCode":
        """Wrap code so that it is signed; see `ISigningBaseline.signed`."""
        if isinstance(code, SignedCode):
            if code.signer is not self:
                raise InvalidInputError(
                    "code must be signed by one baseline, got code that another baseline signs: "
                    "give signed() the code as lambda_.Code.from_asset(...) returned it"
                )
            return code
        _refuse_kind(code)
        if isinstance(code, lambda_.AssetCode):
            path = code.path
            # A directory is judged when it is staged: it may be bundled, or part of it excluded.
            if os.path.isfile(path):
                check_source(path)
            else:
                check_exists(path)
        return SignedCode(code, self)

    def grant_sign(self, grantee: iam.IGrantable) -> iam.Grant:
        """Give a principal the rights to sign; see `ISigningBaseline.grant_sign`."""
        grant = grant_sign(grantee, self.identity)
        self._order.granted(grantee)
        return grant

    def publisher(self, scope: Construct) -> CodePublisher:
        """Return what signs for the stack of a function or layer.

        Args:
            scope: The function or layer.

        Returns:
            The publisher of its stack.

        Raises:
            InvalidInputError: Where this identity cannot sign for that stack.
        """
        return self.publisher_of(cdk.Stack.of(scope))

    def publisher_of(self, stack: cdk.Stack) -> CodePublisher:
        """Return what signs for a stack.

        Args:
            stack: The stack; may be a nested one.

        Returns:
            Its publisher.

        Raises:
            InvalidInputError: Where this identity cannot sign for that stack.
        """
        # By the address only where need be, since it takes two crossings; see `same`.
        publisher = self._publishers.get(stack)
        if publisher is None:
            address = stack.node.addr
            publisher = self._publishers_by_address.get(address)
            if publisher is None:
                publisher = self._new_publisher(stack)
                self._publishers[stack] = self._publishers_by_address[address] = publisher
        return publisher

    def _new_publisher(self, stack: cdk.Stack) -> CodePublisher:
        account, region = literal_or_none(stack.account), literal_or_none(stack.region)
        stage, top, _ = surroundings(stack)
        top = top or stack  # never None: `stack` is one
        self._refuse_other_environment(top, account, region)
        if self._home is not None:
            _enter_after(self._home, stage, top)
        self._order.signs_for(top)
        return CodePublisher(stack, self.identity, account, region)

    def _refuse_other_environment(
        self, stack: cdk.Stack, account: str | None, region: str | None
    ) -> None:
        imported = self._home is None
        for what, own, wanted in (
            ("account", account, self.identity.account),
            ("region", region, self.identity.region),
        ):
            if own == wanted or (imported and None in (own, wanted)):
                continue
            raise InvalidInputError(
                f"stack {stack.node.path} and its signing baseline must be in the same {what}, "
                f"got {own or 'none given'} and {wanted or 'none given'}: Signer signs within one "
                "region and Lambda takes code signing configurations of its own account, so make "
                "one SigningBaseline for each account and region, with the same env"
            )


def _enter_after(home: Home, stage: cdk.Stage, stack: cdk.Stack) -> None:
    if not same(stage, home.stage):
        raise InvalidInputError(
            f"stack {stack.node.path} is in another Stage than its signing baseline, whose stack "
            f"is {home.stack.node.path}: make one SigningBaseline in each Stage"
        )
    if same(stack, home.stack):
        raise InvalidInputError(
            f"stack {stack.node.path} holds the signing baseline, so its functions cannot be "
            "signed by it: the code of a stack is published before the stack's resources exist; "
            "put the functions into another stack, or leave out companion_stack=False"
        )
    if not home.own_synthesizer and stack.synthesizer is home.stack.synthesizer:
        # https://github.com/aws/aws-cdk/issues/29071
        raise InvalidInputError(
            f"stacks {stack.node.path} and {home.stack.node.path} share one synthesizer, which "
            "lists the assets of both in both (aws-cdk issue 29071), so the signed code would "
            "have to be published before the signing profile exists: give one of them a "
            "synthesizer=DefaultStackSynthesizer(...) of its own"
        )
    depend_on(stack, home.stack, "code is signed by the profile of the signing baseline")


class SignedCode(lambda_.Code):
    """Code that is signed while the CDK publishes it, for functions and layers.

    `signing.signed(code)` makes it. What `code` was told (bundling, excludes, hash, ...) holds.
    The unsigned code is staged into the cloud assembly like any other, but the asset manifest
    names only the signed one: a command that signs, run when that object does not exist yet.

    See <https://docs.aws.amazon.com/cdk/v2/guide/assets.html>.

    Example:
        ```python
        from secure_lambda_constructs import SignedCode, SigningBaseline

        signing = SigningBaseline(stack, "CodeSigning")
        lambda_.Function(
            stack,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=signing.signed(lambda_.Code.from_asset("lambda", exclude=["*.md"])),
            code_signing_config=signing.code_signing_config,
        )
        ```
    """

    def __init__(self, code: lambda_.Code, signer: CodeSigner) -> None:
        """Wrap code; `signing.signed(code)` does it.

        Args:
            code: The unsigned code.
            signer: What signs it.
        """
        super().__init__()
        self._code = code
        self._signer = signer
        self._refusal: InvalidInputError | None = None

    @property
    def refusal(self) -> InvalidInputError | None:
        """Why `bind` refused; of what it raises, the CDK passes on no more than the text."""
        return self._refusal

    @property
    def signer(self) -> CodeSigner:
        """What signs this code."""
        return self._signer

    @property
    def is_inline(self) -> bool:
        """Always `False`: inline code cannot be signed."""
        return False

    def bind(self, scope: Construct) -> lambda_.CodeConfig:
        """Register the signed code with the stack of a function or layer; the CDK calls this.

        Args:
            scope: The function or layer.

        Returns:
            The bucket and the key that the signed code will have.

        Raises:
            InvalidInputError: Where the code cannot be signed, or not for this stack. Where the
                CDK calls this, it arrives as a `RuntimeError` with the same message.
        """
        try:
            return self._signer.publisher(scope).bind(self._code, scope)
        except InvalidInputError as refusal:
            self._refusal = refusal
            raise

    def bind_to_resource(
        self, _resource: cdk.CfnResource, *, resource_property: str | None = None
    ) -> None:
        """Take notice of the resource that has this code; the CDK calls this.

        A function without a code signing configuration gets a warning: Lambda would run whatever
        code it is given later.

        Tools that run code locally are told where the unsigned code is. That metadata
        (`aws:asset:path`) is added where the app's context asks for it, as the CDK
        CLI does for `sam local`: see
        <https://docs.aws.amazon.com/cdk/v2/guide/cli.html>.

        Args:
            _resource: The function or layer.
            resource_property: Its property that holds the code; `Code` by default.
        """
        self._code.bind_to_resource(_resource, resource_property=resource_property)
        if isinstance(_resource, lambda_.CfnFunction) and _resource.code_signing_config_arn is None:
            cdk.Annotations.of(_resource).add_warning_v2(
                NOT_ENFORCED,
                "the code of this function is signed, but Lambda would run unsigned code too: "
                "write code_signing_config=signing.code_signing_config with the signing baseline",
            )


def _refuse_kind(code: lambda_.Code) -> None:
    if isinstance(code, lambda_.InlineCode):
        got = "inline code, which Lambda never verifies"
    elif isinstance(code, lambda_.AssetImageCode | lambda_.EcrImageCode):
        got = "a container image, to which Lambda's code signing does not apply"
    elif isinstance(code, lambda_.S3Code | lambda_.S3CodeV2 | lambda_.CfnParametersCode):
        got = "code that is an object in S3 already, which nobody here has seen"
    elif not isinstance(code, lambda_.Code):
        got = f"{code!r}"
    else:
        return
    raise InvalidInputError(
        f"code to sign must be a directory or a zip on this machine, got {got}: use "
        "lambda_.Code.from_asset(...)"
    )
