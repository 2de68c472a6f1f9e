"""The last look at an assembly whose functions were signed by `sign_everything`.

The CDK puts an asset into the manifest of its stack when the asset is made, and has no way to take
it out. So the unsigned code of a function that was signed later would still be published. The
manifests are written stack by stack; whatever is written last can mend them. That is a stack
without a template, which is there from the end of the validation until its own turn to be written.

What was set by a raw override (`add_property_override`) shows nowhere but in the templates, so
they are looked at here too.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk

from ..errors import InvalidInputError
from .everything_code import FUNCTION
from .publisher import hash_in_key

__all__ = ["Expected", "look_at_the_assembly"]

_ID = "~SignEverything"
_PLACE = {FUNCTION: "Code"}
_OTHER_PLACE = "Content"


class Expected(NamedTuple):
    """What the template should say of a function or layer.

    Attributes:
        node: The resource, for messages.
        template: File name of the template.
        logical_id: The resource's id in it.
        kind: Its CloudFormation type.
        identity: What its signed asset is called.
        config: The code signing configuration as the template has it; `None` for a layer.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_assembly import Expected
        from secure_lambda_constructs.signing.everything_code import LAYER

        layer = cdk.CfnResource(stack, "Layer", type=LAYER)
        expected = Expected(layer, "Example.template.json", "Layer", LAYER, "0f" * 32, None)
        ```
    """

    node: cdk.CfnResource
    template: str
    logical_id: str
    kind: str
    identity: str
    config: object


def look_at_the_assembly(
    stage: cdk.Stage, expected: Iterable[Expected], replaced: Iterable[str]
) -> str:
    """Have the manifests mended, and the templates looked at, once they are written.

    Args:
        stage: The Stage, or the app. It is being validated, so nothing is written yet.
        expected: What the templates should say.
        replaced: Hashes of the unsigned assets that have signed twins.

    Returns:
        Id of the stack that does it, which is in the Stage until then.

    Example:
        ```python
        from secure_lambda_constructs.signing.everything_assembly import look_at_the_assembly

        look_at_the_assembly(app, [], [])
        ```
    """
    number = 0
    while stage.node.try_find_child(_name(number)) is not None:
        number += 1
    name = _name(number)
    synthesizer = _LastLook(stage, name, list(expected), set(replaced))
    cdk.Stack(stage, name, stack_name=_ID[1:], synthesizer=synthesizer)
    return name


def _name(number: int) -> str:
    return f"{_ID}{number or ''}"


class _LastLook(cdk.StackSynthesizer):
    """Synthesizer of the stack without a template."""

    def __init__(
        self, stage: cdk.Stage, name: str, expected: list[Expected], replaced: set[str]
    ) -> None:
        super().__init__()
        self._stage = stage
        self._name = name
        self._expected = expected
        self._replaced = replaced

    def add_file_asset(self, *, source_hash: str, **_others: Any) -> cdk.FileAssetLocation:
        """Refuse: nothing belongs into this stack."""
        raise InvalidInputError(f"the stack {_ID} is not for assets, got {source_hash}")

    def add_docker_image_asset(
        self, *, source_hash: str, **_others: Any
    ) -> cdk.DockerImageAssetLocation:
        """Refuse: nothing belongs into this stack."""
        raise InvalidInputError(f"the stack {_ID} is not for assets, got {source_hash}")

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        """Mend what the other stacks have written, and write nothing for this one."""
        self._stage.node.try_remove_child(self._name)
        directory = Path(session.outdir)
        templates = {path.name: path.read_text() for path in directory.glob("*.template.json")}
        problems = sorted(_problems(self._expected, templates))
        if problems:
            raise InvalidInputError("\n  ".join(problems))
        _unlist(directory, self._replaced, templates.values())


def _problems(expected: list[Expected], templates: dict[str, str]) -> Iterator[str]:
    """What the templates say of signed code that is not so."""
    parsed = {
        name: json.loads(templates.get(name, "{}")).get("Resources", {})
        for name in {item.template for item in expected}
    }
    for item in expected:
        resource = parsed[item.template].get(item.logical_id, {})
        properties = resource.get("Properties", {})
        place = properties.get(_PLACE.get(item.kind, _OTHER_PLACE), {})
        key = place.get("S3Key")
        found = hash_in_key(key) if isinstance(key, str) else None
        if found is None or found[0] != item.identity or "ZipFile" in place:
            what = "code"
        elif item.config is not None and properties.get("CodeSigningConfigArn") != item.config:
            what = "code signing configuration"
        else:
            continue
        path = item.node.node.path.removesuffix("/Resource")
        yield (
            f"{path} was signed, but its {what} was changed afterwards; remove the Aspect "
            f"or the add_property_override that changes it, or name it in skip=['{path}']"
        )


def _unlist(directory: Path, replaced: set[str], templates: Iterable[str]) -> None:
    """Take unsigned assets that no template uses out of the manifests."""
    text = "\n".join(templates)
    for path in directory.glob("*.assets.json"):
        manifest = json.loads(path.read_text())
        files = manifest.get("files", {})
        unused = [
            name
            for name in replaced & files.keys()
            if not any(_uses(text, key) for key in _keys(files[name]))
        ]
        if not unused:
            continue
        for name in unused:
            del files[name]
        # The CDK's own layout; replaced as a whole, so that nobody reads half of it.
        temporary = path.with_name(f"{path.name}.tmp")
        temporary.write_text(json.dumps(manifest, indent=2))
        os.replace(temporary, path)


def _keys(entry: dict[str, Any]) -> set[str]:
    """The keys under which an asset is published."""
    return {place["objectKey"] for place in entry.get("destinations", {}).values()}


def _uses(text: str, key: str) -> bool:
    """Whether templates refer to an object.

    `aws:asset:path`, which the CDK CLI asks for and `sam local` reads, names the staged file: its
    name is the key with "asset." before it.
    """
    return re.search(rf"(?<!asset\.){re.escape(key)}", text) is not None
