"""``AWS::EC2::VPC``, ``::Subnet``, ``::RouteTable``, ``::VPCEndpoint`` and ``::FlowLog``."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest
from localstack.services.ec2.resource_providers.aws_ec2_vpc import generate_vpc_read_payload

from .base import Model, OurProvider, tag_changes
from .interface_endpoints import settle_interfaces

__all__ = [
    "FlowLogProvider",
    "RouteTableProvider",
    "SubnetProvider",
    "VpcEndpointProvider",
    "VpcProvider",
    "change_ec2_tags",
    "tag_specifications",
]


class VpcProvider(OurProvider):
    """A VPC, with its DNS attributes."""

    TYPE = "AWS::EC2::VPC"
    SUPPORTED = frozenset(
        {"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"}
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        made = ec2.create_vpc(
            CidrBlock=wanted["CidrBlock"],
            InstanceTenancy=wanted.get("InstanceTenancy", "default"),
            **tag_specifications("vpc", wanted),
        )
        return self._described(ec2, made["Vpc"]["VpcId"], wanted)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        change_ec2_tags(ec2, before["VpcId"], before, wanted)
        return self._described(ec2, before["VpcId"], wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_vpc(VpcId=before["VpcId"])

    @staticmethod
    def _described(ec2: Any, vpc_id: str, wanted: Model) -> Model:
        # Defaults as documented for a VPC that CloudFormation makes.
        support = _truth(wanted.get("EnableDnsSupport", True))
        hostnames = _truth(wanted.get("EnableDnsHostnames", False))
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": support})
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": hostnames})
        described = generate_vpc_read_payload(ec2, vpc_id)
        return dict(described) | wanted | {
            "EnableDnsSupport": support, "EnableDnsHostnames": hostnames,
        }  # fmt: skip


class SubnetProvider(OurProvider):
    """A subnet."""

    TYPE = "AWS::EC2::Subnet"
    SUPPORTED = frozenset({"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        zone = wanted.get("AvailabilityZone")
        made = ec2.create_subnet(
            VpcId=wanted["VpcId"],
            CidrBlock=wanted["CidrBlock"],
            **({"AvailabilityZone": zone} if zone else {}),
            **tag_specifications("subnet", wanted),
        )["Subnet"]
        model = wanted | {
            "SubnetId": made["SubnetId"],
            "AvailabilityZone": made["AvailabilityZone"],
        }
        self._public_ip(ec2, model)
        return model

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        kept = {key: before[key] for key in ("SubnetId", "AvailabilityZone")}
        change_ec2_tags(ec2, before["SubnetId"], before, wanted)
        self._public_ip(ec2, wanted | kept)
        return wanted | kept

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_subnet(SubnetId=before["SubnetId"])

    @staticmethod
    def _public_ip(ec2: Any, model: Model) -> None:
        public = _truth(model.get("MapPublicIpOnLaunch", False))
        ec2.modify_subnet_attribute(
            SubnetId=model["SubnetId"], MapPublicIpOnLaunch={"Value": public}
        )


class RouteTableProvider(OurProvider):
    """A route table."""

    TYPE = "AWS::EC2::RouteTable"
    SUPPORTED = frozenset({"Tags", "VpcId"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.ec2.create_route_table(
            VpcId=wanted["VpcId"], **tag_specifications("route-table", wanted)
        )
        return wanted | {"RouteTableId": made["RouteTable"]["RouteTableId"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        change_ec2_tags(request.aws_client_factory.ec2, before["RouteTableId"], before, wanted)
        return wanted | {"RouteTableId": before["RouteTableId"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_route_table(RouteTableId=before["RouteTableId"])


class VpcEndpointProvider(OurProvider):
    """A gateway or interface endpoint; its policy is stored, not enforced."""

    TYPE = "AWS::EC2::VPCEndpoint"
    SUPPORTED = frozenset(
        {
            "PolicyDocument",
            "PrivateDnsEnabled",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "SubnetIds",
            "Tags",
            "VpcEndpointType",
            "VpcId",
        }
    )
    _LISTS = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        ec2 = request.aws_client_factory.ec2
        kind = wanted.get("VpcEndpointType", "Gateway")
        given = {key: wanted[key] for key in self._LISTS if wanted.get(key)}
        if "PrivateDnsEnabled" in wanted:
            given["PrivateDnsEnabled"] = _truth(wanted["PrivateDnsEnabled"])
        if "PolicyDocument" in wanted:
            given["PolicyDocument"] = _policy(wanted)
        made = ec2.create_vpc_endpoint(
            VpcId=wanted["VpcId"],
            ServiceName=wanted["ServiceName"],
            VpcEndpointType=kind,
            **given,
            **tag_specifications("vpc-endpoint", wanted),
        )["VpcEndpoint"]
        return self._settled(request, wanted | {"VpcEndpointType": kind}, made["VpcEndpointId"])

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        ec2, endpoint_id = request.aws_client_factory.ec2, before["Id"]
        changes: Model = {}
        for key in self._LISTS:
            old, new = set(before.get(key) or []), set(wanted.get(key) or [])
            singular = key.removesuffix("s")
            if new - old:
                changes[f"Add{singular}s"] = sorted(new - old)
            if old - new:
                changes[f"Remove{singular}s"] = sorted(old - new)
        if wanted.get("PolicyDocument") != before.get("PolicyDocument"):
            if "PolicyDocument" in wanted:
                changes["PolicyDocument"] = _policy(wanted)
            else:
                changes["ResetPolicy"] = True
        if changes:
            ec2.modify_vpc_endpoint(VpcEndpointId=endpoint_id, **changes)
        change_ec2_tags(ec2, endpoint_id, before, wanted)
        kind = before["VpcEndpointType"]
        return self._settled(request, wanted | {"VpcEndpointType": kind}, endpoint_id)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_vpc_endpoints(VpcEndpointIds=[before["Id"]])

    @staticmethod
    def _settled(request: ResourceRequest, wanted: Model, endpoint_id: str) -> Model:
        if wanted["VpcEndpointType"] == "Interface":
            settle_interfaces(request, endpoint_id, wanted)
        (described,) = request.aws_client_factory.ec2.describe_vpc_endpoints(
            VpcEndpointIds=[endpoint_id]
        )["VpcEndpoints"]
        return wanted | {
            "Id": described["VpcEndpointId"],
            "CreationTimestamp": str(described.get("CreationTimestamp", "")),
            "DnsEntries": [
                f"{each.get('HostedZoneId', '')}:{each['DnsName']}"
                for each in described.get("DnsEntries") or []
            ],
            "NetworkInterfaceIds": described.get("NetworkInterfaceIds") or [],
        }


class FlowLogProvider(OurProvider):
    """A flow log; it is stored, nothing is logged."""

    TYPE = "AWS::EC2::FlowLog"
    SUPPORTED = frozenset(
        {
            "DeliverLogsPermissionArn",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceId",
            "ResourceType",
            "Tags",
            "TrafficType",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        given = {
            key: value
            for key, value in wanted.items()
            if key not in ("ResourceId", "Tags", "MaxAggregationInterval")
        }
        if "MaxAggregationInterval" in wanted:
            given["MaxAggregationInterval"] = int(wanted["MaxAggregationInterval"])
        made = request.aws_client_factory.ec2.create_flow_logs(
            ResourceIds=[wanted["ResourceId"]],
            **given,
            **tag_specifications("vpc-flow-log", wanted),
        )
        if made.get("Unsuccessful"):
            raise RuntimeError(made["Unsuccessful"][0]["Error"]["Message"])
        return wanted | {"Id": made["FlowLogIds"][0]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        change_ec2_tags(request.aws_client_factory.ec2, before["Id"], before, wanted)
        return wanted | {"Id": before["Id"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.ec2.delete_flow_logs(FlowLogIds=[before["Id"]])


def tag_specifications(kind: str, wanted: Model) -> Model:
    """The tags in the form that EC2's calls take; nothing where there are none."""
    if not wanted.get("Tags"):
        return {}
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": wanted["Tags"]}]}


def change_ec2_tags(ec2: Any, resource_id: str, before: Model, wanted: Model) -> None:
    """Applies the difference between two resources' tags."""
    tag_changes(
        before,
        wanted,
        add=lambda tags: ec2.create_tags(
            Resources=[resource_id], Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
        ),
        remove=lambda keys: ec2.delete_tags(
            Resources=[resource_id], Tags=[{"Key": key} for key in keys]
        ),
    )


def _policy(wanted: Model) -> str:
    document = wanted["PolicyDocument"]
    return document if isinstance(document, str) else json.dumps(document)


def _truth(value: object) -> bool:
    return str(value).lower() == "true"
