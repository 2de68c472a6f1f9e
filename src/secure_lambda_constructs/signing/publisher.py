"""Registers signed assets with a stack, and keeps the unsigned ones out of its manifest.

An asset of the CDK puts itself into the manifest of its stack when it is made. To have only its
signed twin there, the asset is made in a *hidden* stack, whose synthesizer answers with the place
of the signed twin. The other way, `AssetStaging`, would lose what a `lambda_.Code` alone knows:
its bundling, excludes, hash and readers. The hidden stack is taken out of the tree at once, so
neither Aspects nor validation plugins nor `tree.json` see it; what is made below it later still
finds its scopes, and with them the context of the real stack. What code objects leave below it
(an annotation, for example) is lost with it; those of the CDK leave nothing.
"""

import os
import re
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .command.archive import SIGNATURE_NAME
from .command.launcher import launch_command
from .identity import SigningIdentity
from .stacks import asset_door, surroundings

__all__ = ["CodePublisher", "check_exists", "check_source", "hash_in_key"]

_HIDDEN = "~SignedCode"
_BUNDLING_STACKS = "aws:cdk:bundling-stacks"
# The CDK names objects by a SHA-256, after the prefix that the synthesizer may have.
_OBJECT_KEY = re.compile(r".*(?P<hash>[0-9a-f]{64})(?P<extension>\.[^./]+)?")

# Where each code object was used first.
_users: WeakKeyDictionary[lambda_.Code, tuple["CodePublisher", Construct]] = WeakKeyDictionary()


def check_exists(path: str) -> None:
    """Refuse code that is not there.

    Args:
        path: A directory or a file.

    Raises:
        InvalidInputError: Where there is neither.

    Example:
        ```python
        from secure_lambda_constructs.signing.publisher import check_exists

        check_exists("lambda")
        ```
    """
    if os.path.exists(path):
        return
    # Relative to Python's directory there is nothing; the CDK goes by the one it was started in.
    try:
        cdk.FileSystem.fingerprint(path)
    except RuntimeError as error:
        raise InvalidInputError(
            f"code to sign must be a directory or a zip on this machine, got {path}, where "
            "there is nothing: write its path, absolute or from the directory that the app is "
            "started in"
        ) from error


def check_source(path: str) -> None:
    """Refuse code that cannot be signed.

    Args:
        path: A directory or a file.

    Raises:
        InvalidInputError: Where it is neither a directory nor a zip, or is signed already.

    Example:
        ```python
        from secure_lambda_constructs.signing.publisher import check_source

        check_source("lambda")
        ```
    """
    if os.path.isdir(path):
        signed = os.path.exists(os.path.join(path, *SIGNATURE_NAME.split("/")))
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                signed = SIGNATURE_NAME in archive.namelist()
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise InvalidInputError(
                f"code to sign must be a directory or a zip, got {path} ({error}): give the "
                "directory, or a zip of it"
            ) from error
    if signed:
        raise InvalidInputError(
            f"code to sign must not be signed already, got {path} with {SIGNATURE_NAME}: give the "
            "code as it was before it was signed, or use it without signed()"
        )


def hash_in_key(key: str) -> tuple[str, str] | None:
    """Read what the CDK calls an asset out of the key of its object.

    Args:
        key: The key, a literal.

    Returns:
        The hash and the file name extension, or `None` where no asset has such a key.

    Example:
        ```python
        from secure_lambda_constructs.signing.publisher import hash_in_key

        assert hash_in_key("assets/" + "0f" * 32 + ".zip") == ("0f" * 32, ".zip")
        ```
    """
    match = _OBJECT_KEY.fullmatch(key)
    return (match["hash"], match["extension"] or "") if match else None


class _SigningSynthesizer(cdk.StackSynthesizer):
    """The hidden stack's synthesizer: each file asset becomes a signed one of the real stack."""

    def __init__(self, publisher: "CodePublisher") -> None:
        super().__init__()
        self._publisher = publisher

    def add_file_asset(
        self,
        *,
        source_hash: str,
        executable: Sequence[str] | None = None,
        file_name: str | None = None,
        deploy_time: bool | None = None,
        **_others: Any,  # jsii passes only what is named here
    ) -> cdk.FileAssetLocation:
        """Answer with the place where the signed code will be."""
        if file_name is None:
            raise self._publisher.refuse(
                f"code to sign must be there at synth, got code that the command {executable} "
                "makes at deployment: give the directory or zip that it makes"
            )
        return self._publisher.publish(source_hash, file_name, deploy_time=deploy_time)

    def add_docker_image_asset(
        self, *, source_hash: str, **_others: Any
    ) -> cdk.DockerImageAssetLocation:
        """Refuse."""
        raise self._publisher.refuse(
            "container images cannot be signed for Lambda: give the code as a directory or a zip"
        )

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        """Write nothing: the hidden stack is no stack of the assembly."""


