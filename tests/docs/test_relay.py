"""What docs/relay.md lists is what the relay has."""

import ast
import json
import re
from pathlib import Path

from secure_lambda_constructs.relay import client
from secure_lambda_constructs.relay.handler import audit, refusals, schema
from secure_lambda_constructs.relay.handler.audit import AuditRecord, line

REPOSITORY = Path(__file__).resolve().parents[2]


def page() -> str:
    return (REPOSITORY / "docs" / "relay.md").read_text()


def described_codes() -> dict[str, str]:
    """The codes with what their docstrings say."""
    tree = ast.parse(Path(refusals.__file__).read_text())
    (code,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Code"]
    found: dict[str, str] = {}
    for assignment, text in zip(code.body, code.body[1:], strict=False):
        if isinstance(assignment, ast.Assign) and isinstance(text, ast.Expr):
            assert isinstance(assignment.value, ast.Constant)
            assert isinstance(text.value, ast.Constant)
            found[str(assignment.value.value)] = str(text.value.value)
    return found


def test_codes_are_those_of_the_handler() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page(), re.MULTILINE))
    codes = described_codes()
    assert set(codes) == set(refusals.Code)
    for code, text in codes.items():
        sentence = text.removesuffix(".")
        assert listed[code] == sentence[0].lower() + sentence[1:]


def test_codes_of_the_client_are_listed() -> None:
    """Each is written out where it is raised."""
    listed = set(re.findall(r"^\| `(\w+)` \|", page(), re.MULTILINE))
    folder = Path(client.__file__).parent
    raised = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r"Error\(\s*\"([a-z_]+)\",", path.read_text())
    }
    assert raised >= {"host_not_served", "relay_throttled"}
    assert raised <= listed


def test_members_of_the_audit_record_are_listed() -> None:
    text = page()
    record = json.loads(line(AuditRecord(time=0.0, relay="Relay", request_id="1")))
    metrics = {name for name in record if name[0].isupper()} - {"Relay", "Route"}
    for name in {*record, *metrics} - {"_aws", "Relay", "Route", "would_refuse"}:
        assert f"`{name}`" in text, name
    assert f"`{audit.NAMESPACE}`" in text


def test_keywords_of_schemas_are_listed() -> None:
    sentence = next(text for text in page().splitlines() if text.startswith("The relay knows the"))
    assert set(re.findall(r"`([\w$]+)`", sentence)) == set(schema.KEYWORDS)
