"""What must keep working where a function calls the internet through a relay."""

from collections.abc import Iterator
from typing import Any

from ..model.policies import pessimistic
from ..model.values import as_list
from ..model.views import Endpoint, Function, security_group_rules
from ..model.world import Resource
from .attackers import role_context
from .case import Case
from .dnsfirewall import answers
from .flow_questions import denied, granted
from .paths.network import egress_rules
from .questions import Question

__all__ = ["calls_relay", "invocations", "reads_credential"]

_HTTPS = ("tcp", 443, 443)
_CREDENTIAL_READS = {
    "secretsmanager:GetSecretValue": "secretsmanager",
    "ssm:GetParameter": "ssm",
}


def calls_relay(case: Case) -> Iterator[str]:
    """The code finds the Lambda endpoint, reaches it, and it carries the call to the relay."""
    questions = []
    for function, relay in invocations(case):
        endpoints = [e for e in case.endpoints_of("lambda") if _is_for(e, function)]
        if not endpoints:
            yield f"{function.path} has no way to {relay}"
        name = f"lambda.{function.resource.region}.amazonaws.com"
        for vpc_id in function.vpc_ids:
            if not answers(case, str(vpc_id), name, "A"):
                yield f"{function.path}: {name} is not answered"
        for endpoint in endpoints:
            questions.append(_call(function, endpoint, relay))
            if endpoint.resource.get("PrivateDnsEnabled") is not True:
                yield f"{endpoint.resource.path} does not have the name that the code asks for"
            if not _reaches(case, function, endpoint.resource):
                yield f"{function.path} does not reach {endpoint.resource.path}"
    yield from denied(case, questions)


def invocations(case: Case) -> Iterator[tuple[Function, str]]:
    """Yield each isolated function with the relays that it is granted to call."""
    relays = {str(function.arn) for function in case.outside}
    for function in case.isolated:
        for action, resource in granted(case, function):
            if action == "lambda:InvokeFunction" and resource in relays:
                yield function, resource


def reads_credential(case: Case) -> Iterator[str]:
    """The relay reads its credentials from where it is, and the service decrypts them for it."""
    questions = []
    for relay in case.outside:
        for action, resource in granted(case, relay):
            if action not in _CREDENTIAL_READS:
                continue
            questions.append(_question(relay, action, resource))
            secret = case.world.find(resource, "AWS::SecretsManager::Secret")
            key_id = None if secret is None else secret.get("KmsKeyId")
            key = case.world.find(key_id, "AWS::KMS::Key")
            if key is not None:
                service = f"{_CREDENTIAL_READS[action]}.{relay.resource.region}.amazonaws.com"
                questions.append(
                    _question(
                        relay,
                        "kms:Decrypt",
                        str(key.arn),
                        context={"kms:ViaService": service},
                        resource_policy=pessimistic(key.get("KeyPolicy"), of_resource=True),
                        account=relay.resource.account,
                    )
                )
    yield from denied(case, questions)


def _is_for(endpoint: Endpoint, function: Function) -> bool:
    return endpoint.resource.get("VpcId") in function.vpc_ids


def _call(function: Function, endpoint: Endpoint, relay: str) -> Question:
    return Question(
        label=f"{function.path} through {endpoint.resource.path}",
        action="lambda:InvokeFunction",
        resource=relay,
        context=role_context(function, vpc=str(endpoint.resource.get("VpcId"))),
        principal=function.session,
        identity=function.documents,
        endpoint_policy=endpoint.strict_policy,
    )


def _question(
    relay: Function,
    action: str,
    resource: str,
    *,
    context: dict[str, str] | None = None,
    **further: Any,
) -> Question:
    return Question(
        label=relay.path,
        action=action,
        resource=resource,
        context={**role_context(relay, vpc=None), **(context or {})},
        principal=relay.session,
        identity=relay.documents,
        **further,
    )


def _reaches(case: Case, function: Function, endpoint: Resource) -> bool:
    """Tell whether a rule of the function lets out what a rule of the endpoint lets in."""
    theirs = as_list(endpoint.get("SecurityGroupIds"))
    leaving = {
        group.id
        for sender, group, rules in egress_rules(case)
        if sender.path == function.path and group is not None
        for rule in rules
        if _ports(rule) == _HTTPS and rule.get("DestinationSecurityGroupId") in theirs
    }
    return any(
        _ports(rule) == _HTTPS and rule.get("SourceSecurityGroupId") in leaving
        for group in case.world.of("AWS::EC2::SecurityGroup")
        if group.id in theirs
        for rule in security_group_rules(case.world, group, "Ingress")
    )


def _ports(rule: dict[str, Any]) -> tuple[Any, Any, Any]:
    return rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort")
