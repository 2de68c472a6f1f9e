"""What must keep working where a function calls the internet through a relay."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..model.policies import pessimistic
from ..model.values import Unknown, as_list
from ..model.views import Endpoint, Function
from ..model.world import Resource
from .case import Case
from .dnsfirewall import answers
from .flow_questions import (
    carries_https,
    granted,
    is_let_out,
    is_one_of_its_groups,
    leads_out,
)
from .groups import leads_nowhere, rules_of_group
from .questions import Question
from .reasons import Reason

__all__ = ["calls_relay", "invocations", "nameless", "reaches_endpoint", "reads_credential"]

_CREDENTIAL_READS = {
    "secretsmanager:GetSecretValue": "secretsmanager",
    "ssm:GetParameter": "ssm",
}


def calls_relay(case: Case) -> Iterator[Reason]:
    """The code finds the Lambda endpoint, reaches it, and it carries the call to the relay."""
    questions: list[Question] = []
    inside = [each for each in invocations(case) if not leads_out(case, each[0])]
    yield from nameless(case, [function for function, _ in inside])
    for function, relay in inside:
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
            if not as_list(endpoint.resource.get("SubnetIds")):
                yield Reason(endpoint.resource, "is in no subnet, so that nothing reaches it")
            if str(endpoint.resource.get("PrivateDnsEnabled")).lower() == "false":
                yield Reason(endpoint.resource, "does not have the name that the code asks for")
            if not reaches_endpoint(case, function, endpoint.resource):
                text = "does not reach the endpoint of Lambda: their security groups do not fit"
                yield Reason(function.resource, text, endpoint.resource.construct_path)
    yield from case.denied(questions)


def nameless(case: Case, functions: Iterable[Function]) -> Iterator[Reason]:
    """Yield the VPCs of functions in which no name is answered."""
    for vpc_id in dict.fromkeys(str(vpc) for function in functions for vpc in function.vpc_ids):
        vpc = case.vpc(vpc_id)
        if vpc is not None and str(vpc.get("EnableDnsSupport")).lower() == "false":
            yield Reason(vpc, "answers no names: its DNS support is turned off")


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
            for policy in case.world.of("AWS::SecretsManager::ResourcePolicy"):
                if secret is not None and policy.get("SecretId") in (secret.id, secret.arn):
                    checked = pessimistic(policy.get("ResourcePolicy"), of_resource=True)
                    questions.append(
                        case.ask(
                            relay,
                            action,
                            resource,
                            text,
                            vpc=None,
                            resource_policy=checked,
                            account=secret.account,
                        )
                    )
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
                        account=key.account,
                    )
                )
    yield from case.denied(questions)


def _is_for(endpoint: Endpoint, function: Function) -> bool:
    return endpoint.resource.get("VpcId") in function.vpc_ids


def reaches_endpoint(case: Case, function: Function, endpoint: Resource) -> bool:
    """Tell whether a rule of the function lets out what a rule of the endpoint lets in."""
    theirs = as_list(endpoint.get("SecurityGroupIds"))
    groups = [case.world.find(each, "AWS::EC2::SecurityGroup") for each in theirs]
    admitted = any(
        group is None
        or any(
            rule.get("CidrIp") is not None or (carries_https(rule) and _admits(function, rule))
            for rule in rules_of_group(case, group, "Ingress")
        )
        for group in groups or [None]
    )

    def leads_there(rule: dict[str, Any]) -> bool:
        if rule.get("CidrIp") is not None:
            return carries_https(rule) and not leads_nowhere(rule)
        return carries_https(rule) and _may_be(rule.get("DestinationSecurityGroupId"), theirs)

    return admitted and is_let_out(case, function, leads_there)


def _admits(function: Function, rule: dict[str, Any]) -> bool:
    source = rule.get("SourceSecurityGroupId")
    return source is not None and is_one_of_its_groups(function, source)


def _may_be(group: Any, groups: Iterable[Any]) -> bool:
    return isinstance(group, Unknown) or str(group) in map(str, groups)
