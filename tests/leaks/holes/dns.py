"""Holes in the DNS firewall."""

from .draft import ALLOW_LIST, CATCH_ALL, Draft, hole

__all__: list[str] = []

_ASSOCIATION = "AWS::Route53Resolver::FirewallRuleGroupAssociation"
_LIST = "AWS::Route53Resolver::FirewallDomainList"
_VPC = "AWS::EC2::VPC"


def _advanced(draft: Draft, priority: int, **more: str) -> None:
    draft.rules().append(
        {
            "Action": "ALERT",
            "ConfidenceThreshold": "LOW",
            "DnsThreatProtection": "DNS_TUNNELING",
            "Priority": priority,
            **more,
        }
    )


def _allow_also(draft: Draft, domain: str) -> None:
    name = draft.rule(ALLOW_LIST)["FirewallDomainListId"]["Fn::GetAtt"][0]
    (found,) = [resource for logical_id, resource in draft.of(_LIST) if logical_id == name]
    found["Properties"]["Domains"].append(domain)


@hole("D01")
def _no_catch_all(draft: Draft) -> None:
    draft.rules().remove(draft.rule(CATCH_ALL))


@hole("D01")
def _the_catch_all_is_for_one_query_type(draft: Draft) -> None:
    draft.rule(CATCH_ALL)["Qtype"] = "A"


@hole("D01", "D02")
def _an_advanced_rule_on_alert_comes_first(draft: Draft) -> None:
    _advanced(draft, 1)


@hole("D01", "D02")
def _the_catch_all_only_alerts(draft: Draft) -> None:
    rule = draft.rule(CATCH_ALL)
    del rule["BlockResponse"]
    rule["Action"] = "ALERT"


@hole("D01", "D02")
def _another_group_lets_everything_pass_first(draft: Draft) -> None:
    everything = draft.add("Everything", _LIST, near=_VPC, Domains=["*"])
    rule = {
        "Action": "ALLOW",
        "Priority": 1,
        "FirewallDomainListId": {"Fn::GetAtt": [everything["Ref"], "Id"]},
    }
    group = draft.add(
        "FirstGroup", "AWS::Route53Resolver::FirewallRuleGroup", near=_VPC, FirewallRules=[rule]
    )
    draft.add(
        "FirstAssociation",
        _ASSOCIATION,
        near=_VPC,
        FirewallRuleGroupId={"Fn::GetAtt": [group["Ref"], "Id"]},
        MutationProtection="ENABLED",
        Priority=100,
        VpcId=draft.ref(_VPC),
    )


@hole("D01", "D03")
def _the_rule_group_is_detached(draft: Draft) -> None:
    draft.first(_ASSOCIATION)["VpcId"] = "vpc-0123456789abcdef0"


@hole("D01", "D02")
def _a_name_that_ends_like_amazons(draft: Draft) -> None:
    _allow_also(draft, "*amazonaws.com")


@hole("D02")
def _a_name_of_somebody_else(draft: Draft) -> None:
    _allow_also(draft, "api.partner.example")


@hole("D01", "D02")
def _a_list_that_nobody_can_read(draft: Draft) -> None:
    rule = {"Action": "ALLOW", "Priority": 1, "FirewallDomainListId": "rslvr-fdl-0123"}
    draft.rules().append(rule)


@hole()
def _harmless_a_list_that_no_query_comes_to(draft: Draft) -> None:
    rule = {"Action": "ALLOW", "Priority": 9000, "FirewallDomainListId": "rslvr-fdl-0123"}
    draft.rules().append(rule)


@hole("D02")
def _redirections_are_trusted(draft: Draft) -> None:
    draft.rule(ALLOW_LIST)["FirewallDomainRedirectionAction"] = "TRUST_REDIRECTION_DOMAIN"


@hole("D01", "D02")
def _blocked_names_are_answered_with_another(draft: Draft) -> None:
    rule = draft.rule(CATCH_ALL)
    rule.update({"BlockResponse": "OVERRIDE", "BlockOverrideDomain": "t.attacker.com"})


@hole("D03")
def _the_firewall_fails_open(draft: Draft) -> None:
    draft.add(
        "FailOpen",
        "AWS::Route53Resolver::FirewallConfig",
        near=_VPC,
        FirewallFailOpen="ENABLED",
        ResourceId=draft.ref(_VPC),
    )


@hole("D03")
def _the_association_may_be_taken_off(draft: Draft) -> None:
    draft.first(_ASSOCIATION)["MutationProtection"] = "DISABLED"


@hole("D04")
def _an_outbound_resolver_endpoint(draft: Draft) -> None:
    draft.add("Outbound", "AWS::Route53Resolver::ResolverEndpoint", near=_VPC, Direction="OUTBOUND")


@hole("D04")
def _a_forwarding_rule_of_somebody_else(draft: Draft) -> None:
    draft.add(
        "Forward",
        "AWS::Route53Resolver::ResolverRuleAssociation",
        near=_VPC,
        ResolverRuleId="rslvr-rr-0123456789abcdef0",
        VPCId=draft.ref(_VPC),
    )


@hole("D04")
def _resolvers_by_dhcp(draft: Draft) -> None:
    options = draft.add(
        "Options", "AWS::EC2::DHCPOptions", near=_VPC, DomainNameServers=["203.0.113.53"]
    )
    draft.add(
        "OptionsAssociation",
        "AWS::EC2::VPCDHCPOptionsAssociation",
        near=_VPC,
        DhcpOptionsId=options,
        VpcId=draft.ref(_VPC),
    )
