"""The requests that must keep working, and why each does not where it does not.

Closing a way out by breaking the function is no way to close it. A flow counts as broken where that
is sure: what nobody can tell may work.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..model.physical import attribute
from ..model.policies import pessimistic
from ..model.values import Unknown, as_list, dig
from ..model.views import Function
from ..model.world import Resource
from .case import Case
from .dnsfirewall import answers, rules_of
from .flow_questions import (
    carries_https,
    granted,
    is_let_out,
    is_one_of_its_groups,
    leads_out,
)
from .groups import leads_nowhere, ports_of, rules_of_group
from .paths.databases import closed_databases, groups_of, login_id
from .paths.security_groups import PREFIX_LISTS
from .questions import Question
from .reasons import Reason, grouped
from .relay_flows import calls_relay, nameless, reaches_endpoint, reads_credential

__all__ = ["FLOWS", "broken_flows", "logins", "table_calls"]

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

# What Lambda surely does with the role to give the function its network interfaces. It documents
# three more calls, but functions run without the right to those.
_INTERFACE_CALLS = {
    "ec2:CreateNetworkInterface": ("network-interface", "security-group", "subnet"),
    "ec2:DeleteNetworkInterface": ("network-interface",),
    "ec2:DescribeNetworkInterfaces": (),
}


def table_calls(case: Case, function: Function) -> list[tuple[str, str]]:
    """Return what `function` is granted to do with the items of tables of the app.

    Args:
        case: The app.
        function: One of its functions.

    Returns:
        Actions, and the ARNs of the tables.
    """
    tables = case.once(_table_arns)
    return [
        (action, resource)
        for action, resource in granted(case, function)
        if action in _TABLE_CALLS and resource in tables
    ]


def _table_arns(case: Case) -> set[str]:
    return {str(table.arn) for table in case.world.of(*_TABLES)}


def _readers(case: Case) -> list[Function]:
    """The isolated functions with a table and no way to it but an endpoint."""
    return case.once(_made_readers)


def _made_readers(case: Case) -> list[Function]:
    return [f for f in case.isolated if table_calls(case, f) and not leads_out(case, f)]


def _reads(case: Case) -> Iterator[Reason]:
    """The code does with its table what it is granted, inside the VPC and through the endpoint."""
    questions = [
        case.ask(
            function,
            action,
            table,
            "uses its table through the endpoint",
            vpc=str(endpoint.resource.get("VpcId")),
            endpoint_policy=endpoint.strict_policy,
        )
        for function in _readers(case)
        for endpoint in case.endpoints_of("dynamodb")
        if case.is_ours(endpoint.resource.get("VpcId"), function.vpc_ids)
        for action, table in table_calls(case, function)
    ]
    yield from case.denied([*questions, *_admitted_by_tables(case)])


def _admitted_by_tables(case: Case) -> Iterator[Question]:
    """Yield the same calls as the policies of the tables decide them."""
    tables = {str(table.arn): table for table in case.world.of(*_TABLES)}
    for function in _readers(case):
        for action, arn in table_calls(case, function):
            policy = tables[arn].get("ResourcePolicy", "PolicyDocument")
            for vpc in () if policy is None else function.vpc_ids:
                yield case.ask(
                    function,
                    action,
                    arn,
                    "uses its table",
                    vpc=str(vpc),
                    resource_policy=pessimistic(policy, of_resource=True),
                    account=tables[arn].account,
                )


def _logs_in(case: Case) -> Iterator[Reason]:
    """The code finds its database, reaches it and logs in; RDS tells IAM nothing of the VPC."""
    questions: list[Question] = []
    for function in case.isolated if closed_databases(case) else ():
        for database, user in logins(case, function):
            text = "logs in to its database"
            questions.append(case.ask(function, "rds-db:connect", user, text, vpc=None))
            name = str(attribute(database, "Endpoint"))
            if not all(_may_be_resolved(case, str(vpc), name) for vpc in function.vpc_ids):
                yield Reason(database, "has a name that the DNS firewall does not answer", name)
            if not _reaches(case, function, database):
                text = "does not reach its database: their security groups do not fit"
                yield Reason(function.resource, text, database.construct_path)
    yield from case.denied(questions)


def _may_be_resolved(case: Case, vpc_id: str, name: str) -> bool:
    """Tell whether the name of a database may be answered: a part of it only the account knows."""
    host, _, below = name.partition(".")
    zone = below.partition(".")[2]
    identifiers = [
        domain.split(".")[-len(zone.split(".")) - 1]
        for rule in rules_of(case, vpc_id)
        for domain in rule.domains or ()
        if domain.endswith(f".{zone}") and domain.count(".") > zone.count(".") + 1
    ]
    names = [name, *(f"{host}.{each}.{zone}" for each in identifiers if "*" not in each)]
    return any(answers(case, vpc_id, each, "A") for each in names)


def logins(case: Case, function: Function) -> Iterator[tuple[Resource, str]]:
    """Yield the closed databases that `function` may log in to, with the ARN of the user.

    Args:
        case: The app.
        function: One of its functions.
    """
    for action, resource in granted(case, function):
        for database in closed_databases(case):
            if action == "rds-db:connect" and f":dbuser:{login_id(database)}/" in resource:
                yield database, resource


def _reaches(case: Case, function: Function, database: Resource) -> bool:
    """Tell whether a rule of the function lets out what a rule of the database lets in."""
    theirs = groups_of(database)
    admitted = [
        ports_of(rule)[1:]
        for group in case.world.of("AWS::EC2::SecurityGroup")
        if group.id in theirs
        for rule in rules_of_group(case, group, "Ingress")
        if is_one_of_its_groups(function, rule.get("SourceSecurityGroupId"))
    ]

    def leads_there(rule: dict[str, Any]) -> bool:
        return rule.get("DestinationSecurityGroupId") in theirs and ports_of(rule)[1:] in admitted

    return bool(admitted) and is_let_out(case, function, leads_there)


def _is_routed(case: Case) -> Iterator[Reason]:
    """The endpoint is in the route table of each of the function's subnets."""
    attached = {
        str(table)
        for endpoint in case.endpoints_of("dynamodb")
        for table in as_list(endpoint.resource.get("RouteTableIds"))
    }
    tables = {
        str(association.get("SubnetId")): str(association.get("RouteTableId"))
        for association in case.world.of("AWS::EC2::SubnetRouteTableAssociation")
    }
    # Another endpoint may be the way: an interface, or one of a service that nobody can tell.
    is_told = not any(
        isinstance(endpoint.resource.get("ServiceName"), Unknown)
        or (endpoint.service == "dynamodb" and not endpoint.is_gateway)
        for endpoint in case.endpoints
    )
    for function in _readers(case) if is_told else ():
        for subnet in function.subnets:
            table = None if subnet is None else tables.get(str(subnet.id))
            if subnet is not None and (table is None or table not in attached):
                yield Reason(subnet, "has no route to the DynamoDB that a function there uses")