class CodePublisher:
    """Signs the code of one stack's functions and layers with one identity.

    Example:
        ```python
        from secure_lambda_constructs.signing.identity import SigningIdentity
        from secure_lambda_constructs.signing.publisher import CodePublisher

        identity = SigningIdentity(
            profile_name="users",
            profile_owner=None,
            bucket_name="users-{account}-{region}",
            account=None,
            region="us-east-1",
            revision="",
            python="python3",
            baseline_stack="App-Signing",
        )
        publisher = CodePublisher(stack, identity, None, "us-east-1")
        ```
    """

    def __init__(
        self, stack: cdk.Stack, identity: SigningIdentity, account: str | None, region: str | None
    ) -> None:
        """Prepare a stack for signed code.

        Args:
            stack: The stack of the functions; may be a nested one.
            identity: Who signs.
            account: Account of the stack, or `None` where that is not known.
            region: Region of the stack, or `None` where that is not known.
        """
        self._identity = identity
        self._door = asset_door(stack)
        self._description = ""
        self._locations: dict[str, cdk.FileAssetLocation] = {}
        self._places: set[tuple[str, str]] = set()
        self._scopes: dict[str, Construct] = {}
        self._refusal: InvalidInputError | None = None
        stage = surroundings(stack).stage
        self._assembly = os.path.abspath(stage.asset_outdir)
        self._out_directory = os.path.abspath(stage.outdir)
        self._arguments = self._common_arguments(account, region)
        self._hidden = cdk.Stack(
            stack,
            _HIDDEN,
            stack_name="SignedCode",
            env=cdk.Environment(account=account, region=region),
            synthesizer=_SigningSynthesizer(self),
        )
        # The CDK bundles the code of those stacks that the CLI was told to deploy, by their path,
        # which that of the hidden stack never matches.
        patterns = ["**"] if stack.bundling_required else []
        self._hidden.node.set_context(_BUNDLING_STACKS, patterns)
        stack.node.try_remove_child(_HIDDEN)

    def bind(self, code: lambda_.Code, scope: Construct) -> lambda_.CodeConfig:
        """Make the code's asset in the hidden stack.

        Args:
            code: The unsigned code.
            scope: The function or layer that it is for.

        Returns:
            The place where the signed code will be.

        Raises:
            InvalidInputError: Where it cannot be signed.
        """
        self._refuse_second_use(code, scope)
        path = cdk.Names.stack_relative_construct_path(scope)
        if path not in self._scopes:
            self._scopes[path] = Construct(self._hidden, path)
        self._description = f"{path} (signed)"
        self._refusal = None
        try:
            config = code.bind(self._scopes[path])
        except RuntimeError:
            if self._refusal is None:
                raise
            raise self._refusal from None  # not as it came back from JavaScript
        location = config.s3_location
        if location is None or (location.bucket_name, location.object_key) not in self._places:
            raise InvalidInputError(
                f"code to sign must come from a directory or a zip on this machine, got a "
                f"{type(code).__name__} that names no file asset: use lambda_.Code.from_asset(...)"
            )
        _users.setdefault(code, (self, scope))
        return config

    def _refuse_second_use(self, code: lambda_.Code, scope: Construct) -> None:
        # The CDK refuses it too, but speaks of the hidden stacks. Code of another kind may make
        # an asset for each stack.
        publisher, first = _users.get(code, (self, scope))
        if publisher is not self and isinstance(code, lambda_.AssetCode):
            raise InvalidInputError(
                "one code object can be used in one stack and with one signing baseline only, got "
                f"that of {first.node.path} for {scope.node.path} too: call "
                "lambda_.Code.from_asset(...) anew for each"
            )

    @property
    def identities(self) -> Collection[str]:
        """What the signed assets of this stack are called so far."""
        return self._locations.keys()

    def publish(
        self,
        asset_hash: str,
        file_name: str,
        *,
        deploy_time: bool | None = None,
        description: str | None = None,
    ) -> cdk.FileAssetLocation:
        """Enter the signed twin of an asset into the stack's asset manifest.

        Args:
            asset_hash: What the CDK calls the unsigned code.
            file_name: Where it is, absolute or relative to the stage's output directory.
            deploy_time: Whether the object is needed only while the stack is deployed.
            description: What the CDK CLI calls it. By default the path of the code bound last.

        Returns:
            The place where the signed code will be.

        Raises:
            InvalidInputError: Where it cannot be signed, or the stack publishes no such assets.
        """
        identity = self._identity.asset_id(asset_hash)
        if identity not in self._locations:
            if description is not None:
                self._description = description
            location = self._enter(identity, file_name, deploy_time)
            self._locations[identity] = location
            self._places.add((location.bucket_name, location.object_key))
        return self._locations[identity]

    def refuse(self, message: str) -> InvalidInputError:
        """Keep an error for `bind`, and return it: JavaScript passes on no more than its text."""
        self._refusal = InvalidInputError(message)
        return self._refusal

    def _enter(
        self, identity: str, file_name: str, deploy_time: bool | None
    ) -> cdk.FileAssetLocation:
        path = os.path.normpath(os.path.join(self._out_directory, file_name))
        try:
            check_source(path)
        except InvalidInputError as error:
            raise self.refuse(str(error)) from error
        # Elsewhere only with the context `aws:cdk:disable-asset-staging`, or unbundled.
        staged = os.path.dirname(path) == self._assembly
        source = os.path.basename(path) if staged else path
        arguments = ["--source", source, "--id", identity, *self._arguments]
        windows = os.name == "nt"
        try:
            return self._door.add_file_asset(
                source_hash=identity,
                executable=launch_command(self._identity.python, arguments, windows=windows),
                deploy_time=deploy_time,
                display_name=self._description,
            )
        except RuntimeError as error:
            raise self.refuse(
                "the synthesizer of this stack cannot publish signed code, because it takes no "
                "assets that a command makes: use DefaultStackSynthesizer, the CDK's default"
            ) from error

    def _common_arguments(self, account: str | None, region: str | None) -> list[str]:
        identity = self._identity
        options = {
            "--assembly": _relative_to_here(self._assembly),
            "--profile-name": identity.profile_name,
            "--profile-owner": identity.profile_owner,
            "--bucket": identity.bucket_name,
            "--account": account,
            "--region": region,
            "--baseline-stack": identity.baseline_stack,
        }
        return [
            text for name, value in options.items() if value is not None for text in (name, value)
        ]


def _relative_to_here(directory: str) -> str:
    try:
        return Path(os.path.relpath(directory)).as_posix()
    except ValueError:  # another drive of a Windows machine
        return directory
