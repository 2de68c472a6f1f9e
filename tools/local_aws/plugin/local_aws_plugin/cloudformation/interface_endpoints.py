"""The network interfaces of interface endpoints, which moto makes without groups and addresses."""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest
from moto.ec2.models import ec2_backends

from .base import Model

__all__ = ["settle_interfaces"]


def settle_interfaces(request: ResourceRequest, endpoint_id: str, model: Model) -> None:
    """Gives an interface endpoint what its template says, now and after every change.

    Args:
        request: Whose account and region.
        endpoint_id: The endpoint.
        model: Its properties.
    """
    backend = ec2_backends[request.account_id][request.region_name]
    endpoint = backend.vpc_end_points[endpoint_id]
    endpoint.private_dns_enabled = str(model.get("PrivateDnsEnabled", False)).lower() == "true"
    groups = model.get("SecurityGroupIds") or [_default_group(backend, model["VpcId"])]
    endpoint.security_group_ids = list(groups)
    endpoint.subnet_ids = list(model.get("SubnetIds") or [])
    kept = {}
    for interface_id in endpoint.network_interface_ids:
        interface = backend.enis[interface_id]
        ours = interface.description.endswith(endpoint_id)
        if ours and interface.subnet.id in endpoint.subnet_ids:
            kept[interface.subnet.id] = interface
            backend.modify_network_interface_attribute(interface_id, groups)
        else:
            backend.enis.pop(interface_id)
    for subnet_id in endpoint.subnet_ids:
        if subnet_id not in kept:
            kept[subnet_id] = backend.create_network_interface(
                backend.get_subnet(subnet_id),
                None,
                group_ids=list(groups),
                description=f"VPC Endpoint Interface {endpoint_id}",
            )
    endpoint.network_interface_ids = [kept[each].id for each in endpoint.subnet_ids]


def _default_group(backend: Any, vpc_id: str) -> str:
    return str(backend.get_default_security_group(vpc_id).id)
