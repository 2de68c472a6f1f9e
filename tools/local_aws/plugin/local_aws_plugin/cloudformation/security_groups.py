"""``AWS::EC2::SecurityGroup`` with inline rules, and rules of their own."""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider
from .network import change_ec2_tags, tag_specifications

__all__ = ["EgressProvider", "IngressProvider", "SecurityGroupProvider"]

_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


class SecurityGroupProvider(OurProvider):
    """A security group; EC2's allow-all egress stays only where no egress is given."""

    TYPE = "AWS::EC2::SecurityGroup"
    SUPPORTED = frozenset(
        {
            "GroupDescription",
            "GroupName",
            "SecurityGroupEgress",
            "SecurityGroupIngress",
            "Tags",
            "VpcId",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        name = wanted.get("GroupName") or self._name(request, 255)
        vpc = {"VpcId": wanted["VpcId"]} if "VpcId" in wanted else {}
        group_id = ec2.create_security_group(
            GroupName=name,
            Description=wanted["GroupDescription"],
            **vpc,
            **tag_specifications("security-group", wanted),
        )["GroupId"]
        try:
            if wanted.get("SecurityGroupEgress"):
                ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[_EVERYWHERE])
            _apply(ec2, group_id, [], wanted.get("SecurityGroupEgress") or [], egress=True)
            _apply(ec2, group_id, [], wanted.get("SecurityGroupIngress") or [], egress=False)
        except Exception:
            ec2.delete_security_group(GroupId=group_id)
            raise
        return wanted | {"Id": group_id, "GroupId": group_id, "GroupName": name}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        ec2, group_id = request.aws_client_factory.ec2, before["GroupId"]
        for key, egress in (("SecurityGroupEgress", True), ("SecurityGroupIngress", False)):
            old, new = before.get(key) or [], wanted.get(key) or []
            if egress and old and not new:
                ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[_EVERYWHERE])
            elif egress and new and not old:
                ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[_EVERYWHERE])
            _apply(ec2, group_id, old, new, egress=egress)
        change_ec2_tags(ec2, group_id, before, wanted)
        return wanted | {key: before[key] for key in ("Id", "GroupId", "GroupName")}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_security_group(GroupId=before["GroupId"])


class _RuleProvider(OurProvider):
    """A rule of its own; every change but the description's is a replacement."""

    EGRESS = True

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        ec2, group_id = request.aws_client_factory.ec2, wanted["GroupId"]
        if self.EGRESS:
            _drop_default_egress(ec2, group_id)
        rule_id = _apply(ec2, group_id, [], [wanted], egress=self.EGRESS)
        return wanted | {"Id": rule_id}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        ec2, group_id = request.aws_client_factory.ec2, before["GroupId"]
        _apply(ec2, group_id, [before], [], egress=self.EGRESS)
        _apply(ec2, group_id, [], [wanted], egress=self.EGRESS)
        return wanted | {"Id": before["Id"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        _apply(request.aws_client_factory.ec2, before["GroupId"], [before], [], egress=self.EGRESS)


class EgressProvider(_RuleProvider):
    """An egress rule; CloudFormation strips EC2's allow-all rule before it adds one."""

    TYPE = "AWS::EC2::SecurityGroupEgress"
    SUPPORTED = frozenset(
        {
            "CidrIp",
            "CidrIpv6",
            "Description",
            "DestinationPrefixListId",
            "DestinationSecurityGroupId",
            "FromPort",
            "GroupId",
            "IpProtocol",
            "ToPort",
        }
    )


class IngressProvider(_RuleProvider):
    """An ingress rule."""

    TYPE = "AWS::EC2::SecurityGroupIngress"
    EGRESS = False
    SUPPORTED = frozenset(
        {
            "CidrIp",
            "CidrIpv6",
            "Description",
            "FromPort",
            "GroupId",
            "IpProtocol",
            "SourcePrefixListId",
            "SourceSecurityGroupId",
            "ToPort",
        }
    )


def _apply(
    ec2: Any, group_id: str, old: list[Model], new: list[Model], *, egress: bool
) -> str | None:
    """Revokes what is gone and authorizes what is new; returns the id of the last new rule."""
    before, after = [_permission(each) for each in old], [_permission(each) for each in new]
    direction = "egress" if egress else "ingress"
    gone = [each for each in before if each not in after]
    added = [each for each in after if each not in before]
    if gone:
        getattr(ec2, f"revoke_security_group_{direction}")(GroupId=group_id, IpPermissions=gone)
    if not added:
        return None
    made = getattr(ec2, f"authorize_security_group_{direction}")(
        GroupId=group_id, IpPermissions=added
    )
    rules = made.get("SecurityGroupRules") or [{}]
    return str(rules[-1].get("SecurityGroupRuleId", group_id))


def _drop_default_egress(ec2: Any, group_id: str) -> None:
    group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    for permission in group["IpPermissionsEgress"]:
        ranges = [each["CidrIp"] for each in permission.get("IpRanges") or []]
        if permission["IpProtocol"] == "-1" and "0.0.0.0/0" in ranges:
            ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[_EVERYWHERE])


def _permission(rule: Model) -> Model:
    """A rule of a template as a permission of EC2's API."""
    note = {"Description": rule["Description"]} if rule.get("Description") else {}
    permission: Model = {"IpProtocol": str(rule["IpProtocol"])}
    if permission["IpProtocol"] != "-1":
        for key in ("FromPort", "ToPort"):
            if rule.get(key) is not None:
                permission[key] = int(rule[key])
    if rule.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **note}]
    if rule.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **note}]
    prefix_list = rule.get("DestinationPrefixListId") or rule.get("SourcePrefixListId")
    if prefix_list:
        permission["PrefixListIds"] = [{"PrefixListId": prefix_list, **note}]
    group = rule.get("DestinationSecurityGroupId") or rule.get("SourceSecurityGroupId")
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group, **note}]
    if len(permission.keys() & _PEERS) != 1:
        raise RuntimeError(
            f"a rule must name exactly one peer: a CIDR, a prefix list or a group, got {rule}"
        )
    return permission


_PEERS = {"IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"}
