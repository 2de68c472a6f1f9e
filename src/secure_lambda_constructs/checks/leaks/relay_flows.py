"""What must keep working where a function calls the internet through a relay."""

from collections.abc import Iterator
from typing import Any

from ..model.policies import pessimistic
from ..model.values import as_list
from ..model.views import Endpoint, Function
from ..model.world import Resource
from .case import Case
from .dnsfirewall import answers
from .flow_questions import granted, is_let_out, leads_out
from .groups import rules_of_group
from .questions import Question
from .reasons import Reason

__all__ = ["calls_relay", "invocations", "reads_credential"]

_HTTPS = ("tcp", 443, 443)
_CREDENTIAL_READS = {
    "secretsmanager:GetSecretValue": "secretsmanager",
    "ssm:GetParameter": "ssm",
}


def calls_relay(case: Case) -> Iterator[Reason]:
    """The code finds the Lambda endpoint, reaches it, and it carries the call to the relay."""
    questions: list[Question] = []
    for function, relay in invocations(case):
        if leads_out(case, function):
            continue
        endpoints = [e for e in case.endpoints_of("lambda") if _is_for(e, function)]
        if not endpoints:
            yield Reason(function.resource, "has no way to the function that it may call", relay)
        name = f"lambda.{function.resource.region}.amazonaws.com"
        for vpc_id in function.vpc_ids:
            if not answers(case, str(vpc_id), name, "A"):
                text = "has a DNS firewall that does not answer Lambda's name"
                yield Reason(case.vpc(vpc_id), text, name)
        for endpoint in endpoints:
            questions.append(
                case.ask(
                    function,
                    "lambda:InvokeFunction",
                    relay,
                    "calls a relay through the endpoint",
                    vpc=str(endpoint.resource.get("VpcId")),
                    endpoint_policy=endpoint.strict_policy,
                )
            )
            if endpoint.resource.get("PrivateDnsEnabled") is False:
                yield Reason(endpoint.resource, "does not have the name that the code asks for")
            if not _reaches(case, function, endpoint.resource):
                text = "does not reach the endpoint of Lambda: their security groups do not fit"
                yield Reason(function.resource, text, endpoint.resource.construct_path)
    yield from case.denied(questions)


def invocations(case: Case) -> Iterator[tuple[Function, str]]:
    """Yield each isolated function with the relays that it is granted to call."""
    outside = {str(function.arn) for function in case.outside}
    for function in case.isolated if outside else ():
        for action, resource in granted(case, function):
            if action == "lambda:InvokeFunction" and resource in outside:
                yield function, resource


def reads_credential(case: Case) -> Iterator[Reason]:
    """The relay reads its credentials from where it is, and the service decrypts them for it."""
    text = "reads its credential"
    questions: list[Question] = []
    for relay in case.outside:
        for action, resource in granted(case, relay):
            if action not in _CREDENTIAL_READS:
                continue
            questions.append(case.ask(relay, action, resource, text, vpc=None))
            secret = case.world.find(resource, "AWS::SecretsManager::Secret")
            key_id = None if secret is None else secret.get("KmsKeyId")
            key = case.world.find(key_id, "AWS::KMS::Key")
            if key is not None:
                service = f"{_CREDENTIAL_READS[action]}.{relay.resource.region}.amazonaws.com"
                questions.append(
                    case.ask(
                        relay,
                        "kms:Decrypt",
                        str(key.arn),
                        text,
                        vpc=None,
                        context={"kms:ViaService": service},
                        resource_policy=pessimistic(key.get("KeyPolicy"), of_resource=True),
                        account=relay.resource.account,
                    )
                )
    yield from case.denied(questions)


def _is_for(endpoint: Endpoint, function: Function) -> bool:
    return endpoint.resource.get("VpcId") in function.vpc_ids


def _reaches(case: Case, function: Function, endpoint: Resource) -> bool:
    """Tell whether a rule of the function lets out what a rule of the endpoint lets in."""
    theirs = as_list(endpoint.get("SecurityGroupIds"))
    groups = [case.world.find(each, "AWS::EC2::SecurityGroup") for each in theirs]
    ours = {group.id for group in function.security_groups if group is not None}
    admitted = any(
        group is None
        or any(
            rule.get("CidrIp") is not None
            or (_ports(rule) == _HTTPS and rule.get("SourceSecurityGroupId") in ours)
            for rule in rules_of_group(case, group, "Ingress")
        )
        for group in groups or [None]
    )

    def leads_there(rule: dict[str, Any]) -> bool:
        named = rule.get("DestinationSecurityGroupId") in theirs or rule.get("CidrIp") is not None
        return _ports(rule) == _HTTPS and named

    return admitted and is_let_out(case, function, leads_there)


def _ports(rule: dict[str, Any]) -> tuple[Any, Any, Any]:
    return rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort")
