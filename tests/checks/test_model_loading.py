"""What the model takes: templates in JSON and YAML, folders, assemblies; and what it refuses."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs import InvalidInputError
from secure_lambda_constructs.checks.model import World, load
from secure_lambda_constructs.checks.model.yaml_templates import read_yaml

_QUEUE = {"Type": "AWS::SQS::Queue"}


def _template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources or {"Queue": _QUEUE}}


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def _paths(world: World) -> list[str]:
    return [resource.path for resource in world.resources]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("!Ref Table", {"Ref": "Table"}),
        ("!Condition IsProd", {"Condition": "IsProd"}),
        ("!GetAtt Table.Arn", {"Fn::GetAtt": ["Table", "Arn"]}),
        ("!GetAtt Inner.Outputs.Arn", {"Fn::GetAtt": ["Inner", "Outputs.Arn"]}),
        ("!GetAtt [Table, Arn]", {"Fn::GetAtt": ["Table", "Arn"]}),
        ("!Sub '${A}-b'", {"Fn::Sub": "${A}-b"}),
        ("!Sub ['${a}', {a: !Ref B}]", {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]}),
        ("!If [C, !Ref A, !Ref 'AWS::NoValue']",
         {"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}),
        ("!Join ['', [a, !Ref B]]", {"Fn::Join": ["", ["a", {"Ref": "B"}]]}),
        ("!Select [0, !GetAZs '']", {"Fn::Select": [0, {"Fn::GetAZs": ""}]}),
        ("!Ref 123", {"Ref": "123"}),
        ("2012-10-17", "2012-10-17"),
        ("'123'", "123"),
        ("123", 123),
        ("012345678901", "012345678901"),
        ("22:30", "22:30"),
        ("1.5", 1.5),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("null", None),
        ("{1: a}", {"1": "a"}),
        ("[&x {a: 1}, *x]", [{"a": 1}, {"a": 1}]),
        ("{b: {<<: &x {a: 1, c: 2}, c: 3}}", {"b": {"a": 1, "c": 3}}),
        ("{b: {<<: [{a: 1}, {a: 2, c: 3}]}}", {"b": {"a": 1, "c": 3}}),
        ("", None),
    ],
)  # fmt: skip
def test_yaml_means_what_it_means_to_cloudformation(written: str, meant: Any) -> None:
    assert read_yaml(written, Path("t.yaml")) == meant


# JSON writes the characters beyond in two halves, which YAML does not take.
_TEXT = st.text(st.characters(max_codepoint=0xD7FF), max_size=8)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(value=_JSON)
def test_json_is_yaml(value: Any) -> None:
    """Each JSON document means the same as YAML, whose strings take what JSON escapes."""
    assert read_yaml(json.dumps(value, indent=1), Path("t.yaml")) == value


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.json", "Resources", "t.json is not JSON: it begins with neither a brace nor a bracket"),
        ("t.json", "{", r"t\.json is not JSON: Expecting"),
        ("t.json", _nested(100_000), r"t\.json is not JSON"),
        ("t.yaml", "a: [", r"t\.yaml is neither JSON nor YAML: while parsing"),
        ("t.yaml", "a: 1\n---\na: 2", r"neither JSON nor YAML: expected a single document"),
        ("t.yaml", "a: 1\na: 2", r"t\.yaml has a twice \(line 2\)"),
        ("t.json", '{"a": {"b": 1, "c": 2, "b": 3}}', r"t\.json has b twice"),
        ("t.template", '{"a": {"b": 1, "c": 2, "b": 3}}', r"t\.template has b twice"),
        ("t.yaml", "? [a]\n: b", r"has a key that is no text \(line 1\)"),
        ("t.yaml", "a: !!python/name:os.system x", r"has the tag tag:yaml\.org,2002:python"),
        ("t.yaml", "a: &a [*a]", "has a value that is part of itself"),
        ("t.yaml", _BOMB, r"has more than 500,000 values with its aliases"),
        ("t.yaml", "- a", r"t\.yaml is no template: it holds no object"),
        ("t.yaml", "a: 1", r"t\.yaml is no template: it has no Resources, give a"),
        ("t.yaml", "Resources: []", r"t\.yaml is no template: it has no Resources"),
        ("t.json", b"\xff\xfe{", r"t\.json cannot be read: it is not UTF-8"),
    ],
    ids=range(16),
)
def test_what_is_no_template_is_refused(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInputError, match=message):
        load([path])


def test_nothing_and_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is nothing to look at"):
        load([])
    with pytest.raises(InvalidInputError, match="absent does not exist"):
        load([tmp_path / "absent"])
    with pytest.raises(InvalidInputError, match="no file has Resources"):
        load([tmp_path])


def test_yaml_needs_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "t.yaml", "Resources: {}")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(
        InvalidInputError,
        match=r"is YAML, which needs PyYAML: pip install 'secure-lambda-constructs\[checks\]'",
    ):
        load([path])
    # What is JSON does without, whatever it is called.
    path.write_text(json.dumps(_template()))
    assert _paths(load([path])) == ["t/Queue"]


def test_a_byte_order_mark_is_no_part_of_a_template(tmp_path: Path) -> None:
    path = tmp_path / "App.template.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(_template()).encode())
    assert _paths(load([path])) == ["App/Queue"]


def test_templates_are_judged_together(tmp_path: Path) -> None:
    exporting = {**_template(), "Outputs": {"A": {"Value": {"Fn::GetAtt": "Queue.Arn"},
                                                  "Export": {"Name": "arn"}}}}  # fmt: skip
    value = {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": "arn"}}}
    first = _write(tmp_path / "a" / "template.json", exporting)
    second = _write(tmp_path / "b" / "template.json", _template(Parameter=value))
    world = load([first, second], account="444455556666", region="eu-west-1")
    assert _paths(world) == ["template/Queue", "template-2/Parameter"]
    (parameter,) = world.of("AWS::SSM::Parameter")
    assert str(parameter.get("Value")).startswith("arn:aws:sqs:eu-west-1:444455556666:template-Q")
    assert parameter.file == second


def test_of_a_folder_the_templates_are_read(tmp_path: Path) -> None:
    _write(tmp_path / "network.yaml", "Resources: {Vpc: {Type: 'AWS::EC2::VPC'}}")
    _write(tmp_path / "app.template", _template())
    _write(tmp_path / "package.json", {"name": "not a template"})
    _write(tmp_path / "README.md", "not a template")
    _write(tmp_path / "below" / "other.json", _template())
    assert _paths(load([tmp_path])) == ["app/Queue", "network/Vpc"]
    _write(tmp_path / "broken.json", "{")
    with pytest.raises(InvalidInputError, match=r"broken\.json is not JSON"):
        load([tmp_path])


def test_a_nested_stack_is_read_where_it_is(tmp_path: Path) -> None:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner/t.yaml"}}
    deep = {"Type": "AWS::Serverless::Application", "Properties": {"Location": "deep.json"}}
    outer = _write(tmp_path / "outer.json", _template(Inner=stack))
    _write(tmp_path / "inner" / "t.yaml", json.dumps(_template(Deep=deep)))
    _write(tmp_path / "inner" / "deep.json", _template())
    world = load([outer])
    assert world.gaps == ()
    assert _paths(world) == ["outer/Inner", "outer-Inner/Deep", "outer-Inner-Deep/Queue"]
    # One that is named by itself too is there once.
    assert _paths(load([tmp_path, tmp_path / "inner" / "deep.json", outer])) == _paths(world)


@pytest.mark.parametrize(
    "url", ["https://s3.amazonaws.com/bucket/t.yaml", "absent.yaml", {"Ref": "Url"}], ids=range(3)
)
def test_a_nested_stack_that_is_elsewhere_is_a_gap(url: Any, tmp_path: Path) -> None:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    (gap,) = load([_write(tmp_path / "outer.json", _template(Inner=stack))]).gaps
    assert (gap.stack, gap.logical_id, gap.construct_path) == ("outer", "Inner", "outer/Inner")
    assert gap.reason == "the template of the nested stack is not here"


_ADDRESS = "https://${Bucket}.s3.${AWS::URLSuffix}/templates/inner.json"


@pytest.mark.parametrize(
    ("url", "is_found"),
    [
        ("https://bucket.s3.amazonaws.com/templates/inner.json", True),
        ({"Fn::Sub": _ADDRESS}, True),
        ({"Fn::Join": ["", ["https://", {"Ref": "Bucket"}, "/templates/inner.json"]]}, True),
        ("https://bucket.s3.amazonaws.com/templates/other.json", False),
        ({"Fn::If": ["C", "https://b/inner.json", "https://b/second.json"]}, False),
    ],
    ids=range(5),
)
def test_a_nested_stack_may_be_beside(url: Any, is_found: bool, tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    outer = _write(tmp_path / "outer.json", _template(Nested=nested))
    _write(tmp_path / "inner.json", _template())
    _write(tmp_path / "second.json", _template())
    world = load([outer])
    assert ("outer-Nested/Queue" in _paths(world)) == is_found
    assert bool(world.gaps) != is_found
    assert ("inner/Queue" in _paths(load([tmp_path]))) != is_found


def test_a_template_taken_out_of_its_assembly_has_a_gap(tmp_path: Path) -> None:
    stack = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://${Bucket}/0123abcd.json"}},
        "Metadata": {"aws:asset:path": "AppInner.nested.template.json"},
    }
    (gap,) = load([_write(tmp_path / "App.template.json", _template(Inner=stack))]).gaps
    assert gap.reason == "the template of the nested stack is not here"


def test_a_stack_nested_in_itself_is_refused(tmp_path: Path) -> None:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "t.json"}}
    path = _write(tmp_path / "t.json", _template(Inner=stack))
    with pytest.raises(InvalidInputError, match=r"t\.json is nested in itself"):
        load([path])


def test_a_nested_stack_that_is_no_template_is_refused(tmp_path: Path) -> None:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}}
    _write(tmp_path / "inner.json", "[]")
    with pytest.raises(InvalidInputError, match=r"inner\.json is no template, which a nested"):
        load([_write(tmp_path / "outer.json", _template(Inner=stack))])


def test_parameters_may_be_given(tmp_path: Path) -> None:
    queue = {**_QUEUE, "Properties": {"QueueName": {"Ref": "Name"}}}
    template = {
        "Parameters": {"Name": {"Type": "String", "Default": "jobs"}},
        **_template(Queue=queue),
    }
    path = _write(tmp_path / "t.json", template)
    (asked,) = load([path]).resources
    assert asked.get("QueueName") == "jobs"
    (given,) = load([path], parameters={"Name": "other"}).resources
    assert given.get("QueueName") == "other"
    with pytest.raises(InvalidInputError, match="no template has the parameter Nmae"):
        load([path], parameters={"Nmae": "other"})


def _manifest(folder: Path, artifacts: Any, version: str = "55.0.0") -> Path:
    _write(folder / "manifest.json", {"version": version, "artifacts": artifacts})
    return folder


_STACK = {
    "type": "aws:cloudformation:stack",
    "environment": "aws://unknown-account/unknown-region",
    "properties": {"templateFile": "App.template.json"},
}


def test_a_stack_that_only_the_manifest_names(tmp_path: Path) -> None:
    _write(tmp_path / "App.template.json", _template())
    _write(tmp_path / "Left.template.json", _template())
    parameters = {"templateFile": "App.template.json", "stackName": "Own"}
    folder = _manifest(tmp_path, {"App": {**_STACK, "properties": parameters}})
    assert _paths(load([folder])) == _paths(load([folder / "manifest.json"])) == ["Own/Queue"]
    (resource,) = load([folder], account="444455556666", region="eu-west-1").resources
    assert (resource.account, resource.region) == ("444455556666", "eu-west-1")


def test_an_assembly_is_looked_at_once(tmp_path: Path) -> None:
    template = _write(tmp_path / "App.template.json", _template())
    # Two stacks may be of one template.
    _manifest(tmp_path, {"App": _STACK, "Other": _STACK})
    world = load([template, tmp_path, tmp_path / "manifest.json"])
    assert _paths(world) == ["App/Queue", "Other/Queue"]


def test_of_two_nested_templates_nobody_can_tell_which(tmp_path: Path) -> None:
    one, two = ({"Fn::Sub": f"https://s3.${{AWS::Region}}/b/{name}.json"} for name in "ab")
    url = {"Fn::If": ["Any", one, two]}
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    for name in "ab":
        _write(tmp_path / f"{name}.nested.json", _template())
    files = {
        name: {"source": {"path": f"{name}.nested.json"}, "destinations": {"x": {"objectKey": key}}}
        for name, key in (("a", "a.json"), ("b", "prefix/b.json"))
    }
    _write(tmp_path / "App.assets.json", {"files": files})
    path = _write(tmp_path / "App.template.json", _template(Inner=stack))
    assert [gap.logical_id for gap in load([path]).gaps] == ["Inner"]
    stack["Properties"] = {"TemplateURL": two}
    _write(path, _template(Inner=stack))
    assert load([path]).gaps == ()


@pytest.mark.parametrize(
    ("artifacts", "message"),
    [
        (
            {"A": {"type": "cdk:bundle"}},
            r"the artifact A of the type cdk:bundle, which is not known here \(version 60\.0\.0 of "
            r"the manifest, known up to \d+\): use a newer secure-lambda-constructs",
        ),
        ({"A": 1}, "has the artifact A of the type None"),
        ([], "is not the manifest of a cloud assembly: it has no artifacts"),
        (
            {"A": {**_STACK, "properties": {}}},
            "artifact A, whose templateFile is missing or not of",
        ),
        (
            {"A": {**_STACK, "environment": "aws"}},
            "the artifact A, whose environment is missing or",
        ),
        ({"A": {"type": "cdk:cloud-assembly"}}, "the artifact A, whose directoryName is missing"),
        ({"A": _STACK}, r"App\.template\.json cannot be read: No such file"),
    ],
    ids=range(7),
)
def test_an_assembly_that_is_not_understood_is_refused(
    artifacts: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        load([_manifest(tmp_path, artifacts, version="60.0.0")])


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", r"manifest\.json is not JSON, which the manifest"), ("[]", "holds no JSON object")],
)
def test_a_broken_manifest_is_refused(content: str, message: str, tmp_path: Path) -> None:
    _write(tmp_path / "manifest.json", content)
    with pytest.raises(InvalidInputError, match=message):
        load([tmp_path])