def _is_let_out(case: Case) -> Iterator[Reason]:
    """One of its security groups lets the code reach DynamoDB, or an interface of it, on 443."""
    for function in _readers(case):
        leads = partial(_may_lead_to_dynamodb, region=function.resource.region)
        interfaces = [
            endpoint.resource
            for endpoint in case.endpoints_of("dynamodb")
            if not endpoint.is_gateway
            and case.is_ours(endpoint.resource.get("VpcId"), function.vpc_ids)
        ]
        reached = any(reaches_endpoint(case, function, each) for each in interfaces)
        if not reached and not is_let_out(case, function, leads):
            yield Reason(function.resource, "has no security group that lets it reach DynamoDB")


def _may_lead_to_dynamodb(rule: dict[str, Any], *, region: str) -> bool:
    if leads_nowhere(rule):
        return False
    prefix_list = rule.get("DestinationPrefixListId")
    leads = PREFIX_LISTS.get((region, str(prefix_list)), "dynamodb") == "dynamodb"
    of_an_endpoint = rule.get("DestinationSecurityGroupId") is not None
    return (
        leads and (carries_https(rule) or isinstance(prefix_list, Unknown)) and not of_an_endpoint
    )


def _is_resolved(case: Case) -> Iterator[Reason]:
    """DynamoDB's names are answered, the account's own one too."""
    asked = {
        (str(vpc), function.resource.account, function.resource.region)
        for function in _readers(case)
        for vpc in function.vpc_ids
    }
    yield from nameless(case, _readers(case))
    for vpc_id, account, region in sorted(asked):
        for query_type in ("A", "AAAA"):
            for name in (f"dynamodb.{region}", f"{account}.ddb.{region}"):
                if not answers(case, vpc_id, f"{name}.amazonaws.com", query_type):
                    text = "has a DNS firewall that does not answer DynamoDB's names"
                    yield Reason(case.vpc(vpc_id), text, f"{query_type} {name}.amazonaws.com")


