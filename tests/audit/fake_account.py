"""An account whose services answer with what a test says."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from secure_lambda_constructs.checks.audit.calls import Account

__all__ = ["NOTHING_ADDED", "NUMBER", "REGION", "account_with", "refused"]

NUMBER, REGION = "111122223333", "eu-west-1"
NOTHING_ADDED: dict[str, Any] = {
    "describe_account_policies": {"accountPolicies": []},
    "describe_carrier_gateways": {},
    "describe_client_vpn_endpoints": {},
    "describe_egress_only_internet_gateways": {},
    "describe_internet_gateways": {},
    "describe_local_gateway_route_table_vpc_associations": {},
    "describe_nat_gateways": {},
    "describe_transit_gateway_vpc_attachments": {},
    "describe_vpc_peering_connections": {},
    "describe_vpcs": {"Vpcs": []},
    "describe_vpn_gateways": {},
    "list_event_source_mappings": {"EventSourceMappings": []},
    "list_firewall_rule_group_associations": {"FirewallRuleGroupAssociations": []},
    "list_function_event_invoke_configs": {"FunctionEventInvokeConfigs": []},
    "list_hosted_zones_by_vpc": {"HostedZoneSummaries": []},
    "list_links": {"Items": []},
    "list_resolver_endpoints": {"ResolverEndpoints": []},
    "list_resolver_rule_associations": {"ResolverRuleAssociations": []},
    "list_service_network_vpc_associations": {},
}
"""The answers of an account where nobody has added anything."""


def refused(code: str) -> ClientError:
    """Return what botocore raises where AWS refuses."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


class _Session:
    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def get_config_variable(self, name: str) -> None:
        return None

    def create_client(self, service: str, **options: Any) -> "_Session":
        return self

    def can_paginate(self, method: str) -> bool:
        return False

    def __getattr__(self, method: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self._answers[method]
            if callable(answer):
                answer = answer(**parameters)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def account_with(**answers: Any) -> Account:
    """Return an account whose operations, by the names of botocore's methods, answer so.

    An answer may be an exception, which is raised, or a function of the parameters.
    """
    return Account(_Session(answers), NUMBER, "aws", REGION)
