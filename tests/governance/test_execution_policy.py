"""What CloudFormation may do with `CloudFormationExecutionPolicy`, decided by a real evaluator."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from secure_lambda_constructs import CloudFormationExecutionPolicy, InvalidInputError
from secure_lambda_constructs.checks.leaks.questions import KnownAction
from secure_lambda_constructs.governance.documents import document_size
from secure_lambda_constructs.governance.pipeline.execution_statements import GOVERNANCE, SERVICES

from ..leaks.simulator import Simulator
from .decisions import ACCOUNT, Call, Guardrails, decide

_REPOSITORY = Path(__file__).resolve().parents[2]
_REGION = "eu-west-1"
_ROLES = f"arn:aws:iam::{ACCOUNT}:role"
_POLICIES = f"arn:aws:iam::{ACCOUNT}:policy"
_FUNCTION = f"arn:aws:lambda:{_REGION}:{ACCOUNT}:function:prod-orders"
_CDK_ROLE = f"{_ROLES}/cdk-hnb659fds-%s-role-{ACCOUNT}-{_REGION}"
_CLOUDFORMATION = (
    f"arn:aws:sts::{ACCOUNT}:assumed-role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{_REGION}/"
    "AWSCloudFormation"
)
_CONFIG = f"arn:aws:lambda:{_REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
_OTHER_CONFIG = f"arn:aws:lambda:{_REGION}:{ACCOUNT}:code-signing-config:csc-fedcba98765432100"
_BOUNDARY = f"{_POLICIES}/guardrails/FunctionBoundary"
_BOUND = {"iam:PermissionsBoundary": _BOUNDARY}
_SIGNED = {"lambda:CodeSigningConfigArn": _CONFIG}
_TO_LAMBDA = {"iam:PassedToService": "lambda.amazonaws.com"}
_TO_CLOUDFORMATION = {"iam:PassedToService": "cloudformation.amazonaws.com"}

_TRAIL = "arn:aws:s3:::trail-of-the-organization"

_STRICT: dict[str, Any] = {
    "protected_resources": [_TRAIL, "arn:aws:events:*:*:rule/change-alarm-*"],
    "protected_roles": [f"{_ROLES}/cicd/deploy", "arn:aws:iam::*:role/break-glass"],
    "role_boundary": "guardrails/FunctionBoundary",
    "code_signing_config_arns": [_CONFIG],
}

# What the examples and the constructs of this library make.
_TYPES = Path(__file__).with_name("resource_types.txt").read_text().split()

# What CloudFormation may ask for and does not get: patterns, and what a stack would have to use
# that the constructs of this library do not.
_NOT_NEEDED = {
    r"codedeploy:.*": "an alias that CodeDeploy moves",
    r"(docdb-elastic|redshift.*):.*": "a secret of DocumentDB or of Redshift",
    r"ec2:(AcceptAddressTransfer|AssociateAddress)": "addresses of instances, or of other accounts",
    r"ec2:(Unassign|Assign)PrivateNatGatewayAddress": "a private NAT gateway",
    r"ec2:(At|De)tachVpnGateway": "a way to other networks",
    r"(elasticfilesystem|s3files):.*": "a function with a file system, which is not signed",
    r"firehose:.*": "a log group that is delivered elsewhere",
    r"iam:.*(Group|User)Policy": "users and groups",
    r"kinesis:.*": "a table that streams to Kinesis",
    r"lambda:DeleteFunctionCodeSigningConfig": "a function whose signing is taken away",
    r"lambda:PassCapacityProvider": "a function on instances",
    r"s3tables:.*": "a bucket with a metadata table",
    r"(vpc-lattice|vpce):.*": "an endpoint for VPC Lattice, or for another region",
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(_REPOSITORY) as simulator:
        yield simulator


@cache
def _permissions() -> dict[str, set[str]]:
    """Return the calls that CloudFormation makes for each type, by AWS's own schemas."""
    wanted = set(_TYPES)
    schemas = [
        file.locate()
        for file in files("cfn-lint") or ()
        if file.match("cfnlint/data/schemas/resources/*.json")
    ]
    found: dict[str, set[str]] = {}
    for path in schemas:
        text = Path(path).read_text()
        # Types are named in relations too; to parse all of the schemas would take seconds.
        if wanted.isdisjoint(re.findall(r'"typeName":\s*"([^"]+)"', text)):
            continue
        schema = json.loads(text)
        if schema["typeName"] in wanted:
            found[schema["typeName"]] = {
                action
                for name, handler in schema["handlers"].items()
                if name != "list"
                for action in handler["permissions"]
            }
    return found


