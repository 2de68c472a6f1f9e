"""The asset manifests of a cloud assembly: what is to be signed, and what was signed instead."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import SigningError
from .arguments import Request, parse_arguments
from .launcher import signing_arguments
from .workspace import FOLDER_NAME

__all__ = ["Destination", "Listed", "Manifest", "check_assembly", "each_once", "read_manifests"]


class Destination(NamedTuple):
    """Where the CDK publishes an object, as the manifest says it, placeholders and all.

    Attributes:
        bucket: Name of the bucket.
        key: Key of the object.
        region: Region of the bucket, or `None` for that of the environment.
        role_arn: Role to assume for it, or `None` for the caller's own rights.
        external_id: External id for that role, if any.
    """

    bucket: str
    key: str
    region: str | None
    role_arn: str | None
    external_id: str | None


class Listed(NamedTuple):
    """An asset that a manifest has signed when it is published.

    Attributes:
        name: What the construct is called, for messages.
        request: What is to be signed.
        destinations: Where the signed zip is published.
    """

    name: str
    request: Request
    destinations: tuple[Destination, ...]


class Manifest:
    """One asset manifest.

    Attributes:
        path: Where it is.
        listed: The assets that are signed when they are published.
        finished: The signed zips that it names instead, because a batch has signed them.

    Example:
        ```python
        import json
        from pathlib import Path

        from secure_lambda_constructs.signing.command.manifests import Manifest

        Path("App.assets.json").write_text(json.dumps({"version": "55.0.0", "files": {}}))
        assert Manifest(Path("App.assets.json")).listed == []
        ```
    """

    def __init__(self, path: Path) -> None:
        """Read it.

        Args:
            path: Where it is.

        Raises:
            SigningError: Where it cannot be read, or names a command that is not understood.
        """
        self.path = path
        self.listed: list[Listed] = []
        self.finished: list[Path] = []
        self._commands: dict[str, tuple[list[str], str]] = {}
        for name, entry in self._files(_load(path)):
            source = entry.get("source") or {}
            arguments = signing_arguments(source.get("executable") or [])
            if arguments is not None:
                listed = _listed(path, name, entry, arguments)
                self.listed.append(listed)
                self._commands[name] = source["executable"], listed.request.identity
            elif _is_result(source):
                self.finished.append(Path(os.path.abspath(path.parent / source["path"])))

    def replace(self, results: dict[str, Path]) -> int:
        """Name signed zips instead of the commands that make them, in one step.

        The file is written anew beside the old one and takes its place. The asset's own name and
        its destinations stay, so the templates still refer to it.

        Args:
            results: Where the signed zip is, by the identity of the asset; others stay as they
                are.

        Returns:
            How many commands were replaced. Where it is none, the file is not touched.

        Raises:
            OSError: Where the file cannot be written.
        """
        content = _load(self.path)
        replaced = 0
        for name, entry in self._files(content):
            command, identity = self._commands.get(name, (None, ""))
            result = results.get(identity)
            # Somebody may have synthesized meanwhile: only what was read is replaced.
            if result is not None and entry["source"].get("executable") == command:
                path = Path(os.path.relpath(result, self.path.parent)).as_posix()
                entry["source"] = {"path": path, "packaging": "file"}
                replaced += 1
        if replaced:
            self._write(content)
        return replaced

    def _write(self, content: dict[str, Any]) -> None:
        temporary = self.path.with_name(f"{self.path.name}.{os.urandom(4).hex()}.tmp")
        try:
            with open(temporary, "x", encoding="utf-8") as file:
                json.dump(content, file, indent=2, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, self.path.stat().st_mode & 0o777)
            os.replace(temporary, self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    @staticmethod
    def _files(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from (content.get("files") or {}).items()


def check_assembly(assembly: Path) -> None:
    """Refuse a folder that is no cloud assembly.

    Args:
        assembly: The folder.

    Raises:
        SigningError: Where it holds no `manifest.json`.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs import SigningError
        from secure_lambda_constructs.signing.command.manifests import check_assembly

        try:
            check_assembly(Path("lambda"))
        except SigningError as error:
            assert "is no cloud assembly" in str(error)
        ```
    """
    if not (assembly / "manifest.json").is_file():
        raise SigningError(
            f"{assembly} is no cloud assembly (it holds no manifest.json): run `cdk synth` first, "
            "or name the folder that it wrote"
        )


def read_manifests(assembly: Path) -> list[Manifest]:
    """Read the asset manifests of an assembly and of the assemblies of Stages inside it.

    See <https://docs.aws.amazon.com/cdk/v2/guide/deploy-synth.html>.

    Args:
        assembly: The folder of the root cloud assembly.

    Returns:
        The manifests, in the order in which the assembly lists them.

    Raises:
        SigningError: Where this is no cloud assembly, or one that cannot be read.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.signing.command.manifests import read_manifests

        Path("manifest.json").write_text('{"version": "55.0.0", "artifacts": {}}')
        assert read_manifests(Path.cwd()) == []
        ```
    """
    check_assembly(assembly)
    return [Manifest(path) for path in _manifest_files(assembly, ())]


def each_once(manifests: Iterable[Manifest]) -> dict[str, Listed]:
    """Bring together what several manifests list, such as code that two stacks share.

    Args:
        manifests: The manifests.

    Returns:
        The assets by their identity, each with all of its destinations.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.manifests import each_once

        assert each_once([]) == {}
        ```
    """
    found: dict[str, Listed] = {}
    for manifest in manifests:
        for each in manifest.listed:
            known = found.get(each.request.identity)
            destinations = (known.destinations if known else ()) + each.destinations
            found[each.request.identity] = each._replace(
                destinations=tuple(dict.fromkeys(destinations))
            )
    return found


def _manifest_files(assembly: Path, parents: Sequence[Path]) -> Iterator[Path]:
    if assembly in parents:
        raise SigningError(f"the cloud assembly {assembly} lists itself: synthesize it again")
    artifacts = _load(assembly / "manifest.json").get("artifacts") or {}
    for artifact in artifacts.values():
        properties = artifact.get("properties") or {}
        if artifact.get("type") == "cdk:asset-manifest":
            yield assembly / properties["file"]
        elif artifact.get("type") == "cdk:cloud-assembly":
            nested = Path(os.path.abspath(assembly / properties["directoryName"]))
            yield from _manifest_files(nested, (*parents, assembly))


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SigningError(
            f"{path} cannot be read ({error}): synthesize the cloud assembly again"
        ) from error
    if not isinstance(content, dict):
        raise SigningError(f"{path} is no manifest: synthesize the cloud assembly again")
    return content


def _listed(path: Path, name: str, entry: dict[str, Any], arguments: list[str]) -> Listed:
    destinations = tuple(
        Destination(
            bucket=each["bucketName"],
            key=each["objectKey"],
            region=each.get("region"),
            role_arn=each.get("assumeRoleArn"),
            external_id=each.get("assumeRoleExternalId"),
        )
        for each in entry["destinations"].values()
    )
    request = _parse(path, arguments)
    shown = str(entry.get("displayName") or name).removesuffix(" (signed)")
    return Listed(shown, request, destinations)


def _parse(path: Path, arguments: list[str]) -> Request:
    try:
        return parse_arguments(arguments)
    except SystemExit as error:
        raise SigningError(
            f"{path} names a signing command that this version of secure-lambda-constructs does "
            "not understand: synthesize and sign with the same version"
        ) from error


def _is_result(source: dict[str, Any]) -> bool:
    return FOLDER_NAME in str(source.get("path", "")).split("/")[:-1]
