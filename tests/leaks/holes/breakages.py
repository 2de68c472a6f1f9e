"""Changes that close too much: each breaks a flow that must keep working."""

from collections.abc import Callable
from typing import Any

from ..synthesis import RELAY, RELAY_IN_VPC
from .draft import ALLOW_LIST, Draft

__all__ = ["BREAKAGES", "DATABASE_BREAKAGES", "RELAY_BREAKAGES"]

_ENDPOINT = "AWS::EC2::VPCEndpoint"
_LIST = "AWS::Route53Resolver::FirewallDomainList"

Change = Callable[[Draft], None]


def _deny(draft: Draft, action_key: str) -> dict[str, Any]:
    for _, statement in draft.role_statements():
        if statement["Effect"] == "Deny" and action_key in statement:
            return statement
    raise LookupError(f"no Deny with {action_key}")


def _network_interface_deny(draft: Draft) -> dict[str, Any]:
    for _, statement in draft.role_statements():
        if statement["Effect"] == "Deny" and statement.get("Action") == "ec2:*":
            return statement
    raise LookupError("no Deny of ec2")


def _root_only(draft: Draft) -> None:
    # At a gateway endpoint the account means its root user, so that no role gets through.
    for statement in draft.endpoint_statements():
        statement["Principal"] = {"AWS": {"Ref": "AWS::AccountId"}}


def _no_reading_at_the_endpoint(draft: Draft) -> None:
    for statement in draft.endpoint_statements():
        statement["Action"] = "dynamodb:PutItem"


def _another_vpc(draft: Draft) -> None:
    _deny(draft, "NotAction")["Condition"]["StringNotEquals"]["aws:SourceVpc"] = "vpc-0other"


def _unattached_endpoint(draft: Draft) -> None:
    draft.first(_ENDPOINT)["RouteTableIds"] = []


def _no_route_table(draft: Draft) -> None:
    draft.first("AWS::EC2::SubnetRouteTableAssociation")["SubnetId"] = "subnet-0other"


def _no_way_out(draft: Draft) -> None:
    draft.egress()[0]["DestinationPrefixListId"] = "pl-63a5400a"


def _domains(draft: Draft) -> list[Any]:
    name = draft.rule(ALLOW_LIST)["FirewallDomainListId"]["Fn::GetAtt"][0]
    (found,) = [resource for logical_id, resource in draft.of(_LIST) if logical_id == name]
    domains: list[Any] = found["Properties"]["Domains"]
    return domains


def _no_account_name(draft: Draft) -> None:
    _domains(draft).pop()


def _the_service_is_held_too(draft: Draft) -> None:
    del _network_interface_deny(draft)["Condition"]


def _the_service_must_be_inside(draft: Draft) -> None:
    del _deny(draft, "NotAction")["Condition"]["Null"]


def _logs_from_inside_only(draft: Draft) -> None:
    statement = _deny(draft, "NotAction")
    del statement["NotAction"]
    statement["Action"] = "*"


def _another_log_group(draft: Draft) -> None:
    del draft.function()["LoggingConfig"]


def _another_trust(draft: Draft) -> None:
    (trust,) = draft.role()[1]["AssumeRolePolicyDocument"]["Statement"]
    trust["Principal"] = {"Service": "edgelambda.amazonaws.com"}


def _keys_from_inside_only(draft: Draft) -> None:
    del _deny(draft, "NotAction")["Condition"]["BoolIfExists"]


def _the_name_is_blocked(draft: Draft) -> None:
    _redirected(draft).clear()


def _the_name_of_another_database(draft: Draft) -> None:
    _redirected(draft)[:] = ["users.abc123.us-east-1.rds.amazonaws.com"]


def _redirected(draft: Draft) -> list[Any]:
    domains: list[Any] = draft.part(_LIST, "NetworkDnsFirewallRedirected")[1]["Domains"]
    return domains


def _the_proxy_lets_nobody_in(draft: Draft) -> None:
    for _, rule in draft.of("AWS::EC2::SecurityGroupIngress"):
        rule["Properties"]["SourceSecurityGroupId"] = "sg-0123456789abcdef0"


def _the_functions_lead_to_another_port(draft: Draft) -> None:
    for _, rule in draft.of("AWS::EC2::SecurityGroupEgress"):
        rule["Properties"].update({"FromPort": 3306, "ToPort": 3306})


def _logins_from_inside_only(draft: Draft) -> None:
    # RDS tells IAM nothing of where a login comes from.
    statement = _deny(draft, "NotAction")
    statement["NotAction"] = [a for a in statement["NotAction"] if a != "rds-db:connect"]


def _lambda_endpoint(draft: Draft) -> dict[str, Any]:
    return draft.part(_ENDPOINT, "NetworkLambda")[1]


def _the_endpoint_is_elsewhere(draft: Draft) -> None:
    _lambda_endpoint(draft)["VpcId"] = "vpc-0123456789abcdef0"


