"""The rules for every account, where the stand-in cannot be made to answer so."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.audit.admitted import Own
from secure_lambda_constructs.checks.audit.baseline import Baseline
from secure_lambda_constructs.checks.audit.calls import Account, UnreadError
from secure_lambda_constructs.checks.audit.changes_since import changes_by_hand, find_changes
from secure_lambda_constructs.checks.audit.deployed import DeployedStack, Resource
from secure_lambda_constructs.checks.audit.findings import Finding
from secure_lambda_constructs.checks.audit.functions import (
    ExpectedFunction,
    Function,
    audit_function,
    list_functions,
    permission_key,
)
from secure_lambda_constructs.checks.audit.history import with_history
from secure_lambda_constructs.checks.audit.network import audit_network
from secure_lambda_constructs.signing.command.aws import DeclinedError

from .fake_account import NUMBER, REGION, account_with, refused

OWN = Own(NUMBER)
ARN = f"arn:aws:lambda:{REGION}:{NUMBER}:function:f"
PUBLISHER = f"arn:aws:signer:{REGION}:{NUMBER}:/signing-profiles/P/0123456789"
SIGNED = {"SigningProfileVersionArn": PUBLISHER, "SigningJobArn": "job"}
VPC = {"VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"]}}
GONE = refused("ResourceNotFoundException")


def _function(**versions: dict[str, Any]) -> Function:
    found = {
        name.replace("latest", "$LATEST").lstrip("v"): {"FunctionName": "f", **more}
        for name, more in versions.items()
    }
    return Function(REGION, ARN, next(iter(found.values())), found)


def _lambda(**answers: Any) -> Account:
    closed: dict[str, Any] = {
        "get_function_code_signing_config": {"CodeSigningConfigArn": "csc"},
        "get_code_signing_config": {
            "CodeSigningConfig": {
                "AllowedPublishers": {"SigningProfileVersionArns": [PUBLISHER]},
                "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
            }
        },
        "list_function_url_configs": {"FunctionUrlConfigs": []},
        "list_aliases": {"Aliases": []},
        "get_policy": GONE,
    }
    return account_with(**(closed | answers))


def _kinds(account: Account, function: Function, expected: Any = None) -> list[tuple[str, str]]:
    found = audit_function(account, OWN, function, expected)
    return [(each.kind, each.found) for each in found]


def test_a_closed_function_has_no_findings() -> None:
    function = _function(latest=SIGNED | VPC, v1=SIGNED | VPC)
    assert _kinds(_lambda(), function) == []


def test_a_container_image_is_unsigned_whatever_signs_it() -> None:
    [(kind, found)] = _kinds(_lambda(), _function(latest=VPC | {"PackageType": "Image"}))
    assert kind == "unsigned-code"
    assert found == "a container image, which code signing does not cover, in $LATEST"


def test_old_versions_count_too() -> None:
    other = PUBLISHER.replace("P/", "Q/")
    foreign = SIGNED | {"SigningProfileVersionArn": other}
    layers = {"Layers": [{"Arn": "layer:1"}, {"Arn": "layer:2"} | foreign]}
    function = _function(latest=SIGNED | VPC | layers, v1=VPC, v2=foreign)
    assert _kinds(_lambda(), function) == [
        ("unsigned-code", "no signature that Lambda has checked on 1"),
        ("unsigned-layer", "no signature that Lambda has checked on layer:1 in $LATEST"),
        ("foreign-signature", f"$LATEST signed by {other} (layer layer:2)"),
        ("foreign-signature", f"2 signed by {other}"),
        ("outside-network", "no subnets in 2"),
    ]


def test_policies_of_versions_and_aliases_are_read_too() -> None:
    def policy(FunctionName: str, Qualifier: str = "") -> Any:
        if not Qualifier:
            return GONE
        open_to = {"AWS": "arn:aws:iam::999900001111:root"}
        statement = {"Sid": Qualifier, "Effect": "Allow", "Principal": open_to}
        return {"Policy": json.dumps({"Statement": statement})}

    account = _lambda(get_policy=policy, list_aliases={"Aliases": [{"Name": "live"}]})
    function = _function(latest=SIGNED | VPC, v1=SIGNED | VPC)
    assert _kinds(account, function) == [
        ("permission-open", f"statement {on} on {on} admits arn:aws:iam::999900001111:root")
        for on in ("1", "live")
    ]


def test_what_the_assembly_deploys_is_wanted_but_for_signing() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999900001111:root"},
        "Action": "lambda:InvokeFunction",
    }
    as_written = statement | {"Principal": {"AWS": "999900001111"}}
    account = _lambda(
        get_policy={"Policy": json.dumps({"Statement": [statement]})},
        list_function_url_configs={
            "FunctionUrlConfigs": [{"FunctionArn": ARN, "AuthType": "NONE"}]
        },
    )
    expected = ExpectedFunction("App/F", False, {permission_key(as_written)}, {"": "NONE"})
    found = audit_function(account, OWN, _function(latest={}), expected)
    assert [(each.kind, each.path) for each in found] == [("unsigned-code", "App/F")]
    unknown = expected._replace(permissions=set(), urls={}, complete=False)
    kinds = [each.kind for each in audit_function(account, OWN, _function(latest=SIGNED), unknown)]
    assert kinds == ["url-open", "permission-open"]


def test_what_is_added_within_the_account_is_told_where_all_is_known() -> None:
    bound = {"StringEquals": {"aws:PrincipalAccount": NUMBER}}
    statement = {"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "a", "Condition": bound}
    account = _lambda(
        get_policy={"Policy": json.dumps({"Statement": [statement]})},
        list_function_url_configs={
            "FunctionUrlConfigs": [{"FunctionArn": f"{ARN}:live", "AuthType": "AWS_IAM"}]
        },
    )
    function = _function(latest=SIGNED | VPC)
    expected = ExpectedFunction("App/F", True, set(), {})
    assert _kinds(account, function, expected) == [
        ("url-added", "AuthType AWS_IAM on live"),
        ("permission-added", "statement S: * may a"),
    ]
    assert _kinds(account, function, expected._replace(complete=False)) == []
    assert _kinds(account, function) == []


def test_a_fault_of_aws_is_told_as_such() -> None:
    account = account_with(list_functions=refused("ServiceException"))
    with pytest.raises(UnreadError, match="AWS refused ListFunctions in account 111122223333"):
        list_functions(account, REGION)


def test_a_function_that_was_deleted_meanwhile_is_passed_over() -> None:
    account = _lambda(get_function_code_signing_config=GONE)
    assert _kinds(account, _function(latest={})) == []
    assert account.gaps == []


def test_an_answer_that_another_call_could_deal_with_is_asked_for_again() -> None:
    account = account_with(get_code_signing_config=GONE)
    with pytest.raises(DeclinedError):
        account.ask(
            REGION, "lambda", "GetCodeSigningConfig", "x", declined={"ResourceNotFoundException"}
        )
    with pytest.raises(UnreadError):
        account.ask(REGION, "lambda", "GetCodeSigningConfig", "x")
    assert [gap.operation for gap in account.gaps] == ["GetCodeSigningConfig"]


def test_versions_are_told_from_functions() -> None:
    listed = [
        {"FunctionName": "f", "FunctionArn": f"{ARN}:{version}", "Version": version}
        for version in ("1", "$LATEST")
    ]
    [function] = list_functions(account_with(list_functions={"Functions": listed}), REGION)
    assert (function.arn, function.latest["Version"]) == (ARN, "$LATEST")
    assert set(function.versions) == {"1", "$LATEST"}


def _dns(*rules: dict[str, Any], associated: bool = True, managed: bool = False) -> Account:
    group = {"FirewallRuleGroupId": "g", "Priority": 101}
    domains = {"names": ["dynamodb.eu-west-1.amazonaws.com."], "all": ["*."]}
    return account_with(
        describe_vpc_endpoints={"VpcEndpoints": []},
        get_firewall_config=GONE,
        list_firewall_rule_group_associations={
            "FirewallRuleGroupAssociations": [group] if associated else []
        },
        list_firewall_rules={
            "FirewallRules": [
                {"Name": f"r{number}", "Priority": number} | rule
                for number, rule in reversed(list(enumerate(rules)))
            ]
        },
        get_firewall_domain_list={
            "FirewallDomainList": {"ManagedOwnerName": "Route 53"} if managed else {}
        },
        list_firewall_domains=lambda FirewallDomainListId: {
            "Domains": domains[FirewallDomainListId]
        },
    )


ALLOW = {"Action": "ALLOW", "FirewallDomainListId": "names"}
BLOCK = {"Action": "BLOCK", "FirewallDomainListId": "all"}


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ([ALLOW, BLOCK], None),
        ([BLOCK], None),
        ([ALLOW], "no rule with BLOCK for the domain * and all query types"),
        ([ALLOW, BLOCK | {"Qtype": "TXT"}], "no rule with BLOCK for the domain * and all"),
        ([ALLOW, BLOCK | {"Action": "ALERT"}, BLOCK], "r1 of g has ALERT for the domain *"),
        ([{"Action": "ALERT", "DnsThreatProtection": "DGA"}, BLOCK], "looks like tunnelling"),
        ([{"Action": "BLOCK", "DnsThreatProtection": "DGA"}, BLOCK], None),
    ],
    ids=["closed", "blocked", "no-end", "one-type", "alert", "advanced-alert", "advanced-block"],
)
def test_the_first_dns_rule_that_matches_counts(
    rules: list[dict[str, Any]], why: str | None
) -> None:
    found = audit_network(_dns(*rules), OWN, REGION, "vpc-1", ())
    assert [each.kind for each in found] == ([] if why is None else ["dns-open"])
    assert all(why in each.found for each in found if why)


def test_a_vpc_without_rules_and_lists_of_aws_are_open() -> None:
    [found] = audit_network(_dns(associated=False), OWN, REGION, "vpc-1", ())
    assert found.found == "no DNS firewall rule group"
    [found] = audit_network(_dns(BLOCK, managed=True), OWN, REGION, "vpc-1", ())
    assert found.kind == "dns-open"


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ({"VpcEndpointType": "GatewayLoadBalancer"}, "GatewayLoadBalancer endpoint to com.x"),
        ({"ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1"}, "whose policy nobody has"),
        ({}, "com.x: no endpoint policy"),
        ({"State": "deleted"}, None),
        ({"VpcId": "vpc-2"}, None),
        ({"VpcEndpointId": "vpce-deployed"}, None),
    ],
    ids=["load-balancer", "foreign-service", "no-policy", "deleted", "other-vpc", "deployed"],
)
def test_endpoints_without_a_policy_that_counts_are_open(
    endpoint: dict[str, str], found: str | None
) -> None:
    given = {
        "VpcEndpointId": "vpce-1",
        "VpcId": "vpc-1",
        "VpcEndpointType": "Interface",
        "ServiceName": "com.x",
        "State": "available",
    }
    account = _dns(BLOCK)
    account._session._answers["describe_vpc_endpoints"] = {"VpcEndpoints": [given | endpoint]}
    findings = audit_network(account, OWN, REGION, "vpc-1", {"vpce-deployed"})
    assert [each.kind for each in findings] == (["endpoint-open"] if found else [])
    assert all(found in each.found for each in findings if found)


def _event(name: str, time: str, **record: Any) -> dict[str, Any]:
    return {
        "EventId": f"id-{time}",
        "EventName": name,
        "EventTime": datetime.fromisoformat(time),
        "ReadOnly": record.pop("read", "false"),
        "Username": "alice",
        "CloudTrailEvent": json.dumps(record),
    }


def test_the_latest_call_that_fits_is_named() -> None:
    cloudformation = {
        "userIdentity": {"arn": "arn:role", "invokedBy": "cloudformation.amazonaws.com"}
    }
    events = [
        _event("UpdateFunctionCode20150331v2", "2026-11-28T09:00:00+00:00"),
        _event("DeleteFunctionCodeSigningConfigX", "2026-11-28T08:00:00+00:00"),
        _event("CreateFunction20150331", "2026-11-28T07:00:00+00:00", errorCode="AccessDenied"),
        _event("CreateFunction20150331", "2026-11-28T06:00:00+00:00", read="true"),
        _event("CreateFunction20150331", "2026-11-28T05:00:00+00:00", **cloudformation),
        _event("CreateFunction20150331", "2026-11-28T04:00:00+00:00"),
    ]
    finding = Finding("no-signing-config", REGION, ARN, "", "")
    change = with_history(account_with(lookup_events={"Events": events}), finding).change
    assert change == (
        "2026-11-28T05:00:00+00:00",
        "arn:role through cloudformation.amazonaws.com",
        "CreateFunction20150331",
        "id-2026-11-28T05:00:00+00:00",
    )
    change = with_history(account_with(lookup_events={"Events": events[5:]}), finding).change
    assert change is not None
    assert change.by == "alice"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ({"Events": []}, "no such call in CloudTrail's event history, which goes back 90 days"),
        ({"Events": [], "NextToken": "t"}, "no such call among the latest 500 that CloudTrail has"),
        (refused("AccessDeniedException"), "CloudTrail could not be read"),
    ],
    ids=["none", "many", "denied"],
)
def test_why_no_call_is_known_is_said(answer: Any, note: str) -> None:
    account = account_with(lookup_events=answer)
    found = with_history(account, Finding("url-open", REGION, ARN, "", ""))
    assert found.change is None
    assert note in found.note
    assert bool(account.gaps) is isinstance(answer, Exception)
    unknown = Finding("cannot-tell", REGION, ARN, "", "")
    assert with_history(account, unknown) == unknown


def test_calls_of_iam_are_looked_up_where_they_are_recorded() -> None:
    account = account_with(lookup_events={"Events": []})
    regions: list[str] = []
    account.on_call = lambda region, operation: regions.append(region)
    with_history(account, Finding("role-changed", "global", "arn:role", "", ""))
    assert regions == ["us-east-1"]


def _deployed() -> Baseline:
    function = Resource("App", "F", "f", "AWS::Lambda::Function", {}, "App/F")
    role = Resource("App", "R", "r", "AWS::IAM::Role", {}, "App/R")
    part = Resource("App", "P", "p", "AWS::Lambda::Permission", {}, "App/P")
    return Baseline([DeployedStack("App", REGION, Path(), [function, role, part], [])], [])


def test_changes_since_a_time_are_told_by_resource() -> None:
    through = {"userIdentity": {"arn": "arn:ci", "invokedBy": "cloudformation.amazonaws.com"}}
    events = {
        "App": [_event("UpdateStack", "2026-11-28T08:59:00+00:00")],
        "f": [
            _event("UpdateFunctionCode20150331v2", "2026-11-28T09:05:00+00:00"),
            _event("TagResource20170331v2", "2026-11-28T09:00:00+00:00"),
            _event("UpdateFunctionCode20150331v2", "2026-11-28T08:59:59+00:00"),
        ],
        ARN: [_event("UpdateFunctionCode20150331v2", "2026-11-28T09:05:00+00:00")],
        "r": [_event("PutRolePolicy", "2026-11-28T09:01:00+00:00", **through)],
        "arn:aws:iam::1:role/r": [],
    }
    asked: list[str] = []

    def lookup(LookupAttributes: Any, StartTime: str) -> dict[str, Any]:
        assert StartTime == "2026-11-28T09:00:00+00:00"
        name = LookupAttributes[0]["AttributeValue"]
        asked.append(name)
        return {"Events": events[name]}

    role = {"RoleName": "r", "Arn": "arn:aws:iam::1:role/r"}
    account = account_with(
        lookup_events=lookup,
        get_account_authorization_details={"RoleDetailList": [role], "Policies": []},
    )
    since = datetime.fromisoformat("2026-11-28T10:00:00.5+01:00")
    changes = find_changes(account, _deployed(), since)
    assert [(each.path, each.change.call, each.by_cloudformation) for each in changes] == [
        ("App/F", "TagResource20170331v2", False),
        ("App/R", "PutRolePolicy", True),
        ("App/F", "UpdateFunctionCode20150331v2", False),
    ]
    # A part changes with what it is a part of.
    assert asked == ["App", "f", ARN, "r", "arn:aws:iam::1:role/r"]
    [finding] = changes_by_hand(changes)
    assert (finding.kind, finding.path, finding.region) == ("changed-by-hand", "App/F", REGION)
    assert finding.found == (
        "TagResource20170331v2 2026-11-28T09:00:00+00:00 by alice; "
        "UpdateFunctionCode20150331v2 2026-11-28T09:05:00+00:00 by alice"
    )
    # What led to it is known already.
    assert with_history(account, finding) == finding


def test_more_changes_than_are_read_are_a_gap() -> None:
    events = [_event("UpdateFunctionCode", f"2026-11-28T09:0{minute}:00Z") for minute in range(7)]
    for each in events:
        each["EventSource"] = "lambda.amazonaws.com"
    answer = {"Events": events, "NextToken": "t"}
    account = account_with(
        lookup_events=answer,
        get_account_authorization_details={"RoleDetailList": [], "Policies": []},
    )
    since = datetime(2026, 11, 28, 9, tzinfo=UTC)
    changes = find_changes(account, _deployed(), since)
    _, function, _ = changes_by_hand(changes)
    assert function.found.startswith("2 earlier; UpdateFunctionCode 2026-11-28T09:02:00+00:00 by")
    assert {gap.reason for gap in account.gaps} == {
        "more than 500 calls since 2026-11-28T09:00:00+00:00: ask for a shorter time"
    }
    # What cannot be looked up is one, too, and no change is told.
    account = account_with(lookup_events=refused("AccessDeniedException"))
    account.answers.put(
        f"{account.home} iam GetAccountAuthorizationDetails "
        '{"Filter": ["Role", "LocalManagedPolicy"]}',
        {"RoleDetailList": [], "Policies": []},
    )
    assert find_changes(account, _deployed(), since) == []
    assert {gap.operation for gap in account.gaps} == {"LookupEvents"}
