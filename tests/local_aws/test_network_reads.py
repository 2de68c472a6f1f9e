"""What is read back of a network besides what its template says."""

import pytest

from local_aws import LocalAws

from .stacks import Stack, resource

pytestmark = pytest.mark.local_aws


def test_the_url_suffix_is_that_of_aws(aws: LocalAws) -> None:
    stack = Stack(aws)
    kind = "AWS::Route53Resolver::FirewallDomainList"
    domains = [
        {"Fn::Join": ["", ["dynamodb.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]},
        {"Fn::Sub": "*.ddb.${AWS::Region}.${AWS::URLSuffix}"},
    ]
    assert stack.deploy({"List": resource(kind, Domains=domains)}) == "CREATE_COMPLETE"
    found = aws.client("route53resolver").list_firewall_domains(
        FirewallDomainListId=stack.ids()["List"]
    )["Domains"]
    assert found == ["dynamodb.us-east-1.amazonaws.com", "*.ddb.us-east-1.amazonaws.com"]
    assert stack.delete() == "DELETE_COMPLETE"


def test_associations_of_a_rule_group_are_listed_by_vpc_and_by_group(aws: LocalAws) -> None:
    ec2, resolver = aws.client("ec2"), aws.client("route53resolver")
    vpcs = [ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    group = resolver.create_firewall_rule_group(CreatorRequestId="r", Name="listed")
    group_id = group["FirewallRuleGroup"]["Id"]
    made = [
        resolver.associate_firewall_rule_group(
            CreatorRequestId=f"a{number}",
            FirewallRuleGroupId=group_id,
            VpcId=vpc,
            Priority=101 + number,
            Name=f"listed-{number}",
        )["FirewallRuleGroupAssociation"]["Id"]
        for number, vpc in enumerate(vpcs)
    ]

    def listed(**wanted: str | int) -> list[str]:
        found = resolver.list_firewall_rule_group_associations(**wanted)
        return [each["Id"] for each in found["FirewallRuleGroupAssociations"]]

    assert [listed(VpcId=vpc) for vpc in vpcs] == [[made[0]], [made[1]]]
    assert listed(FirewallRuleGroupId=group_id) == made
    assert listed(FirewallRuleGroupId=group_id, Priority=102) == [made[1]]
    assert listed(FirewallRuleGroupId=group_id, VpcId="vpc-0") == []
    for association in made:
        resolver.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=association)
    assert listed(FirewallRuleGroupId=group_id) == []
