"""What the tests of the function share."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

ACCOUNT = "111122223333"


class World:
    """An app with one stack that has a baseline and a network, and whatever a test adds."""

    def __init__(
        self,
        code: Path,
        *,
        region: str | None = None,
        context: Mapping[str, Any] | None = None,
        stage: bool = False,
    ) -> None:
        self._code = code
        self.app = cdk.App(context=context)
        self._region = region
        self.scope: Construct = cdk.Stage(self.app, "Stage") if stage else self.app
        self.stack = self.new_stack("App")
        self.signing = SigningBaseline(self.stack, "Signing")
        self.network = IsolatedNetwork(self.stack, "Network")

    def new_stack(self, id: str) -> cdk.Stack:
        env = cdk.Environment(account=ACCOUNT, region=self._region) if self._region else None
        return cdk.Stack(self.scope, id, env=env)

    def code(self) -> lambda_.Code:
        return lambda_.Code.from_asset(str(self._code))

    def function(
        self, scope: Construct | None = None, id: str = "UserInfo", **arguments: Any
    ) -> SignedVpcFunction:
        return SignedVpcFunction(
            scope or self.stack,
            id,
            **{
                "signing": self.signing,
                "network": self.network,
                "runtime": lambda_.Runtime.PYTHON_3_13,
                "handler": "index.handler",
                "code": self.code(),
                **arguments,
            },
        )

    def table(self, scope: Construct | None = None, id: str = "Users") -> dynamodb.TableV2:
        return dynamodb.TableV2(
            scope or self.stack,
            id,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
        )

    def templates(self) -> dict[str, dict[str, Any]]:
        """All templates of the app by file name, nested stacks too."""
        directory = Path(self.app.synth().directory)
        return {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in directory.rglob("*.template.json")
        }

    def template(self) -> "Template":
        """The template of the world's own stack."""
        return Template(self.templates()["App"])


class Template:
    """A template, asked by type and by the start of a logical id."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.resources: dict[str, dict[str, Any]] = template["Resources"]

    def of(self, prefix: str) -> dict[str, str]:
        """Types of the resources whose logical id starts with a prefix."""
        return {
            name: resource["Type"]
            for name, resource in self.resources.items()
            if name.startswith(prefix)
        }

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type."""
        return [item["Properties"] for item in self.resources.values() if item["Type"] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        """The properties of the only resource of a type."""
        (properties,) = self.all(kind)
        return properties

    def policy(self, name: str) -> list[dict[str, Any]]:
        """The statements of an inline policy of the only role, or none."""
        return [
            statement
            for policy in self.one("AWS::IAM::Role")["Policies"]
            if policy["PolicyName"] == name
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def statement(self, sid: str) -> dict[str, Any]:
        """One statement of what isolates the only role."""
        (found,) = [item for item in self.policy("Isolation") if item["Sid"] == sid]
        return found

    def circles(self) -> list[str]:
        """Resources that depend on themselves, through `Ref`, `Fn::GetAtt` or `DependsOn`."""
        references = {
            name: {target for target in _targets(resource) if target in self.resources}
            for name, resource in self.resources.items()
        }

        def reached(name: str) -> set[str]:
            seen: set[str] = set()
            waiting = set(references[name])
            while waiting:
                target = waiting.pop()
                if target not in seen:
                    seen.add(target)
                    waiting |= references[target]
            return seen

        return [name for name in references if name in reached(name)]


def _targets(value: Any) -> Iterator[str]:
    """Logical ids, and other names, that a part of a template refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            depends = value.get("DependsOn", [])
            yield from [depends] if isinstance(depends, str) else depends
            for item in value.values():
                yield from _targets(item)
        case list():
            for item in value:
                yield from _targets(item)


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a handler."""
    directory = tmp_path_factory.mktemp("lambda")
    (directory / "index.py").write_text("def handler(event, context):\n    return event\n")
    return directory


@pytest.fixture
def world(code: Path) -> World:
    """A new world, bound to no region."""
    return World(code)


@pytest.fixture(scope="module")
def shared_world(code: Path) -> World:
    """A world for tests that add nothing to it, such as those of refusals before creation."""
    return World(code)


@pytest.fixture(scope="module")
def article(code: Path) -> Template:
    """The article's stack: one function that reads one table."""
    world = World(code)
    table = world.table()
    function = world.function(environment={"TABLE_NAME": table.table_name})
    table.grant_read_data(function)
    return world.template()
