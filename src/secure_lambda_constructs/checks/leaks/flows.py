"""The requests that must keep working, and why each does not where it does not.

An Unknown in what they depend on counts as not working: here nothing is taken for the better.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..model.physical import attribute
from ..model.policies import pessimistic
from ..model.values import as_list, dig, unknowns
from ..model.views import Function, security_group_rules
from ..model.world import Resource
from .attackers import role_context
from .case import Case
from .dnsfirewall import answers
from .flow_questions import denied, granted
from .paths.databases import closed_databases, groups_of, login_id
from .paths.network import PREFIX_LISTS, egress_rules
from .questions import Question
from .relay_flows import calls_relay, invocations, reads_credential

__all__ = ["FLOWS", "broken_flows"]

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
# What a function with a table does with it, as far as it is granted.
_TABLE_CALLS = {
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
}
_LOG_WRITES = ("logs:CreateLogStream", "logs:PutLogEvents")

# What the Lambda service does with the role to give the function its network interfaces.
_INTERFACE_CALLS = {
    "ec2:AssignPrivateIpAddresses": ("network-interface",),
    "ec2:CreateNetworkInterface": ("network-interface", "security-group", "subnet"),
    "ec2:DeleteNetworkInterface": ("network-interface",),
    "ec2:DescribeNetworkInterfaces": (),
    "ec2:DescribeSubnets": (),
    "ec2:UnassignPrivateIpAddresses": ("network-interface",),
}

# What the policies, rules and routes that the flows depend on are written in.
_DECIDING = (
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCEndpoint",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Route53Resolver::FirewallDomainList",
    "AWS::Route53Resolver::FirewallRuleGroup",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
)

_NO_ANSWER = (
    "attacker.com",
    "dynamodb.eu-central-1.amazonaws.com",
    "evildynamodb.{region}.amazonaws.com",
    "example.com",
    "lambda.{region}.amazonaws.com",
    "s3.{region}.amazonaws.com",
    "sts.{region}.amazonaws.com",
    "{account}.dynamodb.{region}.amazonaws.com",
)


def _reads(case: Case) -> Iterator[str]:
    """The code does with its table what it is granted, inside the VPC and through the endpoint."""
    questions = []
    callers = {function.path for function, _ in invocations(case)}
    for function in case.isolated:
        calls = list(_table_calls(case, function))
        if not calls and not list(_logins(case, function)) and function.path not in callers:
            yield f"{function.path} has neither a table nor a database, and calls no relay"
        questions += [
            Question(
                label=f"{function.path} through {endpoint.resource.path}",
                action=action,
                resource=table,
                context=role_context(function, vpc=str(endpoint.resource.get("VpcId"))),
                principal=function.session,
                identity=function.documents,
                endpoint_policy=endpoint.strict_policy,
            )
            for endpoint in case.endpoints_of("dynamodb")
            for action, table in calls
        ]
    yield from denied(case, questions)


def _table_calls(case: Case, function: Function) -> Iterator[tuple[str, str]]:
    tables = {table.arn for table in case.world.of(*_TABLES)}
    for action, resource in granted(case, function):
        if action in _TABLE_CALLS and resource in tables:
            yield action, resource


def _logs_in(case: Case) -> Iterator[str]:
    """The code finds its database, reaches it and logs in; RDS tells IAM nothing of the VPC."""
    questions = []
    for function in case.isolated:
        for database, user in _logins(case, function):
            questions.append(
                Question(
                    label=f"{function.path} to {database.path}",
                    action="rds-db:connect",
                    resource=user,
                    context=role_context(function, vpc=None),
                    principal=function.session,
                    identity=function.documents,
                )
            )
            name = str(attribute(database, "Endpoint"))
            if not all(answers(case, str(vpc), name, "A") for vpc in function.vpc_ids):
                yield f"{database.path}: {name} is not answered"
            if not _reaches(case, function, database):
                yield f"{function.path} does not reach {database.path}"
    yield from denied(case, questions)


def _logins(case: Case, function: Function) -> Iterator[tuple[Resource, str]]:
    for action, resource in granted(case, function):
        for database in closed_databases(case):
            if action == "rds-db:connect" and f":dbuser:{login_id(database)}/" in resource:
                yield database, resource


def _reaches(case: Case, function: Function, database: Resource) -> bool:
    """Tell whether a rule of the function lets out what a rule of the database lets in."""
    theirs = groups_of(database)
    ports = {
        (rule.get("FromPort"), rule.get("ToPort"))
        for sender, group, rules in egress_rules(case)
        if group is not None and sender.path == function.path
        for rule in rules
        if rule.get("DestinationSecurityGroupId") in theirs
    }
    ours = [group.id for group in function.security_groups if group is not None]
    return any(
        rule.get("SourceSecurityGroupId") in ours
        and (rule.get("FromPort"), rule.get("ToPort")) in ports
        for group in case.world.of("AWS::EC2::SecurityGroup")
        if group.id in theirs
        for rule in security_group_rules(case.world, group, "Ingress")
    )


def _is_routed(case: Case) -> Iterator[str]:
    """The endpoint is in the route table of each of the function's subnets."""
    attached = [
        table
        for endpoint in case.endpoints_of("dynamodb")
        for table in as_list(endpoint.resource.get("RouteTableIds"))
    ]
    if len(case.route_table_ids) != len(case.subnets):
        yield "a subnet of the function has no route table"
    for table in case.route_table_ids:
        if table not in attached:
            yield f"{table} has no route to DynamoDB"


