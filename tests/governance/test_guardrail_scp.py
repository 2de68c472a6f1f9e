"""The service control policy: what it denies to whom, what it leaves, and what it refuses."""

import fnmatch
import json
import re
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs import GuardrailScp, InvalidInputError
from secure_lambda_constructs.governance.documents import PolicyDocument, document_size

from ..leaks.simulator import Simulator
from .decisions import ACCOUNT, DEVELOPER, Call, Guardrails, catalogue, decide, misses

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs/guardrail-scp.md"
CALLS = Path(__file__).with_name("scp_calls.json")
LIMIT = 10_240

REGION = "eu-west-1"
CONFIG = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
VPC = "vpc-0123456789abcdef0"
OTHER_VPC = "vpc-0fedcba9876543210"
SUBNET = "subnet-0aaaaaaaaaaaaaaa1"
PIPELINE = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-deploy/run-41"
CLOUDFORMATION = (
    f"arn:aws:sts::{ACCOUNT}:assumed-role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}/x"
)
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:prod-orders"

NEEDED: dict[str, Any] = {
    "code_signing_config_arns": [CONFIG],
    "vpc_ids": [VPC],
    "pipeline_roles": [f"arn:aws:iam::{ACCOUNT}:role/ci-deploy"],
}
USUAL: dict[str, Any] = {
    **NEEDED,
    "break_glass_role": "arn:aws:iam::*:role/break-glass",
    "governance_roles": ["arn:aws:iam::*:role/stacksets-exec-*"],
    "functions_outside_vpc": ["prod-egress-relay"],
}
# Another organization's words for the same things: text in the calls, and the arguments.
RENAMED = {
    "DeveloperBoundary": "guardrails/Bounds",
    "break-glass": "fire-brigade",
    "ci-deploy": "release-train",
    "csc-0123456789abcdef0": "csc-0fedcba9876543210",
    "hnb659fds": "shop",
    "lambda-governance:": "guard/",
    "prod-egress-relay": "way-out",
    "stacksets-exec": "landing-zone",
    VPC: OTHER_VPC,
    OTHER_VPC: VPC,
}
OTHER_NAMES: dict[str, Any] = {
    "code_signing_config_arns": [CONFIG.replace("0123456789abcdef0", "0fedcba9876543210")],
    "vpc_ids": [OTHER_VPC],
    "pipeline_roles": ["arn:aws:iam::*:role/release-train"],
    "break_glass_role": f"arn:aws:iam::{ACCOUNT}:role/fire-brigade",
    "governance_roles": ["arn:aws:iam::*:role/landing-zone-*"],
    "functions_outside_vpc": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:way-out"],
    "guardrail_policies": ["guardrails/Bounds"],
    "guard_tag_prefix": "guard/",
    "qualifier": "shop",
}


def _rename(text: str, names: Mapping[str, str]) -> str:
    if not names:
        return text
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)


def _calls(names: Mapping[str, str] | None = None) -> list[Call]:
    return [
        Call(
            id=entry["id"],
            action=entry["action"],
            resource=entry["resource"],
            allowed=entry["expected"] == "allow",
            reason=entry["reason"],
            context=entry["context"],
            principal=entry["principal"],
        )
        for entry in json.loads(_rename(CALLS.read_text(), names or {}))
    ]


def _call(
    action: str,
    resource: str,
    context: Mapping[str, Any] | None = None,
    *,
    allowed: bool = False,
    principal: str = CLOUDFORMATION,
) -> Call:
    return Call(
        id=action,
        action=action,
        resource=resource,
        allowed=allowed,
        principal=principal,
        context=context or {},
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("scp")))
    stack = cdk.Stack(app, "Organization")
    GuardrailScp(stack, "Usual", **USUAL, target_ids=["ou-ab12-11111111", "ou-ab12-11111111"])
    GuardrailScp(stack, "Other", **OTHER_NAMES, policy_name="Other")
    return Path(app.synth().directory, "Organization.template.json")


def _policies(template: Path) -> dict[str, dict[str, Any]]:
    resources = json.loads(template.read_text())["Resources"].values()
    return {resource["Properties"]["Name"]: resource["Properties"] for resource in resources}


def _decided(simulator: Simulator, document: PolicyDocument, calls: Sequence[Call]) -> list[bool]:
    return decide(simulator, Guardrails(scps=[document]), calls)


