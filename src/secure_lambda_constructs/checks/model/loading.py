"""Takes whatever a team has: cloud assemblies, templates, folders of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InvalidInputError
from .assembly import load_assembly, unique
from .files import SUFFIXES, read_document
from .nested import Templates, nested_stacks
from .sources import DEFAULT_ACCOUNT, DEFAULT_REGION, StackTemplate
from .transforms import as_section
from .world import World

__all__ = ["load"]


def load(
    paths: Sequence[Path],
    *,
    account: str = DEFAULT_ACCOUNT,
    region: str = DEFAULT_REGION,
    parameters: Mapping[str, str] | None = None,
) -> World:
    """Look at cloud assemblies and templates, all together.

    What a parameter is set to is its default, unless a value is given. A parameter without either
    is Unknown, and so is what depends on it.

    Args:
        paths: Each a cloud assembly (`cdk.out`), a CloudFormation or SAM template in JSON or YAML,
            or a folder of templates. Of a folder all JSON and YAML files are read, and those that
            have `Resources` are templates; the folders in it are not looked at. The template of
            a nested stack is taken from beside the template that names it, by the local path or
            by the last part of the address.
        account: Where a stack that is bound to no account is taken to be deployed.
        region: Where a stack that is bound to no region is taken to be deployed.
        parameters: The values that the deployment gives to parameters, by their names.

    Returns:
        The world of all stacks. `World.gaps` says what could not be told.

    Raises:
        InvalidInputError: A path is neither, or a file of it cannot be read.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.checks.model.loading import load

        Path("template.yaml").write_text("Resources: {Jobs: {Type: 'AWS::SQS::Queue'}}")
        world = load([Path("template.yaml")], region="eu-west-1")
        assert [resource.path for resource in world.resources] == ["template/Jobs"]
        ```
    """
    if not paths:
        raise InvalidInputError("there is nothing to look at: name a cdk.out or a template")
    given = dict(parameters or {})
    assemblies: dict[Path, list[StackTemplate]] = {}
    templates: list[StackTemplate] = []
    for path in paths:
        if path.name == "manifest.json" and path.is_file():
            path = path.parent
        if (path / "manifest.json").is_file():
            assemblies[path.resolve()] = load_assembly(
                path, account=account, region=region, parameters=given
            )
        elif path.is_dir():
            templates += _folder(path, account, region, given)
        elif path.is_file():
            stack = _stack(path, _template(path), account, region, given)
            templates += nested_stacks(stack, Templates(path.parent))
        else:
            raise InvalidInputError(f"{path} does not exist: a cdk.out or a template expected")
    of_assemblies = [stack for stacks in assemblies.values() for stack in stacks]
    stacks = [*of_assemblies, *_once(templates, of_assemblies)]
    unknown = sorted(given.keys() - _declared(stacks))
    if unknown:
        raise InvalidInputError(f"no template has the parameter {', '.join(unknown)}")
    return World(unique(stacks))


def _folder(
    folder: Path, account: str, region: str, parameters: Mapping[str, str]
) -> Iterator[StackTemplate]:
    found: list[StackTemplate] = []
    for path in sorted(folder.iterdir()):
        if not path.name.endswith(SUFFIXES) or not path.is_file():
            continue
        content = read_document(path)
        if isinstance(content, dict) and isinstance(content.get("Resources"), dict):
            found.append(_stack(path, content, account, region, parameters))
    if not found:
        raise InvalidInputError(
            f"{folder} is neither a cdk.out nor a folder with templates: no file has Resources"
        )
    for stack in found:
        yield from nested_stacks(stack, Templates(folder))


def _once(
    templates: list[StackTemplate], of_assemblies: list[StackTemplate]
) -> Iterator[StackTemplate]:
    """Yield the templates that are not there anyway: in an assembly, or nested in another one."""
    seen = {_place(stack) for stack in of_assemblies}
    seen |= {_place(stack) for stack in templates if stack.parent is not None}
    dropping = False
    for stack in templates:
        if stack.parent is None:
            dropping = _place(stack) in seen
            seen.add(_place(stack))
        if not dropping:
            yield stack


def _place(stack: StackTemplate) -> Path:
    return (stack.file or Path(stack.name)).resolve()


def _declared(stacks: list[StackTemplate]) -> set[str]:
    return {name for stack in stacks for name in as_section(stack.template.get("Parameters"))}


def _template(path: Path) -> dict[str, Any]:
    content = read_document(path)
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path} is no template: it holds no object")
    if not isinstance(content.get("Resources"), dict):
        raise InvalidInputError(
            f"{path} is no template: it has no Resources, give a CloudFormation or SAM template "
            "or a cdk.out"
        )
    return content


def _stack(
    path: Path, template: dict[str, Any], account: str, region: str, parameters: Mapping[str, str]
) -> StackTemplate:
    name = path.name
    for suffix in (*SUFFIXES, ".template", ".nested"):
        name = name.removesuffix(suffix) or name
    return StackTemplate(
        name=name,
        account=account,
        region=region,
        template=template,
        file=path,
        parameters=parameters,
    )