def _call(action: KnownAction, arn: str) -> Call:
    names = {"Partition": "aws", "Region": _REGION, "Account": ACCOUNT}
    context = {
        "iam:passrole": _TO_LAMBDA,
        "lambda:createfunction": _SIGNED,
        "lambda:putfunctioncodesigningconfig": _SIGNED,
    }
    return _made(
        action.action,
        re.sub(r"\$\{(\w+)\}", lambda found: names.get(found[1], "prod-orders"), arn),
        context.get(action.action.lower(), {}),
    )


def _made(action: str, resource: str, context: dict[str, Any], allowed: bool = True) -> Call:
    return Call(
        id="",
        action=action,
        resource=resource,
        context=context,
        allowed=allowed,
        principal=_CLOUDFORMATION,
    )


def test_every_type_of_ours_has_a_schema() -> None:
    assert set(_permissions()) == set(_TYPES)


def _for_service(document: Any, service: str) -> Guardrails:
    """Return the policy without the actions of other services, which the evaluator goes through."""
    allowed, *others = document["Statement"]
    actions = [action for action in allowed["Action"] if action.startswith(f"{service}:")]
    kept = [{**allowed, "Action": actions}] if actions else []
    return Guardrails(identity={**document, "Statement": [*kept, *others]})


def test_what_our_constructs_make_can_be_deployed(simulator: Simulator) -> None:
    actions = {
        action.action: action
        for pattern in sorted(set().union(*_permissions().values()))
        for action in simulator.expand(pattern)
    }
    assert len(actions) > 300
    document = CloudFormationExecutionPolicy.document()
    denied = set()
    for service in sorted({name.partition(":")[0] for name in actions}):
        guardrails = _for_service(document, service)
        left = {n: action for n, action in actions.items() if n.startswith(f"{service}:")}
        # An action is for resources of several kinds: one of them is enough.
        for kind in range(max(len(action.arns or "*") for action in left.values())):
            calls = {
                name: _call(action, (action.arns or ("*",))[kind])
                for name, action in left.items()
                if kind < len(action.arns or "*")
            }
            decided = decide(simulator, guardrails, list(calls.values()))
            for name, allowed in zip(calls, decided, strict=True):
                if allowed:
                    del left[name]
        denied |= set(left)
    unexplained = {
        action for action in denied if not any(re.fullmatch(each, action) for each in _NOT_NEEDED)
    }
    assert unexplained == set()
    unused = {
        each for each in _NOT_NEEDED if not any(re.fullmatch(each, action) for action in denied)
    }
    assert unused == set()