def _assert_decided(simulator: Simulator, document: PolicyDocument, calls: Sequence[Call]) -> None:
    found = misses(simulator, Guardrails(scps=[document]), calls)
    assert found.attacks == []
    assert found.daily == []


@pytest.mark.parametrize(
    ("name", "names"), [("LambdaGuardrail", {}), ("Other", RENAMED)], ids=["usual", "renamed"]
)
def test_calls(template: Path, simulator: Simulator, name: str, names: dict[str, str]) -> None:
    calls = _calls(names)
    assert len(calls) >= 150
    assert any(call.principal == DEVELOPER for call in calls)
    _assert_decided(simulator, _policies(template)[name]["Content"], calls)


def test_no_call_is_denied_without_the_policy(simulator: Simulator) -> None:
    calls = _calls()
    assert all(decide(simulator, Guardrails(), calls))


def test_developers_daily_calls(simulator: Simulator) -> None:
    daily = [call for call in catalogue() if call.allowed]
    assert len(daily) > 200
    _assert_decided(simulator, GuardrailScp.document(**USUAL), daily)


def _parts(document: PolicyDocument) -> Iterator[tuple[str, str, PolicyDocument]]:
    """Yield each pattern of each statement, with the policy that it alone would be."""
    for statement in document["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            alone = {"Version": "2012-10-17", "Statement": [{**statement, "Action": action}]}
            yield statement["Sid"], action, alone


def test_every_pattern_is_needed(simulator: Simulator) -> None:
    """Whatever is taken out, some call of the list passes that must not."""
    attacks = [call for call in _calls() if not call.allowed]
    denied: dict[tuple[str, str], set[str]] = {}
    for sid, pattern, alone in _parts(GuardrailScp.document(**USUAL)):
        fitting = [call for call in attacks if fnmatch.fnmatchcase(call.action, pattern)]
        decided = zip(fitting, _decided(simulator, alone, fitting), strict=True)
        denied[sid, pattern] = {call.id for call, allowed in decided if not allowed}
    times = Counter(call for calls in denied.values() for call in calls)
    useless = [part for part, calls in denied.items() if all(times[call] > 1 for call in calls)]
    assert useless == []


def test_patterns_match_writes_only(simulator: Simulator) -> None:
    patterns = {pattern for _, pattern, _ in _parts(GuardrailScp.document(**USUAL))} - {"*"}
    known = {pattern: simulator.expand(pattern) for pattern in patterns}
    assert [pattern for pattern, actions in known.items() if not actions] == []
    reads = [
        action.action
        for actions in known.values()
        for action in actions
        if action.level in ("List", "Read")
    ]
    assert reads == []


def test_condition_keys_exist(simulator: Simulator) -> None:
    document = GuardrailScp.document(
        **USUAL, subnet_ids=[SUBNET], egress_vpc_ids=["vpc-0aaaaaaaaaaaaaaa1"]
    )
    asked = 0
    unknown = []
    for sid, pattern, alone in _parts(document):
        conditions = alone["Statement"][0].get("Condition", {})
        keys = {
            key
            for operands in conditions.values()
            for key in operands
            if not re.match("aws:(PrincipalArn|TagKeys)", key)
        }
        for action in simulator.expand(pattern) if keys and pattern != "*" else []:
            asked += 1
            written = {re.sub("/.*", "/${TagKey}", key) for key in keys}
            unknown += [(sid, action.action, key) for key in sorted(written - action.keys)]
    assert asked >= 40
    assert unknown == []


def test_template(template: Path) -> None:
    policies = _policies(template)
    usual = policies["LambdaGuardrail"]
    assert usual["Type"] == "SERVICE_CONTROL_POLICY"
    assert usual["TargetIds"] == ["ou-ab12-11111111"]
    assert usual["Content"] == GuardrailScp.document(**USUAL)
    assert "TargetIds" not in policies["Other"]
    assert all(
        len(json.dumps(p["Content"], separators=(",", ":"))) <= LIMIT for p in policies.values()
    )


def test_attributes() -> None:
    stack = cdk.Stack(cdk.App(), "Organization")
    scp = GuardrailScp(stack, "Scp", **NEEDED)
    assert scp.policy.content == scp.policy_document == GuardrailScp.document(**NEEDED)
    assert stack.get_logical_id(scp.policy) == "ScpPolicy119BCD79"


def test_cfn_lint(template: Path) -> None:
    program = Path(sysconfig.get_path("scripts"), "cfn-lint")
    done = subprocess.run([program, template], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "role",
    [
        "arn:aws:iam::*:role/ci-deployer",
        "arn:aws:iam::222233334444:role/ci-deploy",
        "arn:*:iam::*:role/cdk-guard-*",
    ],
)
def test_roles_that_only_look_like_the_pipelines(role: str) -> None:
    assert role in json.dumps(GuardrailScp.document(**NEEDED, break_glass_role=role))


def test_lists_may_name_things_twice() -> None:
    twice: dict[str, Any] = {name: [*value, *value] for name, value in NEEDED.items()}
    assert GuardrailScp.document(**twice) == GuardrailScp.document(**NEEDED)


def test_without_anybody_who_keeps_the_guardrails(simulator: Simulator) -> None:
    calls = [
        _call("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/prod"),
        _call(
            "cloudtrail:StopLogging",
            f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/prod",
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/break-glass/x",
        ),
        _call("lambda:UpdateFunctionCode", FUNCTION, allowed=True),
    ]
    document = GuardrailScp.document(**NEEDED)
    _assert_decided(simulator, document, calls)
    assert "GovernanceRolesStayApart" not in json.dumps(document)


def test_subnets(simulator: Simulator) -> None:
    ours = {"lambda:CodeSigningConfigArn": CONFIG, "lambda:VpcIds": VPC}
    right = {**ours, "lambda:SubnetIds": [SUBNET]}
    wrong = {**ours, "lambda:SubnetIds": [SUBNET, "subnet-0bbbbbbbbbbbbbbb2"]}
    relay = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:prod-egress-relay"
    calls = [
        _call("lambda:CreateFunction", FUNCTION, right, allowed=True),
        _call("lambda:CreateFunction", FUNCTION, wrong),
        _call("lambda:UpdateFunctionConfiguration", FUNCTION, {"lambda:SubnetIds": [SUBNET]}),
        _call("lambda:UpdateFunctionConfiguration", relay, allowed=True),
    ]
    _assert_decided(simulator, GuardrailScp.document(**USUAL, subnet_ids=[SUBNET]), calls)


def test_egress_vpc(simulator: Simulator) -> None:
    egress = "vpc-0aaaaaaaaaaaaaaa1"

    def ec2(kind: str, name: str) -> str:
        return f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{name}"

    routes = ec2("route-table", "rtb-1")
    calls = [
        _call("ec2:AttachInternetGateway", ec2("internet-gateway", "igw-1"), allowed=True),
        _call("ec2:CreateInternetGateway", ec2("internet-gateway", "igw-1"), allowed=True),
        _call("ec2:CreateNatGateway", ec2("elastic-ip", "eipalloc-1"), allowed=True),
        _call("ec2:CreateNatGateway", ec2("natgateway", "nat-1"), allowed=True),
        _call("ec2:CreateRoute", routes),
        _call(
            "ec2:CreateRoute",
            routes,
            allowed=True,
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/break-glass/x",
        ),
    ]
    for vpc, allowed in ((egress, True), (VPC, False)):
        of, itself = {"ec2:Vpc": ec2("vpc", vpc)}, {"ec2:VpcID": vpc}
        calls += [
            _call("ec2:AttachInternetGateway", ec2("vpc", vpc), itself, allowed=allowed),
            _call("ec2:CreateNatGateway", ec2("subnet", "subnet-1"), of, allowed=allowed),
            _call("ec2:CreateNatGateway", ec2("vpc", vpc), itself, allowed=allowed),
            _call("ec2:CreateNatGateway", ec2("vpc", vpc)),
            _call("ec2:CreateRoute", routes, of, allowed=allowed),
            _call("ec2:ReplaceRoute", routes, of, allowed=allowed),
            _call("ec2:CreateEgressOnlyInternetGateway", ec2("vpc", vpc)),
        ]
    _assert_decided(simulator, GuardrailScp.document(**USUAL, egress_vpc_ids=[egress]), calls)


def test_trusted_accounts(simulator: Simulator) -> None:
    def layer(account: str) -> str:
        return f"arn:aws:lambda:{REGION}:{account}:layer:tools:1"

    ours = {"lambda:CodeSigningConfigArn": CONFIG, "lambda:VpcIds": VPC}
    calls = []
    for account, allowed in (("444455556666", True), ("999988887777", False)):
        layers = {**ours, "lambda:Layer": [layer(ACCOUNT), layer(account)]}
        calls.append(_call("lambda:CreateFunction", FUNCTION, layers, allowed=allowed))
        for invoker in (account, f"arn:aws:iam::{account}:role/caller"):
            by = {"lambda:Principal": invoker}
            calls.append(_call("lambda:AddPermission", FUNCTION, by, allowed=allowed))
    document = GuardrailScp.document(**USUAL, trusted_accounts=["444455556666"])
    _assert_decided(simulator, document, calls)


def _of_accounts(count: int) -> dict[str, Any]:
    """Return the arguments for so many accounts, each with a config and a VPC of its own."""
    accounts = [f"{n:012}" for n in range(1, count + 1)]
    configs = [
        f"arn:aws:lambda:{REGION}:{account}:code-signing-config:csc-{account}00000"
        for account in accounts
    ]
    vpcs = [f"vpc-{account}00000" for account in accounts]
    return {**USUAL, "code_signing_config_arns": configs, "vpc_ids": vpcs}


def test_how_many_accounts_fit() -> None:
    fitting = 0
    while document_size(_rendered(_of_accounts(fitting + 1))) <= LIMIT:
        fitting += 1
    GuardrailScp.document(**_of_accounts(fitting))
    with pytest.raises(InvalidInputError, match=r"would have 1\d{4} characters.* 10240 at most"):
        GuardrailScp.document(**_of_accounts(fitting + 1))
    assert f"{fitting} accounts" in PAGE.read_text()
    size = f"{document_size(GuardrailScp.document(**USUAL)):,} characters"
    assert size in PAGE.read_text(), size


def _rendered(arguments: dict[str, Any]) -> PolicyDocument:
    try:
        return GuardrailScp.document(**arguments)
    except InvalidInputError:
        return {"Statement": "x" * LIMIT}


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("code_signing_config_arns", CONFIG, "code_signing_config_arns must be a list"),
        ("code_signing_config_arns", [], "code_signing_config_arns must have at least one entry"),
        ("code_signing_config_arns", [CONFIG[:-17] + "*"], "the ARN of a code signing config"),
        ("code_signing_config_arns", [CONFIG.replace(ACCOUNT, "*")], "the ARN of a code signing"),
        ("code_signing_config_arns", [f"{CONFIG}\n"], "the ARN of a code signing config"),
        ("code_signing_config_arns", [None], "the ARN of a code signing config.*got None"),
        ("vpc_ids", [], "vpc_ids must have at least one entry"),
        ("vpc_ids", ["*"], r"each of vpc_ids must be the id of a VPC, vpc-\.\.\., got '\*'"),
        ("vpc_ids", ["vpc-0123456789ABCDEF0"], "each of vpc_ids must be the id of a VPC"),
        ("subnet_ids", [VPC], "each of subnet_ids must be the id of a subnet"),
        ("egress_vpc_ids", ["subnet-12345678"], "each of egress_vpc_ids must be the id of a VPC"),
        ("egress_vpc_ids", [VPC], "egress_vpc_ids must be other VPCs than vpc_ids, got 'vpc-0123"),
        ("functions_outside_vpc", ["*"], "without a wildcard at the beginning"),
        ("functions_outside_vpc", ["*-relay"], "without a wildcard at the beginning"),
        ("functions_outside_vpc", ["a b"], "the name or the ARN of a function"),
        (
            "functions_outside_vpc",
            ["arn:aws:lambda:*:*:function:*"],
            "the name or the ARN of a function",
        ),
        ("trusted_accounts", ["*"], r"trusted_accounts must be an account id.*got '\*'"),
        ("trusted_accounts", "111122223333", "trusted_accounts must be a list"),
        ("pipeline_roles", [], "pipeline_roles must have at least one entry"),
        ("pipeline_roles", ["deploy"], "pipeline_roles must be ARNs of roles"),
        ("pipeline_roles", ["arn:aws:iam::*:role/*"], "pipeline_roles must be ARNs of roles"),
        (
            "pipeline_roles",
            ["arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_*"],
            "pipeline_roles must be roles that no person signs in to",
        ),
        ("break_glass_role", "break-glass", "break_glass_role must be ARNs of roles"),
        ("break_glass_role", "", "break_glass_role must be ARNs of roles"),
        ("governance_roles", "arn:aws:iam::*:role/x", "governance_roles must be a list"),
        (
            "governance_roles",
            ["arn:aws:iam::*:role/cdk-*"],
            "must be other roles than the pipeline's.*'arn:aws:iam::.:role/cdk-.', while 'arn:",
        ),
        (
            "break_glass_role",
            "arn:*:iam::*:role/*-?eploy",
            "must be other roles than the pipeline's",
        ),
        ("break_glass_role", "arn:aws:iam::*:role/ci-*", "must be other roles than the pipeline's"),
        (
            "break_glass_role",
            f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-x",
            "must be other roles than the pipeline's",
        ),
        ("guardrail_policies", [], "guardrail_policies must have at least one entry"),
        ("guardrail_policies", ["/DeveloperBoundary"], "the name of a managed policy"),
        ("guardrail_policies", ["*"], "the name of a managed policy"),
        ("guard_tag_prefix", "lambda", "guard_tag_prefix must be"),
        ("qualifier", "too-long-a-one", "qualifier must be"),
        ("policy_name", "a/b", "policy_name must be"),
        ("target_ids", ["production"], "a root, an organizational unit or an account"),
        ("target_ids", "ou-ab12-11111111", "target_ids must be a list"),
    ],
)
def test_refused(argument: str, value: object, message: str) -> None:
    stack = cdk.Stack(cdk.App(), "Organization")
    with pytest.raises(InvalidInputError, match=message):
        GuardrailScp(stack, "Scp", **{**USUAL, argument: value})