def _is_let_out(case: Case) -> Iterator[str]:
    """One of its security groups lets the code reach DynamoDB's addresses on 443."""
    let_out = {
        function.path
        for function, _, rules in egress_rules(case)
        if any(_leads_to_dynamodb(rule, function.resource.region) for rule in rules)
    }
    for function in case.isolated:
        if function.path not in let_out:
            yield f"{function.path} cannot reach DynamoDB"


def _is_resolved(case: Case) -> Iterator[str]:
    """DynamoDB's names are answered, the account's own one too, and none without an endpoint."""
    services = {str(endpoint.service) for endpoint in case.endpoints}
    for vpc_id in case.vpc_ids:
        for function in case.isolated:
            place = {"account": function.resource.account, "region": function.resource.region}
            for query_type in ("A", "AAAA"):
                for name in ("dynamodb.{region}", "{account}.ddb.{region}"):
                    full = name.format(**place) + ".amazonaws.com"
                    if not answers(case, vpc_id, full, query_type):
                        yield f"{query_type} {full} is not answered"
                for name in _NO_ANSWER:
                    if name.endswith(".{region}.amazonaws.com") and name.split(".")[0] in services:
                        continue
                    if answers(case, vpc_id, name.format(**place), query_type):
                        yield f"{query_type} {name.format(**place)} is answered"


def _has_interfaces(case: Case) -> Iterator[str]:
    """The Lambda service makes the network interfaces; its calls carry no function ARN."""
    questions = [
        Question(
            label=f"Lambda for {function.path} on {resource}",
            action=action,
            resource=resource,
            context=role_context(function, vpc=None, from_code=False),
            principal=function.session,
            identity=function.documents,
        )
        for function in case.functions
        if function.subnet_ids
        for action, kinds in _INTERFACE_CALLS.items()
        for resource in _ec2_resources(function, kinds)
    ]
    yield from denied(case, questions)


def _is_logged(case: Case) -> Iterator[str]:
    """The service writes the log from its own network, with the function's ARN."""
    questions = []
    for function in case.functions:
        if function.log_group is None:
            yield f"{function.path} has no log group of its own"
            continue
        stream = str(function.log_group.arn).removesuffix(":*") + ":log-stream:2026/11/23/x"
        questions += [
            Question(
                label=f"Lambda for {function.path}",
                action=action,
                resource=stream,
                context=role_context(function, vpc=None),
                principal=function.session,
                identity=function.documents,
            )
            for action in _LOG_WRITES
        ]
    yield from denied(case, questions)