def _the_endpoint_leads_to_another_function(draft: Draft) -> None:
    (statement,) = _lambda_endpoint(draft)["PolicyDocument"]["Statement"]
    statement["Resource"] = {"Fn::Sub": "arn:aws:lambda:*:${AWS::AccountId}:function:other"}


def _the_endpoint_has_no_private_name(draft: Draft) -> None:
    _lambda_endpoint(draft)["PrivateDnsEnabled"] = False


def _the_endpoint_lets_nobody_in(draft: Draft) -> None:
    for _, rule in draft.of("AWS::EC2::SecurityGroupIngress"):
        rule["Properties"]["SourceSecurityGroupId"] = "sg-0123456789abcdef0"


def _nobody_is_let_out_to_the_endpoint(draft: Draft) -> None:
    _, clients = draft.part("AWS::EC2::SecurityGroup", "NetworkClients")
    for rule in clients["SecurityGroupEgress"]:
        rule.update({"FromPort": 80, "ToPort": 80})


def _the_name_of_lambda_is_blocked(draft: Draft) -> None:
    domains = _domains(draft)
    domains[:] = [domain for domain in domains if "lambda" not in str(domain)]


def _relay_statement(draft: Draft, sid: str) -> dict[str, Any]:
    for policy in draft.part("AWS::IAM::Role", "RelayRole")[1]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Sid") == sid:
                found: dict[str, Any] = statement
                return found
    raise LookupError(f"no statement {sid}")


def _the_relay_may_not_read_its_secret(draft: Draft) -> None:
    kept = _relay_statement(draft, "NoData")["NotAction"]
    kept.remove("secretsmanager:GetSecretValue")


def _the_relay_may_not_read_its_parameter(draft: Draft) -> None:
    _relay_statement(draft, "NoData")["NotAction"].remove("ssm:GetParameter")


def _the_key_of_the_secret_is_for_nobody(draft: Draft) -> None:
    kept = _relay_statement(draft, "OnlyKeysOfCredentials")["Condition"]["StringNotLike"]
    kept["kms:ViaService"] = "s3.*.amazonaws.com"


def _the_relay_gets_no_interfaces(draft: Draft) -> None:
    kept = _relay_statement(draft, "NoData")["NotAction"]
    kept[:] = [action for action in kept if not action.startswith("ec2:")]


def _the_relay_writes_no_log(draft: Draft) -> None:
    _relay_statement(draft, "NoData")["NotAction"].remove("logs:PutLogEvents")


def _another_trust_of_the_relay(draft: Draft) -> None:
    _, role = draft.part("AWS::IAM::Role", "RelayRole")
    role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {
        "Service": "edgelambda.amazonaws.com"
    }


# what is changed, and the flows that it breaks
BREAKAGES: list[tuple[Change, set[str]]] = [
    (_another_log_group, {"logged"}),
    (_another_trust, {"run"}),
    (_another_vpc, {"reads"}),
    (_keys_from_inside_only, {"decrypted"}),
    (_logs_from_inside_only, {"logged"}),
    (_no_account_name, {"resolved"}),
    (_no_reading_at_the_endpoint, {"reads"}),
    (_no_route_table, {"routed"}),
    (_no_way_out, {"let out"}),
    (_root_only, {"reads"}),
    (_the_service_is_held_too, {"interfaces"}),
    (_the_service_must_be_inside, {"interfaces"}),
    (_unattached_endpoint, {"routed"}),
]

# the same, in the example with a database
DATABASE_BREAKAGES: list[tuple[Change, set[str]]] = [
    (_logins_from_inside_only, {"logs in"}),
    (_the_functions_lead_to_another_port, {"logs in"}),
    (_the_name_is_blocked, {"logs in"}),
    (_the_name_of_another_database, {"logs in"}),
    (_the_proxy_lets_nobody_in, {"logs in"}),
]

# the same, in an app with a relay
RELAY_BREAKAGES: list[tuple[Change, str, set[str]]] = [
    (_another_trust_of_the_relay, RELAY, {"run"}),
    (_nobody_is_let_out_to_the_endpoint, RELAY, {"calls"}),
    (_the_endpoint_has_no_private_name, RELAY, {"calls"}),
    (_the_endpoint_is_elsewhere, RELAY, {"calls"}),
    (_the_endpoint_leads_to_another_function, RELAY, {"calls"}),
    (_the_endpoint_lets_nobody_in, RELAY, {"calls"}),
    (_the_key_of_the_secret_is_for_nobody, RELAY, {"credential"}),
    (_the_name_of_lambda_is_blocked, RELAY, {"calls"}),
    (_the_relay_gets_no_interfaces, RELAY_IN_VPC, {"interfaces"}),
    (_the_relay_may_not_read_its_parameter, RELAY, {"credential"}),
    (_the_relay_may_not_read_its_secret, RELAY, {"credential"}),
    (_the_relay_writes_no_log, RELAY_IN_VPC, {"logged"}),
]
