"""What an app of ours is beyond closed and working: nothing is answered or guessed in vain."""

from collections.abc import Iterator

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.dnsfirewall import answers
from secure_lambda_constructs.checks.leaks.flows import logins, table_calls
from secure_lambda_constructs.checks.leaks.relay_flows import invocations
from secure_lambda_constructs.checks.model.values import unknowns

__all__ = ["answered_in_vain", "guesses", "idle"]

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


def answered_in_vain(case: Case) -> Iterator[str]:
    """Yield the names that the resolver answers though there is no endpoint of theirs."""
    services = {str(endpoint.service) for endpoint in case.endpoints}
    places = {(f.resource.account, f.resource.region) for f in case.isolated}
    for vpc_id in case.vpc_ids:
        for account, region in sorted(places):
            for name in _NO_ANSWER:
                full = name.format(account=account, region=region)
                wanted = name.endswith(".{region}.amazonaws.com") and name.split(".")[0] in services
                if not wanted and any(answers(case, vpc_id, full, kind) for kind in ("A", "AAAA")):
                    yield full


def guesses(case: Case) -> Iterator[str]:
    """Yield what nobody can tell of what the flows depend on."""
    for resource in case.world.of(*_DECIDING):
        for lost in unknowns(resource.properties):
            yield f"{resource.path}: {lost.reason}"


def idle(case: Case) -> Iterator[str]:
    """Yield the functions inside that have nothing to do there, so that no flow is of them."""
    callers = {function.path for function, _ in invocations(case)}
    for function in case.isolated:
        has_data = [*table_calls(case, function), *logins(case, function)]
        if not has_data and function.path not in callers:
            yield function.path