@pytest.mark.parametrize(
    "argument",
    [
        *NEEDED,
        "subnet_ids",
        "egress_vpc_ids",
        "functions_outside_vpc",
        "trusted_accounts",
        "break_glass_role",
        "governance_roles",
        "guardrail_policies",
        "guard_tag_prefix",
        "qualifier",
        "policy_name",
        "target_ids",
    ],
)
def test_tokens_are_refused(argument: str) -> None:
    token: object = cdk.Aws.ACCOUNT_ID
    single = argument in ("break_glass_role", "guard_tag_prefix", "qualifier", "policy_name")
    stack = cdk.Stack(cdk.App(), "Organization")
    with pytest.raises(InvalidInputError, match=f"{argument} must be literals.*management account"):
        GuardrailScp(stack, "Scp", **{**USUAL, argument: token if single else [token]})


@given(st.sampled_from(sorted({*USUAL, "qualifier", "guard_tag_prefix"})), st.text(max_size=40))
def test_any_text_renders_or_is_refused_in_a_sentence(argument: str, text: str) -> None:
    single = argument in ("break_glass_role", "qualifier", "guard_tag_prefix")
    refusal = ""
    rendered = ""
    try:
        document = GuardrailScp.document(**{**USUAL, argument: text if single else [text]})
        rendered = json.dumps(document)
    except InvalidInputError as error:
        refusal = str(error)
    assert refusal != "" or text in rendered
    assert "\n" not in refusal