def _has_interfaces(case: Case) -> Iterator[Reason]:
    """The Lambda service makes the network interfaces; its calls carry no function ARN."""
    yield from case.denied(
        case.ask(
            function,
            action,
            resource,
            "gets its network interfaces from Lambda",
            vpc=None,
            from_code=False,
        )
        for function in case.functions
        if function.subnet_ids
        for action, kinds in _INTERFACE_CALLS.items()
        for resource in _ec2_resources(function, kinds)
    )


def _is_logged(case: Case) -> Iterator[Reason]:
    """The service writes the log from its own network, with the function's ARN."""
    questions: list[Question] = []
    for function in case.functions:
        resource = function.resource
        named = resource.get("LoggingConfig", "LogGroup", default=f"/aws/lambda/{resource.id}")
        group = f"arn:aws:logs:{resource.region}:{resource.account}:log-group:{named}"
        if function.log_group is not None:
            group = str(function.log_group.arn).removesuffix(":*")
        if isinstance(named, Unknown):
            continue
        questions += [
            case.ask(
                function,
                action,
                f"{group}:log-stream:2026/11/23/x",
                "gets its log written by Lambda",
                vpc=None,
            )
            for action in _LOG_WRITES
        ]
    yield from case.denied(questions)


def _is_decrypted(case: Case) -> Iterator[Reason]:
    """DynamoDB calls KMS for the function, out of its own network: a forward access session."""
    questions: list[Question] = []
    keys = case.once(_keys_of_tables)
    for function in case.isolated if keys else ():
        context = {
            "aws:CalledVia": ["dynamodb.amazonaws.com"],
            "aws:ViaAWSService": "true",
            "kms:ViaService": f"dynamodb.{function.resource.region}.amazonaws.com",
        }
        for arn in dict.fromkeys(table for _, table in table_calls(case, function)):
            questions += [
                case.ask(
                    function,
                    "kms:Decrypt",
                    str(key.arn),
                    "gets the items of its table decrypted by DynamoDB",
                    vpc=None,
                    context=context,
                    resource_policy=pessimistic(key.get("KeyPolicy"), of_resource=True),
                    account=key.account,
                )
                for key in keys.get(arn, ())
            ]
    yield from case.denied(questions)
    for key in {key.path: key for found in keys.values() for key in found}.values():
        if str(key.get("Enabled")).lower() == "false":
            yield Reason(key, "is turned off, and so is what is encrypted with it")


def _keys_of_tables(case: Case) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for table in case.world.of(*_TABLES):
        for owner in (table.properties, *as_list(table.get("Replicas"))):
            key = case.world.find(dig(owner, "SSESpecification", "KMSMasterKeyId"), "AWS::KMS::Key")
            if key is not None:
                found.setdefault(str(table.arn), []).append(key)
    return found


def _is_run(case: Case) -> Iterator[Reason]:
    """Lambda assumes the role, and runs the function when it is called."""
    for function in case.functions:
        if str(function.resource.get("ReservedConcurrentExecutions")) == "0":
            yield Reason(function.resource, "never runs: its reserved concurrency is 0")
    yield from case.denied(
        Question(
            label="is run by Lambda with its role",
            action="sts:AssumeRole",
            resource=function.role_arn,
            context={"aws:SourceAccount": function.resource.account, "aws:SourceArn": function.arn},
            principal="lambda.amazonaws.com",
            resource_policy=pessimistic(
                function.role.get("AssumeRolePolicyDocument"), of_resource=True
            ),
            account=function.resource.account,
            about=function.resource,
        )
        for function in case.functions
        if function.role is not None
    )


FLOWS: dict[str, Callable[[Case], Iterator[Reason]]] = {
    "calls": calls_relay,
    "credential": reads_credential,
    "decrypted": _is_decrypted,
    "interfaces": _has_interfaces,
    "let out": _is_let_out,
    "logged": _is_logged,
    "logs in": _logs_in,
    "reads": _reads,
    "resolved": _is_resolved,
    "routed": _is_routed,
    "run": _is_run,
}


def broken_flows(case: Case) -> dict[str, list[Reason]]:
    """Return why each flow that surely does not work does not.

    Args:
        case: The app.

    Returns:
        The reasons by the name of the flow.
    """
    found = {name: grouped(flow(case)) for name, flow in FLOWS.items()}
    return {name: reasons for name, reasons in found.items() if reasons}


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
