"""Holes around a database: whoever reads it besides, and the names that are trusted for it."""

from typing import Any

from ..synthesis import EXAMPLE_RDS
from .draft import Draft, hole

__all__: list[str] = []

_LIST = "AWS::Route53Resolver::FirewallDomainList"
_POLICY = "AWS::IAM::Policy"
_PROXY = "AWS::RDS::DBProxy"
_ROLE = "AWS::IAM::Role"


def _proxy_statements(draft: Draft) -> list[dict[str, Any]]:
    """Return the statements of the role of the proxy."""
    statements: list[dict[str, Any]] = draft.part(_POLICY, "ProxyRoleDefaultPolicy")[1][
        "PolicyDocument"
    ]["Statement"]
    return statements


def _trusted_names(draft: Draft) -> list[Any]:
    """Return the list of the names that are answered whatever they lead to."""
    names: list[Any] = draft.part(_LIST, "NetworkDnsFirewallRedirected")[1]["Domains"]
    return names


@hole("N01", app=EXAMPLE_RDS)
def _the_role_of_the_proxy_reads_a_table(draft: Draft) -> None:
    _proxy_statements(draft).append(
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
    )


@hole("N01", app=EXAMPLE_RDS)
def _the_role_of_the_proxy_is_any_user(draft: Draft) -> None:
    for statement in _proxy_statements(draft):
        parts = statement["Resource"]["Fn::Join"][1]
        parts[-1] = parts[-1].rpartition("/")[0] + "/*"


@hole("N01", app=EXAMPLE_RDS)
def _the_role_of_the_proxy_logs_in_to_another_database(draft: Draft) -> None:
    _proxy_statements(draft).append(
        {
            "Effect": "Allow",
            "Action": "rds-db:connect",
            "Resource": {
                "Fn::Sub": "arn:aws:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:cluster-OTHER/x"
            },
        }
    )


@hole("N01", app=EXAMPLE_RDS)
def _the_role_of_the_proxy_is_a_hosts_as_well(draft: Draft) -> None:
    (statement,) = draft.part(_ROLE, "ProxyRole")[1]["AssumeRolePolicyDocument"]["Statement"]
    statement["Principal"] = {"Service": ["rds.amazonaws.com", "ec2.amazonaws.com"]}


@hole("N01", app=EXAMPLE_RDS)
def _another_proxy_with_the_same_role_is_elsewhere(draft: Draft) -> None:
    proxy = draft.first(_PROXY)
    draft.add(
        "Elsewhere",
        _PROXY,
        near=_PROXY,
        **{**proxy, "DBProxyName": "elsewhere", "VpcSubnetIds": ["subnet-0other"]},
    )


@hole("D02", app=EXAMPLE_RDS)
def _what_the_names_of_buckets_lead_to_is_trusted(draft: Draft) -> None:
    # On the other list this wildcard is none.
    _trusted_names(draft).append("*.s3.us-east-1.amazonaws.com")


@hole("D02", app=EXAMPLE_RDS)
def _what_the_names_of_all_databases_lead_to_is_trusted(draft: Draft) -> None:
    _trusted_names(draft).append("*.us-east-1.rds.amazonaws.com")


@hole("D02", app=EXAMPLE_RDS)
def _what_the_names_of_another_region_lead_to_is_trusted(draft: Draft) -> None:
    _trusted_names(draft).append("users.abc123.eu-west-1.rds.amazonaws.com")


@hole("D02", app=EXAMPLE_RDS)
def _a_name_that_looks_like_that_of_a_database_is_trusted(draft: Draft) -> None:
    _trusted_names(draft).append("users.abc123.us-east-1.rds.amazonaws.com.attacker.com")


@hole("D01", "D02", app=EXAMPLE_RDS)
def _nobody_can_tell_the_names_that_are_trusted(draft: Draft) -> None:
    _trusted_names(draft).append({"Fn::ImportValue": "nowhere"})