def test_page_has_every_statement() -> None:
    everything = GuardrailScp.document(
        **USUAL, subnet_ids=[SUBNET], egress_vpc_ids=["vpc-0aaaaaaaaaaaaaaa1"]
    )
    page = PAGE.read_text()
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert listed == {statement["Sid"] for statement in everything["Statement"]}


def test_page_says_what_is_denied_of_the_catalogue(simulator: Simulator) -> None:
    """The table on the page is what this finds; a failure prints the new one."""
    document = GuardrailScp.document(**USUAL)
    patterns = {pattern for _, pattern, _ in _parts(document)} - {"*"}
    attacks = [call for call in catalogue() if not call.allowed]
    # The others the policy does not know: the statements on every action are about tags.
    asked = [
        call
        for call in attacks
        if "aws:TagKeys" in call.context
        or any(fnmatch.fnmatchcase(call.action, pattern) for pattern in patterns)
    ]
    decided = zip(asked, _decided(simulator, document, asked), strict=True)
    total = Counter(call.category for call in attacks)
    denied = Counter(call.category for call, allowed in decided if not allowed)
    rows = [f"| {category} | {denied[category]} | {total[category]} |" for category in total]
    rows.append(f"| **all** | **{denied.total():,}** | **{total.total():,}** |")
    table = "\n".join(["| category | denied | calls |", "|---|---|---|", *rows])
    assert table in PAGE.read_text(), table