_CALLS = {
    # Of an application's stack.
    "function": ("lambda:CreateFunction", _FUNCTION, _SIGNED, True),
    "code": ("lambda:UpdateFunctionCode", _FUNCTION, {}, True),
    "role": ("iam:CreateRole", f"{_ROLES}/prod-orders", _BOUND, True),
    "role-policy": ("iam:PutRolePolicy", f"{_ROLES}/prod-orders", _BOUND, True),
    "role-read": ("iam:GetRole", _CDK_ROLE % "deploy", {}, True),
    "pass-to-lambda": ("iam:PassRole", f"{_ROLES}/prod-orders", _TO_LAMBDA, True),
    "nested-stack": ("iam:PassRole", _CDK_ROLE % "cfn-exec", _TO_CLOUDFORMATION, True),
    "version": (
        "ssm:GetParameters",
        f"arn:aws:ssm:{_REGION}:{ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version",
        {},
        True,
    ),
    "asset": (
        "s3:GetObject",
        f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{_REGION}/1a2b.zip",
        {},
        True,
    ),
    "endpoint": ("ec2:CreateVpcEndpoint", f"arn:aws:ec2:{_REGION}:{ACCOUNT}:vpc/vpc-1", {}, True),
    "url-with-iam": (
        "lambda:CreateFunctionUrlConfig",
        _FUNCTION,
        {"lambda:FunctionUrlAuthType": "AWS_IAM"},
        True,
    ),
    "permission": (
        "lambda:AddPermission",
        _FUNCTION,
        {"lambda:Principal": "events.amazonaws.com"},
        True,
    ),
    # Of a stack that somebody got through the pipeline.
    "unsigned-function": ("lambda:CreateFunction", _FUNCTION, {}, False),
    "foreign-config": (
        "lambda:CreateFunction",
        _FUNCTION,
        {"lambda:CodeSigningConfigArn": _OTHER_CONFIG},
        False,
    ),
    "other-config": (
        "lambda:PutFunctionCodeSigningConfig",
        _FUNCTION,
        {"lambda:CodeSigningConfigArn": _OTHER_CONFIG},
        False,
    ),
    "no-config": ("lambda:DeleteFunctionCodeSigningConfig", _FUNCTION, {}, False),
    "loose-config": ("lambda:UpdateCodeSigningConfig", _CONFIG, {}, False),
    "new-profile": (
        "signer:PutSigningProfile",
        "*",
        {},
        False,
    ),
    "microvm": (
        "lambda:RunMicrovm",
        f"arn:aws:lambda:{_REGION}:{ACCOUNT}:microvm-image:mine",
        {},
        False,
    ),
    "public-url": (
        "lambda:CreateFunctionUrlConfig",
        _FUNCTION,
        {"lambda:FunctionUrlAuthType": "NONE"},
        False,
    ),
    "public-function": ("lambda:AddPermission", _FUNCTION, {"lambda:Principal": "*"}, False),
    "unbound-role": ("iam:CreateRole", f"{_ROLES}/prod-orders", {}, False),
    "other-boundary": (
        "iam:CreateRole",
        f"{_ROLES}/prod-orders",
        {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"},
        False,
    ),
    "rights-for-an-unbound-role": ("iam:PutRolePolicy", f"{_ROLES}/Admin", {}, False),
    "trust-of-an-unbound-role": ("iam:UpdateAssumeRolePolicy", f"{_ROLES}/Admin", {}, False),
    "boundary-off": ("iam:DeleteRolePermissionsBoundary", f"{_ROLES}/prod-orders", _BOUND, False),
    "administrator": (
        "iam:AttachRolePolicy",
        f"{_ROLES}/prod-orders",
        {**_BOUND, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
        False,
    ),
    "developers-boundary": (
        "iam:CreatePolicyVersion",
        f"{_POLICIES}/DeveloperBoundary",
        {},
        False,
    ),
    "functions-boundary": ("iam:SetDefaultPolicyVersion", _BOUNDARY, {}, False),
    "itself": ("iam:CreatePolicyVersion", f"{_POLICIES}/CloudFormationExecution", {}, False),
    "own-role": ("iam:PutRolePolicy", _CDK_ROLE % "cfn-exec", _BOUND, False),
    "deploy-role-trust": ("iam:UpdateAssumeRolePolicy", _CDK_ROLE % "deploy", _BOUND, False),
    "pipeline-trust": ("iam:UpdateAssumeRolePolicy", f"{_ROLES}/cicd/deploy", _BOUND, False),
    "pipeline-anew": ("iam:CreateRole", f"{_ROLES}/cicd/deploy", _BOUND, False),
    "break-glass": ("iam:DeleteRole", f"{_ROLES}/break-glass", {}, False),
    "pass-to-instances": (
        "iam:PassRole",
        f"{_ROLES}/Admin",
        {"iam:PassedToService": "ec2.amazonaws.com"},
        False,
    ),
    "pass-a-cdk-role": ("iam:PassRole", _CDK_ROLE % "deploy", _TO_LAMBDA, False),
    "pass-its-role": ("iam:PassRole", _CDK_ROLE % "cfn-exec", _TO_LAMBDA, False),
    "pass-the-deploy-role": ("iam:PassRole", _CDK_ROLE % "deploy", _TO_CLOUDFORMATION, False),
    "assume": ("sts:AssumeRole", _CDK_ROLE % "deploy", {}, False),
    "user": ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/me", {}, False),
    "access-key": ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/me", {}, False),
    "provider": (
        "iam:CreateOpenIDConnectProvider",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
        {},
        False,
    ),
    "saml": ("iam:UpdateSAMLProvider", f"arn:aws:iam::{ACCOUNT}:saml-provider/idp", {}, False),
    "toolkit": (
        "cloudformation:UpdateStack",
        f"arn:aws:cloudformation:{_REGION}:{ACCOUNT}:stack/CDKToolkit/1a2b",
        {},
        False,
    ),
    "toolkit-version": (
        "ssm:PutParameter",
        f"arn:aws:ssm:{_REGION}:{ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version",
        {},
        False,
    ),
    "toolkit-bucket": (
        "s3:PutBucketPolicy",
        f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{_REGION}",
        {},
        False,
    ),
    "toolkit-asset": (
        "s3:PutObject",
        f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{_REGION}/1a2b.zip",
        {},
        False,
    ),
    "toolkit-images": (
        "ecr:PutImage",
        f"arn:aws:ecr:{_REGION}:{ACCOUNT}:repository/cdk-hnb659fds-container-assets-x",
        {},
        False,
    ),
    "trail-bucket": ("s3:PutBucketPolicy", _TRAIL, {}, False),
    "trail-bucket-read": ("s3:GetBucketPolicy", _TRAIL, {}, True),
    "change-alarm": (
        "events:DisableRule",
        f"arn:aws:events:{_REGION}:{ACCOUNT}:rule/change-alarm-code",
        {},
        False,
    ),
    "other-rule": (
        "events:DisableRule",
        f"arn:aws:events:{_REGION}:{ACCOUNT}:rule/nightly",
        {},
        True,
    ),
    "trail": (
        "cloudtrail:StopLogging",
        f"arn:aws:cloudtrail:{_REGION}:{ACCOUNT}:trail/all",
        {},
        False,
    ),
    "organization": ("organizations:LeaveOrganization", "*", {}, False),
    "instance": (
        "ec2:RunInstances",
        f"arn:aws:ec2:{_REGION}:{ACCOUNT}:instance/*",
        {},
        False,
    ),
    "peering": (
        "ec2:CreateVpcPeeringConnection",
        f"arn:aws:ec2:{_REGION}:{ACCOUNT}:vpc/vpc-1",
        {},
        False,
    ),
    "shell": (
        "ssm:SendCommand",
        f"arn:aws:ec2:{_REGION}:{ACCOUNT}:instance/i-1",
        {},
        False,
    ),
    "other-service": (
        "codebuild:CreateProject",
        f"arn:aws:codebuild:{_REGION}:{ACCOUNT}:project/mine",
        {},
        False,
    ),
}


def _wrong(simulator: Simulator, guardrails: Guardrails, names: Sequence[str]) -> list[str]:
    calls = [_made(*_CALLS[name]) for name in names]
    decided = decide(simulator, guardrails, calls)
    return [
        name
        for name, call, allowed in zip(names, calls, decided, strict=True)
        if allowed is not call.allowed
    ]


def test_what_a_stack_may_do_and_what_it_may_not(simulator: Simulator) -> None:
    document = CloudFormationExecutionPolicy.document(**_STRICT)
    assert _wrong(simulator, Guardrails(identity=document), list(_CALLS)) == []


def test_another_policy_beside_it_opens_only_what_is_not_denied(simulator: Simulator) -> None:
    """As somebody would attach AdministratorAccess to the same role."""
    document = CloudFormationExecutionPolicy.document(**_STRICT)
    opened = {
        "Version": "2012-10-17",
        "Statement": [
            *document["Statement"],
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ],
    }
    assert _wrong(simulator, Guardrails(identity=opened), list(_CALLS)) == [
        "pass-to-instances",
        "pass-the-deploy-role",
        "instance",
        "peering",
        "shell",
        "other-service",
    ]


def test_as_the_boundary_it_holds_every_policy_beside_it(simulator: Simulator) -> None:
    document = CloudFormationExecutionPolicy.document(**_STRICT)
    calls = [_made(*call) for call in _CALLS.values()]
    simulations = [{**call.simulation(), "bounded": True} for call in calls]
    answers = simulator.guard(Guardrails(boundary=document).simulation(), simulations)
    assert [
        name
        for (name, call), allowed in zip(_CALLS.items(), answers, strict=True)
        if allowed is not call[3]
    ] == []


def test_without_the_options_a_stack_may_sign_and_make_any_role(simulator: Simulator) -> None:
    guardrails = Guardrails(identity=CloudFormationExecutionPolicy.document())
    assert _wrong(simulator, guardrails, list(_CALLS)) == [
        "foreign-config",
        "other-config",
        "loose-config",
        "new-profile",
        "unbound-role",
        "other-boundary",
        "rights-for-an-unbound-role",
        "trust-of-an-unbound-role",
        "boundary-off",
        "functions-boundary",
        "pipeline-trust",
        "pipeline-anew",
        "break-glass",
        "trail-bucket",
        "change-alarm",
    ]


def test_each_denial_is_needed(simulator: Simulator) -> None:
    """Without it, and with a policy beside it that allows everything, an attack gets through."""
    document = CloudFormationExecutionPolicy.document(**_STRICT)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    def open_without(sid: str) -> set[str]:
        kept = [part for part in document["Statement"] if part["Sid"] != sid]
        opened = {"Version": "2012-10-17", "Statement": [*kept, everything]}
        return set(_wrong(simulator, Guardrails(identity=opened), list(_CALLS)))

    before = open_without("")
    denials = [part["Sid"] for part in document["Statement"] if part["Effect"] == "Deny"]
    assert [sid for sid in denials if not open_without(sid) - before] == []


def test_other_names(simulator: Simulator) -> None:
    document = CloudFormationExecutionPolicy.document(
        policy_name="Deployments",
        path="/guardrails/",
        qualifier="team1",
        toolkit_stack_name="TeamToolkit",
        protected_policies=["guardrails/Developers"],
        services=["states", "ec2"],
        passed_to=["states.amazonaws.com"],
    )
    role = f"{_ROLES}/cdk-team1-deploy-role-{ACCOUNT}-{_REGION}"
    calls = [
        _made("iam:CreatePolicyVersion", f"{_POLICIES}/guardrails/Deployments", {}, False),
        _made("iam:CreatePolicyVersion", f"{_POLICIES}/guardrails/Developers", {}, False),
        _made("iam:CreatePolicyVersion", f"{_POLICIES}/DeveloperBoundary", {}),
        _made("iam:PutRolePolicy", role, {}, False),
        _made("iam:PutRolePolicy", _CDK_ROLE % "deploy", {}),
        _made(
            "cloudformation:DeleteStack",
            f"arn:aws:cloudformation:{_REGION}:{ACCOUNT}:stack/TeamToolkit/1a2b",
            {},
            False,
        ),
        _made(
            "states:CreateStateMachine",
            f"arn:aws:states:{_REGION}:{ACCOUNT}:stateMachine:prod-orders",
            {},
        ),
        _made(*_CALLS["peering"][:3]),
        _made("iam:PassRole", f"{_ROLES}/prod-orders", _TO_LAMBDA, False),
        _made(
            "iam:PassRole",
            f"{_ROLES}/prod-orders",
            {"iam:PassedToService": "states.amazonaws.com"},
        ),
    ]
    assert decide(simulator, Guardrails(identity=document), calls) == [
        call.allowed for call in calls
    ]


def test_patterns_of_the_network_let_nothing_else_in(simulator: Simulator) -> None:
    others = re.compile(
        r"Instance|Fleet|Spot|Image|Snapshot|Volume|Peering|TransitGateway|Vpn|ClientVpn|Carrier"
        r"|EgressOnly|LocalGateway|Ipam|Verified|KeyPair|BlockPublicAccess|Outpost",
    )
    found = {
        action.action
        for pattern in SERVICES["ec2"].split()
        if not pattern.startswith("Describe")
        for action in simulator.expand(f"ec2:{pattern}")
    }
    assert "ec2:CreateVpcEndpoint" in found
    assert [action for action in sorted(found) if others.search(action)] == []


def test_every_pattern_matches_an_action(simulator: Simulator) -> None:
    patterns = [
        f"{service}:{pattern}"
        for service, patterns in SERVICES.items()
        for pattern in patterns.split()
    ]
    patterns += [f"{service}:*" for service in GOVERNANCE]
    assert [pattern for pattern in patterns if not simulator.expand(pattern)] == []


def test_construct_makes_the_policy(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Governance")
    made = CloudFormationExecutionPolicy(stack, "Execution", path="/guardrails/", **_STRICT)
    assert made.policy.node.path == "Governance/Execution/Policy"
    # A finding of cdk-nag would fail the synthesis.
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    template = json.loads((tmp_path / "Governance.template.json").read_text())
    resource = next(
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    )
    properties = resource["Properties"]
    assert properties["ManagedPolicyName"] == "CloudFormationExecution"
    assert properties["Path"] == "/guardrails/"
    document = CloudFormationExecutionPolicy.document(path="/guardrails/", **_STRICT)
    assert _as_sets(_joined(properties["PolicyDocument"])) == _as_sets(document)
    skipped = [each["id"] for each in resource["Metadata"]["checkov"]["skip"]]
    assert skipped == ["CKV_AWS_108", "CKV_AWS_109", "CKV_AWS_110", "CKV_AWS_111"]


def _joined(value: Any) -> Any:
    """Return a part of a template with its references to the partition replaced by `aws`."""
    match value:
        case {"Fn::Join": ["", [*parts]]}:
            return "".join("aws" if part == {"Ref": "AWS::Partition"} else part for part in parts)
        case dict():
            return {name: _joined(part) for name, part in value.items()}
        case list():
            return [_joined(part) for part in value]
    return value


def _as_sets(document: Any) -> list[Any]:
    return [
        {name: {part} if isinstance(part, str) else set(part) for name, part in statement.items()}
        for statement in document["Statement"]
    ]


def test_is_short_enough_for_some_services_more() -> None:
    assert document_size(CloudFormationExecutionPolicy.document(**_STRICT)) < 5800


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"services": "states"}, "services must be a list"),
        ({"services": ["states:*"]}, "services must be prefixes of services .* got 'states:\\*'"),
        ({"services": ["iam", "sts"]}, "services must not name iam, sts: what decides"),
        ({"services": ["organizations"]}, "services must not name organizations"),
        ({"passed_to": ["lambda"]}, "passed_to must be service principals"),
        ({"passed_to": ["*"]}, "passed_to must be service principals"),
        ({"protected_policies": ["/guardrails/X"]}, "protected_policies must be a path and a name"),
        ({"protected_policies": ["*"]}, "protected_policies must be a path and a name"),
        ({"protected_roles": ["deploy"]}, "protected_roles must be ARNs of roles"),
        ({"protected_resources": ["*"]}, "protected_resources must be ARNs of resources, more"),
        ({"protected_resources": ["arn:aws:s3:::*"]}, "protected_resources must be ARNs"),
        ({"protected_roles": "deploy"}, "protected_roles must be a list"),
        ({"role_boundary": "arn:aws:iam::aws:policy/X"}, "role_boundary must be a path and a name"),
        ({"code_signing_config_arns": []}, "names no config, so that no function could be made"),
        ({"code_signing_config_arns": ["*"]}, "code_signing_config_arns must be ARNs of code"),
        ({"policy_name": "not good"}, "policy_name must be 1 to 128 letters"),
        ({"path": "guardrails"}, "path must begin and end with a slash"),
        ({"qualifier": "much-too-long"}, "qualifier must be one to ten letters"),
        ({"toolkit_stack_name": "CDK*"}, "toolkit_stack_name must be a name of a stack"),
        (
            {"services": [f"service-{number}-with-a-long-name" for number in range(60)]},
            "the execution policy would have .* characters, and AWS takes 6144 at most: name fewer",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        CloudFormationExecutionPolicy.document(**arguments)


def test_a_value_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="role_boundary"):
        CloudFormationExecutionPolicy.document(role_boundary=cdk.Aws.STACK_NAME)