def _is_decrypted(case: Case) -> Iterator[str]:
    """DynamoDB calls KMS for the function, out of its own network: a forward access session."""
    questions = []
    for function in case.isolated:
        context = {
            **role_context(function, vpc=None),
            "aws:CalledVia": ["dynamodb.amazonaws.com"],
            "aws:ViaAWSService": "true",
            "kms:ViaService": f"dynamodb.{function.resource.region}.amazonaws.com",
        }
        for table in case.world.of(*_TABLES):
            for owner in (table.properties, *as_list(table.get("Replicas"))):
                key = case.world.find(
                    dig(owner, "SSESpecification", "KMSMasterKeyId"), "AWS::KMS::Key"
                )
                if key is not None:
                    questions.append(
                        Question(
                            label=f"DynamoDB for {function.path}",
                            action="kms:Decrypt",
                            resource=str(key.arn),
                            context=context,
                            principal=function.session,
                            identity=function.documents,
                            resource_policy=pessimistic(key.get("KeyPolicy"), of_resource=True),
                            account=function.resource.account,
                        )
                    )
    yield from denied(case, questions)


def _is_run(case: Case) -> Iterator[str]:
    """Lambda assumes the role."""
    questions = [
        Question(
            label=f"Lambda for {function.path}",
            action="sts:AssumeRole",
            resource=function.role_arn,
            context={"aws:SourceAccount": function.resource.account, "aws:SourceArn": function.arn},
            principal="lambda.amazonaws.com",
            resource_policy=pessimistic(
                function.role.get("AssumeRolePolicyDocument"), of_resource=True
            ),
            account=function.resource.account,
        )
        for function in case.functions
        if function.role is not None
    ]
    if len(questions) != len(case.functions) or not questions:
        yield "a function has no role of these stacks"
    yield from denied(case, questions)


def _is_known(case: Case) -> Iterator[str]:
    """Nothing that the flows depend on is left to guess."""
    for resource in case.world.of(*_DECIDING):
        for lost in unknowns(resource.properties):
            yield f"{resource.path}: {lost.reason}"


FLOWS: dict[str, Callable[[Case], Iterator[str]]] = {
    "calls": calls_relay,
    "credential": reads_credential,
    "decrypted": _is_decrypted,
    "interfaces": _has_interfaces,
    "known": _is_known,
    "let out": _is_let_out,
    "logged": _is_logged,
    "logs in": _logs_in,
    "reads": _reads,
    "resolved": _is_resolved,
    "routed": _is_routed,
    "run": _is_run,
}


def broken_flows(case: Case) -> dict[str, list[str]]:
    """Return why each flow that does not work does not."""
    found = {name: list(flow(case)) for name, flow in FLOWS.items()}
    return {name: reasons for name, reasons in found.items() if reasons}


def _leads_to_dynamodb(rule: dict[str, Any], region: str) -> bool:
    ports = (rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort"))
    prefix_list = str(rule.get("DestinationPrefixListId"))
    return ports == ("tcp", 443, 443) and PREFIX_LISTS.get((region, prefix_list)) == "dynamodb"


def _ec2_resources(function: Function, kinds: tuple[str, ...]) -> Iterator[str]:
    if not kinds:
        yield "*"
    known = {
        "network-interface": ["eni-0a0a0a0a0a0a0a0a0"],
        "security-group": [group.id for group in function.security_groups if group is not None],
        "subnet": function.subnet_ids,
    }
    for kind in kinds:
        for identifier in known[kind]:
            resource = function.resource
            yield f"arn:aws:ec2:{resource.region}:{resource.account}:{kind}/{identifier}"
